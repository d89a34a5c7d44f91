//! One attempt of one run, from job file to end record. The loop reads top to bottom; what it asks of others is in the
//! modules beside it.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use vitals_data::Loader;
use vitals_engine::{Device, EngineError, StepReport, Trainer, Views};
use vitals_journal::{EndRecord, Header, JournalError, Level, Lock, RunFolder, Writer, WriterOptions};
use vitals_recipe::OnNonfinite;
use vitals_run::{EndReason, ExitCode, Happening, Job, Shock, SkippedStep};

use crate::checkpoints::Keeper;
use crate::control::{Watcher, obey};
use crate::evaluation::Evaluator;
use crate::exit::Failure;
use crate::images::{loader_config, open_dataset, tell_unreadable};
use crate::memory;
use crate::recorder::{Members, Recorder, StepTime};
use crate::tell::{tell, tell_nonfinite};
use crate::{device_memory, devices, environment, origin, probe, processor, resume, signals};

/// Trains the attempt that `job.json` describes and returns the exit code. Whatever happens after the journal is
/// open, an end record says it.
pub fn train(run_dir: &Path, now: impl Fn() -> String) -> i32 {
    let job = match Job::read(&RunFolder::new(run_dir).job()) {
        Ok(job) => job,
        Err(error) => {
            tracing::error!("failed to {error}");
            return ExitCode::ERROR.0;
        }
    };
    environment::prepare(job.recipe.threads);
    match run(run_dir, job, &now()) {
        Ok(code) => code.0,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::ERROR.0
        }
    }
}

/// Takes the lock, opens the journal, trains, writes the end.
fn run(run_dir: &Path, mut job: Job, started_at: &str) -> anyhow::Result<ExitCode> {
    if !job.dataset.path.is_empty() {
        job.dataset.path = std::path::absolute(&job.dataset.path)?.display().to_string();
    }
    // The run folder is where this process is, whatever its path: moved with its workspace, it stays the same one, and nothing
    // is made anew where it was.
    std::env::set_current_dir(run_dir).with_context(|| format!("failed to enter {}", run_dir.display()))?;
    let folder = RunFolder::new(".");
    // Held for the life of the process; the guard holds the same open file.
    let _lock = Lock::from_stdin(&folder.lock())
        .or_else(|_| Lock::acquire(&folder.lock()))
        .context("failed to take the run's lock; is another worker training it?")?;
    folder.create_attempt(job.attempt)?;
    let damaged = resume::pass_over_damaged(&folder, &mut job);
    let mut header = Header::new(&job.run, job.attempt, job.first_step, started_at);
    header.versions = origin::versions(job.versions.clone());
    header.host = origin::host();
    let journal = Arc::new(Writer::create(&folder.journal(job.attempt), header, WriterOptions::default())?);
    resume::tell(&damaged, &job, &journal)?;
    signals::install().context("failed to listen to signals")?;
    let mut last_step = None;
    let outcome = attempt(&folder, &job, &journal, &mut last_step);
    let (end, message) = match &outcome {
        Ok(end) => (*end, String::new()),
        Err(failure) => (failure.end(), failure.to_string()),
    };
    if !message.is_empty() {
        tracing::error!("{message}");
        journal.log(Level::Error, &message)?;
    }
    let (reason, code) = (end.as_str().to_owned(), end.exit_code());
    journal.end(EndRecord { reason, exit_code: code.0, last_step, message })?;
    Ok(code)
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::OutOfMemory(said) => Failure::OutOfMemory { said, advice: String::new() },
            error @ EngineError::Checkpoint { .. } => Failure::Checkpoint(error.to_string()),
            error => Failure::Other(anyhow!("failed to train: {error}")),
        }
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        Failure::Other(anyhow!("failed to {error}"))
    }
}

/// Finds the device and trains there.
fn attempt(
    folder: &RunFolder,
    job: &Job,
    journal: &Arc<Writer>,
    last_step: &mut Option<u64>,
) -> Result<EndReason, Failure> {
    let recipe = &job.recipe;
    vitals_engine::set_threads(recipe.threads);
    let (device, gpu) = devices::resolve(&job.device)?;
    let memory = match &gpu {
        Some(gpu) => gpu.memory,
        None => memory::total_bytes(),
    };
    if let Some(gpu) = &gpu {
        journal.log(Level::Info, devices::described(gpu))?;
    }
    on(device, folder, job, journal, last_step).map_err(|failure| failure.advised(recipe, memory))
}

