//! Named recipes: the paper's in full, and small ones for CIFAR scale and for a laptop's CPU. A preset is a list of
//! settings over the table's defaults, nothing more.

use serde_json::Value;

use crate::resolve::{Level, Setting, resolve};
use crate::table::Recipe;

/// A named recipe.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    pub name: &'static str,
    pub help: &'static str,
    settings: &'static [(&'static str, Constant)],
}

/// A value of a preset's setting.
#[derive(Debug, Clone, Copy)]
enum Constant {
    Integer(u64),
    Number(f64),
    Word(&'static str),
}

use Constant::{Integer, Number, Word};

/// Every preset, in the order of the contract.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "mocov3_vit_small",
        help: "The paper's ViT-S/16 on ImageNet: 300 epochs, batch 4096, AdamW.",
        settings: &[("dataset", Word("imagenet-1k")), ("backbone", Word("vit_small"))],
    },
    Preset {
        name: "mocov3_vit_base",
        help: "The paper's ViT-B/16 on ImageNet: 300 epochs, batch 4096, AdamW.",
        settings: &[("dataset", Word("imagenet-1k")), ("backbone", Word("vit_base"))],
    },
    Preset {
        name: "mocov3_vit_large",
        help: "The paper's ViT-L/16 on ImageNet: 300 epochs, batch 4096, AdamW.",
        settings: &[("dataset", Word("imagenet-1k")), ("backbone", Word("vit_large"))],
    },
    Preset {
        name: "mocov3_vit_huge",
        help: "The paper's ViT-H/14 on ImageNet: 300 epochs, batch 4096, AdamW.",
        settings: &[("dataset", Word("imagenet-1k")), ("backbone", Word("vit_huge"))],
    },
    Preset {
        name: "mocov3_resnet50",
        help: "The paper's ResNet-50 on ImageNet: 800 epochs, batch 4096, LARS.",
        settings: &[
            ("dataset", Word("imagenet-1k")),
            ("backbone", Word("resnet50")),
            ("crop_min_scale", Number(0.2)),
            ("optimizer", Word("lars")),
            ("base_learning_rate", Number(0.3)),
            ("weight_decay", Number(1.5e-6)),
            ("encoder_momentum", Number(0.996)),
            ("epochs", Number(800.0)),
            ("warmup_epochs", Number(10.0)),
        ],
    },
    Preset {
        name: "mocov3_vit_tiny_32",
        help: "ViT-T/4 on 32-pixel images (CIFAR scale): hours on one GPU.",
        settings: &[
            ("dataset", Word("cifar10")),
            ("image_size", Integer(32)),
            ("augmentation", Word("mocov3_small")),
            ("backbone", Word("vit_tiny")),
            ("patch_size", Integer(4)),
            ("head_hidden_dim", Integer(1024)),
            ("head_out_dim", Integer(128)),
            ("batch_size", Integer(512)),
            ("base_learning_rate", Number(5e-4)),
            ("epochs", Number(200.0)),
            ("warmup_epochs", Number(20.0)),
            ("knn_bank_size", Integer(5120)),
        ],
    },
    Preset {
        name: "mocov3_vit_micro",
        help: "A ViT of 0.2 M parameters on small images: minutes on a CPU.",
        settings: MICRO,
    },
];

/// The laptop recipe. Chosen by measurement for what it learns in a few minutes on one core.
const MICRO: &[(&str, Constant)] = &[
    ("dataset", Word("fashion-mnist")),
    ("image_size", Integer(32)),
    ("augmentation", Word("mocov3_small")),
    ("loader_threads", Integer(1)),
    ("backbone", Word("vit_custom")),
    ("patch_size", Integer(8)),
    ("embed_dim", Integer(64)),
    ("depth", Integer(4)),
    ("num_heads", Integer(4)),
    ("head_hidden_dim", Integer(256)),
    ("head_out_dim", Integer(128)),
    ("batch_size", Integer(256)),
    ("base_learning_rate", Number(3e-3)),
    ("max_steps", Integer(600)),
    ("warmup_epochs", Number(0.25)),
    ("threads", Integer(1)),
    ("knn_every", Integer(20)),
    ("knn_fixed_every", Integer(200)),
    ("knn_bank_size", Integer(4096)),
    ("knn_queries", Integer(1000)),
    ("checkpoint_every", Integer(100)),
];

impl Preset {
    /// The preset of that name.
    pub fn named(name: &str) -> Option<&'static Preset> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// What it sets, in the order of the table.
    pub fn settings(&self) -> impl Iterator<Item = Setting> {
        self.settings.iter().map(|(name, constant)| Setting {
            name,
            level: Level::Preset,
            value: match *constant {
                Integer(value) => Value::from(value),
                Number(value) => Value::from(value),
                Word(value) => Value::from(value),
            },
        })
    }
}

impl Recipe {
    /// The recipe of a preset, resolved; none where no preset has that name.
    pub fn preset(name: &str) -> Option<Recipe> {
        let settings: Vec<Setting> = Preset::named(name)?.settings().collect();
        Some(resolve(&settings).0)
    }
}
