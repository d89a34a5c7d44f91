//! Every field of the filter language finds a run that has it, through rows of a real store; what is no name is an error
//! that says what to write instead, for conditions and for sorting.

use vitals_api::dto::{ErrorCode, RunsQuery};
use vitals_api::foreign::{About, Origin, record};
use vitals_api::{Evidence, RunId, RunState, runs, sweeps};
use vitals_journal::Column;
use vitals_recipe::query::Field;
use vitals_store::{NewRun, Probed};

use crate::world::World;

const SWEEP: &str = "format = 1\nname = \"Rates\"\n[recipe]\npreset = \"mocov3_vit_micro\"\n";

/// A run that works and has recorded its speed.
pub async fn fast_run(world: &World) -> RunId {
    let context = &world.context;
    let about = About {
        origin: Origin::stand_in(),
        label: "fast".to_owned(),
        steps: 600,
        evidence: Evidence::said("made"),
        note: "by hand".to_owned(),
        tag: "keep".to_owned(),
    };
    let write = |journal: &vitals_journal::Writer| -> vitals_journal::Result<()> {
        let stream = journal.stream("step", vec![Column::f64("images_per_second".to_owned(), "")])?;
        let evaluated = journal.stream("eval", vec![Column::f64("knn_top1".to_owned(), "")])?;
        // Long and often enough evaluated for a score.
        for step in 0..400 {
            journal.row(stream, step, 0.5 * (step + 1) as f64, &[512.0])?;
            if step % 20 == 0 {
                journal.row(evaluated, step, 0.5 * (step + 1) as f64, &[0.4 + step as f64 / 4000.0])?;
            }
        }
        Ok(())
    };
    let run = record(context, about, write).await.unwrap().run;
    for state in [RunState::Queued, RunState::Starting, RunState::Running] {
        context.store().set_state(run, state, Evidence::said("made"), context.now()).await.unwrap();
    }
    run
}

/// Such a run, and a cancelled probe of it that a sweep asked for.
async fn two_runs(world: &World) -> (RunId, RunId) {
    let (context, store) = (&world.context, world.context.store());
    let judged = fast_run(world).await;
    let (sweep, revision, points) = sweeps::add(context, SWEEP, "rates.toml").await.unwrap();
    let new = NewRun {
        id: None,
        point: points[0].id.clone(),
        seed: 0,
        recipe: serde_json::to_value(&points[0].recipe).unwrap(),
        probed: Some(Probed { run: judged, step: Some(1) }),
        axes: Default::default(),
        label: "probe".to_owned(),
        priority: 0,
        total_steps: Some(10),
        state: RunState::Queued,
        evidence: Evidence::said("queued").into(),
    };
    let probe = store.insert_runs(Some((sweep, revision)), &[new], context.now()).await.unwrap().added[0];
    store.set_state(probe, RunState::Cancelled, Evidence::said("made"), context.now()).await.unwrap();
    (judged, probe)
}

async fn found(world: &World, filter: &str, sort: &str) -> Vec<String> {
    let query = RunsQuery { filter: filter.to_owned(), sort: sort.to_owned(), limit: None, offset: None };
    let page =
        runs::list(&world.context, &query).await.map_err(|error| format!("{filter}: {error}")).unwrap();
    page.runs.into_iter().map(|run| run.label).collect()
}

#[tokio::test]
async fn each_field_has_its_value() {
    let world = World::new().await;
    let (judged, probe) = two_runs(&world).await;
    let point = world.context.store().run(judged).await.unwrap().trained().unwrap().point.clone();
    for &field in Field::ALL {
        let (condition, expected) = match field {
            Field::Id => (format!("id = {judged}"), "fast"),
            Field::Label => ("label = probe".to_owned(), "probe"),
            Field::Sweep => ("sweep ~ \"-\"".to_owned(), "probe"),
            Field::SweepName => ("sweep_name = Rates".to_owned(), "probe"),
            Field::Probed => (format!("probed = {judged}"), "probe"),
            Field::Point => (format!("point = {point} and label = fast"), "fast"),
            Field::State => ("state = running".to_owned(), "fast"),
            Field::Evidence => ("evidence = made and label = probe".to_owned(), "probe"),
            Field::Attempt => ("attempt = 1".to_owned(), "fast"),
            Field::Tag => ("tag = keep".to_owned(), "fast"),
            Field::Note => ("note ~ hand".to_owned(), "fast"),
            Field::Stability => ("stability >= 0 and label = fast".to_owned(), "fast"),
            Field::Step => ("step = 400".to_owned(), "fast"),
            Field::TotalSteps => ("total_steps = 600".to_owned(), "fast"),
            // 200 steps of 256 images at 512 images a second.
            Field::EtaSeconds => ("eta_seconds = 100".to_owned(), "fast"),
            Field::ImagesPerSecond => ("images_per_second = 512".to_owned(), "fast"),
            // 3e-3 for 256 images, at a batch of 256.
            Field::EffectiveLearningRate => {
                ("effective_learning_rate = 3e-3 and label = probe".to_owned(), "probe")
            }
            Field::CreatedAt => ("created_at >= 2026-01-01 and label = probe".to_owned(), "probe"),
            Field::StartedAt => ("started_at >= 2026-01-01".to_owned(), "fast"),
            Field::EndedAt => ("ended_at >= 2026-01-01".to_owned(), "probe"),
        };
        assert_eq!(found(&world, &condition, "").await, [expected], "{condition}");
        // Whatever has a value can be sorted by; runs without one come last.
        assert_eq!(found(&world, "", field.as_str()).await.len(), 2, "{}", field.as_str());
    }
    assert_eq!(found(&world, "", "total_steps").await, ["probe", "fast"]);
    assert_eq!(found(&world, "", "-total_steps").await, ["fast", "probe"]);
    assert_eq!(found(&world, "", "-probed").await, ["probe", "fast"]);
    assert_ne!(judged, probe);
}

