//! Training through the public interface: resume, checkpoints and what they refuse, and the kNN monitor.
//! On the device that the test program names.

use std::path::Path;

use vitals_engine::{LabelledImages, StepReport, Trainer, Views};
use vitals_recipe::{Method, Optimizer, Part, Precision, Recipe, keyed_rng};

const BATCH: usize = 16;
const SIZE: u32 = 16;
const CLASSES: u64 = 4;

fn recipe() -> Recipe {
    Recipe {
        image_size: SIZE,
        patch_size: 4,
        embed_dim: 32,
        depth: 2,
        num_heads: 4,
        head_hidden_dim: 48,
        head_out_dim: 16,
        batch_size: BATCH as u32,
        base_learning_rate: 1e-2,
        max_steps: 40,
        warmup_epochs: 0.0,
        knn_bank_size: 40,
        knn_k: 10,
        ..Recipe::preset("mocov3_vit_micro").expect("the preset is there")
    }
}

fn trainer(recipe: &Recipe) -> Trainer {
    vitals_engine::set_threads(1);
    Trainer::new(recipe, recipe.schedule(1000), crate::device()).unwrap()
}

/// Noise around one pattern per class, so that there is something to learn.
fn images(address: &str, number: u64, count: usize) -> (Vec<u8>, Vec<u32>) {
    let mut pixels = Vec::new();
    let mut labels = Vec::new();
    for index in 0..count as u64 {
        let label = index % CLASSES;
        let mut pattern = keyed_rng(label, &["pattern".into()]);
        let mut noise = keyed_rng(index, &[address.into(), Part::Number(number)]);
        pixels.extend((0..3 * SIZE * SIZE).map(|_| (pattern.below(160) + noise.below(96)) as u8));
        labels.push(label as u32);
    }
    (pixels, labels)
}

fn step(trainer: &mut Trainer) -> StepReport {
    let step = trainer.next_step();
    let ((view1, labels), (view2, _)) = (images("one", step, BATCH), images("two", step, BATCH));
    let labels: Vec<Option<u32>> = labels.into_iter().map(Some).collect();
    let views = Views { views: &[&view1, &view2], labels: &labels, batch: BATCH, image_size: SIZE };
    trainer.step(step, &views).unwrap()
}

fn steps(trainer: &mut Trainer, count: usize) -> Vec<StepReport> {
    (0..count).map(|_| step(trainer)).collect()
}

/// Hashes of the tensor files of a checkpoint.
fn tensors(folder: &Path) -> [String; 3] {
    ["model", "optimizer", "monitor"].map(|name| {
        let bytes = std::fs::read(folder.join(format!("{name}.safetensors"))).unwrap();
        format!("{name} {}", blake3::hash(&bytes))
    })
}

#[test]
fn resumed_training_equals_training_that_never_stopped_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let mut recipes = Vec::new();
    for &method in Method::ALL {
        for &optimizer in Optimizer::ALL {
            let (prototypes, freeze_prototypes_steps) = (24, 2);
            recipes.push(Recipe { method, optimizer, prototypes, freeze_prototypes_steps, ..recipe() });
        }
    }
    recipes.push(Recipe { micro_batch_size: 6, ..recipe() });
    recipes.push(Recipe { qk_norm: true, layer_scale: 0.1, ..recipe() });
    recipes.push(Recipe { precision: Precision::Fp16, ..recipe() });
    for (index, recipe) in recipes.iter().enumerate() {
        let name = format!("{} {} {}", recipe.method, recipe.optimizer, recipe.precision);
        let mut whole = trainer(recipe);
        let expected = steps(&mut whole, 6);
        whole.save(&at(&format!("whole-{index}"))).unwrap();

        // Somewhere in the middle: another place for every combination.
        let stopped = 1 + keyed_rng(index as u64, &["stop".into()]).below(5) as usize;
        let mut first = trainer(recipe);
        steps(&mut first, stopped);
        let stop = at(&format!("stop-{index}"));
        first.save(&stop).unwrap();
        drop(first);

        // Another seed: nothing of the new trainer's own start may survive.
        let mut second = trainer(&Recipe { seed: 99, ..recipe.clone() });
        steps(&mut second, 1);
        assert_eq!(second.load(&stop).unwrap(), stopped as u64);
        // As text, in which a gradient that overflowed equals itself.
        let text = |reports: &[StepReport]| format!("{reports:?}");
        let resumed = steps(&mut second, 6 - stopped);
        assert_eq!(text(&resumed), text(&expected[stopped..]), "{name} after {stopped}");
        second.save(&at(&format!("resumed-{index}"))).unwrap();
        let (whole, resumed) = (at(&format!("whole-{index}")), at(&format!("resumed-{index}")));
        assert_eq!(tensors(&whole), tensors(&resumed), "{name} after {stopped}");
    }
}

