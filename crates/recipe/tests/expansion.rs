//! From sweep files to points.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;
use vitals_recipe::{DatasetFacts, Schedule, sweep};

fn nothing(_: &str) -> Option<DatasetFacts> {
    None
}

fn expand(text: &str) -> sweep::Expansion {
    let sweep = sweep::parse(text, "fig5.toml").expect("the text is sound");
    let expansion = sweep.expand(&nothing);
    assert_eq!(expansion.errors, []);
    expansion
}

/// The example of the contract, section 2.
const CONTRACT: &str = r#"
format = 1
name = "Frozen or learned patch projection"
description = "Figure 5 at small scale"
seeds = [0, 1, 2]

[recipe]
preset = "mocov3_vit_micro"
dataset = "fashion-mnist"
max_steps = 600

[[axis]]
parameter = "base_learning_rate"
values = [0.5e-4, 1.0e-4, 1.5e-4]

[[axis]]
parameter = "frozen_patch_projection"
values = [false, true]

[[axis]]
zip = { optimizer = ["adamw", "lamb"], weight_decay = [0.1, 1e-3] }

[[exclude]]
optimizer = "lamb"
base_learning_rate = 1.5e-4

[objective]
metric = "knn_top1"
goal = "maximize"
"#;

#[test]
fn the_example_of_the_contract() {
    let expansion = expand(CONTRACT);
    assert_eq!((expansion.runs, expansion.excluded), (30, 2));
    let rows: Vec<String> = expansion
        .points
        .iter()
        .map(|point| {
            let recipe = &point.recipe;
            let Schedule { steps_per_epoch, total_steps, .. } = point.schedule.unwrap();
            format!(
                "{} | lr {:e} eps {:e} wd {} | {steps_per_epoch} {total_steps} | {}",
                point.run_label(1),
                point.effective_learning_rate,
                recipe.epsilon,
                recipe.weight_decay,
                serde_json::to_string(&point.axes).unwrap(),
            )
        })
        .collect();
    insta::assert_snapshot!(rows.join("\n"));
    let ids: BTreeSet<&str> = expansion.points.iter().map(|point| point.id.as_str()).collect();
    assert_eq!(ids.len(), 10);
    assert_eq!(expansion.points[0].recipe_with_seed(2).seed, 2);
}

#[test]
fn unknown_data_sets_leave_steps_unknown_without_an_error() {
    let text = "format = 1\n[recipe]\npreset = \"mocov3_vit_small\"\ndataset = \"my-photos\"\n";
    assert_eq!(expand(text).points[0].schedule, None);
    let sweep = sweep::parse(text, "x.toml").unwrap();
    let facts = |name: &str| {
        Some(DatasetFacts {
            name: name.to_owned(),
            images: 81_920,
            classes: 2,
            labelled: true,
            image_size: None,
        })
    };
    let schedule = sweep.expand(&facts).points[0].schedule.unwrap();
    assert_eq!((schedule.steps_per_epoch, schedule.total_steps, schedule.warmup_steps), (20, 6_000, 800.0));
}

#[test]
fn seeds_can_be_counted_listed_or_left_out() {
    let seeds = |line: &str| {
        expand(&format!("format = 1\n{line}\n[recipe]\npreset = \"mocov3_vit_micro\"\n")).points[0]
            .seeds
            .clone()
    };
    assert_eq!(seeds("seeds = 3"), [0, 1, 2]);
    assert_eq!(seeds("seeds = [5, 2]"), [5, 2]);
    assert_eq!(seeds(""), [0]);
    let single = expand("format = 1\n[recipe]\npreset = \"mocov3_vit_micro\"\nseed = 9\n");
    assert_eq!((single.points[0].seeds.clone(), single.points[0].recipe.seed), (vec![9], 9));
    assert_eq!(single.points[0].label, "run");
}

