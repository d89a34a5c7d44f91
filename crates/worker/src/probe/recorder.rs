//! What a probe records: names and units of its streams stand here and nowhere else.

use std::time::Instant;

use vitals_engine::{ProbeReport, Tally};
use vitals_journal::{Column, JournalError, StreamId, Writer};

use crate::recorder::{Rate, StepTime, SystemStreams, declared_as};

/// Writes a probe's rows to the journal; a stream is declared with its first row.
pub struct ProbeRecorder<'a> {
    journal: &'a Writer,
    began: Instant,
    step: Option<StreamId>,
    evaluation: Option<StreamId>,
    system: SystemStreams,
    rate: Rate,
}

impl<'a> ProbeRecorder<'a> {
    pub fn new(journal: &'a Writer) -> Self {
        Self {
            journal,
            began: Instant::now(),
            step: None,
            evaluation: None,
            system: SystemStreams::default(),
            rate: Rate::default(),
        }
    }

    fn elapsed(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    /// A step of `batch` images.
    pub fn step(&mut self, report: &ProbeReport, time: StepTime, batch: u32) -> Result<(), JournalError> {
        let columns = || {
            vec![
                Column::f32("loss", ""),
                Column::f64("learning_rate", ""),
                Column::f32("step_seconds", "s"),
                Column::f32("data_wait_seconds", "s"),
                Column::f32("images_per_second", "images/s"),
            ]
        };
        let stream = declared_as(self.journal, &mut self.step, "step", columns)?;
        let values = [
            report.loss,
            report.learning_rate,
            time.whole.as_secs_f64(),
            time.data_wait.as_secs_f64(),
            self.rate.of(batch, time.whole),
        ];
        self.journal.row(stream, report.step, self.elapsed(), &values)
    }

    /// What a classifier is worth after `step` steps.
    pub fn evaluation(&mut self, step: u64, tally: &Tally) -> Result<(), JournalError> {
        let columns = || {
            ["probe_top1", "probe_top5", "probe_loss"].map(|name| Column::f32(name, "")).into_iter().collect()
        };
        let stream = declared_as(self.journal, &mut self.evaluation, "probe", columns)?;
        self.journal.row(stream, step, self.elapsed(), &[tally.top1(), tally.top5(), tally.mean_loss()])
    }

    /// What votes are worth; they have no loss.
    pub fn votes(&mut self, step: u64, tally: &Tally) -> Result<(), JournalError> {
        let columns = || ["probe_top1", "probe_top5"].map(|name| Column::f32(name, "")).into_iter().collect();
        let stream = declared_as(self.journal, &mut self.evaluation, "probe", columns)?;
        self.journal.row(stream, step, self.elapsed(), &[tally.top1(), tally.top5()])
    }

    /// What the process uses; of a device's memory where that is known.
    pub fn system(
        &mut self,
        step: u64,
        resident_bytes: u64,
        device_bytes: Option<u64>,
    ) -> Result<(), JournalError> {
        let elapsed = self.elapsed();
        self.system.row(self.journal, step, elapsed, resident_bytes, device_bytes)
    }
}
