//! Problems of resolved recipes: which parameters do not agree, in a sentence, with what to do and, where one
//! setting would mend it, the setting.

use serde_json::Value;

use crate::hint::Hint;
use crate::sentence::Told;

/// How much a finding asks of its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing can run.
    Error,
    /// Most likely not what was meant.
    Warning,
    /// Worth knowing, and as likely meant as not.
    Note,
}

/// Something wrong with a resolved recipe, or worth a second look.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    pub severity: Severity,
    /// The parameters involved, the most likely culprit first.
    pub parameters: Vec<&'static str>,
    pub said: Told,
    pub hint: Option<Told>,
    /// A parameter and the value that would mend it.
    pub fix: Option<(&'static str, Value)>,
}

impl Problem {
    pub(crate) fn error(parameters: &[&'static str], said: impl Into<Told>) -> Problem {
        Problem {
            severity: Severity::Error,
            parameters: parameters.to_vec(),
            said: said.into(),
            hint: None,
            fix: None,
        }
    }

    pub(crate) fn warning(parameters: &[&'static str], said: impl Into<Told>) -> Problem {
        Problem { severity: Severity::Warning, ..Problem::error(parameters, said) }
    }

    pub(crate) fn hint(mut self, hint: Hint) -> Problem {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn mended_by(mut self, parameter: &'static str, value: impl Into<Value>) -> Problem {
        self.fix = Some((parameter, value.into()));
        self
    }
}

crate::sentences! {
    /// What does not agree in a recipe, or with its data set.
    pub(crate) enum Contradiction in "recipe" {
        PatchSize { patch_size: u32, image_size: u32 } =
            "a patch size of {patch_size} does not divide the image size of {image_size}";
        StemImageSize { image_size: u32 } =
            "a convolutional stem needs an image size divisible by 16, not {image_size}";
        Heads { embed_dim: u32, num_heads: u32 } =
            "a width of {embed_dim} is not divisible by {num_heads} heads";
        SinCosWidth { embed_dim: u32 } =
            "sine-cosine positions need a width divisible by 4, not {embed_dim}";
        NothingToFreeze { backbone: String } =
            "backbone {backbone} has no patch projection to freeze; the setting does nothing";
        FixedDimension { name: String, value: u32, backbone: String, fixed: u32 } =
            "`{name}` is {value}, but backbone {backbone} fixes it at {fixed}";
        WholeBatch { backbone: String } =
            "backbone {backbone} has batch norms, which must see the whole batch: it cannot pass in pieces";
        Pieces { batch_size: u32, micro_batch_size: u32 } =
            "a batch of {batch_size} does not split into pieces of {micro_batch_size}";
        LargeBatch { batch_size: u32, dataset: String, images: u64 } =
            "a batch of {batch_size} is larger than {dataset} with {images} images";
        NoDataset { dataset: String } = "there is no data set `{dataset}` here";
        FewImages { train_images: u32, batch_size: u32 } =
            "`train_images` takes {train_images} images, fewer than a batch of {batch_size}";
        FewerImages { train_images: u32, dataset: String, images: u64 } =
            "`train_images` is {train_images}, but {dataset} has {images} images: all of them take part";
        Unlabelled { dataset: String } = "{dataset} has no labels, so there is no kNN accuracy";
        LongWarmup { warmup_epochs: String, epochs: String } =
            "the warm-up of {warmup_epochs} epochs is longer than the {epochs} epochs of training: the learning rate never reaches its peak";
        LongWarmupInSteps { batch_size: u32, warmup_epochs: String, warmup_steps: u64, steps: u64 } =
            "with a batch of {batch_size} the warm-up of {warmup_epochs} epochs is {warmup_steps} steps, longer than the {steps} steps of training: the learning rate never reaches its peak";
        HalfWarmup { warmup_epochs: String, epochs: String, percent: u64 } =
            "the warm-up of {warmup_epochs} epochs is {percent} % of the {epochs} epochs of training";
        HalfWarmupInSteps { batch_size: u32, warmup_epochs: String, warmup_steps: u64, steps: u64, percent: u64 } =
            "with a batch of {batch_size} the warm-up of {warmup_epochs} epochs is {warmup_steps} of {steps} steps ({percent} %)";
        LateDisturbance { step: u64, total_steps: u64 } =
            "the disturbance at step {step} comes after the last of {total_steps} steps";
        /// A probe on data that cannot judge it.
        NoLabels { dataset: String } = "{dataset} has no labels of at least two classes to probe with";
        ProbePrecision { task: String, precision: String } =
            "a probe of the kind {task} cannot be computed in {precision}";
        NoBranches { backbone: String } =
            "backbone {backbone} has no blocks whose branches could be left out";
        NoLayers { backbone: String } = "backbone {backbone} has no blocks to tell layers apart by";
        OfProbes { name: String } = "`{name}` belongs to probes, and a sweep pre-trains";
    }
}
