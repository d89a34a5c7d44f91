//! What columns mean where their stream does not say it: journals of older versions, and of programs that only name what
//! they record. The one place in which a name becomes a role; readers go by the role alone.

use vitals_recipe::layers::{is_layer, is_ours, layer_of};
use vitals_recipe::{Metric, Role, metric, split};

use crate::record::Column;

/// The columns of a stream with their roles and places: as declared, and where none is, as their names tell.
pub fn with_roles(mut columns: Vec<Column>) -> Vec<Column> {
    if columns.iter().any(|column| column.role.is_some()) {
        return columns;
    }
    let norms = || columns.iter().filter_map(|column| Metric::LayerNorm.member_of(&column.name));
    // Other programs name layers as they like: where none bears our names, all norms are layers', in no known order.
    let ours = norms().any(is_ours);
    let layers: Vec<String> = norms().filter(|name| ours && is_layer(name)).map(str::to_owned).collect();
    let place = |layer: &str| {
        layers.iter().position(|known| known == layer).and_then(|place| u32::try_from(place).ok())
    };
    for column in &mut columns {
        let Some(found) = metric(&column.name, None) else { continue };
        let (role, order) = match split(&column.name) {
            Some((_, tensor)) if found == Metric::LayerNorm && ours && !is_layer(tensor) => {
                (Role::TensorNorm, layer_of(tensor).and_then(|layer| place(&layer)))
            }
            Some((_, layer)) => (found.role(), place(layer)),
            None => (found.role(), None),
        };
        (column.role, column.order) = (Some(role), order);
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(names: &[&str]) -> Vec<(Option<Role>, Option<u32>)> {
        let columns = names.iter().map(|name| Column::f32(*name, "")).collect();
        with_roles(columns).into_iter().map(|column| (column.role, column.order)).collect()
    }

    #[test]
    fn layers_of_a_vision_transformer_stand_in_network_order() {
        let found = told(&[
            "grad_norm",
            "grad_norm/patch_embed",
            "grad_norm/blocks.0",
            "grad_norm/predictor",
            "grad_norm/base_encoder.blocks.0.attn.qkv.weight",
            "grad_max/blocks.0",
        ]);
        let layer = |order| (Some(Role::LayerNorm), Some(order));
        assert_eq!(found[0], (Some(Role::TotalNorm), None));
        assert_eq!(found[1..4], [layer(0), layer(1), layer(2)]);
        assert_eq!(found[4..], [(Some(Role::TensorNorm), Some(1)), (Some(Role::LayerValue), Some(1))]);
    }

    #[test]
    fn a_resnet_has_layers_too() {
        let found = told(&[
            "grad_norm/conv1",
            "grad_norm/layer1.0",
            "grad_norm/projector",
            "grad_norm/base_encoder.bn1.weight",
            "grad_norm/base_encoder.layer1.0.conv3.weight",
        ]);
        assert!(found[..3].iter().all(|(role, _)| *role == Some(Role::LayerNorm)), "{found:?}");
        assert_eq!(found[3..], [(Some(Role::TensorNorm), Some(0)), (Some(Role::TensorNorm), Some(1))]);
    }

    #[test]
    fn layers_of_other_programs_have_no_order_and_other_series_no_role() {
        let found = told(&["grad_norm/encoder.0", "grad_norm/conv1", "val/accuracy", "loss"]);
        let layer = (Some(Role::LayerNorm), None);
        assert_eq!(found, [layer, layer, (None, None), (Some(Role::Loss), None)]);
    }

    #[test]
    fn what_is_declared_is_left_as_it_is() {
        let declared = vec![Column::f32("train/nll", "").meaning(Role::Loss, None), Column::f32("loss", "")];
        assert_eq!(with_roles(declared.clone()), declared);
    }
}