#[test]
fn a_value_written_differently_is_the_same_point() {
    let point = |values: &str| {
        let text = format!(
            "format = 1\n[recipe]\npreset = \"mocov3_vit_micro\"\n[[axis]]\nparameter = \"weight_decay\"\nvalues = [{values}]\n"
        );
        expand(&text).points[0].id.clone()
    };
    assert_eq!(point("1"), point("1.0"));
    assert_eq!(point("1e-1"), point("0.1"));
    assert_ne!(point("0.1"), point("0.10001"));
}

#[test]
fn ranges_of_all_kinds_include_both_ends() {
    let values = |line: &str| -> Vec<serde_json::Value> {
        let text = format!("format = 1\n[recipe]\npreset = \"mocov3_vit_micro\"\n[[axis]]\n{line}\n");
        expand(&text).points.iter().map(|point| point.axes.values().next().unwrap().clone()).collect()
    };
    let log = values("parameter = \"base_learning_rate\"\nlog = { from = 1e-5, to = 1e-3, count = 3 }");
    assert_eq!(log, [json!(1e-5), json!(1e-4), json!(1e-3)]);
    let linear = values("parameter = \"temperature\"\nlinear = { from = 0.1, to = 0.3, count = 3 }");
    assert_eq!(linear, [json!(0.1), json!(0.2), json!(0.3)]);
    let range = values("parameter = \"batch_size\"\nrange = { from = 64, to = 256, step = 96 }");
    assert_eq!(range, [json!(64), json!(160), json!(256)]);
    let rounded = values("parameter = \"batch_size\"\nlog = { from = 64, to = 256, count = 4 }");
    assert_eq!(rounded, [json!(64), json!(102), json!(161), json!(256)]);
}

#[test]
fn a_sample_is_seeded_distinct_and_in_file_order() {
    let labels = |count: u32, seed: u32| -> Vec<String> {
        let text = format!(
            "format = 1\n[recipe]\npreset = \"mocov3_vit_micro\"\n\
             [[axis]]\nparameter = \"weight_decay\"\nlinear = {{ from = 0.0, to = 1.0, count = 11 }}\n\
             [[axis]]\nparameter = \"frozen_patch_projection\"\nvalues = [true, false]\n\
             [sample]\ncount = {count}\nseed = {seed}\n"
        );
        expand(&text).points.into_iter().map(|point| point.label).collect()
    };
    let all = labels(22, 0);
    let some = labels(7, 0);
    assert_eq!(some, labels(7, 0));
    assert_ne!(some, labels(7, 1));
    assert_eq!(some.iter().collect::<BTreeSet<_>>().len(), 7);
    let mut rest = all.iter();
    assert!(some.iter().all(|label| rest.any(|other| other == label)), "in file order: {some:?}");
    let five_of_a_kind: usize = (0..200).map(|seed| usize::from(labels(11, seed).contains(&all[3]))).sum();
    assert!(
        (70..130).contains(&five_of_a_kind),
        "half of the grid takes each point half of the time: {five_of_a_kind}"
    );
}

#[test]
fn exclusions_may_name_a_parameter_that_no_axis_sets() {
    let text = "format = 1\n[recipe]\npreset = \"mocov3_vit_micro\"\n[[axis]]\nparameter = \"optimizer\"\nvalues = [\"adamw\", \"lamb\", \"lars\"]\n\
                [[exclude]]\nepsilon = 1e-6\n[[exclude]]\noptimizer = [\"lars\", \"sgd\"]\ndepth = 4\n";
    let labels: Vec<String> = expand(text).points.into_iter().map(|point| point.label).collect();
    assert_eq!(labels, ["adamw"]);
}

