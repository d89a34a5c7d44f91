//! This machine as an executor: its devices, and a guard around each worker. An attempt lives as long as its run's lock is
//! held, and is signalled through the mark that its guard left.

pub(crate) mod devices;
mod start;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;
use tokio::sync::{Notify, oneshot};
use vitals_recipe::Told;
use vitals_run::{DeviceReport, Evidence};
use vitals_store::RunId;

use self::devices::{DeviceState, Devices, policy_slots, probe};
use super::{Executor, Followed, Life, Look, Pending, Signalled, Start, Stop};
use crate::attempt::place::{Place, place};
use crate::attempt::plan::WorkerDevice;
use crate::binaries::Binaries;
use crate::error::Result;
use crate::guard::GuardMark;
use crate::queue::policy::DeviceSlots;
use crate::settings::Settings;
use crate::system::ProcessMark;

pub(crate) struct Local {
    binaries: Binaries,
    devices: Devices,
    /// As they were last measured.
    states: Vec<DeviceState>,
    slots: BTreeMap<String, u32>,
    memory_bytes: BTreeMap<String, u64>,
    /// Asks the worker which GPUs it can use.
    probe: Option<oneshot::Receiver<Vec<DeviceReport>>>,
    followed: HashMap<RunId, Followed>,
}

impl Local {
    /// Looks for devices; `woken` is told when the worker has said which of them it can use.
    pub fn new(binaries: Binaries, woken: &Arc<Notify>) -> Self {
        let devices = Devices::find();
        let probe = devices.may_have_gpus().then(|| {
            let (answer, gpus) = oneshot::channel();
            let (worker, woken) = (binaries.worker.clone(), Arc::clone(woken));
            tokio::spawn(async move {
                // Nobody waits for it when the supervisor has ended.
                let _ = answer.send(probe(worker).await);
                woken.notify_one();
            });
            gpus
        });
        Self { probe, ..Self::with(binaries, devices) }
    }

    fn with(binaries: Binaries, devices: Devices) -> Self {
        Self {
            binaries,
            devices,
            states: Vec::new(),
            slots: BTreeMap::new(),
            memory_bytes: BTreeMap::new(),
            probe: None,
            followed: HashMap::new(),
        }
    }

    #[cfg(test)]
    pub fn without_accelerators(binaries: Binaries) -> Self {
        Self::with(binaries, Devices::cpu_only(2))
    }
}

impl Executor for Local {
    fn name(&self) -> &'static str {
        "cpu"
    }

    fn worker_device(&self, device: &str) -> WorkerDevice {
        self.devices.worker_device(device)
    }

    fn without_gpu(&self) -> Option<Told> {
        self.devices.without_gpu()
    }

    fn configure(&mut self, settings: &Settings) {
        if settings.slots != self.slots
            || settings.memory_bytes != self.memory_bytes
            || self.states.is_empty()
        {
            self.slots.clone_from(&settings.slots);
            self.memory_bytes.clone_from(&settings.memory_bytes);
            self.measure();
        }
    }

    fn is_ready(&self) -> bool {
        self.probe.is_none()
    }

    fn measure(&mut self) {
        self.states = self.devices.states(&self.slots, &self.memory_bytes);
    }

    fn devices(&self) -> &[DeviceState] {
        &self.states
    }

    fn offers(&self) -> Vec<DeviceSlots> {
        policy_slots(&self.states)
    }

    fn threads(&self, device: &str) -> u32 {
        self.devices.threads(&self.states, device)
    }

    fn submit<'a>(&'a mut self, start: Start<'a>) -> Pending<'a, Result<Option<Evidence>>> {
        Box::pin(async move { start::start(start, &self.binaries).await.map(|()| None) })
    }

    fn adopt(&mut self, followed: Followed) -> Life {
        self.followed.insert(followed.run, followed);
        Life::Lock
    }

    fn forget(&mut self, run: RunId) {
        self.followed.remove(&run);
    }

    fn signal(&mut self, run: RunId, stop: Stop) -> Signalled {
        let Some(at) = self.followed.get(&run) else { return Signalled::NotYet };
        let mark = GuardMark::read(&at.folder, at.attempt);
        // The mark of a folder that was copied names the process of the first one.
        let here = |worker: &ProcessMark| place(worker, &at.folder) == Place::Here;
        let Some(worker) = mark.and_then(|mark| mark.worker).filter(here) else { return Signalled::NotYet };
        match stop {
            Stop::Terminate => {
                worker.signal(Signal::TERM);
                // A stopped process takes no SIGTERM.
                worker.signal(Signal::CONT);
            }
            Stop::Kill => {
                worker.signal(Signal::KILL);
            }
        }
        Signalled::Sent
    }

    fn look(&mut self, _now: Duration) -> Look {
        let gpus = match self.probe.as_mut().map(oneshot::Receiver::try_recv) {
            None | Some(Err(oneshot::error::TryRecvError::Empty)) => return Look::default(),
            Some(Ok(gpus)) => gpus,
            Some(Err(oneshot::error::TryRecvError::Closed)) => Vec::new(),
        };
        self.probe = None;
        self.devices.take(gpus);
        self.measure();
        Look { offers_changed: true, ..Look::default() }
    }
}