/// The training itself, on a device.
fn on(
    device: Device,
    folder: &RunFolder,
    job: &Job,
    journal: &Arc<Writer>,
    last_step: &mut Option<u64>,
) -> Result<EndReason, Failure> {
    let recipe = &job.recipe;
    let dataset = Arc::new(open_dataset(job)?);
    if recipe.task.is_probe() {
        return probe::attempt(folder, job, journal, dataset, device, last_step);
    }
    let schedule = recipe.schedule(dataset.train_len());
    let mut trainer = Trainer::new(recipe, schedule, device)?;
    if let Some(checkpoint) = &job.resume_from {
        trainer.load(&folder.path().join(checkpoint))?;
    }
    if trainer.next_step() != job.first_step {
        let found = trainer.next_step();
        return Err(Failure::Checkpoint(format!(
            "it continues at step {found}, the job at {}",
            job.first_step
        )));
    }
    let evaluator = Evaluator::new(recipe, Arc::clone(&dataset))?;
    let mut recorder = Recorder::new(journal, Members::of(&trainer));
    recorder.declare()?;
    journal.log(
        Level::Info,
        format!(
            "attempt {} on {device} with {}: steps {} to {}, {} images a step",
            job.attempt,
            processor::threads(),
            job.first_step,
            schedule.total_steps,
            recipe.batch_size
        ),
    )?;
    if device == Device::Cpu
        && let Some(words) = processor::warning(recipe.precision)
    {
        journal.log(Level::Warn, words)?;
    }
    if job.first_step == 0 {
        evaluator.before_training(&mut trainer, &mut recorder)?;
    } else {
        // An evaluation is recorded at the step that comes next, so this attempt supersedes the one that was made just before
        // its checkpoint. The same state gives the same value again.
        evaluator.after_step(job.first_step, &mut trainer, &mut recorder)?;
    }
    let mut loader = Loader::start(Arc::clone(&dataset), loader_config(recipe, job.first_step))
        .map_err(|error| Failure::Dataset(error.to_string()))?;
    let watcher =
        Watcher::start(folder.clone(), job.acknowledged_control).context("failed to start the watcher")?;
    let mut keeper = Keeper::new(folder, recipe, job.resume_from.as_deref());
    let mut said_unreadable = 0;
    let mut system_at = Instant::now();
    let mut step_began = Instant::now();

    for step in job.first_step..schedule.total_steps {
        let batch = loader.next().map_err(|error| Failure::Dataset(error.to_string()))?;
        let views = Views {
            views: &[&batch.view1, &batch.view2],
            labels: &batch.labels,
            batch: batch.indices.len(),
            image_size: recipe.image_size,
        };
        if step == recipe.shock_at_step && step > 0 {
            let shock = Shock { injected: true, factor: recipe.shock_factor, steps: recipe.shock_steps };
            tell(journal, step, &Happening::Shock(shock))?;
        }
        let report = trainer.step(step, &views)?;
        let time = StepTime { whole: step_began.elapsed(), data_wait: batch.wait };
        loader.recycle(batch);
        recorder.step(step, report.values(), time, recipe.batch_size)?;
        if report.skipped {
            tell_skipped(&report, journal)?;
        }
        *last_step = Some(step);
        let done = step + 1;
        if !report.loss.is_finite() {
            tell_nonfinite(journal, step, report.loss)?;
            // A checkpoint of non-finite weights would only replace a good one.
            if recipe.on_nonfinite == OnNonfinite::Stop {
                return Ok(EndReason::Nonfinite);
            }
        }
        evaluator.after_step(done, &mut trainer, &mut recorder)?;
        if system_at.elapsed() >= memory::LOOK_EVERY {
            system_at = Instant::now();
            recorder.system(step, memory::resident_bytes().unwrap_or(0), device_memory::bytes(device))?;
            said_unreadable = tell_unreadable(&dataset, journal, said_unreadable)?;
        }
        keeper.save_due(done, &trainer, journal)?;
        if let Some(outcome) = obey(&watcher, journal, || keeper.save(done, &trainer, journal))? {
            return Ok(outcome);
        }
        step_began = Instant::now();
    }
    keeper.save(schedule.total_steps, &trainer, journal)?;
    evaluator.at_end(&mut trainer, &mut recorder, schedule.total_steps)?;
    Ok(EndReason::Finished)
}

/// A step that half precision had to leave out is no failure, but nobody should have to guess it.
fn tell_skipped(report: &StepReport, journal: &Writer) -> Result<(), Failure> {
    let skipped = SkippedStep { loss_scale: report.loss_scale };
    tell(journal, report.step, &Happening::SkippedStep(skipped))
}
