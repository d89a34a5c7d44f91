//! Which of the splits on disk training sees: what is trained on, what is held out, what is not used and why. Decodes no image.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;

use vitals_recipe::DatasetFacts;

use super::{Dataset, HeldOutOrigin, Part};
use crate::error::Missing;
use crate::findings::{FoundSplit, Labels, Said, SplitWord, Unused};
use crate::order;
use crate::source::{Found, Source};
use crate::{DataError, Result};

/// Share of the training images that is held out where the set has no split of its own.
const HELD_OUT_SHARE: f64 = 0.05;
/// A label beyond this is no class but a mistake, such as an image's number.
const MAX_LABEL: u32 = 1 << 24;

fn has_labels(source: &dyn Source) -> bool {
    (0..source.len()).any(|i| source.label(i).is_some())
}

/// What makes another set of the same files, for its fingerprint: a validation split without labels was held out once.
pub(super) fn reading(found: &Found) -> &'static str {
    let labelled = |split: &Option<Box<dyn Source>>| split.as_deref().is_some_and(has_labels);
    let was_held_out = found.validation.is_some() && !labelled(&found.validation) && !labelled(&found.test);
    if labelled(&found.train) && was_held_out { "validation without labels" } else { found.reading }
}

impl Dataset {
    /// `seed` chooses held-out images where the set has no split for them; `None` holds none out.
    pub(super) fn assemble(
        name: &str,
        path: PathBuf,
        found: Found,
        fingerprint: String,
        seed: Option<u64>,
    ) -> Result<Self> {
        let Found { train, validation, test, class_names, mut findings, .. } = found;
        let empty = |expected: Missing| DataError::Empty { path: path.clone(), expected };
        let train_source = train.ok_or_else(|| empty(Missing::TrainingSplit))?;
        let images = train_source.len();
        let labelled = has_labels(&*train_source);
        let largest = (0..images).filter_map(|i| train_source.label(i)).max();
        if let Some(label) = largest.filter(|&label| label > MAX_LABEL) {
            let what = format!("a label is {label}, which is no class's number (at most {MAX_LABEL})");
            return Err(DataError::format(path, what));
        }
        let labels = largest.map_or(0, |label| label + 1);
        let classes = labels.max(class_names.len() as u32);
        let image_size = train_source.image_size();

        let whole = |source: usize, len: usize| Part { source, chosen: None, len };
        let mut sources = vec![train_source];
        let mut held_out = None;
        // Rather the test split than the validation split; without labels neither can be evaluated on.
        for (split, word, origin) in [
            (test, SplitWord::Test, HeldOutOrigin::Test),
            (validation, SplitWord::Validation, HeldOutOrigin::Validation),
        ] {
            let Some(split) = split else { continue };
            let unused = if labelled && !has_labels(&*split) {
                Some(Unused::Unlabelled)
            } else {
                held_out.as_ref().map(|_| Unused::TestIsHeldOut)
            };
            findings.splits.insert(0, found_split(word, &*split, None, unused.clone()));
            if unused.is_none() {
                held_out = Some((split, origin));
            }
        }
        let (train, heldout, origin) = match (held_out, seed.filter(|_| labelled && images > 1)) {
            (Some((split, origin)), _) => {
                let len = split.len();
                sources.push(split);
                (whole(0, images), whole(1, len), origin)
            }
            (None, Some(seed)) => {
                let (kept, held) = hold_out(images, seed);
                findings.sampled = held.len() as u64;
                let part = |chosen: Vec<u32>| Part { source: 0, len: chosen.len(), chosen: Some(chosen) };
                (part(kept), part(held), HeldOutOrigin::Sampled)
            }
            (None, None) => (whole(0, images), whole(0, 0), HeldOutOrigin::Nothing),
        };
        findings.splits.insert(0, found_split(SplitWord::Train, &*sources[0], train.chosen.as_deref(), None));
        findings.classes = u64::from(classes);
        if !labelled {
            findings.labels = Labels::Nowhere;
        } else if classes == 1 {
            let class = class_names.first().cloned().unwrap_or_else(|| "0".to_owned());
            findings.notes.push(Said::OneClass { class });
        }
        let facts =
            DatasetFacts { name: name.to_owned(), images: train.len as u64, classes, labelled, image_size };
        let unreadable = Mutex::new(BTreeMap::new());
        let cache = None;
        Ok(Self {
            path,
            sources,
            train,
            heldout,
            origin,
            class_names,
            facts,
            fingerprint,
            findings,
            unreadable,
            cache,
        })
    }
}

/// Counts a split, or the `chosen` images of it.
fn found_split(
    split: SplitWord,
    source: &dyn Source,
    chosen: Option<&[u32]>,
    unused: Option<Unused>,
) -> FoundSplit {
    let is_labelled = |index: usize| source.label(index).is_some();
    let (images, labelled) = match chosen {
        Some(chosen) => (chosen.len(), chosen.iter().filter(|&&index| is_labelled(index as usize)).count()),
        None => (source.len(), (0..source.len()).filter(|&index| is_labelled(index)).count()),
    };
    FoundSplit { split, images: images as u64, labelled: labelled as u64, unused }
}

/// Splits `0..images` into kept and held-out indices, both ascending: 5 %, at least one, chosen by `seed`.
fn hold_out(images: usize, seed: u64) -> (Vec<u32>, Vec<u32>) {
    let held = ((images as f64 * HELD_OUT_SHARE).round() as usize).clamp(1, images - 1);
    let mut shuffled = order::permutation(images, seed, &order::Purpose::HeldOut);
    let mut kept = shuffled.split_off(held);
    shuffled.sort_unstable();
    kept.sort_unstable();
    (kept, shuffled)
}
