//! One attempt of a probe: the checkpoint that it judges lies in its own folder, its numbers go into the same journal.
//! Learning is resumed from the probe's own checkpoints; dense kNN takes no steps and starts over.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use vitals_data::{Dataset, Split};
use vitals_engine::{Device, FeatureBank, FeatureCollector, Neighbours, Probe, Tally, Values};
use vitals_journal::{Level, RunFolder, Writer};
use vitals_recipe::{Metric, OnNonfinite, Recipe, Task};
use vitals_run::{BackboneCheck, EndReason, Happening, Job};

use crate::checkpoints::Keeper;
use crate::control::{Watcher, obey};
use crate::device_memory;
use crate::exit::Failure;
use crate::images::tell_unreadable;
use crate::memory;
use crate::recorder::{Members, Recorder, StepTime};
use crate::tell::{tell, tell_nonfinite};

mod examples;
mod images;

use examples::Source;
use images::for_each_chunk;

/// Writes a checkpoint where one is asked for while images are looked at.
type Save<'a> = &'a mut dyn FnMut() -> Result<(), Failure>;

/// What all parts of an attempt share.
struct Attempt<'a> {
    job: &'a Job,
    recipe: &'a Recipe,
    dataset: Arc<Dataset>,
    journal: &'a Arc<Writer>,
    watcher: Watcher,
    device: Device,
}

/// Runs the attempt to its end.
///
/// # Errors
/// What cannot be read, or what the engine says.
pub fn attempt(
    folder: &RunFolder,
    job: &Job,
    journal: &Arc<Writer>,
    dataset: Arc<Dataset>,
    device: Device,
    last_step: &mut Option<u64>,
) -> Result<EndReason, Failure> {
    let (recipe, facts) = (&job.recipe, dataset.facts());
    if !facts.labelled || facts.classes < 2 {
        return Err(Failure::Dataset(format!("{} has no labels of at least two classes", facts.name)));
    }
    let probed = job.probed.as_ref().context("job.json does not say which run the probe judges")?;
    let checkpoint = probed.step.map(|_| folder.probed());
    let schedule = recipe.schedule(dataset.train_len());
    let mut probe = Probe::new(recipe, schedule, facts.classes, device, checkpoint.as_deref())?;
    if let Some(resume) = &job.resume_from {
        probe.load(&folder.path().join(resume))?;
    }
    if probe.next_step() != job.first_step {
        let (found, wanted) = (probe.next_step(), job.first_step);
        return Err(Failure::Checkpoint(format!("it continues at step {found}, the job at {wanted}")));
    }
    let judged = match probed.step {
        Some(step) => format!("run {} after {step} steps", probed.run),
        None => format!("the untrained network of run {}", probed.run),
    };
    let threads = crate::processor::threads();
    let text = format!("attempt {} on {device} with {threads}: {} of {judged}", job.attempt, recipe.task);
    journal.log(Level::Info, text)?;
    let watcher =
        Watcher::start(folder.clone(), job.acknowledged_control).context("failed to start the watcher")?;
    let attempt = Attempt { job, recipe, dataset, journal, watcher, device };
    match recipe.task {
        Task::Knn => attempt.vote(&probe, last_step),
        _ => attempt.learn(folder, &mut probe, schedule.steps_per_epoch, schedule.total_steps, last_step),
    }
}

