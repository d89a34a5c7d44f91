//! Adding runs that Vitals did not train. Beside the row that every run has stands where it came from, and its own free
//! configuration; of parameters it has none.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sqlx::SqliteConnection;
use vitals_run::{Grounds, Imported, RunState};

use crate::ids::{run_num, to_json};
use crate::runs::NewRun;
use crate::{Result, RunId, Store, UnixMillis};

/// The point that migration 11 made for all of them: without parameters none can be told from another.
const POINT: &str = "imported";

/// An imported run to add.
#[derive(Debug, Clone, PartialEq)]
pub struct NewImport {
    /// Given when it comes back from its folder; else a new id is made.
    pub id: Option<RunId>,
    pub label: String,
    /// One more than its last step.
    pub steps: u64,
    pub imported: Imported,
    pub state: RunState,
    pub evidence: Grounds,
}

/// What adding an import came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddedImport {
    pub run: RunId,
    /// It was not there before; a run of the id given is left as it is.
    pub is_new: bool,
}

impl Store {
    /// Adds an imported run.
    pub async fn insert_import(&self, new: &NewImport, now: UnixMillis) -> Result<AddedImport> {
        let run = NewRun {
            id: new.id,
            point: POINT.to_owned(),
            seed: 0,
            recipe: Value::Object(Map::new()),
            probed: None,
            axes: BTreeMap::new(),
            label: new.label.clone(),
            priority: 0,
            total_steps: Some(new.steps),
            state: new.state,
            evidence: new.evidence.clone(),
        };
        let mut tx = self.begin().await?;
        let inserted = crate::runs::insert_into(&mut tx, None, &[run], now).await?;
        if let Some(&run) = inserted.existing.first() {
            return Ok(AddedImport { run, is_new: false });
        }
        let run = inserted.added[0];
        keep(&mut tx, run, &new.imported).await?;
        tx.commit().await?;
        Ok(AddedImport { run, is_new: true })
    }
}

async fn keep(tx: &mut SqliteConnection, run: RunId, imported: &Imported) -> Result<()> {
    let num = run_num(&mut *tx, run).await?;
    let source = to_json("a source", &imported.source)?;
    let config = to_json("a configuration", &imported.config)?;
    sqlx::query!(
        "INSERT INTO imports (run_num, source, original_id, config) VALUES (?, ?, ?, ?)",
        num,
        source,
        imported.original_id,
        config
    )
    .execute(tx)
    .await?;
    Ok(())
}
