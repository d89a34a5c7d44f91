//! A Slurm of one node for one test: `munged`, `slurmctld` and `slurmd` as children in a folder of their own, on free
//! ports of this machine. Dropping it ends them. It configures no more than a test needs: two partitions, of which jobs in
//! `urgent` push out those in `work`, and memory limits where they are asked for. No accounts.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAMS: [&str; 6] = ["munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol"];
const DEADLINE: Duration = Duration::from_secs(60);
/// Where version 1 of the kernel's control groups has its memory controller.
const MEMORY_GROUPS: &str = "/sys/fs/cgroup/memory";

/// What jobs are held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limits {
    Cores,
    /// Memory too, by control groups: what takes more is killed by the kernel.
    CoresAndMemory,
}

pub struct Cluster {
    munged: Option<Child>,
    controller: Option<Child>,
    node_daemon: Option<Child>,
    root: tempfile::TempDir,
    pub node: String,
}

impl Cluster {
    /// `None` where Slurm is not installed; the text says what is missing.
    pub fn start(cpus: u32, limits: Limits) -> Result<Self, String> {
        let missing: Vec<&str> = PROGRAMS.into_iter().filter(|name| find(name).is_none()).collect();
        if !missing.is_empty() {
            return Err(format!("{} not found: install slurm-wlm and munge", missing.join(", ")));
        }
        if limits == Limits::CoresAndMemory && !may_make_memory_groups() {
            return Err(format!("no control groups can be made in {MEMORY_GROUPS}"));
        }
        let root = tempfile::tempdir().unwrap();
        let node = format!("vitals{}", std::process::id());
        let mut cluster = Self { munged: None, controller: None, node_daemon: None, root, node };
        cluster.configure(cpus, limits);
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
        cluster.munged = Some(cluster.daemon("munged", &munge));
        cluster.wait("munge answers", |cluster| cluster.path("munge.socket").exists());
        cluster.controller = Some(cluster.daemon("slurmctld", &["-D".into(), "-f".into(), conf]));
        cluster.start_node();
        Ok(cluster)
    }

    /// Starts the node and waits until it takes jobs.
    pub fn start_node(&mut self) {
        assert!(self.node_daemon.is_none(), "the node is up");
        let conf = self.conf().display().to_string();
        self.node_daemon =
            Some(self.daemon("slurmd", &["-D".into(), "-N".into(), self.node.clone(), "-f".into(), conf]));
        self.wait("the node takes jobs", |cluster| {
            let state = cluster.told("sinfo", &["-h", "-p", "work", "-o", "%T"]);
            ["idle", "mixed", "allocated", "completing"].contains(&state.trim())
        });
    }

    /// Ends the node as a power cut would, by signal 9: its daemon, and the processes of its jobs that are named.
    pub fn cut_node(&mut self, job: &[u32]) {
        let mut daemon = self.node_daemon.take().unwrap();
        daemon.kill().unwrap();
        daemon.wait().unwrap();
        for pid in job {
            let pid = rustix::process::Pid::from_raw(i32::try_from(*pid).unwrap()).unwrap();
            // It may have ended with the others.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
    }

    fn configure(&self, cpus: u32, limits: Limits) {
        for folder in ["state", "spool"] {
            std::fs::create_dir(self.path(folder)).unwrap();
        }
        let key: Vec<u8> = (0..1024_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        std::fs::write(self.path("key"), key).unwrap();
        std::fs::set_permissions(self.path("key"), std::fs::Permissions::from_mode(0o400)).unwrap();
        let (node, root, user) = (&self.node, self.root.path().display(), user());
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
        let host = host.trim().split('.').next().unwrap();
        let (held_by, task, resources, memory, default) = match limits {
            Limits::Cores => ("linuxproc", "none", "CR_Core", "", ""),
            Limits::CoresAndMemory => {
                ("cgroup", "cgroup", "CR_Core_Memory", "RealMemory=2000", "DefMemPerNode=100")
            }
        };
        let groups = "CgroupPlugin=cgroup/v1\nCgroupMountpoint=/sys/fs/cgroup\nConstrainRAMSpace=yes\n";
        std::fs::write(self.path("cgroup.conf"), groups).unwrap();
        // Held together while the numbers are chosen, so that they differ.
        let ports = [free_port(), free_port()];
        let [controller, daemon] = ports.each_ref().map(|port| port.local_addr().unwrap().port());
        let text = format!(
            "ClusterName=vitals\nSlurmctldHost={host}(127.0.0.1)\nSlurmctldPort={controller}\nSlurmdPort={daemon}\n\
             AuthType=auth/munge\nCredType=cred/munge\nAuthInfo=socket={root}/munge.socket\n\
             SlurmUser={user}\nSlurmdUser={user}\nStateSaveLocation={root}/state\nSlurmdSpoolDir={root}/spool\n\
             SlurmctldPidFile={root}/slurmctld.pid\nSlurmdPidFile={root}/slurmd.pid\n\
             SlurmctldLogFile={root}/slurmctld.log\nSlurmdLogFile={root}/slurmd.log\n\
             ProctrackType=proctrack/{held_by}\nTaskPlugin=task/{task}\nSchedulerType=sched/builtin\n\
             SelectType=select/cons_tres\nSelectTypeParameters={resources}\nKillWait=5\nReturnToService=2\n\
             SlurmdParameters=config_overrides\nSlurmdTimeout=20\n\
             PreemptType=preempt/partition_prio\nPreemptMode=REQUEUE\n\
             NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 CPUs={cpus} {memory} State=UNKNOWN\n\
             PartitionName=work Nodes={node} Default=YES MaxTime=INFINITE State=UP PriorityTier=1 {default}\n\
             PartitionName=urgent Nodes={node} MaxTime=INFINITE State=UP PriorityTier=2 {default}\n"
        );
        std::fs::write(self.conf(), text).unwrap();
    }

    pub fn conf(&self) -> PathBuf {
        self.path("slurm.conf")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn daemon(&self, name: &str, args: &[String]) -> Child {
        let log = std::fs::File::create(self.path(&format!("{name}.out"))).unwrap();
        let mut program = Command::new(find(name).unwrap());
        program.args(args).env("SLURM_CONF", self.conf()).stdin(Stdio::null());
        program.stdout(log.try_clone().unwrap()).stderr(log);
        program.spawn().unwrap()
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
        for daemon in [&mut self.node_daemon, &mut self.controller, &mut self.munged].into_iter().flatten() {
            let _ = rustix::process::kill_process(
                rustix::process::Pid::from_child(daemon),
                rustix::process::Signal::TERM,
            );
            let _ = daemon.wait();
        }
        // Slurm leaves its empty groups behind.
        for controller in std::fs::read_dir("/sys/fs/cgroup").into_iter().flatten().flatten() {
            remove_groups(&controller.path().join(format!("slurm_{}", self.node)));
        }
    }
}

fn remove_groups(group: &Path) {
    for inner in std::fs::read_dir(group).into_iter().flatten().flatten() {
        if inner.path().is_dir() {
            remove_groups(&inner.path());
        }
    }
    let _ = std::fs::remove_dir(group);
}

fn may_make_memory_groups() -> bool {
    let probe = Path::new(MEMORY_GROUPS).join(format!("vitals-probe-{}", std::process::id()));
    std::fs::create_dir(&probe).and_then(|()| std::fs::remove_dir(&probe)).is_ok()
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