#[test]
fn exclusions_take_bounds_lists_and_several_parameters() {
    let labels = |exclude: &str| -> Vec<String> {
        let text = format!(
            "format = 1\n[recipe]\npreset = \"mocov3_vit_micro\"\n[[axis]]\nparameter = \"optimizer\"\nvalues = [\"adamw\", \"lamb\"]\n\
             [[axis]]\nparameter = \"base_learning_rate\"\nvalues = [1e-3, 1e-2, 1e-1]\n[[exclude]]\n{exclude}\n"
        );
        expand(&text).points.into_iter().map(|point| point.label).collect()
    };
    let without = |gone: &[&str]| -> Vec<String> {
        let all = ["adamw-lr1e-3", "adamw-lr0.01", "adamw-lr0.1", "lamb-lr1e-3", "lamb-lr0.01", "lamb-lr0.1"];
        all.into_iter().filter(|label| !gone.contains(label)).map(str::to_owned).collect()
    };
    let rate = "base_learning_rate";
    let lamb = "optimizer = \"lamb\"";
    let table = [
        (format!("{lamb}\n{rate} = {{ from = 1e-2 }}"), &["lamb-lr0.01", "lamb-lr0.1"][..]),
        (format!("{lamb}\n{rate} = {{ above = 1e-2 }}"), &["lamb-lr0.1"]),
        (format!("{lamb}\n{rate} = {{ to = 1e-2 }}"), &["lamb-lr1e-3", "lamb-lr0.01"]),
        (format!("{lamb}\n{rate} = {{ below = 1e-2 }}"), &["lamb-lr1e-3"]),
        (format!("{lamb}\n{rate} = {{ above = 1e-3, below = 1e-1 }}"), &["lamb-lr0.01"]),
        (format!("{lamb}\n{rate} = {{ not = [1e-3, 1e-1] }}"), &["lamb-lr0.01"]),
        (format!("{lamb}\n{rate} = [1e-3, 1e-1]"), &["lamb-lr1e-3", "lamb-lr0.1"]),
        (format!("optimizer = {{ not = \"adamw\" }}\n{rate} = 1e-1"), &["lamb-lr0.1"]),
        (format!("depth = {{ from = 4 }}\n{rate} = 1e-1"), &["adamw-lr0.1", "lamb-lr0.1"]),
    ];
    for (exclude, gone) in table {
        assert_eq!(labels(&exclude), without(gone), "{exclude}");
    }
}

