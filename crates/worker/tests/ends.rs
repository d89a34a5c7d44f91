//! However training ends, the journal says so and the exit code agrees: the real worker, on images of its own, short of
//! memory, with weights that overflow, with a checkpoint that is none, and with an error out of libtorch itself.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as the tests do")]

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use vitals_journal::{EndRecord, Event, ReadOutcome, Reader, Record, RunFolder};

/// How the worker ended.
struct Ended {
    exit_code: Option<i32>,
    end: EndRecord,
    events: Vec<Event>,
    logs: Vec<String>,
    folder: TempDir,
}

/// Trains 64 images with what `recipe` adds to a tiny ViT, within `memory_kib` of address space where that is given.
fn train(recipe: Value, resume_from: Option<&str>, memory_kib: Option<u64>) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let images = folder.path().join("images");
    vitals_fixtures::write_shades(&images);
    let mut whole = json!({
        "dataset": "shades", "image_size": 16, "backbone": "vit_custom", "patch_size": 8, "embed_dim": 16, "depth": 1,
        "num_heads": 2, "head_hidden_dim": 32, "head_out_dim": 16, "batch_size": 16, "warmup_epochs": 0.0,
        "max_steps": 4, "knn_every": 0, "knn_bank_size": 16, "threads": 1, "loader_threads": 1,
    });
    for (name, value) in recipe.as_object().unwrap() {
        whole[name] = value.clone();
    }
    let job = json!({
        "format": 1, "run": "0199c2a4-7a3e-7c51-9d1f-3f0e8f6f2a11", "attempt": 1, "first_step": 0,
        "resume_from": resume_from, "recipe": whole, "device": "cpu", "acknowledged_control": 0, "versions": {},
        "dataset": {
            "name": "shades", "path": images, "fingerprint": "",
            "facts": { "name": "shades", "images": 64, "classes": 2, "labelled": true, "image_size": [16, 16] }
        },
    });
    let run = folder.path().join("run");
    std::fs::create_dir(&run).unwrap();
    std::fs::write(run.join("job.json"), job.to_string()).unwrap();
    let limit = memory_kib.map_or_else(|| "unlimited".to_owned(), |kib| kib.to_string());
    let output = Command::new("sh")
        .args([
            "-c",
            "ulimit -v $1 && exec \"$2\" train \"$3\"",
            "sh",
            &limit,
            env!("CARGO_BIN_EXE_vitals-worker"),
        ])
        .arg(&run)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (end, events, logs) = records(&RunFolder::new(&run).journal(1));
    let end = end.unwrap_or_else(|| panic_with(&output.stderr));
    Ended { exit_code: output.status.code(), end, events, logs, folder }
}

#[expect(clippy::panic, reason = "a test without an end record has failed")]
fn panic_with(stderr: &[u8]) -> EndRecord {
    panic!("no end record: {}", String::from_utf8_lossy(stderr))
}

fn records(journal: &Path) -> (Option<EndRecord>, Vec<Event>, Vec<String>) {
    let mut reader = Reader::open(journal, 0).unwrap();
    let (mut end, mut events, mut logs) = (None, Vec::new(), Vec::new());
    while let ReadOutcome::Record { record, .. } = reader.finish().unwrap() {
        match record {
            Record::End(record) => end = Some(record),
            Record::Event(event) => events.push(event),
            Record::Log(log) => logs.push(log.text),
            _ => {}
        }
    }
    (end, events, logs)
}

impl Ended {
    fn is(&self, code: i32, reason: &str) {
        let Ended { exit_code, end, .. } = self;
        assert_eq!((*exit_code, end.exit_code, end.reason.as_str()), (Some(code), code, reason), "{end:?}");
    }

    fn checkpoints(&self) -> usize {
        std::fs::read_dir(self.folder.path().join("run/checkpoints")).map_or(0, Iterator::count)
    }
}

#[test]
fn without_memory_the_parameters_to_change_are_named() {
    let ended = train(json!({ "head_hidden_dim": 40_000 }), None, Some(4 << 20));
    ended.is(5, "out_of_memory");
    for word in ["out of device memory", "batch_size", "micro_batch_size", "smaller backbone"] {
        assert!(ended.end.message.contains(word), "{}", ended.end.message);
    }
}