#[test]
fn the_same_seed_gives_the_same_numbers_and_another_does_not() {
    let run = |seed| steps(&mut trainer(&Recipe { seed, ..recipe() }), 3);
    assert_eq!(run(0), run(0));
    assert_ne!(run(0)[0].loss, run(1)[0].loss);
}

/// Runs that differ in one setting share their start values.
#[test]
fn frozen_and_learned_share_their_first_loss() {
    let first =
        |frozen_patch_projection| step(&mut trainer(&Recipe { frozen_patch_projection, ..recipe() })).loss;
    assert_eq!(first(true), first(false));
}

#[test]
fn damaged_and_foreign_checkpoints_are_refused_and_leave_the_trainer_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good");
    let mut source = trainer(&recipe());
    steps(&mut source, 2);
    source.save(&good).unwrap();
    let damaged = |name: &str, damage: &dyn Fn(&Path)| {
        let copy = folder.path().join(name);
        std::fs::create_dir(&copy).unwrap();
        for entry in std::fs::read_dir(&good).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
        }
        damage(&copy);
        let mut trainer = trainer(&recipe());
        let error = trainer.load(&copy).unwrap_err().to_string();
        assert_eq!(trainer.next_step(), 0);
        assert_eq!(step(&mut trainer), step(&mut self::trainer(&recipe())), "{name}");
        error
    };
    let flip = |file: &'static str| {
        move |folder: &Path| {
            let path = folder.join(file);
            let mut bytes = std::fs::read(&path).unwrap();
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            std::fs::write(&path, bytes).unwrap();
        }
    };
    assert!(damaged("flipped", &flip("model.safetensors")).contains("hash"));
    assert!(damaged("flipped-optimizer", &flip("optimizer.safetensors")).contains("hash"));
    let cut = |folder: &Path| std::fs::remove_file(folder.join("monitor.safetensors")).unwrap();
    assert!(damaged("incomplete", &cut).contains("monitor.safetensors"));
    let newer = |folder: &Path| {
        let path = folder.join("state.json");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("\"format\": 1", "\"format\": 7")).unwrap();
    };
    assert!(damaged("newer", &newer).contains("format is 7"));

    let mut other = trainer(&Recipe { depth: 3, ..recipe() });
    assert!(other.load(&good).unwrap_err().to_string().contains("blocks.2"));
    assert!(other.load(Path::new("/nowhere")).is_err());
}

/// A worker may die between writing a checkpoint and naming it; the next attempt writes the same one again.
#[test]
fn a_checkpoint_replaces_one_of_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("step-00000001");
    std::fs::create_dir(&path).unwrap();
    std::fs::write(path.join("model.safetensors"), b"half").unwrap();
    let mut source = trainer(&recipe());
    step(&mut source);
    source.save(&path).unwrap();
    source.save(&path).unwrap();
    assert_eq!(trainer(&recipe()).load(&path).unwrap(), 1);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else stays");
}

