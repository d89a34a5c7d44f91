//! The parameter table: one declaration per parameter makes the recipe's field, its row in `PARAMETERS`, its reading
//! and writing by name, and its documentation. To add a parameter, add its lines here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::choices::{
    Augmentation, Backbone, DecayExclude, DecodedImages, Method, MomentumSchedule, OnNonfinite, Optimizer,
    PixelArithmetic, Pooling, PositionEmbedding, Precision, Task,
};
use crate::described::Expected;
use crate::field::Field;
use crate::parameters::{InProbes, Parameter, Scale, Since, ValueError};

macro_rules! option {
    () => {
        None
    };
    ($value:expr) => {
        Some($value)
    };
}

macro_rules! scale {
    () => {
        Scale::Linear
    };
    ($scale:ident) => {
        Scale::$scale
    };
}

macro_rules! recipe_table {
    ($($group:ident {$(
        $(#[doc = $help:literal])+
        $name:ident ($short:literal): $type:ty = $default:expr
            $(, in $min:literal ..= $max:literal)?
            $(, scale $scale:ident)?
            $(, unit $unit:literal)?
            $(, depends $depends:literal)?
            $(, syntax $syntax:path)?
            , since $since:ident, hashed $hashed:literal, in_probes $in_probes:ident
        ;
    )+})+) => {
        /// A fully resolved recipe: every parameter of a run, no default left implicit. Stored recipes of older
        /// versions lack newer parameters; those read as their defaults, which keep the older behaviour.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Recipe {$($(
            $(#[doc = $help])+
            pub $name: $type,
        )+)+}

        /// Every parameter, in the order of the contract.
        pub const PARAMETERS: &[Parameter] = &[$($(
            Parameter {
                name: stringify!($name),
                group: stringify!($group),
                kind: <$type as Field>::KIND,
                unit: option!($($unit)?),
                default: || Field::to_value(&<$type>::from($default)),
                depends: option!($($depends)?),
                range: option!($(($min as f64, $max as f64))?),
                scale: scale!($($scale)?),
                choices: <$type as Field>::CHOICES,
                help: concat!($($help),+).trim_ascii(),
                short: $short,
                syntax: option!($($syntax)?),
                since: Since::$since,
                hashed: $hashed,
                in_probes: InProbes::$in_probes,
            },
        )+)+];

        impl Default for Recipe {
            /// The table's defaults, before any depends on another.
            fn default() -> Recipe {
                Recipe {$($($name: <$type>::from($default),)+)+}
            }
        }

        impl Recipe {
            /// Every parameter and its value, in the order of the table.
            pub fn values(&self) -> impl Iterator<Item = (&'static str, Value)> {
                [$($((stringify!($name), Field::to_value(&self.$name)),)+)+].into_iter()
            }

            /// Every parameter by its name.
            pub fn by_name(&self) -> BTreeMap<String, Value> {
                self.values().map(|(name, value)| (name.to_owned(), value)).collect()
            }

            /// As it is stored and sent.
            pub fn to_json(&self) -> Value {
                serde_json::to_value(self).expect("a recipe is always JSON")
            }

            /// The value of the parameter of that name.
            pub fn get(&self, name: &str) -> Option<Value> {
                match name {
                    $($(stringify!($name) => Some(Field::to_value(&self.$name)),)+)+
                    _ => None,
                }
            }

            /// Sets one parameter, after checking type, range, choices and form. What depends on it does not follow:
            /// see [`crate::resolve()`].
            pub fn set(&mut self, name: &str, value: &Value) -> Result<(), ValueError> {
                let unknown = || ValueError::UnknownParameter { name: name.to_owned() };
                let checked = parameter(name).ok_or_else(unknown)?.check(value)?;
                match name {
                    $($(stringify!($name) => {
                        if let Some(field) = Field::from_value(&checked) {
                            self.$name = field;
                        }
                    })+)+
                    _ => return Err(unknown()),
                }
                Ok(())
            }
        }
    };
}

