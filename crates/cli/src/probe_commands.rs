//! `vitals probe`: starts a probe of a run's checkpoint, or lists those that a run has.

use vitals_api::dto::{MetricSummary, ProbeStart, Run};
use vitals_api::{Context, Metric, Result, RunSelection, probes, runs};

use crate::INTERRUPTED;
use crate::args::ProbeArgs;
use crate::out::Out;
use crate::queue_commands::look_twice;
use crate::text::{Table, counted, percent, short};
use crate::wait;

pub async fn run(context: &Context, args: &ProbeArgs, out: &Out) -> Result<u8> {
    let (Some(kind), Some(dataset)) = (&args.kind, &args.dataset) else {
        let id = runs::resolve(context, &args.id).await?;
        let found = runs::probes_of(context, id).await?;
        if out.json {
            for probe in &found {
                out.document(probe)?;
            }
        } else if found.is_empty() {
            out.remark("no probes yet; `vitals probe ID --kind linear --dataset NAME` starts one");
        } else {
            print(&found, out);
        }
        return Ok(0);
    };
    let request = ProbeStart {
        run: args.id.clone(),
        kind: kind.clone(),
        dataset: dataset.clone(),
        checkpoint: args.checkpoint.clone(),
        settings: args.set.iter().map(|text| probes::setting(text)).collect::<Result<_>>()?,
    };
    look_twice(context, out).await?;
    let mut probe = probes::start(context, &request).await?;
    if args.wait {
        out.remark(format!("probe {}: {} queued", probe.id, counted(probe.progress.total_steps, "step")));
        let id = runs::resolve(context, &probe.id).await?;
        let detached =
            format!("`vitals run show {}` shows it, `vitals run cancel` ends it", short(&probe.id));
        if !wait::watched(context, &RunSelection::Ids(vec![id]), &detached, out).await? {
            return Ok(INTERRUPTED);
        }
        probe = runs::detail(context, &probe.id).await?.run;
    }
    if out.json {
        out.document(&probe)?;
    } else if args.wait {
        print(std::slice::from_ref(&probe), out);
    } else {
        out.line(&probe.id);
    }
    Ok(u8::from(args.wait && probe.state != "finished"))
}

/// A table of probes: what each judges, and its accuracy on the held-out images, last and best.
pub fn print(list: &[Run], out: &Out) {
    let mut table = Table::new(&[
        "probe",
        "kind",
        "data set",
        "checkpoint",
        "state",
        "last top-1, %",
        "best top-1, %",
        "last top-5, %",
    ]);
    for probe in list {
        let text = |name: &str| {
            probe.parameters.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
        };
        let share = |metric: Metric, part: fn(&MetricSummary) -> Option<f64>| {
            probe.metrics.get(metric.name()).and_then(part).map_or_else(|| "–".to_owned(), percent)
        };
        let last = |metric: &MetricSummary| metric.last.as_ref().map(|value| value.value());
        let step = probe.probed.as_ref().and_then(|probed| probed.step);
        let state = match probe.state.as_str() {
            "finished" => probe.state.clone(),
            state => format!("{state} · {}", probe.evidence),
        };
        table.row(vec![
            short(&probe.id),
            text("task"),
            text("dataset"),
            step.map_or_else(|| "random".to_owned(), |step| step.to_string()),
            state,
            share(Metric::ProbeTop1, last),
            share(Metric::ProbeTop1, |metric| metric.max),
            share(Metric::ProbeTop5, last),
        ]);
    }
    table.lines().iter().for_each(|line| out.line(line));
}
