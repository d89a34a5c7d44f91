//! What a run records, as streams of the journal: names and units of the contract (section 4) stand here and nowhere
//! else in the worker.

use std::time::{Duration, Instant};

use vitals_engine::StepReport;
use vitals_journal::{Column, JournalError, StreamId, Writer};

/// Weight of the past in the rate of images; a single step's rate jumps too much to predict an end from.
const RATE_SMOOTHING: f64 = 0.9;

/// How long a step took and what of it was waiting.
#[derive(Debug, Clone, Copy)]
pub struct StepTime {
    /// From the end of the last step to the end of this one, evaluation left out.
    pub whole: Duration,
    /// Waiting for the loader.
    pub data_wait: Duration,
}

/// Images a second, smoothed.
#[derive(Debug, Default)]
pub struct Rate(Option<f64>);

impl Rate {
    /// The rate after a step of `batch` images that lasted so long.
    pub fn of(&mut self, batch: u32, time: Duration) -> f64 {
        let now = f64::from(batch) / time.as_secs_f64().max(f64::MIN_POSITIVE);
        let rate = self.0.map_or(now, |past| RATE_SMOOTHING * past + (1.0 - RATE_SMOOTHING) * now);
        self.0 = Some(rate);
        rate
    }
}

/// Writes rows to the journal.
pub struct Recorder<'a> {
    journal: &'a Writer,
    began: Instant,
    step: StreamId,
    gradients: Option<StreamId>,
    attention: Option<StreamId>,
    precision: Option<StreamId>,
    evaluation: Option<StreamId>,
    fixed: Option<StreamId>,
    pixels: Option<StreamId>,
    system: SystemStreams,
    rate: Rate,
    row: Vec<f64>,
}

