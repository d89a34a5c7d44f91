//! What a step costs the host: waits, uploads, kernels. From the difference of two runs, so that start, checkpoint and end
//! do not count.

use serde_json::{Value, json};

use crate::job::{Asked, Place};

/// What one more step adds to a count.
fn a_step(place: &Place, name: &str, recipe: &Value) -> impl Fn(&str) -> i64 + use<> {
    let run = |steps: u64| {
        let mut recipe = recipe.clone();
        recipe["max_steps"] = json!(steps);
        recipe["epochs"] = json!(4);
        place.train(&format!("{name}-{steps}"), &Asked::on("cuda:0", recipe)).finished()
    };
    let (fewer, more) = (run(6), run(7));
    move |count| more.count(count) - fewer.count(count)
}

/// Waits of one step, exactly; kernels as a bound that a change may lower.
struct Cost {
    host_reads: i64,
    launches: i64,
}

const BATCH_BYTES: i64 = 2 * 16 * 16 * 16 * 3;
/// Labels for the votes, 64 bits each.
const LABEL_BYTES: i64 = 16 * 8;

#[test]
fn a_step_waits_uploads_and_starts_kernels_as_recorded() {
    let place = Place::new();
    let plain = || Cost { host_reads: 1, launches: 479 };
    for (name, recipe, cost) in [
        ("fp32", json!({}), plain()),
        ("bf16", json!({ "precision": "bf16" }), Cost { launches: 679, ..plain() }),
        // Whether to update is read as well.
        ("fp16", json!({ "precision": "fp16" }), Cost { host_reads: 2, launches: 687 }),
        ("no-norms", json!({ "gradient_norm_every": 0 }), Cost { launches: 449, ..plain() }),
        ("pieces", json!({ "micro_batch_size": 8 }), Cost { launches: 934, ..plain() }),
        // Of the first view as it lies on the device already.
        ("entropy", json!({ "attention_entropy_every": 1 }), Cost { host_reads: 2, launches: 532 }),
    ] {
        let found = a_step(&place, name, &recipe);
        assert_eq!(found("host_reads"), cost.host_reads, "{name}");
        assert_eq!(found("async_reads"), 0, "{name}");
        // Both views and the labels cross once, together, and nobody waits for it.
        assert_eq!((found("uploads"), found("async_uploads")), (0, 1), "{name}");
        assert_eq!(found("uploaded_bytes"), BATCH_BYTES + LABEL_BYTES, "{name}");
        let launches = found("launches");
        assert!(launches <= cost.launches && launches > cost.launches / 2, "{name}: {launches} kernels");
    }
}
