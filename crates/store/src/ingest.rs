//! The ingest transaction: rows and the journal offset that they came from are committed together, so that after any
//! sequence of crashes every record is in exactly once. It also keeps the summaries right when an attempt supersedes
//! steps that earlier ones recorded.

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlx::SqliteConnection;
use vitals_journal::{Row, StepRange, Stream};

use crate::attempts::{range_of, ranges_in_force};
use crate::chunks;
use crate::codec::Group;
use crate::compact;
use crate::detection;
use crate::event_times;
use crate::groups;
use crate::ids::{run_num, signed, touch_run, unsigned};
use crate::place::{Owner, Wanted};
use crate::records;
use crate::shapes::{Shape, intern};
use crate::standing::Standing;
use crate::summary::ShapeSummary;
use crate::{AttemptHeader, IngestBatch, Ingested, NewLog, Result, RunId, Store, StoreError};

/// The stream whose last step tells how far a run is.
const STEP_STREAM: &str = "step";

/// The attempt that a batch is for.
struct Target {
    run: RunId,
    run_num: i64,
    attempt: u32,
}

impl Store {
    /// Takes a stretch of an attempt's journal. `OffsetMismatch` tells where to read on from when the batch does not
    /// start where the last one ended; nothing is changed by any error.
    ///
    /// An attempt that is unknown is created by a batch that bears the journal's header.
    pub async fn ingest(&self, run: RunId, attempt: u32, batch: &IngestBatch) -> Result<Ingested> {
        let mut tx = self.begin().await?;
        let Done { ingested, shapes, run_num, standing } =
            ingest_in(self, &mut tx, run, attempt, batch).await?;
        tx.commit().await?;
        self.shapes.remember(shapes);
        self.standings.keep(run_num, standing);
        Ok(ingested)
    }
}

type Shapes = Vec<(i64, Arc<Shape>)>;

/// An ingest but for its commit, with what to remember once committed.
struct Done {
    ingested: Ingested,
    shapes: Shapes,
    run_num: i64,
    standing: Option<Standing>,
}

async fn ingest_in(
    store: &Store,
    tx: &mut SqliteConnection,
    run: RunId,
    attempt: u32,
    batch: &IngestBatch,
) -> Result<Done> {
    let target = Target { run, run_num: run_num(&mut *tx, run).await?, attempt };
    check_offset(&mut *tx, &target, batch).await?;
    if let Some(header) = &batch.header {
        take_header(store, &mut *tx, &target, header).await?;
    }
    for stream in &batch.streams {
        declare(&mut *tx, &target, stream).await?;
    }
    let ranges = ranges_in_force(&mut *tx, target.run_num).await?;
    let range = range_of(&ranges, attempt);
    let (shapes, streams, late) = take_rows(store, &mut *tx, &target, &batch.rows, range).await?;
    records::add_logs(&mut *tx, target.run_num, attempt, &late).await?;
    records::take(&mut *tx, target.run_num, attempt, batch, range).await?;
    let standing =
        detection::advance(store, &mut *tx, target.run_num, attempt, batch, &streams, range).await?;
    event_times::date(&mut *tx, target.run_num, attempt, &batch.rows).await?;
    let offset = signed("journal offset", batch.offset_to)?;
    let last_step = batch.rows.iter().map(|r| r.step).max().map(|s| signed("step", s)).transpose()?;
    sqlx::query!(
        "UPDATE attempts SET journal_offset = ?1, last_step = MAX(COALESCE(last_step, ?2), COALESCE(?2, last_step))
         WHERE run_num = ?3 AND number = ?4",
        offset,
        last_step,
        target.run_num,
        attempt
    )
    .execute(&mut *tx)
    .await?;
    let steps_done = update_progress(store, &mut *tx, target.run_num).await?;
    let revision = touch_run(&mut *tx, target.run_num).await?;
    let ingested = Ingested {
        revision: revision.cast_unsigned(),
        rows: batch.rows.len() as u64,
        values: batch.rows.iter().map(|r| r.values.len() as u64).sum(),
        steps_done,
    };
    Ok(Done { ingested, shapes, run_num: target.run_num, standing })
}

