//! What must hold between parameters. Each finding names the parameters it is about;
//! where they stand in a file is the sweep's knowledge.

use crate::choices::{PositionEmbedding, Task};
use crate::dataset::{DatasetFacts, Datasets};
use crate::hint::Hint;
use crate::number::short_number;
use crate::parameters::nearest;
use crate::probe::check_probe;
use crate::problem::{Contradiction, Problem};
use crate::schedule::Schedule;
use crate::sentence::Names;
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

/// That there is a data set of that name. One whose size is published may be planned for before its images are at hand.
pub(crate) fn check_dataset(name: &str, datasets: &dyn Datasets) -> Option<Problem> {
    if datasets.has(name) {
        return None;
    }
    let said = Contradiction::NoDataset { dataset: name.to_owned() };
    let problem = match DatasetFacts::published(name) {
        Some(_) => Problem::warning(&["dataset"], said),
        None => Problem::error(&["dataset"], said),
    };
    let names = datasets.names();
    Some(match nearest(name, names.iter().map(String::as_str)) {
        Some(near) => problem.hint(Hint::did_you_mean(near)).mended_by("dataset", near),
        None => problem.hint(Hint::AddDataset { name: name.to_owned(), names: names.into_iter().collect() }),
    })
}

fn check_geometry(recipe: &Recipe, problems: &mut Vec<Problem>) {
    let Recipe { image_size, patch_size, embed_dim, num_heads, .. } = *recipe;
    if recipe.backbone.is_vit() {
        if recipe.backbone.has_patch_projection() && !image_size.is_multiple_of(patch_size) {
            let said = Contradiction::PatchSize { patch_size, image_size };
            let problem = Problem::error(&["patch_size", "image_size"], said);
            problems.push(problem.hint(divisors_near(image_size, patch_size)));
        }
        if !recipe.backbone.has_patch_projection() && !image_size.is_multiple_of(16) {
            let said = Contradiction::StemImageSize { image_size };
            problems.push(Problem::error(&["image_size", "backbone"], said));
        }
        if !embed_dim.is_multiple_of(num_heads) {
            let said = Contradiction::Heads { embed_dim, num_heads };
            let problem = Problem::error(&["num_heads", "embed_dim"], said);
            problems.push(problem.hint(divisors_near(embed_dim, num_heads)));
        }
        if recipe.position_embedding == PositionEmbedding::SinCos && !embed_dim.is_multiple_of(4) {
            let said = Contradiction::SinCosWidth { embed_dim };
            problems.push(Problem::error(&["embed_dim", "position_embedding"], said));
        }
    }
    if recipe.frozen_patch_projection && !recipe.backbone.has_patch_projection() {
        let said = Contradiction::NothingToFreeze { backbone: recipe.backbone.to_string() };
        problems.push(Problem::warning(&["frozen_patch_projection", "backbone"], said));
    }
}

/// At most four divisors, those nearest to the wanted one.
fn divisors_near(number: u32, wanted: u32) -> Hint {
    let mut divisors: Vec<u32> = (1..=number).filter(|divisor| number.is_multiple_of(*divisor)).collect();
    divisors.sort_by_key(|divisor| divisor.abs_diff(wanted));
    divisors.truncate(4);
    divisors.sort_unstable();
    let divisors: Names = divisors.iter().map(u32::to_string).collect();
    Hint::DivisibleBy { number, divisors }
}

fn check_batches(recipe: &Recipe, problems: &mut Vec<Problem>) {
    let Recipe { batch_size, micro_batch_size, .. } = *recipe;
    if micro_batch_size > 0 && micro_batch_size < batch_size && recipe.backbone.has_batch_norm() {
        let said = Contradiction::WholeBatch { backbone: recipe.backbone.to_string() };
        let hint = Hint::LeaveAt { name: "micro_batch_size".to_owned(), value: "0".to_owned() };
        let problem = Problem::error(&["micro_batch_size", "backbone"], said).hint(hint);
        problems.push(problem.mended_by("micro_batch_size", 0));
    }
    if micro_batch_size > 0 && !batch_size.is_multiple_of(micro_batch_size) {
        let said = Contradiction::Pieces { batch_size, micro_batch_size };
        let problem = Problem::error(&["micro_batch_size", "batch_size"], said);
        problems.push(problem.hint(divisors_near(batch_size, micro_batch_size)));
    }
}

