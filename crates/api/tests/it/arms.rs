//! Curves of arms against plain sums over what was recorded: whatever is made of pyramids, of values or of both, each column tells of
//! exactly the values in it, and every seed counts once.

use vitals_api::dto::{ArmSeries, ArmsHeader, ArmsRequest, SeriesAsk, SeriesRequest};
use vitals_api::foreign::{About, Origin, record};
use vitals_api::{Context, Evidence, RunId, frames};
use vitals_journal::Column;
use vitals_series::{Grid, mean_interval};
use vitals_store::{Series, SeriesQuery};

use crate::world::World;

const NAMES: [&str; 2] = ["loss", "grad_norm"];
/// Steps of each run, and how far its rows lie apart.
const RUNS: [(u64, u64); 6] = [(5_000, 1), (4_321, 1), (2_999, 1), (5_000, 3), (90, 1), (5_000, 40)];

fn value(seed: u64, series: u64, step: u64) -> f64 {
    let mut mixed = (step + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (seed * 77 + series * 1013);
    mixed ^= mixed >> 29;
    mixed = mixed.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^= mixed >> 32;
    match mixed % 701 {
        0 => f64::NAN,
        1 => f64::INFINITY,
        2 => 1e6,
        _ => (mixed % 10_007) as f64 / 1e3 - 4.0,
    }
}

async fn run(context: &Context, seed: u64, (steps, stride): (u64, u64)) -> RunId {
    let about = About {
        origin: Origin::stand_in(),
        label: format!("seed {seed}"),
        steps,
        evidence: Evidence::said("made"),
        note: String::new(),
        tag: "test".to_owned(),
    };
    let write = move |journal: &vitals_journal::Writer| -> vitals_journal::Result<()> {
        let columns = NAMES.map(|name| Column::f64(name, "")).to_vec();
        let stream = journal.stream("step", columns)?;
        for step in (0..steps).step_by(usize::try_from(stride).unwrap()) {
            journal.row(stream, step, step as f64, &[value(seed, 0, step), value(seed, 1, step)])?;
        }
        Ok(())
    };
    record(context, about, write).await.unwrap().run
}

/// Step, n, mean, low, high, min, max and what is not finite of one column, and its values.
fn column(seeds: &[&Series], steps: std::ops::Range<u64>) -> Option<([f64; 8], u64)> {
    let (mut means, mut all) = (Vec::new(), Vec::new());
    let mut first_step = u64::MAX;
    for seed in seeds {
        let rows: Vec<usize> =
            (0..seed.steps.len()).filter(|&row| steps.contains(&seed.steps[row])).collect();
        let finite: Vec<f64> =
            rows.iter().map(|&row| seed.values[row]).filter(|value| value.is_finite()).collect();
        means.push(finite.iter().sum::<f64>() / finite.len() as f64);
        first_step = rows.iter().map(|&row| seed.steps[row]).fold(first_step, u64::min);
        all.extend(rows.iter().map(|&row| seed.values[row]));
    }
    if all.is_empty() {
        return None;
    }
    let finite = || all.iter().copied().filter(|value| value.is_finite());
    let interval = mean_interval(&means);
    let ends = interval.filter(|interval| interval.n >= 3);
    let told = [
        first_step as f64,
        interval.map_or(0.0, |interval| interval.n as f64),
        interval.map_or(f64::NAN, |interval| interval.mean),
        ends.map_or(f64::NAN, |interval| interval.low),
        ends.map_or(f64::NAN, |interval| interval.high),
        finite().reduce(f64::min).unwrap_or(f64::NAN),
        finite().reduce(f64::max).unwrap_or(f64::NAN),
        (all.len() - finite().count()) as f64,
    ];
    Some((told, all.len() as u64))
}

/// Means and what is made of them up to rounding, all else exactly.
fn same(found: &[f64], expected: &[f64; 8]) -> bool {
    let scale = expected.iter().filter(|one| one.is_finite()).fold(1.0_f64, |most, one| most.max(one.abs()));
    found.iter().zip(expected).enumerate().all(|(array, (a, b))| {
        let near = matches!(array, 2..=4) && (a - b).abs() <= 1e-9 * scale;
        a == b || near || (a.is_nan() && b.is_nan())
    })
}

#[tokio::test]
async fn each_column_of_an_arm_tells_of_exactly_the_values_in_it() {
    let world = World::new().await;
    let mut runs = Vec::new();
    for (seed, run_of) in (0..).zip(RUNS) {
        runs.push(run(&world.context, seed, run_of).await);
    }
    let mut recorded = Vec::new();
    for run in &runs {
        recorded.push(world.context.store().series(*run, &SeriesQuery::default()).await.unwrap());
    }
    // A run may count in two arms.
    let arms = [vec![4, 2, 0, 1], vec![3], vec![5, 0]];
    let of_arms: Vec<Vec<String>> =
        arms.iter().map(|arm| arm.iter().map(|&run| runs[run].to_string()).collect()).collect();
    let asked_of = arms.iter().map(Vec::len).sum::<usize>() * NAMES.len();
    for (from, to, columns) in [
        (None, None, 40),
        (None, None, 1_440),
        (Some(1_017.0), Some(3_999.0), 33),
        (Some(1_017.0), Some(1_333.0), 1_440),
        (Some(4_300.0), None, 7),
    ] {
        let series = NAMES.map(SeriesAsk::raw).to_vec();
        let request = ArmsRequest { arms: of_arms.clone(), series, from, to, columns };
        let bytes = frames::series(&world.context, &SeriesRequest::Arms { arms: request }).await.unwrap();
        let length = u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
        let header: ArmsHeader = serde_json::from_slice(&bytes[4..4 + length]).unwrap();
        let number = |at: usize| f64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
        let window = (from.map_or(0, |from: f64| from as u64), to.map_or(4_999, |to: f64| to as u64));
        assert_eq!((header.from, header.to), (window.0 as f64, window.1 as f64));
        let grid = Grid::for_series(asked_of, window.0, window.1, columns);
        let mut answers = header.series.iter();
        for (arm, members) in arms.iter().enumerate() {
            for name in NAMES {
                let seeds: Vec<&Series> = members
                    .iter()
                    .map(|&run| recorded[run].iter().find(|one| one.name == name).unwrap())
                    .collect();
                let answer: &ArmSeries = answers.next().unwrap();
                assert_eq!((answer.arm as usize, answer.name.as_str()), (arm, name));
                let rows = (0..grid.columns as u64).filter_map(|at| {
                    column(&seeds, grid.from + at * grid.stride..grid.from + (at + 1) * grid.stride)
                });
                let expected: Vec<([f64; 8], u64)> = rows.collect();
                assert_eq!(answer.columns as usize, expected.len(), "{name} {from:?} {to:?} {columns}");
                assert_eq!(answer.values, expected.iter().map(|(_, values)| values).sum::<u64>());
                for (row, (told, _)) in expected.iter().enumerate() {
                    let place =
                        |array: usize| answer.offset as usize + (array * answer.columns as usize + row) * 8;
                    let found: Vec<f64> = (0..8).map(|array| number(place(array))).collect();
                    assert!(same(&found, told), "{name} of {arm} in {columns}: {found:?} is not {told:?}");
                }
            }
        }
    }
}