#[test]
fn an_excluded_point_may_be_impossible() {
    let text = "format = 1\n[recipe]\npreset = \"mocov3_vit_micro\"\n[[axis]]\nparameter = \"patch_size\"\nvalues = [4, 5]\n[[exclude]]\npatch_size = 5\n";
    assert_eq!(expand(text).runs, 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Runs = product of the axes − excluded, × seeds, against a count by hand.
    #[test]
    fn runs_are_the_product_without_the_excluded_times_seeds(
        rates in 1usize..6, decays in 1usize..5, seeds in 1u64..4,
        excluded in proptest::collection::btree_set((0usize..7, 0usize..6), 0..5),
    ) {
        let list = |count: usize| (1..=count).map(|index| format!("{index}e-3")).collect::<Vec<_>>().join(", ");
        let mut text = format!(
            "format = 1\nseeds = {seeds}\n[recipe]\npreset = \"mocov3_vit_micro\"\n\
             [[axis]]\nparameter = \"base_learning_rate\"\nvalues = [{}]\n\
             [[axis]]\nparameter = \"weight_decay\"\nvalues = [{}]\n", list(rates), list(decays));
        for (rate, decay) in &excluded {
            text += &format!("[[exclude]]\nbase_learning_rate = {}e-3\nweight_decay = {}e-3\n", rate + 1, decay + 1);
        }
        let hit = excluded.iter().filter(|(rate, decay)| *rate < rates && *decay < decays).count();
        let expansion = sweep::check(&text, "x.toml", &nothing);
        prop_assert_eq!(expansion.runs, (rates * decays - hit) as u64 * seeds);
        prop_assert_eq!(expansion.points.len(), rates * decays - hit);
        prop_assert_eq!(expansion.excluded, hit as u64);
        prop_assert_eq!(expansion.warnings.len(), excluded.len() - hit);
        prop_assert_eq!(expansion.errors.len(), usize::from(hit == rates * decays));
    }

    #[test]
    fn any_text_is_read_or_refused_at_a_place_inside_it(text in "(?s).{0,200}") {
        all_places_lie_inside(&text)?;
    }

    /// Lines of a sweep file in any order and number, some of them damaged.
    #[test]
    fn scrambled_sweeps_never_crash(
        lines in proptest::collection::vec(0usize..CONTRACT.len() / 16, 0..25), cut in 0usize..40,
    ) {
        let known: Vec<&str> = CONTRACT.lines().collect();
        let mut text: String = lines.iter().map(|index| format!("{}\n", known[index % known.len()])).collect();
        text.truncate(text.floor_char_boundary(text.len().saturating_sub(cut)));
        all_places_lie_inside(&text)?;
    }
}

fn all_places_lie_inside(text: &str) -> Result<(), TestCaseError> {
    let expansion = sweep::check(text, "any.toml", &nothing);
    let findings: Vec<_> = expansion.findings().collect();
    for finding in &findings {
        prop_assert!(finding.span.end <= text.len(), "{finding:?}");
        prop_assert!((1..=text.split('\n').count() as u32).contains(&finding.line), "{finding:?}");
        prop_assert!(finding.column >= 1);
    }
    let rendered = sweep::render(&findings, text, "any.toml", false);
    prop_assert_eq!(rendered.matches("any.toml:").count() >= findings.len(), true);
    Ok(())
}

/// Ten axes of a hundred values: 10²⁰ points.
fn endless(sample: &str) -> String {
    let names = [
        "base_learning_rate",
        "weight_decay",
        "temperature",
        "encoder_momentum",
        "beta1",
        "beta2",
        "epsilon",
        "momentum",
        "gradient_clip",
        "knn_temperature",
    ];
    let axis = |name: &&str| {
        let values: Vec<String> = (1..=100).map(|n| format!("{}e-3", n)).collect();
        format!("[[axis]]\nparameter = \"{name}\"\nvalues = [{}]\n", values.join(", "))
    };
    let axes: String = names.iter().map(axis).collect();
    format!(
        "format = 1\nname = \"Endless\"\nseeds = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n[recipe]\npreset = \"mocov3_vit_micro\"\n\
         dataset = \"fashion-mnist\"\n{axes}{sample}"
    )
}

#[test]
fn what_nobody_can_count_out_is_counted_right_and_sampled() {
    let sweep = sweep::parse(&endless(""), "endless.toml").expect("the text is sound");
    let expansion = sweep.expand(&nothing);
    let [error] = expansion.errors.as_slice() else { panic!("{:?}", expansion.errors) };
    assert_eq!(error.said.text, "the sweep has 1000000000000000000000 runs; at most 10000 are allowed");
    assert!(error.hint.as_ref().unwrap().text.contains("[sample]") && expansion.points.is_empty());

    let labels = |seed: u32, exclude: &str| -> Vec<String> {
        let sample = format!("{exclude}[sample]\ncount = 5\nseed = {seed}\n");
        let expansion = expand(&endless(&sample));
        assert_eq!(expansion.runs, 50);
        expansion.points.into_iter().map(|point| point.label).collect()
    };
    let drawn = labels(0, "");
    assert_eq!(drawn, labels(0, ""), "seeded");
    assert_ne!(drawn, labels(1, ""));
    assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), 5);
    let kept = labels(0, "[[exclude]]\nweight_decay = { above = 0.0505 }\n");
    assert_eq!(kept.len(), 5);

    let many = sweep::parse(&endless("[sample]\ncount = 5000\n"), "endless.toml").expect("the text is sound");
    let said = &many.expand(&nothing).errors[0].said.text;
    assert_eq!(said, "the sweep has 50000 runs; at most 10000 are allowed");
}
