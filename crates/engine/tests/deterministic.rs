//! What the parameter `deterministic` does: libtorch is told, and on the CPU no bit of training depends on it. The only
//! test of this process, because it is told for the whole process.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as the tests do")]

use tch::{Kind, Tensor};
use vitals_engine::{Device, Trainer, Views};
use vitals_recipe::{Backbone, Recipe};

/// Whether an operation runs that has no deterministic algorithm, on the CPU neither.
fn unpools() -> bool {
    let values = Tensor::ones([1, 1, 2, 2], (Kind::Float, tch::Device::Cpu));
    let places = Tensor::zeros([1, 1, 2, 2], (Kind::Int64, tch::Device::Cpu));
    values.f_max_unpool2d(&places, [4, 4]).is_ok()
}

/// What two steps report: the norm of every gradient, in the second step of weights that the first one moved.
fn train(recipe: &Recipe) -> String {
    let mut trainer = Trainer::new(recipe, recipe.schedule(100), Device::Cpu).unwrap();
    let (size, batch) = (recipe.image_size, recipe.batch_size as usize);
    let view = |factor: usize| -> Vec<u8> {
        (0..3 * (size * size) as usize * batch).map(|i| (i * factor % 251) as u8).collect()
    };
    let (first, second) = (view(7), view(13));
    let views = Views { views: &[&first, &second], labels: &[], batch, image_size: size };
    (0..2).map(|step| format!("{:?}", trainer.step(step, &views).unwrap())).collect()
}

#[test]
fn libtorch_is_told_and_the_cpu_gives_the_same_bits_either_way() {
    vitals_engine::set_threads(2);
    let small = Recipe {
        image_size: 32,
        backbone: Backbone::VitCustom,
        embed_dim: 32,
        depth: 2,
        num_heads: 4,
        head_hidden_dim: 48,
        head_out_dim: 16,
        batch_size: 8,
        knn_bank_size: 8,
        ..Recipe::default()
    };
    assert!(small.deterministic, "what a recipe does unless it says otherwise");
    let convolutional =
        Recipe { backbone: Backbone::VitConvSmall, frozen_patch_projection: false, ..small.clone() };
    let residual = Recipe { backbone: Backbone::ResNet50, batch_size: 2, ..convolutional.clone() };
    for recipe in [small, convolutional, residual] {
        let any = train(&Recipe { deterministic: false, ..recipe.clone() });
        assert!(unpools());
        let strict = train(&recipe);
        assert!(!unpools());
        assert_eq!(any, strict, "{}", recipe.backbone);
    }
}
