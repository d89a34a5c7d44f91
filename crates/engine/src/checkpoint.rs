//! Checkpoints: a folder with the model under official names, the optimizer, the monitor's bank and `state.json`. It
//! is written beside its place, fsynced and renamed; hashes are checked when it is read. Training that goes on from one
//! gives the same bits as training that never stopped, on the CPU with the same number of threads.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde::{Deserialize, Serialize};
use tch::Tensor;
use vitals_files::{open_regular, read_regular};
use vitals_recipe::Recipe;

use crate::error::{EngineError, Result, guarded};
use crate::optimizers::Optimizer;
use crate::scaler::LossScale;
use crate::tensor_file::{State, decode, encode, restore};
use crate::trainer::Trainer;

/// The version of the folder's layout.
pub(crate) const CHECKPOINT_FORMAT: u32 = 1;

pub(crate) const MODEL: &str = "model.safetensors";
pub(crate) const OPTIMIZER: &str = "optimizer.safetensors";
const MONITOR: &str = "monitor.safetensors";
pub(crate) const STATE: &str = "state.json";

/// `state.json`: everything of a run's state that is no tensor. Randomness is keyed by step and name, so there is no
/// generator to store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckpointState {
    pub format: u32,
    /// Steps done; training goes on with the step of this number.
    pub step: u64,
    /// Updates that each optimizer has made.
    pub optimizer_updates: Vec<u64>,
    /// Rows of the kNN bank in use, and where the next one goes.
    pub bank_filled: i64,
    pub bank_next: i64,
    /// Half precision only.
    #[serde(default)]
    pub loss_scale: Option<LossScale>,
    pub recipe: Recipe,
    /// BLAKE3 of each file beside this one, in hex.
    pub files: BTreeMap<String, String>,
}

impl CheckpointState {
    /// Reads `state.json` of a checkpoint folder; an unknown format is refused by its number.
    pub fn read(folder: &Path) -> std::result::Result<CheckpointState, EngineError> {
        let path = folder.join(STATE);
        let refuse =
            |error: std::io::Error| EngineError::Checkpoint { path: path.clone(), reason: error.to_string() };
        Self::parse(&read_regular(&path).map_err(refuse)?, &path)
    }

    /// Reads the bytes of the `state.json` at `path`.
    pub(crate) fn parse(bytes: &[u8], path: &Path) -> std::result::Result<CheckpointState, EngineError> {
        let refuse = |reason: String| EngineError::Checkpoint { path: path.to_owned(), reason };
        let json: serde_json::Value =
            serde_json::from_slice(bytes).map_err(|error| refuse(error.to_string()))?;
        let format = json.get("format").and_then(serde_json::Value::as_u64);
        if format != Some(u64::from(CHECKPOINT_FORMAT)) {
            let found = format.map_or("none".to_owned(), |format| format.to_string());
            return Err(refuse(format!(
                "its format is {found}; this version reads format {CHECKPOINT_FORMAT}"
            )));
        }
        let state: CheckpointState =
            serde_json::from_value(json).map_err(|error| refuse(error.to_string()))?;
        check_names(&state.files).map_err(refuse)?;
        Ok(state)
    }

    /// Reads a file of the folder and checks its hash.
    pub(crate) fn tensors(&self, folder: &Path, name: &str) -> Result<State> {
        let path = folder.join(name);
        let refuse = |reason: &str| EngineError::Checkpoint { path: path.clone(), reason: reason.to_owned() };
        let bytes = read_regular(&path).map_err(|error| refuse(&error.to_string()))?;
        let expected = self.files.get(name).ok_or_else(|| refuse("state.json does not list it"))?;
        if *blake3::hash(&bytes).to_hex() != **expected {
            return Err(refuse("its content differs from the hash in state.json"));
        }
        decode(&bytes, &path)
    }
}

/// Files lie beside their list: a path could lead to a device, which has no end.
fn check_names(files: &BTreeMap<String, String>) -> std::result::Result<(), String> {
    let is_beside = |name: &&String| Path::new(name).file_name().is_some_and(|own| own == name.as_str());
    match files.keys().find(|name| !is_beside(name)) {
        Some(name) => Err(format!("it lists `{}`, which is no file beside it", vitals_recipe::legible(name))),
        None => Ok(()),
    }
}

