//! All executors of a workspace, asked as one: this machine, and whoever else was built in. Each device is one's own.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use vitals_journal::RunFolder;
use vitals_store::RunId;

use super::local::Local;
use super::local::devices::DeviceState;
use super::{Executor, Look, others};
use crate::options::Options;
use crate::queue::policy::DeviceSlots;
use crate::settings::Settings;

pub(crate) struct Executors {
    /// This machine has all devices that no other executor names.
    local: Local,
    others: Vec<Box<dyn Executor>>,
    woken: Arc<Notify>,
}

impl Executors {
    pub fn new(options: &Options) -> Self {
        let woken = Arc::new(Notify::new());
        Self { local: Local::new(options.binaries.clone(), &woken), others: others(options), woken }
    }

    /// Resolves when one has found out something that a look should take at once.
    pub async fn woken(&self) {
        self.woken.notified().await;
    }

    /// The one that runs what is on a device.
    pub fn of(&self, device: &str) -> &dyn Executor {
        match self.others.iter().find(|other| other.name() == device) {
            Some(other) => other.as_ref(),
            None => &self.local,
        }
    }

    pub fn of_mut(&mut self, device: &str) -> &mut dyn Executor {
        match self.others.iter_mut().find(|other| other.name() == device) {
            Some(other) => other.as_mut(),
            None => &mut self.local,
        }
    }

    fn all(&self) -> impl Iterator<Item = &dyn Executor> {
        std::iter::once(&self.local as &dyn Executor).chain(self.others.iter().map(Box::as_ref))
    }

    fn all_mut(&mut self) -> impl Iterator<Item = &mut dyn Executor> {
        let others = self.others.iter_mut().map(|other| other.as_mut() as &mut dyn Executor);
        std::iter::once(&mut self.local as &mut dyn Executor).chain(others)
    }

    pub fn configure(&mut self, settings: &Settings) {
        self.all_mut().for_each(|executor| executor.configure(settings));
    }

    pub fn are_ready(&self) -> bool {
        self.all().all(Executor::is_ready)
    }

    pub fn measure(&mut self) {
        self.all_mut().for_each(Executor::measure);
    }

    /// Devices for people.
    pub fn devices(&self) -> Vec<DeviceState> {
        self.all().flat_map(Executor::devices).cloned().collect()
    }

    /// Devices for the policy.
    pub fn offers(&self) -> Vec<DeviceSlots> {
        self.all().flat_map(Executor::offers).collect()
    }

    /// Where a queued run goes whose recipe asks for `wanted`.
    pub fn device_for(&self, wanted: &str) -> String {
        let taker = self.others.iter().find(|other| other.takes_queue());
        taker.map_or(wanted, |taker| taker.name()).to_owned()
    }

    /// The device of an attempt that only its folder tells of.
    pub fn device_by_mark(&self, folder: &RunFolder, attempt: u32) -> String {
        let marked = self.all().find(|executor| executor.has_marked(folder, attempt));
        marked.unwrap_or(&self.local).name().to_owned()
    }

    /// One look at everything that each knows.
    pub fn look(&mut self, now: Duration) -> Look {
        let mut all = Look::default();
        for found in self.all_mut().map(|executor| executor.look(now)) {
            all.waiting.extend(found.waiting);
            all.offers_changed |= found.offers_changed;
        }
        all
    }

    pub fn forget(&mut self, run: RunId) {
        self.all_mut().for_each(|executor| executor.forget(run));
    }
}
