//! Which parameters only some methods, optimizers or tasks read. Under the others they change nothing but the point's id.

use crate::choices::{DecodedImages, Method, Optimizer};
use crate::probe::{FixedInProbe, fixed_in_probes};
use crate::sentence::Names;
use crate::table::{PARAMETERS, Recipe};

/// Every method and optimizer: the parameter that chooses it, its word, and what it reads that not all of them do.
fn readers() -> impl Iterator<Item = (&'static str, &'static str, &'static [&'static str])> {
    let methods = Method::ALL.iter().map(|method| ("method", method.as_str(), method.reads()));
    methods.chain(Optimizer::ALL.iter().map(|one| ("optimizer", one.as_str(), one.reads())))
}

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
    choices: Vec<&'static str>,
}

impl Readers {
    /// None for a parameter that every recipe reads.
    pub(crate) fn of(name: &str) -> Option<Readers> {
        let mut found: Option<Readers> = None;
        for (by, choice, _) in readers().filter(|(.., names)| names.contains(&name)) {
            found.get_or_insert_with(|| Readers { by, choices: Vec::new() }).choices.push(choice);
        }
        found
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

/// Under which methods or optimizers a parameter is read, `Read by adamw and lamb.`; none where every recipe reads it.
pub fn read_by(name: &str) -> Option<String> {
    let choices = Readers::of(name)?.choices;
    let (last, others) = choices.split_last()?;
    let others = others.join(", ");
    Some(if others.is_empty() { format!("Read by {last}.") } else { format!("Read by {others} and {last}.") })
}

/// Parameters of a recipe that change nothing in its run, in the order of the table.
pub fn unread(recipe: &Recipe) -> Vec<&'static str> {
    PARAMETERS
        .iter()
        .filter(|parameter| {
            let name = parameter.name;
            Readers::of(name).is_some_and(|readers| readers.other(recipe).is_some())
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
    use crate::choices::Task;
    use crate::table::parameter;

    #[test]
    fn every_name_is_of_the_table() {
        for (by, choice, names) in readers() {
            assert!(parameter(by).unwrap().choices.contains(&choice), "{by}: {choice}");
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
