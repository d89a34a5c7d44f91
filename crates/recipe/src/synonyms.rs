//! What people call parameters: the field's abbreviations and other words, the parameters most often set first. The
//! search of the window, the command line's and "did you mean" all go by this table. A parameter that is not here is
//! found by its own name.

use crate::parameters::Parameter;
use crate::table::PARAMETERS;

/// Parameters by how often they are set, each with the words that stand for it alone.
const WORDS: &[(&str, &[&str])] = &[
    ("base_learning_rate", &["lr", "learning rate", "blr", "eta", "step size"]),
    ("batch_size", &["bs", "batch"]),
    ("frozen_patch_projection", &["frozen", "freeze", "patch embedding", "stop gradient"]),
    ("optimizer", &["opt", "optim", "solver"]),
    ("weight_decay", &["wd", "decay", "l2"]),
    ("epochs", &["epoch", "length", "ep"]),
    ("max_steps", &["steps", "iterations", "iters", "updates"]),
    ("warmup_epochs", &["warmup", "warm up", "wu"]),
    ("position_embedding", &["pos embed", "pos emb", "positional encoding", "pe"]),
    ("temperature", &["tau", "temp"]),
    ("encoder_momentum", &["ema", "moco momentum", "m"]),
    ("backbone", &["model", "arch", "architecture", "network", "vit"]),
    ("dataset", &["data", "data set"]),
    ("method", &["algorithm", "ssl"]),
    ("patch_size", &["patch"]),
    ("image_size", &["resolution", "img size", "input size"]),
    ("gradient_clip", &["clip", "grad clip", "clipping", "max norm"]),
    ("precision", &["dtype", "amp", "mixed precision", "half"]),
    ("depth", &["layers", "blocks"]),
    ("embed_dim", &["width", "dim", "hidden size"]),
    ("num_heads", &["heads"]),
    ("beta1", &["b1"]),
    ("beta2", &["b2"]),
    ("epsilon", &["eps"]),
    ("head_hidden_dim", &["mlp dim", "projector width"]),
    ("head_out_dim", &["out dim", "projection dim"]),
    ("head_batch_norm", &["bn", "batch norm"]),
    ("pooling", &["class token", "cls token", "pool"]),
    ("micro_batch_size", &["accumulation", "grad accum", "micro batch"]),
    ("patch_lr_factor", &["patch lr"]),
    ("augmentation", &["aug", "augment"]),
    ("train_images", &["subset", "num images"]),
    ("knn_every", &["knn", "eval every"]),
    ("checkpoint_every", &["ckpt", "save every"]),
    ("loader_threads", &["workers", "num workers"]),
    ("device", &["gpu", "cuda"]),
    ("shock_at_step", &["shock", "spike"]),
    ("prototypes", &["clusters"]),
];

/// The words that stand for a parameter beside its name.
pub fn synonyms(name: &str) -> &'static [&'static str] {
    WORDS.iter().find(|(known, _)| *known == name).map_or(&[], |(_, words)| words)
}

/// The place of a parameter by how often it is set, from 0.
pub fn rank(name: &str) -> usize {
    WORDS.iter().position(|(known, _)| *known == name).unwrap_or(WORDS.len())
}

/// The parameter that a word stands for: `lr`, `batch-size`, `Weight decay`.
pub fn meant_by(word: &str) -> Option<&'static str> {
    let word = plain(word);
    let own =
        PARAMETERS.iter().find(|parameter| plain(parameter.name) == word).map(|parameter| parameter.name);
    own.or_else(|| WORDS.iter().find(|(_, words)| words.contains(&word.as_str())).map(|(name, _)| *name))
}

/// The parameters that a text may stand for: those that it names, then those whose name or word begins with it, then
/// those that hold it; among equals the one set more often.
pub fn search(text: &str) -> Vec<&'static Parameter> {
    let text = plain(text);
    let nearness = |parameter: &Parameter| -> Option<usize> {
        let name = plain(parameter.name);
        let words = || std::iter::once(name.as_str()).chain(synonyms(parameter.name).iter().copied());
        if meant_by(&text) == Some(parameter.name) {
            Some(0)
        } else if words().any(|word| word.split(' ').any(|part| part == text) || word.starts_with(&text)) {
            Some(1)
        } else {
            words().any(|word| word.contains(&text)).then_some(2)
        }
    };
    let mut found: Vec<_> = PARAMETERS
        .iter()
        .filter(|_| !text.is_empty())
        .filter_map(|parameter| Some((nearness(parameter)?, rank(parameter.name), parameter)))
        .collect();
    found.sort_by_key(|(nearness, rank, _)| (*nearness, *rank));
    found.into_iter().map(|(.., parameter)| parameter).collect()
}

/// Lower case, words apart by one blank.
fn plain(text: &str) -> String {
    let words: Vec<String> =
        text.split(|letter: char| !letter.is_alphanumeric()).map(str::to_lowercase).collect();
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::table::parameter;

    #[test]
    fn every_word_stands_for_one_parameter_of_the_table() {
        let mut seen = BTreeSet::new();
        for (name, words) in WORDS {
            assert!(parameter(name).is_some(), "{name} is no parameter");
            assert!(seen.insert((*name).to_owned()), "{name} stands twice");
            for word in *words {
                assert_eq!(plain(word), *word);
                assert!(seen.insert((*word).to_owned()), "{word} stands for two parameters");
                assert_eq!(meant_by(word), Some(*name));
            }
        }
    }

    #[test]
    fn a_search_finds_what_the_field_calls_it_first() {
        let first = |text: &str| search(text).first().map(|parameter| parameter.name);
        let table = [
            ("lr", "base_learning_rate"),
            ("LR", "base_learning_rate"),
            ("learning", "base_learning_rate"),
            ("wd", "weight_decay"),
            ("bs", "batch_size"),
            ("batch-size", "batch_size"),
            ("epochs", "epochs"),
            ("steps", "max_steps"),
            ("warm", "warmup_epochs"),
            ("momentum", "momentum"),
            ("prototypes", "prototypes"),
        ];
        for (text, name) in table {
            assert_eq!(first(text), Some(name), "{text}");
        }
        assert!(search("lr").iter().any(|parameter| parameter.name == "patch_lr_factor"));
        assert_eq!((search("zzz").len(), search(" ").len()), (0, 0));
    }
}
