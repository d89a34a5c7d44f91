//! A Slurm of one node for one test: `munged`, `slurmctld` and `slurmd` as children in a folder of their own, on free
//! ports of this machine. Dropping it ends them. It configures no more than a test needs: no accounts, no containers.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAMS: [&str; 6] = ["munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol"];
const DEADLINE: Duration = Duration::from_secs(60);

pub struct Cluster {
    daemons: Vec<Child>,
    root: tempfile::TempDir,
    pub node: String,
}

impl Cluster {
    /// `None` where Slurm is not installed; the text says what is missing.
    pub fn start(cpus: u32) -> Result<Self, String> {
        let missing: Vec<&str> = PROGRAMS.into_iter().filter(|name| find(name).is_none()).collect();
        if !missing.is_empty() {
            return Err(format!("{} not found: install slurm-wlm and munge", missing.join(", ")));
        }
        let root = tempfile::tempdir().unwrap();
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
        let node = host.trim().split('.').next().unwrap().to_owned();
        let mut cluster = Self { daemons: Vec::new(), root, node };
        cluster.configure(cpus);
        let log = |name: &str| format!("--log-file={}", cluster.path(name).display());
        let of = |option: &str, name: &str| format!("--{option}={}", cluster.path(name).display());
        let munge = [
            "--foreground".into(),
            "--force".into(),
            of("key-file", "key"),
            of("socket", "munge.socket"),
            of("pid-file", "munge.pid"),
            of("seed-file", "munge.seed"),
            log("munge.log"),
        ];
        let conf = cluster.conf().display().to_string();
        cluster.daemon("munged", &munge);
        cluster.wait("munge answers", |cluster| cluster.path("munge.socket").exists());
        cluster.daemon("slurmctld", &["-D".into(), "-f".into(), conf.clone()]);
        cluster.daemon("slurmd", &["-D".into(), "-f".into(), conf]);
        cluster
            .wait("the node is idle", |cluster| cluster.told("sinfo", &["-h", "-o", "%T"]).trim() == "idle");
        Ok(cluster)
    }

    fn configure(&self, cpus: u32) {
        for folder in ["state", "spool"] {
            std::fs::create_dir(self.path(folder)).unwrap();
        }
        let key: Vec<u8> = (0..1024_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        std::fs::write(self.path("key"), key).unwrap();
        std::fs::set_permissions(self.path("key"), std::fs::Permissions::from_mode(0o400)).unwrap();
        let (node, root, user) = (&self.node, self.root.path().display(), user());
        // Held together while the numbers are chosen, so that they differ.
        let ports = [free_port(), free_port()];
        let [controller, daemon] = ports.each_ref().map(|port| port.local_addr().unwrap().port());
        let text = format!(
            "ClusterName=vitals\nSlurmctldHost={node}(127.0.0.1)\nSlurmctldPort={controller}\nSlurmdPort={daemon}\n\
             AuthType=auth/munge\nCredType=cred/munge\nAuthInfo=socket={root}/munge.socket\n\
             SlurmUser={user}\nSlurmdUser={user}\nStateSaveLocation={root}/state\nSlurmdSpoolDir={root}/spool\n\
             SlurmctldPidFile={root}/slurmctld.pid\nSlurmdPidFile={root}/slurmd.pid\n\
             SlurmctldLogFile={root}/slurmctld.log\nSlurmdLogFile={root}/slurmd.log\n\
             ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\nSchedulerType=sched/builtin\n\
             SelectType=select/cons_tres\nSelectTypeParameters=CR_Core\nKillWait=5\nReturnToService=2\n\
             SlurmdParameters=config_overrides\n\
             NodeName={node} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN\n\
             PartitionName=work Nodes={node} Default=YES MaxTime=INFINITE State=UP\n"
        );
        std::fs::write(self.conf(), text).unwrap();
    }

    pub fn conf(&self) -> PathBuf {
        self.path("slurm.conf")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn daemon(&mut self, name: &str, args: &[String]) {
        let log = std::fs::File::create(self.path(&format!("{name}.out"))).unwrap();
        let mut program = Command::new(find(name).unwrap());
        program.args(args).env("SLURM_CONF", self.conf()).stdin(Stdio::null());
        program.stdout(log.try_clone().unwrap()).stderr(log);
        self.daemons.push(program.spawn().unwrap());
    }

    /// What a program of Slurm prints.
    pub fn told(&self, program: &str, args: &[&str]) -> String {
        let told =
            Command::new(find(program).unwrap()).args(args).env("SLURM_CONF", self.conf()).output().unwrap();
        format!("{}{}", String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr))
    }

    /// Drains the node, or takes it back.
    pub fn set_node(&self, state: &str) {
        let told = self.told(
            "scontrol",
            &["update", &format!("NodeName={}", self.node), &format!("State={state}"), "Reason=test"],
        );
        assert_eq!(told, "", "scontrol refused");
    }

    fn wait(&self, what: &str, ready: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !ready(self) {
            assert!(began.elapsed() < DEADLINE, "waited in vain until {what}: {}", self.logs());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The daemons' last words.
    pub fn logs(&self) -> String {
        let names = ["munged.out", "munge.log", "slurmctld.out", "slurmctld.log", "slurmd.out", "slurmd.log"];
        let log = |name: &str| std::fs::read_to_string(self.path(name)).unwrap_or_default();
        names.map(|name| format!("{name}:\n{}", log(name))).join("\n")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.told("scancel", &["--me", "--full", "--signal=KILL"]);
        for daemon in self.daemons.iter_mut().rev() {
            let _ = rustix::process::kill_process(
                rustix::process::Pid::from_child(daemon),
                rustix::process::Signal::TERM,
            );
            let _ = daemon.wait();
        }
    }
}

/// A program on the path, or where Debian puts daemons.
fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    folders.map(|folder| folder.join(name)).find(|program| Path::is_file(program))
}

fn user() -> String {
    String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap().trim().to_owned()
}

fn free_port() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}
