//! The closed sets of words that parameters choose from. Each serializes as its word in the contract; adding a word
//! is one line here.

use serde::{Deserialize, Serialize};

/// A word that is none of a parameter's choices.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is none of {}", choices.join(", "))]
pub struct UnknownChoice {
    pub word: String,
    pub choices: &'static [&'static str],
}

macro_rules! choices {
    ($($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $variant_doc:literal])* $variant:ident = $word:literal,)+ })+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[doc = $variant_doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every choice, in the order of the contract.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];
            /// The words of `ALL`, in the same order.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word that stands for this choice in files, on the command line and in the store.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownChoice;

            fn from_str(word: &str) -> Result<Self, UnknownChoice> {
                $name::ALL
                    .iter()
                    .copied()
                    .find(|choice| choice.as_str() == word)
                    .ok_or_else(|| UnknownChoice { word: word.to_owned(), choices: $name::WORDS })
            }
        }

        impl crate::field::Field for $name {
            const KIND: crate::parameters::Kind = crate::parameters::Kind::Choice;
            const CHOICES: &'static [&'static str] = $name::WORDS;

            fn to_value(&self) -> serde_json::Value {
                serde_json::Value::from(self.as_str())
            }

            fn from_value(value: &serde_json::Value) -> Option<Self> {
                value.as_str()?.parse().ok()
            }
        }
    )+};
}

choices! {
    /// What a run does.
    Task {
        /// Trains a backbone without labels.
        Pretrain = "pretrain",
        /// Trains a linear classifier on the frozen features of a checkpoint (mocov3.md 1.12).
        Linear = "linear",
        /// Trains a checkpoint's whole backbone on labels (mocov3.md 1.13).
        Finetune = "finetune",
        /// Lets the nearest frozen features vote.
        Knn = "knn",
    }

    /// How the two views of an image are made (augmentation.md).
    Augmentation {
        /// The paper's pipeline: crop, jitter, gray, blur, solarize, flip.
        MocoV3 = "mocov3",
        /// The same without blur, as published recipes for 32-pixel images do.
        MocoV3Small = "mocov3_small",
        /// A random crop and a flip: what classifiers are trained on.
        CropFlip = "crop_flip",
        /// No augmentation: both views are the resized image.
        None = "none",
    }

    /// How exactly views are computed (augmentation.md, 6).
    PixelArithmetic {
        /// Pillow's and torchvision's bytes.
        Exact = "exact",
        /// Resizing in wide vectors: one level off for a resize, a few for a chain.
        Fast = "fast",
    }

    /// Where decoded images are kept for the next epoch.
    DecodedImages {
        /// Nowhere: each epoch decodes anew.
        None = "none",
        Memory = "memory",
        /// In a file in the user's cache folder, for later runs too.
        Disk = "disk",
    }

    /// The network that is trained (mocov3.md 1.1).
    Backbone {
        VitTiny = "vit_tiny",
        VitSmall = "vit_small",
        VitBase = "vit_base",
        VitLarge = "vit_large",
        VitHuge = "vit_huge",
        /// Convolutional stem instead of the patch projection, one block fewer.
        VitConvSmall = "vit_conv_small",
        VitConvBase = "vit_conv_base",
        ResNet50 = "resnet50",
        /// A ViT whose width, depth and heads are set one by one.
        VitCustom = "vit_custom",
    }

    /// Where position comes from.
    PositionEmbedding {
        /// Fixed 2-D sine-cosine table (mocov3.md 1.3).
        SinCos = "sincos",
        Learned = "learned",
        None = "none",
    }

    /// How tokens become one feature (methods.md).
    Pooling {
        /// The class token after the final norm.
        Cls = "cls",
        /// No class token: final norm, then the mean over tokens.
        MeanNorm = "mean_norm",
        /// No class token, no final norm: the mean over tokens.
        Mean = "mean",
    }

    /// The self-supervised method.
    Method {
        MocoV3 = "mocov3",
        SimClr = "simclr",
        Byol = "byol",
        Swav = "swav",
    }

    /// How the momentum coefficient moves over training.
    MomentumSchedule {
        /// From its start to 1 along half a cosine (mocov3.md 1.8).
        Cosine = "cosine",
        Constant = "constant",
    }

    /// The optimizer (mocov3.md section 4).
    Optimizer {
        AdamW = "adamw",
        Lamb = "lamb",
        Lars = "lars",
        Sgd = "sgd",
    }

    /// Which tensors weight decay leaves out.
    DecayExclude {
        /// Everything is decayed, as in the paper.
        None = "none",
        BiasAndNorm = "bias_and_norm",
    }

    /// Number format of the forward and backward pass.
    Precision {
        Fp32 = "fp32",
        Bf16 = "bf16",
        Fp16 = "fp16",
    }

    /// What happens when the loss is not a number.
    OnNonfinite {
        Stop = "stop",
        Continue = "continue",
    }
}

