//! Training as its host sees it: a recipe and a device in, one report per step out.

use tch::Tensor;
use vitals_recipe::{Metric, Recipe, Schedule};

use crate::backbones::Preparation;
use crate::core::Core;
use crate::device::Device;
use crate::error::{EngineError, Result, guarded};
use crate::gradient::{Gradients, contiguous};
use crate::pixels::{Normalizer, Uploaded, image_count};
use crate::plan::Plan;
use crate::queue::{Queue, label_numbers};
use crate::rates::Rates;
use crate::scaler::LossScale;
use crate::shim;
use crate::views::Images;

/// The views of a batch as bytes, N × S × S × 3 each, with labels for the kNN monitor (empty, or one per image).
#[derive(Debug, Clone, Copy)]
pub struct Views<'a> {
    /// As many as the method compares: two.
    pub views: &'a [&'a [u8]],
    pub labels: &'a [Option<u32>],
    /// Images per view.
    pub batch: usize,
    /// Height and width.
    pub image_size: u32,
}

/// What a step did.
#[derive(Debug, Clone, PartialEq)]
pub struct StepReport {
    pub step: u64,
    pub loss: f64,
    pub learning_rate: f64,
    pub encoder_momentum: f64,
    /// √D × mean over dimensions of the deviation over the batch of normalised features of the first view.
    pub feature_std: f64,
    /// Mean cosine between the features of different images.
    pub feature_cosine: f64,
    /// How spread the attention of each block is, from 0 (one token) to 1 (all alike), before the update; on a part of
    /// the first view. None at steps that `attention_entropy_every` leaves out, and for backbones without attention.
    pub attention_entropy: Option<Vec<f32>>,
    /// Half precision only: what the loss was multiplied with.
    pub loss_scale: Option<f64>,
    /// Half precision only: a gradient overflowed and the weights stayed.
    pub skipped: bool,
    /// None at steps that `gradient_norm_every` leaves out.
    pub gradients: Option<Gradients>,
}

/// The values of one metric at a step: one of the run, or one for each layer, tensor or block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Values<'a> {
    One(f64),
    Each(&'a [f32]),
}

impl StepReport {
    /// Everything that was measured. What is recorded at other steps than the rest has a stream of its own in the table
    /// of metrics.
    pub fn values(&self) -> Vec<(Metric, Values<'_>)> {
        let mut found = vec![
            (Metric::Loss, Values::One(self.loss)),
            (Metric::LearningRate, Values::One(self.learning_rate)),
            (Metric::EncoderMomentum, Values::One(self.encoder_momentum)),
            (Metric::FeatureStd, Values::One(self.feature_std)),
            (Metric::FeatureCosine, Values::One(self.feature_cosine)),
        ];
        if let Some(gradients) = &self.gradients {
            found.extend([
                (Metric::GradNorm, Values::One(gradients.grad_norm)),
                (Metric::LayerNorm, Values::Each(&gradients.layer_norms)),
                (Metric::TensorNorm, Values::Each(&gradients.tensor_norms)),
                (Metric::GradMax, Values::Each(&gradients.layer_max)),
                (Metric::UpdateRatio, Values::Each(&gradients.update_ratio)),
                (Metric::AdamRms, Values::Each(&gradients.adam_rms)),
            ]);
        }
        let entropy = self.attention_entropy.as_deref();
        found.extend(entropy.map(|entropy| (Metric::AttentionEntropy, Values::Each(entropy))));
        found.extend(self.loss_scale.map(|scale| (Metric::LossScale, Values::One(scale))));
        // An optimizer without a second moment has none for any layer.
        found.retain(|(_, values)| *values != Values::Each(&[]));
        found
    }
}

/// Views as bytes, normalised and cut where they are used, so that a piece of a batch takes no more room than it must.
struct Bytes<'a> {
    views: &'a Views<'a>,
    /// On a GPU.
    uploaded: Option<&'a Uploaded>,
    normalizer: &'a Normalizer,
    preparation: Preparation,
}

