//! `cargo xtask bench record_step`: what one recorded step of 60 columns costs the step's thread, against a naive
//! writer of JSON lines doing the same in the same run. Prints one JSON line.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use serde_json::{Map, Value, json};
use vitals_journal::{Column, Header, Writer, WriterOptions};

const COLUMNS: usize = 60;
const STEPS: u64 = 50_000;
const WARM_UP: usize = 1_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::temp_dir().join(format!("vitals-bench-record-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let ours = journal(&folder.join("journal"));
    let rival = json_lines(&folder.join("lines.jsonl"));
    std::fs::remove_dir_all(&folder)?;
    let (ours, rival) = (ours?, rival?);
    let (median, rival_median) = (quantile(&ours, 0.5), quantile(&rival, 0.5));
    let line = json!({
        "name": "record_step", "value": median, "unit": "ns", "higher_is_better": false,
        "details": {
            "columns": COLUMNS, "steps": STEPS, "p99_ns": quantile(&ours, 0.99), "max_ns": quantile(&ours, 1.0),
            "rival": "serde_json object a line, buffered", "rival_median_ns": rival_median,
            "rival_p99_ns": quantile(&rival, 0.99), "times_faster": rival_median as f64 / median as f64,
            "optimised": !cfg!(debug_assertions),
        },
    });
    println!("{line}");
    Ok(())
}

fn names() -> Vec<String> {
    (0..COLUMNS).map(|place| format!("grad_norm/blocks.{place}")).collect()
}

fn values(step: u64) -> [f64; COLUMNS] {
    std::array::from_fn(|place| 1.0 / (step + place as u64 + 1) as f64)
}

/// Nanoseconds of each step.
fn journal(path: &Path) -> Result<Vec<u64>, Box<dyn std::error::Error>> {
    let header = Header::new("bench", 1, 0, "");
    let writer = Writer::create(path, header, WriterOptions::default())?;
    let stream = writer.stream("step", names().into_iter().map(|name| Column::f32(name, "")).collect())?;
    let mut nanos = Vec::with_capacity(STEPS as usize);
    for step in 0..STEPS {
        let values = values(step);
        let began = Instant::now();
        writer.row(stream, step, step as f64, &values)?;
        nanos.push(began.elapsed().as_nanos() as u64);
    }
    writer.sync()?;
    Ok(nanos)
}

fn json_lines(path: &Path) -> Result<Vec<u64>, Box<dyn std::error::Error>> {
    let mut file = BufWriter::new(File::create(path)?);
    let names = names();
    let mut nanos = Vec::with_capacity(STEPS as usize);
    for step in 0..STEPS {
        let values = values(step);
        let began = Instant::now();
        let mut line: Map<String, Value> = names.iter().cloned().zip(values.map(Value::from)).collect();
        line.insert("step".to_owned(), step.into());
        line.insert("elapsed_secs".to_owned(), (step as f64).into());
        serde_json::to_writer(&mut file, &line)?;
        file.write_all(b"\n")?;
        nanos.push(began.elapsed().as_nanos() as u64);
    }
    file.flush()?;
    Ok(nanos)
}

fn quantile(nanos: &[u64], q: f64) -> u64 {
    let mut sorted = nanos[WARM_UP..].to_vec();
    sorted.sort_unstable();
    sorted[((sorted.len() - 1) as f64 * q) as usize]
}
