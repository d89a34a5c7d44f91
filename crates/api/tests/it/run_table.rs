//! The table of runs: columns of choice, groups, words, and the views that are kept.

use vitals_api::dto::{ColumnHolds, GroupCell, NameOf, Number, RunCell, RunTable, RunTableBy, SavedView};
use vitals_api::run_table::{names, remove_view, save_view, table, views};
use vitals_api::{Evidence, RunState, sweeps};
use vitals_store::NewRun;

use crate::decide::{Made, run};
use crate::world::World;

fn by(filter: &str, columns: &[&str], group: &[&str], sort: &str) -> RunTableBy {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    RunTableBy {
        filter: filter.to_owned(),
        sort: sort.to_owned(),
        columns: owned(columns),
        group: owned(group),
    }
}

/// Two frozen runs, and three learned ones, the last of which failed.
async fn five() -> World {
    let world = World::new().await;
    for (frozen, seed, last, ended) in [
        (true, 0, 0.5, RunState::Finished),
        (true, 1, 0.7, RunState::Finished),
        (false, 0, 0.4, RunState::Finished),
        (false, 1, f64::NAN, RunState::Finished),
        (false, 2, 0.9, RunState::Failed),
    ] {
        run(&world, Made { frozen, seed, values: vec![0.1, last], ended, ..Made::default() }).await;
    }
    world
}

async fn of(world: &World, asked: &RunTableBy) -> RunTable {
    table(&world.context, asked).await.unwrap()
}

fn labels(table: &RunTable) -> Vec<&str> {
    table.rows.iter().map(|row| row.label.as_str()).collect()
}

#[tokio::test]
async fn columns_hold_what_runs_have() {
    let world = five().await;
    let asked = by(
        "",
        &["frozen_patch_projection", "knn_top1.last", "knn_top1.mean2", "spike.count", "tag"],
        &[],
        "seed",
    );
    let shown = of(&world, &asked).await;
    assert_eq!((shown.total, shown.words, shown.groups.len()), (5, false, 0));
    let holds: Vec<ColumnHolds> = shown.columns.iter().map(|column| column.holds).collect();
    use ColumnHolds::{Flag, Number as Num, Share, Words};
    assert_eq!(holds, [Flag, Share, Share, Num, Words]);
    let row = |label: &str| &shown.rows.iter().find(|row| row.label == label).unwrap().cells;
    let number = |value: f64| Some(RunCell::Number(Number::from(value)));
    assert_eq!(row("frozen-s1")[0], Some(RunCell::Flag(true)));
    assert_eq!((&row("frozen-s1")[1], &row("frozen-s1")[2]), (&number(0.7), &number((0.1 + 0.7) / 2.0)));
    assert_eq!(row("learned-s1")[1], number(f64::NAN));
    assert_eq!(row("frozen-s1")[4], Some(RunCell::Words(vec!["made".to_owned()])));
    let usual = of(&world, &RunTableBy::default()).await;
    let named: Vec<&str> = usual.columns.iter().map(|column| column.name.as_str()).collect();
    assert!(named.contains(&"state") && named.contains(&"knn_top1.best"), "{named:?}");
    let unknown = table(&world.context, &by("", &["optimiser"], &[], "")).await.unwrap_err();
    assert!(unknown.message.contains("optimiser"), "{}", unknown.message);
    assert!(table(&world.context, &by("", &[], &[], "nobody")).await.is_err());
}

/// A queued run of a sweep that is after this metric.
async fn queued(world: &World, name: &str, metric: &str) {
    let text = format!(
        "format = 1\nname = \"{name}\"\n[recipe]\npreset = \"mocov3_vit_micro\"\n[objective]\nmetric = \"{metric}\"\ngoal = \"minimize\"\n"
    );
    let (sweep, revision, points) =
        sweeps::add(&world.context, &text, &format!("{name}.toml")).await.unwrap();
    let new = NewRun {
        id: None,
        point: points[0].id.clone(),
        seed: 0,
        recipe: serde_json::to_value(&points[0].recipe).unwrap(),
        probed: None,
        axes: Default::default(),
        label: name.to_owned(),
        priority: 0,
        total_steps: Some(10),
        state: RunState::Queued,
        evidence: Evidence::said("queued").into(),
    };
    world.context.store().insert_runs(Some((sweep, revision)), &[new], world.context.now()).await.unwrap();
}

#[tokio::test]
async fn what_the_sweeps_are_after_is_among_the_first_columns() {
    let world = World::new().await;
    queued(&world, "falling", "loss").await;
    let usual = of(&world, &RunTableBy::default()).await;
    assert_eq!(usual.objective.as_deref(), Some("loss"));
    assert!(usual.columns.iter().any(|column| column.name == "loss.best"), "{:?}", usual.columns);
    queued(&world, "spread", "feature_std").await;
    let usual = of(&world, &RunTableBy::default()).await;
    assert_eq!(usual.objective, None, "they are after different ones");
    assert!(usual.columns.iter().all(|column| column.name != "loss.best"), "{:?}", usual.columns);
    let one = of(&world, &by("label = spread", &[], &[], "")).await;
    assert_eq!(one.objective.as_deref(), Some("feature_std"));
}

