//! What differs from block to block in fine-tuning: layer-wise learning rates, and stochastic depth (Huang et al. 2016).

use tch::{Device, Tensor};
use vitals_recipe::{Recipe, Task, keyed_rng};

use crate::backbones::Kept;
use crate::error::Result;
use crate::parameter::Span;

/// Ranges of layers with their factor on the learning rate: 1 for the head and the final norm, `decay` times less for each
/// block below, and once more for what makes the tokens. Neighbours of one factor are one range.
pub(crate) fn rates_by_layer(layers: &[(String, Span)], depth: usize, decay: f64) -> Vec<(Span, f64)> {
    let mut found: Vec<(Span, f64)> = Vec::new();
    for (name, span) in layers {
        let below = match name.strip_prefix("blocks.").and_then(|index| index.parse::<usize>().ok()) {
            // The last block, depth − 1, is one below the head; block 0 is `depth` below.
            Some(block) => depth.saturating_sub(block),
            None if name == "head" || name == "norm" => 0,
            None => depth + 1,
        };
        let factor = decay.powi(i32::try_from(below).unwrap_or(i32::MAX));
        // Exact equality will do: the same exponent gives the same bits.
        match found.last_mut().filter(|(_, last)| *last == factor) {
            Some((range, _)) => range.end = span.end,
            None => found.push((*span, factor)),
        }
    }
    found
}

/// How often block `block` of `depth` leaves a branch out: from 0 at the first to `rate` at the last, linearly.
fn drop_probability(rate: f64, block: usize, depth: usize) -> f64 {
    // One block alone has no slope, and depth − 1 would be 0.
    if depth < 2 { rate } else { rate * block as f64 / (depth - 1) as f64 }
}

/// Stochastic depth of every block at a step, for `count` images; empty where nothing is to be left out.
pub(crate) fn kept(recipe: &Recipe, step: u64, count: usize, device: Device) -> Result<Vec<Kept>> {
    if recipe.task != Task::Finetune || recipe.drop_path == 0.0 {
        return Ok(Vec::new());
    }
    let depth = recipe.depth as usize;
    (0..depth)
        .map(|block| {
            let keep = 1.0 - drop_probability(recipe.drop_path, block, depth);
            let mut rng = keyed_rng(recipe.seed, &["drop path".into(), step.into(), (block as u64).into()]);
            let mut draw = || -> Result<Tensor> {
                // A branch that stays counts 1 / keep: on the mean as much as in evaluation, where none is left out.
                let factors: Vec<f32> =
                    (0..count).map(|_| if rng.chance(keep) { (1.0 / keep) as f32 } else { 0.0 }).collect();
                Ok(Tensor::f_from_slice(&factors)?.f_to_device(device)?)
            };
            Ok(Kept { attention: draw()?, mlp: draw()? })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_fall_by_one_factor_a_layer() {
        let names = ["patch_embed", "cls_token", "blocks.0", "blocks.1", "norm", "head"];
        let layers: Vec<(String, Span)> = (0..)
            .zip(names)
            .map(|(place, name)| (name.to_owned(), Span { start: 10 * place, end: 10 * place + 10 }))
            .collect();
        let span = |start, end| Span { start, end };
        assert_eq!(
            rates_by_layer(&layers, 2, 0.5),
            [(span(0, 20), 0.125), (span(20, 30), 0.25), (span(30, 40), 0.5), (span(40, 60), 1.0)]
        );
        assert_eq!(rates_by_layer(&layers, 2, 1.0), [(span(0, 60), 1.0)]);
    }

    #[test]
    fn branches_are_left_out_as_often_as_asked_and_keep_their_mean() {
        let recipe = Recipe { task: Task::Finetune, drop_path: 0.3, depth: 4, ..Recipe::default() };
        let count = 20_000;
        let kept = kept(&recipe, 5, count, Device::Cpu).unwrap();
        assert_eq!(kept.len(), 4);
        for (block, kept) in kept.iter().enumerate() {
            let dropped = 0.3 * block as f64 / 3.0;
            for factors in [&kept.attention, &kept.mlp] {
                let factors: Vec<f32> = factors.try_into().unwrap();
                let share = factors.iter().filter(|factor| **factor == 0.0).count() as f64 / count as f64;
                let mean = factors.iter().map(|factor| f64::from(*factor)).sum::<f64>() / count as f64;
                // Four standard errors of a share of 20,000.
                let error = 4.0 * (dropped * (1.0 - dropped) / count as f64).sqrt() + 1e-6;
                assert!((share - dropped).abs() <= error, "block {block}: {share} for {dropped}");
                assert!((mean - 1.0).abs() <= error / (1.0 - dropped) + 1e-6, "block {block}: mean {mean}");
            }
        }
        let none = Recipe { drop_path: 0.0, ..recipe };
        assert!(super::kept(&none, 5, 4, Device::Cpu).unwrap().is_empty());
    }
}
