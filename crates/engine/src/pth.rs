//! Files of `torch.save` as named tensors: official checkpoints (`*.pth.tar`) and bare state dictionaries. Nothing in such
//! a file is executed (`pickle.rs`), and no tensor reaches beyond its own storage.

use tch::{Kind, Tensor};

use crate::archive::Archive;
use crate::contents::Weights;
use crate::pickle::{self, Pickle, Place, TensorPlace, Value};
use crate::tensor_file::State;

/// Where scripts keep the tensors, the likeliest first: of two networks the one that is evaluated.
const KEYS: [&str; 11] = [
    "state_dict",
    "model_state_dict",
    "model",
    "teacher",
    "student",
    "module",
    "network",
    "net",
    "state_dict_ema",
    "model_ema",
    "ema",
];
/// How deep such keys lie within each other.
const DEPTH: usize = 3;
/// Tied weights share a storage, and so do views; a file whose tensors are more than so many times itself is hostile.
const MOST_COPIES: usize = 16;
/// How files of PyTorch before 1.6 begin: a pickle of a magic number.
const MAGIC: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
/// What holds a program beside its weights.
const TORCH_SCRIPT: &str = "constants.pkl";

/// Why a pickle that lies in no archive is not read.
pub(crate) fn words_of_bare_pickle(bytes: &[u8]) -> String {
    match bytes.starts_with(MAGIC) {
        true => "it is in the form that PyTorch wrote before version 1.6; save it again with a newer one",
        false => "it is a bare pickle, which torch.save does not write; save its tensors with torch.save or as safetensors",
    }
    .to_owned()
}

/// Reads the tensors of a file's contents.
pub(crate) fn decode(bytes: &[u8]) -> Result<Weights, String> {
    let archive = Archive::open(bytes)?;
    let Some(text) = archive.get("data.pkl") else {
        return Err("it is a zip archive that torch.save did not write; unpack it first".to_owned());
    };
    if archive.get(TORCH_SCRIPT).is_some() {
        return Err("it is a TorchScript program; save the `state_dict()` of its model".to_owned());
    }
    let pickle = pickle::read(text)?;
    let (dictionary, read_from) = dictionary(&pickle)?;
    let Value::Dictionary(entries) = pickle.get(dictionary) else { return Err(no_dictionary(&pickle)) };
    let (mut tensors, mut left_out) = (State::new(), Vec::new());
    let mut room = bytes.len().saturating_mul(MOST_COPIES);
    for (name, value) in entries {
        let Some(name) = pickle.text(*name) else { continue };
        match pickle.get(*value) {
            Value::Tensor(place) => {
                let values = tensor(&archive, place).map_err(|reason| format!("tensor {name}: {reason}"))?;
                room = room
                    .checked_sub(values.numel().saturating_mul(place.kind.elt_size_in_bytes()))
                    .ok_or("its tensors are many times as large as the file")?;
                tensors.insert(name.to_owned(), values);
            }
            Value::Opaque(what) => left_out.push(format!("{name}: {what}")),
            _ => {}
        }
    }
    if tensors.is_empty() {
        return Err("it holds no tensors".to_owned());
    }
    let entry = |key: &str| pickle.entry(pickle.root, key);
    let taken = read_from.as_deref().and_then(|path| path.split('.').next());
    let beside = KEYS.into_iter().filter(|key| taken != Some(*key));
    Ok(Weights {
        tensors,
        architecture: entry("arch").and_then(|place| pickle.text(place)).map(str::to_owned),
        epoch: entry("epoch").and_then(|place| integer(&pickle, place)),
        beside: match read_from {
            Some(_) => beside
                .filter(|key| entry(key).is_some_and(|place| holds_tensors(&pickle, place)))
                .map(str::to_owned)
                .collect(),
            None => Vec::new(),
        },
        read_from,
        left_out,
    })
}

fn holds_tensors(pickle: &Pickle, place: Place) -> bool {
    let Value::Dictionary(entries) = pickle.get(place) else { return false };
    entries.iter().any(|(_, value)| matches!(pickle.get(*value), Value::Tensor(_)))
}

/// The dictionary that holds the tensors, with the keys that lead to it.
fn dictionary(pickle: &Pickle) -> Result<(Place, Option<String>), String> {
    let (mut place, mut path) = (pickle.root, Vec::new());
    for _ in 0..DEPTH {
        if !path.is_empty() && holds_tensors(pickle, place) {
            break;
        }
        let is_dictionary = |place: &Place| matches!(pickle.get(*place), Value::Dictionary(_));
        let below = |key: &'static str| Some((key, pickle.entry(place, key).filter(is_dictionary)?));
        let mut inner = KEYS.into_iter().filter_map(below).collect::<Vec<_>>();
        // One that holds tensors at once is surer than one that may hold them deeper.
        inner.sort_by_key(|(_, place)| !holds_tensors(pickle, *place));
        let Some(&(key, next)) = inner.first() else { break };
        path.push(key);
        place = next;
    }
    if !matches!(pickle.get(place), Value::Dictionary(_)) {
        return Err(no_dictionary(pickle));
    }
    Ok((place, (!path.is_empty()).then(|| path.join("."))))
}

fn no_dictionary(pickle: &Pickle) -> String {
    match pickle.get(pickle.root) {
        Value::Opaque(name) => {
            format!("it holds an object of {name}, which would have to be executed; save its `state_dict()`")
        }
        _ => "it holds no dictionary of tensors".to_owned(),
    }
}

fn integer(pickle: &Pickle, place: Place) -> Option<i64> {
    match pickle.get(place) {
        Value::Integer(value) => Some(*value),
        _ => None,
    }
}

/// One tensor, copied out of its storage. What the pickle says of its size is checked against the storage.
fn tensor(archive: &Archive<'_>, place: &TensorPlace) -> Result<Tensor, String> {
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
    let view = |bytes: &[u8]| -> Result<Tensor, tch::TchError> {
        let flat = Tensor::f_from_data_size(&bytes[..count as usize * width], &[count], place.kind)?;
        flat.f_as_strided(&place.shape, &place.stride, place.offset)?.f_contiguous()?.f_detach_copy()
    };
    let tensor = view(bytes).map_err(|error| error.to_string())?;
    match place.kind {
        Kind::Int | Kind::Int16 | Kind::Int8 | Kind::Uint8 | Kind::Bool => {
            tensor.f_to_kind(Kind::Int64).map_err(|error| error.to_string())
        }
        _ => Ok(tensor),
    }
}
