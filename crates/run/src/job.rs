//! `job.json`: everything that a worker needs to train one attempt of one run. Written by the supervisor, read by the
//! worker, kept in the run folder as the record of what was asked. Everybody reads it through [`Job::read`], which refuses
//! what a newer version wrote.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use vitals_recipe::{DatasetFacts, Recipe};

use crate::versioned::{self, JobError};

/// The form of `job.json` that this version writes; it reads every form up to it.
pub const JOB_FORMAT: u32 = 2;

/// One attempt of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    pub format: u32,
    /// The run's UUID as text.
    pub run: String,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// The first step that this attempt trains.
    pub first_step: u64,
    /// Checkpoint to start from, relative to the run folder.
    pub resume_from: Option<PathBuf>,
    /// Checkpoints to start from where that one is damaged, the best first, relative to the run folder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallbacks: Vec<PathBuf>,
    pub recipe: Recipe,
    /// What a probe judges; none where the run pre-trains. Since format 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probed: Option<ProbedRun>,
    pub dataset: JobDataset,
    /// The device as assigned: `cpu`, `cuda:0`.
    pub device: String,
    /// Control commands up to this number were answered by earlier attempts.
    pub acknowledged_control: u64,
    /// Versions of what makes the run: `vitals`, `libtorch` and so on.
    pub versions: BTreeMap<String, String>,
    /// What people know the run by. The worker needs none of it: a database that was deleted gets it back from here.
    #[serde(default)]
    pub label: String,
    /// The values of the sweep's axes at this point.
    #[serde(default)]
    pub axes: BTreeMap<String, Value>,
    #[serde(default)]
    pub sweep: Option<JobSweep>,
}

/// The sweep that asked for a run, with its text, so that it can be told and started again without the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSweep {
    /// The sweep's UUID as text.
    pub id: String,
    /// The revision of its text that asked for the run, from 1.
    pub revision: u32,
    /// The file that it comes from, as the workspace identifies files.
    pub source: Option<String>,
    pub name: String,
    pub text: String,
    /// Hash of the text.
    pub hash: String,
}

impl Job {
    /// Reads a `job.json`.
    ///
    /// # Errors
    /// No such file, no job in it, or one of a newer version.
    pub fn read(path: &Path) -> Result<Self, JobError> {
        Self::parse(&versioned::read(path)?, path)
    }

    /// Reads the text of the `job.json` at `path`.
    ///
    /// # Errors
    /// No job in it, or one of a newer version.
    pub fn parse(text: &[u8], path: &Path) -> Result<Self, JobError> {
        versioned::parse(text, path, JOB_FORMAT)
    }

    /// The text of its `job.json`.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a job is always JSON")
    }
}

/// The run whose features a probe judges. Its checkpoint lies in the probe's own folder, so that neither pruning nor
/// removing that run takes it away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbedRun {
    /// Its UUID as text.
    pub run: String,
    /// Steps done at the checkpoint; none: the start values of its seed, untrained.
    pub step: Option<u64>,
}

/// Where the images are, and how to tell that they are the same ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobDataset {
    pub name: String,
    pub path: String,
    pub fingerprint: String,
    pub facts: DatasetFacts,
}
