//! What `doctor` asks of the database: SQLite's own check, foreign keys, and whether every stored blob decodes.

use crate::codec;
use crate::nodes;
use crate::summary::ShapeSummary;
use crate::{Result, Store};

/// The outcome of a check; whole when `problems` is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Integrity {
    pub row_groups: u64,
    pub chunks: u64,
    /// Size of the database file.
    pub database_bytes: u64,
    /// Sentences, at most a hundred.
    pub problems: Vec<String>,
}

const MOST_PROBLEMS: usize = 100;

impl Store {
    /// Checks the whole database; takes as long as reading it. `deep` decodes every blob.
    pub async fn check_integrity(&self, deep: bool) -> Result<Integrity> {
        let mut found = Integrity::default();
        let mut connection = self.reader().acquire().await?;
        let pages: (i64, i64) = (
            sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut *connection).await?,
            sqlx::query_scalar("PRAGMA page_size").fetch_one(&mut *connection).await?,
        );
        found.database_bytes = crate::ids::unsigned(pages.0 * pages.1);
        let answers: Vec<String> =
            sqlx::query_scalar("PRAGMA quick_check(100)").fetch_all(&mut *connection).await?;
        found.problems.extend(answers.into_iter().filter(|a| a != "ok"));
        let orphans: Vec<(String, Option<i64>, String, i64)> =
            sqlx::query_as("PRAGMA foreign_key_check").fetch_all(&mut *connection).await?;
        found
            .problems
            .extend(orphans.iter().map(|(table, _, parent, _)| format!("{table} names a missing {parent}")));
        if deep {
            self.check_blobs(&mut connection, &mut found).await?;
        }
        found.problems.truncate(MOST_PROBLEMS);
        Ok(found)
    }

    async fn check_blobs(
        &self,
        connection: &mut sqlx::SqliteConnection,
        found: &mut Integrity,
    ) -> Result<()> {
        let mut after = 0;
        // One at a time: a database may be larger than memory.
        while let Some(row) = sqlx::query!(
            "SELECT num, shape_num, row_count, data FROM row_groups WHERE num > ? ORDER BY num LIMIT 1",
            after
        )
        .fetch_optional(&mut *connection)
        .await?
        {
            after = row.num;
            found.row_groups += 1;
            let shape = self.shapes.get(&mut *connection, row.shape_num).await?;
            match codec::decode(&row.data, None) {
                Err(error) => found.problems.push(format!("row group {}: {error}", row.num)),
                Ok(group) => {
                    let rows = i64::try_from(group.steps.len()).unwrap_or(-1);
                    if rows != row.row_count || group.columns.len() != shape.columns.len() {
                        found.problems.push(format!("row group {} differs from its description", row.num));
                    }
                }
            }
        }
        self.check_compacted(connection, found).await?;
        for row in sqlx::query!("SELECT run_num, data FROM summaries").fetch_all(connection).await? {
            if let Err(error) = ShapeSummary::decode(&row.data) {
                found.problems.push(format!("summary of run number {}: {error}", row.run_num));
            }
        }
        Ok(())
    }

    /// Chunks and nodes: each decodes, and a chunk has as many values as it says.
    async fn check_compacted(
        &self,
        connection: &mut sqlx::SqliteConnection,
        found: &mut Integrity,
    ) -> Result<()> {
        let mut after = 0;
        while let Some(row) = sqlx::query!(
            "SELECT num, column_index, row_count, data FROM chunks WHERE num > ? ORDER BY num LIMIT 1",
            after
        )
        .fetch_optional(&mut *connection)
        .await?
        {
            after = row.num;
            found.chunks += 1;
            let rows = if row.column_index < 0 {
                codec::decode(&row.data, None).map(|group| group.steps.len())
            } else {
                let mut values = Vec::new();
                codec::decode_values(&row.data, &mut values).map(|()| values.len())
            };
            match rows {
                Err(error) => found.problems.push(format!("chunk {}: {error}", row.num)),
                Ok(rows) if i64::try_from(rows) != Ok(row.row_count) => {
                    found.problems.push(format!("chunk {} differs from its description", row.num));
                }
                Ok(_) => {}
            }
        }
        let mut after = 0;
        while let Some(row) =
            sqlx::query!("SELECT num, level, data FROM nodes WHERE num > ? ORDER BY num LIMIT 1", after)
                .fetch_optional(&mut *connection)
                .await?
        {
            after = row.num;
            let level = u32::try_from(row.level).ok().filter(|level| *level <= vitals_series::TOP_LEVEL);
            let read = match level {
                Some(level) => nodes::decode(&row.data, level, |_, _| {}),
                None => Err(crate::StoreError::Corrupt { what: "level that there is not".to_owned() }),
            };
            if let Err(error) = read {
                found.problems.push(format!("nodes {}: {error}", row.num));
            }
        }
        Ok(())
    }
}
