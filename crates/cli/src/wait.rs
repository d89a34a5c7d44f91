//! `--wait`: follows a sweep's runs with one bar each until all have ended, then prints what they came to. What holds a run
//! or the queue up is said once, and again when it changes, in the words of `vitals queue`. Ctrl-C detaches; the runs go on.

use std::collections::HashMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use vitals_api::dto::{ApiError, Run, SupervisorStatus};
use vitals_api::summary::{Outcome, first_loss_over_chance, outcomes};
use vitals_api::{
    Context, Metric, MetricChoice, Result, RunSelection, RunState, SweepId, legible, runs, supervisor,
};

use crate::INTERRUPTED;
use crate::out::{Out, moves_cursor};
use crate::said::Refusal;
use crate::standing;
use crate::text::{Table, last, number, percent};

/// How often the store is looked at.
const EVERY: Duration = Duration::from_millis(500);
/// Without a terminal, how often each run's progress is said.
const SAY_EVERY: Duration = Duration::from_secs(15);

/// Waits until every run of the sweep has ended. Exit code 1 where one did not finish.
pub async fn until_ended(context: &Context, sweep: SweepId, out: &Out) -> Result<u8> {
    let detached = format!("`vitals sweep show {sweep}` shows them, `vitals run cancel ID` ends one");
    if !watched(context, &RunSelection::Sweep(sweep), &detached, out).await? {
        return Ok(INTERRUPTED);
    }
    let outcomes = outcomes(context, sweep).await?;
    print(&outcomes, out)?;
    let paused = outcomes.iter().filter(|outcome| outcome.run.state == "paused").count();
    if paused > 0 {
        out.remark(format!("{paused} paused; `vitals sweep resume {sweep}` lets them go on"));
    }
    Ok(if outcomes.iter().all(|outcome| outcome.run.state == "finished") { 0 } else { 1 })
}

/// Shows runs until all have ended; false where Ctrl-C came first.
pub async fn watched(context: &Context, selection: &RunSelection, detached: &str, out: &Out) -> Result<bool> {
    // From here on Ctrl-C ends nothing but the waiting.
    let mut interrupts = signal(SignalKind::interrupt())
        .map_err(|error| ApiError::failed(Refusal::NotInterruptible { reason: error.to_string() }))?;
    let mut bars = Bars::new(out);
    let mut said = Said::default();
    loop {
        let mut all = Vec::new();
        for row in context.store().runs(selection, &MetricChoice::Plain).await?.into_iter().rev() {
            all.push((row.state, runs::run(row)?));
        }
        bars.show(&all);
        let supervisor = supervisor::status(context, &supervisor::seen(context).await?);
        let waits = all.iter().any(|(state, _)| *state == RunState::Queued);
        said.news(&supervisor, waits, all.iter().map(|(_, run)| run)).iter().for_each(|line| bars.say(line));
        if all.iter().all(|(state, _)| state.has_ended() || *state == RunState::Paused) {
            bars.clear();
            return Ok(true);
        }
        // It ends when idle and may have died; whoever waits keeps one alive.
        supervisor::ensure(context).await?;
        tokio::select! {
            _ = interrupts.recv() => {
                bars.clear();
                out.remark(format!("detached; the runs go on. {detached}"));
                return Ok(false);
            }
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// What was said last of the queue and of each run.
#[derive(Debug, Default)]
struct Said {
    queue: Vec<String>,
    runs: HashMap<String, String>,
}

impl Said {
    /// What is to be said now: only what is new. A run of which something was said is followed until it moves again.
    fn news<'a>(
        &mut self,
        supervisor: &SupervisorStatus,
        waits: bool,
        runs: impl Iterator<Item = &'a Run>,
    ) -> Vec<String> {
        let queue = standing::of_queue(supervisor, waits);
        let mut news: Vec<String> = queue.iter().filter(|line| !self.queue.contains(line)).cloned().collect();
        self.queue = queue;
        for run in runs {
            let now = standing::of_run(run);
            let line = now.clone().unwrap_or_else(|| standing::line(run));
            let before = self.runs.get(&run.id);
            if before.is_none_or(|before| *before != line) && (now.is_some() || before.is_some()) {
                news.push(line.clone());
            }
            match now {
                Some(line) => self.runs.insert(run.id.clone(), line),
                None => self.runs.remove(&run.id),
            };
        }
        news
    }
}

fn print(outcomes: &[Outcome], out: &Out) -> Result<()> {
    if out.json {
        return out.document(&json!({
            "runs": outcomes,
            "first_loss_over_chance": first_loss_over_chance(outcomes),
        }));
    }
    let mut table = Table::new(&[
        "run",
        "state",
        "steps",
        "images/s",
        "first loss",
        "last loss",
        "untrained, %",
        "pixels, %",
        "trained, %",
        "kNN queue, %",
    ]);
    let fraction = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), percent);
    for outcome in outcomes {
        let run = &outcome.run;
        let loss = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), number);
        let knn = run
            .metrics
            .get(Metric::KnnTop1.name())
            .and_then(|metric| metric.last.as_ref())
            .map(|value| value.value());
        table.row(vec![
            run.label.clone(),
            state(run),
            run.progress.step.to_string(),
            last(run.metrics.get(Metric::ImagesPerSecond.name())),
            loss(outcome.loss_first),
            loss(outcome.loss_last),
            fraction(outcome.untrained),
            fraction(outcome.pixels),
            fraction(outcome.trained),
            fraction(knn),
        ]);
    }
    table.lines().iter().for_each(|line| out.line(line));
    out.remark(
        "untrained, pixels, trained: held-out kNN top-1 on one fixed bank of un-augmented training images, with the \
         features before training, the raw pixels, and the features after it; kNN queue: the live curve's last value",
    );
    if let Some(ratio) = first_loss_over_chance(outcomes) {
        out.remark(format!("first loss, mean over runs: {} of the loss at chance", number(ratio)));
    }
    Ok(())
}

