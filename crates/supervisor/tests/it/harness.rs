//! A workspace with a supervisor as a process of its own. Dropping it ends everything that was started in it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use vitals_journal::RunFolder;
use vitals_recipe::{DatasetFacts, Recipe, point_id};
use vitals_run::{Command as Ask, Evidence, RunState};
use vitals_store::{DatasetRow, NewRun, RequestStatus, Role, RunId, RunRow, Store};
use vitals_supervisor::{Binaries, ProcessMark, Workspace, settings};

/// Nothing here takes a tenth of this, unless the machine is drowning.
const DEADLINE: Duration = Duration::from_secs(60);

pub fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// The example binary, built along with the tests; an example that uses this stands in for itself.
pub fn stand_in() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    if own.parent().unwrap().ends_with("examples") {
        return own;
    }
    let path = own.parent().unwrap().parent().unwrap().join("examples/stand_in");
    assert!(path.is_file(), "{} is missing: `cargo test` builds it", path.display());
    path
}

pub fn binaries() -> Binaries {
    Binaries { vitals: stand_in(), worker: stand_in() }
}

pub struct World {
    /// Before `root`, so that it is unmounted before the folder goes.
    disk: Option<Tmpfs>,
    pub root: tempfile::TempDir,
    /// The disk that the workspace itself lies on, where it is a small one, and its place.
    ground: Option<(Tmpfs, tempfile::TempDir)>,
    pub store: Store,
    supervisor: Option<Child>,
    flags: Vec<String>,
    environment: Vec<(&'static str, OsString)>,
}

impl World {
    pub async fn new(slots: u32) -> Self {
        Self::named(".tmp", slots).await
    }

    /// In a folder whose name begins so.
    pub async fn named(name: &str, slots: u32) -> Self {
        let world = Self::over(tempfile::Builder::new().prefix(name).tempdir().unwrap()).await;
        world.store.set_setting(settings::SLOTS, &BTreeMap::from([("cpu", slots)])).await.unwrap();
        world
    }

    /// On a disk of its own of so many MiB, where the machine lets us mount one.
    pub async fn on_small_ground(slots: u32, mib: u32) -> Self {
        let place = tempfile::tempdir().unwrap();
        let Some(disk) = Tmpfs::mount(place.path(), mib) else { return Self::new(slots).await };
        let mut world = Self::over(tempfile::tempdir_in(place.path()).unwrap()).await;
        world.store.set_setting(settings::SLOTS, &BTreeMap::from([("cpu", slots)])).await.unwrap();
        world.ground = Some((disk, place));
        world
    }

    /// A folder that holds a workspace's files already.
    pub async fn over(root: tempfile::TempDir) -> Self {
        let store = Store::open(root.path().join("vitals.db"), Role::Writer).await.unwrap();
        Self {
            disk: None,
            root,
            ground: None,
            store,
            supervisor: None,
            flags: Vec::new(),
            environment: Vec::new(),
        }
    }

    /// Flags of every supervisor that is started from here on.
    pub fn with_flags(mut self, flags: &[&str]) -> Self {
        self.flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        self
    }

    /// A variable of every supervisor that is started from here on.
    pub fn with_variable(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    /// Run folders on a disk of their own of so many MiB, where the machine lets us mount one.
    pub fn on_small_disk(mut self, mib: u32) -> Self {
        self.disk = Tmpfs::mount(self.workspace().runs_dir(), mib);
        self
    }

    /// One run's folder on a disk of its own of so many MiB; `false` where the machine does not let us.
    pub fn put_on_small_disk(&mut self, run: RunId, mib: u32) -> bool {
        self.disk = Tmpfs::mount(self.folder(run).path(), mib);
        self.disk.is_some()
    }

    pub fn runs_on_tmpfs(&self) -> bool {
        self.disk.is_some()
    }

    pub fn is_on_tmpfs(&self) -> bool {
        self.ground.is_some()
    }

    pub fn workspace(&self) -> Workspace {
        Workspace::new(self.root.path())
    }

    pub fn folder(&self, run: RunId) -> RunFolder {
        self.workspace().run_folder(run)
    }

    /// Queues a run that behaves as told (see the example `stand_in`).
    pub async fn queue(&self, behaviour: &str, steps: u64, checkpoint_every: u64) -> RunId {
        self.queue_seed(behaviour, steps, checkpoint_every, 0).await
    }

    pub async fn queue_seed(&self, behaviour: &str, steps: u64, checkpoint_every: u64, seed: u64) -> RunId {
        let name = format!("images?{behaviour}");
        let facts =
            DatasetFacts { name: name.clone(), images: 1000, classes: 10, labelled: true, image_size: None };
        let dataset = DatasetRow {
            name: name.clone(),
            path: format!("stand-in?{behaviour}"),
            fingerprint: "of no account".to_owned(),
            facts: json!({ "facts": facts, "heldout": 100 }),
            builtin: false,
            problem: None,
            checked_at: now(),
        };
        self.store.put_dataset(&dataset).await.unwrap();
        self.queue_recipe(&name, steps, checkpoint_every, seed).await
    }

    pub async fn queue_recipe(&self, dataset: &str, steps: u64, checkpoint_every: u64, seed: u64) -> RunId {
        let mut recipe = Recipe::preset("mocov3_vit_micro").unwrap();
        recipe.dataset = dataset.to_owned();
        recipe.max_steps = steps;
        recipe.checkpoint_every = checkpoint_every;
        recipe.seed = seed;
        recipe.device = "cpu".to_owned();
        let run = NewRun {
            id: None,
            point: point_id(&recipe),
            seed,
            recipe: serde_json::to_value(&recipe).unwrap(),
            probed: None,
            axes: BTreeMap::new(),
            label: dataset.to_owned(),
            priority: 0,
            total_steps: Some(steps),
            state: RunState::Queued,
            evidence: Evidence::said("queued by a test").into(),
        };
        self.store.insert_runs(None, &[run], now()).await.unwrap().added[0]
    }

    /// Starts a supervisor and waits until it holds its lock.
    pub async fn supervise(&mut self) {
        assert!(self.supervisor.is_none(), "there is one already");
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.workspace().supervisor_log())
            .unwrap();
        let child = Command::new(stand_in())
            .arg("--workspace")
            .arg(self.root.path())
            .arg("supervise")
            .args(&self.flags)
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let pid = child.id();
        self.supervisor = Some(child);
        until("the supervisor beats", async || {
            self.store
                .supervisor()
                .await
                .unwrap()
                .filter(|row| row.pid == pid && row.status["ended"] == json!(false))
        })
        .await;
    }

