//! Vision Transformers as timm 0.4.9 has them and MoCo v3 uses them (mocov3.md 1.1, methods.md "Backbone variants"):
//! pre-norm blocks, one fused qkv layer, exact GELU, LayerNorm epsilon 1e-6. Names are those of official checkpoints.

use tch::{Device, Kind, Tensor};
use vitals_recipe::{Backbone, Pooling, PositionEmbedding, Recipe};

use crate::block::{Block, Kept};
use crate::error::{EngineError, Result};
use crate::parameter::{Declaration, Parameters, Start};
use crate::position::sincos;
use crate::stem::{Preparation, Stem};

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

    pub(crate) fn grid(&self) -> i64 {
        self.image_size / self.patch_size
    }

    pub(crate) fn has_class_token(&self) -> bool {
        self.pooling == Pooling::Cls
    }

    fn tokens(&self) -> i64 {
        self.grid() * self.grid() + i64::from(self.has_class_token())
    }

    /// The tensors below `prefix`, in network order.
    pub(crate) fn declare(&self, prefix: &str) -> Vec<Declaration> {
        let mut found = Stem::declare(self, prefix);
        let mut declare = |name: &str, shape: Vec<i64>, layer: &str, start: Start| {
            let (name, layer) = (format!("{prefix}.{name}"), layer.to_owned());
            found.push(Declaration { name, shape, layer, start });
        };
        if self.has_class_token() {
            declare("cls_token", vec![1, 1, self.dim], "cls_token", Start::Normal(1e-6));
        }
        if self.position == PositionEmbedding::Learned {
            declare("pos_embed", vec![1, self.tokens(), self.dim], "pos_embed", Start::Normal(0.02));
        }
        for index in 0..self.depth {
            found.extend(Block::declare(
                &format!("{prefix}.blocks.{index}"),
                &format!("blocks.{index}"),
                self,
            ));
        }
        if self.pooling != Pooling::Mean {
            found.extend(declare_layer_norm(&format!("{prefix}.norm"), self.dim, "norm"));
        }
        found
    }
}

/// Weight 1 and bias 0 of a layer norm.
pub(crate) fn declare_layer_norm(name: &str, dim: i64, layer: &str) -> [Declaration; 2] {
    [("weight", 1.0), ("bias", 0.0)].map(|(part, value)| Declaration {
        name: format!("{name}.{part}"),
        shape: vec![dim],
        layer: layer.to_owned(),
        start: Start::Constant(value),
    })
}

/// Scale and shift over the last dimension.
pub(crate) struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f64,
}

impl LayerNorm {
    pub(crate) fn build(parameters: &Parameters, name: &str, epsilon: f64) -> Result<LayerNorm> {
        let part = |part: &str| parameters.get(&format!("{name}.{part}"));
        Ok(LayerNorm { weight: part("weight")?, bias: part("bias")?, epsilon })
    }

    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let dim = self.weight.size();
        // In reduced precision too: its backward pass divides by a small deviation, which half precision cannot hold.
        let input = input.f_to_kind(Kind::Float)?;
        Ok(input.f_layer_norm(dim, Some(&self.weight), Some(&self.bias), self.epsilon, true)?)
    }
}

/// A built Vision Transformer.
pub(crate) struct Vit {
    stem: Stem,
    class_token: Option<Tensor>,
    /// (1, tokens, dim): a parameter where it is learned, a constant where it is fixed.
    position: Option<Tensor>,
    has_fixed_position: bool,
    blocks: Vec<Block>,
    norm: Option<LayerNorm>,
    pooling: Pooling,
    prefix: String,
}

