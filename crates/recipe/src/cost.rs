//! Which runs cost the same: keys under which measured rates and peaks of memory are put together. A key names all that
//! decides the cost and nothing else, so that what one run measured holds for the next.

use crate::table::Recipe;

/// Runs of one key take about the same time for a step.
pub fn time_key(recipe: &Recipe) -> String {
    format!("{} {} {}", geometry(recipe), recipe.device, recipe.batch_size)
}

/// Runs of one key take about the same memory at their peaks, on one kind of device: the network, what a step holds of it
/// at once, and the optimizer's state.
pub fn memory_key(recipe: &Recipe) -> String {
    let at_once = match recipe.micro_batch_size {
        0 => recipe.batch_size,
        pieces => pieces.min(recipe.batch_size),
    };
    format!(
        "{} {} {} {} {} {at_once}",
        geometry(recipe),
        recipe.mlp_ratio,
        recipe.optimizer,
        recipe.batch_size,
        recipe.knn_bank_size
    )
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