async fn check_offset(tx: &mut SqliteConnection, target: &Target, batch: &IngestBatch) -> Result<()> {
    if batch.offset_to < batch.offset_from {
        return Err(StoreError::BadBatch { what: "it ends before it starts".to_owned() });
    }
    let stored = sqlx::query_scalar!(
        "SELECT journal_offset FROM attempts WHERE run_num = ? AND number = ?",
        target.run_num,
        target.attempt
    )
    .fetch_optional(&mut *tx)
    .await?;
    let stored = match (stored, &batch.header) {
        (Some(stored), _) => unsigned(stored),
        (None, Some(header)) => {
            let first_step = signed("first step", header.first_step)?;
            sqlx::query!(
                "INSERT INTO attempts (run_num, number, first_step, created_at) VALUES (?, ?, ?, ?)",
                target.run_num,
                target.attempt,
                first_step,
                header.started_at
            )
            .execute(&mut *tx)
            .await?;
            sqlx::query!(
                "UPDATE runs SET attempt = MAX(attempt, ?1) WHERE num = ?2",
                target.attempt,
                target.run_num
            )
            .execute(&mut *tx)
            .await?;
            0
        }
        (None, None) => return Err(StoreError::UnknownAttempt { run: target.run, attempt: target.attempt }),
    };
    if stored != batch.offset_from {
        return Err(StoreError::OffsetMismatch { stored, given: batch.offset_from });
    }
    if stored == 0 && batch.header.is_none() && batch.offset_to > 0 {
        return Err(StoreError::BadBatch { what: "a journal's first batch bears its header".to_owned() });
    }
    Ok(())
}

/// From here on the attempt supersedes earlier ones: what they recorded at its steps leaves the summaries.
async fn take_header(
    store: &Store,
    tx: &mut SqliteConnection,
    target: &Target,
    header: &AttemptHeader,
) -> Result<()> {
    let first_step = signed("first step", header.first_step)?;
    sqlx::query!(
        "UPDATE attempts SET recorded = 1, first_step = ?, started_at = ? WHERE run_num = ? AND number = ?",
        first_step,
        header.started_at,
        target.run_num,
        target.attempt
    )
    .execute(&mut *tx)
    .await?;
    // One attempt may end where the next begins; only overlap changes what is in force. An attempt that comes in
    // late can also make the first one present a later one, whose first step then binds.
    let overlaps = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM attempts WHERE run_num = ?1 AND recorded = 1
             AND ((number < ?2 AND last_step >= ?3) OR (number > ?2 AND last_step IS NOT NULL))) AS "x!: bool""#,
        target.run_num,
        target.attempt,
        first_step
    )
    .fetch_one(&mut *tx)
    .await?;
    if overlaps {
        recompute_summaries(store, &mut *tx, target.run_num).await?;
    }
    records::supersede(&mut *tx, target.run_num).await
}

async fn declare(tx: &mut SqliteConnection, target: &Target, stream: &Stream) -> Result<()> {
    let shape = Shape { name: stream.name.clone(), columns: stream.columns.clone() };
    let num = intern(&mut *tx, &shape).await?;
    let id = i64::from(stream.id.0);
    let known = sqlx::query_scalar!(
        "SELECT shape_num FROM streams WHERE run_num = ? AND attempt = ? AND stream = ?",
        target.run_num,
        target.attempt,
        id
    )
    .fetch_optional(&mut *tx)
    .await?;
    match known {
        Some(known) if known == num => Ok(()),
        Some(_) => Err(StoreError::BadBatch { what: format!("stream {id} is declared twice, differently") }),
        None => {
            sqlx::query!(
                "INSERT INTO streams (run_num, attempt, stream, shape_num) VALUES (?, ?, ?, ?)",
                target.run_num,
                target.attempt,
                id,
                num
            )
            .execute(&mut *tx)
            .await?;
            Ok(())
        }
    }
}

async fn take_rows(
    store: &Store,
    tx: &mut SqliteConnection,
    target: &Target,
    rows: &[Row],
    range: StepRange,
) -> Result<(Shapes, BTreeMap<u16, i64>, Vec<NewLog>)> {
    let mut by_stream: BTreeMap<u16, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        by_stream.entry(row.stream.0).or_default().push(row);
    }
    let mut shapes = Shapes::new();
    let mut streams = BTreeMap::new();
    let mut late = Vec::new();
    for (stream, rows) in by_stream {
        let id = i64::from(stream);
        let num = sqlx::query_scalar!(
            "SELECT shape_num FROM streams WHERE run_num = ? AND attempt = ? AND stream = ?",
            target.run_num,
            target.attempt,
            id
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or_else(|| StoreError::BadBatch {
            what: format!("row of stream {stream}, which is not declared"),
        })?;
        let shape = store.shapes.get_uncached(&mut *tx, num).await?;
        let mut summary = read_summary(&mut *tx, target.run_num, num).await?;
        let summary = summary.get_or_insert_with(|| ShapeSummary::new(shape.columns.len()));
        late.extend(told_late(&shape.name, &rows, summary.last_step(), range));
        for some in rows.chunks(groups::MOST_ROWS) {
            let group = columnar(some, shape.columns.len())?;
            groups::append(&mut *tx, target.run_num, target.attempt, num, &shape, &group).await?;
            summary.absorb(&group, range);
        }
        let owner = Owner { run: target.run_num, attempt: target.attempt, shape_num: num };
        while compact::advance(store, &mut *tx, owner, &shape).await? {}
        write_summary(&mut *tx, target.run_num, num, summary).await?;
        streams.insert(stream, num);
        shapes.push((num, shape));
    }
    Ok((shapes, streams, late))
}

