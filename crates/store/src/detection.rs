//! Detection at ingest: what `vitals-series` finds in the values of a batch becomes events in the batch's own
//! transaction. Its state is kept in memory for the runs that this process ingests; where it is missing or stands
//! elsewhere it is made again from the stored values, so that the same values always give the same events.

use std::collections::{BTreeMap, HashMap};

use sqlx::SqliteConnection;
use vitals_journal::StepRange;
use vitals_recipe::{Role, split};
use vitals_run::{Dip, Happening, Level, Nonfinite, Spike, SpikeLayer};
use vitals_series::{DETECTION_VERSION, Finding, Found, RunDetector, Watched};

use crate::attempts::ranges_in_force;
use crate::ids::{parse_id, run_num, signed, to_json, touch_run};
use crate::series::{read, shapes_of};
use crate::shapes::Shape;
use crate::standing::Standing;
use crate::{IngestBatch, Result, RunId, Series, SeriesQuery, Store};

/// Steps behind an injected disturbance in which a spike, a dip or a stretch that is not finite is called its effect.
const SPIKE_AFTER: u64 = 10;
const ELSE_AFTER: u64 = 100;
/// The same for a level that was left for good: the one before it was held over a hundred steps and the new one over
/// ninety, so that up to here the old level lies before the disturbance and the new one behind it.
const LEVEL_AFTER: u64 = 200;
/// The one accuracy whose dips count towards stability: the other bank shows the same dips.
const COUNTED_DIPS: Watched = Watched::QueueAccuracy;

/// What detection watches a series of this role for.
fn watched(role: Option<Role>) -> Option<Watched> {
    match role? {
        Role::LayerNorm => Some(Watched::LayerNorm),
        Role::Loss => Some(Watched::Loss),
        Role::KnnAccuracy => Some(Watched::QueueAccuracy),
        Role::KnnFixedBank => Some(Watched::BankAccuracy),
        Role::FeatureSpread => Some(Watched::FeatureSpread),
        _ => None,
    }
}

/// Whether it is the accuracy whose dips count towards stability.
pub(crate) fn counts_dips(role: Option<Role>) -> bool {
    watched(role) == Some(COUNTED_DIPS)
}

/// What each column of a shape is watched for, with its name.
fn columns(shape: &Shape) -> impl Iterator<Item = (&str, Option<Watched>)> {
    shape.columns.iter().map(|column| (column.name.as_str(), watched(column.role)))
}

/// Detects in a batch whose rows are written. Returns the standing to keep; none after an attempt's end.
pub(crate) async fn advance(
    store: &Store,
    tx: &mut SqliteConnection,
    run: i64,
    attempt: u32,
    batch: &IngestBatch,
    shapes: &BTreeMap<u16, i64>,
    range: StepRange,
) -> Result<Option<Standing>> {
    let kept = store.standings.take(run).filter(|standing| {
        standing.attempt == attempt && standing.offset == batch.offset_from && batch.header.is_none()
    });
    let mut standing = match kept {
        Some(standing) => standing,
        None if batch.rows.is_empty() && batch.header.is_none() && batch.end.is_none() => return Ok(None),
        None => return again(store, tx, run, attempt, batch.offset_to, batch.end.is_some()).await,
    };
    for row in &batch.rows {
        let Some(&shape_num) = shapes.get(&row.stream.0) else { continue };
        if range.contains(row.step) {
            if !standing.detector.knows(shape_num) {
                let shape = store.shapes.get_uncached(&mut *tx, shape_num).await?;
                standing.detector.declare(shape_num, columns(&shape));
            }
            standing.detector.push(shape_num, row.step, |column| row.values.get(column).copied());
        }
    }
    if batch.end.is_some() {
        standing.detector.finish();
    }
    standing.offset = batch.offset_to;
    write_changed(tx, run, &mut standing).await?;
    Ok(Some(standing).filter(|_| batch.end.is_none()))
}

