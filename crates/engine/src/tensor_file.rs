//! Tensors by name in safetensors files, through plain bytes: written in name order, so that equal tensors give equal
//! files.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use tch::{Device, Kind, Tensor};

use crate::error::{EngineError, Result};

/// Named tensors.
pub(crate) type State = BTreeMap<String, Tensor>;

/// The contents of a file with these tensors.
pub(crate) fn encode(tensors: &State) -> Result<Vec<u8>> {
    let mut parts = Vec::with_capacity(tensors.len());
    for (name, tensor) in tensors {
        let tensor = tensor.f_detach()?.f_to_device(Device::Cpu)?.f_contiguous()?;
        let dtype = dtype(tensor.f_kind()?)?;
        let count = tensor.numel();
        let mut bytes = vec![0u8; count * tensor.f_kind()?.elt_size_in_bytes()];
        tensor.f_copy_data_u8(&mut bytes, count)?;
        let shape: Vec<usize> = tensor.size().iter().map(|&side| side as usize).collect();
        parts.push((name, dtype, shape, bytes));
    }
    let views = parts
        .iter()
        .map(|(name, dtype, shape, bytes)| {
            Ok((name.as_str(), TensorView::new(*dtype, shape.clone(), bytes)?))
        })
        .collect::<std::result::Result<Vec<_>, safetensors::SafeTensorError>>();
    // One entry only: the crate writes several in the random order of a hash map.
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    views
        .and_then(|views| safetensors::serialize(views, Some(metadata)))
        .map_err(|error| EngineError::Torch(format!("tensors cannot be encoded: {error}")))
}

/// The tensors in a file's contents, on the CPU.
pub(crate) fn decode(bytes: &[u8], path: &Path) -> Result<State> {
    let refuse = |reason: String| EngineError::Checkpoint { path: path.to_owned(), reason };
    let file = SafeTensors::deserialize(bytes).map_err(|error| refuse(error.to_string()))?;
    let mut found = State::new();
    for (name, view) in file.iter() {
        let kind = match view.dtype() {
            Dtype::F32 => Kind::Float,
            Dtype::F64 => Kind::Double,
            Dtype::F16 => Kind::Half,
            Dtype::BF16 => Kind::BFloat16,
            Dtype::I64 => Kind::Int64,
            other => return Err(refuse(format!("tensor {name} has the type {other:?}"))),
        };
        let shape: Vec<i64> = view.shape().iter().map(|&side| side as i64).collect();
        found.insert(name.to_owned(), Tensor::f_from_data_size(view.data(), &shape, kind)?);
    }
    Ok(found)
}

/// How many bytes a file lacks of what its header says that it has; none where it lacks none, or no header tells.
pub(crate) fn bytes_missing(bytes: &[u8]) -> Option<usize> {
    #[derive(serde::Deserialize)]
    struct Entry {
        data_offsets: (usize, usize),
    }
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let Some(header) = rest.get(..length) else { return length.checked_sub(rest.len()) };
    let entries: HashMap<String, serde_json::Value> = serde_json::from_slice(header).ok()?;
    let end = |entry: serde_json::Value| {
        serde_json::from_value(entry).ok().map(|entry: Entry| entry.data_offsets.1)
    };
    let wanted = entries.into_values().filter_map(end).max()?;
    wanted.checked_sub(rest.len() - length).filter(|missing| *missing > 0)
}

/// Reads a file of tensors.
pub(crate) fn read(path: &Path) -> Result<State> {
    let bytes = vitals_files::read_regular(path).map_err(EngineError::io("read", path))?;
    decode(&bytes, path)
}

fn dtype(kind: Kind) -> Result<Dtype> {
    match kind {
        Kind::Float => Ok(Dtype::F32),
        Kind::Double => Ok(Dtype::F64),
        Kind::Half => Ok(Dtype::F16),
        Kind::BFloat16 => Ok(Dtype::BF16),
        Kind::Int64 => Ok(Dtype::I64),
        other => Err(EngineError::Torch(format!("tensors of kind {other:?} cannot be stored"))),
    }
}

/// Overwrites each target by the tensor of its name. Every target must be there with its shape; `path` is for messages.
/// The names that no target wanted come back.
pub(crate) fn restore(targets: &State, stored: &State, path: &Path) -> Result<Vec<String>> {
    let refuse = |reason: String| Err(EngineError::Checkpoint { path: path.to_owned(), reason });
    let _guard = tch::no_grad_guard();
    for (name, target) in targets {
        let Some(values) = stored.get(name) else {
            return refuse(format!("tensor {name} is missing"));
        };
        if values.size() != target.size() {
            return refuse(format!(
                "tensor {name} has the shape {:?} where the network has {:?}",
                values.size(),
                target.size()
            ));
        }
        target.shallow_clone().f_copy_(values)?;
    }
    Ok(stored.keys().filter(|name| !targets.contains_key(*name)).cloned().collect())
}
