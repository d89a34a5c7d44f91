//! What to do next: the queue, the living runs and the slots in, actions out. Pure: time is an argument, nothing is
//! started or signalled here, and the same input always gives the same answer.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use uuid::Uuid;
use vitals_recipe::{Bytes, Told};
use vitals_run::{ANY_GPU, Obstacle, RunState};

/// A run that waits for a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub run: Uuid,
    /// As its recipe asks: `auto`, `cpu` or `cuda:N`.
    pub device: String,
    pub need: Need,
}

/// The memory that a run is expected to take at its peak; `None`: nobody knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Need {
    /// Of the host, where it trains on the CPU.
    pub host_bytes: Option<u64>,
    /// Of the accelerator, where it trains on one.
    pub device_bytes: Option<u64>,
}

impl Need {
    /// What it takes of a device's memory.
    pub fn on(&self, device: &str) -> Option<u64> {
        if device == "cpu" { self.host_bytes } else { self.device_bytes }
    }
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
    /// What it is expected to take of its device's memory at its peak.
    pub need: Option<u64>,
}

/// How many runs a device takes at once, in number and in memory, and why it takes none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceSlots {
    /// `cpu` or `cuda:N`.
    pub device: String,
    pub slots: u32,
    pub unusable: Option<Told>,
    pub memory: Memory,
}

/// A device's memory; `None`: nobody knows, and nothing is held back for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Memory {
    pub total_bytes: Option<u64>,
    /// By anybody, as measured.
    pub used_bytes: Option<u64>,
    /// What runs may take together, by the setting.
    pub limit_bytes: Option<u64>,
}

impl Memory {
    /// What runs can have at most, with nobody beside them.
    fn capacity(&self) -> Option<u64> {
        [self.total_bytes, self.limit_bytes].into_iter().flatten().min()
    }

    /// What is left beside living runs that are expected to take `expected` at their peaks. What is used beyond that is
    /// others': a run whose need nobody knows counts by what it really uses.
    fn room(&self, expected: u64) -> Option<u64> {
        let measured =
            self.total_bytes.map(|total| total.saturating_sub(self.used_bytes.unwrap_or(0).max(expected)));
        let allowed = self.limit_bytes.map(|limit| limit.saturating_sub(expected));
        [measured, allowed].into_iter().flatten().min()
    }
}

/// What the supervisor's hands should do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Start the run's next attempt there.
    Start { run: Uuid, device: String },
    /// It can never start here; say why, and go on with the rest.
    Refuse { run: Uuid, why: Obstacle },
    /// A slot is free and the memory that it needs is not: it waits, and nobody behind it takes that memory.
    Hold { run: Uuid, device: String, need: u64, room: u64 },
    /// No record for longer than its pace explains.
    DeclareStalled { run: Uuid, silent: Duration },
    /// A stalled run records again.
    DeclareRunning { run: Uuid },
    /// The grace after SIGTERM is over: SIGKILL its process group.
    Kill { run: Uuid },
}

/// Decides. For each device, runs start in queue order and never more than its slots and its memory take; a run that asks
/// for a full device does not hold back runs that ask for another. A paused queue starts nothing; the living are watched
/// all the same.
pub fn decide(queue: &Queue, runs: &[Active], slots: &[DeviceSlots], now: Duration) -> Vec<Action> {
    let mut actions: Vec<Action> = runs.iter().filter_map(|run| watch(run, now)).collect();
    if queue.paused {
        return actions;
    }
    let mut free: HashMap<&str, Free> = slots
        .iter()
        .filter(|device| device.unusable.is_none())
        .map(|device| (device.device.as_str(), Free::of(device, runs)))
        .collect();
    let mut seen: HashSet<Uuid> = runs.iter().map(|run| run.run).collect();
    for waiting in &queue.runs {
        if !seen.insert(waiting.run) {
            continue;
        }
        let chosen = candidates(&waiting.device, slots)
            .and_then(|devices| large_enough(devices, &waiting.need))
            .map(|devices| best(&devices, &waiting.need, &free));
        let device = match chosen {
            Err(why) => {
                actions.push(Action::Refuse { run: waiting.run, why });
                continue;
            }
            Ok(None) => continue,
            Ok(Some(device)) => device,
        };
        let Some(left) = free.get_mut(device.device.as_str()) else { continue };
        let need = waiting.need.on(&device.device);
        match (need, left.room) {
            (Some(need), Some(room)) if need > room => {
                left.slots = 0;
                actions.push(Action::Hold { run: waiting.run, device: device.device.clone(), need, room });
            }
            _ => {
                left.slots -= 1;
                left.room = left.room.map(|room| room.saturating_sub(need.unwrap_or(0)));
                actions.push(Action::Start { run: waiting.run, device: device.device.clone() });
            }
        }
    }
    actions
}

/// What a device can still take.
#[derive(Debug, Clone, Copy)]
struct Free {
    slots: u32,
    room: Option<u64>,
}

impl Free {
    fn of(device: &DeviceSlots, runs: &[Active]) -> Self {
        let here = || runs.iter().filter(|run| run.device == device.device);
        let busy = u32::try_from(here().count()).unwrap_or(u32::MAX);
        let expected = here().filter_map(|run| run.need).sum();
        Self { slots: device.slots.saturating_sub(busy), room: device.memory.room(expected) }
    }
}

/// Among devices with a free slot, and with room if there is one, that with most slots; none: all are full.
fn best<'a>(devices: &[&'a DeviceSlots], need: &Need, free: &HashMap<&str, Free>) -> Option<&'a DeviceSlots> {
    let rank = |device: &DeviceSlots| {
        let left = free.get(device.device.as_str()).filter(|left| left.slots > 0)?;
        let fits = need.on(&device.device).zip(left.room).is_none_or(|(need, room)| need <= room);
        Some((fits, if fits { left.slots } else { 0 }, left.room))
    };
    devices.iter().filter(|device| rank(device).is_some()).max_by_key(|device| rank(device)).copied()
}

/// Those of the devices whose memory could ever hold the run; or why none could.
fn large_enough<'a>(devices: Vec<&'a DeviceSlots>, need: &Need) -> Result<Vec<&'a DeviceSlots>, Obstacle> {
    let too_small = |device: &&DeviceSlots| {
        let (need, has) = (need.on(&device.device)?, device.memory.capacity()?);
        (need > has).then(|| Obstacle::TooLarge {
            need: Bytes(need),
            device: device.device.clone(),
            room: Bytes(has),
        })
    };
    let reason = devices.iter().find_map(too_small);
    let fit: Vec<_> = devices.into_iter().filter(|device| too_small(device).is_none()).collect();
    match reason {
        Some(reason) if fit.is_empty() => Err(reason),
        _ => Ok(fit),
    }
}

/// The devices that could take a run which asks for `wanted`, the last of equals first preferred by the caller's
/// `max_by_key`; or why none ever will. `auto` means the accelerators where there is one with slots, else the CPU.
fn candidates<'a>(wanted: &str, slots: &'a [DeviceSlots]) -> Result<Vec<&'a DeviceSlots>, Obstacle> {
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
    let named = slots.iter().find(|device| device.device == wanted);
    let every_gpu = || slots.iter().find(|device| device.device == ANY_GPU && wanted.starts_with("cuda:"));
    match named.or_else(every_gpu) {
        None => {
            let devices = slots.iter().map(|device| device.device.as_str()).collect();
            Err(Obstacle::NoDevice { device: wanted.to_owned(), devices })
        }
        Some(DeviceSlots { unusable: Some(why), .. }) => {
            Err(Obstacle::UnusableDevice { device: wanted.to_owned(), why: why.clone() })
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