    pub fn supervisor_pid(&self) -> u32 {
        self.supervisor.as_ref().unwrap().id()
    }

    /// Signals the supervisor and waits for its end; its exit code, `None` by signal.
    pub async fn end_supervisor(&mut self, signal: Signal) -> Option<i32> {
        send(self.supervisor_pid(), signal);
        self.supervisor_ended().await
    }

    /// Waits for the supervisor to end.
    pub async fn supervisor_ended(&mut self) -> Option<i32> {
        let mut child = self.supervisor.take().unwrap();
        let status = until("the supervisor ends", async || child.try_wait().unwrap()).await;
        status.code()
    }

    pub async fn run(&self, run: RunId) -> RunRow {
        self.store.run(run).await.unwrap()
    }

    /// Waits for a state.
    pub async fn state(&self, run: RunId, wanted: RunState) -> RunRow {
        self.row_when(run, &format!("become {wanted}"), |row| row.state == wanted).await
    }

    /// Waits until a run is as it should be; tells how it is where it never is.
    pub async fn row_when(&self, run: RunId, what: &str, is: impl Fn(&RunRow) -> bool) -> RunRow {
        let look = async || Some(self.run(run).await).filter(|row| is(row));
        match tokio::time::timeout(DEADLINE - Duration::from_secs(1), until("", look)).await {
            Ok(row) => row,
            Err(_) => {
                let row = self.run(run).await;
                panic!("{run} should {what}; it is {}: {}; {}", row.state, row.evidence, self.log())
            }
        }
    }

    /// Waits until the run has so many steps in the store.
    pub async fn steps(&self, run: RunId, at_least: u64) -> RunRow {
        until("steps arrive", async || Some(self.run(run).await).filter(|row| row.steps_done >= at_least))
            .await
    }

    /// Asks, waits for the answer.
    pub async fn ask(&self, run: RunId, command: Ask) -> Result<String, String> {
        self.ask_with(Some(run), command, json!({})).await
    }

    pub async fn ask_with(
        &self,
        run: Option<RunId>,
        command: Ask,
        arguments: Value,
    ) -> Result<String, String> {
        let id = self.store.add_request(run, command, &arguments, now()).await.unwrap();
        until("the request is settled", async || {
            let request = self.store.request(id).await.unwrap()?;
            let answer = request.answer.unwrap_or_default();
            match request.status {
                RequestStatus::Done => Some(Ok(answer)),
                RequestStatus::Refused => Some(Err(answer)),
                RequestStatus::New | RequestStatus::Taken => None,
            }
        })
        .await
    }

    /// The process that the guard noted.
    pub async fn pid_of(&self, run: RunId, attempt: u32, who: &str) -> u32 {
        let path = self.folder(run).attempt_dir(attempt).join("guard.json");
        until("the guard tells who works", async || {
            let mark: Value = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
            u32::try_from(mark[who]["pid"].as_u64()?).ok()
        })
        .await
    }

    /// A process of an attempt as the guard marked it, once it has.
    pub async fn process(&self, run: RunId, attempt: u32, who: &str) -> ProcessMark {
        self.pid_of(run, attempt, who).await;
        let path = self.folder(run).attempt_dir(attempt).join("guard.json");
        let mark: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        serde_json::from_value(mark[who].clone()).unwrap()
    }

