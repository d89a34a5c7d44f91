//! Which parameters only some methods, optimizers or tasks read. Under the others they change nothing but the point's id.

use crate::choices::DecodedImages;
use crate::probe::{FixedInProbe, fixed_in_probes};
use crate::sentence::Names;
use crate::table::{PARAMETERS, Recipe};

/// Parameters, the parameter that decides whether they are read, and its choices under which they are.
type Reads = (&'static [&'static str], &'static str, &'static [&'static str]);

const READ_UNDER: &[Reads] = &[
    (
        &["prototypes", "sinkhorn_epsilon", "sinkhorn_iterations", "freeze_prototypes_steps"],
        "method",
        &["swav"],
    ),
    (&["predictor"], "method", &["mocov3"]),
    (&["encoder_momentum", "encoder_momentum_schedule"], "method", &["mocov3", "byol"]),
    (&["temperature"], "method", &["mocov3", "simclr", "swav"]),
    (&["head_batch_norm"], "method", &["mocov3", "simclr", "swav"]),
    (&["beta1", "beta2", "epsilon"], "optimizer", &["adamw", "lamb"]),
    (&["momentum"], "optimizer", &["lars", "sgd"]),
    (&["trust_coefficient"], "optimizer", &["lars"]),
];

/// What only a vision transformer has.
const OF_TRANSFORMERS: &[&str] = &[
    "patch_size",
    "embed_dim",
    "depth",
    "num_heads",
    "mlp_ratio",
    "position_embedding",
    "frozen_patch_projection",
    "pooling",
    "qk_norm",
    "layer_scale",
    "patch_lr_factor",
    "attention_entropy_every",
];
const OF_SHOCKS: &[&str] = &["shock_factor", "shock_steps"];
/// What probes alone read.
const OF_PROBES: &[&str] =
    &["evaluate_every_epochs", "drop_path", "mixup", "cutmix", "label_smoothing", "layer_decay"];

/// Under what a parameter is read.
pub(crate) struct Readers {
    /// The parameter that decides.
    pub(crate) by: &'static str,
    choices: &'static [&'static str],
}

impl Readers {
    /// None for a parameter that every recipe reads.
    pub(crate) fn of(name: &str) -> Option<Readers> {
        let (_, by, choices) = READ_UNDER.iter().find(|(names, ..)| names.contains(&name))?;
        Some(Readers { by, choices })
    }

    /// The choice of a recipe that does not read the parameter.
    pub(crate) fn other(&self, recipe: &Recipe) -> Option<String> {
        let chosen = recipe.get(self.by)?;
        let chosen = chosen.as_str()?;
        (!self.choices.contains(&chosen)).then(|| chosen.to_owned())
    }

    pub(crate) fn choices(&self) -> Names {
        self.choices.iter().copied().collect()
    }
}

/// Parameters of a recipe that change nothing in its run, in the order of the table.
pub fn unread(recipe: &Recipe) -> Vec<&'static str> {
    PARAMETERS
        .iter()
        .filter(|parameter| {
            let is_other = |by: &str, choices: &[&str]| {
                recipe.get(by).is_some_and(|chosen| !choices.iter().any(|choice| chosen == *choice))
            };
            let name = parameter.name;
            READ_UNDER.iter().any(|(names, by, choices)| names.contains(&name) && is_other(by, choices))
                || (OF_TRANSFORMERS.contains(&name) && !recipe.backbone.is_vit())
                || (OF_SHOCKS.contains(&name) && recipe.shock_at_step == 0)
                || (name == "decoded_cache_gib" && recipe.decoded_cache == DecodedImages::None)
                || match recipe.task.is_probe() {
                    true => fixed_in_probes(recipe.task, parameter) == Some(FixedInProbe::NoEffect),
                    false => OF_PROBES.contains(&name),
                }
        })
        .map(|parameter| parameter.name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choices::{Method, Optimizer, Task};
    use crate::table::parameter;

    #[test]
    fn every_name_and_choice_is_of_the_table() {
        for (names, by, choices) in READ_UNDER {
            let decides = parameter(by).unwrap();
            assert!(choices.iter().all(|choice| decides.choices.contains(choice)), "{by}: {choices:?}");
            assert!(names.iter().all(|name| parameter(name).is_some()), "{names:?}");
        }
        for name in [OF_TRANSFORMERS, OF_SHOCKS, OF_PROBES].concat() {
            assert!(parameter(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_run_reads_what_its_method_optimizer_and_task_read() {
        let demo = Recipe::default();
        let idle = unread(&demo);
        assert!(
            idle.contains(&"prototypes") && idle.contains(&"momentum") && idle.contains(&"mixup"),
            "{idle:?}"
        );
        assert!(idle.contains(&"shock_factor"), "no shock is asked for: {idle:?}");
        assert!(!idle.contains(&"predictor") && !idle.contains(&"beta2") && !idle.contains(&"shock_at_step"));

        let swav = Recipe {
            method: Method::Swav,
            optimizer: Optimizer::Lars,
            shock_at_step: 5,
            ..Recipe::default()
        };
        let idle = unread(&swav);
        assert!(
            !idle.contains(&"prototypes")
                && !idle.contains(&"trust_coefficient")
                && !idle.contains(&"shock_factor")
        );
        assert!(idle.contains(&"predictor") && idle.contains(&"beta1"));

        let probe = Recipe { task: Task::Linear, ..Recipe::default() };
        let idle = unread(&probe);
        assert!(idle.contains(&"method") && idle.contains(&"temperature"), "{idle:?}");
        assert!(
            !idle.contains(&"evaluate_every_epochs") && !idle.contains(&"depth"),
            "the checkpoint has a depth: {idle:?}"
        );
    }
}