fn accuracies(tally: &Tally) -> [(Metric, Values<'static>); 2] {
    [(Metric::ProbeTop1, Values::One(tally.top1())), (Metric::ProbeTop5, Values::One(tally.top5()))]
}

impl Attempt<'_> {
    /// Dense kNN: a bank of all training features, and every held-out image asked once.
    fn vote(&self, probe: &Probe, last_step: &mut Option<u64>) -> Result<EndReason, Failure> {
        let before = probe.backbone_hash()?;
        // There is no state between two images that a later attempt could use.
        let save: Save<'_> = &mut || Ok(());
        let bank = match self.features(probe, u64::from(self.recipe.knn_bank_size), save)? {
            Ok(bank) => bank,
            Err(outcome) => return Ok(outcome),
        };
        let neighbours = Neighbours::new(probe, bank)?;
        let mut recorder = Recorder::new(self.journal, Members::default());
        let tally = match self.heldout(save, |images| neighbours.judge(probe, images))? {
            Ok(tally) => tally,
            Err(outcome) => return Ok(outcome),
        };
        // Votes have no loss.
        recorder.record(0, accuracies(&tally).to_vec())?;
        *last_step = Some(0);
        self.check_backbone(probe, &before, 0)?;
        self.conclude(&tally, None)?;
        Ok(EndReason::Finished)
    }

    /// A linear classifier or fine-tuning, step by step.
    fn learn(
        &self,
        folder: &RunFolder,
        probe: &mut Probe,
        steps_per_epoch: u64,
        total_steps: u64,
        last_step: &mut Option<u64>,
    ) -> Result<EndReason, Failure> {
        let (recipe, job) = (self.recipe, self.job);
        let before = (recipe.task == Task::Linear).then(|| probe.backbone_hash()).transpose()?;
        let every = ((recipe.evaluate_every_epochs * steps_per_epoch as f64).round() as u64).max(1);
        let mut keeper = Keeper::new(folder, recipe, job.resume_from.as_deref());
        let mut recorder = Recorder::new(self.journal, Members::default());
        let mut source = match self.source(probe, &mut || keeper.save(job.first_step, probe, self.journal))? {
            Ok(source) => source,
            Err(outcome) => return Ok(outcome),
        };
        let mut best: Option<(u64, Tally)> = None;
        let mut last = None;
        let mut judge = |done: u64, probe: &Probe, recorder: &mut Recorder<'_>, keeper: &mut Keeper<'_>| {
            let save: Save<'_> = &mut || keeper.save(done, probe, self.journal);
            let tally = match self.heldout(save, |images| probe.judge(images))? {
                Ok(tally) => tally,
                Err(outcome) => return Ok(Some(outcome)),
            };
            let loss = (Metric::ProbeLoss, Values::One(tally.mean_loss()));
            recorder.record(done, accuracies(&tally).into_iter().chain([loss]).collect())?;
            last = Some((done, tally));
            best = best.filter(|(_, best)| best.first >= tally.first).or(last);
            Ok::<_, Failure>(None)
        };
        // As in pre-training: an evaluation bears the number of the step that comes next, so that this attempt supersedes
        // the one made just before its checkpoint.
        if job.first_step > 0
            && (job.first_step.is_multiple_of(every) || job.first_step == total_steps)
            && let Some(outcome) = judge(job.first_step, probe, &mut recorder, &mut keeper)?
        {
            return Ok(outcome);
        }
        let (mut said_unreadable, mut system_at) = (0, Instant::now());
        let mut began = Instant::now();
        for step in job.first_step..total_steps {
            let batch = source.next()?;
            let report = probe.step(step, batch.examples(&source))?;
            let time = StepTime { whole: began.elapsed(), data_wait: batch.wait() };
            source.recycle(batch);
            recorder.step(step, report.values().to_vec(), time, recipe.batch_size)?;
            *last_step = Some(step);
            let done = step + 1;
            if !report.loss.is_finite() {
                tell_nonfinite(self.journal, step, report.loss)?;
                if recipe.on_nonfinite == OnNonfinite::Stop {
                    return Ok(EndReason::Nonfinite);
                }
            }
            if system_at.elapsed() >= memory::LOOK_EVERY {
                system_at = Instant::now();
                recorder.system(
                    step,
                    memory::resident_bytes().unwrap_or(0),
                    device_memory::bytes(self.device),
                )?;
                said_unreadable = tell_unreadable(&self.dataset, self.journal, said_unreadable)?;
            }
            keeper.save_due(done, probe, self.journal)?;
            if let Some(outcome) =
                obey(&self.watcher, self.journal, || keeper.save(done, probe, self.journal))?
            {
                return Ok(outcome);
            }
            if (done.is_multiple_of(every) || done == total_steps)
                && let Some(outcome) = judge(done, probe, &mut recorder, &mut keeper)?
            {
                return Ok(outcome);
            }
            began = Instant::now();
        }
        keeper.save(total_steps, probe, self.journal)?;
        if let Some(before) = &before {
            self.check_backbone(probe, before, total_steps)?;
        }
        if let Some((_, last)) = last {
            self.conclude(&last, best)?;
        }
        Ok(EndReason::Finished)
    }

    fn source(&self, probe: &Probe, save: Save<'_>) -> Result<Result<Source, EndReason>, Failure> {
        if !Source::is_stored(self.recipe) {
            return Source::of_images(&self.dataset, self.recipe, self.job.first_step).map(Ok);
        }
        let bank = match self.features(probe, u64::MAX, save)? {
            Ok(bank) => bank,
            Err(outcome) => return Ok(Err(outcome)),
        };
        Source::of_features(bank, self.recipe, self.job.first_step).map(Ok)
    }

    /// Features of the training images, or of `limit` of them; an outcome where a stop came in between.
    fn features(
        &self,
        probe: &Probe,
        limit: u64,
        save: Save<'_>,
    ) -> Result<Result<FeatureBank, EndReason>, Failure> {
        let mut collector = FeatureCollector::default();
        let stopped = self.images(Split::Train, limit, save, |images| Ok(collector.add(probe, images)?))?;
        match stopped {
            Some(outcome) => Ok(Err(outcome)),
            None => Ok(Ok(collector.gather()?)),
        }
    }

    /// What `judge` says of all held-out images, or of as many as the recipe asks for.
    fn heldout(
        &self,
        save: Save<'_>,
        mut judge: impl FnMut(vitals_engine::LabelledImages<'_>) -> Result<Tally, vitals_engine::EngineError>,
    ) -> Result<Result<Tally, EndReason>, Failure> {
        let mut tally = Tally::default();
        let limit = u64::from(self.recipe.knn_queries);
        let stopped = self.images(Split::HeldOut, limit, save, |images| {
            tally.add(judge(images)?);
            Ok(())
        })?;
        match stopped {
            Some(outcome) => Ok(Err(outcome)),
            None if tally.images == 0 => Err(Failure::Other(anyhow!("no held-out image has a label"))),
            None => Ok(Ok(tally)),
        }
    }

    /// Hands every labelled image of a split on, and looks between two chunks whether to stop.
    fn images(
        &self,
        split: Split,
        limit: u64,
        save: Save<'_>,
        mut take: impl FnMut(vitals_engine::LabelledImages<'_>) -> Result<(), Failure>,
    ) -> Result<Option<EndReason>, Failure> {
        let mut outcome = None;
        for_each_chunk(&self.dataset, split, limit, self.recipe, |images| {
            take(images)?;
            outcome = obey(&self.watcher, self.journal, &mut *save)?;
            Ok(outcome.is_none())
        })?;
        Ok(outcome)
    }

    /// A probe that moved what it judges has judged something else.
    fn check_backbone(&self, probe: &Probe, before: &str, step: u64) -> Result<(), Failure> {
        let after = probe.backbone_hash()?;
        let check =
            BackboneCheck { before: before.to_owned(), after: after.clone(), identical: before == after };
        tell(self.journal, step, &Happening::BackboneCheck(check))?;
        if before != after {
            return Err(Failure::Other(anyhow!(
                "the frozen backbone changed: {before} before, {after} after"
            )));
        }
        let text = format!("the backbone is bit-identical before and after: BLAKE3 {after}");
        Ok(self.journal.log(Level::Info, text)?)
    }

    fn conclude(&self, last: &Tally, best: Option<(u64, Tally)>) -> Result<(), Failure> {
        let mut text = format!(
            "{} held-out images: last top-1 {:.4}, top-5 {:.4}",
            last.images,
            last.top1(),
            last.top5()
        );
        if let Some((step, best)) = best {
            text.push_str(&format!("; best top-1 {:.4} after {step} steps", best.top1()));
        }
        Ok(self.journal.log(Level::Info, text)?)
    }
}
