//! A siege of the real programs: `vitals` supervises, guards and asks, `vitals-worker` trains, `vitals-desktop` shows. A
//! seed says when each is struck. After every round `vitals journal check` and `vitals run hash` must agree, by count
//! and hash, and the run's evidence must match what was done. The long siege, with a worker that stands in, is the
//! benchmark `faults`.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};
use vitals_recipe::{KeyedRng, Part, keyed_rng};

use crate::holder::Holder;
use crate::support::{PATIENCE, Workspace, kill, small_sweep, state_of, supervisor_pid};
use crate::window::Window;

const SEED: u64 = 20_261_126;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Worker,
    Guard,
    GuardAndWorker,
    Supervisor,
    SupervisorAndWorker,
    Everything,
    StoppedWorker,
    Window,
    Client,
    LockedDatabase,
    TornRecord,
    OtherBoot,
}

const FAULTS: [Fault; 12] = [
    Fault::Worker,
    Fault::Guard,
    Fault::GuardAndWorker,
    Fault::Supervisor,
    Fault::SupervisorAndWorker,
    Fault::Everything,
    Fault::StoppedWorker,
    Fault::Window,
    Fault::Client,
    Fault::LockedDatabase,
    Fault::TornRecord,
    Fault::OtherBoot,
];

/// What must follow: the same attempt goes on (`None`), or it ends in this state with this evidence.
type Outcome = Option<(&'static str, &'static str)>;

const KILLED: Outcome = Some(("failed", "killed (signal 9)"));
const NO_EVIDENCE: Outcome = Some(("lost", "lock free, no exit.json, no end record"));

struct Siege {
    workspace: Workspace,
    rng: KeyedRng,
    sweep: String,
    run: String,
    attempt: u32,
    /// The attempt whose guard was killed.
    guard_gone: u32,
    comparisons: u32,
}

#[test]
fn nothing_is_lost_whatever_happens_to_the_real_programs() {
    let mut siege = Siege::begin();
    let mut deck = FAULTS;
    siege.rng.shuffle(&mut deck);
    for fault in deck {
        siege.round(fault);
    }
    siege.end();
}

impl Siege {
    fn begin() -> Self {
        let workspace = Workspace::new();
        let recipe = "max_steps = 100000\ncheckpoint_every = 20\nkeep_checkpoints = 3";
        let sweep = workspace.file("siege.toml", &small_sweep(recipe, ""));
        workspace.vitals_ok(&["--quiet", "sweep", "run", &sweep]);
        let run = workspace.runs()[0]["id"].as_str().expect("an id").to_owned();
        let rng = keyed_rng(SEED, &[Part::from("siege")]);
        Self { workspace, rng, sweep, run, attempt: 1, guard_gone: 0, comparisons: 0 }
    }

    fn round(&mut self, fault: Fault) {
        let before = self.workspace.run(&self.run)["progress"]["step"].as_u64().unwrap_or(0);
        let run = self.workspace.wait_step(&self.run, before + self.rng.below(30));
        self.attempt = u32::try_from(run["attempt"].as_u64().expect("an attempt")).expect("few attempts");
        println!("{fault:?} in attempt {} after step {}", self.attempt, run["progress"]["step"]);
        match self.strike(fault) {
            None => self.goes_on(),
            Some((state, evidence)) => {
                let run = self.workspace.wait_state(&self.run, state);
                assert_eq!(run["evidence"], evidence, "{fault:?}: {run}");
                assert_eq!(run["attempt"], self.attempt, "{fault:?}: nothing was started meanwhile");
                self.compare();
                self.workspace.vitals_ok(&["run", "retry", &self.run]);
                self.workspace.wait_state(&self.run, "running");
            }
        }
    }

    /// Deals it.
    fn strike(&mut self, fault: Fault) -> Outcome {
        let by_guard = if self.guard_gone == self.attempt { NO_EVIDENCE } else { KILLED };
        match fault {
            Fault::Worker => {
                self.kill("worker");
                by_guard
            }
            Fault::Guard => {
                self.kill("guard");
                self.guard_gone = self.attempt;
                None
            }
            Fault::GuardAndWorker => {
                self.kill("guard");
                self.kill("worker");
                NO_EVIDENCE
            }
            Fault::Supervisor => {
                self.kill_supervisor();
                self.supervise();
                None
            }
            Fault::SupervisorAndWorker => {
                self.kill_supervisor();
                self.kill("worker");
                self.supervise();
                by_guard
            }
            Fault::Everything => {
                self.kill_all();
                self.supervise();
                NO_EVIDENCE
            }
            Fault::StoppedWorker => {
                let worker = self.pid("worker").expect("the guard marked it");
                kill(worker, Signal::STOP);
                self.moment(2_000);
                kill(worker, Signal::CONT);
                None
            }
            Fault::Window => {
                match Window::open(&self.workspace.path("ws")) {
                    Ok(window) => {
                        self.moment(1_500);
                        window.kill();
                    }
                    Err(why) => println!("skipped {fault:?}: {why}"),
                }
                None
            }
            Fault::Client => {
                let mut client = self.workspace.command(&["run", "checkpoint", &self.run]);
                let mut client = client.spawn().expect("vitals starts");
                self.moment(60);
                // It may have asked already, or not at all: either is well.
                client.kill().expect("it is ours");
                client.wait().expect("it is ours");
                None
            }
            Fault::LockedDatabase => {
                match Holder::hold(&self.workspace.path("ws/vitals.db")) {
                    Some(holder) => {
                        std::thread::sleep(Duration::from_secs(1));
                        self.moment(2_000);
                        holder.let_go();
                    }
                    None => println!("skipped {fault:?}: there is no python3 to lock the database with"),
                }
                None
            }
            Fault::TornRecord => {
                self.kill_all();
                let journal = self.attempt_file("journal");
                let mut bytes = std::fs::read(&journal).expect("a journal");
                bytes.extend_from_within(..12);
                std::fs::write(journal, bytes).expect("the journal can be written");
                self.supervise();
                NO_EVIDENCE
            }
            Fault::OtherBoot => {
                self.kill_all();
                let path = self.attempt_file("guard.json");
                let mut mark: Value =
                    serde_json::from_slice(&std::fs::read(&path).expect("a mark")).expect("JSON");
                mark["boot_id"] = json!("the boot before");
                std::fs::write(path, mark.to_string()).expect("the mark can be written");
                self.supervise();
                Some(("failed", "lock free, no end record, boot id changed"))
            }
        }
    }

