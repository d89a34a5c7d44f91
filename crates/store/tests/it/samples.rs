//! Databases as released versions left them: each opens, and its values are all there. A sample is written once, by
//! `cargo run -p vitals-store --example write_sample`, when its version is released, and never again; that of version 6 is
//! the one of version 5 as version 6 opened it, with a run of the api's `synthetic_run` ingested, and that of version 8 is
//! the one of version 6 as version 8 opened it. `v8-resnet` is that of version 8 with its long run's backbone named
//! `resnet50`, and `v10` is that of version 8 with migrations 9 and 10 and a run as
//! version 10 made it of a CSV file.

use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use vitals_run::{Evidence, RunState};
use vitals_series::{Grid, Piece};
use vitals_store::{Role, SeriesQuery, Store, View};

/// The sample's run and its hash, as the writer printed them.
const RUN: &str = "01a0c450-6c00-702e-8a2a-d576b918056d";
const HASH: &str = "ebd3bcea5879f9a9e47cc3d77de31aa60b1f7bb6b8648c5838c2311d8928bf93";
/// A synthetic run of 2,500 steps that version 6 ingested from its folder, and what it said of its hash.
const LONG_RUN: &str = "01a218ca-29b2-740f-bbb8-da23b6b49f23";
/// What version 10 made of a CSV file: the parameters of a preset, which it never had.
const CSV_RUN: &str = "01a2295c-5e80-7c11-9d1c-51b1b0e14a01";
const LONG_HASH: &str = "edcddae9da0d60b2978839fdeaa1d16230f382dbd8e4abe4770939f5ef0322ef";

/// Opens the sample of a version, which migrates it.
async fn sample(folder: &Path, version: &str) -> Store {
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/samples/v{version}.db.gz"));
    let mut bytes = Vec::new();
    GzDecoder::new(std::fs::File::open(packed).unwrap()).read_to_end(&mut bytes).unwrap();
    let path = folder.join("vitals.db");
    std::fs::write(&path, bytes).unwrap();
    Store::open(&path, Role::Writer).await.unwrap()
}

#[tokio::test]
async fn every_stored_sample_opens_with_all_its_values() {
    for version in ["5", "6", "8", "8-resnet", "10"] {
        let folder = tempfile::tempdir().unwrap();
        let store = sample(folder.path(), version).await;
        let run = store.resolve_run(RUN).await.unwrap();
        assert_eq!(store.run_hash(run).await.unwrap(), HASH, "version {version}");
        let row = store.run(run).await.unwrap();
        assert_eq!((row.state, row.steps_done, row.label.as_str()), (RunState::Finished, 200, "sample"));
        assert_eq!(row.tags, ["kept"]);
        // A version without kinds of evidence wrote it.
        assert_eq!((row.evidence.as_str(), row.evidence_code), ("exit 0", Evidence::said("exit 0")));
        assert_eq!(store.events(run, &["spike"], true).await.unwrap().len(), 2);
        let query =
            SeriesQuery { names: vec!["loss".to_owned()], superseded: true, ..SeriesQuery::default() };
        assert_eq!(store.series(run, &query).await.unwrap()[0].values.len(), 250);
        assert_eq!(store.check_integrity(true).await.unwrap().problems, Vec::<String>::new());
    }
}

#[tokio::test]
async fn imported_runs_lose_the_parameters_that_were_never_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let store = sample(folder.path(), "10").await;
    let path = |run: &str| {
        let store = store.clone();
        let run = run.to_owned();
        async move {
            let row = store.run(store.resolve_run(&run).await.unwrap()).await.unwrap();
            assert_eq!((row.parameters().unwrap().len(), row.recipe().unwrap()), (0, None), "{}", row.label);
            row.imported().map(|imported| (imported.source.kind.clone(), imported.source.path.clone()))
        }
    };
    assert_eq!(path(CSV_RUN).await, Some(("csv".to_owned(), Some("/data/theirs.csv".to_owned()))));
    // Read from its folder: where the file was is not known.
    assert_eq!(path(LONG_RUN).await, Some(("csv".to_owned(), None)));
    // A run that was trained keeps what it was trained by.
    let trained = store.run(store.resolve_run(RUN).await.unwrap()).await.unwrap();
    assert_eq!(trained.parameters().unwrap()["dataset"], "fashion-mnist");
    assert_eq!(trained.trained().map(|trained| trained.seed), Some(7));
}

#[tokio::test]
async fn runs_that_older_rules_judged_are_looked_through_anew_those_of_a_resnet_too() {
    let folder = tempfile::tempdir().unwrap();
    let store = sample(folder.path(), "8-resnet").await;
    let run = store.resolve_run(LONG_RUN).await.unwrap();
    let judged_by_older_rules = store.runs_to_detect().await.unwrap();
    assert_eq!(judged_by_older_rules, [run, store.resolve_run(RUN).await.unwrap()]);
    for run in judged_by_older_rules {
        store.detect_again(run).await.unwrap();
    }
    assert!(store.runs_to_detect().await.unwrap().is_empty());
    assert_eq!(store.run_hash(run).await.unwrap(), LONG_HASH);
}

#[tokio::test]
async fn rows_that_an_older_version_left_are_compacted_and_drawn_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let store = sample(folder.path(), "6").await;
    let run = store.resolve_run(LONG_RUN).await.unwrap();
    assert_eq!(store.runs_to_compact().await.unwrap(), [run]);
    let names = ["loss", "grad_norm/patch_embed", "grad_norm/predictor"].map(str::to_owned).to_vec();
    let drawn = async |pixels| {
        let view = View {
            names: names.clone(),
            grid: Grid::new(0, 2_499, pixels),
            relative: false,
            superseded: false,
        };
        let strips = store.viewport(run, &view).await.unwrap();
        let told = |piece: &Piece| {
            let all = piece.summary;
            (all.count, all.nonfinite, all.min.to_bits(), all.max.to_bits(), all.first_step, all.last_step)
        };
        strips.iter().flat_map(|strip| strip.columns.iter().map(told).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    let before = [drawn(50).await, drawn(1_440).await];
    let rounds = async {
        let mut rounds = 0;
        while store.compact(run).await.unwrap() {
            rounds += 1;
        }
        rounds
    };
    assert_eq!(rounds.await, 2, "one for each of the two long streams");
    assert!(store.runs_to_compact().await.unwrap().is_empty());
    assert_eq!([drawn(50).await, drawn(1_440).await], before);
    assert_eq!(store.run_hash(run).await.unwrap(), LONG_HASH);
    let found = store.check_integrity(true).await.unwrap();
    assert_eq!(found.problems, Vec::<String>::new());
    // Two chunks of a thousand rows: times and columns of `step` (3) and of `gradients` (6).
    assert_eq!(found.chunks, 2 * (1 + 3) + 2 * (1 + 6));
}
