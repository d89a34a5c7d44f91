//! Shares of outcomes in closed form, of trees beside marginals cell by cell, and of columns of chance.

use proptest::prelude::*;

use super::*;

fn numbers(of: impl Iterator<Item = usize>) -> Values {
    Values::Numbers(of.map(|value| Some(value as f64)).collect())
}

/// A full grid over columns with so many levels each, repeated; the level of each run in each column.
fn grid(levels: &[usize], times: usize) -> Vec<Vec<usize>> {
    let all: usize = levels.iter().product();
    (0..all * times)
        .map(|run| {
            let mut rest = run;
            levels
                .iter()
                .map(|count| {
                    let level = rest % count;
                    rest /= count;
                    level
                })
                .collect()
        })
        .collect()
}

fn columns(runs: &[Vec<usize>]) -> Vec<Values> {
    (0..runs[0].len()).map(|at| numbers(runs.iter().map(|run| run[at]))).collect()
}

fn found(runs: &[Vec<usize>], mut of: impl FnMut(&[usize]) -> f64) -> Importance {
    let target: Vec<f64> = runs.iter().map(|run| of(run)).collect();
    importance(&columns(runs), &target, || true).unwrap()
}

fn share(of: &Importance, column: usize, with: Option<usize>) -> Share {
    *of.shares.iter().find(|share| share.column == column && share.with == with).unwrap()
}

#[test]
fn what_adds_up_is_shared_by_variances() {
    // Variances of 0…n−1 are (n²−1)/12: 4·3²·… by hand below; the third column does nothing.
    let runs = grid(&[4, 3, 3], 6);
    let told = found(&runs, |run| 3.0 * run[0] as f64 + 2.0 * run[1] as f64);
    let (a, b) = (9.0 * 15.0 / 12.0, 4.0 * 8.0 / 12.0);
    assert!((share(&told, 0, None).mean - a / (a + b)).abs() < 0.02, "{told:?}");
    assert!((share(&told, 1, None).mean - b / (a + b)).abs() < 0.02, "{told:?}");
    assert!(told.explained > 0.98, "{told:?}");
    assert!(share(&told, 0, None).is_clear && !share(&told, 2, None).is_clear, "{told:?}");
    assert!(told.shares.iter().all(|share| share.with.is_none()), "nothing beyond the sum: {told:?}");
    assert!(told.shares.is_sorted_by(|a, b| a.mean >= b.mean) && told.trees == TREES);
}

#[test]
fn what_multiplies_is_shared_with_the_pair() {
    // (x − m)(y − m) about a mean that is not 0: x·y over 0…3 each. E x = 1.5, Var x = 1.25.
    let runs = grid(&[4, 4], 12);
    let told = found(&runs, |run| (run[0] * run[1]) as f64);
    let (mean, variance): (f64, f64) = (1.5, 1.25);
    let single = mean * mean * variance;
    let both = variance * variance;
    let whole = 2.0 * single + both;
    for (column, with, expected) in [(0, None, single), (1, None, single), (0, Some(1), both)] {
        let one = share(&told, column, with);
        assert!((one.mean - expected / whole).abs() < 0.02 && one.is_clear, "{expected} {whole} {told:?}");
    }
    // Neither alone does anything: only the pair.
    let told = found(&runs, |run| if (run[0] < 2) == (run[1] < 2) { 1.0 } else { -1.0 });
    assert!(share(&told, 0, Some(1)).mean > 0.9 && share(&told, 0, None).mean < 0.06, "{told:?}");
}

/// Variance, and marginals averaged over all other columns, cell by cell.
fn slowly(tree: &Tree, columns: &[&Column]) -> Shares {
    let counts: Vec<usize> = columns.iter().map(|column| column.weights.len()).collect();
    let cells = grid(&counts, 1);
    let weight = |cell: &[usize], out: &[usize]| -> f64 {
        (0..columns.len()).filter(|at| !out.contains(at)).map(|at| columns[at].weights[cell[at]]).product()
    };
    let value = |cell: &[usize]| tree.value(|column| cell[column] as u8);
    let mean: f64 = cells.iter().map(|cell| weight(cell, &[]) * value(cell)).sum();
    let variance: f64 = cells.iter().map(|cell| weight(cell, &[]) * (value(cell) - mean).powi(2)).sum();
    let marginal = |fixed: &[usize]| -> f64 {
        let mut square = 0.0;
        let names: Vec<Vec<usize>> = grid(&fixed.iter().map(|at| counts[*at]).collect::<Vec<_>>(), 1);
        for name in names {
            let of =
                cells.iter().filter(|cell| fixed.iter().zip(&name).all(|(at, level)| cell[*at] == *level));
            let inner: f64 = of.map(|cell| weight(cell, fixed) * (value(cell) - mean)).sum();
            let outer: f64 =
                fixed.iter().zip(&name).map(|(at, level)| columns[*at].weights[*level]).product();
            square += outer * inner * inner;
        }
        square / variance
    };
    let single: Vec<f64> = (0..columns.len()).map(|at| marginal(&[at])).collect();
    let mut pairs = Vec::new();
    for b in 0..columns.len() {
        for a in 0..b {
            pairs.push(marginal(&[a, b]) - single[a] - single[b]);
        }
    }
    Shares { single, pairs }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn shares_are_those_of_marginals_cell_by_cell(seed in any::<u64>(), runs in 20..80_usize, ordered in any::<[bool; 4]>()) {
        let mut noise = Noise::new(seed);
        let own: Vec<Column> = ordered.into_iter().zip([2_u64, 3, 4, 5])
            .map(|(ordered, levels)| {
                let drawn: Vec<usize> = (0..runs).map(|_| (noise.bits() % levels) as usize).collect();
                Column::new(drawn.into_iter(), ordered)
            })
            .collect();
        let columns: Vec<&Column> = own.iter().collect();
        let target: Vec<f64> = (0..runs).map(|_| noise.normal()).collect();
        let mut drawn: Vec<usize> = (0..runs).collect();
        let tree = Tree::grow(&Grown { columns: &columns, target: &target }, &mut drawn, 3, &mut noise);
        if let Some(fast) = shares(&tree, &columns) {
            let slow = slowly(&tree, &columns);
            for (fast, slow) in fast.single.iter().zip(&slow.single).chain(fast.pairs.iter().zip(&slow.pairs)) {
                prop_assert!((fast - slow).abs() < 1e-9, "{} {}", fast, slow);
            }
            let all: f64 = fast.single.iter().chain(&fast.pairs).sum();
            prop_assert!(all < 1.0 + 1e-9);
        }
    }
}

