//! Entry points for bytes that come from anywhere: what the fuzz targets (`tests/fuzz`) and a test call. Each must return,
//! whatever the bytes are, and checks what it is given back; its answer is whether they were understood. Not for use by
//! programs.

use std::path::Path;

use crate::archive::is_archive;
use crate::checkpoint::CheckpointState;
use crate::pickle::{self, Value};
use crate::tensor_file::{State, decode, encode};
use crate::weights;

/// A checkpoint's `state.json`: what is read can be written, and is read from there as the same.
pub fn state(bytes: &[u8]) -> bool {
    let path = Path::new("state.json");
    let Ok(state) = CheckpointState::parse(bytes, path) else { return false };
    let written = serde_json::to_vec(&state).unwrap_or_default();
    assert_eq!(CheckpointState::parse(&written, path).ok(), Some(state));
    true
}

/// A file of weights that is no archive: safetensors, which can be written and are read from there as the same.
pub fn safetensors(bytes: &[u8]) -> bool {
    let path = Path::new("weights");
    // Its prefixes are taken off, or it is told why it cannot be read.
    let is_understood = weights::read(bytes, path).is_ok();
    if let Ok(tensors) = decode(bytes, path) {
        assert!(size_of_all(&tensors) <= bytes.len(), "tensors from nowhere");
        comes_back(&tensors, path);
    }
    is_understood
}

/// A file of `torch.save`, or the pickle in one.
pub fn pickle(bytes: &[u8]) -> bool {
    let path = Path::new("weights");
    if is_archive(bytes) {
        let Ok(found) = weights::read(bytes, path) else { return false };
        comes_back(&found.tensors, path);
        return true;
    }
    let Ok(pickle) = pickle::read(bytes) else { return false };
    let is_inside = |place: &usize| *place < pickle.values.len();
    assert!(is_inside(&pickle.root) && pickle.values.len() <= bytes.len(), "values from nowhere");
    assert!(pickle.values.iter().all(|value| match value {
        Value::Tuple(places) => places.iter().all(is_inside),
        Value::List(places) => places.iter().all(is_inside),
        Value::Dictionary(entries) => entries.iter().all(|(key, value)| is_inside(key) && is_inside(value)),
        _ => true,
    }));
    true
}

fn size_of_all(tensors: &State) -> usize {
    tensors.values().map(|tensor| tensor.numel() * tensor.kind().elt_size_in_bytes()).sum()
}

fn comes_back(tensors: &State, path: &Path) {
    let written = encode(tensors).unwrap_or_default();
    let again = decode(&written, path).and_then(|again| encode(&again)).unwrap_or_default();
    assert!(!written.is_empty() && again == written, "{:?}", tensors.keys());
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tch::{Kind, Tensor};
    use vitals_fixtures::{fuzz, samples};
    use vitals_recipe::Recipe;

    use super::*;
    use crate::archive::Archive;
    use crate::checkpoint::CHECKPOINT_FORMAT;

    #[test]
    fn every_entry_stands_anything() {
        let state = CheckpointState {
            format: CHECKPOINT_FORMAT,
            step: 600,
            optimizer_updates: vec![600, 580],
            bank_filled: 64,
            bank_next: 3,
            loss_scale: None,
            recipe: Recipe::preset("mocov3_vit_micro").unwrap(),
            files: BTreeMap::from([("model.safetensors".to_owned(), "00".repeat(32))]),
        };
        let tensors = State::from([
            ("module.blocks.0.norm1.weight".to_owned(), Tensor::from_slice(&[0.5f32, f32::NAN])),
            ("pos_embed".to_owned(), Tensor::zeros([1, 2, 0], (Kind::Half, tch::Device::Cpu))),
            ("step".to_owned(), Tensor::from_slice(&[7i64])),
        ]);
        let mut files = samples("crates/engine/tests/samples", ".pth.tar");
        files.retain(|file| file.len() < 16384 && pickle(file));
        let inside =
            files.iter().filter_map(|file| Some(Archive::open(file).ok()?.get("data.pkl")?.to_vec()));
        let pickles: Vec<Vec<u8>> = inside.collect();
        assert!(pickles.len() > 5);
        fuzz(
            "vitals_engine",
            &[
                ("state", super::state, vec![serde_json::to_vec(&state).unwrap()]),
                ("safetensors", safetensors, vec![encode(&tensors).unwrap()]),
                ("pickle", pickle, [files, pickles].concat()),
            ],
        );
    }
}
