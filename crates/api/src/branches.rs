//! A recorded series as what is in force, and what attempts lost to later ones. Knows neither pixels nor axes.

use vitals_store::Series;

/// One series a name: a metric that goes on in another stream, as where a column was added midway, is one line.
pub(crate) fn joined(read: Vec<Series>) -> Vec<Series> {
    let mut found: Vec<Series> = Vec::new();
    for series in read {
        let Some(known) = found.iter_mut().find(|known| known.name == series.name) else {
            found.push(series);
            continue;
        };
        let mut rows: Vec<(u64, f64, f64, u32, bool)> = Vec::new();
        for part in [&*known, &series] {
            rows.extend((0..part.steps.len()).map(|row| {
                let (step, value, elapsed) = (part.steps[row], part.values[row], part.elapsed_secs[row]);
                (step, value, elapsed, part.attempts[row], part.in_force[row])
            }));
        }
        rows.sort_by_key(|row| row.0);
        known.steps = rows.iter().map(|row| row.0).collect();
        known.values = rows.iter().map(|row| row.1).collect();
        known.elapsed_secs = rows.iter().map(|row| row.2).collect();
        known.attempts = rows.iter().map(|row| row.3).collect();
        known.in_force = rows.iter().map(|row| row.4).collect();
    }
    found
}

/// The values in force, and behind them those that each attempt lost to a later one.
pub(crate) fn branches(series: Series) -> Vec<(Option<u32>, Series)> {
    if series.in_force.iter().all(|in_force| *in_force) {
        return vec![(None, series)];
    }
    let mut lost: Vec<u32> =
        series.attempts.iter().zip(&series.in_force).filter(|(_, kept)| !**kept).map(|(a, _)| *a).collect();
    lost.sort_unstable();
    lost.dedup();
    let part = |of: Option<u32>| {
        let rows: Vec<usize> = (0..series.steps.len())
            .filter(|&row| match of {
                None => series.in_force[row],
                Some(attempt) => !series.in_force[row] && series.attempts[row] == attempt,
            })
            .collect();
        Series {
            steps: rows.iter().map(|&row| series.steps[row]).collect(),
            values: rows.iter().map(|&row| series.values[row]).collect(),
            elapsed_secs: rows.iter().map(|&row| series.elapsed_secs[row]).collect(),
            attempts: rows.iter().map(|&row| series.attempts[row]).collect(),
            in_force: rows.iter().map(|&row| series.in_force[row]).collect(),
            ..series.clone()
        }
    };
    std::iter::once(None).chain(lost.into_iter().map(Some)).map(|of| (of, part(of))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_superseded_tail_is_a_series_of_its_own() {
        let both = Series {
            stream: "step".to_owned(),
            name: "loss".to_owned(),
            unit: String::new(),
            kind: vitals_store::ValueKind::F64,
            steps: vec![0, 1, 2, 1, 2],
            values: vec![1.0, 2.0, 3.0, 20.0, 30.0],
            elapsed_secs: vec![0.0; 5],
            attempts: vec![1, 1, 1, 2, 2],
            in_force: vec![true, false, false, true, true],
        };
        let parts: Vec<_> =
            branches(both).into_iter().map(|(attempt, part)| (attempt, part.steps, part.values)).collect();
        assert_eq!(
            parts,
            [(None, vec![0, 1, 2], vec![1.0, 20.0, 30.0]), (Some(1), vec![1, 2], vec![2.0, 3.0])]
        );
    }
}