/// Steps done at a checkpoint of whatever kind, where every file beside its `state.json` is the one that was written.
///
/// # Errors
/// What is missing or damaged, in words.
pub fn intact(folder: &Path) -> std::result::Result<u64, String> {
    /// What every kind of checkpoint says of itself.
    #[derive(Deserialize)]
    struct Listed {
        step: u64,
        files: BTreeMap<String, String>,
    }
    let text = read_regular(&folder.join(STATE)).map_err(|error| format!("{STATE}: {error}"))?;
    let listed: Listed = serde_json::from_slice(&text).map_err(|error| format!("{STATE}: {error}"))?;
    check_names(&listed.files).map_err(|error| format!("{STATE}: {error}"))?;
    for (name, expected) in &listed.files {
        let mut hasher = blake3::Hasher::new();
        let read = open_regular(&folder.join(name)).and_then(|file| hasher.update_reader(file).map(|_| ()));
        read.map_err(|error| format!("{name}: {error}"))?;
        if *hasher.finalize().to_hex() != **expected {
            return Err(format!("{name} differs from the hash in {STATE}"));
        }
    }
    Ok(listed.step)
}

impl Trainer {
    /// Writes a checkpoint of the state after the last step. `folder` appears complete or not at all, and is on the
    /// disk when this returns. One that is there already, from an attempt that died before it could name it, is
    /// replaced.
    pub fn save(&self, folder: &Path) -> std::result::Result<(), EngineError> {
        let files = guarded(|| {
            Ok([
                (MODEL, encode(&self.core.method.state())?),
                (OPTIMIZER, encode(&self.optimizer_state())?),
                (MONITOR, encode(&self.monitor_state())?),
            ])
        })?;
        write_folder(folder, &files, |files| CheckpointState {
            format: CHECKPOINT_FORMAT,
            step: self.next_step,
            optimizer_updates: self.core.optimizers.iter().map(|(_, optimizer)| optimizer.updates).collect(),
            bank_filled: self.queue.filled,
            bank_next: self.queue.next,
            loss_scale: self.loss_scale,
            recipe: self.recipe.clone(),
            files,
        })
    }

    /// Takes on the state of a checkpoint and returns the step that comes next. Errors: it is damaged, incomplete, of
    /// another format or of another network; then this trainer is as it was, unless libtorch itself failed.
    pub fn load(&mut self, folder: &Path) -> std::result::Result<u64, EngineError> {
        let state = CheckpointState::read(folder)?;
        guarded(|| {
            let refuse = |reason: String| EngineError::Checkpoint { path: folder.to_owned(), reason };
            let parts = [
                (MODEL, self.core.method.state()),
                (OPTIMIZER, self.optimizer_state()),
                (MONITOR, self.monitor_state()),
            ];
            let mut stored = Vec::with_capacity(parts.len());
            for (name, targets) in &parts {
                let tensors = state.tensors(folder, name)?;
                if let Some(name) = mismatch(targets, &tensors) {
                    return Err(refuse(format!("{name} does not fit this recipe's network")));
                }
                stored.push(tensors);
            }
            if state.optimizer_updates.len() != self.core.optimizers.len() {
                return Err(refuse("it belongs to another method".to_owned()));
            }
            for ((name, targets), stored) in parts.iter().zip(&stored) {
                restore(targets, stored, &folder.join(name))?;
            }
            for ((_, optimizer), updates) in self.core.optimizers.iter_mut().zip(&state.optimizer_updates) {
                optimizer.updates = *updates;
            }
            self.queue.filled = state.bank_filled;
            self.queue.next = state.bank_next;
            self.next_step = state.step;
            self.loss_scale = state.loss_scale.or(self.loss_scale);
            Ok(state.step)
        })
    }

    fn optimizer_state(&self) -> State {
        let named = self.core.optimizers.iter().map(|(group, optimizer)| (group.name.to_owned(), optimizer));
        optimizer_state(named)
    }

    fn monitor_state(&self) -> State {
        [("bank.features", &self.queue.features), ("bank.labels", &self.queue.labels)]
            .map(|(name, tensor)| (name.to_owned(), tensor.shallow_clone()))
            .into()
    }
}

/// The state of named optimizers, as flat vectors in the order of the parameters: `main.first` and so on.
pub(crate) fn optimizer_state<'a>(named: impl Iterator<Item = (String, &'a Optimizer)>) -> State {
    let tensors = named.flat_map(|(name, optimizer)| {
        let named = move |(part, tensor): (&str, &Tensor)| (format!("{name}.{part}"), tensor.shallow_clone());
        optimizer.state().into_iter().map(named)
    });
    tensors.collect()
}