fn check_against_data(recipe: &Recipe, facts: &DatasetFacts, problems: &mut Vec<Problem>) {
    let DatasetFacts { name, images, .. } = facts;
    let (batch_size, train_images) = (recipe.batch_size, recipe.train_images);
    if recipe.task != Task::Knn && u64::from(batch_size) > recipe.images_taken(*images) {
        let problem = if u64::from(batch_size) > *images {
            let said = Contradiction::LargeBatch { batch_size, dataset: name.clone(), images: *images };
            Problem::error(&["batch_size", "dataset"], said)
        } else {
            let said = Contradiction::FewImages { train_images, batch_size };
            Problem::error(&["train_images", "batch_size"], said).mended_by("train_images", batch_size)
        };
        problems.push(problem);
    }
    if u64::from(train_images) > *images {
        let said = Contradiction::FewerImages { train_images, dataset: name.clone(), images: *images };
        problems.push(Problem::warning(&["train_images", "dataset"], said).mended_by("train_images", 0));
    }
    if !recipe.task.is_probe() && recipe.knn_every > 0 && !facts.labelled {
        let said = Contradiction::Unlabelled { dataset: name.clone() };
        let problem = Problem::warning(&["knn_every", "dataset"], said).hint(Hint::NoKnn);
        problems.push(problem.mended_by("knn_every", 0));
    }
}

fn check_lengths(recipe: &Recipe, facts: Option<&DatasetFacts>, problems: &mut Vec<Problem>) {
    let images = facts.map(|facts| facts.images);
    let images = images.filter(|images| recipe.images_taken(*images) >= u64::from(recipe.batch_size));
    let schedule = images.map(|images| recipe.schedule(images));
    problems.extend(check_warmup(recipe, schedule));
    if let Some(schedule) = schedule
        && recipe.shock_at_step >= schedule.total_steps
        && recipe.shock_at_step > 0
    {
        let (step, total_steps) = (recipe.shock_at_step, schedule.total_steps);
        let said = Contradiction::LateDisturbance { step, total_steps };
        problems.push(Problem::warning(&["shock_at_step"], said));
    }
}

/// That training is more than its warm-up. What mends it is a warm-up of a tenth of the training.
fn check_warmup(recipe: &Recipe, schedule: Option<Schedule>) -> Option<Problem> {
    let warmup_epochs = short_number(recipe.warmup_epochs);
    let (share, tenth, said, length) = match recipe.max_steps {
        0 => {
            let share = recipe.warmup_epochs / recipe.epochs;
            let (epochs, percent) = (short_number(recipe.epochs), percent(share));
            let said = if share > 1.0 {
                Contradiction::LongWarmup { warmup_epochs, epochs }
            } else {
                Contradiction::HalfWarmup { warmup_epochs, epochs, percent }
            };
            (share, recipe.epochs / 10.0, said, "epochs")
        }
        steps => {
            let schedule = schedule?;
            let share = schedule.warmup_steps / steps as f64;
            let (batch_size, percent) = (recipe.batch_size, percent(share));
            // As everywhere else: a half counts as a whole step.
            let warmup_steps = schedule.warmup_steps.round() as u64;
            let said = if share > 1.0 {
                Contradiction::LongWarmupInSteps { batch_size, warmup_epochs, warmup_steps, steps }
            } else {
                Contradiction::HalfWarmupInSteps { batch_size, warmup_epochs, warmup_steps, steps, percent }
            };
            (share, steps as f64 / schedule.steps_per_epoch as f64 / 10.0, said, "max_steps")
        }
    };
    let problem = Problem::warning(&["warmup_epochs", length], said).hint(Hint::TenthOfTraining);
    (share > 0.5).then(|| problem.mended_by("warmup_epochs", two_digits(tenth)))
}

fn percent(share: f64) -> u64 {
    (share * 100.0).round() as u64
}

/// A number of two significant digits, as one would choose it.
fn two_digits(number: f64) -> f64 {
    format!("{number:.1e}").parse().unwrap_or(number)
}
