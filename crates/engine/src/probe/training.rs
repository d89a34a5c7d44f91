//! Steps of a probe, and its answers to held-out images. All randomness is keyed by step, so that a resumed probe goes on
//! exactly.

use std::path::Path;

use tch::Tensor;
use vitals_recipe::{Metric, Precision, Recipe, Schedule, Task, keyed_rng};

use crate::checkpoint::{CheckpointState, MODEL};
use crate::clip;
use crate::device::Device;
use crate::error::{EngineError, Result, guarded};
use crate::gradient::flatten;
use crate::knn::LabelledImages;
use crate::optimizers::{self, Optimizer};
use crate::parameter::Span;
use crate::pixels::{Normalizer, image_count};
use crate::plan::Plan;
use crate::precision::reduced;
use crate::probe::classifier::Classifier;
use crate::probe::depth::{kept, rates_by_layer};
use crate::probe::features::{FeatureBank, labels};
use crate::probe::mix::Mixing;
use crate::probe::tally::Tally;
use crate::queue::UNLABELLED;
use crate::shim;
use crate::trainer::Values;

/// What a step learns from.
#[derive(Clone, Copy)]
pub enum Examples<'a> {
    /// Augmented images, N × S × S × 3 bytes, with one label each; one without a label teaches nothing.
    Images { pixels: &'a [u8], labels: &'a [Option<u32>] },
    /// Rows of features that were computed once; for a linear classifier alone.
    Features { bank: &'a FeatureBank, rows: &'a [u64] },
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProbeReport {
    pub step: u64,
    /// Cross-entropy with the targets as trained: mixed and smoothed in fine-tuning.
    pub loss: f64,
    /// Of the head; lower layers may have less.
    pub learning_rate: f64,
}

impl ProbeReport {
    /// What was measured.
    pub fn values(&self) -> [(Metric, Values<'static>); 2] {
        [(Metric::Loss, Values::One(self.loss)), (Metric::LearningRate, Values::One(self.learning_rate))]
    }
}

/// A backbone from a checkpoint, or untrained, with a classifier on its pooled features.
pub struct Probe {
    pub(crate) recipe: Recipe,
    pub(crate) schedule: Schedule,
    pub(crate) net: Classifier,
    /// One optimizer for each range of layers that share a factor on the learning rate, in network order.
    pub(crate) optimizers: Vec<(Optimizer, f64)>,
    pub(crate) trained: Span,
    pub(crate) mixing: Mixing,
    pub(crate) normalizer: Normalizer,
    pub(crate) device: tch::Device,
    pub(crate) next_step: u64,
}

impl Probe {
    /// A probe of a data set with so many classes, its backbone from the pre-training checkpoint in a folder, or at the
    /// start values of the recipe's seed.
    ///
    /// # Errors
    /// The checkpoint is damaged or has another geometry; the recipe asks for what a probe cannot do.
    pub fn new(
        recipe: &Recipe,
        schedule: Schedule,
        classes: u32,
        device: Device,
        checkpoint: Option<&Path>,
    ) -> std::result::Result<Probe, EngineError> {
        let plan = Plan::from_recipe(recipe)?;
        if !recipe.task.is_probe() {
            return Err(EngineError::Input("a pre-training recipe is no probe".to_owned()));
        }
        guarded(|| {
            let device: tch::Device = device.into();
            shim::numerics(recipe.deterministic, device)?;
            let classes = i64::from(classes);
            let net = Classifier::new(&plan.shape, recipe.task, classes, recipe.seed, device)?;
            if let Some(folder) = checkpoint {
                let state = CheckpointState::read(folder)?;
                net.take_backbone(state.tensors(folder, MODEL)?, &folder.join(MODEL))?;
            }
            let layers = &net.parameters.layers;
            let (trained, ranges) = match recipe.task {
                Task::Finetune => {
                    let all = Span { start: 0, end: net.head.end };
                    (all, rates_by_layer(layers, recipe.depth as usize, recipe.layer_decay))
                }
                _ => (net.head, vec![(net.head, 1.0)]),
            };
            let optimizer = |(span, factor): (Span, f64)| -> Result<(Optimizer, f64)> {
                let Classifier { parameters, .. } = &net;
                Ok((optimizers::build(recipe, &parameters.flat, &parameters.slots, span)?, factor))
            };
            let mixing = match recipe.task {
                Task::Finetune => Mixing {
                    mixup: recipe.mixup,
                    cutmix: recipe.cutmix,
                    smoothing: recipe.label_smoothing,
                    classes,
                },
                _ => Mixing { mixup: 0.0, cutmix: 0.0, smoothing: 0.0, classes },
            };
            Ok(Probe {
                optimizers: ranges.into_iter().map(optimizer).collect::<Result<_>>()?,
                trained,
                mixing,
                normalizer: Normalizer::new(device)?,
                device,
                next_step: 0,
                recipe: recipe.clone(),
                schedule,
                net,
            })
        })
    }

    /// The step that comes next; as many steps have been done.
    pub fn next_step(&self) -> u64 {
        self.next_step
    }

    /// BLAKE3 of every tensor of the backbone, in hex: equal if and only if no bit of it moved.
    pub fn backbone_hash(&self) -> std::result::Result<String, EngineError> {
        guarded(|| self.net.backbone_hash())
    }