impl Vit {
    /// The network over the tensors declared below `prefix`.
    pub(crate) fn build(g: &Geometry, parameters: &Parameters, prefix: &str, device: Device) -> Result<Vit> {
        let get = |name: &str| parameters.get(&format!("{prefix}.{name}"));
        let position = match g.position {
            PositionEmbedding::SinCos => {
                let table = sincos(g.dim as usize, g.grid() as usize, g.has_class_token());
                let table = Tensor::f_from_slice(&table)?.f_view([1, g.tokens(), g.dim])?;
                Some(table.f_to_device(device)?)
            }
            PositionEmbedding::Learned => Some(get("pos_embed")?),
            PositionEmbedding::None => None,
        };
        Ok(Vit {
            stem: Stem::build(g, parameters, prefix, device)?,
            class_token: if g.has_class_token() { Some(get("cls_token")?) } else { None },
            position,
            has_fixed_position: g.position == PositionEmbedding::SinCos,
            blocks: (0..g.depth)
                .map(|index| Block::build(parameters, &format!("{prefix}.blocks.{index}"), g))
                .collect::<Result<_>>()?,
            norm: match g.pooling {
                Pooling::Mean => None,
                Pooling::Cls | Pooling::MeanNorm => {
                    Some(LayerNorm::build(parameters, &format!("{prefix}.norm"), g.layer_norm_epsilon)?)
                }
            },
            pooling: g.pooling,
            prefix: prefix.to_owned(),
        })
    }

    /// How normalised images become what `forward` reads.
    pub(crate) fn preparation(&self) -> Preparation {
        self.stem.preparation()
    }

    /// Prepared images → pooled features (N, dim). `train` matters to the batch norms of a convolutional stem only; `kept`
    /// has stochastic depth for each block, or is empty.
    pub(crate) fn forward(&self, prepared: &Tensor, train: bool, kept: &[Kept]) -> Result<Tensor> {
        let mut x = self.tokens(prepared, train)?;
        let last = self.blocks.len() - 1;
        for (index, block) in self.blocks.iter().enumerate() {
            // Only the class token leaves the last block, so only it is computed there: the same numbers and
            // gradients for about four fifths less of that block.
            let is_tail = index == last && self.pooling == Pooling::Cls;
            let kept = kept.get(index);
            x = if is_tail { block.forward_first(&x, kept)? } else { block.forward(&x, kept)? };
        }
        if let Some(norm) = &self.norm {
            x = norm.forward(&x)?;
        }
        match self.pooling {
            Pooling::Cls => Ok(x),
            Pooling::Mean | Pooling::MeanNorm => Ok(x.f_mean_dim([1i64].as_slice(), false, Kind::Float)?),
        }
    }

    /// How spread each block's attention is on prepared images: one value a block (see `Block::attention_entropy`).
    pub(crate) fn attention_entropy(&self, prepared: &Tensor) -> Result<Tensor> {
        let _guard = tch::no_grad_guard();
        let mut x = self.tokens(prepared, false)?;
        let mut found = Vec::with_capacity(self.blocks.len());
        for block in &self.blocks {
            found.push(block.attention_entropy(&x)?);
            x = block.forward(&x, None)?;
        }
        Ok(Tensor::f_stack(&found, 0)?)
    }

    /// Prepared images → tokens with their positions.
    fn tokens(&self, prepared: &Tensor, train: bool) -> Result<Tensor> {
        let mut x = self.stem.forward(prepared, train)?;
        if let Some(token) = &self.class_token {
            let token = token.f_expand([x.size()[0], 1, -1], false)?;
            x = Tensor::f_cat(&[&token, &x], 1)?;
        }
        if let Some(position) = &self.position {
            x = x.f_add(position)?;
        }
        Ok(x)
    }

    /// Buffers and constants that checkpoints carry beside the parameters: a fixed position table, and the batch
    /// norms of a convolutional stem.
    pub(crate) fn buffers(&self) -> Vec<(String, Tensor)> {
        let mut found = self.stem.buffers();
        if let (true, Some(table)) = (self.has_fixed_position, &self.position) {
            found.push((format!("{}.pos_embed", self.prefix), table.shallow_clone()));
        }
        found
    }
}