/// The piece that a message says to set.
fn advised(message: &str) -> u32 {
    let (_, after) = message.split_once("set micro_batch_size to ").unwrap();
    after.split(' ').next().unwrap().parse().unwrap()
}

/// Enough to begin and too little for a step: the activations of 48 images at once. In pieces of the size that the message names,
/// the same step fits, at the latest after its advice was taken a few times.
#[test]
fn without_memory_inside_a_step_what_the_message_says_helps() {
    let recipe = |micro_batch_size: u32| {
        json!({
            "image_size": 64, "patch_size": 2, "embed_dim": 32, "depth": 3, "mlp_ratio": 16.0, "batch_size": 48,
            "max_steps": 1, "micro_batch_size": micro_batch_size,
        })
    };
    let memory_kib = Some(1_600 << 10);
    let mut ended = train(recipe(0), None, memory_kib);
    ended.is(5, "out_of_memory");
    assert!(ended.logs.iter().any(|log| log.contains("steps 0 to 1")), "it had begun: {:?}", ended.logs);
    assert_eq!(ended.end.last_step, None);
    for word in ["out of device memory", "the whole batch of 48", "batch_size", "smaller backbone"] {
        assert!(ended.end.message.contains(word), "{}", ended.end.message);
    }
    let mut pieces = vec![48];
    while ended.exit_code == Some(5) {
        let piece = advised(&ended.end.message);
        assert!(48_u32.is_multiple_of(piece) && piece < *pieces.last().unwrap(), "{piece} after {pieces:?}");
        pieces.push(piece);
        ended = train(recipe(piece), None, memory_kib);
    }
    ended.is(0, "finished");
}

#[test]
fn a_loss_that_is_no_number_stops_the_run_or_does_not() {
    let recipe = |on_nonfinite: &str| json!({ "base_learning_rate": 1e30, "optimizer": "sgd", "on_nonfinite": on_nonfinite });
    let nonfinite = |ended: &Ended| {
        let events = ended.events.iter().filter(|event| event.kind == "nonfinite");
        events.filter_map(|event| event.step).collect::<Vec<u64>>()
    };
    let stopped = train(recipe("stop"), None, None);
    stopped.is(4, "nonfinite");
    let at = nonfinite(&stopped);
    assert_eq!((at.len(), stopped.end.last_step), (1, Some(at[0])));
    assert_eq!(stopped.checkpoints(), 0, "no checkpoint of such weights");

    let went_on = train(recipe("continue"), None, None);
    went_on.is(0, "finished");
    assert_eq!(nonfinite(&went_on), (at[0]..4).collect::<Vec<u64>>(), "every such step is told");
    assert_eq!(went_on.end.last_step, Some(3));
}

#[test]
fn a_checkpoint_that_is_none_and_an_error_of_libtorch_have_their_end_records() {
    let ended = train(json!({}), Some("checkpoints/step-00000002"), None);
    ended.is(7, "checkpoint_unreadable");
    assert!(ended.end.message.contains("step-00000002"), "{}", ended.end.message);

    // More bytes than a number of 64 bits counts: libtorch throws.
    let ended = train(json!({ "head_hidden_dim": 1u32 << 31 }), None, None);
    ended.is(1, "error");
    assert!(ended.end.message.starts_with("failed to train: "), "{}", ended.end.message);
}

/// Half precision tells of the steps that it leaves out, and goes on.
#[test]
fn a_skipped_step_is_an_event() {
    let recipe = json!({ "precision": "fp16", "base_learning_rate": 1e-3, "temperature": 1e-4 });
    let ended = train(recipe, None, None);
    ended.is(0, "finished");
    let skipped: Vec<&Event> = ended.events.iter().filter(|event| event.kind == "skipped_step").collect();
    assert!(!skipped.is_empty(), "a scale of 65536 overflows with such a temperature");
    assert!(skipped.iter().all(|event| event.data["loss_scale"].as_f64().is_some()));
}