/// Detection over everything in force, as if it had come just now; what is stored is made to agree.
async fn again(
    store: &Store,
    tx: &mut SqliteConnection,
    run: i64,
    attempt: u32,
    offset: u64,
    ended: bool,
) -> Result<Option<Standing>> {
    let mut detector = RunDetector::default();
    push_stored(store, tx, run, &mut detector).await?;
    if ended {
        detector.finish();
    }
    let mut standing = Standing { attempt, offset, detector, rows: HashMap::new() };
    let found = standing.detector.take_changed();
    let mut known: HashMap<(String, i64, Option<String>), i64> = HashMap::new();
    for row in sqlx::query!(
        "SELECT id, kind, step, layer FROM events
         WHERE run_num = ? AND detection IS NOT NULL AND superseded = 0 ORDER BY id",
        run
    )
    .fetch_all(&mut *tx)
    .await?
    {
        known.insert((row.kind, row.step, row.layer), row.id);
    }
    let context = context(tx, run).await?;
    for one in &found {
        let event = describe(one, standing.detector.layers(), &context);
        let key = (event.what.kind().to_owned(), signed("step", event.step)?, event.layer.clone());
        let id = match known.remove(&key) {
            Some(id) => update(tx, id, &event).await?,
            None => insert(tx, run, &event).await?,
        };
        if one.open {
            standing.rows.insert(one.number, id);
        }
    }
    for id in known.into_values() {
        sqlx::query!("DELETE FROM events WHERE id = ?", id).execute(&mut *tx).await?;
    }
    note_version(tx, run).await?;
    Ok(Some(standing).filter(|_| !ended))
}

/// Feeds the values in force in the order of steps, then of streams, as a journal brings them.
async fn push_stored(
    store: &Store,
    tx: &mut SqliteConnection,
    run: i64,
    detector: &mut RunDetector,
) -> Result<()> {
    let mut roles: BTreeMap<(String, String), Watched> = BTreeMap::new();
    let mut names = Vec::new();
    for (num, shape) in shapes_of(store, &mut *tx, run, false).await? {
        for (name, watched) in columns(&shape) {
            let Some(watched) = watched else { continue };
            names.push(name.to_owned());
            roles.insert((shape.name.clone(), name.to_owned()), watched);
        }
        // The rows that will follow bear the shape's number.
        detector.declare(num, columns(&shape));
    }
    if names.is_empty() {
        return Ok(());
    }
    let series = read(store, &mut *tx, run, &SeriesQuery { names, ..SeriesQuery::default() }, false).await?;
    let mut streams: Vec<&str> = Vec::new();
    for one in &series {
        if !streams.contains(&one.stream.as_str()) {
            streams.push(&one.stream);
        }
    }
    // Numbers below zero: no shape bears them.
    let number = |stream: usize| -1 - i64::try_from(stream).unwrap_or(i64::MAX - 1);
    let mut order: Vec<(u64, usize)> = Vec::new();
    let mut columns: Vec<Vec<usize>> = vec![Vec::new(); streams.len()];
    for (place, one) in series.iter().enumerate() {
        let stream = streams.iter().position(|name| *name == one.stream).unwrap_or(0);
        columns[stream].push(place);
        order.extend(one.steps.iter().map(|step| (*step, stream)));
        if order.len() > 1 << 20 {
            order.sort_unstable();
            order.dedup();
        }
    }
    order.sort_unstable();
    order.dedup();
    for (stream, places) in columns.iter().enumerate() {
        let watched = |one: &Series| roles.get(&(one.stream.clone(), one.name.clone())).copied();
        let columns = places.iter().map(|&place| &series[place]);
        detector.declare(number(stream), columns.map(|one| (one.name.as_str(), watched(one))));
    }
    let mut at = vec![0_usize; series.len()];
    let mut row: Vec<Option<f64>> = Vec::new();
    for (step, stream) in order {
        row.clear();
        for &place in &columns[stream] {
            let steps = &series[place].steps;
            let mut value = None;
            while steps.get(at[place]) == Some(&step) {
                value = value.or(Some(series[place].values[at[place]]));
                at[place] += 1;
            }
            row.push(value);
        }
        detector.push(number(stream), step, |column| row.get(column).copied().flatten());
    }
    Ok(())
}

