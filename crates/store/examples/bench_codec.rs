//! What a stored value takes and how fast it is written and read: our column encoding against `pco`, on the values of
//! `bench_ingest`, on the fixtures' real series, and on all series of a database where one is named. Prints a table.
//!
//! `cargo run --release -p vitals-store --example bench_codec [DATABASE]`

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use pco::ChunkConfig;
use pco::standalone::{simple_compress, simple_decompress};
use vitals_series::Noise;
use vitals_store::{Role, RunSelection, SeriesQuery, Store, ValueKind};

#[expect(dead_code, reason = "columns are measured, not row groups")]
#[path = "../src/codec.rs"]
mod codec;

/// What the encoding needs of its crate.
mod error {
    pub(crate) fn corrupt(what: &str) -> String {
        what.to_owned()
    }
}
type Result<T> = std::result::Result<T, String>;
type Failure = Box<dyn std::error::Error>;

/// As the store cuts them.
const CHUNK_ROWS: usize = 1_000;
/// Each codec goes over the values until this has passed.
const PATIENCE: Duration = Duration::from_millis(500);

/// One column's values, at most a chunk of them.
struct Chunk {
    kind: ValueKind,
    values: Vec<f64>,
}

struct Measured {
    bytes: usize,
    encode: Duration,
    decode: Duration,
}

#[tokio::main]
async fn main() -> std::result::Result<(), Failure> {
    println!("values                      codec     bytes/value  encode Mvalues/s  decode Mvalues/s");
    report("bench_ingest, 16 % noise", &noise())?;
    for name in [
        "natural_beta2_0.999_one_batch_6000",
        "calm_beta2_0.95_one_batch_6000",
        "calm_learned_d32_lr1e-2_1000",
        "lr_kick_x8_learned_d32_340",
    ] {
        report(name.split("_one").next().unwrap_or(name), &recorded(&vitals_fixtures::series(name)))?;
    }
    if let Some(path) = std::env::args().nth(1) {
        report("database", &stored(Path::new(&path)).await?)?;
    }
    Ok(())
}

fn chunks(kind: ValueKind, values: &[f64]) -> impl Iterator<Item = Chunk> {
    values.chunks(CHUNK_ROWS).map(move |values| Chunk { kind, values: values.to_vec() })
}

fn noise() -> Vec<Chunk> {
    let mut noise = Noise::new(0);
    let mut column =
        || -> Vec<f64> { (0..CHUNK_ROWS).map(|_| f64::from((0.16 * noise.normal()).exp() as f32)).collect() };
    (0..60).flat_map(|_| chunks(ValueKind::F32, &column()).collect::<Vec<_>>()).collect()
}

/// The columns of a CSV, all but steps and times.
fn recorded(text: &str) -> Vec<Chunk> {
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let mut columns = vec![Vec::new(); names.len()];
    for line in lines {
        for (column, cell) in columns.iter_mut().zip(line.split(',')) {
            column.extend(cell.parse::<f32>().ok().map(f64::from));
        }
    }
    columns.iter().skip(2).flat_map(|values| chunks(ValueKind::F32, values).collect::<Vec<_>>()).collect()
}

async fn stored(path: &Path) -> std::result::Result<Vec<Chunk>, Failure> {
    let store = Store::open(path, Role::Reader).await?;
    let mut found = Vec::new();
    for run in store.runs(&RunSelection::All, &vitals_store::MetricChoice::Plain).await? {
        for series in store.series(run.id, &SeriesQuery::default()).await? {
            found.extend(chunks(series.kind, &series.values));
        }
    }
    store.close().await;
    Ok(found)
}

fn report(what: &str, chunks: &[Chunk]) -> std::result::Result<(), Failure> {
    let ours = measure(
        chunks,
        |chunk| Ok(codec::encode_values(&chunk.values, chunk.kind)),
        |_, bytes| {
            let mut values = Vec::new();
            codec::decode_values(bytes, &mut values)?;
            Ok(values)
        },
    )?;
    let config = ChunkConfig::default();
    let pco = measure(
        chunks,
        |chunk| {
            let bytes = match chunk.kind {
                ValueKind::F32 => simple_compress(&singles(&chunk.values), &config),
                ValueKind::F64 => simple_compress(&chunk.values, &config),
            };
            bytes.map_err(|error| error.to_string())
        },
        |kind, bytes| match kind {
            ValueKind::F32 => {
                let singles = simple_decompress::<f32>(bytes).map_err(|error| error.to_string())?;
                Ok(singles.into_iter().map(f64::from).collect())
            }
            ValueKind::F64 => simple_decompress(bytes).map_err(|error| error.to_string()),
        },
    )?;
    let count: usize = chunks.iter().map(|chunk| chunk.values.len()).sum();
    for (codec, measured) in [("ours", ours), ("pco", pco)] {
        let speed = |time: Duration| count as f64 / time.as_secs_f64() / 1e6;
        println!(
            "{what:27} {codec:9} {:11.2} {:17.0} {:17.0}",
            measured.bytes as f64 / count as f64,
            speed(measured.encode),
            speed(measured.decode)
        );
    }
    Ok(())
}

fn singles(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| vitals_journal::narrow(value)).collect()
}

/// The mean time of one pass over all chunks, and that every value comes back.
fn measure(
    chunks: &[Chunk],
    encode: impl Fn(&Chunk) -> Result<Vec<u8>>,
    decode: impl Fn(ValueKind, &[u8]) -> Result<Vec<f64>>,
) -> std::result::Result<Measured, Failure> {
    let blobs = chunks.iter().map(&encode).collect::<Result<Vec<_>>>()?;
    for (chunk, blob) in chunks.iter().zip(&blobs) {
        let again = decode(chunk.kind, blob)?;
        let same = |(a, b): (&f64, &f64)| a == b || (a.is_nan() && b.is_nan());
        if again.len() != chunk.values.len() || !again.iter().zip(&chunk.values).all(same) {
            return Err("a value did not come back".into());
        }
    }
    let time = |pass: &dyn Fn() -> Result<()>| -> Result<Duration> {
        let (start, mut passes) = (Instant::now(), 0);
        while start.elapsed() < PATIENCE {
            pass()?;
            passes += 1;
        }
        Ok(start.elapsed() / passes)
    };
    let encode_all = || chunks.iter().try_for_each(|chunk| encode(chunk).map(|blob| drop(black_box(blob))));
    let decode_all = || {
        let mut pairs = chunks.iter().zip(&blobs);
        pairs.try_for_each(|(chunk, blob)| decode(chunk.kind, blob).map(|values| drop(black_box(values))))
    };
    Ok(Measured {
        bytes: blobs.iter().map(Vec::len).sum(),
        encode: time(&encode_all)?,
        decode: time(&decode_all)?,
    })
}
