//! What a batch keeps for the backward pass, and the pieces in which it fits.

use crate::choices::{Precision, Task};
use crate::table::Recipe;

/// Bytes of a token, for each unit of width and each block, that a ViT's forward pass keeps: measured by counting what autograd saves
/// under CUDA's autocast rules (residuals, norms, queries, keys, values, the MLP's two sides) with fused attention.
const BF16_BYTES: f64 = 34.0;
const FP32_BYTES: f64 = 60.0;
/// Of ResNet-50 at 224 pixels in bf16, and of the same in fp32.
const RESNET_BYTES: f64 = 43.8e6;

/// Bytes that one view of one image keeps for the backward pass, heads left out.
fn kept_bytes(recipe: &Recipe) -> f64 {
    let narrow = recipe.precision != Precision::Fp32;
    let side = f64::from(recipe.image_size);
    if !recipe.backbone.is_vit() {
        return RESNET_BYTES * (side / 224.0).powi(2) * if narrow { 1.0 } else { 2.0 };
    }
    let patch = if recipe.backbone.has_patch_projection() { f64::from(recipe.patch_size) } else { 16.0 };
    let tokens = (side / patch).powi(2) + 1.0;
    let each = if narrow { BF16_BYTES } else { FP32_BYTES };
    // The MLP's inner side makes about half of it at the usual ratio of 4.
    let mlp = f64::midpoint(1.0, recipe.mlp_ratio / 4.0);
    each * mlp * tokens * f64::from(recipe.embed_dim) * f64::from(recipe.depth)
}

/// Images of a pass of the backbone: a piece, or the whole batch.
pub fn piece(recipe: &Recipe) -> u32 {
    match recipe.micro_batch_size {
        0 => recipe.batch_size,
        size => size.min(recipe.batch_size),
    }
}

/// A smaller piece than the present one, for whoever ran out of memory: the largest divisor of the batch that is at most half of it,
/// and within `memory` bytes of the device where they are known. None where no piece is smaller, or where images of a batch see each
/// other (batch norm), or in a probe: those are not cut.
pub fn smaller_piece(recipe: &Recipe, memory: Option<u64>) -> Option<u32> {
    if recipe.backbone.has_batch_norm() || recipe.task != Task::Pretrain {
        return None;
    }
    let fitting = memory.map_or(u32::MAX, |bytes| {
        // What is left beside weights, optimizer and others.
        let images = bytes as f64 * 0.7 / kept_bytes(recipe);
        (images.clamp(1.0, f64::from(u32::MAX))) as u32
    });
    largest_divisor(recipe.batch_size, fitting.min(piece(recipe) / 2))
}

/// The largest divisor of `whole` that is at most `most`.
fn largest_divisor(whole: u32, most: u32) -> Option<u32> {
    (1..=most.min(whole)).rev().find(|size| whole.is_multiple_of(*size))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(preset: &str, precision: Precision) -> Recipe {
        Recipe { precision, ..Recipe::preset(preset).unwrap() }
    }

    /// Megabytes of one view of one image, counted under fake CUDA tensors.
    #[test]
    fn counted_networks_keep_what_the_rule_says() {
        for (preset, precision, megabytes) in [
            ("mocov3_vit_small", Precision::Bf16, 31.2),
            ("mocov3_vit_small", Precision::Fp32, 55.2),
            ("mocov3_vit_base", Precision::Bf16, 61.9),
            ("mocov3_vit_base", Precision::Fp32, 109.7),
            ("mocov3_vit_large", Precision::Bf16, 169.8),
        ] {
            let ratio = kept_bytes(&of(preset, precision)) / 1e6 / megabytes;
            assert!((0.95..1.05).contains(&ratio), "{preset} {precision}: {ratio}");
        }
    }

    #[test]
    fn a_smaller_piece_divides_the_batch_and_fits() {
        let base = of("mocov3_vit_base", Precision::Bf16);
        assert_eq!(base.batch_size, 4096);
        assert_eq!(smaller_piece(&base, None), Some(2048));
        assert_eq!(smaller_piece(&base, Some(24_000_000_000)), Some(256));
        assert_eq!(smaller_piece(&base, Some(80_000_000_000)), Some(512));
        assert_eq!(
            smaller_piece(&Recipe { micro_batch_size: 256, ..base.clone() }, Some(80_000_000_000)),
            Some(128)
        );
        assert_eq!(smaller_piece(&Recipe { batch_size: 6, ..base.clone() }, None), Some(3));
        assert_eq!(smaller_piece(&Recipe { micro_batch_size: 1, ..base }, None), None);
        assert_eq!(smaller_piece(&of("mocov3_resnet50", Precision::Bf16), None), None);
    }
}