async fn write_changed(tx: &mut SqliteConnection, run: i64, standing: &mut Standing) -> Result<()> {
    let changed = standing.detector.take_changed();
    if changed.is_empty() {
        return Ok(());
    }
    let context = context(tx, run).await?;
    for one in &changed {
        let event = describe(one, standing.detector.layers(), &context);
        let id = match standing.rows.get(&one.number) {
            Some(&id) => update(tx, id, &event).await?,
            None => insert(tx, run, &event).await?,
        };
        if one.open {
            standing.rows.insert(one.number, id);
        } else {
            standing.rows.remove(&one.number);
        }
    }
    Ok(())
}

async fn note_version(tx: &mut SqliteConnection, run: i64) -> Result<()> {
    sqlx::query!("UPDATE runs SET detection = ?1 WHERE num = ?2 AND detection <> ?1", DETECTION_VERSION, run)
        .execute(tx)
        .await?;
    Ok(())
}

/// What an event must know of its run.
struct Context {
    ranges: Vec<StepRange>,
    /// First and last step of each injected disturbance.
    shocks: Vec<(u64, u64)>,
}

async fn context(tx: &mut SqliteConnection, run: i64) -> Result<Context> {
    let ranges = ranges_in_force(&mut *tx, run).await?;
    let rows = sqlx::query!(
        "SELECT step, details FROM events WHERE run_num = ? AND kind = 'shock' AND superseded = 0",
        run
    )
    .fetch_all(tx)
    .await?;
    let shocks = rows
        .iter()
        .map(|row| {
            let details = crate::ids::from_json("the details of a shock", &row.details)?;
            let steps = match Happening::parse("shock", details) {
                Happening::Shock(shock) => shock.steps,
                other => other.details()["steps"].as_u64().unwrap_or(1),
            };
            let first = crate::ids::unsigned(row.step);
            Ok((first, first + steps.saturating_sub(1)))
        })
        .collect::<Result<_>>()?;
    Ok(Context { ranges, shocks })
}

impl Context {
    fn attempt(&self, step: u64) -> u32 {
        self.ranges.iter().find(|range| range.contains(step)).map_or(1, |range| range.attempt)
    }

    fn injected(&self, step: u64, within: u64) -> bool {
        self.shocks.iter().any(|&(from, to)| (from..=to.saturating_add(within)).contains(&step))
    }
}

/// An event row as detection writes it.
struct Detected {
    attempt: u32,
    step: u64,
    end_step: Option<u64>,
    layer: Option<String>,
    injected: bool,
    what: Happening,
    amount: Option<f64>,
}

fn describe(found: &Found, layers: &[String], context: &Context) -> Detected {
    let open = found.open;
    let (step, end, layer, what, amount) = match &found.finding {
        Finding::Spike(spike) => {
            let named = |layer: usize| layers.get(layer).cloned();
            let part = |layer: &vitals_series::LayerSpike| SpikeLayer {
                layer: named(layer.layer),
                onset: layer.onset,
                onset_low: layer.onset_low,
                onset_high: layer.onset_high,
                peak_step: layer.peak_step,
                peak_z: layer.peak_z,
            };
            let told = Spike {
                peak_step: spike.peak_step,
                peak_z: spike.peak_z,
                layers: spike.layers.iter().map(part).collect(),
                open,
            };
            let leader = told.leader().and_then(|leader| leader.layer.clone());
            (spike.onset, Some(spike.end), leader, Happening::Spike(told), None)
        }
        Finding::Dip { metric, watched, dip } => {
            let what = Happening::Dip(Dip {
                metric: metric.clone(),
                baseline: dip.baseline,
                depth: dip.depth,
                area: dip.area,
                peak_step: dip.deepest_step,
                recovered: dip.recovered,
                open,
            });
            let counted = (*watched == COUNTED_DIPS).then_some(dip.area);
            (dip.onset, dip.recovered, Some(metric.clone()), what, counted)
        }
        Finding::Nonfinite(stretch) => {
            let (count, series) = (stretch.count, stretch.series.clone());
            let first =
                series.first().map(|name| split(name).map_or(name.as_str(), |(_, layer)| layer).to_owned());
            let what = Happening::Nonfinite(Nonfinite::Stretch { count, series, open });
            (stretch.onset, Some(stretch.end), first, what, None)
        }
        Finding::Collapse { metric, level } => {
            let what = Happening::Collapse(moved(metric, level, open));
            (level.onset, Some(level.end), None, what, None)
        }
        Finding::Divergence { metric, level } => {
            let what = Happening::Divergence(moved(metric, level, open));
            (level.onset, Some(level.end), None, what, None)
        }
    };
    let within = match what {
        Happening::Spike(_) => SPIKE_AFTER,
        Happening::Collapse(_) | Happening::Divergence(_) => LEVEL_AFTER,
        _ => ELSE_AFTER,
    };
    Detected {
        attempt: context.attempt(step),
        step,
        end_step: end.filter(|_| !open),
        layer,
        injected: context.injected(step, within),
        what,
        amount,
    }
}

