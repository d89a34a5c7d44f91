//! Settings (`Store::setting`) that the supervisor obeys: their keys, and their values as they were last read. One that
//! nobody can understand stops every start until it is right.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use vitals_run::Standstill;
use vitals_store::{Store, StoreError};

use crate::error::Result;
use crate::trust;

/// Object: slots by device, `{"cpu": 2, "cuda:0": 1}`.
pub const SLOTS: &str = "slots";
/// Object: bytes of memory that runs may take together, by device, `{"cuda:0": 17179869184}`.
pub const MEMORY_BYTES: &str = "memory_bytes";
/// Bool: nothing is started.
const QUEUE_PAUSED: &str = "queue_paused";
/// Object: why the supervisor paused the queue by itself; it goes when the queue is resumed.
const PAUSED_WHY: &str = "paused_why";
/// Object ([`SlurmSettings`]): runs go to a cluster.
pub const SLURM: &str = "slurm";
/// Number of bytes: with less room than this on the run folders' disk nothing is started
/// ([`LOW_DISK_BYTES_DEFAULT`] where it is not set; 0: never mind).
pub const LOW_DISK_BYTES: &str = "low_disk_bytes";
/// A run writes journals and checkpoints of a few hundred megabytes.
pub const LOW_DISK_BYTES_DEFAULT: u64 = 1 << 30;
/// Number of bytes, 0 or not set for none: beyond it the older checkpoints of ended runs are removed.
pub const CHECKPOINT_LIMIT_BYTES: &str = "checkpoint_limit_bytes";
/// Number of bytes, 0 or not set for none: beyond it nothing is started; no journal is ever removed for it.
pub const JOURNAL_LIMIT_BYTES: &str = "journal_limit_bytes";
/// Object ([`crate::RetrySettings`]): how often and for which causes a run is tried again without being asked.
pub const RETRY: &str = "retry";
/// Text: where run folders lie, absolute or from the workspace; read when a supervisor starts.
pub(crate) const RUNS_DIR: &str = "runs_dir";

/// What a workspace says of its cluster (setting `slurm`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SlurmSettings {
    /// Runs go to Slurm instead of this machine's devices.
    pub enabled: bool,
    /// Empty: the cluster's default.
    pub partition: String,
    pub account: String,
    /// As `sbatch --time` takes it; empty: the partition's.
    pub time: String,
    /// GPUs of each run; 0: it trains on the CPU.
    pub gpus: u32,
    /// Further options, each as it would stand after `#SBATCH`.
    pub extra: Vec<String>,
    /// Jobs that are submitted and have not ended.
    pub at_once: u32,
    /// `SLURM_CONF` of the cluster; empty: the system's.
    pub conf: String,
}

impl Default for SlurmSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            partition: String::new(),
            account: String::new(),
            time: String::new(),
            gpus: 0,
            extra: Vec::new(),
            at_once: 64,
            conf: String::new(),
        }
    }
}

/// What the workspace may take of the disk; 0: no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// With less room than this nothing is started.
    pub low_disk_bytes: u64,
    /// Of all checkpoints together.
    pub checkpoint_bytes: u64,
    /// Of all journals together.
    pub journal_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { low_disk_bytes: LOW_DISK_BYTES_DEFAULT, checkpoint_bytes: 0, journal_bytes: 0 }
    }
}

/// The settings that are read before each look; `retry` is read where a run has ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    pub slots: BTreeMap<String, u32>,
    pub memory_bytes: BTreeMap<String, u64>,
    pub queue_paused: bool,
    /// Why the supervisor paused it by itself.
    pub paused_why: Option<Standstill>,
    pub slurm: SlurmSettings,
    pub limits: Limits,
    /// Why the cluster's settings are not obeyed: nothing is asked of it, and nothing is started.
    pub held_back: Option<Standstill>,
    /// The last one that nobody can understand (written by hand): nothing is started before it is right.
    pub misread: Option<Standstill>,
}

