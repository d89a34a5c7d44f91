//! What to do next: the queue, the living runs and the slots in, actions out. Pure: time is an argument, nothing is
//! started or signalled here, and the same input always gives the same answer.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use uuid::Uuid;
use vitals_store::RunState;

/// A run that waits for a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub run: Uuid,
    /// As its recipe asks: `auto`, `cpu` or `cuda:N`.
    pub device: String,
}

/// The queue in its order, and whether it is paused as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Queue {
    pub paused: bool,
    pub runs: Vec<Waiting>,
}

/// A run that occupies a slot. Times count from the supervisor's start, on a clock that never jumps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Active {
    pub run: Uuid,
    pub device: String,
    pub state: RunState,
    /// When its journal last grew.
    pub last_record: Duration,
    /// The silence that this run's own pace does not explain.
    pub stall_after: Duration,
    /// End of the grace after SIGTERM, once it was asked to cancel.
    pub kill_at: Option<Duration>,
}

/// How many runs a device takes at once, and why it takes none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceSlots {
    /// `cpu` or `cuda:N`.
    pub device: String,
    pub slots: u32,
    pub unusable: Option<String>,
}

/// What the supervisor's hands should do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Start the run's next attempt there.
    Start { run: Uuid, device: String },
    /// It can never start here; say why, and go on with the rest.
    Refuse { run: Uuid, reason: String },
    /// No record for longer than its pace explains.
    DeclareStalled { run: Uuid, silent: Duration },
    /// A stalled run records again.
    DeclareRunning { run: Uuid },
    /// The grace after SIGTERM is over: SIGKILL its process group.
    Kill { run: Uuid },
}

/// Decides. For each device, runs start in queue order and never more than its slots; a run that asks for a full device
/// does not hold back runs that ask for another. A paused queue starts nothing; the living are watched all the same.
pub fn decide(queue: &Queue, runs: &[Active], slots: &[DeviceSlots], now: Duration) -> Vec<Action> {
    let mut actions: Vec<Action> = runs.iter().filter_map(|run| watch(run, now)).collect();
    if queue.paused {
        return actions;
    }
    let mut free: HashMap<&str, u32> = slots
        .iter()
        .filter(|device| device.unusable.is_none())
        .map(|device| {
            let busy = runs.iter().filter(|run| run.device == device.device).count();
            (device.device.as_str(), device.slots.saturating_sub(u32::try_from(busy).unwrap_or(u32::MAX)))
        })
        .collect();
    let mut seen: HashSet<Uuid> = runs.iter().map(|run| run.run).collect();
    for waiting in &queue.runs {
        if !seen.insert(waiting.run) {
            continue;
        }
        match candidates(&waiting.device, slots) {
            Err(reason) => actions.push(Action::Refuse { run: waiting.run, reason }),
            Ok(devices) => {
                let chosen = devices.iter().max_by_key(|device| free.get(device.device.as_str()).copied());
                let Some(device) = chosen else { continue };
                let Some(left) = free.get_mut(device.device.as_str()).filter(|left| **left > 0) else {
                    continue;
                };
                *left -= 1;
                actions.push(Action::Start { run: waiting.run, device: device.device.clone() });
            }
        }
    }
    actions
}

/// The devices that could take a run which asks for `wanted`, the last of equals first preferred by the caller's
/// `max_by_key`; or why none ever will. `auto` means the accelerators where there is one with slots, else the CPU.
fn candidates<'a>(wanted: &str, slots: &'a [DeviceSlots]) -> Result<Vec<&'a DeviceSlots>, String> {
    if wanted == "auto" {
        let usable = |device: &&DeviceSlots| device.unusable.is_none() && device.slots > 0;
        // Reversed, so that among equally free devices the first is taken.
        let cuda: Vec<_> =
            slots.iter().rev().filter(|device| device.device.starts_with("cuda:")).filter(usable).collect();
        return Ok(if cuda.is_empty() {
            slots.iter().filter(|device| device.device == "cpu").collect()
        } else {
            cuda
        });
    }
    match slots.iter().find(|device| device.device == wanted) {
        None => {
            let known: Vec<_> = slots.iter().map(|device| device.device.as_str()).collect();
            Err(format!(
                "device {wanted} does not exist here; this machine has {}; set device to one of them or to auto",
                known.join(", ")
            ))
        }
        Some(DeviceSlots { unusable: Some(reason), .. }) => {
            Err(format!("device {wanted} cannot be used: {reason}; set device to auto or cpu"))
        }
        Some(device) => Ok(vec![device]),
    }
}

/// What a living run's silence, movement or overdue end asks for.
fn watch(run: &Active, now: Duration) -> Option<Action> {
    if run.kill_at.is_some_and(|at| now >= at) {
        return Some(Action::Kill { run: run.run });
    }
    let silent = now.saturating_sub(run.last_record);
    match run.state {
        RunState::Running if silent > run.stall_after => {
            Some(Action::DeclareStalled { run: run.run, silent })
        }
        RunState::Stalled if silent <= run.stall_after => Some(Action::DeclareRunning { run: run.run }),
        _ => None,
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
