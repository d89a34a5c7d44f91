//! Tar shards in the WebDataset naming: members that share their path up to the base name's first dot are one sample,
//! such as `0001.jpg` and `0001.cls`. Shards are indexed once and their images read by place; compressed archives, which
//! have no places, are refused.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use super::split_name::by_split;
use super::tar_format::{Member, members};
use super::tree::is_image_name;
use super::{FileEntry, Found, Reason, Source, relative_name};
use crate::decode::Wanted;
use crate::findings::Findings;
use crate::{DataError, Result, RgbImage, decode};

/// An image and its label as its shard states them.
struct Sample {
    shard: usize,
    name: String,
    start: u64,
    bytes: u64,
    /// Content of the `.cls` member, or `label` of the `.json` one.
    label: Option<String>,
}

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
    ) -> std::result::Result<(), Reason> {
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

/// The path up to the first dot of the base name, and the rest.
fn key_and_extension(name: &str) -> (&str, &str) {
    let base = name.rfind('/').map_or(0, |slash| slash + 1);
    name[base..].find('.').map_or((name, ""), |dot| (&name[..base + dot], &name[base + dot + 1..]))
}

/// True for members that hold a label.
fn holds_label(name: &str) -> bool {
    matches!(key_and_extension(name).1, "cls" | "json")
}

/// A label as text: all of a `.cls` member; `label` or `cls` of a `.json` one.
fn label_of(extension: &str, content: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(content);
    let label = if extension == "json" {
        let value: serde_json::Value = serde_json::from_str(&text).ok()?;
        match value.get("label").or_else(|| value.get("cls"))? {
            serde_json::Value::String(name) => name.clone(),
            serde_json::Value::Number(number) => number.to_string(),
            _ => return None,
        }
    } else {
        text.into_owned()
    };
    Some(label.trim().to_owned()).filter(|label| !label.is_empty())
}

/// Members of one shard as samples. Also returns how many images are left out because their sample already has one.
fn group(members: Vec<Member>, shard: usize) -> (Vec<Sample>, usize) {
    let mut samples: Vec<Sample> = Vec::new();
    let (mut left_out, mut key_of_last, mut pending) = (0, None::<String>, None::<String>);
    for member in members {
        let (key, extension) = key_and_extension(&member.name);
        let base = member.name.rsplit('/').next().unwrap_or_default();
        // macOS puts a `._` shadow beside each file; hidden files are no images anywhere else either.
        if base.starts_with('.') {
            continue;
        }
        let image = is_image_name(&member.name);
        let label = member.content.as_deref().and_then(|content| label_of(extension, content));
        if key_of_last.as_deref() != Some(key) {
            key_of_last = Some(key.to_owned());
            pending = None;
        } else if let Some(last) = samples.last_mut().filter(|last| key_and_extension(&last.name).0 == key) {
            left_out += usize::from(image);
            last.label = last.label.take().or(label);
            continue;
        }
        // Labels may come before the image of their sample.
        pending = pending.or(label);
        if image {
            let label = pending.take();
            samples.push(Sample {
                shard,
                name: member.name,
                start: member.start,
                bytes: member.bytes,
                label,
            });
        }
    }
    (samples, left_out)
}

fn open_split(root: &Path, paths: &[PathBuf]) -> Result<TarSource> {
    let mut source = TarSource { shards: Vec::new(), samples: Vec::new(), labels: Vec::new() };
    for path in paths {
        let entry = FileEntry::new(root, path)?;
        let mut reader = BufReader::new(File::open(path).map_err(|e| DataError::io(path, e))?);
        let members =
            members(&mut reader, entry.bytes, &holds_label).map_err(|what| DataError::format(path, what))?;
        let (samples, left_out) = group(members, source.shards.len());
        if left_out > 0 {
            tracing::warn!(shard = %path.display(), left_out, "samples with several images: the first is used");
        }
        source.samples.extend(samples);
        source.shards.push(entry);
    }
    Ok(source)
}

/// Folder of a sample within its archive.
fn folder_of(sample: &Sample) -> Option<&str> {
    let (folders, _) = sample.name.rsplit_once('/')?;
    folders.rsplit('/').next()
}

/// Turns stated labels into numbers, for all splits alike, and returns the class names. Labels that all are numbers
/// stay as they are; else they are names, numbered in name order. Without any, two or more folders are the classes.
fn number_labels(sources: &mut [&mut TarSource]) -> Vec<String> {
    let samples = || sources.iter().flat_map(|source| &source.samples);
    let stated = samples().any(|sample| sample.label.is_some());
    let all_numbers = samples().filter_map(|s| s.label.as_deref()).all(|label| label.parse::<u32>().is_ok());
    if stated && all_numbers {
        for source in sources {
            let labels = source.samples.iter().map(|s| s.label.as_ref().and_then(|label| label.parse().ok()));
            source.labels = labels.collect();
        }
        return Vec::new();
    }
    let name_of = |sample: &Sample| {
        if stated { sample.label.clone() } else { folder_of(sample).map(str::to_owned) }
    };
    let names: BTreeSet<String> = samples().filter_map(name_of).collect();
    let folders_are_classes = names.len() > 1 && samples().all(|sample| folder_of(sample).is_some());
    if !stated && !folders_are_classes {
        for source in sources {
            source.labels = vec![None; source.samples.len()];
        }
        return Vec::new();
    }
    let names: Vec<String> = names.into_iter().collect();
    for source in sources {
        let number = |sample| names.binary_search(&name_of(sample)?).ok().map(|number| number as u32);
        source.labels = source.samples.iter().map(number).collect();
    }
    names
}

/// Opens the archives `paths` (sorted) below `root`; the split is in the file's or a folder's name.
pub(crate) fn open(root: &Path, paths: Vec<PathBuf>, findings: Findings) -> Result<Found> {
    let mut found = Found { findings, ..Found::default() };
    let splits = by_split(paths, |path| relative_name(root, path), &mut found.findings)
        .map_err(|why| DataError::ambiguous(root, why))?;
    let mut sources = Vec::new();
    for (split, paths) in splits {
        sources.push((split, open_split(root, &paths)?));
    }
    let mut all: Vec<&mut TarSource> = sources.iter_mut().map(|(_, source)| source).collect();
    found.class_names = number_labels(&mut all);
    for (split, source) in sources {
        found.files.extend(source.shards.iter().cloned());
        if !source.samples.is_empty() {
            found.set(split, Box::new(source));
        }
    }
    Ok(found)
}
