//! Which split, and which of several sets, the name of a file or folder announces: `train-00000-of-00002.parquet`, `val/`,
//! `emnist-letters-test-images…`. Looks at names only, never at what they name.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Refusal;
use crate::findings::{Findings, Said, SplitWord, Why};
use vitals_recipe::{Names, Tells};

/// A split of a data set on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SplitName {
    Train,
    Validation,
    Test,
}

impl SplitName {
    /// As people are told it.
    pub(crate) fn word(self) -> SplitWord {
        match self {
            Self::Train => SplitWord::Train,
            Self::Validation => SplitWord::Validation,
            Self::Test => SplitWord::Test,
        }
    }
}

/// Words that may stand beside a split's in a folder's name without making it another thing: `train_images`, `val2017`.
const FILLERS: [&str; 15] = [
    "images", "image", "imgs", "img", "set", "sets", "data", "dataset", "split", "folder", "files", "jpg",
    "jpeg", "png", "batch",
];

fn split_of_word(word: &str) -> Option<SplitName> {
    match word.to_ascii_lowercase().as_str() {
        "train" | "training" | "trainset" => Some(SplitName::Train),
        "val" | "valid" | "validation" | "dev" | "eval" | "evaluation" | "valset" => {
            Some(SplitName::Validation)
        }
        "test" | "testing" | "t10k" | "testset" => Some(SplitName::Test),
        _ => None,
    }
}

/// Words of letters and digits.
fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// A word without the number at its end, `val2017`, where the whole is no name of a split.
fn without_number(word: &str) -> &str {
    if split_of_word(word).is_some() { word } else { word.trim_end_matches(|c: char| c.is_ascii_digit()) }
}

/// The split that `name` announces: its first word, of letters and digits, that is a split's name.
pub(crate) fn split_of(name: &str) -> Option<SplitName> {
    words(name).find_map(|word| split_of_word(without_number(word)))
}

/// The split that `name` is the name of: nothing but one split's word, fillers and numbers.
pub(crate) fn only_split_of(name: &str) -> Option<SplitName> {
    let (mut split, mut count) = (None, 0);
    for word in words(name).map(without_number).filter(|word| !word.is_empty()) {
        match split_of_word(word) {
            Some(found) => (split, count) = (Some(found), count + 1),
            None if FILLERS.contains(&word.to_ascii_lowercase().as_str()) => {}
            None => return None,
        }
    }
    split.filter(|_| count == 1)
}

/// What a file's name, with its folders and forward slashes, says: the set it is of, and its split. The innermost part that
/// announces a split decides; what stands before it, numbers apart, is the set's name.
fn set_and_split(name: &str) -> (String, Option<SplitName>) {
    let parts: Vec<&str> = name.split('/').collect();
    let Some((at, split)) = (0..parts.len()).rev().find_map(|i| split_of(parts[i]).map(|split| (i, split)))
    else {
        return (String::new(), None);
    };
    let folders = parts[..at].iter().filter(|part| split_of(part).is_none()).map(|part| (*part).to_owned());
    let before: Vec<&str> = words(parts[at])
        .take_while(|word| split_of_word(without_number(word)).is_none())
        .filter(|word| !is_a_shards_number(word))
        .collect();
    let set = Some(before.join("-")).filter(|word| !word.is_empty());
    (folders.chain(set).collect::<Vec<_>>().join("/"), Some(split))
}

/// `00012`, `part3`.
fn is_a_shards_number(word: &str) -> bool {
    let name = word.trim_end_matches(|c: char| c.is_ascii_digit()).to_ascii_lowercase();
    name.is_empty() || matches!(name.as_str(), "part" | "shard" | "chunk" | "batch")
}

