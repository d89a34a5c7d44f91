//! Probes: what a checkpoint's features are worth, measured with labels. A probe's recipe is that of the run it judges,
//! with the published defaults of its kind over it (mocov3.md 1.12 to 1.14) and the user's settings over those.

use serde_json::Value;

use crate::choices::{Augmentation, Backbone, DecayExclude, OnNonfinite, Optimizer, Precision, Task};
use crate::dataset::DatasetFacts;
use crate::hint::Hint;
use crate::parameters::{InProbes, Parameter, ValueError};
use crate::problem::{Contradiction, Problem};
use crate::table::{PARAMETERS, Recipe};

/// More images than any set has: all of them.
const ALL: u32 = 10_000_000;

/// The recipe of a probe of that kind over a checkpoint of a run with the recipe `judged`, on another data set or the
/// same. Settings are applied in order.
///
/// # Errors
/// A setting has no such name or does not fit; what the checkpoint fixes is [`fixed_in_probes`]'s to say.
pub fn probe(
    task: Task,
    judged: &Recipe,
    dataset: &str,
    settings: &[(String, Value)],
) -> Result<Recipe, ValueError> {
    let mut recipe = Recipe {
        task,
        dataset: dataset.to_owned(),
        augmentation: Augmentation::CropFlip,
        crop_min_scale: 0.08,
        train_images: 0,
        batch_size: 1024,
        micro_batch_size: 0,
        max_steps: 0,
        gradient_clip: 0.0,
        gradient_clip_per_tensor: 0.0,
        patch_lr_factor: 1.0,
        precision: Precision::Fp32,
        knn_queries: ALL,
        knn_bank_size: ALL,
        on_nonfinite: OnNonfinite::Stop,
        shock_at_step: 0,
        checkpoint_every: 1000,
        keep_checkpoints: 1,
        ..judged.clone()
    };
    match task {
        Task::Pretrain | Task::Knn => {}
        Task::Linear => {
            recipe.optimizer = Optimizer::Sgd;
            recipe.momentum = 0.9;
            recipe.base_learning_rate = if judged.backbone == Backbone::ResNet50 { 0.1 } else { 3.0 };
            recipe.weight_decay = 0.0;
            (recipe.epochs, recipe.warmup_epochs) = (90.0, 0.0);
        }
        Task::Finetune => {
            let defaults = Recipe::default();
            recipe.optimizer = Optimizer::AdamW;
            recipe.base_learning_rate = 1.5e-4;
            (recipe.weight_decay, recipe.decay_exclude) = (0.1, DecayExclude::BiasAndNorm);
            (recipe.beta1, recipe.beta2, recipe.epsilon) = (defaults.beta1, defaults.beta2, defaults.epsilon);
            (recipe.epochs, recipe.warmup_epochs) = (100.0, 3.0);
            recipe.crop_min_scale = 0.05;
            (recipe.mixup, recipe.cutmix, recipe.label_smoothing) = (0.8, 1.0, 0.1);
            recipe.drop_path = if judged.backbone.is_vit() { 0.1 } else { 0.0 };
        }
    }
    for (name, value) in settings {
        recipe.set(name, value)?;
    }
    Ok(recipe)
}

crate::sentences! {
    /// Why a probe cannot set a parameter.
    pub enum FixedInProbe in "probe" {
        ByCheckpoint = "the checkpoint fixes it";
        OwnWord = "it has a word of its own: `--kind`, `--dataset`";
        NoEffect = "it changes nothing in a probe of this kind";
    }
}

/// Why a probe cannot set a parameter; none where it can.
pub fn fixed_in_probes(task: Task, parameter: &Parameter) -> Option<FixedInProbe> {
    let means_something = match parameter.in_probes {
        InProbes::Checkpoint => return Some(FixedInProbe::ByCheckpoint),
        InProbes::OwnWord => return Some(FixedInProbe::OwnWord),
        InProbes::Any => true,
        InProbes::Trained => task != Task::Knn,
        InProbes::Finetune => task == Task::Finetune,
        InProbes::Knn => task == Task::Knn,
        InProbes::Nowhere => false,
    };
    (!means_something).then_some(FixedInProbe::NoEffect)
}

/// What a probe needs beside what every run needs.
pub(crate) fn check_probe(recipe: &Recipe, facts: Option<&DatasetFacts>) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !recipe.task.is_probe() {
        return problems;
    }
    let backbone = || recipe.backbone.to_string();
    let leave_at = |name: &str, value: &str| Hint::LeaveAt { name: name.to_owned(), value: value.to_owned() };
    if let Some(facts) = facts.filter(|facts| !facts.labelled || facts.classes < 2) {
        let said = Contradiction::NoLabels { dataset: facts.name.clone() };
        problems.push(Problem::error(&["dataset"], said).hint(Hint::LabelledDataset));
    }
    if recipe.precision == Precision::Fp16
        || (recipe.precision == Precision::Bf16 && recipe.task != Task::Finetune)
    {
        let (task, precision) = (recipe.task.to_string(), recipe.precision.to_string());
        let said = Contradiction::ProbePrecision { task, precision };
        problems.push(Problem::error(&["precision"], said).hint(Hint::ProbePrecisions));
    }
    if recipe.drop_path > 0.0 && !recipe.backbone.is_vit() {
        let problem =
            Problem::error(&["drop_path", "backbone"], Contradiction::NoBranches { backbone: backbone() });
        problems.push(problem.hint(leave_at("drop_path", "0")));
    }
    if recipe.layer_decay < 1.0 && !recipe.backbone.is_vit() {
        let problem =
            Problem::error(&["layer_decay", "backbone"], Contradiction::NoLayers { backbone: backbone() });
        problems.push(problem.hint(leave_at("layer_decay", "1")));
    }
    problems
}