#[tokio::test]
async fn a_group_has_the_mean_of_what_did_not_fail() {
    let world = five().await;
    let asked = by(
        "",
        &["frozen_patch_projection", "seed", "knn_top1.last"],
        &["frozen_patch_projection"],
        "-knn_top1.last",
    );
    let shown = of(&world, &asked).await;
    assert_eq!(shown.groups.len(), 2);
    let [first, second] = [&shown.groups[0], &shown.groups[1]];
    assert_eq!((&first.key[0], first.runs, first.failed), (&Some(RunCell::Flag(true)), 2, 0));
    assert_eq!((&second.key[0], second.runs, second.failed), (&Some(RunCell::Flag(false)), 3, 1));
    assert_eq!(first.cells[0], GroupCell::Same { value: RunCell::Flag(true) });
    assert_eq!(first.cells[1], GroupCell::Several);
    let GroupCell::Mean { mean, std: Some(std), n: 2 } = first.cells[2] else {
        panic!("{:?}", first.cells[2])
    };
    assert!((mean - 0.6).abs() < 1e-12 && (std - 0.02_f64.sqrt()).abs() < 1e-12);
    // The one that failed was the best of all, and the one before it has no finite value.
    assert_eq!(second.cells[2], GroupCell::Mean { mean: 0.4, std: None, n: 1 });
    let places: Vec<Option<u32>> = shown.rows.iter().map(|row| row.group).collect();
    assert_eq!(places.iter().filter(|place| **place == Some(1)).count(), 3, "{places:?}");
    let other_way = of(&world, &RunTableBy { sort: "knn_top1.last".to_owned(), ..asked }).await;
    assert_eq!(other_way.groups[0].key[0], Some(RunCell::Flag(false)), "groups are sorted by their mean");
}

#[tokio::test]
async fn words_find_what_a_condition_would_refuse() {
    let world = five().await;
    let found = of(&world, &by("FROZEN made", &[], &[], "label")).await;
    assert!(found.words);
    assert_eq!(labels(&found), ["frozen-s0", "frozen-s1"]);
    assert_eq!(labels(&of(&world, &by("failed", &[], &[], "label")).await), ["learned-s2"]);
    assert!(of(&world, &by("frozen learned", &[], &[], "")).await.rows.is_empty());
    let condition = of(&world, &by("frozen_patch_projection = true and seed = 1", &[], &[], "")).await;
    assert_eq!((condition.words, labels(&condition)), (false, vec!["frozen-s1"]));
    let broken = table(&world.context, &by("seed = ", &[], &[], "")).await.unwrap_err();
    assert_eq!(broken.diagnostics.len(), 1, "{broken:?}");
}

#[tokio::test]
async fn names_come_with_the_values_that_runs_have() {
    let world = five().await;
    let all = names(&world.context).await.unwrap();
    let named = |name: &str| all.iter().find(|one| one.name == name).unwrap();
    let frozen = named("frozen_patch_projection");
    assert_eq!((frozen.of, frozen.runs), (NameOf::Parameter, 5));
    let values: Vec<(&RunCell, u64)> = frozen.values.iter().map(|one| (&one.value, one.runs)).collect();
    assert_eq!(values, [(&RunCell::Flag(false), 3), (&RunCell::Flag(true), 2)]);
    assert_eq!((named("knn_top1").of, named("knn_top1").runs), (NameOf::Metric, 5));
    let states = named("state");
    assert_eq!(states.values[0].value, RunCell::Text("finished".to_owned()));
    assert!(states.values.iter().any(|one| one.value == RunCell::Text("queued".to_owned()) && one.runs == 0));
    assert_eq!(named("tag").values[0].value, RunCell::Text("made".to_owned()));
}

#[tokio::test]
async fn a_view_is_kept_under_its_name_and_must_be_one_that_can_be_shown() {
    let world = five().await;
    let view = |name: &str, filter: &str| SavedView {
        name: name.to_owned(),
        filter: filter.to_owned(),
        sort: "-seed".to_owned(),
        columns: vec!["seed".to_owned()],
        group: Vec::new(),
    };
    assert!(views(&world.context).await.unwrap().is_empty());
    save_view(&world.context, view(" seeds ", "seed = 1")).await.unwrap();
    save_view(&world.context, view("all", "")).await.unwrap();
    let kept = save_view(&world.context, view("seeds", "seed = 2")).await.unwrap();
    assert_eq!(kept, [view("all", ""), view("seeds", "seed = 2")]);
    for (name, filter) in
        [("", ""), ("  ", ""), (&*"x".repeat(61), ""), ("odd", "seed ="), ("odd", "nobody = 1")]
    {
        save_view(&world.context, view(name, filter)).await.unwrap_err();
    }
    assert_eq!(views(&world.context).await.unwrap().len(), 2);
    assert_eq!(remove_view(&world.context, "seeds").await.unwrap(), [view("all", "")]);
    assert_eq!(remove_view(&world.context, "seeds").await.unwrap().len(), 1);
}