impl Images for Bytes<'_> {
    fn views(&self) -> usize {
        self.views.views.len()
    }

    fn count(&self) -> i64 {
        self.views.batch as i64
    }

    fn piece(&self, view: usize, start: i64, count: i64) -> Result<Tensor> {
        if let Some(bytes) = self.uploaded.and_then(|uploaded| uploaded.views.get(view)) {
            return self.preparation.apply(&self.normalizer.planes(&bytes.f_narrow(0, start, count)?)?);
        }
        let per_image = self.views.views.get(view).map_or(0, |bytes| bytes.len()) / self.views.batch.max(1);
        let (start, end) = (start as usize * per_image, (start + count) as usize * per_image);
        let bytes = self.views.views.get(view).and_then(|bytes| bytes.get(start..end));
        let bytes = bytes.ok_or_else(|| EngineError::Input("a piece lies outside".to_owned()))?;
        self.preparation.apply(&self.normalizer.images(bytes, self.views.image_size)?)
    }
}

/// Images whose attention is looked at.
const ENTROPY_IMAGES: i64 = 64;

/// A run in training.
pub struct Trainer {
    pub(crate) recipe: Recipe,
    pub(crate) schedule: Schedule,
    pub(crate) core: Core,
    pub(crate) queue: Queue,
    pub(crate) next_step: u64,
    pub(crate) loss_scale: Option<LossScale>,
    pub(crate) normalizer: Normalizer,
    layers: Vec<String>,
    tensors: Vec<String>,
    tensor_layers: Vec<usize>,
}

impl Trainer {
    /// Networks at the start values of the recipe's seed. Errors: what the recipe asks for is not available, or the
    /// device has no room.
    pub fn new(recipe: &Recipe, schedule: Schedule, device: Device) -> Result<Trainer> {
        guarded(|| {
            shim::numerics(recipe.deterministic, device.into())?;
            let core = Core::new(recipe, Plan::from_recipe(recipe)?, device.into())?;
            let parameters = &core.networks().parameters;
            Ok(Trainer {
                recipe: recipe.clone(),
                schedule,
                queue: Queue::new(i64::from(recipe.knn_bank_size), core.plan.shape.dim(), core.device)?,
                next_step: 0,
                loss_scale: LossScale::start(recipe.precision),
                normalizer: Normalizer::new(core.device)?,
                layers: parameters.layers.iter().map(|(name, _)| name.clone()).collect(),
                tensors: parameters.slots.iter().map(|slot| slot.name.clone()).collect(),
                tensor_layers: parameters.slots.iter().map(|slot| slot.layer).collect(),
                core,
            })
        })
    }

    /// Names of the layers in network order: `patch_embed`, `cls_token`, `pos_embed` where it is learned, `blocks.0`, …,
    /// `norm`, `projector`, `predictor`, `prototypes`, as far as the network has them.
    pub fn layers(&self) -> &[String] {
        &self.layers
    }

    /// Checkpoint names of the tensors that have gradients, in network order; a frozen patch projection's too.
    pub fn tensors(&self) -> &[String] {
        &self.tensors
    }

    /// The place in `layers` of the layer that each of `tensors` belongs to.
    pub fn tensor_layers(&self) -> &[usize] {
        &self.tensor_layers
    }

    /// The step that comes next; as many steps have been done.
    pub fn next_step(&self) -> u64 {
        self.next_step
    }

    /// The schedule that this run follows.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// One training step. `step` must be `next_step`; the batch must have the recipe's image size. After an error
    /// other than wrong input the weights may hold half an update: save nothing, and load a checkpoint to go on.
    pub fn step(&mut self, step: u64, views: &Views<'_>) -> Result<StepReport> {
        let every = self.recipe.gradient_norm_every;
        self.step_measured(step, views, every > 0 && step.is_multiple_of(every))
    }