impl Settings {
    /// `check` says what is wrong about a cluster's settings, as for whoever writes them.
    pub async fn read<E: Display>(
        store: &Store,
        check: impl Fn(&SlurmSettings) -> Result<(), E>,
    ) -> Result<Self> {
        let mut reader = Reader { store, misread: None };
        let slurm: SlurmSettings = reader.read(SLURM).await?.unwrap_or_default();
        let held_back = hold_back(store, &slurm, check);
        let slurm = if held_back.is_some() { SlurmSettings::default() } else { slurm };
        Ok(Self {
            slots: reader.read(SLOTS).await?.unwrap_or_default(),
            memory_bytes: reader.read(MEMORY_BYTES).await?.unwrap_or_default(),
            queue_paused: reader.read(QUEUE_PAUSED).await?.unwrap_or(false),
            paused_why: reader.read::<Option<Standstill>>(PAUSED_WHY).await?.flatten(),
            slurm,
            held_back,
            limits: Limits {
                low_disk_bytes: reader.read(LOW_DISK_BYTES).await?.unwrap_or(LOW_DISK_BYTES_DEFAULT),
                checkpoint_bytes: reader.read(CHECKPOINT_LIMIT_BYTES).await?.unwrap_or(0),
                journal_bytes: reader.read(JOURNAL_LIMIT_BYTES).await?.unwrap_or(0),
            },
            misread: reader.misread,
        })
    }
}

/// Why runs are not sent off by a workspace's word: it makes no sense, or this user has not confirmed it.
fn hold_back<E: Display>(
    store: &Store,
    slurm: &SlurmSettings,
    check: impl Fn(&SlurmSettings) -> Result<(), E>,
) -> Option<Standstill> {
    if !slurm.enabled {
        return None;
    }
    if let Err(mistake) = check(slurm) {
        let (setting, why) = (SLURM.to_owned(), mistake.to_string());
        return Some(Standstill::SettingMisread { setting, why });
    }
    let what = slurm.in_words();
    (!trust::is_trusted(store, slurm)).then_some(Standstill::Unconfirmed { what })
}

impl SlurmSettings {
    /// What it sets, as `vitals settings` names it.
    pub fn in_words(&self) -> String {
        let usual = Self::default();
        let text = |name: &str, value: &str| (!value.is_empty()).then(|| format!("{SLURM}.{name} = {value}"));
        let number = |name: &str, value: u32, usual: u32| {
            (value != usual).then(|| format!("{SLURM}.{name} = {value}"))
        };
        let words = [
            text("enabled", "true"),
            text("partition", &self.partition),
            text("account", &self.account),
            text("time", &self.time),
            number("gpus", self.gpus, usual.gpus),
            text("extra", &self.extra.join(" ")),
            number("at_once", self.at_once, usual.at_once),
            text("conf", &self.conf),
        ];
        words.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl Settings {
    /// Pauses the queue, with the reason where it was the supervisor who did, or lets it go on.
    pub(crate) async fn set_paused(
        &mut self,
        store: &Store,
        paused: bool,
        why: Option<Standstill>,
    ) -> Result<()> {
        self.queue_paused = paused;
        store.set_setting(QUEUE_PAUSED, &paused).await?;
        self.paused_why = why;
        Ok(store.set_setting(PAUSED_WHY, &self.paused_why).await?)
    }
}

struct Reader<'a> {
    store: &'a Store,
    misread: Option<Standstill>,
}

impl Reader<'_> {
    async fn read<T: DeserializeOwned>(&mut self, key: &'static str) -> Result<Option<T>> {
        match self.store.setting(key).await {
            Err(error @ StoreError::Json { .. }) => {
                let (setting, why) = (key.to_owned(), error.to_string());
                self.misread = Some(Standstill::SettingMisread { setting, why });
                Ok(None)
            }
            other => Ok(other?),
        }
    }
}
