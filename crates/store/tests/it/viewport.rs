//! Views against brute force: whatever was recorded, in whatever batches, with gaps, non-finite values and attempts that go
//! back, each pixel column tells of exactly the values whose steps lie in it. The drawn extremes are the stored ones.

use proptest::prelude::*;
use vitals_series::{Grid, MEDIAN_WINDOW, Summary, relative_to_running_median};
use vitals_store::{
    Column, IngestBatch, Row, RunId, Series, SeriesQuery, Store, Stream, StreamId, Strip, View,
};

use crate::world::{World, header};

const NAMES: [&str; 4] = ["loss", "grad_norm/patch_embed", "grad_norm/blocks.0", "learning_rate"];

/// One attempt: its first step, the distance of its rows, how many, and rows to a batch.
#[derive(Debug, Clone)]
struct Plan {
    first_step: u64,
    stride: u64,
    rows: usize,
    batch: usize,
    /// The rows of the last batch come in again, with other values.
    repeats: bool,
}

fn stream() -> Stream {
    let columns = vec![
        Column::f64(NAMES[0], "nats"),
        Column::f32(NAMES[1], ""),
        Column::f32(NAMES[2], ""),
        Column::f64(NAMES[3], ""),
    ];
    Stream { id: StreamId(0), name: "step".to_owned(), columns }
}

fn value(column: u64, attempt: u64, step: u64) -> f64 {
    let mut mixed = (step + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (column * 77 + attempt * 1013);
    mixed ^= mixed >> 29;
    mixed = mixed.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^= mixed >> 32;
    match (column, mixed % 401) {
        (3, _) => 1e-4,
        (_, 0) => f64::NAN,
        (_, 1) => f64::INFINITY,
        (_, 2) => f64::NEG_INFINITY,
        (_, 3) => 1e6,
        (0, _) => (mixed % 100_003) as f64 / 1e3 - 50.0,
        _ => f64::from(0.5 + (mixed % 1009) as f32 / 1009.0),
    }
}

fn plan() -> impl Strategy<Value = Plan> {
    let stride = prop_oneof![8 => Just(1_u64), 1 => 2_u64..5, 1 => 40_u64..60];
    let rows = prop_oneof![1 => 0_usize..900, 2 => 900_usize..3_200, 1 => 9_000_usize..19_000];
    (0_u64..4_000, stride, rows, prop_oneof![3 => 200_usize..900, 1 => 900_usize..5_000], any::<bool>())
        .prop_map(|(first_step, stride, rows, batch, repeats)| Plan {
            first_step,
            stride,
            rows,
            batch,
            repeats: repeats && rows < 900,
        })
}

async fn record(store: &Store, run: RunId, plan: &Plan, attempt: u32) {
    let rows: Vec<Row> = (0..plan.rows as u64)
        .map(|row| {
            let step = plan.first_step + row * plan.stride;
            let values = (0..4).map(|column| value(column, u64::from(attempt), step)).collect();
            Row { stream: StreamId(0), step, elapsed_secs: step as f64, values }
        })
        .collect();
    let again: Vec<Row> = match plan.repeats {
        true => rows.iter().rev().take(3).cloned().collect(),
        false => Vec::new(),
    };
    let mut offset = 1;
    let opening = IngestBatch {
        offset_to: offset,
        header: header(plan.first_step),
        streams: vec![stream()],
        ..IngestBatch::default()
    };
    store.ingest(run, attempt, &opening).await.unwrap();
    for rows in rows.chunks(plan.batch).chain(again.chunks(2)) {
        let batch = IngestBatch {
            offset_from: offset,
            offset_to: offset + 1,
            rows: rows.to_vec(),
            ..IngestBatch::default()
        };
        store.ingest(run, attempt, &batch).await.unwrap();
        offset += 1;
    }
}

/// Each value of the branch that a strip shows, one by one, into its column.
fn brute_force(series: &Series, grid: Grid, branch: Option<u32>, relative: bool) -> Vec<Summary> {
    let shown = |row: &usize| match branch {
        None => series.in_force[*row],
        Some(attempt) => !series.in_force[*row] && series.attempts[*row] == attempt,
    };
    let rows: Vec<usize> = (0..series.steps.len()).filter(shown).collect();
    let mut values: Vec<f64> = rows.iter().map(|&row| series.values[row]).collect();
    if relative {
        values = relative_to_running_median(&values, MEDIAN_WINDOW);
    }
    let mut columns = vec![Summary::EMPTY; grid.columns];
    for (&row, &value) in rows.iter().zip(&values) {
        let step = series.steps[row];
        let inside = (0..grid.columns as u64)
            .find(|k| step >= grid.from + k * grid.stride && step < grid.from + (k + 1) * grid.stride);
        if let Some(column) = inside {
            columns[usize::try_from(column).unwrap()].push(step, value);
        }
    }
    columns
}

fn same(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan())
}