    /// The same, with or without gradient norms whatever the recipe says.
    pub(crate) fn step_measured(
        &mut self,
        step: u64,
        views: &Views<'_>,
        measure: bool,
    ) -> Result<StepReport> {
        self.check(step, views)?;
        let rates = Rates {
            learning_rate: self.schedule.learning_rate(&self.recipe, step),
            encoder_momentum: self.schedule.encoder_momentum(&self.recipe, step),
            loss_scale: self.loss_scale.map_or(1.0, |scale| scale.scale),
        };
        let (outcome, attention_entropy) = guarded(|| {
            let preparation = self.core.networks().query.backbone.preparation();
            let labels = label_numbers(views.labels);
            let uploaded = self.upload(views, &labels)?;
            let bytes =
                Bytes { views, uploaded: uploaded.as_ref(), normalizer: &self.normalizer, preparation };
            let every = self.recipe.attention_entropy_every;
            let entropy = match every > 0 && step.is_multiple_of(every) {
                true => {
                    let images = bytes.piece(0, 0, ENTROPY_IMAGES.min(bytes.count()))?;
                    self.core.networks().query.backbone.attention_entropy(&images)?
                }
                false => None,
            };
            let outcome = self.core.advance(&bytes, rates, measure)?;
            let entropy = entropy.map(|entropy| Vec::<f32>::try_from(&entropy)).transpose()?;
            let labels = match uploaded {
                Some(uploaded) => uploaded.labels,
                None if labels.is_empty() => None,
                None => Some(Tensor::f_from_slice(&labels)?),
            };
            self.queue.push(&outcome.features, labels.as_ref())?;
            Ok((outcome, entropy))
        })?;
        self.next_step = step + 1;
        let loss_scale = self.loss_scale.map(|scale| scale.scale);
        self.loss_scale = self.loss_scale.map(|scale| scale.after(outcome.skipped));
        Ok(StepReport {
            step,
            loss: outcome.loss,
            learning_rate: rates.learning_rate,
            encoder_momentum: rates.encoder_momentum,
            feature_std: outcome.feature_std,
            feature_cosine: outcome.feature_cosine,
            attention_entropy,
            loss_scale,
            skipped: outcome.skipped,
            gradients: outcome.gradients,
        })
    }

    /// The gradient of every tensor on a batch, for `bench`; nothing is updated but the statistics of batch norms.
    pub(crate) fn gradients(&self, views: &Views<'_>) -> Result<Vec<Tensor>> {
        let nets = self.core.networks();
        let preparation = nets.query.backbone.preparation();
        let rates = Rates { learning_rate: 0.0, encoder_momentum: 1.0, loss_scale: 1.0 };
        guarded(|| {
            let uploaded = self.upload(views, &[])?;
            let bytes =
                Bytes { views, uploaded: uploaded.as_ref(), normalizer: &self.normalizer, preparation };
            let wanted = &nets.parameters.tensors;
            let found = self.core.differentiate(&bytes, rates, wanted)?.gradients;
            contiguous(found, &nets.parameters.slots, self.core.device)
        })
    }

    fn upload(&self, views: &Views<'_>, labels: &[i64]) -> Result<Option<Uploaded>> {
        match self.core.device {
            tch::Device::Cuda(ordinal) => {
                Uploaded::new(views.views, labels, views.image_size, ordinal).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The measurement of a step alone.
    pub(crate) fn measure(&mut self, gradients: &[Tensor]) -> Result<()> {
        guarded(|| self.core.measure(gradients))
    }

    fn check(&self, step: u64, views: &Views<'_>) -> Result<()> {
        let refuse = |what: String| Err(EngineError::Input(what));
        if step != self.next_step {
            return refuse(format!("step {step} was asked for where step {} comes next", self.next_step));
        }
        if views.image_size != self.recipe.image_size {
            return refuse(format!(
                "images of {} pixels were given to a recipe of {} pixels",
                views.image_size, self.recipe.image_size
            ));
        }
        let (given, wanted) = (views.views.len(), self.core.method.views());
        if given != wanted {
            return refuse(format!("{given} views were given to a method that compares {wanted}"));
        }
        for view in views.views {
            let count = image_count(view, views.image_size)?;
            if count != views.batch || views.batch < 2 {
                return refuse(format!("a view of {count} images was given for a batch of {}", views.batch));
            }
        }
        if !views.labels.is_empty() && views.labels.len() != views.batch {
            return refuse(format!("{} labels were given for {} images", views.labels.len(), views.batch));
        }
        Ok(())
    }
}
