//! Runs that Vitals did not train: what is known of them comes back, and nothing is told that was never known.

use serde_json::json;
use vitals_run::{Evidence, Imported, RunConfig, RunState, Source};
use vitals_store::{MetricChoice, NewImport, Origin, RunSelection, StoreError};

use crate::world::{NOW, World, new_run};

fn theirs(config: serde_json::Value) -> NewImport {
    NewImport {
        id: None,
        label: "theirs".to_owned(),
        steps: 20,
        imported: Imported {
            source: Source {
                kind: "csv".to_owned(),
                tool: Some("wandb".to_owned()),
                version: None,
                path: Some("/data/가.csv".to_owned()),
            },
            original_id: Some("vit-s".to_owned()),
            config: RunConfig::from_json(&config).unwrap(),
        },
        state: RunState::Lost,
        evidence: Evidence::said("imported").into(),
    }
}

#[tokio::test]
async fn what_is_known_comes_back_and_a_recipe_is_not_among_it() {
    let world = World::new().await;
    let new = theirs(
        json!({"optim": {"lr": 0.1, "name": "lars"}, "frozen": false, "seed": 18446744073709551615u64}),
    );
    let added = world.store.insert_import(&new, NOW).await.unwrap();
    assert!(added.is_new);
    let row = world.store.run(added.run).await.unwrap();
    assert_eq!(row.origin, Origin::Imported(new.imported.clone()));
    assert_eq!((row.parameters().unwrap().len(), row.recipe().unwrap(), row.trained()), (0, None, None));
    assert_eq!((row.total_steps, row.state, row.label.as_str()), (Some(20), RunState::Lost, "theirs"));
    let refused = row.resolved().unwrap_err();
    assert!(matches!(&refused, StoreError::Imported { id } if *id == row.id.to_string()), "{refused}");
    // Two of them are two runs, whatever they have in common; one of an id that is there is left as it is.
    let other = world.store.insert_import(&new, NOW).await.unwrap();
    assert!(other.is_new && other.run != added.run);
    let again = NewImport { id: Some(added.run), label: "other".to_owned(), ..new };
    assert!(!world.store.insert_import(&again, NOW).await.unwrap().is_new);
    assert_eq!(world.store.run(added.run).await.unwrap().label, "theirs");
}

#[tokio::test]
async fn imported_and_trained_runs_stand_beside_each_other() {
    let world = World::new().await;
    let imported = world.store.insert_import(&theirs(json!({})), NOW).await.unwrap().run;
    let trained = world.store.insert_runs(None, &[new_run("p", 3)], NOW).await.unwrap().added[0];
    let rows = world.store.runs(&RunSelection::All, &MetricChoice::None).await.unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row.id, row.trained().map(|trained| trained.seed))).collect();
    assert_eq!(told, [(trained, Some(3)), (imported, None)]);
    // What belongs to it goes with it.
    world.store.remove_run(imported).await.unwrap();
    assert_eq!(world.store.check_integrity(true).await.unwrap().problems, Vec::<String>::new());
}
