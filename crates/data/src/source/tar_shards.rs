//! Tar shards: members that share their path up to the base name's first dot are one sample, such as `0001.jpg` and
//! `0001.cls`; where no label is stated, folders in the archive are splits and classes as they are on disk. Shards are indexed
//! once and their images read by place; compressed archives, which have no places, are refused.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use vitals_files::open_regular;

use super::layout;
use super::split_name::{SplitName, by_split};
use super::stated::{self, Stated};
use super::tar_format::members;
use super::tar_samples::{Sample, group, holds_label, normal};
use super::tree::Folder;
use super::{FileEntry, Found, Reason, Source, relative_name};
use crate::decode::{Pixels, Wanted};
use crate::error::Refusal;
use crate::findings::{Findings, Labels, Said};
use crate::{DataError, Result, RgbImage, decode};

/// One split: the samples of its shards, in name order of the shards.
struct TarSource {
    shards: Vec<FileEntry>,
    samples: Vec<Sample>,
    labels: Vec<Option<u32>>,
}

impl Source for TarSource {
    fn len(&self) -> usize {
        self.samples.len()
    }

    fn label(&self, index: usize) -> Option<u32> {
        self.labels.get(index).copied().flatten()
    }

    fn name(&self, index: usize) -> String {
        let sample = &self.samples[index];
        format!("{} in {}", sample.name, self.shards[sample.shard].name)
    }

    fn decode_into(
        &self,
        index: usize,
        wanted: Wanted<'_>,
        image: &mut RgbImage,
    ) -> std::result::Result<Pixels, Reason> {
        let sample = &self.samples[index];
        decode::decode_part(&self.shards[sample.shard].path, sample.start, sample.bytes, wanted, image)
    }

    fn image_size(&self) -> Option<(u32, u32)> {
        // Sixteen images across the set, as for folders.
        let step = self.samples.len().div_ceil(16).max(1);
        let mut sizes = self.samples.iter().step_by(step).map(|sample| {
            decode::dimensions_of_part(&self.shards[sample.shard].path, sample.start, sample.bytes).ok()
        });
        let first = sizes.next()??;
        sizes.all(|size| size == Some(first)).then_some(first)
    }
}

/// Shards of one split by their names, and their samples in order.
struct Shards {
    files: Vec<FileEntry>,
    samples: Vec<Sample>,
}

fn read_shards(root: &Path, paths: &[PathBuf], findings: &mut Findings) -> Result<Shards> {
    let mut shards = Shards { files: Vec::new(), samples: Vec::new() };
    for path in paths {
        let entry = FileEntry::new(root, path)?;
        let mut reader = BufReader::new(open_regular(path).map_err(|e| DataError::io(path, e))?);
        let members =
            members(&mut reader, entry.bytes, &holds_label).map_err(|what| DataError::format(path, what))?;
        let place = |member: &str| format!("{member} in {}", entry.name);
        shards.samples.extend(group(members, shards.files.len(), findings, &place));
        shards.files.push(entry);
    }
    Ok(shards)
}

impl Shards {
    /// The folders of the samples, which are called by their place.
    fn tree(&self) -> Folder<usize> {
        let mut tree = Folder::new(PathBuf::new());
        for (index, sample) in self.samples.iter().enumerate() {
            let path = normal(&sample.name);
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            tree.at(Path::new(folder)).images.push(index);
        }
        tree
    }

    fn name(&self, index: usize) -> String {
        let sample = &self.samples[index];
        format!("{} in {}", sample.name, self.files[sample.shard].name)
    }

    /// The folder that the sample itself lies in.
    fn innermost(&self, index: usize) -> Option<&str> {
        let (folders, _) = self.samples[index].name.rsplit_once('/')?;
        folders.rsplit('/').next()
    }
}

/// The shards of each split by their names.
type ByName = BTreeMap<SplitName, Shards>;

/// The shards that hold the samples of `split`: where the folders in the archives are the splits, one set of shards holds all.
fn holding(shards: &ByName, split: SplitName) -> Option<&Shards> {
    shards.get(&split).or_else(|| shards.get(&SplitName::Train).filter(|_| shards.len() == 1))
}

/// Labels and classes of the samples of each split, which are called by their place.
#[derive(Default)]
struct Labelled {
    splits: BTreeMap<SplitName, Vec<(usize, Option<u32>)>>,
    names: Vec<String>,
    /// As in [`Found`].
    reading: &'static str,
}

