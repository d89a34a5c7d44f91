//! The stability map over runs of a real store: which runs share a cell, n, mean and spread in it, failures on their own, leads.

use serde_json::{Value, json};
use vitals_api::dto::{ColumnHolds, ErrorCode, MapBy, MapCell, Number, StabilityMap};
use vitals_api::foreign::{About, Origin, record};
use vitals_api::stability_map::map;
use vitals_api::{Evidence, Happening, RunId, RunState};
use vitals_journal::Column;
use vitals_recipe::Recipe;
use vitals_run::{Event, Spike, SpikeLayer};

use crate::decide::{Made, run};
use crate::world::World;

async fn of(world: &World, asked: MapBy) -> StabilityMap {
    map(&world.context, &asked).await.unwrap()
}

/// The cell of these values, in the order of the map's names.
fn cell<'a>(map: &'a StabilityMap, key: &[Value]) -> &'a MapCell {
    let key: Vec<Option<Value>> = key.iter().cloned().map(Some).collect();
    map.cells.iter().find(|cell| cell.key == key).unwrap()
}

/// Three frozen runs, three learned ones of which one failed and one ended as NaN, and one learned with a larger batch.
pub async fn seven() -> World {
    let world = World::new().await;
    let larger: fn(&mut Recipe) = |recipe| recipe.batch_size = 512;
    let same: fn(&mut Recipe) = |_| ();
    for (frozen, seed, last, ended, change) in [
        (true, 0, 0.5, RunState::Finished, same),
        (true, 1, 0.6, RunState::Finished, same),
        (true, 2, 0.7, RunState::Running, same),
        (false, 0, 0.4, RunState::Finished, same),
        (false, 1, f64::NAN, RunState::Finished, same),
        (false, 2, 0.9, RunState::Failed, same),
        (false, 0, 0.2, RunState::Finished, larger),
    ] {
        run(&world, Made { frozen, seed, values: vec![0.1, last], ended, change }).await;
    }
    world
}

#[tokio::test]
async fn a_cell_has_n_mean_and_spread_and_counts_its_failures() {
    let world = seven().await;
    let map = of(&world, MapBy::default()).await;
    let names: Vec<(&str, bool)> = map.names.iter().map(|name| (name.name.as_str(), name.follows)).collect();
    assert_eq!(names, [("batch_size", false), ("frozen_patch_projection", false)]);
    assert_eq!(
        (map.metric.as_str(), map.holds, map.objective.as_ref()),
        ("knn_top1.last", ColumnHolds::Share, None)
    );
    assert_eq!(
        (map.cells.len(), map.runs.len(), map.metrics.as_slice()),
        (3, 7, &["knn_top1".to_owned(), "loss".to_owned()][..])
    );

    let frozen = cell(&map, &[json!(256), json!(true)]);
    let found = frozen.metric.unwrap();
    assert_eq!((frozen.runs, frozen.failed, found.n), (3, 0, 3));
    // By hand: s = 0.1, t(2) = 4.302653.
    let (low, high) = found.interval.unwrap();
    assert!((found.mean - 0.6).abs() < 1e-12 && (found.std.unwrap() - 0.1).abs() < 1e-12);
    let half = 4.302_653 * 0.1 / 3.0_f64.sqrt();
    assert!(
        (high - found.mean - half).abs() < 1e-6 && (found.mean - low - half).abs() < 1e-6,
        "{low} {high}"
    );

    // The one that failed was the best, and NaN is in no mean: neither is left out of the count.
    let learned = cell(&map, &[json!(256), json!(false)]);
    assert_eq!((learned.runs, learned.failed), (3, 1));
    let found = learned.metric.unwrap();
    assert_eq!((found.n, found.mean, found.std, found.interval), (1, 0.4, None, None));
    assert_eq!(cell(&map, &[json!(512), json!(false)]).metric.unwrap().n, 1);
    assert_eq!((learned.score, learned.lead), (None, None), "too short for a score, and without a spike");

    let of_cell = |run: &vitals_api::dto::MapRun| map.cells[run.cell as usize].key[1] == Some(json!(false));
    let failed: Vec<&str> = map.runs.iter().filter(|run| run.failed).map(|run| run.label.as_str()).collect();
    assert_eq!((failed, map.runs.iter().filter(|run| of_cell(run)).count()), (vec!["learned-s2"], 4));
    let nan = map.runs.iter().find(|run| run.metric == Some(Number::from(f64::NAN))).unwrap();
    assert_eq!((nan.label.as_str(), nan.seed), ("learned-s1", Some(1)));
}

