//! `--wait`: follows a sweep's runs with one bar each until all have ended, then prints what they came to. Ctrl-C
//! detaches; the runs go on.

use std::collections::HashMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use vitals_api::dto::Run;
use vitals_api::summary::{Outcome, first_loss_over_chance, outcomes};
use vitals_api::{Context, Metric, MetricChoice, Result, RunSelection, RunState, SweepId, runs, supervisor};

use crate::INTERRUPTED;
use crate::out::Out;
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
    Ok(if outcomes.iter().all(|outcome| outcome.run.state == "finished") { 0 } else { 1 })
}

/// Shows runs until all have ended; false where Ctrl-C came first.
pub async fn watched(context: &Context, selection: &RunSelection, detached: &str, out: &Out) -> Result<bool> {
    let mut bars = Bars::new(out);
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    loop {
        let mut all = Vec::new();
        for row in context.store().runs(selection, &MetricChoice::Plain).await?.into_iter().rev() {
            all.push((row.state, runs::run(row)?));
        }
        bars.show(&all);
        if all.iter().all(|(state, _)| state.has_ended() || *state == RunState::Paused) {
            bars.clear();
            return Ok(true);
        }
        // It ends when idle and may have died; whoever waits keeps one alive.
        supervisor::ensure(context).await?;
        tokio::select! {
            _ = &mut interrupted => {
                bars.clear();
                out.remark(format!("detached; the runs go on. {detached}"));
                return Ok(false);
            }
            () = tokio::time::sleep(EVERY) => {}
        }
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
        out.remark(format!("first loss, mean over runs: {} of 4·τ·ln N", number(ratio)));
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
        let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
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
                bar.with_prefix(run.label.clone())
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

    fn clear(&self) {
        // Progress is no result; a terminal that went away is fine.
        let _ = self.bars.clear();
    }
}
