//! What fixes the shape of a Vision Transformer, and which shapes there cannot be. It knows no tensor.

use vitals_recipe::{Backbone, Pooling, PositionEmbedding, Recipe};

use crate::error::{EngineError, Result};

/// The paper's; timm's default differs from PyTorch's.
const LAYER_NORM_EPSILON: f64 = 1e-6;

/// How images become tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StemKind {
    /// One linear projection of each patch.
    Patch,
    /// Four strided convolutions; a token covers 16 × 16 pixels.
    Conv,
}

/// Everything that fixes the shape of a ViT.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Geometry {
    pub image_size: i64,
    pub patch_size: i64,
    pub dim: i64,
    pub depth: usize,
    pub heads: i64,
    pub mlp_hidden: i64,
    pub position: PositionEmbedding,
    pub pooling: Pooling,
    pub stem: StemKind,
    /// Layer norms on the queries and keys of each head.
    pub qk_norm: bool,
    /// Start of the learned scales of both branches; 0 leaves them out.
    pub layer_scale: f64,
    pub layer_norm_epsilon: f64,
    pub gelu: Gelu,
}

/// How the blocks' activation is computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Gelu {
    /// Through the error function, as in the paper's networks.
    #[default]
    Exact,
    /// The approximation through the hyperbolic tangent, as in GPT-2's.
    Tanh,
}

impl Gelu {
    /// libtorch's name of it.
    pub(crate) fn approximation(self) -> &'static str {
        match self {
            Gelu::Exact => "none",
            Gelu::Tanh => "tanh",
        }
    }
}

impl Geometry {
    /// The geometry of a recipe whose backbone is a ViT.
    pub(crate) fn from_recipe(recipe: &Recipe) -> Result<Geometry> {
        let is_conv = matches!(recipe.backbone, Backbone::VitConvSmall | Backbone::VitConvBase);
        let dim = i64::from(recipe.embed_dim);
        let geometry = Geometry {
            image_size: i64::from(recipe.image_size),
            patch_size: if is_conv { 16 } else { i64::from(recipe.patch_size) },
            dim,
            depth: recipe.depth as usize,
            heads: i64::from(recipe.num_heads),
            mlp_hidden: (dim as f64 * recipe.mlp_ratio).round() as i64,
            position: recipe.position_embedding,
            pooling: recipe.pooling,
            stem: if is_conv { StemKind::Conv } else { StemKind::Patch },
            qk_norm: recipe.qk_norm,
            layer_scale: recipe.layer_scale,
            layer_norm_epsilon: LAYER_NORM_EPSILON,
            gelu: Gelu::default(),
        };
        geometry.check()?;
        Ok(geometry)
    }

    fn check(&self) -> Result<()> {
        let problem = if self.patch_size < 1 || self.image_size % self.patch_size != 0 {
            format!(
                "a patch size of {} does not divide an image size of {}",
                self.patch_size, self.image_size
            )
        } else if self.heads < 1 || self.dim % self.heads != 0 {
            format!("a width of {} is not divisible by {} heads", self.dim, self.heads)
        } else if self.position == PositionEmbedding::SinCos && self.dim % 4 != 0 {
            format!("sine-cosine positions need a width divisible by 4, not {}", self.dim)
        } else if self.stem == StemKind::Conv && self.dim % 8 != 0 {
            format!("a convolutional stem needs a width divisible by 8, not {}", self.dim)
        } else if self.depth == 0 {
            "a ViT needs at least one block".to_owned()
        } else {
            return Ok(());
        };
        Err(EngineError::Input(problem))
    }

    /// Patches along a side.
    pub(crate) fn grid(&self) -> i64 {
        self.image_size / self.patch_size
    }

    pub(crate) fn has_class_token(&self) -> bool {
        self.pooling == Pooling::Cls
    }

    /// Patches, and the class token where there is one.
    pub(crate) fn tokens(&self) -> i64 {
        self.grid() * self.grid() + i64::from(self.has_class_token())
    }
}