    /// The instant of a fault, not a wait for anything.
    fn moment(&mut self, at_most_ms: u64) {
        std::thread::sleep(Duration::from_millis(self.rng.below(at_most_ms)));
    }

    fn attempt_file(&self, name: &str) -> PathBuf {
        self.workspace.run_folder(&self.run).join(format!("attempt-{:04}/{name}", self.attempt))
    }

    fn pid(&self, who: &str) -> Option<i32> {
        self.workspace.process(&self.run, self.attempt, who)
    }

    /// Kills a process of the attempt and waits until it is no more.
    fn kill(&self, who: &str) {
        let pid = self.pid(who).expect("the guard marked it");
        kill(pid, Signal::KILL);
        self.workspace.wait_for("its end", || match state_of(pid) {
            None | Some('Z' | 'X') => Ok(()),
            Some(state) => Err(format!("{who} {pid} is {state}")),
        });
    }

    fn kill_supervisor(&self) {
        let root = self.workspace.path("ws");
        kill(supervisor_pid(&root).expect("a supervisor runs"), Signal::KILL);
        self.workspace.wait_supervisor_gone();
    }

    fn kill_all(&self) {
        self.kill_supervisor();
        if self.guard_gone != self.attempt {
            self.kill("guard");
        }
        self.kill("worker");
    }

    /// Any start of a sweep brings a supervisor; this one adds nothing.
    fn supervise(&self) {
        let again = self.workspace.vitals_ok(&["--json", "sweep", "run", &self.sweep]).json();
        assert_eq!(again["queued"], 0, "{again}");
    }

    fn goes_on(&mut self) {
        let worker = self.pid("worker");
        let step = self.workspace.run(&self.run)["progress"]["step"].as_u64().expect("a step");
        let run = self.workspace.wait_step(&self.run, step + 3);
        assert_eq!(run["attempt"], self.attempt, "{run}");
        assert_eq!(self.pid("worker"), worker, "started once");
        self.compare();
    }

    /// Count and hash, through the two commands. A living worker is stopped for it.
    fn compare(&mut self) {
        let worker = self.pid("worker").filter(|pid| !matches!(state_of(*pid), None | Some('Z' | 'X')));
        if let Some(pid) = worker {
            kill(pid, Signal::STOP);
            self.workspace.wait_for("the worker to stand still", || match state_of(pid) {
                None | Some('T' | 'Z' | 'X') => Ok(()),
                Some(state) => Err(format!("it is {state}")),
            });
        }
        let folder = self.workspace.run_folder(&self.run).display().to_string();
        let journal = self.workspace.vitals_ok(&["--json", "journal", "check", &folder]).json();
        let began = Instant::now();
        loop {
            let store = self.workspace.vitals_ok(&["--json", "run", "hash", &self.run]).json();
            if (&store["sha256"], &store["values"]) == (&journal["sha256"], &journal["values"]) {
                break;
            }
            assert!(began.elapsed() < PATIENCE, "journal {journal}, store {store}");
        }
        assert_eq!(journal["corrupt_records"], 0, "{journal}");
        self.comparisons += 1;
        if let Some(pid) = worker {
            kill(pid, Signal::CONT);
        }
    }

    /// Cancels, and looks whether anything is missing or left.
    fn end(mut self) {
        self.workspace.vitals_ok(&["run", "cancel", &self.run]);
        let run = self.workspace.wait_state(&self.run, "cancelled");
        self.compare();
        let done = run["progress"]["step"].as_u64().expect("a step");
        let (steps, _) = self.workspace.series(&self.run, "loss");
        assert_eq!(steps, (0..done).collect::<Vec<u64>>(), "no hole and no double step");
        let changes = run["transitions"].as_array().expect("transitions");
        let evident = |change: &Value| change["evidence"].as_str().is_some_and(|text| !text.is_empty());
        assert!(changes.iter().all(evident), "{run}");
        let starts = changes.iter().filter(|change| change["to"] == "starting").count();
        assert_eq!(Some(starts as u64), run["attempt"].as_u64(), "each attempt was started once: {run}");
        for who in ["guard", "worker"] {
            let pid = self.workspace.process(&self.run, u32::try_from(starts).expect("few"), who);
            self.workspace.wait_for("nobody to be left", || match pid.and_then(state_of) {
                None | Some('Z' | 'X') => Ok(()),
                Some(state) => Err(format!("{who} is {state}")),
            });
        }
        println!(
            "{} rounds, {} comparisons, {done} steps, {starts} attempts",
            FAULTS.len(),
            self.comparisons
        );
    }
}