fn check_exactly(strip: &Strip, expected: &[Summary]) {
    assert_eq!(strip.columns.len(), expected.len());
    for (place, (piece, whole)) in strip.columns.iter().zip(expected).enumerate() {
        let one = &piece.summary;
        let told = || {
            format!("{} {:?} column {place}: {one:?} is not {whole:?}", strip.name, strip.superseded_attempt)
        };
        assert_eq!((one.count, one.nonfinite), (whole.count, whole.nonfinite), "{}", told());
        assert!(same(one.min, whole.min) && same(one.max, whole.max), "{}", told());
        if whole.count > 0 {
            assert_eq!((one.first_step, one.last_step), (whole.first_step, whole.last_step), "{}", told());
            assert!(same(one.first, whole.first) && same(one.last, whole.last), "{}", told());
            let scale = whole.min.abs().max(whole.max.abs());
            let near = same(one.mean(), whole.mean()) || (one.mean() - whole.mean()).abs() <= 1e-6 * scale;
            assert!(near, "{}", told());
        }
    }
}

/// Nodes keep eight bits of what is relative to the median.
fn check_relative(strip: &Strip, expected: &[Summary]) {
    for (place, (piece, whole)) in strip.columns.iter().zip(expected).enumerate() {
        let one = &piece.relative;
        let near = |a: f64, b: f64| same(a, b) || (a - b).abs() <= b.abs() / 200.0;
        let told = || format!("{} column {place}: {one:?} is not {whole:?}", strip.name);
        assert_eq!((one.count, one.nonfinite), (whole.count, whole.nonfinite), "{}", told());
        assert!(near(one.min, whole.min) && near(one.max, whole.max), "{}", told());
        if whole.count > 0 {
            assert!(near(one.first, whole.first) && near(one.last, whole.last), "{}", told());
            assert!(near(one.mean(), whole.mean()), "{}", told());
        }
    }
}

/// Runs go on side by side, and each of their attempts is looked at: what was true before must not be told after.
async fn check(of_runs: &[Vec<Plan>], windows: &[(f64, f64, u32)]) {
    let world = World::new().await;
    let mut runs = Vec::new();
    for run in 0..of_runs.len() {
        runs.push(world.run_of(&format!("point {run}")).await);
    }
    let most = of_runs.iter().map(Vec::len).max().unwrap_or(0);
    for attempts in 1..=most {
        let so_far: Vec<&[Plan]> = of_runs.iter().map(|plans| &plans[..attempts.min(plans.len())]).collect();
        for (run, plans) in runs.iter().zip(of_runs) {
            if let Some(plan) = plans.get(attempts - 1) {
                record(&world.store, *run, plan, u32::try_from(attempts).unwrap()).await;
            }
        }
        let windows = if attempts == most { windows } else { &windows[..1] };
        look(&world.store, &runs, &so_far, windows).await;
    }
    assert_eq!(world.store.check_integrity(true).await.unwrap().problems, Vec::<String>::new());
}

/// All runs are asked for at once, each for a window of its own.
async fn look(store: &Store, runs: &[RunId], of_runs: &[&[Plan]], windows: &[(f64, f64, u32)]) {
    let names: Vec<String> = NAMES.map(str::to_owned).to_vec();
    let all = SeriesQuery { superseded: true, ..SeriesQuery::default() };
    let asked: Vec<_> = runs.iter().map(|run| (*run, all.clone())).collect();
    let of_all = store.series_of_runs(&asked).await.unwrap();
    let extents = store.extents(runs, &names, true).await.unwrap();
    for ((run, series), extent) in runs.iter().zip(&of_all).zip(extents) {
        let last = series.iter().filter_map(|one| one.steps.last()).max();
        assert_eq!(extent.map(|extent| extent.last_step), last.copied());
        let part = SeriesQuery { names: vec![names[2].clone()], from: Some(7), ..SeriesQuery::default() };
        let alone = store.series(*run, &part).await.unwrap();
        let whole = series.iter().find(|one| one.name == names[2]);
        let shown = |row: &usize| whole.is_some_and(|one| one.in_force[*row] && one.steps[*row] >= 7);
        let rows: Vec<usize> = (0..whole.map_or(0, |one| one.steps.len())).filter(shown).collect();
        let steps = |one: &Series| rows.iter().map(|&row| one.steps[row]).collect::<Vec<u64>>();
        let (found, expected) = (alone.first().map(|one| one.steps.clone()), whole.map(steps));
        assert_eq!(found.unwrap_or_default(), expected.unwrap_or_default());
    }
    for place in 0..windows.len() {
        for relative in [false, true] {
            let view = |run: usize| {
                let (from, to, pixels) = windows[(place + run) % windows.len()];
                let ends = of_runs[run].iter().map(|plan| plan.first_step + plan.rows as u64 * plan.stride);
                let end = ends.max().unwrap_or(0) as f64;
                let grid = Grid::new((from.min(to) * end) as u64, (from.max(to) * end) as u64, pixels);
                View { names: names.clone(), grid, relative, superseded: true }
            };
            let views: Vec<View> = (0..runs.len()).map(view).collect();
            let asked: Vec<(RunId, &View)> = runs.iter().copied().zip(&views).collect();
            let found = store.viewports(&asked).await.unwrap();
            assert_eq!(found.len(), runs.len());
            for (run, strips) in found.iter().enumerate() {
                check_strips(strips, &of_all[run], views[run].grid, relative, of_runs[run]);
            }
        }
    }
}

