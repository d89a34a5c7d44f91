//! All executors of a workspace, asked as one: this machine, and whoever else was built in. Each device is one's own.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use vitals_journal::RunFolder;
use vitals_recipe::Told;
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
            all.remarks.extend(found.remarks);
            all.unwatched.extend(found.unwatched);
            all.offers_changed |= found.offers_changed;
        }
        all
    }

    /// What hampers one of them.
    pub fn hindrance(&self) -> Option<Told> {
        self.all().find_map(Executor::hindrance)
    }

    pub fn forget(&mut self, run: RunId) {
        self.all_mut().for_each(|executor| executor.forget(run));
    }
}

#[cfg(test)]
mod tests {
    use vitals_run::Evidence;

    use super::super::{Followed, Life, Pending, Signalled, Start, Stop};
    use super::*;
    use crate::attempt::plan::WorkerDevice;
    use crate::binaries::Binaries;
    use crate::error::Result;
    use crate::queue::policy::Memory;

    /// Takes the whole queue, or nothing.
    struct Elsewhere {
        takes: bool,
    }

    impl Executor for Elsewhere {
        fn name(&self) -> &'static str {
            "elsewhere"
        }

        fn configure(&mut self, settings: &Settings) {
            self.takes = !settings.queue_paused;
        }

        fn worker_device(&self, _device: &str) -> WorkerDevice {
            WorkerDevice { name: "cpu".to_owned(), environment: Vec::new() }
        }

        fn takes_queue(&self) -> bool {
            self.takes
        }

        fn offers(&self) -> Vec<DeviceSlots> {
            let device = self.name().to_owned();
            vec![DeviceSlots { device, slots: 3, unusable: None, memory: Memory::default() }]
        }

        fn submit<'a>(&'a mut self, start: Start<'a>) -> Pending<'a, Result<Option<Evidence>>> {
            Box::pin(async { start.noted.await.map(|()| None) })
        }

        fn adopt(&mut self, _followed: Followed) -> Life {
            Life::Lock
        }

        fn forget(&mut self, _run: RunId) {}

        fn has_marked(&self, _folder: &RunFolder, attempt: u32) -> bool {
            attempt == 7
        }

        fn signal(&mut self, _run: RunId, _stop: Stop) -> Signalled {
            Signalled::Asked
        }

        fn look(&mut self, _now: Duration) -> Look {
            Look { offers_changed: true, ..Look::default() }
        }
    }

    fn executors() -> Executors {
        let woken = Arc::new(Notify::new());
        let local = Local::without_accelerators(Binaries::in_folder("/nowhere".as_ref()));
        Executors { local, others: vec![Box::new(Elsewhere { takes: false })], woken }
    }

    #[test]
    fn a_device_belongs_to_whoever_bears_its_name_and_else_to_this_machine() {
        let mut executors = executors();
        executors.configure(&Settings { queue_paused: true, ..Settings::default() });
        for (device, owner) in [("elsewhere", "elsewhere"), ("cpu", "cpu"), ("cuda:3", "cpu")] {
            assert_eq!(executors.of(device).name(), owner, "{device}");
            assert_eq!(executors.of_mut(device).name(), owner, "{device}");
        }
        let folder = RunFolder::new("/nowhere");
        assert_eq!([7, 8].map(|attempt| executors.device_by_mark(&folder, attempt)), ["elsewhere", "cpu"]);
        let offers: Vec<String> = executors.offers().into_iter().map(|offer| offer.device).collect();
        assert_eq!(offers, ["cpu", "elsewhere"]);
        assert!(executors.are_ready() && executors.look(Duration::ZERO).offers_changed);
    }

    #[test]
    fn a_queued_run_stays_here_until_another_takes_the_queue() {
        let mut executors = executors();
        let mut check = |queue_paused: bool, expected: [&str; 2]| {
            executors.configure(&Settings { queue_paused, ..Settings::default() });
            assert_eq!(["auto", "cuda:0"].map(|wanted| executors.device_for(wanted)), expected);
        };
        check(true, ["auto", "cuda:0"]);
        check(false, ["elsewhere", "elsewhere"]);
    }
}
