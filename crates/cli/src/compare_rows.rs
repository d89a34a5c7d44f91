//! Which metrics a comparison prints, and in which order: what the sweep is after, then by the metric table, then series of other
//! programs. What the machine did stays behind `--all`.

use vitals_api::{Metric, Role, metric};

/// The names to print, and how many more `--all` would print. Series of layers and tensors are left out: they have charts.
pub fn rows<'a>(
    names: impl Iterator<Item = &'a String>,
    objective: Option<&str>,
    all: bool,
) -> (Vec<&'a String>, usize) {
    let alone = names.filter(|name| !name.contains('/'));
    let (mut shown, hidden): (Vec<&String>, Vec<&String>) =
        alone.partition(|name| all || objective == Some(name.as_str()) || !is_of_machine(name));
    // Stable: names that the table does not know stay in alphabetical order behind it.
    shown.sort_by_key(|name| (objective != Some(name.as_str()), place(name)));
    (shown, hidden.len())
}

fn is_of_machine(name: &str) -> bool {
    metric(name, None).is_some_and(|metric| matches!(metric.role(), Role::System | Role::Throughput))
}

fn place(name: &str) -> usize {
    metric(name, None)
        .and_then(|found| Metric::ALL.iter().position(|one| *one == found))
        .unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(objective: Option<&str>, all: bool) -> (Vec<String>, usize) {
        // As the answer has them: alphabetical.
        let mut names: Vec<String> = Metric::ALL.iter().map(|metric| metric.name().to_owned()).collect();
        names.extend(["val/loss", "zebra", "grad_norm/blocks.0"].map(str::to_owned));
        names.retain(|name| {
            Metric::ALL.iter().all(|one| one.name() != name || !one.role().is_of_layers())
                || name == "grad_norm"
        });
        names.sort();
        names.dedup();
        let (shown, hidden) = rows(names.iter(), objective, all);
        (shown.into_iter().cloned().collect(), hidden)
    }

    #[test]
    fn the_objective_comes_first_then_the_table_then_names_of_others() {
        let fixed = Metric::KnnTop1Fixed.name();
        let (shown, hidden) = said(Some(fixed), false);
        assert_eq!(shown[..2], [fixed, Metric::Loss.name()]);
        assert_eq!(shown.last().map(String::as_str), Some("zebra"));
        assert!(hidden >= 4 && !shown.iter().any(|name| name == Metric::StepSeconds.name()), "{shown:?}");
        assert!(!shown.iter().any(|name| name.contains('/')));
    }

    #[test]
    fn all_shows_what_the_machine_did_and_so_does_an_objective() {
        let (shown, hidden) = said(None, true);
        assert!(hidden == 0 && shown.iter().any(|name| name == Metric::ImagesPerSecond.name()));
        assert_eq!(shown[0], Metric::Loss.name(), "without an objective the table begins");
        let (shown, _) = said(Some(Metric::ImagesPerSecond.name()), false);
        assert_eq!(shown[0], Metric::ImagesPerSecond.name());
    }
}
