//! The other side of `benches/train_step_torch.py`: a trainer of the given geometry that makes one step for each line it
//! reads and prints its seconds as JSON. The words are `measured`, `plain`, `peak` (Gflop/s of matrix products), `memory`,
//! and `norms` (what gradient norms cost by themselves, with a trainer of its own, so it comes last); it chooses nothing
//! by itself. Processor seconds are those of the main thread.

use std::io::{BufRead, Write, stdin, stdout};
use std::time::Instant;

use vitals_engine::{Device, Trainer, Views};
use vitals_recipe::{Backbone, Precision, Recipe};

const USAGE: &str =
    "usage: train_step THREADS IMAGE PATCH DIM DEPTH HEADS HIDDEN OUT BATCH [frozen] [bf16] [pieces=N]";

/// Pairs of steps between which the norms are timed.
const NORM_PAIRS: u64 = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (numbers, options) = arguments.split_at(arguments.len().min(9));
    let numbers = numbers.iter().map(|word| word.parse()).collect::<Result<Vec<u32>, _>>()?;
    let [threads, image_size, patch_size, embed_dim, depth, num_heads, hidden, out, batch] = numbers[..]
    else {
        return Err(USAGE.into());
    };
    let mut micro_batch_size = 0;
    let (mut frozen_patch_projection, mut precision) = (false, Precision::Fp32);
    for option in options {
        match option.split_once('=') {
            None if option == "frozen" => frozen_patch_projection = true,
            None if option == "bf16" => precision = Precision::Bf16,
            Some(("pieces", count)) => micro_batch_size = count.parse()?,
            _ => return Err(USAGE.into()),
        }
    }
    let recipe = Recipe {
        image_size,
        backbone: Backbone::VitCustom,
        patch_size,
        embed_dim,
        depth,
        num_heads,
        head_hidden_dim: hidden,
        head_out_dim: out,
        batch_size: batch,
        micro_batch_size,
        frozen_patch_projection,
        precision,
        knn_bank_size: 1024,
        // Measured at every other step: `plain` is a step that the schedule leaves out.
        gradient_norm_every: 2,
        ..Recipe::default()
    };
    vitals_engine::set_threads(threads);
    let device = Device::Cpu;
    let base = memory("VmRSS:");
    let mut trainer = Trainer::new(&recipe, recipe.schedule(1 << 20), device)?;
    let mut state = 1u64;
    let mut pixels = || -> Vec<u8> {
        let count = batch * image_size * image_size * 3;
        (0..count)
            .map(|_| {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                (state >> 56) as u8
            })
            .collect()
    };
    let (view1, view2) = (pixels(), pixels());
    let views = Views { views: &[&view1, &view2], labels: &[], batch: batch as usize, image_size };
    let mut early = 0;
    for line in stdin().lock().lines() {
        let answer = match line?.as_str() {
            "memory" => {
                let peak = memory("VmHWM:");
                format!("{{\"peak\": {peak}, \"base\": {base}, \"growth\": {}}}", peak.saturating_sub(early))
            }
            "norms" => {
                let report = vitals_engine::bench(&recipe, NORM_PAIRS, device)?;
                let (seconds, share) = (report.gradient_norm_seconds, report.gradient_norm_share);
                format!("{{\"seconds\": {seconds}, \"share\": {share}}}")
            }
            "peak" => format!("{{\"gflops\": {}}}", peak_gflops()?),
            word => {
                // A step of the wrong kind is made, not counted, so that the words may come in any order.
                if (word == "measured") != trainer.next_step().is_multiple_of(2) {
                    trainer.step(trainer.next_step(), &views)?;
                }
                let (begin, cpu) = (Instant::now(), processor_seconds());
                trainer.step(trainer.next_step(), &views)?;
                let (seconds, cpu) = (begin.elapsed().as_secs_f64(), processor_seconds() - cpu);
                if trainer.next_step() == 6 {
                    early = memory("VmHWM:");
                }
                format!("{{\"seconds\": {seconds}, \"cpu\": {cpu}}}")
            }
        };
        writeln!(stdout(), "{answer}")?;
        stdout().flush()?;
    }
    Ok(())
}

/// A field of `/proc/self/status` in bytes; 0 where there is none.
fn memory(field: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// Time that the main thread ran; the kernel counts it a few milliseconds late, so it serves steps and nothing shorter.
fn processor_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split_whitespace().next().and_then(|word| word.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

/// The best of square products of several sizes.
fn peak_gflops() -> Result<f64, tch::TchError> {
    let mut best = 0.0f64;
    for size in [768i64, 1024, 2048] {
        let (a, b) = (
            tch::Tensor::f_rand([size, size], tch::kind::FLOAT_CPU)?,
            tch::Tensor::f_rand([size, size], tch::kind::FLOAT_CPU)?,
        );
        for _ in 0..12 {
            let begin = Instant::now();
            let _product = a.f_mm(&b)?;
            best = best.max(2.0 * (size as f64).powi(3) / begin.elapsed().as_secs_f64() / 1e9);
        }
    }
    Ok(best)
}
