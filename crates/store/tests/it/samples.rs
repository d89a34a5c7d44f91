//! Databases as released versions left them: each opens, and its values are all there. A sample is written once, by
//! `cargo run -p vitals-store --example write_sample`, when its version is released, and never again.

use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use vitals_store::{Role, RunState, SeriesQuery, Store};

/// (version, hash of the sample's run), as the writer printed it.
const SAMPLES: [(u32, &str); 1] = [(5, "ebd3bcea5879f9a9e47cc3d77de31aa60b1f7bb6b8648c5838c2311d8928bf93")];

#[tokio::test]
async fn every_stored_sample_opens_with_all_its_values() {
    for (version, hash) in SAMPLES {
        let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/samples/v{version}.db.gz"));
        let mut bytes = Vec::new();
        GzDecoder::new(std::fs::File::open(packed).unwrap()).read_to_end(&mut bytes).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vitals.db");
        std::fs::write(&path, bytes).unwrap();

        let store = Store::open(&path, Role::Writer).await.unwrap();
        let run = store.resolve_run("0").await.unwrap();
        assert_eq!(store.run_hash(run).await.unwrap(), hash, "version {version}");
        let row = store.run(run).await.unwrap();
        assert_eq!((row.state, row.steps_done, row.label.as_str()), (RunState::Finished, 200, "sample"));
        assert_eq!(row.tags, ["kept"]);
        assert_eq!(store.events(run, &["spike"], true).await.unwrap().len(), 2);
        let query =
            SeriesQuery { names: vec!["loss".to_owned()], superseded: true, ..SeriesQuery::default() };
        assert_eq!(store.series(run, &query).await.unwrap()[0].values.len(), 250);
        assert_eq!(store.check_integrity(true).await.unwrap().problems, Vec::<String>::new());
    }
}
