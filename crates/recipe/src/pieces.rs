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

/// Share of a card's memory that a piece may keep: the rest is for weights, optimizer, heads, and what the allocator cannot join.
const KEPT_SHARE: f64 = 0.8;

/// The largest piece of the batch that a card of so many bytes holds: a divisor of it. None where not even one image fits, or where the
/// batch cannot be cut and is too large: images see each other (batch norm), or it is a probe's.
fn largest_piece(recipe: &Recipe, memory: u64) -> Option<u32> {
    let images = memory as f64 * KEPT_SHARE / kept_bytes(recipe);
    let most = images.clamp(0.0, f64::from(u32::MAX)) as u32;
    let whole = recipe.batch_size;
    match is_cut(recipe) {
        // A whole batch keeps both views at once, a piece one at a time.
        _ if most / 2 >= whole => Some(whole),
        true => largest_divisor(whole, most.min(whole / 2)),
        false => None,
    }
}

/// A smaller piece than the present one, for whoever ran out of memory: the largest divisor of the batch that is at most half of it,
/// and within `memory` bytes of the device where they are known. None where no piece is smaller, or the batch cannot be cut.
pub fn smaller_piece(recipe: &Recipe, memory: Option<u64>) -> Option<u32> {
    if !is_cut(recipe) {
        return None;
    }
    let fitting = memory.map_or(Some(u32::MAX), |bytes| largest_piece(recipe, bytes)).unwrap_or(1);
    largest_divisor(recipe.batch_size, fitting.min(piece(recipe) / 2))
}

fn is_cut(recipe: &Recipe) -> bool {
    !recipe.backbone.has_batch_norm() && recipe.task == Task::Pretrain
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
        assert_eq!(smaller_piece(&base, Some(80_000_000_000)), Some(1024));
        assert_eq!(
            smaller_piece(&Recipe { micro_batch_size: 256, ..base.clone() }, Some(80_000_000_000)),
            Some(128)
        );
        assert_eq!(smaller_piece(&Recipe { batch_size: 6, ..base.clone() }, None), Some(3));
        assert_eq!(smaller_piece(&Recipe { micro_batch_size: 1, ..base }, None), None);
        assert_eq!(smaller_piece(&of("mocov3_resnet50", Precision::Bf16), None), None);
    }

    #[test]
    fn cards_hold_the_pieces_that_were_worked_out_for_them() {
        let gigabytes = [24, 80, 141];
        for (preset, precision, pieces) in [
            ("mocov3_vit_small", Precision::Bf16, [512, 2048, 2048]),
            ("mocov3_vit_small", Precision::Fp32, [256, 1024, 2048]),
            // At 141 GB 2,048 would leave no margin.
            ("mocov3_vit_base", Precision::Bf16, [256, 1024, 1024]),
            ("mocov3_vit_base", Precision::Fp32, [128, 512, 1024]),
            ("mocov3_vit_large", Precision::Bf16, [64, 256, 512]),
        ] {
            let recipe = of(preset, precision);
            let found = gigabytes.map(|size| largest_piece(&recipe, size * 1_000_000_000));
            assert_eq!(found, pieces.map(Some), "{preset} {precision}");
        }
        let resnet = of("mocov3_resnet50", Precision::Bf16);
        assert_eq!(largest_piece(&resnet, 141_000_000_000), None);
        assert_eq!(largest_piece(&Recipe { batch_size: 512, ..resnet }, 80_000_000_000), Some(512));
        let micro = Recipe::preset("mocov3_vit_micro").unwrap();
        assert_eq!(largest_piece(&micro, 24_000_000_000), Some(micro.batch_size));
        assert_eq!(largest_piece(&of("mocov3_vit_base", Precision::Bf16), 10_000_000), None);
    }
}
