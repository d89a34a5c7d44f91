//! Which parameters only some methods or optimizers read. Under the others they change nothing but the point's id.

use crate::sentence::Names;
use crate::table::Recipe;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::parameter;

    #[test]
    fn every_name_and_choice_is_of_the_table() {
        for (names, by, choices) in READ_UNDER {
            let decides = parameter(by).unwrap();
            assert!(choices.iter().all(|choice| decides.choices.contains(choice)), "{by}: {choices:?}");
            assert!(names.iter().all(|name| parameter(name).is_some()), "{names:?}");
        }
    }
}