/// What a sweep must not ask for, as it pre-trains.
pub(crate) fn check_pretraining(recipe: &Recipe) -> Vec<Problem> {
    let defaults = Recipe::default();
    let of_probes = PARAMETERS.iter().filter(|parameter| parameter.group == "probe");
    of_probes
        .filter(|parameter| recipe.get(parameter.name) != defaults.get(parameter.name))
        .map(|parameter| {
            let said = Contradiction::OfProbes { name: parameter.name.to_owned() };
            Problem::error(&[parameter.name], said).hint(Hint::StartProbe)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn micro() -> Recipe {
        Recipe {
            batch_size: 64,
            micro_batch_size: 16,
            shock_at_step: 9,
            ..Recipe::preset("mocov3_vit_micro").unwrap()
        }
    }

    #[test]
    fn kinds_have_their_published_defaults_on_the_geometry_of_the_checkpoint() {
        let linear = probe(Task::Linear, &micro(), "cifar10", &[]).unwrap();
        assert_eq!((linear.optimizer, linear.weight_decay, linear.epochs), (Optimizer::Sgd, 0.0, 90.0));
        // 3 per 256 images is 12 at a batch of 1,024 (mocov3.md 1.12).
        assert_eq!(crate::effective_learning_rate(&linear), 12.0);
        let finetune = probe(Task::Finetune, &micro(), "cifar10", &[]).unwrap();
        // 3e-4 × 1,024 / 512 (mocov3.md 1.13).
        assert!((crate::effective_learning_rate(&finetune) - 6e-4).abs() < 1e-18);
        assert_eq!((finetune.drop_path, finetune.mixup, finetune.cutmix), (0.1, 0.8, 1.0));
        for recipe in [linear, finetune] {
            assert_eq!((recipe.embed_dim, recipe.image_size), (micro().embed_dim, micro().image_size));
            assert_eq!((recipe.micro_batch_size, recipe.shock_at_step), (0, 0));
            assert_eq!(crate::loss_band(&recipe), None);
            assert_eq!(check_probe(&recipe, DatasetFacts::published("cifar10").as_ref()), []);
        }
    }

    #[test]
    fn settings_win_and_wrong_ones_are_refused() {
        let set =
            |name: &str, value: Value| probe(Task::Linear, &micro(), "cifar10", &[(name.to_owned(), value)]);
        assert_eq!(set("epochs", json!(2)).unwrap().epochs, 2.0);
        assert!(matches!(set("epoch", json!(2)), Err(ValueError::UnknownParameter { .. })));
        assert!(matches!(set("mixup", json!(-1)), Err(ValueError::OutOfRange { .. })));
    }

    #[test]
    fn a_parameter_that_would_change_nothing_is_fixed() {
        let free = |task| -> Vec<&str> {
            let free = PARAMETERS.iter().filter(|parameter| fixed_in_probes(task, parameter).is_none());
            free.map(|parameter| parameter.name).collect()
        };
        let (linear, finetune, knn) = (free(Task::Linear), free(Task::Finetune), free(Task::Knn));
        assert!(
            linear.contains(&"base_learning_rate")
                && !linear.contains(&"mixup")
                && !linear.contains(&"knn_k")
        );
        assert!(
            finetune.contains(&"mixup")
                && finetune.contains(&"layer_decay")
                && !finetune.contains(&"patch_size")
        );
        assert!(knn.contains(&"knn_k") && !knn.contains(&"epochs") && !knn.contains(&"augmentation"));
        for name in ["image_size", "embed_dim", "task", "temperature", "shock_factor"] {
            assert!(!linear.contains(&name) && !finetune.contains(&name) && !knn.contains(&name), "{name}");
        }
    }

    #[test]
    fn sweeps_pretrain() {
        assert_eq!(check_pretraining(&micro()), []);
        let wrong = Recipe { task: Task::Linear, mixup: 0.5, ..micro() };
        let named: Vec<_> =
            check_pretraining(&wrong).into_iter().map(|problem| problem.parameters[0]).collect();
        assert_eq!(named, ["task", "mixup"]);
    }

    #[test]
    fn labels_are_needed() {
        let facts = DatasetFacts {
            name: "pictures".to_owned(),
            images: 5000,
            classes: 0,
            labelled: false,
            image_size: None,
        };
        let recipe = probe(Task::Knn, &micro(), "pictures", &[]).unwrap();
        assert!(check_probe(&recipe, Some(&facts))[0].said.text.contains("no labels"));
    }
}
