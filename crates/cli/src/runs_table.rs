//! The table of runs, as it is printed once or drawn over itself while they are followed.

use vitals_api::Metric;
use vitals_api::dto::Run;

use crate::out::Out;
use crate::text::{Table, duration, last, number, short};

/// Prints a table of runs.
pub fn print_runs(list: &[Run], out: &Out) {
    runs_table(list).iter().for_each(|line| out.line(line));
}

/// The lines of a table of runs.
pub fn runs_table(list: &[Run]) -> Vec<String> {
    let has_probes = list.iter().any(|run| run.probed.is_some());
    let mut head =
        vec!["run", "label", "state", "step", Metric::Loss.name(), "kNN", "images/s", "left", "evidence"];
    if has_probes {
        head.insert(6, "probe");
    }
    let mut table = Table::new(&head);
    for run in list {
        let progress = &run.progress;
        let mut cells = vec![
            short(&run.id),
            run.label.clone(),
            run.state.clone(),
            format!("{}/{}", progress.step, progress.total_steps),
            last(run.metrics.get(Metric::Loss.name())),
            last(run.metrics.get(Metric::KnnTop1.name())),
            progress.images_per_second.map_or_else(|| "–".to_owned(), number),
            progress.eta_seconds.map_or_else(|| "–".to_owned(), duration),
            run.evidence.clone(),
        ];
        if has_probes {
            cells.insert(6, last(run.metrics.get(Metric::ProbeTop1.name())));
        }
        table.row(cells);
    }
    table.lines()
}