/// Labels as the samples state them.
fn by_statement(shards: &ByName, folders: BTreeMap<SplitName, Folder<usize>>) -> Labelled {
    let (mut splits, mut indices, mut stated) = (Vec::new(), Vec::new(), Vec::new());
    for (split, folder) in folders {
        let mut of_split = folder.into_images();
        of_split.sort_unstable();
        let label = |&index: &usize| holding(shards, split)?.samples[index].label.clone().map(Stated::Name);
        stated.push(of_split.iter().map(label).collect());
        splits.push(split);
        indices.push(of_split);
    }
    let (labels, names) = stated::number(stated);
    let paired = indices.into_iter().zip(labels).map(|(of, labels)| of.into_iter().zip(labels).collect());
    Labelled { splits: splits.into_iter().zip(paired).collect(), names, reading: "" }
}

/// Labels by the folders in the archives, as on disk; one folder alone is no class here.
fn by_folder(
    shards: &ByName,
    folders: BTreeMap<SplitName, Folder<usize>>,
    findings: &mut Findings,
) -> std::result::Result<Labelled, Refusal> {
    // A name is told with the shards of training, where most lie.
    let name =
        |index: &usize| holding(shards, SplitName::Train).map_or_else(String::new, |of| of.name(*index));
    let classes = layout::label(folders, findings, &name, &mut |_, _| None)?;
    let are_classes = classes.names.len() > 1;
    let mut labelled = Labelled::default();
    for (split, mut images) in classes.splits {
        images.sort_unstable_by_key(|(index, _)| *index);
        // The innermost folder was the class once.
        let is_innermost = |(index, label): &(usize, Option<u32>)| {
            let class = label.and_then(|label| classes.names.get(label as usize));
            class
                .is_none_or(|class| holding(shards, split).and_then(|of| of.innermost(*index)) == Some(class))
        };
        if are_classes && !images.iter().all(is_innermost) {
            labelled.reading = "folders of an archive as on disk";
        }
        let label = |label: Option<u32>| label.filter(|_| are_classes);
        labelled.splits.insert(split, images.into_iter().map(|(index, of)| (index, label(of))).collect());
    }
    labelled.names = if are_classes { classes.names } else { Vec::new() };
    Ok(labelled)
}

/// Opens the archives `paths` (sorted) below `root`; the split is in a file's or folder's name, or in the archive.
///
/// # Errors
/// Several sets, or folders that can be read in two ways; what reading a file says.
pub(crate) fn open(root: &Path, paths: Vec<PathBuf>, mut findings: Findings) -> Result<Found> {
    let refuse = |why| DataError::ambiguous(root, why);
    let mut shards = ByName::new();
    for (split, paths) in by_split(paths, |path| relative_name(root, path), &mut findings).map_err(refuse)? {
        shards.insert(split, read_shards(root, &paths, &mut findings)?);
    }
    let folders = match holding(&shards, SplitName::Train).filter(|_| shards.len() == 1) {
        Some(train) => {
            let tree = train.tree();
            let plan = layout::plan(&tree).map_err(refuse)?;
            if !plan.splits.is_empty() {
                findings.notes.retain(|note| *note != Said::NoSplitNamed);
            }
            layout::cut(tree, &plan, &mut findings, &|index| train.name(*index))
        }
        None => shards.iter().map(|(split, shards)| (*split, layout::core(shards.tree()))).collect(),
    };
    let is_stated = shards.values().flat_map(|shards| &shards.samples).any(|sample| sample.label.is_some());
    let labelled = if is_stated {
        findings.labels = Labels::Members;
        by_statement(&shards, folders)
    } else {
        findings.labels = Labels::Folders;
        by_folder(&shards, folders, &mut findings).map_err(refuse)?
    };
    let files = shards.values().flat_map(|shards| shards.files.iter().cloned()).collect();
    let Labelled { splits, names, reading } = labelled;
    let mut found = Found { files, class_names: names, findings, reading, ..Found::default() };
    let are_inside = shards.len() == 1 && shards.contains_key(&SplitName::Train);
    for (split, images) in splits {
        let key = if are_inside { SplitName::Train } else { split };
        let Some(Shards { files, samples }) = shards.get_mut(&key) else { continue };
        let (samples, labels) =
            images.into_iter().map(|(index, label)| (std::mem::take(&mut samples[index]), label)).unzip();
        let source = TarSource { shards: files.clone(), samples, labels };
        if !source.samples.is_empty() {
            found.set(split, Box::new(source));
        }
    }
    Ok(found)
}