impl Method {
    /// Of the parameters that not every method reads, those that it does.
    pub(crate) const fn reads(self) -> &'static [&'static str] {
        match self {
            Method::MocoV3 => &[
                "temperature",
                "encoder_momentum",
                "encoder_momentum_schedule",
                "head_batch_norm",
                "predictor",
            ],
            Method::SimClr => &["temperature", "head_batch_norm"],
            Method::Byol => &["encoder_momentum", "encoder_momentum_schedule"],
            Method::Swav => &[
                "temperature",
                "prototypes",
                "sinkhorn_epsilon",
                "sinkhorn_iterations",
                "freeze_prototypes_steps",
            ],
        }
    }

    /// Whether a slow copy of the encoder passes forward beside it.
    pub(crate) fn has_momentum_encoder(self) -> bool {
        self.reads().contains(&"encoder_momentum")
    }
}

impl Optimizer {
    /// Of the parameters that not every optimizer reads, those that it does.
    pub(crate) const fn reads(self) -> &'static [&'static str] {
        match self {
            Optimizer::AdamW | Optimizer::Lamb => &["beta1", "beta2", "epsilon"],
            Optimizer::Lars => &["momentum", "trust_coefficient"],
            Optimizer::Sgd => &["momentum"],
        }
    }
}

impl Task {
    /// Whether it judges the checkpoint of another run, with labels.
    pub const fn is_probe(self) -> bool {
        !matches!(self, Task::Pretrain)
    }
}

impl Backbone {
    /// Width, blocks and heads where the backbone's name fixes them; none for `vit_custom`.
    pub const fn dimensions(self) -> Option<(u32, u32, u32)> {
        match self {
            Backbone::VitTiny => Some((192, 12, 3)),
            Backbone::VitSmall => Some((384, 12, 12)),
            Backbone::VitBase => Some((768, 12, 12)),
            Backbone::VitLarge => Some((1024, 24, 16)),
            Backbone::VitHuge => Some((1280, 32, 16)),
            Backbone::VitConvSmall => Some((384, 11, 12)),
            Backbone::VitConvBase => Some((768, 11, 12)),
            Backbone::ResNet50 => Some((2048, 16, 1)),
            Backbone::VitCustom => None,
        }
    }

    /// Whether the first layer is one linear patch projection, the layer that can be frozen.
    pub const fn has_patch_projection(self) -> bool {
        !matches!(self, Backbone::VitConvSmall | Backbone::VitConvBase | Backbone::ResNet50)
    }

    /// Whether images of a batch see each other in it.
    pub const fn has_batch_norm(self) -> bool {
        matches!(self, Backbone::VitConvSmall | Backbone::VitConvBase | Backbone::ResNet50)
    }

    /// Whether the network is a Vision Transformer.
    pub(crate) const fn is_vit(self) -> bool {
        !matches!(self, Backbone::ResNet50)
    }
}