#[tokio::test]
async fn another_metric_and_fewer_runs_are_asked_for() {
    let world = seven().await;
    let asked = |filter: &str, metric: Option<&str>| MapBy {
        filter: filter.to_owned(),
        metric: metric.map(str::to_owned),
        leads: false,
    };
    let best = of(&world, asked("batch_size = 256", Some("knn_top1.max"))).await;
    assert_eq!((best.names.len(), best.runs.len(), best.metric.as_str()), (1, 6, "knn_top1.max"));
    assert_eq!(cell(&best, &[json!(false)]).metric.unwrap().n, 2);
    assert!(of(&world, asked("seed = 99", None)).await.cells.is_empty());
    for (filter, metric) in [("seed = ", None), ("", Some("knn_top1")), ("", Some("knn_top1.lst"))] {
        let error = map(&world.context, &asked(filter, metric)).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidInput, "{error:?}");
    }
}

/// A run of two layers, whose spikes have these onsets in the projector, 100 steps apart; the patch projection moves at 0.
async fn spiked(world: &World, frozen: bool, ended: RunState, delays: &[u64]) -> RunId {
    let (context, store) = (&world.context, world.context.store());
    let mut recipe = Recipe::preset("mocov3_vit_micro").unwrap();
    recipe.frozen_patch_projection = frozen;
    let about = About {
        origin: Origin::StandIn(Box::new(recipe)),
        label: "spiked".to_owned(),
        steps: 2_000,
        evidence: Evidence::said("made"),
        note: String::new(),
        tag: "made".to_owned(),
    };
    let write = |journal: &vitals_journal::Writer| -> vitals_journal::Result<()> {
        let columns = ["patch_embed", "projector"].map(|layer| Column::f32(format!("grad_norm/{layer}"), ""));
        let stream = journal.stream("gradients", columns.into())?;
        journal.row(stream, 0, 0.5, &[1.0, 1.0])?;
        journal.row(stream, 999, 9.5, &[1.0, 1.0])
    };
    let run = record(context, about, write).await.unwrap().run;
    let layer = |layer: &str, onset: u64| SpikeLayer {
        layer: Some(layer.to_owned()),
        onset,
        onset_low: onset,
        onset_high: onset,
        peak_step: onset,
        peak_z: 9.0,
    };
    let spike = |(place, delay): (u64, &u64)| {
        let first = 100 * place;
        let layers = vec![layer("patch_embed", first), layer("projector", first + delay)];
        Event::new(
            first,
            None,
            Happening::Spike(Spike { peak_step: first, peak_z: 9.0, layers, open: false }),
        )
    };
    let events: Vec<Event> = (0..).zip(delays).map(spike).collect();
    store.add_events(run, 1, &events).await.unwrap();
    for state in [RunState::Queued, RunState::Starting, RunState::Running, ended] {
        store.set_state(run, state, Evidence::said("made"), context.now()).await.unwrap();
    }
    run
}

#[tokio::test]
async fn the_lead_of_a_cell_is_the_median_over_the_spikes_of_all_its_runs() {
    let world = World::new().await;
    // Two steps are no order, and so no lead.
    spiked(&world, false, RunState::Finished, &[4, 9, 2]).await;
    spiked(&world, false, RunState::Failed, &[20]).await;
    spiked(&world, true, RunState::Finished, &[1]).await;
    let asked = |leads: bool| MapBy { leads, ..MapBy::default() };
    let map = of(&world, asked(true)).await;
    let learned = cell(&map, &[json!(false)]);
    let lead = learned.lead.unwrap();
    assert_eq!((lead.median, lead.low, lead.high, lead.spikes), (9.0, 4.0, 20.0, 3));
    assert_eq!(cell(&map, &[json!(true)]).lead, None);
    let mut leads: Vec<Option<f64>> = map.runs.iter().map(|run| run.lead).collect();
    leads.sort_by(|a, b| a.partial_cmp(b).unwrap());
    assert_eq!(leads, [None, Some(6.5), Some(20.0)]);
    // Three spikes in a thousand steps; the run that failed is in no mean.
    let rate = learned.spikes_per_1000_steps.unwrap();
    assert_eq!((rate.mean, rate.n, learned.failed), (3.0, 1, 1));
    assert!(of(&world, asked(false)).await.cells.iter().all(|cell| cell.lead.is_none()));
}
