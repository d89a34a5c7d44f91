//! Puts runs that never were into a workspace, each with its run folder and journal, and prints the truth of each as one
//! JSON object a line. For end-to-end tests and pictures at full scale.
//!
//! `cargo run --release -p vitals-api --example synthetic_run -- WORKSPACE [--steps N] [--layers N] [--calm] [--arms] [--runs N] [--seed N]`
//! With `--arms` every second run has its patch projection frozen, and the seed of the one before it.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;
use vitals_api::foreign::{About, Origin, record};
use vitals_api::{Binaries, Context, Evidence};
use vitals_journal::{Column, Writer};
use vitals_recipe::Recipe;
use vitals_series::Noise;
use vitals_series::synthetic::Synthetic;

type Failure = Box<dyn std::error::Error>;

/// Steps between evaluations.
const EVALUATION_EVERY: u64 = 100;

struct Wanted {
    workspace: PathBuf,
    steps: u64,
    layers: usize,
    calm: bool,
    arms: bool,
    runs: u64,
    seed: u64,
}

fn wanted() -> Result<Wanted, Failure> {
    let mut arguments = std::env::args().skip(1);
    let workspace = arguments.next().ok_or("name the workspace's folder")?.into();
    let mut wanted =
        Wanted { workspace, steps: 100_000, layers: 150, calm: false, arms: false, runs: 1, seed: 1 };
    while let Some(word) = arguments.next() {
        let mut number = || -> Result<u64, Failure> {
            let text = arguments.next().ok_or_else(|| format!("{word} needs a number"))?;
            text.parse().map_err(|_| format!("{word}: `{text}` is no number").into())
        };
        match word.as_str() {
            "--steps" => wanted.steps = number()?,
            "--layers" => wanted.layers = usize::try_from(number()?)?,
            "--runs" => wanted.runs = number()?,
            "--seed" => wanted.seed = number()?,
            "--calm" => wanted.calm = true,
            "--arms" => wanted.arms = true,
            _ => return Err(format!("`{word}` is no option").into()),
        }
    }
    Ok(wanted)
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let wanted = wanted()?;
    let context = Context::open(&wanted.workspace, Binaries::beside_own()?, now).await?;
    for run in 0..wanted.runs {
        let seed = wanted.seed + run;
        let synthetic = match wanted.calm {
            true => Synthetic::calm(wanted.steps, wanted.layers, seed),
            false => Synthetic::ten_spikes(wanted.steps, wanted.layers, seed),
        };
        let kind = if wanted.calm { "calm" } else { "ten spikes" };
        let about = About {
            origin: if wanted.arms { arm(run)? } else { Origin::stand_in() },
            label: format!("synthetic {seed}, {kind}"),
            steps: wanted.steps,
            evidence: Evidence::said("made, not trained"),
            note: "Synthetic: noise with known jumps.".to_owned(),
            tag: "synthetic".to_owned(),
        };
        let made = synthetic.clone();
        let recorded = record(&context, about, move |journal| write(journal, &made)).await?;
        let layer = |layer: &usize| synthetic.layers[*layer].clone();
        let spikes: Vec<_> = synthetic
            .spikes()
            .iter()
            .map(|(step, layers)| json!({"step": step, "layers": layers.iter().map(layer).collect::<Vec<_>>()}))
            .collect();
        let nan: Vec<_> =
            synthetic.nan.iter().map(|(at, step)| json!({"step": step, "layer": layer(at)})).collect();
        println!(
            "{}",
            json!({"run": recorded.run, "steps": wanted.steps, "layers": synthetic.layers.len(),
                   "values": recorded.values, "spikes": spikes, "nan": nan})
        );
    }
    context.store().close().await;
    Ok(())
}

/// Of two arms, paired by seed.
fn arm(run: u64) -> Result<Origin, Failure> {
    let mut recipe = Recipe::preset("mocov3_vit_micro").ok_or("no such preset")?;
    (recipe.frozen_patch_projection, recipe.seed) = (run % 2 == 1, run / 2);
    Ok(Origin::StandIn(Box::new(recipe)))
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(0)
}

/// A loss that falls, its learning rate, an accuracy that rises, and the norms of all layers.
fn write(journal: &Writer, run: &Synthetic) -> vitals_journal::Result<()> {
    let step_columns =
        vec![Column::f64("loss", "nats"), Column::f64("learning_rate", ""), Column::f32("grad_norm", "")];
    let steps = journal.stream("step", step_columns)?;
    let columns = run.layers.iter().map(|layer| Column::f32(format!("grad_norm/{layer}"), "")).collect();
    let gradients = journal.stream("gradients", columns)?;
    let evaluations = journal.stream("evaluation", vec![Column::f32("knn_top1", "")])?;
    let mut noise = Noise::new(run.seed ^ 0x105);
    for (step, norms) in (0..).zip(run.rows()) {
        let part = step as f64 / run.steps as f64;
        let elapsed = step as f64 * 0.25;
        let total = norms.iter().map(|norm| norm * norm).sum::<f64>().sqrt();
        let loss = 4.0 + 4.0 * (-6.0 * part).exp() + 0.05 * noise.normal();
        let learning_rate = 1e-3 * 0.5 * (1.0 + (std::f64::consts::PI * part).cos());
        journal.row(steps, step, elapsed, &[loss, learning_rate, total])?;
        journal.row(gradients, step, elapsed, &norms)?;
        if step % EVALUATION_EVERY == 0 {
            let accuracy = 0.7 - 0.6 * (-5.0 * part).exp() + 0.004 * noise.normal();
            journal.row(evaluations, step, elapsed, &[accuracy])?;
        }
    }
    Ok(())
}
