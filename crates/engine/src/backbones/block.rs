//! One transformer block: x += attention(norm1(x)); x += mlp(norm2(x)). With stochastic depth either branch may be left out.

use tch::{Kind, Tensor};

use crate::backbones::geometry::{Gelu, Geometry};
use crate::backbones::stochastic_depth::{Kept, scaled};
use crate::error::Result;
use crate::layers::LayerNorm;
use crate::parameter::{Declaration, Parameters, Start};

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
    /// Norms of queries and keys per head; none in the paper's blocks.
    qk_norm: Option<(LayerNorm, LayerNorm)>,
    /// Learned scales of both branches; none in the paper's blocks.
    layer_scale: Option<(Tensor, Tensor)>,
    heads: i64,
    gelu: Gelu,
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
        found.extend(LayerNorm::declare(&format!("{prefix}.norm1"), dim, layer));
        // Three matrices of D × D: a fan-out of 3·D would make the bound too small (mocov3.md 1.2).
        found.extend(linear("attn.qkv", dim, 3 * dim, Start::xavier(dim, dim)));
        if geometry.qk_norm {
            for name in ["attn.q_norm", "attn.k_norm"] {
                found.extend(LayerNorm::declare(&format!("{prefix}.{name}"), dim / geometry.heads, layer));
            }
        }
        found.extend(linear("attn.proj", dim, dim, Start::xavier(dim, dim)));
        let scale = |name: &str| Declaration {
            name: format!("{prefix}.{name}.gamma"),
            shape: vec![dim],
            layer: layer.to_owned(),
            start: Start::Constant(geometry.layer_scale as f32),
        };
        found.extend((geometry.layer_scale > 0.0).then(|| scale("ls1")));
        found.extend(LayerNorm::declare(&format!("{prefix}.norm2"), dim, layer));
        found.extend(linear("mlp.fc1", dim, hidden, Start::xavier(dim, hidden)));
        found.extend(linear("mlp.fc2", hidden, dim, Start::xavier(hidden, dim)));
        found.extend((geometry.layer_scale > 0.0).then(|| scale("ls2")));
        found
    }

    /// The block over the tensors declared below `prefix`.
    pub(crate) fn build(parameters: &Parameters, prefix: &str, geometry: &Geometry) -> Result<Block> {
        let epsilon = geometry.layer_norm_epsilon;
        let norm = |name: &str| LayerNorm::build(parameters, &format!("{prefix}.{name}"), epsilon);
        let scale = |name: &str| parameters.get(&format!("{prefix}.{name}.gamma"));
        let linear = |name: &str| Linear::build(parameters, &format!("{prefix}.{name}"));
        Ok(Block {
            norm1: norm("norm1")?,
            qkv: linear("attn.qkv")?,
            proj: linear("attn.proj")?,
            norm2: norm("norm2")?,
            fc1: linear("mlp.fc1")?,
            fc2: linear("mlp.fc2")?,
            qk_norm: match geometry.qk_norm {
                true => Some((norm("attn.q_norm")?, norm("attn.k_norm")?)),
                false => None,
            },
            layer_scale: match geometry.layer_scale > 0.0 {
                true => Some((scale("ls1")?, scale("ls2")?)),
                false => None,
            },
            heads: geometry.heads,
            gelu: geometry.gelu,
        })
    }

    /// (N, T, D) → (N, T, D). `kept` scales the two branches of each image, where some are left out.
    pub(crate) fn forward(&self, x: &Tensor, kept: Option<&Kept>) -> Result<Tensor> {
        let (images, tokens, dim) = x.size3()?;
        let qkv = self.qkv.forward(&self.norm1.forward(x)?)?;
        let parts = self.split(&qkv, 3)?;
        let (query, key) = self.normed(&parts[0], &parts[1])?;
        let mixed = attend(&query, &key, &parts[2])?;
        let mixed = mixed.f_transpose(1, 2)?.f_reshape([images, tokens, dim])?;
        self.finish(x, &mixed, kept)
    }

    /// (N, T, D) → (N, D): what `forward` gives for token 0, without computing the other tokens' queries, outputs
    /// and MLPs.
    pub(crate) fn forward_first(&self, x: &Tensor, kept: Option<&Kept>) -> Result<Tensor> {
        let (images, _, dim) = x.size3()?;
        let normed = self.norm1.forward(x)?;
        let query = self.qkv.forward_rows(&normed.f_select(1, 0)?, 0, dim)?;
        let query = query.f_view([images, self.heads, 1, dim / self.heads])?;
        let parts = self.split(&self.qkv.forward_rows(&normed, dim, 2 * dim)?, 2)?;
        let (query, key) = self.normed(&query, &parts[0])?;
        let mixed = attend(&query, &key, &parts[1])?.f_reshape([images, dim])?;
        self.finish(&x.f_select(1, 0)?, &mixed, kept)
    }

    /// How spread the attention over tokens (N, T, D) is: the mean entropy of its rows over ln T. 1 looks at every token
    /// alike, 0 at one alone.
    pub(crate) fn attention_entropy(&self, x: &Tensor) -> Result<Tensor> {
        let (_, tokens, dim) = x.size3()?;
        let parts = self.split(&self.qkv.forward(&self.norm1.forward(x)?)?, 3)?;
        let (query, key) = self.normed(&parts[0], &parts[1])?;
        // Logits are scaled by the width of a head, as `attend` does it.
        let width = (dim / self.heads) as f64;
        let logits = query.f_matmul(&key.f_transpose(2, 3)?)?.f_mul_scalar(width.sqrt().recip())?;
        // Logs first: where a probability underflows, p·log p would be 0 times −∞.
        let logs = logits.f_log_softmax(3, Kind::Float)?;
        let entropy = logs.f_exp()?.f_mul(&logs)?.f_sum_dim_intlist([3i64].as_slice(), false, Kind::Float)?;
        // One token alone has no other to look at: its entropy of 0 needs no scale.
        let most = if tokens > 1 { (tokens as f64).ln() } else { 1.0 };
        Ok(entropy.f_mean(Kind::Float)?.f_mul_scalar(-1.0 / most)?)
    }

    fn normed(&self, query: &Tensor, key: &Tensor) -> Result<(Tensor, Tensor)> {
        Ok(match &self.qk_norm {
            Some((of_query, of_key)) => (of_query.forward(query)?, of_key.forward(key)?),
            None => (query.shallow_clone(), key.shallow_clone()),
        })
    }

    /// (N, T, parts · D) → per part (N, heads, T, D / heads).
    fn split(&self, joined: &Tensor, parts: i64) -> Result<Vec<Tensor>> {
        let (images, tokens, width) = joined.size3()?;
        let shape = [images, tokens, parts, self.heads, width / parts / self.heads];
        Ok(joined.f_view(shape)?.f_permute([2, 0, 3, 1, 4])?.f_unbind(0)?)
    }

    /// Both residual branches, from the mixed values on.
    fn finish(&self, x: &Tensor, mixed: &Tensor, kept: Option<&Kept>) -> Result<Tensor> {
        let mut branch = self.proj.forward(mixed)?;
        if let Some((scale, _)) = &self.layer_scale {
            branch = branch.f_mul(scale)?;
        }
        if let Some(kept) = kept {
            branch = scaled(&branch, &kept.attention)?;
        }
        let x = x.f_add(&branch)?;
        let hidden = self.fc1.forward(&self.norm2.forward(&x)?)?.f_gelu(self.gelu.approximation())?;
        let mut branch = self.fc2.forward(&hidden)?;
        if let Some((_, scale)) = &self.layer_scale {
            branch = branch.f_mul(scale)?;
        }
        if let Some(kept) = kept {
            branch = scaled(&branch, &kept.mlp)?;
        }
        Ok(x.f_add(&branch)?)
    }
}

/// softmax(q·kᵀ/√d)·v per image and head; libtorch picks its fused kernel where it has one.
fn attend(query: &Tensor, key: &Tensor, value: &Tensor) -> Result<Tensor> {
    let no_mask: Option<Tensor> = None;
    Ok(Tensor::f_scaled_dot_product_attention(query, key, value, no_mask, 0.0, false, None, false)?)
}
