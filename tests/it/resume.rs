//! A killed run that goes on ends in the bits of one that never stopped: every method with every optimizer, through the
//! real queue. A seed says after which checkpoint a worker is killed; how far it then is, its machine decides.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;
use vitals_recipe::{Method, Optimizer, Part, keyed_rng};

use crate::support::{PATIENCE, Workspace, add_grey, kill, small_sweep};

const SEED: u64 = 20_261_126;
const STEPS: u64 = 200;
const EVERY: u64 = 20;
/// Between two looks at the journals.
const LOOK: Duration = Duration::from_millis(5);

/// Queues all combinations. How many checkpoints are kept makes other runs of the same training.
fn queue(workspace: &Workspace, name: &str, keep: u32, more: &[&str]) -> BTreeMap<String, String> {
    let recipe = format!(
        "max_steps = {STEPS}\ncheckpoint_every = {EVERY}\nkeep_checkpoints = {keep}\nprototypes = 24\n\
         freeze_prototypes_steps = 30"
    );
    let axis =
        |name: &str, words: &[&str]| format!("[[axis]]\nparameter = \"{name}\"\nvalues = {words:?}\n\n");
    let axes = axis("method", Method::WORDS) + &axis("optimizer", Optimizer::WORDS);
    let text = small_sweep(&recipe, &axes).replace("fashion-mnist", "grey").replace("\"Small\"", name);
    let file = workspace.file(&format!("{keep}.toml"), &text);
    workspace.vitals_ok(&[&["--quiet", "sweep", "run", &file], more].concat());
    let word = |run: &Value, name: &str| run[name].as_str().map(str::to_owned);
    let runs = workspace.runs();
    let named = runs.iter().filter(|run| run["parameters"]["keep_checkpoints"] == keep);
    named.filter_map(|run| Some((word(run, "label")?, word(run, "id")?))).collect()
}

struct Strike {
    id: String,
    journal: PathBuf,
    /// What the journal must name: an attempt that dies before it has named one begins at the start again.
    checkpoint: String,
    /// From then on.
    delay: Duration,
    seen: Option<Instant>,
}

impl Strike {
    /// Whether the worker was killed.
    fn dealt(&mut self, workspace: &Workspace) -> bool {
        if self.seen.is_none() {
            let journal = std::fs::read(&self.journal).unwrap_or_default();
            let words = self.checkpoint.as_bytes();
            self.seen = journal.windows(words.len()).any(|part| part == words).then(Instant::now);
        }
        let is_due = self.seen.is_some_and(|seen| seen.elapsed() >= self.delay);
        is_due
            && workspace.worker_pid(&self.id, 1).is_some_and(|pid| {
                kill(pid, Signal::KILL);
                true
            })
    }
}

/// Kills every worker once, wherever it is by then.
fn strike(workspace: &Workspace, runs: &BTreeMap<String, String>) {
    let mut rng = keyed_rng(SEED, &[Part::from("strike")]);
    let mut strikes: Vec<Strike> = runs
        .values()
        .map(|id| Strike {
            id: id.clone(),
            journal: workspace.run_folder(id).join("attempt-0001/journal"),
            checkpoint: format!("step-{:08}", EVERY * (1 + rng.below(3))),
            delay: Duration::from_millis(rng.below(40)),
            seen: None,
        })
        .collect();
    let deadline = Instant::now() + PATIENCE;
    while !strikes.is_empty() {
        strikes.retain_mut(|strike| !strike.dealt(workspace));
        assert!(Instant::now() < deadline, "{} runs never came to their checkpoint", strikes.len());
        std::thread::sleep(LOOK);
    }
}

/// The tensors of the last checkpoint: weights and statistics, optimizer, the monitor's bank.
fn tensors(workspace: &Workspace, id: &str) -> [Vec<u8>; 3] {
    let folder = workspace.run_folder(id).join(format!("checkpoints/step-{STEPS:08}"));
    ["model", "optimizer", "monitor"].map(|name| {
        let file = folder.join(format!("{name}.safetensors"));
        std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    })
}

#[test]
fn killed_and_resumed_every_method_and_optimizer_ends_in_the_same_bits() {
    let workspace = Workspace::new();
    add_grey(&workspace);
    workspace.vitals_ok(&["settings", "slots.cpu=2"]);
    let whole = queue(&workspace, "\"Whole\"", 2, &["--wait"]);
    let struck = queue(&workspace, "\"Struck\"", 3, &[]);
    let all = Method::ALL.len() * Optimizer::ALL.len();
    assert_eq!((whole.len(), struck.len()), (all, all), "{:?}", workspace.runs());
    strike(&workspace, &struck);
    for (label, id) in &struck {
        let run = workspace.wait_state(id, "failed");
        assert_eq!(run["evidence"], "killed (signal 9)", "{label}");
        workspace.vitals_ok(&["run", "retry", id]);
    }
    let mut ends: Vec<[Vec<u8>; 3]> = Vec::new();
    for (label, id) in &struck {
        let run = workspace.wait_state(id, "finished");
        let first_step = run["attempts"][1]["first_step"].as_u64().expect("a second attempt");
        let last_step = run["attempts"][0]["last_step"].as_u64();
        println!("{label}: killed after step {last_step:?}, went on at {first_step}");
        assert!((EVERY..STEPS).contains(&first_step), "{label} went on at {first_step}");
        let ended = tensors(&workspace, id);
        assert!(ended == tensors(&workspace, &whole[label]), "{label}, resumed at {first_step}");
        assert!(!ends.iter().any(|[model, ..]| *model == ended[0]), "{label} is another's training");
        ends.push(ended);
    }
}
