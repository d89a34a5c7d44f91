//! Which split a file or folder name announces: `train-00000-of-00002.parquet`, `val/`, `t10k-images…`. Looks at names
//! only, never at what they name.

use std::path::PathBuf;

/// A split of a data set on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SplitName {
    Train,
    Validation,
    Test,
}

/// The split that `name` announces: its first word, of letters and digits, that is a split's name.
pub(crate) fn split_of(name: &str) -> Option<SplitName> {
    name.split(|c: char| !c.is_alphanumeric()).find_map(|word| match word.to_ascii_lowercase().as_str() {
        "train" | "training" => Some(SplitName::Train),
        "val" | "valid" | "validation" | "dev" => Some(SplitName::Validation),
        "test" | "testing" | "t10k" => Some(SplitName::Test),
        _ => None,
    })
}

/// Paths of each split that has some, in the order train, validation, test. The innermost part of a path's name (as
/// `name` gives it, with forward slashes) that announces a split decides; what announces none is for training.
pub(crate) fn by_split(
    paths: &[PathBuf],
    name: impl Fn(&PathBuf) -> String,
) -> impl Iterator<Item = (SplitName, Vec<PathBuf>)> {
    let split = move |path: &&PathBuf| name(path).rsplit('/').find_map(split_of).unwrap_or(SplitName::Train);
    [SplitName::Train, SplitName::Validation, SplitName::Test].into_iter().filter_map(move |wanted| {
        let of_split: Vec<PathBuf> = paths.iter().filter(|path| split(path) == wanted).cloned().collect();
        (!of_split.is_empty()).then_some((wanted, of_split))
    })
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
            ("t10k-images-idx3-ubyte.gz", Some(SplitName::Test)),
            ("test_batch.bin", Some(SplitName::Test)),
            ("trainer.parquet", None),
            ("n02422106", None),
        ];
        for (name, expected) in table {
            assert_eq!(split_of(name), expected, "{name}");
        }
    }
}