recipe_table! {
    data {
        /// The data set to train on: `fashion-mnist`, or a name given with `vitals dataset add`.
        dataset (""): String = "fashion-mnist", syntax not_empty,
            since First, hashed true, in_probes OwnWord;
        /// Training images that take part: 0 takes all, another number the first ones in an order that the seed gives. A set
        /// as small as one batch leaves training without the noise of its batches.
        train_images ("first"): u32 = 0u32, in 0 ..= 100000000, scale Log, unit "images",
            since Later, hashed true, in_probes Nowhere;
        /// Height and width of the images that the network sees.
        image_size ("px"): u32 = 224u32, in 8 ..= 1024, unit "pixels",
            since First, hashed true, in_probes Checkpoint;
        /// How the two views of an image are made. `mocov3_small` leaves out the blur, as recipes for small images do;
        /// `crop_flip` crops and flips alone, as probes do.
        augmentation ("aug"): Augmentation = Augmentation::MocoV3,
            since First, hashed true, in_probes Trained;
        /// Smallest part of the image's area that a random crop keeps.
        crop_min_scale ("crop"): f64 = 0.08, in 0.0 ..= 1.0,
            since First, hashed true, in_probes Trained;
        /// How exactly views are computed: `exact` gives the reference's bytes; `fast` resizes in wide vectors and may
        /// differ by one level for a resize, by a few for a view.
        pixel_arithmetic ("pixels-"): PixelArithmetic = PixelArithmetic::Exact,
            since Later, hashed true, in_probes Trained;
        /// Where decoded training images are kept for the next epoch: nowhere, in memory, or in a file in the cache folder.
        /// Batches stay the same byte for byte; an image that changes after it was decoded goes unnoticed.
        decoded_cache ("cache-"): DecodedImages = DecodedImages::None,
            since Later, hashed false, in_probes Any;
        /// Most that decoded images may take; those that do not fit are decoded in each epoch.
        decoded_cache_gib ("cachegib"): f64 = 8.0, in 0.001 ..= 65536.0, unit "GiB",
            since Later, hashed false, in_probes Any;
        /// Threads that decode and augment images.
        loader_threads ("loaders"): u32 = 2u32, in 1 ..= 256,
            since First, hashed false, in_probes Any;
    }

    backbone {
        /// The network that is trained. `vit_custom` takes width, blocks and heads from the parameters below.
        backbone (""): Backbone = Backbone::VitBase,
            since First, hashed true, in_probes Checkpoint;
        /// Side of a square patch; must divide the image size.
        patch_size ("p"): u32 = 16u32, in 1 ..= 256, unit "pixels", depends "14 for vit_huge",
            since First, hashed true, in_probes Checkpoint;
        /// Width of the tokens. Fixed by every backbone but vit_custom.
        embed_dim ("dim"): u32 = 768u32, in 4 ..= 8192, scale Log, depends "fixed by the backbone, unless vit_custom",
            since First, hashed true, in_probes Checkpoint;
        /// Number of transformer blocks. Fixed by every backbone but vit_custom.
        depth ("depth"): u32 = 12u32, in 1 ..= 256, depends "fixed by the backbone, unless vit_custom",
            since First, hashed true, in_probes Checkpoint;
        /// Attention heads; must divide the width. Fixed by every backbone but vit_custom.
        num_heads ("heads"): u32 = 12u32, in 1 ..= 256, depends "fixed by the backbone, unless vit_custom",
            since First, hashed true, in_probes Checkpoint;
        /// Width of the MLP in a block, as a multiple of the token width.
        mlp_ratio ("mlp"): f64 = 4.0, in 0.25 ..= 16.0,
            since First, hashed true, in_probes Checkpoint;
        /// Where position comes from: a fixed sine-cosine table, a learned table, or nowhere.
        position_embedding ("pos-"): PositionEmbedding = PositionEmbedding::SinCos,
            since First, hashed true, in_probes Checkpoint;
        /// Keep the patch projection at its random start instead of training it: the paper's remedy against
        /// instability.
        frozen_patch_projection ("frozen"): bool = true, depends "false where the backbone has no patch projection",
            since First, hashed true, in_probes Checkpoint;
        /// How tokens become one feature: the class token, or the mean over tokens with or without a final norm.
        pooling ("pool-"): Pooling = Pooling::Cls,
            since First, hashed true, in_probes Checkpoint;
        /// Normalise the queries and keys of every attention head, so that their products cannot grow without bound. Not in
        /// the paper.
        qk_norm ("qknorm"): bool = false,
            since Later, hashed true, in_probes Checkpoint;
        /// Start value of a learned scale on both branches of every block (LayerScale); 0 leaves it out, as the paper does.
        layer_scale ("ls"): f64 = 0.0, in 0.0 ..= 1.0, scale Log,
            since Later, hashed true, in_probes Checkpoint;
    }

    method {
        /// The self-supervised method.
        method (""): Method = Method::MocoV3,
            since First, hashed true, in_probes Nowhere;
        /// Softmax temperature of the loss.
        temperature ("tau"): f64 = 0.2, in 0.001 ..= 100.0, scale Log,
            depends "0.1 for simclr and swav; 1 for mocov3 on resnet50",
            since First, hashed true, in_probes Nowhere;
        /// How much of the momentum encoder stays at each step, at the start of training.
        encoder_momentum ("m"): f64 = 0.99, in 0.0 ..= 1.0, scale LogToOne,
            since First, hashed true, in_probes Nowhere;
        /// Whether the momentum rises to 1 along half a cosine or stays.
        encoder_momentum_schedule ("m-"): MomentumSchedule = MomentumSchedule::Cosine,
            since First, hashed true, in_probes Nowhere;
        /// Width of the hidden layers of projector and predictor.
        head_hidden_dim ("hidden"): u32 = 4096u32, in 1 ..= 65536, scale Log,
            since First, hashed true, in_probes Nowhere;
        /// Width of the vectors that the loss compares.
        head_out_dim ("out"): u32 = 256u32, in 1 ..= 65536, scale Log,
            since First, hashed true, in_probes Nowhere;
        /// Batch normalisation in the heads.
        head_batch_norm ("headbn"): bool = true,
            since First, hashed true, in_probes Nowhere;
        /// The prediction head on the query side.
        predictor ("predictor"): bool = true,
            since First, hashed true, in_probes Nowhere;
        /// SwAV: number of prototypes.
        prototypes ("protos"): u32 = 3000u32, in 2 ..= 1000000, scale Log,
            since First, hashed true, in_probes Nowhere;
        /// SwAV: entropy weight of the Sinkhorn assignment.
        sinkhorn_epsilon ("sinkeps"): f64 = 0.05, in 0.001 ..= 10.0, scale Log,
            since First, hashed true, in_probes Nowhere;
        /// SwAV: iterations of the Sinkhorn assignment.
        sinkhorn_iterations ("sinkit"): u32 = 3u32, in 1 ..= 100,
            since First, hashed true, in_probes Nowhere;
        /// SwAV: steps at the start during which the prototypes do not move.
        freeze_prototypes_steps ("protofreeze"): u64 = 313u64, in 0 ..= 1000000000, unit "steps",
            since First, hashed true, in_probes Nowhere;
    }

    optimization {
        /// The optimizer.
        optimizer (""): Optimizer = Optimizer::AdamW,
            since First, hashed true, in_probes Trained;
        /// Images per step, in total.
        batch_size ("b"): u32 = 4096u32, in 2 ..= 1048576, scale Log, unit "images",
            since First, hashed true, in_probes Trained;
        /// Images per pass where a batch is computed exactly in pieces to save memory; 0 computes it whole.
        micro_batch_size ("mb"): u32 = 0u32, in 0 ..= 1048576, scale Log, unit "images",
            since First, hashed true, in_probes Nowhere;
        /// Peak learning rate per 256 images; the effective rate is this × batch_size / 256.
        base_learning_rate ("lr"): f64 = 1.5e-4, in 0.0 ..= 1000.0, scale Log, unit "per 256 images",
            since First, hashed true, in_probes Trained;
        /// Weight decay.
        weight_decay ("wd"): f64 = 0.1, in 0.0 ..= 100.0, scale Log,
            since First, hashed true, in_probes Trained;
        /// Decay of the first moment of the gradient.
        beta1 ("b1-"): f64 = 0.9, in 0.0 ..= 0.999999, scale LogToOne,
            since First, hashed true, in_probes Trained;
        /// Decay of the second moment of the gradient.
        beta2 ("b2-"): f64 = 0.999, in 0.0 ..= 0.99999999, scale LogToOne,
            since First, hashed true, in_probes Trained;
        /// The term that keeps the denominator of an update from zero.
        epsilon ("eps"): f64 = 1e-8, in 0.0 ..= 1.0, scale Log, depends "1e-6 for lamb",
            since First, hashed true, in_probes Trained;
        /// Momentum of the gradient.
        momentum ("mom"): f64 = 0.9, in 0.0 ..= 1.0, scale LogToOne,
            since First, hashed true, in_probes Trained;
        /// LARS: trust coefficient.
        trust_coefficient ("trust"): f64 = 0.001, in 0.0 ..= 1000.0, scale Log,
            since First, hashed true, in_probes Trained;
        /// Length of training. Schedules span it, unless max_steps is set.
        epochs ("ep"): f64 = 300.0, in 0.001 ..= 1000000.0, scale Log, unit "epochs",
            since First, hashed true, in_probes Trained;
        /// Epochs over which the learning rate rises from 0 to its peak.
        warmup_epochs ("warm"): f64 = 40.0, in 0.0 ..= 1000000.0, unit "epochs",
            since First, hashed true, in_probes Trained;
        /// Length of training in steps, in place of epochs; 0 means not set. Schedules span it.
        max_steps ("steps"): u64 = 0u64, in 0 ..= 1000000000, scale Log, unit "steps",
            since First, hashed true, in_probes Trained;
        /// Largest total gradient norm; larger gradients are scaled down to it. 0 means no clipping.
        gradient_clip ("clip"): f64 = 0.0, in 0.0 ..= 1000000.0, scale Log,
            since First, hashed true, in_probes Trained;
        /// Largest gradient norm of a single tensor, applied before `gradient_clip`. 0 means no clipping.
        gradient_clip_per_tensor ("tclip"): f64 = 0.0, in 0.0 ..= 1000000.0, scale Log,
            since Later, hashed true, in_probes Nowhere;
        /// What the updates of the patch projection are multiplied with; 1 treats it like the rest.
        patch_lr_factor ("patchlr"): f64 = 1.0, in 0.0 ..= 1000.0, scale Log,
            since Later, hashed true, in_probes Nowhere;
        /// Which tensors weight decay leaves out. The paper decays everything.
        decay_exclude ("nodecay-"): DecayExclude = DecayExclude::None,
            since First, hashed true, in_probes Trained;
    }

    numerics {
        /// Seed of start values, order, views and evaluation subsets.
        seed ("s"): u64 = 0u64, in 0 ..= 9007199254740991u64,
            since First, hashed false, in_probes Any;
        /// Where to compute: `auto`, `cpu`, or `cuda:0` and on.
        device (""): String = "auto", syntax device,
            since First, hashed false, in_probes Any;
        /// Number format of the forward and backward pass.
        precision (""): Precision = Precision::Fp32,
            since First, hashed true, in_probes Any;
        /// Threads of the computation on the CPU; 0 chooses.
        threads ("threads"): u32 = 0u32, in 0 ..= 1024,
            since First, hashed false, in_probes Any;
        /// Use only algorithms that give the same bits each time; an operation that has none stops the run. On a GPU that
        /// fixes cuDNN's choice, cuBLAS's workspaces and the order of sums, and may be slower. The CPU gives the same bits
        /// either way, for the same number of threads.
        deterministic ("deterministic"): bool = true,
            since First, hashed true, in_probes Any;
    }

    monitoring {
        /// Steps between two records of the gradient norms.
        gradient_norm_every ("gradevery"): u64 = 1u64, in 1 ..= 1000000000, unit "steps",
            since First, hashed true, in_probes Nowhere;
        /// Steps between two kNN evaluations; 0 turns them off. Dips last tens of steps, so keep it dense.
        knn_every ("knnevery"): u64 = 20u64, in 0 ..= 1000000000, unit "steps",
            since First, hashed true, in_probes Nowhere;
        /// Steps between two kNN evaluations against a fixed bank of un-augmented images; 0 turns them off.
        knn_fixed_every ("knnfixed"): u64 = 0u64, in 0 ..= 1000000000, unit "steps",
            since First, hashed true, in_probes Nowhere;
        /// Features of the latest training samples that the kNN bank keeps.
        knn_bank_size ("bank"): u32 = 128116u32, in 1 ..= 100000000, scale Log, unit "features",
            since First, hashed true, in_probes Knn;
        /// Neighbours that vote.
        knn_k ("k"): u32 = 200u32, in 1 ..= 1000000,
            since First, hashed true, in_probes Knn;
        /// Temperature of the votes: a neighbour at cosine c weighs exp(c / temperature).
        knn_temperature ("knntau"): f64 = 0.07, in 0.001 ..= 100.0, scale Log,
            since First, hashed true, in_probes Knn;
        /// Held-out images that are classified at each evaluation.
        knn_queries ("queries"): u32 = 2000u32, in 1 ..= 10000000, scale Log, unit "images",
            since First, hashed true, in_probes Any;
        /// Steps between two records of how spread the attention of each block is; 0 turns them off.
        attention_entropy_every ("entropyevery"): u64 = 0u64, in 0 ..= 1000000000, unit "steps",
            since Later, hashed true, in_probes Nowhere;
        /// What to do when the loss is not a number.
        on_nonfinite ("nonfinite-"): OnNonfinite = OnNonfinite::Stop,
            since First, hashed true, in_probes Any;
    }

    disturbance {
        /// Step at which a disturbance begins, to see how the recipe answers; 0 means none. It is labelled as injected
        /// wherever it shows.
        shock_at_step ("shock"): u64 = 0u64, in 0 ..= 1000000000, unit "steps",
            since First, hashed true, in_probes Nowhere;
        /// What the learning rate is multiplied with during the disturbance.
        shock_factor ("shockx"): f64 = 8.0, in 0.0 ..= 1000000.0, scale Log,
            since First, hashed true, in_probes Nowhere;
        /// How long the disturbance lasts.
        shock_steps ("shocklen"): u64 = 8u64, in 1 ..= 1000000000, unit "steps",
            since First, hashed true, in_probes Nowhere;
    }

    probe {
        /// What the run does: pre-train, or judge a checkpoint of another run on labels (`vitals probe`) by a linear
        /// classifier, by fine-tuning, or by the votes of the nearest features.
        task (""): Task = Task::Pretrain,
            since Later, hashed true, in_probes OwnWord;
        /// Epochs between two evaluations of a probe on the held-out images.
        evaluate_every_epochs ("evalevery"): f64 = 1.0, in 0.001 ..= 1000000.0, unit "epochs",
            since Later, hashed true, in_probes Trained;
        /// Fine-tuning: how often the last block's branches are left out for an image (stochastic depth); it rises from 0
        /// at the first block.
        drop_path ("droppath"): f64 = 0.0, in 0.0 ..= 0.99,
            since Later, hashed true, in_probes Finetune;
        /// Fine-tuning: both parameters of the Beta distribution that mixup draws its share from; 0 leaves it out.
        mixup ("mixup"): f64 = 0.0, in 0.0 ..= 100.0,
            since Later, hashed true, in_probes Finetune;
        /// Fine-tuning: the same for cutmix; where both are on, each batch draws one of them.
        cutmix ("cutmix"): f64 = 0.0, in 0.0 ..= 100.0,
            since Later, hashed true, in_probes Finetune;
        /// Fine-tuning: share of a label's weight that is spread over all classes.
        label_smoothing ("smooth"): f64 = 0.0, in 0.0 ..= 0.99,
            since Later, hashed true, in_probes Finetune;
        /// Fine-tuning: what the learning rate is multiplied with from each layer to the one below it; 1 treats all alike.
        layer_decay ("layerdecay"): f64 = 1.0, in 0.01 ..= 1.0,
            since Later, hashed true, in_probes Finetune;
    }

    checkpoints {
        /// Steps between two checkpoints; 0 writes one at the end only.
        checkpoint_every ("ckpt"): u64 = 1000u64, in 0 ..= 1000000000, unit "steps",
            since First, hashed false, in_probes Trained;
        /// How many of the latest checkpoints are kept.
        keep_checkpoints ("keep"): u32 = 2u32, in 1 ..= 100000,
            since First, hashed false, in_probes Trained;
    }
}

/// The parameter of that name.
pub fn parameter(name: &str) -> Option<&'static Parameter> {
    PARAMETERS.iter().find(|parameter| parameter.name == name)
}

fn not_empty(text: &str) -> Result<(), Expected> {
    if text.trim().is_empty() { Err(Expected::DatasetName) } else { Ok(()) }
}

fn device(text: &str) -> Result<(), Expected> {
    let number = text.strip_prefix("cuda:");
    let is_gpu = number.is_some_and(|digits| {
        !digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    if text == "auto" || text == "cpu" || is_gpu { Ok(()) } else { Err(Expected::Device) }
}
