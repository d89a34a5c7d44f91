//! The supervisor as a client sees it: whether it lives, what it last said, and starting one where it is needed.

use vitals_recipe::Told;
use vitals_supervisor::{Seen, SupervisorError, ensure_running};

use crate::Context;
use crate::dto::{ApiError, DeviceStatus, ErrorCode, SupervisorStatus};
use crate::error::Result;
use crate::said::{Advice, Failure};

impl From<SupervisorError> for ApiError {
    fn from(error: SupervisorError) -> Self {
        match error {
            SupervisorError::Store(error) => error.into(),
            SupervisorError::AlreadyRunning { .. } => {
                Self::new(ErrorCode::WrongState, error.told()).hint(Advice::NothingToDo)
            }
            SupervisorError::LockHeldByOthers { .. } => {
                Self::new(ErrorCode::SupervisorUnavailable, error.told())
            }
            SupervisorError::MissingBinary { .. } | SupervisorError::DidNotComeUp { .. } => {
                Self::new(ErrorCode::SupervisorUnavailable, error.told()).hint(Advice::LookForCause)
            }
            _ => Self::failed(Failure::FailedTo { what: error.told() }),
        }
    }
}

/// Starts a supervisor where there is none; returns once one holds the workspace's lock.
///
/// # Errors
/// `workspace` where nothing can be written, so that none could do anything.
pub async fn ensure(context: &Context) -> Result<()> {
    if let Some(error) = context.read_only() {
        return Err(error);
    }
    ensure_running(context.workspace(), context.store(), context.binaries()).await?;
    Ok(())
}

/// What is known of the supervisor now.
pub async fn seen(context: &Context) -> Result<Seen> {
    Ok(vitals_supervisor::status(context.workspace(), context.store()).await?)
}

pub fn status(context: &Context, seen: &Seen) -> SupervisorStatus {
    let hindrance = seen.lock.hindrance(context.workspace()).map(Told::from);
    let problem = seen.status.problem.clone().filter(|_| seen.alive).or(hindrance);
    SupervisorStatus {
        connected: seen.alive,
        pid: seen.pid,
        last_contact_at: seen.last_contact_at.map(vitals_run::rfc3339),
        queue_paused: seen.status.queue_paused,
        slots_busy: if seen.alive { seen.status.slots_busy } else { 0 },
        slots_total: seen.status.slots_total,
        ingest_values_per_second: if seen.alive { seen.status.ingest_values_per_second } else { 0.0 },
        problem: problem.as_ref().map(|told| told.text.clone()),
        problem_code: problem,
    }
}

/// The machine's devices as the supervisor last saw them.
pub fn devices(seen: &Seen) -> Vec<DeviceStatus> {
    let runs = |device: &str| {
        let here = seen.status.runs.iter().filter(|(_, place)| seen.alive && *place == device);
        here.map(|(run, _)| run.to_string()).collect()
    };
    let device = |state: &vitals_supervisor::DeviceState| DeviceStatus {
        runs: runs(&state.device),
        device: state.device.clone(),
        name: state.name.clone(),
        slots: state.slots,
        memory_used_bytes: state.memory_used_bytes,
        memory_total_bytes: state.memory_total_bytes,
        memory_limit_bytes: state.memory_limit_bytes,
        utilization: state.utilization,
        usable: state.usable,
        uuid: state.uuid.clone(),
        reason: state.why.as_ref().map(|why| why.text.clone()),
        reason_told: state.why.clone(),
        remedy_told: state.remedy.clone(),
    };
    seen.status.devices.iter().map(device).collect()
}
