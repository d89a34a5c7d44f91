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

/// Waits and uploads of one step, exactly; kernels as a bound that a change may lower.
struct Cost {
    host_reads: i64,
    uploads: i64,
    async_uploads: i64,
    /// Times that each byte of both views crosses.
    crossings: i64,
    launches: i64,
}

const BATCH_BYTES: i64 = 2 * 16 * 16 * 16 * 3;
/// Labels for the votes, 64 bits each.
const LABEL_BYTES: i64 = 16 * 8;

#[test]
fn a_step_waits_uploads_and_starts_kernels_as_recorded() {
    let place = Place::new();
    let plain = || Cost { host_reads: 1, uploads: 1, async_uploads: 2, crossings: 1, launches: 479 };
    for (name, recipe, cost) in [
        ("fp32", json!({}), plain()),
        ("bf16", json!({ "precision": "bf16" }), Cost { launches: 679, ..plain() }),
        // Whether to update is read as well.
        ("fp16", json!({ "precision": "fp16" }), Cost { host_reads: 2, launches: 687, ..plain() }),
        ("no-norms", json!({ "gradient_norm_every": 0 }), Cost { launches: 449, ..plain() }),
        (
            "pieces",
            json!({ "micro_batch_size": 8 }),
            Cost { async_uploads: 12, crossings: 3, launches: 934, ..plain() },
        ),
    ] {
        let found = a_step(&place, name, &recipe);
        assert_eq!(found("host_reads"), cost.host_reads, "{name}");
        assert_eq!(found("async_reads"), 0, "{name}");
        assert_eq!(found("uploads"), cost.uploads, "{name}");
        assert_eq!(found("async_uploads"), cost.async_uploads, "{name}");
        assert_eq!(found("uploaded_bytes"), cost.crossings * BATCH_BYTES + LABEL_BYTES, "{name}");
        let launches = found("launches");
        assert!(launches <= cost.launches && launches > cost.launches / 2, "{name}: {launches} kernels");
    }
}
