//! Files of `torch.save` as named tensors: official checkpoints (`*.pth.tar`) and bare state dictionaries. Nothing in such
//! a file is executed (`pickle.rs`), and no tensor reaches beyond its own storage.

use std::path::Path;

use tch::{Kind, Tensor};

use crate::archive::{Archive, is_archive};
use crate::error::{EngineError, Result};
use crate::pickle::{self, Pickle, TensorPlace, Value};
use crate::tensor_file::State;

/// What a file of `torch.save` holds.
pub(crate) struct TorchFile {
    /// Of its `state_dict`, or of the file itself; names without `module.`.
    pub tensors: State,
    /// `arch` where an official script wrote it.
    pub architecture: Option<String>,
    /// `epoch`, the one that comes next.
    pub epoch: Option<i64>,
}

/// Whether the bytes are such a file, judged by how they begin.
pub(crate) fn is_torch_file(bytes: &[u8]) -> bool {
    is_archive(bytes) || bytes.starts_with(&[0x80, 0x02])
}

/// Reads the tensors of a file's contents; `path` is for messages.
pub(crate) fn decode(bytes: &[u8], path: &Path) -> Result<TorchFile> {
    let refuse = |reason: String| EngineError::Checkpoint { path: path.to_owned(), reason };
    if !is_archive(bytes) {
        let reason =
            "it is in the form that PyTorch wrote before version 1.6; save it again with a newer one";
        return Err(refuse(reason.to_owned()));
    }
    let archive = Archive::open(bytes).map_err(refuse)?;
    let text = archive.get("data.pkl").ok_or_else(|| refuse("it holds no pickle".to_owned()))?;
    let pickle = pickle::read(text).map_err(refuse)?;
    let entry = |key: &str| pickle.entry(pickle.root, key);
    let dictionary = entry("state_dict").unwrap_or(pickle.root);
    let Value::Dictionary(entries) = pickle.get(dictionary) else {
        return Err(refuse("it holds no dictionary of tensors".to_owned()));
    };
    let mut tensors = State::new();
    for (name, value) in entries {
        let (Some(name), Value::Tensor(place)) = (pickle.text(*name), pickle.get(*value)) else { continue };
        let values = tensor(&archive, place).map_err(|reason| refuse(format!("tensor {name}: {reason}")))?;
        tensors.insert(name.strip_prefix("module.").unwrap_or(name).to_owned(), values);
    }
    if tensors.is_empty() {
        return Err(refuse("it holds no tensors".to_owned()));
    }
    Ok(TorchFile {
        tensors,
        architecture: entry("arch").and_then(|place| pickle.text(place)).map(str::to_owned),
        epoch: entry("epoch").and_then(|place| integer(&pickle, place)),
    })
}

fn integer(pickle: &Pickle, place: pickle::Place) -> Option<i64> {
    match pickle.get(place) {
        Value::Integer(value) => Some(*value),
        _ => None,
    }
}

/// One tensor, copied out of its storage. What the pickle says of its size is checked against the storage.
fn tensor(archive: &Archive<'_>, place: &TensorPlace) -> std::result::Result<Tensor, String> {
    let bytes = archive.get(&format!("data/{}", place.storage)).ok_or("its storage is not in the file")?;
    let width = place.kind.elt_size_in_bytes();
    let count = (bytes.len() / width) as i64;
    let outside = || "it reaches beyond its storage".to_owned();
    if place.shape.len() != place.stride.len() || place.offset < 0 {
        return Err(outside());
    }
    let mut last = place.offset;
    let mut elements = 1i64;
    for (side, stride) in place.shape.iter().zip(&place.stride) {
        if *side < 0 || *stride < 0 {
            return Err(outside());
        }
        elements = elements.checked_mul(*side).ok_or_else(outside)?;
        let reach = (side - 1).max(0).checked_mul(*stride);
        last = reach.and_then(|reach| last.checked_add(reach)).ok_or_else(outside)?;
    }
    // A stride of zero could make a huge tensor of one value.
    if elements > count || (elements > 0 && last >= count) {
        return Err(outside());
    }
    let view = |bytes: &[u8]| -> std::result::Result<Tensor, tch::TchError> {
        let flat = Tensor::f_from_data_size(&bytes[..count as usize * width], &[count], place.kind)?;
        flat.f_as_strided(&place.shape, &place.stride, place.offset)?.f_contiguous()?.f_detach_copy()
    };
    let tensor = view(bytes).map_err(|error| error.to_string())?;
    match place.kind {
        Kind::Int | Kind::Uint8 | Kind::Bool => {
            tensor.f_to_kind(Kind::Int64).map_err(|error| error.to_string())
        }
        _ => Ok(tensor),
    }
}
