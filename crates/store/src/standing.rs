//! How far detection of each run stands, kept in memory between the batches of its journal. What is lost here is made
//! again from the stored values.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use vitals_series::RunDetector;

/// Detection of one run as far as its journal has been read.
#[derive(Debug)]
pub(crate) struct Standing {
    pub attempt: u32,
    pub offset: u64,
    pub detector: RunDetector,
    /// Event rows of findings that still go on.
    pub rows: HashMap<u64, i64>,
}

/// The standings of all runs that this process ingests.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standings(Arc<Mutex<HashMap<i64, Standing>>>);

impl Standings {
    /// Takes it out; whoever changed it keeps it again once what it found is stored.
    pub fn take(&self, run: i64) -> Option<Standing> {
        self.lock().remove(&run)
    }

    /// Only after its transaction has committed: one that is lost is made again.
    pub fn keep(&self, run: i64, standing: Option<Standing>) {
        if let Some(standing) = standing {
            self.lock().insert(run, standing);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<i64, Standing>> {
        // A standing is taken out while it changes, so the map is whole even where a holder panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
