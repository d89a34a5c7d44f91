//! One transformer block: x += attention(norm1(x)); x += mlp(norm2(x)).

use tch::Tensor;

use crate::error::Result;
use crate::parameter::{Declaration, Parameters, Start};
use crate::vit::{Geometry, LayerNorm, declare_layer_norm};

struct Linear {
    weight: Tensor,
    bias: Tensor,
}

impl Linear {
    fn build(parameters: &Parameters, name: &str) -> Result<Linear> {
        let part = |part: &str| parameters.get(&format!("{name}.{part}"));
        Ok(Linear { weight: part("weight")?, bias: part("bias")? })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        Ok(x.f_linear(&self.weight, Some(&self.bias))?)
    }

    /// Only these output features.
    fn forward_rows(&self, x: &Tensor, start: i64, count: i64) -> Result<Tensor> {
        let weight = self.weight.f_narrow(0, start, count)?;
        Ok(x.f_linear(&weight, Some(self.bias.f_narrow(0, start, count)?))?)
    }
}

/// A built block.
pub(crate) struct Block {
    norm1: LayerNorm,
    /// Rows 0..D give queries, D..2D keys, 2D..3D values.
    qkv: Linear,
    proj: Linear,
    norm2: LayerNorm,
    fc1: Linear,
    fc2: Linear,
    heads: i64,
}

impl Block {
    /// Its tensors, started as mocov3.md 1.2 says: xavier, with q, k and v as three matrices of their own.
    pub(crate) fn declare(prefix: &str, layer: &str, geometry: &Geometry) -> Vec<Declaration> {
        let (dim, hidden) = (geometry.dim, geometry.mlp_hidden);
        let linear = |name: &str, inputs: i64, outputs: i64, start: Start| {
            [("weight", vec![outputs, inputs], start), ("bias", vec![outputs], Start::Constant(0.0))].map(
                |(part, shape, start)| Declaration {
                    name: format!("{prefix}.{name}.{part}"),
                    shape,
                    layer: layer.to_owned(),
                    start,
                },
            )
        };
        let mut found = Vec::with_capacity(12);
        found.extend(declare_layer_norm(&format!("{prefix}.norm1"), dim, layer));
        found.extend(linear("attn.qkv", dim, 3 * dim, Start::xavier(dim, dim)));
        found.extend(linear("attn.proj", dim, dim, Start::xavier(dim, dim)));
        found.extend(declare_layer_norm(&format!("{prefix}.norm2"), dim, layer));
        found.extend(linear("mlp.fc1", dim, hidden, Start::xavier(dim, hidden)));
        found.extend(linear("mlp.fc2", hidden, dim, Start::xavier(hidden, dim)));
        found
    }

    /// The block over the tensors declared below `prefix`.
    pub(crate) fn build(parameters: &Parameters, prefix: &str, heads: i64) -> Result<Block> {
        let linear = |name: &str| Linear::build(parameters, &format!("{prefix}.{name}"));
        Ok(Block {
            norm1: LayerNorm::build(parameters, &format!("{prefix}.norm1"))?,
            qkv: linear("attn.qkv")?,
            proj: linear("attn.proj")?,
            norm2: LayerNorm::build(parameters, &format!("{prefix}.norm2"))?,
            fc1: linear("mlp.fc1")?,
            fc2: linear("mlp.fc2")?,
            heads,
        })
    }

    /// (N, T, D) → (N, T, D).
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (images, tokens, dim) = x.size3()?;
        let qkv = self.qkv.forward(&self.norm1.forward(x)?)?;
        let parts = self.split(&qkv, 3)?;
        let mixed = attend(&parts[0], &parts[1], &parts[2])?;
        let mixed = mixed.f_transpose(1, 2)?.f_reshape([images, tokens, dim])?;
        self.mlp(&x.f_add(&self.proj.forward(&mixed)?)?)
    }

    /// (N, T, D) → (N, D): what `forward` gives for token 0, without computing the other tokens' queries, outputs
    /// and MLPs.
    pub(crate) fn forward_first(&self, x: &Tensor) -> Result<Tensor> {
        let (images, _, dim) = x.size3()?;
        let normed = self.norm1.forward(x)?;
        let query = self.qkv.forward_rows(&normed.f_select(1, 0)?, 0, dim)?;
        let query = query.f_view([images, self.heads, 1, dim / self.heads])?;
        let parts = self.split(&self.qkv.forward_rows(&normed, dim, 2 * dim)?, 2)?;
        let mixed = attend(&query, &parts[0], &parts[1])?.f_reshape([images, dim])?;
        self.mlp(&x.f_select(1, 0)?.f_add(&self.proj.forward(&mixed)?)?)
    }

    /// (N, T, parts · D) → per part (N, heads, T, D / heads).
    fn split(&self, joined: &Tensor, parts: i64) -> Result<Vec<Tensor>> {
        let (images, tokens, width) = joined.size3()?;
        let shape = [images, tokens, parts, self.heads, width / parts / self.heads];
        Ok(joined.f_view(shape)?.f_permute([2, 0, 3, 1, 4])?.f_unbind(0)?)
    }

    fn mlp(&self, x: &Tensor) -> Result<Tensor> {
        let hidden = self.fc1.forward(&self.norm2.forward(x)?)?.f_gelu("none")?;
        Ok(x.f_add(&self.fc2.forward(&hidden)?)?)
    }
}

/// softmax(q·kᵀ/√d)·v per image and head; libtorch picks its fused kernel where it has one.
fn attend(query: &Tensor, key: &Tensor, value: &Tensor) -> Result<Tensor> {
    let no_mask: Option<Tensor> = None;
    Ok(Tensor::f_scaled_dot_product_attention(query, key, value, no_mask, 0.0, false, None, false)?)
}
