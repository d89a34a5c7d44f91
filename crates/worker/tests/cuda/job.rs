//! A tiny job on images of its own, the shipped worker on it, and what came of it. The counterfeit CUDA stands in for GPUs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use vitals_journal::{ReadOutcome, Reader, Record, RunFolder};

/// Where runs are made.
pub struct Place {
    folder: TempDir,
}

/// What a run is asked for.
#[derive(Clone, Default)]
pub struct Asked {
    pub recipe: Value,
    pub device: &'static str,
    /// What `VITALS_COUNTERFEIT` says.
    pub settings: String,
    /// `CUDA_VISIBLE_DEVICES`.
    pub mask: Option<&'static str>,
    /// The checkpoint to go on from, and its step.
    pub resume: Option<u64>,
    /// Which attempt of the run this is.
    pub attempt: u32,
    pub probed: Option<Value>,
}

/// How it ended.
#[derive(Default)]
pub struct Ended {
    pub code: Option<i32>,
    pub message: String,
    pub logs: Vec<String>,
    /// By name, with their steps.
    pub series: BTreeMap<String, Vec<(u64, f64)>>,
    /// What the counterfeit counted; null where it was not opened.
    pub counts: Value,
    pub stderr: String,
}

impl Asked {
    pub fn on(device: &'static str, recipe: Value) -> Asked {
        Asked { recipe, device, attempt: 1, ..Asked::default() }
    }

    fn whole_recipe(&self) -> Value {
        let mut whole = json!({
            "dataset": "shades", "image_size": 16, "backbone": "vit_custom", "patch_size": 8, "embed_dim": 32,
            "depth": 2, "num_heads": 2, "head_hidden_dim": 32, "head_out_dim": 16, "batch_size": 16,
            "warmup_epochs": 0.0, "max_steps": 4, "knn_every": 0, "knn_bank_size": 16, "threads": 1,
            "loader_threads": 1, "base_learning_rate": 5e-3,
        });
        for (name, value) in self.recipe.as_object().unwrap() {
            whole[name] = value.clone();
        }
        whole
    }
}

/// The worker, with the counterfeit where it looks for CUDA.
pub fn worker() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vitals-worker"));
    command.env("LD_LIBRARY_PATH", vitals_counterfeit::libraries()).stdin(Stdio::null());
    command.env_remove("CUDA_VISIBLE_DEVICES");
    command
}

impl Place {
    pub fn new() -> Place {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        vitals_fixtures::write_shades(&place.path("images"));
        place
    }

    pub fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside)
    }

    /// Trains the run of that name to its end.
    pub fn train(&self, run: &str, asked: &Asked) -> Ended {
        let output = self.command(run, asked).output().unwrap();
        self.ended(run, asked, &output)
    }

    /// The worker on a job that stands in its folder.
    pub fn command(&self, run: &str, asked: &Asked) -> Command {
        let folder = self.path(run);
        std::fs::create_dir_all(&folder).unwrap();
        let job = json!({
            "format": 2, "run": "0199c2a4-7a3e-7c51-9d1f-3f0e8f6f2a11", "attempt": asked.attempt,
            "first_step": asked.resume.unwrap_or(0),
            "resume_from": asked.resume.map(|step| format!("checkpoints/step-{step:08}")),
            "recipe": asked.whole_recipe(), "device": asked.device, "acknowledged_control": 0, "versions": {},
            "probed": asked.probed,
            "dataset": {
                "name": "shades", "path": self.path("images"), "fingerprint": "",
                "facts": { "name": "shades", "images": 64, "classes": 2, "labelled": true, "image_size": [16, 16] }
            },
        });
        std::fs::write(folder.join("job.json"), job.to_string()).unwrap();
        let counts = format!("counts={}", self.counts(run, asked).display());
        let settings = [asked.settings.as_str(), &counts].map(str::to_owned);
        let settings = settings.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(",");
        let mut command = worker();
        command.arg("train").arg(&folder).env("VITALS_COUNTERFEIT", settings);
        command.envs(asked.mask.map(|mask| ("CUDA_VISIBLE_DEVICES", mask)));
        command
    }

    fn counts(&self, run: &str, asked: &Asked) -> PathBuf {
        self.path(&format!("{run}-{}.counts", asked.attempt))
    }

    /// How many values a run has written of a metric.
    pub fn values(&self, run: &str, asked: &Asked, name: &str) -> usize {
        let journal = RunFolder::new(self.path(run)).journal(asked.attempt);
        let read = |journal: &Path| {
            let mut ended = Ended::default();
            ended.read(journal);
            ended.series.get(name).map_or(0, Vec::len)
        };
        if journal.is_file() { read(&journal) } else { 0 }
    }

    fn ended(&self, run: &str, asked: &Asked, output: &Output) -> Ended {
        let counts = std::fs::read_to_string(self.counts(run, asked)).unwrap_or_default();
        let mut ended = Ended {
            code: output.status.code(),
            counts: counts.lines().last().map_or(Value::Null, |line| serde_json::from_str(line).unwrap()),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            ..Ended::default()
        };
        ended.read(&RunFolder::new(self.path(run)).journal(asked.attempt));
        ended
    }
}

impl Ended {
    fn read(&mut self, journal: &Path) {
        let mut reader = Reader::open(journal, 0).unwrap();
        while let ReadOutcome::Record { record, .. } = reader.next().unwrap() {
            match record {
                Record::End(record) => self.message = record.message,
                Record::Log(log) => self.logs.push(log.text),
                Record::Row(row) => {
                    let stream = reader.streams().get(row.stream).unwrap().clone();
                    for (column, value) in stream.columns.iter().zip(row.values) {
                        self.series.entry(column.name.clone()).or_default().push((row.step, value));
                    }
                }
                _ => {}
            }
        }
    }

    pub fn finished(self) -> Ended {
        assert_eq!(self.code, Some(0), "{} {}", self.message, self.stderr);
        self
    }

    pub fn values(&self, name: &str) -> Vec<f64> {
        let series =
            self.series.get(name).unwrap_or_else(|| panic!("{name} is none of {:?}", self.series.keys()));
        series.iter().map(|(_, value)| *value).collect()
    }

    /// A number of the counterfeit.
    pub fn count(&self, name: &str) -> i64 {
        self.counts[name].as_i64().unwrap_or_else(|| panic!("{name} of {}", self.counts))
    }

    /// Most bytes that were held on a device.
    pub fn peak_bytes(&self, device: usize) -> i64 {
        self.counts["devices"][device]["peak_bytes"].as_i64().unwrap()
    }
}
