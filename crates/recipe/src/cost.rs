//! What runs cost: keys under which measured rates and peaks of memory are put together, and the work of an image by the
//! network's size, for runs like none that was measured. A key names all that decides the cost and nothing else, so that
//! what one run measured holds for the next.

use crate::choices::{Backbone, Task};
use crate::pieces::piece;
use crate::table::Recipe;

/// Runs of one key take about the same time for a step.
pub fn time_key(recipe: &Recipe) -> String {
    format!("{} {} {}", geometry(recipe), recipe.device, recipe.batch_size)
}

/// Runs of one key take about the same memory at their peaks, on one kind of device: the network, what a step holds of it
/// at once, and the optimizer's state.
pub fn memory_key(recipe: &Recipe) -> String {
    let at_once = piece(recipe);
    format!(
        "{} {} {} {} {} {at_once}",
        geometry(recipe),
        recipe.mlp_ratio,
        recipe.optimizer,
        recipe.batch_size,
        recipe.knn_bank_size
    )
}

/// About how many floating-point operations an image costs in a step of pre-training: products of matrices, both views,
/// the backward pass as twice the forward pass. None for probes, whose work is another.
pub fn work(recipe: &Recipe) -> Option<f64> {
    if recipe.task != Task::Pretrain {
        return None;
    }
    let side = f64::from(recipe.image_size);
    let width = f64::from(recipe.embed_dim);
    let network = if recipe.backbone == Backbone::ResNet50 {
        // 4.1 billion multiply-adds at 224 pixels (He et al. 2016), in proportion to the area.
        2.0 * 4.1e9 * (side / 224.0).powi(2)
    } else {
        let patch = if recipe.backbone.has_patch_projection() { f64::from(recipe.patch_size) } else { 16.0 };
        let tokens = (side / patch).powi(2) + 1.0;
        // Queries, keys, values and output, then the MLP; then the two products of attention.
        let per_token = 2.0 * width * width * (4.0 + 2.0 * recipe.mlp_ratio) + 4.0 * tokens * width;
        tokens * (f64::from(recipe.depth) * per_token + 2.0 * 3.0 * patch * patch * width)
    };
    let (hidden, out) = (f64::from(recipe.head_hidden_dim), f64::from(recipe.head_out_dim));
    let heads = 2.0 * (width * hidden + hidden * hidden + 2.0 * hidden * out);
    // Forward and backward; a momentum encoder passes forward once more.
    let passes = if recipe.method.has_momentum_encoder() { 4.0 } else { 3.0 };
    Some(2.0 * passes * (network + heads))
}

fn geometry(recipe: &Recipe) -> String {
    format!(
        "{} {} {} {} {} {} {} {} {} {}",
        recipe.task,
        recipe.backbone,
        recipe.method,
        recipe.image_size,
        recipe.patch_size,
        recipe.embed_dim,
        recipe.depth,
        recipe.head_hidden_dim,
        recipe.head_out_dim,
        recipe.precision
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_work_of_known_networks_is_about_what_papers_say() {
        let billions = |preset: &str| work(&Recipe::preset(preset).unwrap()).unwrap() / 8e9;
        // ViT-S/16 and B/16 at 224 pixels: 4.6 and 17.6 billion multiply-adds (Touvron et al. 2021).
        for (preset, multiply_adds) in [("mocov3_vit_small", 4.6), ("mocov3_vit_base", 17.6)] {
            let ratio = billions(preset) / (2.0 * multiply_adds);
            assert!((0.9..1.2).contains(&ratio), "{preset}: {ratio}");
        }
        let micro = Recipe::preset("mocov3_vit_micro").unwrap();
        assert_eq!(work(&Recipe { task: Task::Linear, ..micro }), None);
    }

    #[test]
    fn what_changes_no_cost_changes_no_key() {
        let base = Recipe::preset("mocov3_vit_micro").unwrap();
        let check = |name: &str, value: serde_json::Value, same_time: bool, same_memory: bool| {
            let mut other = base.clone();
            other.set(name, &value).unwrap();
            assert_eq!(
                (time_key(&other) == time_key(&base), memory_key(&other) == memory_key(&base)),
                (same_time, same_memory),
                "{name}"
            );
        };
        check("seed", json!(7), true, true);
        check("base_learning_rate", json!(0.5), true, true);
        check("epochs", json!(3), true, true);
        check("device", json!("cpu"), false, true);
        check("optimizer", json!("sgd"), true, false);
        check("micro_batch_size", json!(16), true, false);
        check("batch_size", json!(32), false, false);
        check("depth", json!(2), false, false);
    }
}