/// Writes the files of a checkpoint and the state that lists their hashes: beside their place, then moved there.
pub(crate) fn write_folder(
    folder: &Path,
    files: &[(&str, Vec<u8>)],
    state: impl FnOnce(BTreeMap<String, String>) -> CheckpointState,
) -> Result<()> {
    let hash =
        |(name, bytes): &(&str, Vec<u8>)| ((*name).to_owned(), blake3::hash(bytes).to_hex().to_string());
    let state = state(files.iter().map(hash).collect());
    let json = serde_json::to_vec_pretty(&state)
        .map_err(|error| EngineError::Checkpoint { path: folder.join(STATE), reason: error.to_string() })?;
    let beside = beside(folder);
    if beside.exists() {
        fs::remove_dir_all(&beside).map_err(EngineError::io("remove", &beside))?;
    }
    fs::create_dir_all(&beside).map_err(EngineError::io("create", &beside))?;
    let written = files
        .iter()
        .map(|(name, bytes)| (*name, bytes))
        .chain([(STATE, &json)])
        .try_for_each(|(name, bytes)| write_durably(&beside.join(name), bytes))
        .and_then(|()| sync_folder(&beside));
    if written.is_err() {
        // On a full disk it is in the way of everybody. The error that matters is the first one.
        let _ = fs::remove_dir_all(&beside);
    }
    written?;
    put(&beside, folder)?;
    folder.parent().map_or(Ok(()), sync_folder)
}

/// The first name at which two sets of tensors differ in names or shapes.
pub(crate) fn mismatch(targets: &State, stored: &State) -> Option<String> {
    let size = |tensors: &State, name: &String| tensors.get(name).map(Tensor::size);
    let mut names = targets.keys().chain(stored.keys());
    names.find(|name| size(targets, name) != size(stored, name)).cloned()
}

/// The name under which a folder is written before it is complete.
fn beside(folder: &Path) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.with_file_name(format!(".{name}.writing"))
}

/// Moves a folder to its place. What stood there is exchanged for it in one step where the file system can do that.
fn put(beside: &Path, folder: &Path) -> Result<()> {
    if !folder.exists() {
        return fs::rename(beside, folder).map_err(EngineError::io("rename", beside));
    }
    if renameat_with(CWD, beside, CWD, folder, RenameFlags::EXCHANGE).is_err() {
        let aside = beside.with_extension("replaced");
        fs::rename(folder, &aside).map_err(EngineError::io("rename", folder))?;
        fs::rename(beside, folder).map_err(EngineError::io("rename", beside))?;
        return fs::remove_dir_all(&aside).map_err(EngineError::io("remove", &aside));
    }
    fs::remove_dir_all(beside).map_err(EngineError::io("remove", beside))
}

fn write_durably(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = File::create(path).map_err(EngineError::io("create", path))?;
    file.write_all(bytes).map_err(EngineError::io("write", path))?;
    file.sync_all().map_err(EngineError::io("fsync", path))
}

fn sync_folder(path: &Path) -> Result<()> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    File::open(path).and_then(|folder| folder.sync_all()).map_err(EngineError::io("fsync", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_leads_out_of_its_folder_is_refused_and_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["/dev/zero", "../state.json", "..", "", "probed/model", "model/"] {
            let text = serde_json::json!({ "format": 1, "step": 3, "files": { name: "00" } }).to_string();
            fs::write(folder.path().join(STATE), text).unwrap();
            let expected = format!("{STATE}: it lists `{name}`, which is no file beside it");
            assert_eq!(intact(folder.path()), Err(expected));
        }
    }

    #[test]
    fn a_pipe_in_a_file_s_place_is_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = |name: &str| {
            let (kind, mode) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR);
            rustix::fs::mknodat(CWD, folder.path().join(name), kind, mode, 0).unwrap();
        };
        pipe(MODEL);
        let text = serde_json::json!({ "format": 1, "step": 3, "files": { MODEL: "00" } }).to_string();
        fs::write(folder.path().join(STATE), text).unwrap();
        assert_eq!(intact(folder.path()), Err(format!("{MODEL}: it is no regular file")));
        fs::remove_file(folder.path().join(STATE)).unwrap();
        assert!(crate::inspect(folder.path()).unwrap_err().to_string().contains("it is no regular file"));
        pipe(STATE);
        assert_eq!(intact(folder.path()), Err(format!("{STATE}: it is no regular file")));
        let refused = CheckpointState::read(folder.path()).unwrap_err().to_string();
        assert!(refused.contains("it is no regular file"), "{refused}");
    }
}