    /// Signals a process of an attempt, if it is still that very process.
    pub async fn kill(&self, run: RunId, attempt: u32, who: &str, signal: Signal) {
        let process = self.process(run, attempt, who).await;
        if process.is_alive() {
            send(process.pid, signal);
        }
    }

    /// What the guard wrote of an attempt's end.
    pub fn attempt_exit(&self, run: RunId, attempt: u32) -> Value {
        serde_json::from_slice(&std::fs::read(self.folder(run).exit(attempt)).unwrap()).unwrap()
    }

    /// All that the supervisors printed.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.workspace().supervisor_log()).unwrap_or_default()
    }

    /// States in order, with their evidence.
    pub async fn history(&self, run: RunId) -> Vec<String> {
        let transitions = self.store.transitions(run).await.unwrap();
        transitions.iter().map(|t| format!("{}: {}", t.to, t.evidence)).collect()
    }

    /// What the journal holds is what the store holds: count and hash.
    pub async fn nothing_is_lost(&self, run: RunId) {
        let check = vitals_journal::check(self.folder(run).path()).unwrap();
        let stored = self.store.run_sum(run).await.unwrap();
        assert_eq!((stored.values, stored.sha256), (check.values, check.sha256));
        assert_eq!(check.corrupt_records, 0);
    }

    /// The loss has exactly the steps 0 to `steps` − 1, each once, each with its value.
    pub async fn no_hole_and_no_double_step(&self, run: RunId, steps: u64) {
        let query = vitals_store::SeriesQuery { names: vec!["loss".to_owned()], ..Default::default() };
        let series = self.store.series(run, &query).await.unwrap().remove(0);
        assert_eq!(series.steps, (0..steps).collect::<Vec<_>>());
        for (step, value) in series.steps.iter().zip(&series.values) {
            assert_eq!(*value, f64::from((1.0 / (1.0 + *step as f64)) as f32), "step {step}");
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(mut child) = self.supervisor.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        let runs = std::fs::read_dir(self.workspace().runs_dir()).into_iter().flatten().flatten();
        let marks = runs.flat_map(|run| std::fs::read_dir(run.path()).into_iter().flatten().flatten());
        for mark in marks.filter_map(|attempt| std::fs::read(attempt.path().join("guard.json")).ok()) {
            let mark: Value = serde_json::from_slice(&mark).unwrap_or_default();
            for who in ["worker", "guard"] {
                let Ok(process) = serde_json::from_value::<vitals_supervisor::ProcessMark>(mark[who].clone())
                else {
                    continue;
                };
                if process.is_alive() {
                    send(process.pid, Signal::KILL);
                }
            }
        }
    }
}

/// A disk in memory; unmounted when dropped.
pub struct Tmpfs(PathBuf);

impl Tmpfs {
    /// `None` where that takes rights that we lack.
    pub fn mount(folder: &Path, mib: u32) -> Option<Self> {
        std::fs::create_dir_all(folder).unwrap();
        let mut mount = Command::new("mount");
        // A file takes a page at least: so many more could never be filled.
        let options = format!("size={mib}m,nr_inodes={}", mib * 256);
        mount.args(["-t", "tmpfs", "-o", &options, "none"]).arg(folder);
        let told = mount.output().ok()?;
        told.status.success().then(|| Self(folder.to_owned()))
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        // Lazily: a process that was killed an instant ago may still have a file open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Takes the last byte of a disk.
pub fn fill(folder: &Path) -> PathBuf {
    use std::io::Write as _;
    let path = folder.join("filler");
    let mut file = std::fs::File::create(&path).unwrap();
    let block = [7_u8; 1 << 16];
    for size in [block.len(), 4096, 1] {
        while file.write_all(&block[..size]).is_ok() {}
    }
    path
}

/// A folder in which nothing can be written; as before when dropped.
pub struct Unwritable(PathBuf);

impl Unwritable {
    /// Makes the folder. Root may write whatever the mode says, but not on a disk that is mounted to be read only; `None`
    /// where that takes rights that we lack.
    pub fn make(folder: &Path) -> Option<Self> {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o555)).unwrap();
        let made = Self(folder.to_owned());
        let writable = || std::fs::create_dir(folder.join("written")).is_ok();
        if writable() {
            std::fs::remove_dir(folder.join("written")).unwrap();
            let mut mount = Command::new("mount");
            mount.args(["-t", "tmpfs", "-o", "ro", "none"]).arg(folder);
            mount.output().ok()?;
        }
        (!writable()).then_some(made)
    }
}

impl Drop for Unwritable {
    fn drop(&mut self) {
        // Nothing to unmount where the mode was enough.
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
        let _ = std::fs::set_permissions(&self.0, std::fs::Permissions::from_mode(0o755));
    }
}

/// Signals one process that a test started.
pub fn send(pid: u32, signal: Signal) {
    // It may have ended by itself in the meantime.
    let _ = kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal);
}

/// Looks every few milliseconds until there is something; fails after the deadline.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < DEADLINE, "waited {DEADLINE:?} in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
