//! Names of layers as the engine gives them, for what bears no role: journals of older versions and files of other
//! programs. What declares roles is never asked for a name.

/// Names that only our networks give: where one stands, the others are tensors.
const OURS: [&str; 7] =
    ["patch_embed", "cls_token", "pos_embed", "norm", "projector", "predictor", "prototypes"];
/// The stem of a ResNet; its blocks are `layer1.0` to `layer4.2`.
const STEM: &str = "conv1";
const BLOCKS: &str = "blocks.";

/// Whether a name is one that only our networks give a layer.
pub fn is_ours(name: &str) -> bool {
    OURS.contains(&name) || name.strip_prefix(BLOCKS).is_some_and(is_number)
}

/// Whether a name is that of a layer rather than of a tensor, in a network of ours.
pub fn is_layer(name: &str) -> bool {
    is_ours(name) || name == STEM || is_stage(name)
}

/// The name of a transformer block, counted from 0.
pub fn block(index: usize) -> String {
    format!("{BLOCKS}{index}")
}

/// The layer that a tensor of a checkpoint belongs to: the nearest that its name begins with.
pub fn layer_of(tensor: &str) -> Option<String> {
    let name = tensor.strip_prefix("base_encoder.").unwrap_or(tensor);
    let mut parts = name.split('.');
    let first = parts.next()?;
    match first {
        "head" | "fc" => Some("projector".to_owned()),
        "bn1" => Some(STEM.to_owned()),
        _ if is_layer(first) => Some(first.to_owned()),
        _ => Some(format!("{first}.{}", parts.next()?)).filter(|two| is_layer(two)),
    }
}

fn is_number(text: &str) -> bool {
    text.parse::<u32>().is_ok()
}

/// `layer1.0`: a block of a ResNet.
fn is_stage(name: &str) -> bool {
    let place = name.strip_prefix("layer").and_then(|rest| rest.split_once('.'));
    place.is_some_and(|(stage, block)| is_number(stage) && is_number(block))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_of_every_backbone_and_no_tensors() {
        for name in ["patch_embed", "blocks.11", "norm", "projector", "conv1", "layer4.2"] {
            assert!(is_layer(name), "{name}");
        }
        for name in
            ["base_encoder.norm.weight", "blocks.x", "layer1", "layer1.0.conv1", "conv1.weight", "bn1"]
        {
            assert!(!is_layer(name), "{name}");
        }
    }

    #[test]
    fn a_tensor_belongs_to_a_layer() {
        for (tensor, layer) in [
            ("base_encoder.patch_embed.proj.weight", "patch_embed"),
            ("base_encoder.cls_token", "cls_token"),
            ("base_encoder.blocks.10.attn.qkv.weight", "blocks.10"),
            ("base_encoder.norm.bias", "norm"),
            ("base_encoder.head.0.weight", "projector"),
            ("base_encoder.fc.4.weight", "projector"),
            ("predictor.0.weight", "predictor"),
            ("base_encoder.conv1.weight", "conv1"),
            ("base_encoder.bn1.weight", "conv1"),
            ("base_encoder.layer3.5.bn2.bias", "layer3.5"),
        ] {
            assert_eq!(layer_of(tensor).as_deref(), Some(layer), "{tensor}");
        }
        assert_eq!(layer_of("encoder.weight"), None);
    }
}