impl<'a> Recorder<'a> {
    /// Declares the streams that every run has.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn new(journal: &'a Writer) -> Result<Self, JournalError> {
        let step = journal.stream(
            "step",
            vec![
                Column::f32("loss", ""),
                Column::f64("learning_rate", ""),
                Column::f64("encoder_momentum", ""),
                Column::f32("feature_std", ""),
                Column::f32("feature_cosine", ""),
                Column::f32("step_seconds", "s"),
                Column::f32("data_wait_seconds", "s"),
                Column::f32("images_per_second", "images/s"),
            ],
        )?;
        let mut system = SystemStreams::default();
        system.declare(journal)?;
        Ok(Self {
            journal,
            began: Instant::now(),
            step,
            gradients: None,
            attention: None,
            precision: None,
            evaluation: None,
            fixed: None,
            pixels: None,
            system,
            rate: Rate::default(),
            row: Vec::new(),
        })
    }

    fn elapsed(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    /// Records a step of `batch` images. The step's row bears the step's number, counted from 0.
    pub fn step(&mut self, report: &StepReport, time: StepTime, batch: u32) -> Result<(), JournalError> {
        let seconds = time.whole.as_secs_f64();
        let values = [
            report.loss,
            report.learning_rate,
            report.encoder_momentum,
            report.feature_std,
            report.feature_cosine,
            seconds,
            time.data_wait.as_secs_f64(),
            self.rate.of(batch, time.whole),
        ];
        self.journal.row(self.step, report.step, self.elapsed(), &values)
    }

    /// Records the gradient norms of a step; names are declared at the first.
    pub fn gradients(
        &mut self,
        report: &StepReport,
        layers: &[String],
        tensors: &[String],
    ) -> Result<(), JournalError> {
        let Some(gradients) = &report.gradients else { return Ok(()) };
        let stream = match self.gradients {
            Some(stream) => stream,
            None => {
                let has_rms = !gradients.adam_rms.is_empty();
                self.journal.stream("gradients", gradient_columns(layers, tensors, has_rms))?
            }
        };
        self.gradients = Some(stream);
        self.row.clear();
        self.row.push(gradients.grad_norm);
        let parts = [
            &gradients.layer_norms,
            &gradients.tensor_norms,
            &gradients.layer_max,
            &gradients.update_ratio,
            &gradients.adam_rms,
        ];
        self.row.extend(parts.into_iter().flatten().map(|&value| f64::from(value)));
        self.journal.row(stream, report.step, self.elapsed(), &self.row)
    }

    /// Records what only some runs have: how spread attention is, and the loss scale of half precision.
    pub fn extras(&mut self, report: &StepReport) -> Result<(), JournalError> {
        if let Some(entropy) = &report.attention_entropy {
            let stream = match self.attention {
                Some(stream) => stream,
                None => {
                    let name = |block: usize| Column::f32(format!("attention_entropy/blocks.{block}"), "");
                    self.journal.stream("attention", (0..entropy.len()).map(name).collect())?
                }
            };
            self.attention = Some(stream);
            let values: Vec<f64> = entropy.iter().map(|&value| f64::from(value)).collect();
            self.journal.row(stream, report.step, self.elapsed(), &values)?;
        }
        if let Some(scale) = report.loss_scale {
            let stream = declared(self.journal, &mut self.precision, "precision", "loss_scale")?;
            self.journal.row(stream, report.step, self.elapsed(), &[scale])?;
        }
        Ok(())
    }

    /// Held-out accuracy against the queue of training features, after `step` steps.
    pub fn knn(&mut self, step: u64, top1: f64) -> Result<(), JournalError> {
        let stream = declared(self.journal, &mut self.evaluation, "evaluation", "knn_top1")?;
        self.journal.row(stream, step, self.elapsed(), &[top1])
    }

    /// Held-out accuracy against a bank of training images evaluated now.
    pub fn knn_fixed(&mut self, step: u64, top1: f64) -> Result<(), JournalError> {
        let stream = declared(self.journal, &mut self.fixed, "evaluation_fixed", "knn_top1_fixed")?;
        self.journal.row(stream, step, self.elapsed(), &[top1])
    }

    /// The same bank and queries as raw pixels: what no training at all would give.
    pub fn knn_pixels(&mut self, step: u64, top1: f64) -> Result<(), JournalError> {
        let stream = declared(self.journal, &mut self.pixels, "baseline", "knn_top1_pixels")?;
        self.journal.row(stream, step, self.elapsed(), &[top1])
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

/// The streams of what the process uses, in training and in probes.
#[derive(Default)]
pub struct SystemStreams {
    system: Option<StreamId>,
    device: Option<StreamId>,
}

impl SystemStreams {
    /// The first row does it too.
    pub fn declare(&mut self, journal: &Writer) -> Result<StreamId, JournalError> {
        let columns =
            || vec![Column::f64("resident_memory_bytes", "bytes"), Column::f64("journal_wait_seconds", "s")];
        declared_as(journal, &mut self.system, "system", columns)
    }

    /// What the process uses; of a device's memory where that is known.
    pub fn row(
        &mut self,
        journal: &Writer,
        step: u64,
        elapsed: f64,
        resident_bytes: u64,
        device_bytes: Option<u64>,
    ) -> Result<(), JournalError> {
        let stream = self.declare(journal)?;
        journal.row(stream, step, elapsed, &[resident_bytes as f64, journal.waited().as_secs_f64()])?;
        let Some(bytes) = device_bytes else { return Ok(()) };
        let columns = || vec![Column::f64("device_memory_bytes", "bytes")];
        let stream = declared_as(journal, &mut self.device, "device", columns)?;
        journal.row(stream, step, elapsed, &[bytes as f64])
    }
}

fn declared(
    journal: &Writer,
    place: &mut Option<StreamId>,
    stream: &str,
    column: &str,
) -> Result<StreamId, JournalError> {
    declared_as(journal, place, stream, || vec![Column::f32(column, "")])
}

/// The stream in `place`, declared with these columns where there is none yet.
pub fn declared_as(
    journal: &Writer,
    place: &mut Option<StreamId>,
    stream: &str,
    columns: impl FnOnce() -> Vec<Column>,
) -> Result<StreamId, JournalError> {
    let id = match *place {
        Some(id) => id,
        None => journal.stream(stream, columns())?,
    };
    *place = Some(id);
    Ok(id)
}

/// Total, layers in network order, tensors, then each layer's maximum, update ratio and, for Adam, RMS.
fn gradient_columns(layers: &[String], tensors: &[String], has_rms: bool) -> Vec<Column> {
    let named = |prefix: &'static str, names: &[String]| -> Vec<Column> {
        names.iter().map(|name| Column::f32(format!("{prefix}/{name}"), "")).collect()
    };
    let mut columns = vec![Column::f32("grad_norm", "")];
    columns.extend(named("grad_norm", layers));
    columns.extend(named("grad_norm", tensors));
    columns.extend(named("grad_max", layers));
    columns.extend(named("update_ratio", layers));
    if has_rms {
        columns.extend(named("adam_rms", layers));
    }
    columns
}
