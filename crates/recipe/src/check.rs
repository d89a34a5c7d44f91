//! What must hold between parameters. Each finding names the parameters it is about;
//! where they stand in a file is the sweep's knowledge.

use crate::choices::{PositionEmbedding, Task};
use crate::dataset::DatasetFacts;
use crate::probe::check_probe;
use crate::problem::Problem;
use crate::table::Recipe;

/// Everything that must hold between the parameters of a resolved recipe, on a data set where its facts are known.
pub fn check(recipe: &Recipe, facts: Option<&DatasetFacts>) -> Vec<Problem> {
    let mut problems = Vec::new();
    check_geometry(recipe, &mut problems);
    check_batches(recipe, &mut problems);
    problems.extend(check_probe(recipe, facts));
    if let Some(facts) = facts {
        check_against_data(recipe, facts, &mut problems);
    }
    check_lengths(recipe, facts, &mut problems);
    problems
}

fn check_geometry(recipe: &Recipe, problems: &mut Vec<Problem>) {
    let Recipe { image_size, patch_size, embed_dim, num_heads, .. } = *recipe;
    if recipe.backbone.is_vit() {
        if recipe.backbone.has_patch_projection() && !image_size.is_multiple_of(patch_size) {
            problems.push(Problem::error(
                &["patch_size", "image_size"],
                format!("a patch size of {patch_size} does not divide the image size of {image_size}"),
                Some(divisors_near(image_size, patch_size)),
            ));
        }
        if !recipe.backbone.has_patch_projection() && !image_size.is_multiple_of(16) {
            problems.push(Problem::error(
                &["image_size", "backbone"],
                format!("a convolutional stem needs an image size divisible by 16, not {image_size}"),
                None,
            ));
        }
        if !embed_dim.is_multiple_of(num_heads) {
            problems.push(Problem::error(
                &["num_heads", "embed_dim"],
                format!("a width of {embed_dim} is not divisible by {num_heads} heads"),
                Some(divisors_near(embed_dim, num_heads)),
            ));
        }
        if recipe.position_embedding == PositionEmbedding::SinCos && !embed_dim.is_multiple_of(4) {
            problems.push(Problem::error(
                &["embed_dim", "position_embedding"],
                format!("sine-cosine positions need a width divisible by 4, not {embed_dim}"),
                None,
            ));
        }
    }
    if recipe.frozen_patch_projection && !recipe.backbone.has_patch_projection() {
        problems.push(Problem::warning(
            &["frozen_patch_projection", "backbone"],
            format!(
                "backbone {} has no patch projection to freeze; the setting does nothing",
                recipe.backbone
            ),
            None,
        ));
    }
}

/// "the nearest that do: 4, 7, 8": at most four divisors, nearest first.
fn divisors_near(number: u32, wanted: u32) -> String {
    let mut divisors: Vec<u32> = (1..=number).filter(|divisor| number.is_multiple_of(*divisor)).collect();
    divisors.sort_by_key(|divisor| divisor.abs_diff(wanted));
    divisors.truncate(4);
    divisors.sort_unstable();
    let words: Vec<String> = divisors.iter().map(u32::to_string).collect();
    format!("{number} is divisible by {}", words.join(", "))
}

fn check_batches(recipe: &Recipe, problems: &mut Vec<Problem>) {
    let Recipe { batch_size, micro_batch_size, .. } = *recipe;
    if micro_batch_size > 0 && micro_batch_size < batch_size && recipe.backbone.has_batch_norm() {
        problems.push(Problem::error(
            &["micro_batch_size", "backbone"],
            format!(
                "backbone {} has batch norms, which must see the whole batch: it cannot pass in pieces",
                recipe.backbone
            ),
            Some("leave `micro_batch_size` at 0".to_owned()),
        ));
    }
    if micro_batch_size > 0 && !batch_size.is_multiple_of(micro_batch_size) {
        problems.push(Problem::error(
            &["micro_batch_size", "batch_size"],
            format!("a batch of {batch_size} does not split into pieces of {micro_batch_size}"),
            Some(divisors_near(batch_size, micro_batch_size)),
        ));
    }
}

fn check_against_data(recipe: &Recipe, facts: &DatasetFacts, problems: &mut Vec<Problem>) {
    if recipe.task != Task::Knn && u64::from(recipe.batch_size) > facts.images {
        problems.push(Problem::error(
            &["batch_size", "dataset"],
            format!(
                "a batch of {} is larger than {} with {} images",
                recipe.batch_size, facts.name, facts.images
            ),
            None,
        ));
    }
    if !recipe.task.is_probe() && recipe.knn_every > 0 && !facts.labelled {
        problems.push(Problem::warning(
            &["knn_every", "dataset"],
            format!("{} has no labels, so there is no kNN accuracy", facts.name),
            Some("set `knn_every = 0` to say so".to_owned()),
        ));
    }
}

fn check_lengths(recipe: &Recipe, facts: Option<&DatasetFacts>, problems: &mut Vec<Problem>) {
    let images = facts.map(|facts| facts.images).filter(|images| *images >= u64::from(recipe.batch_size));
    let schedule = images.map(|images| recipe.schedule(images));
    let too_long = match (recipe.max_steps, schedule) {
        (0, _) => (recipe.warmup_epochs > recipe.epochs).then(|| {
            format!(
                "the warm-up of {} epochs is longer than the {} epochs",
                recipe.warmup_epochs, recipe.epochs
            )
        }),
        (steps, Some(schedule)) => (schedule.warmup_steps > steps as f64).then(|| {
            format!(
                "the warm-up of {} epochs is {:.0} steps, longer than the {steps} steps",
                recipe.warmup_epochs,
                // As everywhere else: a half counts as a whole step.
                schedule.warmup_steps.round()
            )
        }),
        (_, None) => None,
    };
    if let Some(what) = too_long {
        problems.push(Problem::warning(
            &["warmup_epochs", if recipe.max_steps == 0 { "epochs" } else { "max_steps" }],
            format!("{what} of training: the learning rate never reaches its peak"),
            None,
        ));
    }
    if let Some(schedule) = schedule
        && recipe.shock_at_step >= schedule.total_steps
        && recipe.shock_at_step > 0
    {
        problems.push(Problem::warning(
            &["shock_at_step"],
            format!(
                "the disturbance at step {} comes after the last of {} steps",
                recipe.shock_at_step, schedule.total_steps
            ),
            None,
        ));
    }
}
