//! Benchmarks of what a window asks for at full scale, one JSON object a line: `open_run_cold`, `open_run_warm`,
//! `overlay_frame`, `heatmap_frame` (ms), on 150 series × 100,000 steps; `arms_frame`, the means of two arms of 30 runs. The rival, a plain table with one row a value and
//! its best index, answers the same questions about the same values in the same process; TensorBoard's reader is asked by
//! `benches/series_tensorboard.py`.
//!
//! `cargo run --release -p vitals-api --example bench_series [STEPS [LAYERS [RUNS]]]`

use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use vitals_api::dto::{ArmsRequest, FrameRequest, HeatmapCell, HeatmapRequest, SeriesAsk, SeriesRequest};
use vitals_api::foreign::{About, Origin, record};
use vitals_api::{Binaries, Context, Evidence, RunId, events, frames, heatmap, runs};
use vitals_journal::{Column, Writer};
use vitals_series::Noise;
use vitals_series::synthetic::Synthetic;

use Span::{All, Fifth, Fiftieth};

type Failure = Box<dyn std::error::Error>;

/// Pixel columns of a chart in a window of 1,440 px, and of a heat map.
const CHART_COLUMNS: u32 = 1_440;
const HEATMAP_COLUMNS: u32 = 1_000;
/// Runs that are overlaid; as many more make the arms.
const OVERLAID: u64 = 50;
/// Repetitions whose median is told.
const TIMES: usize = 11;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut sizes = std::env::args().skip(1).map(|size| size.parse::<u64>());
    let mut size = |default: u64| sizes.next().unwrap_or(Ok(default));
    let (steps, layers, many) = (size(100_000)?, size(150)?, size(60)?);
    let folder = std::env::temp_dir().join(format!("vitals-bench-series-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let outcome = bench(&folder, steps, usize::try_from(layers)?, many).await;
    std::fs::remove_dir_all(&folder)?;
    outcome
}

async fn bench(folder: &Path, steps: u64, layers: usize, many: u64) -> Result<(), Failure> {
    let context = open(folder).await?;
    let start = Instant::now();
    let (run, values) = deep_run(&context, steps, layers).await?;
    let secs = start.elapsed().as_secs_f64();
    let mut shallow = Vec::new();
    for seed in 0..many {
        shallow.push(shallow_run(&context, steps, seed).await?);
    }
    let overlaid = &shallow[..many.min(OVERLAID) as usize];
    context.store().close().await;
    let bytes = std::fs::metadata(folder.join("vitals.db"))?.len();
    let stored = values + many * 2 * steps;
    let rival = rival::Rival::fill(&folder.join("rival.db"), steps, layers).await?;

    let mut cold = Vec::new();
    for _ in 0..3 {
        forget(&folder.join("vitals.db"))?;
        let context = open(folder).await?;
        let start = Instant::now();
        open_run(&context, run).await?;
        cold.push(start.elapsed().as_secs_f64() * 1e3);
        context.store().close().await;
    }
    let arms_cold = {
        forget(&folder.join("vitals.db"))?;
        let context = open(folder).await?;
        let start = Instant::now();
        arms(&context, &shallow, All, 0.0).await?;
        let ms = start.elapsed().as_secs_f64() * 1e3;
        context.store().close().await;
        ms
    };
    let context = open(folder).await?;
    let warm = median(&context, |context| open_run(context, run)).await?;
    let heat_ms = median(&context, |context| heat(context, run, None)).await?;
    let zoomed = median(&context, |context| heat(context, run, Some(steps as f64 / 5.0))).await?;
    let overlay_ms = median(&context, |context| overlay(context, overlaid, All)).await?;
    let overlay_zoomed = median(&context, |context| overlay(context, overlaid, Fifth(steps))).await?;
    let arms_ms = median(&context, |context| arms(context, &shallow, All, 0.0)).await?;
    let arms_zoomed = median(&context, |context| arms(context, &shallow, Fifth(steps), 0.0)).await?;
    let arms_near = median(&context, |context| arms(context, &shallow, Fiftieth(steps), 0.0)).await?;
    let arms_smoothed = median(&context, |context| arms(context, &shallow, Fifth(steps), 100.0)).await?;
    context.store().close().await;

    let (rival_heat, rival_overlay) =
        (rival.heat().await?, rival.overlay((overlaid.len() as u64).min(layers as u64)).await?);
    let size = json!({"series": layers, "steps": steps});
    let told = |extra: Value| {
        let mut all = size.clone();
        if let (Value::Object(all), Value::Object(extra)) = (&mut all, extra) {
            all.extend(extra);
        }
        all
    };
    cold.sort_by(f64::total_cmp);
    let cold = cold[cold.len() / 2];
    let parts = "detail, events, loss and accuracy and rate and norm as curves, all layers as heat map";
    line(
        "open_run_cold",
        cold,
        told(json!({"is": parts, "rival_heatmap_alone": rival_heat, "ratio": rival_heat / cold,
                    "journal_to_store_values_per_second": (values as f64 / secs).round(),
                    "bytes_a_value": bytes as f64 / stored as f64, "rival_bytes_a_value": rival.bytes_a_value})),
    );
    line(
        "open_run_warm",
        warm,
        told(json!({"is": parts, "rival_heatmap_alone": rival_heat, "ratio": rival_heat / warm})),
    );
    line(
        "overlay_frame",
        overlay_ms,
        json!({"runs": overlaid.len(), "steps": steps, "columns": CHART_COLUMNS, "rival": rival_overlay,
               "ratio": rival_overlay / overlay_ms, "a_fifth_of_the_steps": overlay_zoomed}),
    );
    line(
        "arms_frame",
        arms_ms,
        json!({"runs": many, "arms": 2, "series": 2, "steps": steps, "columns": CHART_COLUMNS, "cold": arms_cold,
               "a_fifth_of_the_steps": arms_zoomed, "a_fiftieth": arms_near,
               "a_fifth_smoothed": arms_smoothed}),
    );
    line(
        "heatmap_frame",
        heat_ms,
        told(json!({"columns": HEATMAP_COLUMNS, "a_fifth_of_the_steps": zoomed, "rival": rival_heat,
                    "ratio": rival_heat / heat_ms})),
    );
    Ok(())
}

fn line(name: &str, value: f64, details: Value) {
    println!(
        "{}",
        json!({"name": name, "value": value, "unit": "ms", "higher_is_better": false, "details": details})
    );
}

async fn open(folder: &Path) -> Result<Context, Failure> {
    Ok(Context::open(folder, Binaries::beside_own()?, now).await?)
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(0)
}

fn about(label: String, steps: u64) -> About {
    let text = "made, not trained".to_owned();
    let origin = Origin::stand_in();
    About { label, origin, steps, evidence: Evidence::said(&text), note: text, tag: "synthetic".to_owned() }
}

async fn deep_run(context: &Context, steps: u64, layers: usize) -> Result<(RunId, u64), Failure> {
    let made = Synthetic::ten_spikes(steps, layers, 1);
    let write = move |journal: &Writer| -> vitals_journal::Result<()> {
        let columns = made.layers.iter().map(|layer| Column::f32(format!("grad_norm/{layer}"), "")).collect();
        let gradients = journal.stream("gradients", columns)?;
        for (step, norms) in (0..).zip(made.rows()) {
            journal.row(gradients, step, step as f64 * 0.25, &norms)?;
        }
        curves(journal, made.steps, made.seed)
    };
    let recorded = record(context, about("deep".to_owned(), steps), write).await?;
    Ok((recorded.run, recorded.values))
}

async fn shallow_run(context: &Context, steps: u64, seed: u64) -> Result<RunId, Failure> {
    let write = move |journal: &Writer| curves(journal, steps, seed);
    Ok(record(context, about(format!("shallow {seed}"), steps), write).await?.run)
}

/// In the widths that training records them in.
fn curves(journal: &Writer, steps: u64, seed: u64) -> vitals_journal::Result<()> {
    let stream = journal.stream("step", vec![Column::f32("loss", "nats"), Column::f32("grad_norm", "")])?;
    let mut noise = Noise::new(seed);
    for step in 0..steps {
        let loss = 4.0 - step as f64 / steps as f64 + 0.05 * noise.normal();
        journal.row(stream, step, step as f64 * 0.25, &[loss, noise.normal().abs() + 0.5])?;
    }
    Ok(())
}

/// What the run screen asks for when it opens.
async fn open_run(context: &Context, run: RunId) -> Result<usize, Failure> {
    let id = run.to_string();
    let detail = runs::detail(context, &id).await?;
    let found = events::events(context, &id, &[]).await?;
    let names = ["loss", "grad_norm", "learning_rate", "knn_top1"];
    let curves = curves_of(context, &[run], &names, All).await?;
    Ok(detail.series.len() + found.events.len() + curves + heat(context, run, None).await?)
}

async fn curves_of(context: &Context, runs: &[RunId], names: &[&str], span: Span) -> Result<usize, Failure> {
    let (from, to) = span.ends();
    let request = FrameRequest {
        runs: runs.iter().map(RunId::to_string).collect(),
        series: names.iter().map(|name| SeriesAsk { superseded: true, ..SeriesAsk::raw(*name) }).collect(),
        from,
        to,
        columns: CHART_COLUMNS,
        axis: None,
        edges: true,
    };
    Ok(frames::frame(context, &request).await?.len())
}

/// What is looked at: all, or some steps of the middle.
#[derive(Clone, Copy)]
enum Span {
    All,
    Fifth(u64),
    Fiftieth(u64),
}

impl Span {
    /// First and last step, as the window asks for them.
    fn ends(self) -> (Option<f64>, Option<f64>) {
        let part = |steps: u64, of: u64| {
            let (from, to) = (steps / 2 - steps / of / 2 + 7, steps / 2 + steps / of / 2 + 7);
            (Some(from as f64), Some(to as f64))
        };
        match self {
            All => (None, None),
            Fifth(steps) => part(steps, 5),
            Fiftieth(steps) => part(steps, 50),
        }
    }
}

async fn heat(context: &Context, run: RunId, to: Option<f64>) -> Result<usize, Failure> {
    let request = HeatmapRequest {
        run: run.to_string(),
        metric: "grad_norm".to_owned(),
        layers: Vec::new(),
        cell: HeatmapCell::Relative,
        from: None,
        to,
        columns: HEATMAP_COLUMNS,
    };
    Ok(heatmap::frame(context, &request).await?.len())
}

async fn overlay(context: &Context, runs: &[RunId], span: Span) -> Result<usize, Failure> {
    curves_of(context, runs, &["loss"], span).await
}

/// Two arms, each of every second run: what Compare asks for to draw means.
async fn arms(context: &Context, runs: &[RunId], span: Span, smoothing: f64) -> Result<usize, Failure> {
    let half = |from: usize| runs.iter().skip(from).step_by(2).map(RunId::to_string).collect();
    let ask = |name| SeriesAsk { smoothing, ..SeriesAsk::raw(name) };
    let series = ["loss", "grad_norm"].map(ask).to_vec();
    let (from, to) = span.ends();
    let arms = ArmsRequest { arms: vec![half(0), half(1)], series, from, to, columns: CHART_COLUMNS };
    Ok(frames::series(context, &SeriesRequest::Arms { arms }).await?.len())
}

/// Milliseconds, the first time left out.
async fn median<'a, F>(context: &'a Context, ask: impl Fn(&'a Context) -> F) -> Result<f64, Failure>
where
    F: Future<Output = Result<usize, Failure>>,
{
    ask(context).await?;
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let start = Instant::now();
        if ask(context).await? == 0 {
            return Err("an empty answer".into());
        }
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[TIMES / 2])
}

/// Takes a file out of the system's page cache.
fn forget(path: &Path) -> Result<(), Failure> {
    let file = std::fs::File::open(path)?;
    file.sync_all()?;
    rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
    Ok(())
}

mod rival {
    //! The obvious table: one row a value.

    use std::path::Path;
    use std::time::Instant;

    use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
    use sqlx::{Connection as _, Row as _};
    use vitals_series::synthetic::Synthetic;

    use super::{CHART_COLUMNS, Failure, HEATMAP_COLUMNS};

    /// Rows to an insert.
    const AT_ONCE: usize = 200;

    pub struct Rival {
        options: SqliteConnectOptions,
        steps: u64,
        pub bytes_a_value: f64,
    }

    impl Rival {
        pub async fn fill(path: &Path, steps: u64, layers: usize) -> Result<Self, Failure> {
            let options = SqliteConnectOptions::new()
                .filename(path)
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Off)
                .synchronous(SqliteSynchronous::Off)
                .pragma("cache_size", "-16384");
            let mut connection = SqliteConnection::connect_with(&options).await?;
            let create = "CREATE TABLE vals (run INTEGER, metric INTEGER, step INTEGER, value REAL,
                          PRIMARY KEY (run, metric, step)) WITHOUT ROWID";
            sqlx::query(create).execute(&mut connection).await?;
            // In the order of the key, a series at a time, which is kinder than what training brings.
            let run = Synthetic::ten_spikes(steps, layers, 1);
            let rows: Vec<Vec<f64>> = run.rows().collect();
            let insert = format!("INSERT INTO vals VALUES {}", ["(1, ?, ?, ?)"; AT_ONCE].join(","));
            sqlx::query("BEGIN").execute(&mut connection).await?;
            for layer in 0..run.layers.len() {
                for (block, some) in
                    rows.chunks(AT_ONCE).enumerate().filter(|(_, some)| some.len() == AT_ONCE)
                {
                    let mut query = sqlx::query(sqlx::AssertSqlSafe(insert.clone()));
                    for (row, norms) in some.iter().enumerate() {
                        let step = i64::try_from(block * AT_ONCE + row)?;
                        query = query.bind(i64::try_from(layer)?).bind(step).bind(norms[layer]);
                    }
                    query.execute(&mut connection).await?;
                }
            }
            sqlx::query("COMMIT").execute(&mut connection).await?;
            connection.close().await?;
            let values = steps as f64 * run.layers.len() as f64;
            Ok(Self { options, steps, bytes_a_value: std::fs::metadata(path)?.len() as f64 / values })
        }

        /// Milliseconds for the extremes of every metric.
        pub async fn heat(&self) -> Result<f64, Failure> {
            self.extremes(HEATMAP_COLUMNS, i64::MAX).await
        }

        /// Milliseconds for the extremes of some metrics, as if they were as many runs.
        pub async fn overlay(&self, runs: u64) -> Result<f64, Failure> {
            self.extremes(CHART_COLUMNS, i64::try_from(runs)?).await
        }

        async fn extremes(&self, columns: u32, below: i64) -> Result<f64, Failure> {
            let mut connection = SqliteConnection::connect_with(&self.options).await?;
            let stride = i64::try_from(self.steps.div_ceil(u64::from(columns)))?;
            let start = Instant::now();
            let query = "SELECT metric, step / ? AS k, MIN(value), MAX(value), AVG(value), COUNT(*) FROM vals
                         WHERE run = 1 AND metric < ? GROUP BY metric, k";
            let rows = sqlx::query(query).bind(stride).bind(below).fetch_all(&mut connection).await?;
            let largest =
                rows.iter().map(|row| row.get::<Option<f64>, _>(3).unwrap_or(0.0)).fold(0.0, f64::max);
            if largest == 0.0 {
                return Err("the rival's table is empty".into());
            }
            let time = start.elapsed().as_secs_f64() * 1e3;
            connection.close().await?;
            Ok(time)
        }
    }
}