/// Files of each split that has some, in the order train, validation, test. Files that name no split are for training where
/// none is named training, and are left out where one is; either is noted.
///
/// # Errors
/// Two sets have files of the same split.
pub(crate) fn by_split<T>(
    files: Vec<T>,
    name: impl Fn(&T) -> String,
    findings: &mut Findings,
) -> Result<BTreeMap<SplitName, Vec<T>>, Refusal> {
    let mut splits: BTreeMap<SplitName, Vec<T>> = BTreeMap::new();
    let mut sets: BTreeMap<SplitName, BTreeSet<String>> = BTreeMap::new();
    let mut unnamed = Vec::new();
    for file in files {
        match set_and_split(&name(&file)) {
            (set, Some(split)) => {
                splits.entry(split).or_default().push(file);
                sets.entry(split).or_default().insert(set);
            }
            (_, None) => unnamed.push(file),
        }
    }
    if let Some(several) = sets.values().find(|sets| sets.len() > 1) {
        let name = |set: &String| if set.is_empty() { "one without a name".to_owned() } else { set.clone() };
        return Err(Refusal::SeveralSets { names: several.iter().map(name).collect() });
    }
    if unnamed.is_empty() {
        return Ok(splits);
    }
    let names: Vec<String> = unnamed.iter().map(&name).collect();
    if splits.contains_key(&SplitName::Train) {
        findings.leave_many(Why::UnknownSplit, names.len() as u64, 0, names[0].clone());
    } else {
        let note = if splits.is_empty() {
            Said::NoSplitNamed
        } else {
            Said::UnnamedAreTraining { files: some_of(names) }
        };
        findings.notes.push(note);
        splits.insert(SplitName::Train, unnamed);
    }
    Ok(splits)
}

/// The first few of `names`, and an ellipsis for the others.
pub(crate) fn some_of<T: Into<String>>(names: impl IntoIterator<Item = T>) -> Names {
    const SHOWN: usize = 4;
    let mut names: Vec<String> = names.into_iter().map(Into::into).collect();
    if names.len() > SHOWN {
        names.truncate(SHOWN);
        names.push("…".to_owned());
    }
    Names(names)
}

/// The refusal of several candidates for one split.
pub(crate) fn same_split(split: SplitName, names: impl IntoIterator<Item = String>) -> Refusal {
    Refusal::SameSplit { split: split.word().told(), names: some_of(names) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_announce_splits() {
        let table = [
            ("train-00000-of-00002.parquet", Some(SplitName::Train)),
            ("tiny-imagenet-val.parquet", Some(SplitName::Validation)),
            ("validation", Some(SplitName::Validation)),
            ("val2017", Some(SplitName::Validation)),
            ("t10k-images-idx3-ubyte.gz", Some(SplitName::Test)),
            ("test_batch.bin", Some(SplitName::Test)),
            ("trainer.parquet", None),
            ("n02422106", None),
        ];
        for (name, expected) in table {
            assert_eq!(split_of(name), expected, "{name}");
        }
    }

    #[test]
    fn a_folder_that_is_a_split_says_nothing_else() {
        let table = [
            ("TRAIN", Some(SplitName::Train)),
            ("training_set", Some(SplitName::Train)),
            ("train2017", Some(SplitName::Train)),
            ("Test1", Some(SplitName::Test)),
            ("val-images", Some(SplitName::Validation)),
            ("dev", Some(SplitName::Validation)),
            ("train station", None),
            ("train_val", None),
            ("seg_train", None),
            ("images", None),
            ("2017", None),
        ];
        for (name, expected) in table {
            assert_eq!(only_split_of(name), expected, "{name}");
        }
    }

    #[test]
    fn what_stands_before_the_split_is_the_set() {
        let table = [
            ("data/train-00000-of-00002-6f2a3b.parquet", "data"),
            ("160px/validation-00000-of-00001.parquet", "160px"),
            ("default/train/0000.parquet", "default"),
            ("train/train-0.tar", ""),
            ("emnist-letters-train-images-idx3-ubyte.gz", "emnist-letters"),
            ("shard-000-train.tar", ""),
            ("cifar10-test.parquet", "cifar10"),
        ];
        for (name, expected) in table {
            assert_eq!(set_and_split(name).0, expected, "{name}");
        }
    }
}
