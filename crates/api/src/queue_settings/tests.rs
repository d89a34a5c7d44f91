//! What is refused, in its words, and what is taken.

use super::*;

pub(super) fn base() -> QueueSettings {
    QueueSettings {
        slots: BTreeMap::new(),
        memory_bytes: BTreeMap::new(),
        retry: RetryPolicy { times: 0, causes: vec!["signal".to_owned()] },
        low_disk_bytes: 0,
        checkpoint_limit_bytes: 0,
        journal_limit_bytes: 0,
        slurm: SlurmSettings {
            enabled: false,
            partition: String::new(),
            account: String::new(),
            time: String::new(),
            gpus: 0,
            extra: Vec::new(),
            at_once: 64,
            conf: String::new(),
        },
    }
}

fn device(name: &str, memory: u64) -> DeviceState {
    DeviceState {
        device: name.to_owned(),
        name: name.to_owned(),
        slots: 1,
        memory_used_bytes: None,
        memory_total_bytes: Some(memory),
        memory_limit_bytes: None,
        utilization: None,
        usable: true,
        uuid: None,
        why: None,
        remedy: None,
    }
}

/// Changes the settings and looks whether they are taken (`""`) or refused with these words.
fn told(change: impl FnOnce(&mut QueueSettings), expected: &str) {
    let mut wanted = base();
    change(&mut wanted);
    let devices = [device("cpu", 16 << 30), device("cuda:0", 80 << 30)];
    let told = match check(&wanted, Some(&base()), &devices) {
        Ok(()) => String::new(),
        Err(error) => std::iter::once(error.message).chain(error.hints).collect::<Vec<String>>().join(" · "),
    };
    assert_eq!(told, expected);
}

#[test]
fn slots_and_memory() {
    told(
        |s| {
            s.slots.insert("cpu".into(), 4);
        },
        "",
    );
    told(
        |s| {
            s.slots.insert("cpu".into(), 0);
        },
        "slots.cpu is 0; it must be 1 to 64 · `vitals queue pause` starts nothing, on any device",
    );
    told(
        |s| {
            s.slots.insert("cuda:7".into(), 1);
        },
        "device cuda:7 does not exist here · this machine has cpu, cuda:0",
    );
    told(
        |s| {
            s.memory_bytes.insert("cuda:0".into(), 40 << 30);
        },
        "",
    );
    told(
        |s| {
            s.memory_bytes.insert("cpu".into(), 17 << 30);
        },
        "memory_bytes.cpu is 18253611008; it must be 67108864 to 17179869184, all it has · leave it out to give runs all \
         the memory of the device",
    );
    told(
        |s| {
            s.memory_bytes.insert("cuda:9".into(), 1 << 30);
        },
        "device cuda:9 does not exist here · this machine has cpu, cuda:0",
    );
}

#[test]
fn a_device_that_is_away_keeps_what_was_stored() {
    let mut stored = base();
    stored.slots.insert("cuda:3".to_owned(), 2);
    let mut wanted = stored.clone();
    wanted.slots.insert("cpu".to_owned(), 2);
    check(&wanted, Some(&stored), &[device("cpu", 1 << 30)]).unwrap();
    wanted.slots.insert("cuda:3".to_owned(), 1);
    assert!(check(&wanted, Some(&stored), &[device("cpu", 1 << 30)]).is_err());
}

#[test]
fn retries() {
    told(|s| s.retry.times = 3, "");
    told(
        |s| s.retry.causes = vec!["bad_input".to_owned()],
        "retry.causes names `bad_input`; a cause is one of signal, memory_killer, device_memory, reboot, lost, error · bad \
         input and a non-finite loss are never retried",
    );
    told(|s| s.retry.times = 101, "retry.times is 101; it must be 0 to 100");
    told(
        |s| s.retry = RetryPolicy { times: 1, causes: Vec::new() },
        "retry.causes is empty, so that nothing would ever be retried · name at least one of signal, memory_killer, \
         device_memory, reboot, lost, error, or set retry.times to 0",
    );
}

#[test]
fn a_cluster() {
    let all = |s: &mut QueueSettings| {
        s.slurm = SlurmSettings {
            enabled: true,
            partition: "gpu-a100".to_owned(),
            account: "lab.ssl".to_owned(),
            time: "2-00:00:00".to_owned(),
            gpus: 1,
            extra: vec!["--mem=8G".to_owned(), "#SBATCH --constraint=a100".to_owned(), "-c 4".to_owned()],
            at_once: 8,
            conf: String::new(),
        };
    };
    told(all, "");
    told(
        |s| s.slurm.partition = "gpu; rm -rf /".to_owned(),
        "slurm.partition is `gpu; rm -rf /`; that is not a valid name · letters, digits, `_`, `-`, `.`; empty for the \
         cluster's default",
    );
    told(
        |s| s.slurm.time = "soon".to_owned(),
        "slurm.time is `soon`; that is not a time limit · minutes, hours:minutes:seconds or days-hours:minutes:seconds, such \
         as 90, 12:00:00 or 2-00:00:00",
    );
    told(
        |s| s.slurm.at_once = 0,
        "slurm.at_once is 0; it must be 1 to 100000 · slurm.enabled = false submits nothing",
    );
    let extra = |line: &str| {
        let line = line.to_owned();
        move |s: &mut QueueSettings| s.slurm.extra = vec![line]
    };
    told(
        extra("mem=8G"),
        "slurm.extra has `mem=8G`; an option of sbatch begins with a dash, such as --mem=8G",
    );
    told(extra("--output=x"), "slurm.extra has `--output=x`; Vitals sets that itself");
    told(extra("-p gpu"), "slurm.extra has `-p gpu`; it has a setting of its own, slurm.partition");
    told(
        extra("--mem=8G\nrm -rf ~"),
        "slurm.extra has `--mem=8G\nrm -rf ~`; each option stands on a line of its own",
    );
    told(
        |s| s.slurm.conf = "slurm.conf".to_owned(),
        "slurm.conf is `slurm.conf`; it must be an absolute path",
    );
}