/// A word about rows whose steps do not lie behind those recorded before them.
fn told_late(stream: &str, rows: &[&Row], last: Option<u64>, range: StepRange) -> Option<NewLog> {
    let (mut last, mut late) = (last, Vec::new());
    for row in rows.iter().filter(|row| range.contains(row.step)) {
        match last {
            Some(known) if row.step <= known => late.push((row.step, known)),
            _ => last = Some(row.step),
        }
    }
    let &(step, known) = late.first()?;
    let count = late.len();
    Some(NewLog {
        at: None,
        level: "warn".to_owned(),
        step: Some(step),
        text: format!(
            "{count} rows of `{stream}` came out of order, the first of step {step} behind step {known}: they are \
             drawn at their steps, and no events are looked for in them"
        ),
    })
}

fn columnar(rows: &[&Row], columns: usize) -> Result<Group> {
    if let Some(row) = rows.iter().find(|r| r.values.len() != columns) {
        let what = format!("row of step {} has {} values for {columns} columns", row.step, row.values.len());
        return Err(StoreError::BadBatch { what });
    }
    Ok(Group {
        steps: rows.iter().map(|r| r.step).collect(),
        elapsed_secs: rows.iter().map(|r| r.elapsed_secs).collect(),
        columns: (0..columns).map(|c| rows.iter().map(|r| r.values[c]).collect()).collect(),
    })
}

async fn read_summary(tx: &mut SqliteConnection, run: i64, shape: i64) -> Result<Option<ShapeSummary>> {
    let data =
        sqlx::query_scalar!("SELECT data FROM summaries WHERE run_num = ? AND shape_num = ?", run, shape)
            .fetch_optional(tx)
            .await?;
    data.map(|d| ShapeSummary::decode(&d)).transpose()
}

async fn write_summary(
    tx: &mut SqliteConnection,
    run: i64,
    shape: i64,
    summary: &ShapeSummary,
) -> Result<()> {
    let data = summary.encode();
    sqlx::query!(
        "INSERT INTO summaries (run_num, shape_num, data) VALUES (?, ?, ?)
         ON CONFLICT (run_num, shape_num) DO UPDATE SET data = excluded.data",
        run,
        shape,
        data
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Every summary of a run anew, from the values in force.
async fn recompute_summaries(store: &Store, tx: &mut SqliteConnection, run: i64) -> Result<()> {
    let ranges = ranges_in_force(&mut *tx, run).await?;
    let shapes = sqlx::query_scalar!("SELECT shape_num FROM summaries WHERE run_num = ?", run)
        .fetch_all(&mut *tx)
        .await?;
    for num in shapes {
        let shape = store.shapes.get_uncached(&mut *tx, num).await?;
        let every: Vec<usize> = (0..shape.columns.len()).collect();
        let mut summary = ShapeSummary::new(shape.columns.len());
        for range in &ranges {
            let wanted = Wanted { run, shape_num: num, columns: &every, range: *range };
            for part in chunks::read_rows(&mut *tx, &[wanted]).await?.into_iter().flatten() {
                summary.absorb(&part, *range);
            }
        }
        write_summary(&mut *tx, run, num, &summary).await?;
    }
    Ok(())
}

/// Steps in force, counted from 0: one more than the last step of stream `step`, else of any stream.
async fn update_progress(store: &Store, tx: &mut SqliteConnection, run: i64) -> Result<u64> {
    let rows = sqlx::query!("SELECT shape_num, data FROM summaries WHERE run_num = ?", run)
        .fetch_all(&mut *tx)
        .await?;
    let (mut of_steps, mut of_any) = (None, None);
    for row in rows {
        let last = ShapeSummary::decode(&row.data)?.last_step();
        let shape = store.shapes.get_uncached(&mut *tx, row.shape_num).await?;
        of_any = of_any.max(last);
        if shape.name == STEP_STREAM {
            of_steps = of_steps.max(last);
        }
    }
    let steps_done = of_steps.or(of_any).map_or(0, |last| last + 1);
    let stored = signed("step", steps_done)?;
    sqlx::query!("UPDATE runs SET steps_done = ? WHERE num = ?", stored, run).execute(tx).await?;
    Ok(steps_done)
}
