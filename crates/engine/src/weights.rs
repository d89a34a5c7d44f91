//! Files of weights by what they hold, whatever they are called: safetensors, or what `torch.save` wrote. A file of another
//! kind is named, with what to do. Wrappers' prefixes are taken off the names of tensors.

use std::path::Path;

use vitals_data::FileKind;

use crate::archive::is_archive;
use crate::contents::Weights;
use crate::error::{EngineError, Result};
use crate::pth;
use crate::tensor_file::{self, State};

/// Wrappers put these before every name below them: `DistributedDataParallel` (also around each other) and `compile`.
const WRAPPERS: [&str; 2] = ["module.", "_orig_mod."];
/// `compile` around a part of a network.
const COMPILED_PART: &str = "._orig_mod.";
/// How a pickle of protocols 2 to 5 begins.
const PICKLE: u8 = 0x80;
const PROTOCOLS: std::ops::RangeInclusive<u8> = 2..=5;
/// The longest header that safetensors allow.
const LONGEST_HEADER: u64 = 100_000_000;

/// Reads a file's contents; `path` is for messages.
pub(crate) fn read(bytes: &[u8], path: &Path) -> Result<Weights> {
    let refuse = |reason: String| EngineError::Checkpoint { path: path.to_owned(), reason };
    let mut weights = if is_archive(bytes) {
        pth::decode(bytes).map_err(refuse)?
    } else if let [PICKLE, protocol, ..] = bytes
        && PROTOCOLS.contains(protocol)
    {
        return Err(refuse(pth::words_of_bare_pickle(bytes)));
    } else if let Some(kind) = FileKind::of(bytes).filter(|_| !may_be_safetensors(bytes)) {
        return Err(refuse(format!("{kind}; {}", kind.advice())));
    } else {
        Weights::of(safetensors(bytes, path)?)
    };
    weights.tensors = unwrapped(weights.tensors).map_err(refuse)?;
    Ok(weights)
}

impl Weights {
    pub(crate) fn of(tensors: State) -> Self {
        Self {
            tensors,
            architecture: None,
            epoch: None,
            read_from: None,
            beside: Vec::new(),
            left_out: Vec::new(),
        }
    }
}

/// The length of the header, and the first byte of it.
fn header(bytes: &[u8]) -> Option<(u64, u8)> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    Some((u64::from_le_bytes(*length), *rest.first()?))
}

fn may_be_safetensors(bytes: &[u8]) -> bool {
    header(bytes).is_some_and(|(length, first)| length <= LONGEST_HEADER && first == b'{')
}

fn safetensors(bytes: &[u8], path: &Path) -> Result<State> {
    let refuse = |reason: String| EngineError::Checkpoint { path: path.to_owned(), reason };
    if !may_be_safetensors(bytes) {
        let reason =
            "it is neither safetensors nor a file of torch.save; choose another, or download it again";
        return Err(refuse(reason.to_owned()));
    }
    tensor_file::decode(bytes, path).map_err(|error| match tensor_file::bytes_missing(bytes) {
        Some(missing) => refuse(format!("it is cut short by {missing} bytes; download it again")),
        None => error,
    })
}

/// The name without what wrappers put before it, in any order and as often as they did.
fn plain(name: &str) -> String {
    let mut name = name.replace(COMPILED_PART, ".");
    while let Some(rest) = WRAPPERS.iter().find_map(|wrapper| name.strip_prefix(wrapper)) {
        name = rest.to_owned();
    }
    name
}

fn unwrapped(tensors: State) -> std::result::Result<State, String> {
    let mut found = State::new();
    for (name, tensor) in tensors {
        let plain = plain(&name);
        if found.insert(plain.clone(), tensor).is_some() {
            return Err(format!(
                "two of its tensors are called {plain} where wrappers are taken off their names"
            ));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrappers_are_taken_off_in_any_order() {
        for (name, expected) in [
            ("blocks.0.norm1.weight", "blocks.0.norm1.weight"),
            ("module.base_encoder.cls_token", "base_encoder.cls_token"),
            ("_orig_mod.module.base_encoder.cls_token", "base_encoder.cls_token"),
            ("module.module._orig_mod.module.cls_token", "cls_token"),
            (
                "module.base_encoder._orig_mod.blocks.0._orig_mod.norm1.weight",
                "base_encoder.blocks.0.norm1.weight",
            ),
            ("submodule.module.weight", "submodule.module.weight"),
            ("module.", ""),
        ] {
            assert_eq!(plain(name), expected, "{name}");
        }
    }
}