fn check_strips(strips: &[Strip], series: &[Series], grid: Grid, relative: bool, plans: &[Plan]) {
    let in_order = plans.iter().all(|plan| !plan.repeats);
    for strip in strips {
        let raw = series.iter().find(|one| one.name == strip.name).unwrap();
        check_exactly(strip, &brute_force(raw, grid, strip.superseded_attempt, false));
        let of_layer = strip.name.starts_with("grad_norm/");
        // A lost branch's medians look back over what was in force before it: no part of the branch.
        if relative && of_layer && in_order && strip.superseded_attempt.is_none() {
            check_relative(strip, &brute_force(raw, grid, None, true));
        }
    }
    let branches = |series: &Series, attempt: u32| {
        (0..series.steps.len()).any(|row| {
            !series.in_force[row]
                && series.attempts[row] == attempt
                && grid.column_of(series.steps[row]).is_some()
        })
    };
    let lost: usize =
        series.iter().map(|one| (1..=4).filter(|&attempt| branches(one, attempt)).count()).sum();
    assert_eq!(strips.len(), series.len() + lost, "every branch in view has a strip of its own");
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn columns_tell_of_exactly_the_values_in_them(
        runs in prop::collection::vec((plan(), prop::collection::vec(plan(), 0..3)), 1..3),
        windows in prop::collection::vec((0.0_f64..1.0, 0.0_f64..1.0, 1_u32..1500), 1..4),
    ) {
        let attempts = |(first, later): (Plan, Vec<Plan>)| {
            std::iter::once(Plan { first_step: 0, ..first }).chain(later).collect()
        };
        let of_runs: Vec<Vec<Plan>> = runs.into_iter().map(attempts).collect();
        let mut windows = windows;
        windows.push((0.0, 1.0, 700));
        runtime().block_on(check(&of_runs, &windows));
    }
}

#[tokio::test]
async fn a_run_that_there_is_not_is_refused_among_others() {
    let world = World::new().await;
    let (known, unknown) = (world.run().await, RunId::nil());
    let view = View { names: Vec::new(), grid: Grid::new(0, 9, 10), relative: false, superseded: false };
    assert_eq!(world.store.viewports(&[(known, &view), (known, &view)]).await.unwrap(), [[], []]);
    let refused = world.store.viewports(&[(known, &view), (unknown, &view)]).await.unwrap_err();
    assert_eq!(refused.to_string(), world.store.viewport(unknown, &view).await.unwrap_err().to_string());
    assert!(world.store.extents(&[known, unknown], &[], false).await.is_err());
}

#[tokio::test]
async fn a_spike_of_one_step_and_a_nan_show_at_every_width() {
    let world = World::new().await;
    let run = world.run().await;
    let (spike, nan) = (12_345_u64, 20_000_u64);
    for (offset, from) in (0_u64..).zip((0..31_000_u64).step_by(500)) {
        let row = |step: u64| {
            let norm = match step {
                _ if step == spike => 26.0,
                _ if step == nan => f64::NAN,
                _ => 2.0,
            };
            Row { stream: StreamId(0), step, elapsed_secs: 0.0, values: vec![4.0, 4.0, norm, 1e-4] }
        };
        let batch = IngestBatch {
            offset_from: offset,
            offset_to: offset + 1,
            header: if from == 0 { header(0) } else { None },
            streams: if from == 0 { vec![stream()] } else { Vec::new() },
            rows: (from..from + 500).map(row).collect(),
            ..IngestBatch::default()
        };
        world.store.ingest(run, 1, &batch).await.unwrap();
    }
    for pixels in [1, 7, 300, 1_100, 1_440, 16_000] {
        let grid = Grid::new(0, 30_999, pixels);
        let view = View { names: vec![NAMES[2].to_owned()], grid, relative: true, superseded: false };
        let strips = world.store.viewport(run, &view).await.unwrap();
        let at = |step| &strips[0].columns[grid.column_of(step).unwrap()];
        assert_eq!(
            (at(spike).summary.max, at(spike).relative.max, at(spike).ratio),
            (26.0, 13.0, 6.5),
            "{pixels}"
        );
        assert_eq!(at(nan).summary.nonfinite, 1, "{pixels}");
        assert_eq!(strips[0].columns.iter().map(|column| column.summary.nonfinite).sum::<u64>(), 1);
        assert_eq!(strips[0].columns.iter().map(|column| column.summary.count).sum::<u64>(), 31_000);
    }
}