#[test]
fn checkpoints_say_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("step-00000001");
    let mut trainer = trainer(&recipe());
    step(&mut trainer);
    trainer.save(&path).unwrap();
    let found = vitals_engine::inspect(&path).unwrap();
    assert_eq!((found.kind.as_str(), found.step), ("training checkpoint", Some(1)));
    assert!(found.missing.is_empty() && found.unexpected.is_empty(), "{found:?}");
    let file = vitals_engine::inspect(&path.join("model.safetensors")).unwrap();
    assert_eq!((file.kind.as_str(), file.tensors), ("encoder pair", found.tensors));
    assert!(vitals_engine::inspect(folder.path()).is_err());
    let beside = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(beside, 1, "nothing half-written stays");
}

#[test]
fn the_bank_fills_from_training_and_knows_the_classes() {
    let mut trainer = trainer(&recipe());
    let (pixels, labels) = images("held out", 0, 32);
    let queries = LabelledImages { pixels: &pixels, labels: &labels };
    assert_eq!(trainer.knn(queries).unwrap(), None);
    steps(&mut trainer, 20);
    let before = step(&mut trainer);
    let queued = trainer.knn(queries).unwrap().unwrap();
    let (bank_pixels, bank_labels) = images("bank", 0, 64);
    let bank = LabelledImages { pixels: &bank_pixels, labels: &bank_labels };
    let fixed = trainer.knn_fixed(bank, queries).unwrap().unwrap();
    let pixels_alone = trainer.knn_pixels(bank, queries).unwrap().unwrap();
    assert!(queued > 0.5 && fixed > 0.5, "queue {queued}, fixed {fixed}, chance 0.25");
    assert!(pixels_alone > 0.5, "pixels {pixels_alone}");
    assert!(before.loss.is_finite());
}

/// Looking does not disturb: training with evaluations in between gives the same numbers.
#[test]
fn evaluation_leaves_training_untouched() {
    let (pixels, labels) = images("held out", 0, 8);
    let queries = LabelledImages { pixels: &pixels, labels: &labels };
    let mut watched = trainer(&recipe());
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(step(&mut watched));
        watched.knn(queries).unwrap();
        watched.knn_fixed(queries, queries).unwrap();
    }
    assert_eq!(seen, steps(&mut trainer(&recipe()), 4));
}

#[test]
fn measuring_rarely_changes_nothing_but_the_report() {
    let often = steps(&mut trainer(&recipe()), 5);
    let rarely = steps(&mut trainer(&Recipe { gradient_norm_every: 2, ..recipe() }), 5);
    for (often, rarely) in often.iter().zip(&rarely) {
        assert_eq!(often.loss, rarely.loss);
        assert_eq!(rarely.gradients.is_some(), rarely.step % 2 == 0);
    }
}

#[test]
fn wrong_batches_are_refused_before_anything_moves() {
    let mut trainer = trainer(&recipe());
    let (view, labels) = images("one", 0, BATCH);
    let labels: Vec<Option<u32>> = labels.into_iter().map(Some).collect();
    let good = Views { views: &[&view, &view], labels: &labels, batch: BATCH, image_size: SIZE };
    let short = &view[..view.len() - 1];
    for (step, views) in [
        (1, good),
        (0, Views { image_size: 8, ..good }),
        (0, Views { views: &[&view, short], ..good }),
        (0, Views { views: &[&view], ..good }),
        (0, Views { views: &[&view, &view, &view], ..good }),
        (0, Views { batch: BATCH - 1, ..good }),
        (0, Views { labels: &labels[1..], ..good }),
    ] {
        assert!(trainer.step(step, &views).is_err());
        assert_eq!(trainer.next_step(), 0);
    }
    assert!(trainer.step(0, &good).is_ok());
}

#[test]
fn layers_and_tensors_bear_the_names_of_the_contract() {
    let trainer = trainer(&recipe());
    let layers = ["patch_embed", "cls_token", "blocks.0", "blocks.1", "norm", "projector", "predictor"]
        .map(str::to_owned);
    assert_eq!(trainer.layers(), layers);
    assert!(trainer.tensors().contains(&"base_encoder.blocks.0.attn.qkv.weight".to_owned()));
    assert_eq!(trainer.tensors()[0], "base_encoder.patch_embed.proj.weight");
}