fn state(run: &Run) -> String {
    if run.state == "finished" { run.state.clone() } else { format!("{} · {}", run.state, run.evidence) }
}

/// One bar a run on a terminal, a line now and then elsewhere.
struct Bars {
    bars: MultiProgress,
    by_run: HashMap<String, ProgressBar>,
    said: Option<tokio::time::Instant>,
    plain: bool,
    out: Out,
}

impl Bars {
    fn new(out: &Out) -> Self {
        let hidden = out.quiet || out.json;
        let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr()) && moves_cursor();
        let target =
            if hidden || !terminal { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bars = MultiProgress::with_draw_target(target);
        Self { bars, by_run: HashMap::new(), said: None, plain: !hidden && !terminal, out: *out }
    }

    fn show(&mut self, runs: &[(RunState, Run)]) {
        let say = self.plain && self.said.is_none_or(|at| at.elapsed() >= SAY_EVERY);
        for (state, run) in runs {
            let bar = self.by_run.entry(run.id.clone()).or_insert_with(|| {
                let style = ProgressStyle::with_template("{prefix:32!} {bar:30} {pos:>5}/{len} {msg}")
                    .unwrap_or_else(|_| ProgressStyle::default_bar());
                let bar = self.bars.add(ProgressBar::new(run.progress.total_steps).with_style(style));
                bar.with_prefix(legible(&run.label).into_owned())
            });
            bar.set_position(run.progress.step);
            let (judge, top1) =
                if run.probed.is_some() { ("top-1", Metric::ProbeTop1) } else { ("kNN", Metric::KnnTop1) };
            let message = format!(
                "{} · loss {} · {judge} {} · {} img/s",
                run.state,
                last(run.metrics.get(Metric::Loss.name())),
                last(run.metrics.get(top1.name())),
                last(run.metrics.get(Metric::ImagesPerSecond.name()))
            );
            if say && state.is_active() {
                self.out.remark(format!(
                    "{}  step {} of {}  {message}",
                    run.label, run.progress.step, run.progress.total_steps
                ));
            }
            bar.set_message(message);
        }
        if say {
            self.said = Some(tokio::time::Instant::now());
        }
    }

    /// A line above the bars.
    fn say(&self, line: &str) {
        self.bars.suspend(|| self.out.remark(line));
    }

    fn clear(&self) {
        // Progress is no result; a terminal that went away is fine.
        let _ = self.bars.clear();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vitals_api::Evidence;

    use super::*;

    fn run(state: &str, evidence: Evidence) -> Run {
        let run = json!({
            "id": "01890000-0000-7000-8000-0000000000ab", "label": "a-s0", "sweep": null, "sweep_name": null,
            "probed": null, "source": null, "original_id": null, "config": {}, "point": "p", "seed": 0, "state": state, "evidence": evidence.to_string(),
            "evidence_code": evidence, "attempt": 1, "device": null, "effective_learning_rate": 0.1,
            "loss_start": null, "loss_floor": null, "parameters": {}, "metrics": {}, "first_layer": null,
            "progress": {"step": 0, "total_steps": 10, "eta_seconds": null, "images_per_second": null},
            "events": {}, "stability": null, "tags": [], "note": "", "queue_position": null, "priority": 0,
            "created_at": "", "started_at": null, "ended_at": null, "revision": 1,
        });
        serde_json::from_value(run).unwrap()
    }

    fn supervisor(queue_paused: bool, problem: Option<&str>) -> SupervisorStatus {
        SupervisorStatus {
            connected: true,
            pid: Some(1),
            last_contact_at: None,
            queue_paused,
            slots_busy: 0,
            slots_total: 1,
            ingest_values_per_second: 0.0,
            problem: problem.map(str::to_owned),
            problem_code: None,
        }
    }

    #[test]
    fn what_holds_a_run_up_is_said_once_and_its_end_too() {
        let mut said = Said::default();
        let silent = |seconds| run("stalled", Evidence::Silent { seconds });
        let started = Evidence::Started { attempt: 1, device: "cpu".to_owned() };
        let steps = [
            (run("queued", Evidence::QueuedBySweep), ""),
            (run("starting", started), ""),
            (run("running", Evidence::Records), ""),
            (silent(30), "a-s0 (000000ab): stalled · no record for 30 s"),
            (silent(30), ""),
            (run("running", Evidence::RecordsAgain), "a-s0 (000000ab): running · records come in again"),
            (run("running", Evidence::RecordsAgain), ""),
            (run("failed", Evidence::Signal { signal: 9 }), "a-s0 (000000ab): failed · killed (signal 9)"),
            (run("failed", Evidence::Signal { signal: 9 }), ""),
        ];
        for (run, expected) in steps {
            assert_eq!(said.news(&supervisor(false, None), true, [&run].into_iter()).join("; "), expected);
        }
    }

    #[test]
    fn what_holds_the_queue_up_is_said_once_each_time() {
        let mut said = Said::default();
        let mut news = |paused, problem| said.news(&supervisor(paused, problem), true, std::iter::empty());
        let paused = "the queue is paused; `vitals queue resume` lets it go on";
        assert!(news(false, None).is_empty());
        assert_eq!(news(true, None), [paused]);
        assert!(news(true, None).is_empty());
        assert_eq!(news(true, Some("the disk is full")), ["the disk is full"]);
        assert!(news(false, None).is_empty());
        assert_eq!(news(true, None), [paused]);
    }
}