fn moved(metric: &str, level: &vitals_series::LevelEvent, open: bool) -> Level {
    Level { metric: metric.to_owned(), from: level.from, to: level.to, open }
}

async fn insert(tx: &mut SqliteConnection, run: i64, event: &Detected) -> Result<i64> {
    let (step, end) = steps(event)?;
    let kind = event.what.kind();
    let details = to_json("an event's details", &event.what.details())?;
    Ok(sqlx::query_scalar!(
        "INSERT INTO events (run_num, attempt, kind, step, end_step, layer, injected, details, superseded, detection, amount)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?) RETURNING id AS \"id!\"",
        run,
        event.attempt,
        kind,
        step,
        end,
        event.layer,
        event.injected,
        details,
        DETECTION_VERSION,
        event.amount
    )
    .fetch_one(tx)
    .await?)
}

async fn update(tx: &mut SqliteConnection, id: i64, event: &Detected) -> Result<i64> {
    let (step, end) = steps(event)?;
    let details = to_json("an event's details", &event.what.details())?;
    sqlx::query!(
        "UPDATE events SET attempt = ?, step = ?, end_step = ?, layer = ?, injected = ?, details = ?, detection = ?, amount = ?
         WHERE id = ?",
        event.attempt,
        step,
        end,
        event.layer,
        event.injected,
        details,
        DETECTION_VERSION,
        event.amount,
        id
    )
    .execute(tx)
    .await?;
    Ok(id)
}

fn steps(event: &Detected) -> Result<(i64, Option<i64>)> {
    Ok((signed("step", event.step)?, event.end_step.map(|step| signed("step", step)).transpose()?))
}

impl Store {
    /// Runs with recorded values whose events are those of older rules, or of none.
    pub async fn runs_to_detect(&self) -> Result<Vec<RunId>> {
        sqlx::query_scalar!(
            "SELECT id FROM runs WHERE detection < ? AND num IN (SELECT run_num FROM summaries) ORDER BY num DESC",
            DETECTION_VERSION
        )
        .fetch_all(self.reader())
        .await?
        .iter()
        .map(|id| parse_id(id))
        .collect()
    }

    /// Detects in all stored values of a run anew and makes its events agree.
    pub async fn detect_again(&self, run: RunId) -> Result<()> {
        let mut tx = self.begin().await?;
        let num = run_num(&mut tx, run).await?;
        let last = sqlx::query!(
            "SELECT number, journal_offset, end_record FROM attempts WHERE run_num = ? ORDER BY number DESC LIMIT 1",
            num
        )
        .fetch_optional(&mut *tx)
        .await?;
        self.standings.take(num);
        let standing = match last {
            Some(last) => {
                let (attempt, offset) =
                    (crate::ids::small(last.number), crate::ids::unsigned(last.journal_offset));
                again(self, &mut tx, num, attempt, offset, last.end_record.is_some()).await?
            }
            None => None,
        };
        touch_run(&mut tx, num).await?;
        tx.commit().await?;
        self.standings.keep(num, standing);
        Ok(())
    }
}