#[test]
fn a_leaf_is_the_mean_of_its_runs_and_small_ones_are_not_made() {
    let target = [0.0, 0.0, 1.0, 10.0, 11.0, 12.0, 10.0];
    let column = Column::new([0, 0, 0, 1, 1, 1, 2].into_iter(), true);
    let mut runs: Vec<usize> = (0..7).collect();
    let tree = Tree::grow(&Grown { columns: &[&column], target: &target }, &mut runs, 1, &mut Noise::new(1));
    assert!((tree.value(|_| 0) - 1.0 / 3.0).abs() < 1e-12);
    assert!((tree.value(|_| 1) - 43.0 / 4.0).abs() < 1e-12 && tree.value(|_| 1) == tree.value(|_| 2));
    // Words are parted by what they come to, whatever their order.
    let words = Column::new([0, 0, 0, 1, 1, 1, 2, 2, 2].into_iter(), false);
    let target = [5.0, 5.0, 5.0, 0.0, 0.0, 0.0, 5.1, 5.1, 5.1];
    let mut runs: Vec<usize> = (0..9).collect();
    let tree = Tree::grow(&Grown { columns: &[&words], target: &target }, &mut runs, 1, &mut Noise::new(1));
    assert_eq!([0, 1, 2].map(|level| tree.value(|_| level)), [5.0, 0.0, 5.1]);
}

#[test]
fn a_column_of_chance_is_seldom_told_from_the_reference() {
    let mut noise = Noise::new(8);
    let (mut clear, mut of) = (0, 0);
    for _ in 0..12 {
        let runs: Vec<Vec<usize>> = (0..60)
            .map(|_| [6, 2, 4, 12].iter().map(|levels| (noise.bits() % levels) as usize).collect())
            .collect();
        let drawn: Vec<f64> = runs.iter().map(|run| run[0] as f64 + noise.normal()).collect();
        let told = importance(&columns(&runs), &drawn, || true).unwrap();
        assert!(share(&told, 0, None).is_clear && told.explained > 0.4, "{told:?}");
        let others = told.shares.iter().filter(|share| share.column != 0 || share.with.is_some());
        others.for_each(|share| {
            of += 1;
            clear += usize::from(share.is_clear);
        });
    }
    assert!(of >= 36 && clear <= 1, "{clear} of {of}");
}

#[test]
fn of_noise_nothing_is_explained() {
    let mut noise = Noise::new(9);
    let runs = grid(&[4, 4], 5);
    let told = found(&runs, |_| noise.normal());
    assert!(told.explained < ENOUGH_EXPLAINED, "{told:?}");
    assert_eq!(importance(&columns(&runs), &vec![1.0; runs.len()], || true), None);
    assert_eq!(
        importance(&[numbers((0..40).map(|_| 1))], &(0..40).map(f64::from).collect::<Vec<_>>(), || true),
        None
    );
    let mut left = 5;
    let stopped = importance(&columns(&runs), &(0..80).map(f64::from).collect::<Vec<_>>(), || {
        left -= 1;
        left > 0
    });
    assert_eq!((stopped, left), (None, 0));
}

#[test]
fn ten_thousand_runs_say_the_same_each_time() {
    let mut noise = Noise::new(10);
    let runs: Vec<Vec<usize>> =
        (0..10_000).map(|_| (0..6).map(|_| (noise.bits() % 6) as usize).collect()).collect();
    let target: Vec<f64> = runs.iter().map(|run| (run[0] * run[1]) as f64 + noise.normal()).collect();
    let one = importance(&columns(&runs), &target, || true).unwrap();
    assert_eq!(importance(&columns(&runs), &target, || true).unwrap(), one);
    assert!(share(&one, 0, Some(1)).is_clear, "{one:?}");
}