    /// One step. After an error other than wrong input the weights may hold half an update: save nothing, and load a
    /// checkpoint to go on.
    pub fn step(
        &mut self,
        step: u64,
        examples: Examples<'_>,
    ) -> std::result::Result<ProbeReport, EngineError> {
        if step != self.next_step {
            let reason = format!("step {step} was asked for where step {} comes next", self.next_step);
            return Err(EngineError::Input(reason));
        }
        let learning_rate = self.learning_rate(step);
        let loss = guarded(|| {
            let (logits, targets) = self.forward(step, examples)?;
            let loss = cross_entropy(&logits, &targets)?;
            self.descend(&loss, learning_rate)?;
            Ok(loss.f_double_value(&[])?)
        })?;
        self.next_step = step + 1;
        Ok(ProbeReport { step, loss, learning_rate })
    }

    /// The published linear probe moves its rate once an epoch, fine-tuning at every step.
    fn learning_rate(&self, step: u64) -> f64 {
        let epoch = self.schedule.steps_per_epoch.max(1);
        let at = if self.recipe.task == Task::Linear { step - step % epoch } else { step };
        self.schedule.learning_rate(&self.recipe, at)
    }

    /// Logits (N, classes) with their gradient graph, and targets of the same shape.
    fn forward(&self, step: u64, examples: Examples<'_>) -> Result<(Tensor, Tensor)> {
        let (pixels, labels) = match examples {
            Examples::Features { bank, rows } if self.recipe.task == Task::Linear => {
                let (features, labels) = bank.rows(rows)?;
                return Ok((self.net.logits(&features)?, self.mixing.targets(&labels, 1.0)?));
            }
            Examples::Features { .. } => {
                return Err(EngineError::Input(
                    "only a linear classifier learns from stored features".to_owned(),
                ));
            }
            Examples::Images { pixels, labels } => (pixels, labels),
        };
        let count = image_count(pixels, self.recipe.image_size)?;
        if count != labels.len() || count == 0 {
            return Err(EngineError::Input(format!("{} labels were given for {count} images", labels.len())));
        }
        let labels: Vec<i64> = labels.iter().map(|label| label.map_or(UNLABELLED, i64::from)).collect();
        let labels = Tensor::f_from_slice(&labels)?.f_to_device(self.device)?;
        if self.recipe.task != Task::Finetune {
            return Ok((self.net.logits(&self.features(pixels)?)?, self.mixing.targets(&labels, 1.0)?));
        }
        let mix =
            self.mixing.draw(&mut keyed_rng(self.recipe.seed, &["mix".into(), step.into()]), self.side());
        let images = mix.apply(self.normalizer.images(pixels, self.recipe.image_size)?)?;
        let kept = kept(&self.recipe, step, count, self.device)?;
        if self.recipe.precision == Precision::Fp16 {
            return Err(EngineError::Unsupported("a probe in fp16".to_owned()));
        }
        let features = reduced(self.recipe.precision, self.device, || {
            self.net.backbone.forward_kept(&self.net.backbone.prepare(&images)?, &kept)
        })?;
        Ok((self.net.logits(&features)?, self.mixing.targets(&labels, mix.share())?))
    }

    fn side(&self) -> i64 {
        i64::from(self.recipe.image_size)
    }

    /// One update of what is trained.
    fn descend(&mut self, loss: &Tensor, learning_rate: f64) -> Result<()> {
        let parameters = &self.net.parameters;
        let first = parameters.slots.partition_point(|slot| slot.offset < self.trained.start);
        let gradients = Tensor::f_run_backward(&[loss], &parameters.tensors[first..], false, false)?;
        let gradient = flatten(&gradients, &parameters.slots[first..], self.device)?;
        if self.recipe.gradient_clip > 0.0 {
            clip::total(gradient.shallow_clone(), self.recipe.gradient_clip)?;
        }
        for (optimizer, factor) in &mut self.optimizers {
            let span = optimizer.span();
            let within = Span { start: span.start - self.trained.start, end: span.end - self.trained.start };
            // Consumed by the optimizer: each range needs values of its own.
            let part = within.of(&gradient)?.f_detach_copy()?;
            optimizer.update(&parameters.flat, part, learning_rate * *factor, false)?;
        }
        Ok(())
    }

    /// Pooled features (N, D) in evaluation mode, without gradient; any number of images.
    pub(crate) fn features(&self, pixels: &[u8]) -> Result<Tensor> {
        let _guard = tch::no_grad_guard();
        let backbone = &self.net.backbone;
        let images = self.normalizer.images(pixels, self.recipe.image_size)?;
        backbone.forward(&backbone.prepare(&images)?, false)
    }

    /// How many of some held-out images the classifier puts first, and among the first five.
    pub fn judge(&self, images: LabelledImages<'_>) -> std::result::Result<Tally, EngineError> {
        guarded(|| {
            let _guard = tch::no_grad_guard();
            let labels = labels(&images, self.recipe.image_size, self.device)?;
            let logits = self.net.logits(&self.features(images.pixels)?)?;
            let loss =
                cross_entropy(&logits, &Mixing { smoothing: 0.0, ..self.mixing }.targets(&labels, 1.0)?)?;
            let mut tally = Tally::count(&logits, &labels)?;
            // The mean becomes a sum again, which adds up over parts of a split.
            tally.loss = loss.f_double_value(&[])? * tally.images as f64;
            Ok(tally)
        })
    }
}

/// −Σ target·log softmax(logits), the mean over rows; targets may be shares of several classes.
pub(crate) fn cross_entropy(logits: &Tensor, targets: &Tensor) -> Result<Tensor> {
    let logs = logits.f_log_softmax(1, tch::Kind::Float)?;
    let sums = logs.f_mul(targets)?.f_sum_dim_intlist([1i64].as_slice(), false, tch::Kind::Float)?;
    Ok(sums.f_mean(tch::Kind::Float)?.f_neg()?)
}
