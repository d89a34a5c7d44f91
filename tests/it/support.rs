//! A workspace of its own for each test, and the two programs on it. Waiting is on conditions, each with a deadline.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// Longer than anything here takes on a loaded machine; reached only when something hangs.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// A binary of this build.
pub fn binary(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a test knows its own path");
    // target/debug/deps/it-… → target/debug
    let folder = own.ancestors().nth(2).expect("tests lie in target/<profile>/deps").to_path_buf();
    let path = folder.join(name);
    assert!(
        path.is_file(),
        "{} is missing: run `cargo xtask test`, which builds it, or `cargo build`",
        path.display()
    );
    path
}

/// What a program printed and how it ended.
#[derive(Debug)]
pub struct Told {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Told {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The one JSON document on standard output.
    pub fn json(&self) -> Value {
        serde_json::from_str(self.out.trim()).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// One JSON object a line.
    pub fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
    }
}

/// A workspace; its supervisor and runs end with it.
pub struct Workspace {
    folder: TempDir,
}

impl Workspace {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder for the workspace") }
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, inside: &str) -> PathBuf {
        self.root().join(inside)
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary("vitals"));
        command.arg("--workspace").arg(self.path("ws")).args(args).stdin(Stdio::null());
        // What a test confirms is nobody else's record.
        command.env("XDG_STATE_HOME", self.path("state"));
        command
    }

    /// Runs `vitals` to its end.
    pub fn vitals(&self, args: &[&str]) -> Told {
        Told::of(self.command(args).output().expect("vitals starts"))
    }

    /// The same, where anything but success is a failure of the test.
    pub fn vitals_ok(&self, args: &[&str]) -> Told {
        let told = self.vitals(args);
        assert_eq!(told.code, 0, "vitals {args:?}: {told:?}");
        told
    }

    /// Writes a file beside the workspace and returns its path as text.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).expect("the file can be written");
        path.display().to_string()
    }

    /// The runs as `vitals runs --json` has them, oldest first.
    pub fn runs(&self) -> Vec<Value> {
        let mut runs = self.vitals_ok(&["--json", "runs"]).lines();
        runs.reverse();
        runs
    }

    pub fn run(&self, id: &str) -> Value {
        self.vitals_ok(&["--json", "run", "show", id]).json()
    }

    /// The values in force of a series.
    pub fn series(&self, id: &str, name: &str) -> (Vec<u64>, Vec<Value>) {
        let series = self.vitals_ok(&["--json", "series", id, name]).json();
        let steps =
            series["steps"].as_array().expect("steps").iter().map(|step| step.as_u64().expect("a step"));
        (steps.collect(), series["values"].as_array().expect("values").clone())
    }

    pub fn run_folder(&self, id: &str) -> PathBuf {
        self.path("ws").join("runs").join(id)
    }

    /// The worker's process id.
    pub fn worker_pid(&self, id: &str, attempt: u32) -> Option<i32> {
        self.process(id, attempt, "worker")
    }

    /// The process id of `guard` or `worker`, from what the guard wrote of the attempt.
    pub fn process(&self, id: &str, attempt: u32, who: &str) -> Option<i32> {
        let path = self.run_folder(id).join(format!("attempt-{attempt:04}/guard.json"));
        let mark: Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        i32::try_from(mark[who]["pid"].as_i64()?).ok()
    }

    /// Waits until no process supervises the workspace and its lock is free. A process that is killed has no command line any
    /// more some time before the kernel lets go of its lock, and whoever looks in between takes it for living.
    pub fn wait_supervisor_gone(&self) {
        self.wait_for("the supervisor to be gone", || {
            if let Some(pid) = supervisor_pid(&self.path("ws")) {
                return Err(format!("{pid} lives"));
            }
            let lock =
                std::fs::File::open(self.path("ws/supervisor.lock")).map_err(|error| error.to_string())?;
            lock.try_lock_shared().map_err(|error| format!("its lock: {error}"))
        });
    }

    /// Asks until the answer is some; the last answer tells what went wrong.
    pub fn wait_for<T>(&self, what: &str, mut ask: impl FnMut() -> Result<T, String>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match ask() {
                Ok(found) => return found,
                Err(last) if Instant::now() > deadline => panic!("waited for {what}: {last}"),
                Err(_) => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    /// Waits until a run is in a state.
    pub fn wait_state(&self, id: &str, state: &str) -> Value {
        self.wait_for(&format!("{id} to be {state}"), || {
            let run = self.run(id);
            if run["state"] == state {
                Ok(run)
            } else {
                Err(format!("{} · {}", run["state"], run["evidence"]))
            }
        })
    }

    /// Waits until a run has recorded a step beyond `step`.
    pub fn wait_step(&self, id: &str, step: u64) -> Value {
        self.wait_for(&format!("{id} to pass step {step}"), || {
            let run = self.run(id);
            if run["progress"]["step"].as_u64() > Some(step) { Ok(run) } else { Err(run.to_string()) }
        })
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        // Every living run is asked to end; a supervisor without runs ends when it is told.
        for run in self.vitals(&["--json", "runs"]).out.lines() {
            let run: Value = serde_json::from_str(run).unwrap_or_default();
            let id = run["id"].as_str().unwrap_or_default();
            for attempt in 1..=run["attempt"].as_u64().unwrap_or(0) {
                let living =
                    matches!(run["state"].as_str(), Some("starting" | "running" | "stalled" | "pausing"));
                if let Some(pid) = self.worker_pid(id, u32::try_from(attempt).unwrap_or(1)).filter(|_| living)
                {
                    kill(pid, rustix::process::Signal::KILL);
                }
            }
        }
        if let Some(pid) = supervisor_pid(&self.path("ws")) {
            kill(pid, rustix::process::Signal::TERM);
        }
    }
}

/// Sends a signal to one process that this test started.
pub fn kill(pid: i32, signal: rustix::process::Signal) {
    if let Some(pid) = rustix::process::Pid::from_raw(pid) {
        // It may have ended by itself.
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// The kernel's letter for what a process does (`R`, `S`, `T` stopped, `Z` dead, …); `None` when it is gone.
pub fn state_of(pid: i32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat[stat.rfind(')')? + 1..].trim_start().chars().next()
}

/// The process that supervises a workspace: the one `vitals … supervise` that names its folder.
pub fn supervisor_pid(workspace: &Path) -> Option<i32> {
    let folder = workspace.display().to_string();
    std::fs::read_dir("/proc").ok()?.filter_map(Result::ok).find_map(|entry| {
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        let words: Vec<&str> =
            line.split(|&byte| byte == 0).filter_map(|word| std::str::from_utf8(word).ok()).collect();
        (words.contains(&"supervise") && words.contains(&folder.as_str())).then_some(pid)
    })
}

/// A sweep that trains in seconds: real images, real network, small.
pub fn small_sweep(extra_recipe: &str, axes: &str) -> String {
    format!(
        "format = 1\nname = \"Small\"\nseeds = [0]\n\n[recipe]\npreset = \"mocov3_vit_micro\"\ndataset = \
         \"fashion-mnist\"\nimage_size = 16\npatch_size = 8\nembed_dim = 16\ndepth = 2\nnum_heads = 2\n\
         head_hidden_dim = 32\nhead_out_dim = 16\nbatch_size = 32\nwarmup_epochs = 0.01\nknn_every = 10\n\
         knn_bank_size = 256\nknn_queries = 100\nthreads = 1\nloader_threads = 1\n{extra_recipe}\n{axes}"
    )
}

/// Writes an IDX set whose classes differ by brightness; without labels where `labelled` is false.
pub fn write_set(folder: &Path, labelled: bool) {
    const SIDE: usize = 16;
    const CLASSES: usize = 3;
    std::fs::create_dir_all(folder).expect("a folder");
    for (split, count) in [("train", 96_usize), ("t10k", 48)] {
        let mut images = vec![0, 0, 8, 3];
        for size in [count, SIDE, SIDE] {
            images.extend(u32::try_from(size).expect("small").to_be_bytes());
        }
        for index in 0..count {
            let base = 30 + 80 * (index % CLASSES);
            let pixel = |place: usize| u8::try_from(base + (index * 31 + place * 17) % 40).expect("a byte");
            images.extend((0..SIDE * SIDE).map(pixel));
        }
        let write = |name: &str, bytes: &[u8]| {
            std::fs::write(folder.join(format!("{split}-{name}-ubyte")), bytes).expect("a file");
        };
        write("images-idx3", &images);
        if labelled {
            let mut labels = vec![0, 0, 8, 1];
            labels.extend(u32::try_from(count).expect("small").to_be_bytes());
            labels.extend((0..count).map(|index| (index % CLASSES) as u8));
            write("labels-idx1", &labels);
        }
    }
}

/// The labelled set as `grey` of a workspace: small enough that runs begin at once.
pub fn add_grey(workspace: &Workspace) {
    let folder = workspace.path("grey");
    write_set(&folder, true);
    workspace.vitals_ok(&["dataset", "add", "grey", &folder.display().to_string()]);
}