#[tokio::test]
async fn what_is_no_name_is_an_error_by_kind_and_fields() {
    let world = World::new().await;
    let refused = async |filter: &str, sort: &str| {
        let query = RunsQuery { filter: filter.to_owned(), sort: sort.to_owned(), limit: None, offset: None };
        runs::list(&world.context, &query).await.unwrap_err()
    };
    let error = refused("state = running and optimzer = adamw", "").await;
    assert_eq!(error.code, ErrorCode::InvalidInput);
    assert_eq!(error.message, "filter, column 21: there is no `optimzer`");
    assert_eq!(error.hints, ["did you mean `optimizer`?"]);
    let told = serde_json::to_value(&error).unwrap();
    assert_eq!(told["told"]["kind"], "failure.filter");
    assert_eq!(told["told"]["fields"]["said"]["kind"], "query.unknown_name");
    assert_eq!(told["hints_told"][0]["fields"]["name"], "optimizer");
    assert_eq!(told["diagnostics"][0]["code"], "query.unknown_name");
    assert_eq!(told["diagnostics"][0]["fields"]["name"], "optimzer");
    assert_eq!(told["diagnostics"][0]["hint_told"]["kind"], "hint.did_you_mean");

    let error = refused("", "-stat").await;
    assert_eq!(
        (error.message.as_str(), error.code),
        ("sorting: there is no `stat`", ErrorCode::InvalidInput)
    );
    assert_eq!(error.hints, ["did you mean `state`?"]);
}

#[tokio::test]
async fn a_label_that_one_run_has_stands_for_its_id() {
    let world = World::new().await;
    let (judged, probe) = two_runs(&world).await;
    assert_eq!(runs::resolve(&world.context, "fast").await.unwrap(), judged);
    assert_eq!(runs::resolve(&world.context, "probe").await.unwrap(), probe);
    assert_eq!(runs::resolve(&world.context, "slow").await.unwrap_err().code, ErrorCode::NotFound);
    let again = fast_run(&world).await;
    let error = runs::resolve(&world.context, "fast").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Ambiguous);
    assert!(
        error.message.contains(&judged.to_string()) && error.message.contains(&again.to_string()),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_mean_of_last_values_is_met_and_sorted_by_however_seldom_they_come() {
    let world = World::new().await;
    let (fast, _) = two_runs(&world).await;
    let found = async |filter: &str, sort: &str| -> Vec<String> {
        let query = RunsQuery { filter: filter.to_owned(), sort: sort.to_owned(), ..RunsQuery::default() };
        runs::list(&world.context, &query).await.unwrap().runs.into_iter().map(|run| run.id).collect()
    };
    // Evaluated every twentieth step; the last three are 0.485, 0.49 and 0.495.
    let fast = vec![fast.to_string()];
    assert_eq!(found("knn_top1.mean3 > 0.4899 and knn_top1.mean3 < 0.4901", "").await, fast);
    assert_eq!(found("knn_top1.mean1 = 0.495 and knn_top1.best = 0.495", "").await, fast);
    // More than there are: all of them.
    assert_eq!(found("knn_top1.mean500 > 0.447 and knn_top1.mean500 < 0.448", "").await, fast);
    assert!(found("loss.mean3 > 0", "").await.is_empty(), "nobody has it");
    assert_eq!(found("", "-knn_top1.mean3").await.first(), fast.first());
}
