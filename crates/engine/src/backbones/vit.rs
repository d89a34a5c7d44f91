//! Vision Transformers as timm 0.4.9 has them and MoCo v3 uses them (mocov3.md 1.1, methods.md "Backbone variants"):
//! pre-norm blocks, one fused qkv layer, exact GELU, LayerNorm epsilon 1e-6. Names are those of official checkpoints.

use tch::{Device, Kind, Tensor};
use vitals_recipe::{Pooling, PositionEmbedding};

use crate::backbones::backbone::Backbone;
use crate::backbones::block::Block;
use crate::backbones::geometry::Geometry;
use crate::backbones::position::sincos;
use crate::backbones::preparation::Preparation;
use crate::backbones::stem::Stem;
use crate::backbones::stochastic_depth::Kept;
use crate::error::Result;
use crate::layers::LayerNorm;
use crate::parameter::{Declaration, Parameters, Start};

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
    /// The tensors below `prefix`, in network order.
    pub(crate) fn declare(g: &Geometry, prefix: &str) -> Vec<Declaration> {
        let mut found = Stem::declare(g, prefix);
        let mut declare = |name: &str, shape: Vec<i64>, layer: &str, start: Start| {
            let (name, layer) = (format!("{prefix}.{name}"), layer.to_owned());
            found.push(Declaration { name, shape, layer, start });
        };
        if g.has_class_token() {
            // 1e-6 and not ViT's usual 0.02: the reference draws the class token so (mocov3.md 1.2).
            declare("cls_token", vec![1, 1, g.dim], "cls_token", Start::Normal(1e-6));
        }
        if g.position == PositionEmbedding::Learned {
            declare("pos_embed", vec![1, g.tokens(), g.dim], "pos_embed", Start::Normal(0.02));
        }
        for index in 0..g.depth {
            found.extend(Block::declare(&format!("{prefix}.blocks.{index}"), &format!("blocks.{index}"), g));
        }
        if g.pooling != Pooling::Mean {
            found.extend(LayerNorm::declare(&format!("{prefix}.norm"), g.dim, "norm"));
        }
        found
    }

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

    /// Prepared images → pooled features (N, dim). `train` matters to the batch norms of a convolutional stem only; `kept`
    /// has stochastic depth for each block, or is empty.
    fn features(&self, prepared: &Tensor, train: bool, kept: &[Kept]) -> Result<Tensor> {
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
}

impl Backbone for Vit {
    fn preparation(&self) -> Preparation {
        self.stem.preparation()
    }

    fn forward(&self, prepared: &Tensor, train: bool) -> Result<Tensor> {
        self.features(prepared, train, &[])
    }

    fn forward_kept(&self, prepared: &Tensor, kept: &[Kept]) -> Result<Tensor> {
        self.features(prepared, true, kept)
    }

    fn attention_entropy(&self, prepared: &Tensor) -> Result<Option<Tensor>> {
        let _guard = tch::no_grad_guard();
        let mut x = self.tokens(prepared, false)?;
        let mut found = Vec::with_capacity(self.blocks.len());
        for block in &self.blocks {
            found.push(block.attention_entropy(&x)?);
            x = block.forward(&x, None)?;
        }
        Ok(Some(Tensor::f_stack(&found, 0)?))
    }

    fn buffers(&self) -> Vec<(String, Tensor)> {
        let mut found = self.stem.buffers();
        // A learned table is a parameter already; a fixed one has to be in the file for timm to find it.
        if let (true, Some(table)) = (self.has_fixed_position, &self.position) {
            found.push((format!("{}.pos_embed", self.prefix), table.shallow_clone()));
        }
        found
    }
}
