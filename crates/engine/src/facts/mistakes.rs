//! A training step of MoCo v3 put together from the engine's own parts, so that they can be put together wrongly. Put
//! together rightly it passes the fixtures' comparison; with any of the mistakes that people make here it must not.

use super::*;
use crate::error::Result;
use crate::methods::contrastive;
use crate::parameter::Slot;
use crate::parity::replay;

/// What can be wrong with a step whose parts are right.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mistake {
    MomentumAfterKeys,
    MomentumAfterUpdate,
    BatchNormOverBothCrops,
    KeysInEvaluationMode,
    KeysOfTheQueryEncoder,
    KeysOfTheSameCrop,
    QueriesWithoutPredictor,
    LossWithoutTemperature,
    MeanOfBothDirections,
    PositionsByColumn,
}

/// Loss and gradient norms of one step, as `Core::advance` makes it but for the mistake. Every tensor is trained.
fn step(
    core: &mut Core,
    views: [&Tensor; 2],
    rates: Rates,
    mistake: Option<Mistake>,
) -> Result<(f64, Vec<f32>)> {
    let has = |other: Mistake| mistake == Some(other);
    let nets = core.networks();
    let MocoV3 { siamese, temperature } = mocov3(core);
    let views = match has(Mistake::BatchNormOverBothCrops) {
        true => vec![Tensor::f_cat(&views, 0)?],
        false => Vec::from(views.map(Tensor::shallow_clone)),
    };
    let two = |outputs: Vec<Tensor>| match outputs.len() {
        1 => outputs[0].chunk(2, 0),
        _ => outputs,
    };
    let query = |view: &Tensor| {
        let projected = nets.query.projector.forward(&nets.query.backbone.forward(view, true)?, true)?;
        match &siamese.predictor {
            Some(predictor) if !has(Mistake::QueriesWithoutPredictor) => predictor.forward(&projected, true),
            _ => Ok(projected),
        }
    };
    let key = |view: &Tensor| {
        let _guard = tch::no_grad_guard();
        let encoder = if has(Mistake::KeysOfTheQueryEncoder) { &nets.query } else { &siamese.key.encoder };
        let train = !has(Mistake::KeysInEvaluationMode);
        encoder.projector.forward(&encoder.backbone.forward(view, train)?, train)
    };
    let queries = two(views.iter().map(query).collect::<Result<_>>()?);
    let moves_late = has(Mistake::MomentumAfterKeys) || has(Mistake::MomentumAfterUpdate);
    if !moves_late {
        siamese.key.follow(nets, rates.encoder_momentum)?;
    }
    let mut keys = two(views.iter().map(key).collect::<Result<_>>()?);
    if has(Mistake::MomentumAfterKeys) {
        siamese.key.follow(nets, rates.encoder_momentum)?;
    }
    if !has(Mistake::KeysOfTheSameCrop) {
        keys.reverse();
    }
    let direction = |query: &Tensor, key: &Tensor| match has(Mistake::LossWithoutTemperature) {
        true => Ok(contrastive(query, key, *temperature)? / (2.0 * *temperature)),
        false => contrastive(query, key, *temperature),
    };
    let mut loss = direction(&queries[0], &keys[0])? + direction(&queries[1], &keys[1])?;
    if has(Mistake::MeanOfBothDirections) {
        loss /= 2.0;
    }
    let gradients = Tensor::f_run_backward(&[&loss], &nets.parameters.tensors, false, false)?;
    let flat = flatten(&gradients, &nets.parameters.slots, Device::Cpu)?;
    let norm = |slot: &Slot| flat.narrow(0, slot.offset, slot.count).norm().double_value(&[]) as f32;
    let norms = nets.parameters.slots.iter().map(norm).collect();
    let weights = nets.parameters.flat.shallow_clone();
    core.optimizers[0].1.update(&weights, flat, rates.learning_rate, false)?;
    if has(Mistake::MomentumAfterUpdate) {
        mocov3(core).siamese.key.follow(core.networks(), rates.encoder_momentum)?;
    }
    Ok((loss.double_value(&[]), norms))
}

/// The position table with rows and columns of the grid exchanged, in both encoders.
fn exchange_rows_and_columns(core: &Core) {
    for side in ["base_encoder", "momentum_encoder"] {
        let table = core.method.state()[&format!("{side}.pos_embed")].shallow_clone();
        let grid = ((table.size()[1] - 1) as f64).sqrt() as i64;
        let patches = table.narrow(1, 1, grid * grid);
        let exchanged = patches.view([1, grid, grid, -1]).transpose(1, 2).reshape(patches.size()).copy();
        patches.shallow_clone().copy_(&exchanged);
    }
}

/// What `compare.py` says of a trajectory with a mistake, and whether it accepts it.
fn judged(mistake: Option<Mistake>) -> (bool, String) {
    let out = tempfile::tempdir().unwrap();
    let fixture = vitals_fixtures::path("mocov3-parity/learned_adamw");
    let mut is_first = true;
    replay(crate::Device::Cpu, &fixture, out.path(), &mut |core, views, rates| {
        if std::mem::take(&mut is_first) && mistake == Some(Mistake::PositionsByColumn) {
            exchange_rows_and_columns(core);
        }
        step(core, views, rates, mistake)
    })
    .unwrap();
    vitals_fixtures::compare(&fixture, out.path())
}

#[test]
fn every_planted_mistake_is_seen_and_the_right_step_passes() {
    crate::device::set_threads(1);
    let (is_right, words) = judged(None);
    println!("as it should be: {words}");
    assert!(is_right, "{words}");
    for mistake in [
        Mistake::MomentumAfterKeys,
        Mistake::MomentumAfterUpdate,
        Mistake::BatchNormOverBothCrops,
        Mistake::KeysInEvaluationMode,
        Mistake::KeysOfTheQueryEncoder,
        Mistake::KeysOfTheSameCrop,
        Mistake::QueriesWithoutPredictor,
        Mistake::LossWithoutTemperature,
        Mistake::MeanOfBothDirections,
        Mistake::PositionsByColumn,
    ] {
        let (is_right, words) = judged(Some(mistake));
        println!("{mistake:?}: {words}");
        assert!(!is_right && words.starts_with("OFF"), "{mistake:?} passed: {words}");
    }
}
