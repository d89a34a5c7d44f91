//! From which checkpoint an attempt really goes on: the one that the job names where it is whole, else the first whole one
//! behind it. Never from the beginning in silence: where none is whole, the attempt fails with the first one's damage.

use std::path::PathBuf;

use vitals_engine::intact;
use vitals_journal::{Level, RunFolder, Writer};
use vitals_run::{Happening, Job, Rewound};

use crate::exit::Failure;

/// A checkpoint that was passed over, and why.
#[derive(Debug, PartialEq, Eq)]
pub struct Damaged {
    path: PathBuf,
    why: String,
}

/// Puts the job on the first whole checkpoint of those that it names. Those passed over; none where there is no choice.
pub fn pass_over_damaged(folder: &RunFolder, job: &mut Job) -> Vec<Damaged> {
    let Some(wanted) = job.resume_from.clone().filter(|_| !job.fallbacks.is_empty()) else {
        return Vec::new();
    };
    let mut damaged = Vec::new();
    for path in std::iter::once(wanted).chain(job.fallbacks.clone()) {
        match intact(&folder.path().join(&path)) {
            Ok(step) => {
                // The one that the job names may begin elsewhere than the job says, which the attempt finds by itself.
                if !damaged.is_empty() {
                    (job.first_step, job.resume_from) = (step, Some(path));
                }
                return damaged;
            }
            Err(why) => damaged.push(Damaged { path, why }),
        }
    }
    Vec::new()
}

/// Says it in the log and among the events.
///
/// # Errors
/// The journal cannot be written.
pub fn tell(damaged: &[Damaged], job: &Job, journal: &Writer) -> Result<(), Failure> {
    let Some(taken) = job.resume_from.as_deref().filter(|_| !damaged.is_empty()) else { return Ok(()) };
    for Damaged { path, why } in damaged {
        let path = path.display();
        journal.log(Level::Warn, format!("the checkpoint {path} is damaged and passed over: {why}"))?;
    }
    let taken = taken.display().to_string();
    journal.log(Level::Warn, format!("going on from {taken} instead, at step {}", job.first_step))?;
    crate::tell::tell(journal, job.first_step, &Happening::Rewound(Rewound { resume_from: Some(taken) }))
}
