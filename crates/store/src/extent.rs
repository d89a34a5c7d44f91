//! From where to where series go, as summaries tell it: no series is read.

use std::collections::{BTreeSet, HashMap};

use crate::ids::{run_nums, to_json, unsigned};
use crate::series::shapes_of_runs;
use crate::summary::ShapeSummary;
use crate::{Result, RunId, Store};

/// First and last step of recorded values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    pub first_step: u64,
    pub last_step: u64,
}

impl Extent {
    /// Of both.
    pub fn union(self, other: Self) -> Self {
        Self {
            first_step: self.first_step.min(other.first_step),
            last_step: self.last_step.max(other.last_step),
        }
    }
}

impl Store {
    /// First and last step of some series of a run, superseded values included on request; `None` where nothing is recorded.
    pub async fn extent(&self, run: RunId, names: &[String], superseded: bool) -> Result<Option<Extent>> {
        Ok(self.extents(&[run], names, superseded).await?.pop().flatten())
    }

    /// The same of several runs, in their order.
    pub async fn extents(
        &self,
        runs: &[RunId],
        names: &[String],
        superseded: bool,
    ) -> Result<Vec<Option<Extent>>> {
        let mut tx = self.reader().begin().await?;
        let nums = run_nums(&mut tx, runs).await?;
        let list = to_json("a list of runs", &nums)?;
        let mut wanted = BTreeSet::new();
        for (shape_num, shape) in shapes_of_runs(self, &mut tx, &nums, true).await?.iter().flatten() {
            if !wanted.contains(shape_num) && shape.columns.iter().any(|column| names.contains(&column.name))
            {
                wanted.insert(*shape_num);
            }
        }
        let shapes = to_json("a list of shapes", &wanted)?;
        let rows = sqlx::query!(
            "SELECT run_num, data FROM summaries
             WHERE run_num IN (SELECT value FROM json_each(?)) AND shape_num IN (SELECT value FROM json_each(?))",
            list,
            shapes
        )
        .fetch_all(&mut *tx)
        .await?;
        let mut found: HashMap<i64, Extent> = HashMap::new();
        for row in rows {
            if let Some(metric) = ShapeSummary::decode(&row.data)?.metric(0) {
                let one = Extent { first_step: metric.first_step, last_step: metric.last_step };
                found.entry(row.run_num).and_modify(|known| *known = known.union(one)).or_insert(one);
            }
        }
        if superseded {
            let rows = sqlx::query!(
                "SELECT run_num, last_step FROM attempts
                 WHERE run_num IN (SELECT value FROM json_each(?)) AND recorded = 1",
                list
            )
            .fetch_all(&mut *tx)
            .await?;
            for row in rows {
                if let (Some(found), Some(last)) = (found.get_mut(&row.run_num), row.last_step) {
                    found.last_step = found.last_step.max(unsigned(last));
                }
            }
        }
        Ok(nums.iter().map(|num| found.get(num).copied()).collect())
    }
}
