//! A data set as training sees it: training images, held-out images, labels, class names, an identity. The
//! splits on disk are mapped onto these two here, and unreadable images are remembered here.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use vitals_recipe::{DatasetFacts, Tells};

use crate::cache::{Cache, DecodedCache, Disk, Memory};
use crate::decode::{self, Pixels, Wanted};
use crate::error::Where;
use crate::findings::{Findings, Labels, Near, Said};
use crate::order::{Blocks, Purpose, permutation};
use crate::source::{self, FASHION_MNIST, Found, MemorySource, Source};
use crate::{DataError, Result, RgbImage, fingerprint};

mod assemble;

/// Which data set: a name as in a recipe, and where it lies if that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetSpec {
    /// `fashion-mnist`, the name of an added set, or a path.
    pub name: String,
    /// File or folder; `None` looks the name up: a built-in set, else the name as a path.
    pub path: Option<PathBuf>,
}

/// The two splits that training knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Split {
    /// What batches are drawn from.
    Train,
    /// What kNN queries and probes are evaluated on.
    HeldOut,
}

/// Where the held-out images come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldOutOrigin {
    /// The set's labelled test split.
    Test,
    /// The set's validation split.
    Validation,
    /// 5 % of the training images, chosen by seed.
    Sampled,
    /// Nowhere: the set has no labels, so that nothing can be evaluated, or it was made without.
    Nothing,
}

/// Size and origin of the held-out split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldOut {
    pub images: u64,
    pub origin: HeldOutOrigin,
}

/// A source, or the chosen images of it.
struct Part {
    source: usize,
    chosen: Option<Vec<u32>>,
    len: usize,
}

impl Part {
    /// Where its image `at` stands in the source.
    fn index(&self, at: usize) -> u32 {
        self.chosen.as_ref().map_or(at as u32, |chosen| chosen[at])
    }
}

/// An open data set. Shared between threads by `Arc`; every method takes `&self`.
pub struct Dataset {
    path: PathBuf,
    sources: Vec<Box<dyn Source>>,
    train: Part,
    heldout: Part,
    origin: HeldOutOrigin,
    class_names: Vec<String>,
    facts: DatasetFacts,
    fingerprint: String,
    findings: Findings,
    unreadable: Mutex<BTreeMap<(Split, u64), String>>,
    /// Decoded images of the first source.
    cache: Option<Cache>,
}

/// Opens a data set; images held out where it has no test or validation split are chosen by seed 0.
///
/// # Errors
/// [`DataError::Unknown`], [`DataError::Empty`], or what reading the files says.
pub fn open(spec: &DatasetSpec) -> Result<Dataset> {
    open_seeded(spec, 0)
}

/// As [`open`], with the seed that chooses held-out images where the set has no split for them.
///
/// # Errors
/// As [`open`].
pub fn open_seeded(spec: &DatasetSpec, seed: u64) -> Result<Dataset> {
    let path = locate(spec)?;
    let mut found = source::detect(&path)?;
    let is_fashion_mnist = spec.name == FASHION_MNIST;
    if is_fashion_mnist && found.class_names.is_empty() {
        found.class_names = source::FASHION_MNIST_CLASSES.map(str::to_owned).to_vec();
    }
    let counts =
        [&found.train, &found.validation, &found.test].map(|s| s.as_ref().map_or(0, |s| s.len() as u64));
    let reading = assemble::reading(&found);
    let fingerprint = fingerprint::fingerprint(&found.files, counts, reading)?;
    Dataset::assemble(&spec.name, path, found, fingerprint, Some(seed))
}

fn locate(spec: &DatasetSpec) -> Result<PathBuf> {
    if let Some(path) = &spec.path {
        return Ok(path.clone());
    }
    if spec.name == FASHION_MNIST {
        return source::fashion_mnist_folder(|name| std::env::var_os(name)).map_err(|looked| {
            let looked = looked.iter().map(|path| path.display().to_string()).collect();
            DataError::Unknown { name: spec.name.clone(), hint: Where::FashionMnist { looked } }
        });
    }
    let path = PathBuf::from(&spec.name);
    if path.exists() {
        return Ok(path);
    }
    Err(DataError::Unknown { name: spec.name.clone(), hint: Where::Add })
}

impl Dataset {
    /// A set of decoded images: for tests and generated data. All of them are training images; `heldout` is
    /// the test split. Labels and images pair up in order.
    ///
    /// # Errors
    /// [`DataError::Empty`] without training images.
    pub fn in_memory(
        name: &str,
        train: Vec<(RgbImage, Option<u32>)>,
        heldout: Vec<(RgbImage, Option<u32>)>,
    ) -> Result<Self> {
        let source = |images: Vec<(RgbImage, Option<u32>)>| -> Option<Box<dyn Source>> {
            if images.is_empty() {
                return None;
            }
            let (images, labels) = images.into_iter().unzip();
            Some(Box::new(MemorySource { images, labels }))
        };
        let mut hash = blake3::Hasher::new();
        for (image, label) in train.iter().chain(&heldout) {
            hash.update(&image.width.to_le_bytes()).update(&image.height.to_le_bytes()).update(&image.pixels);
            hash.update(&label.map_or(u64::MAX, u64::from).to_le_bytes());
        }
        let findings = Findings { labels: Labels::Given, ..Findings::default() };
        let found = Found { train: source(train), test: source(heldout), findings, ..Found::default() };
        Self::assemble(name, PathBuf::new(), found, hash.finalize().to_hex().to_string(), None)
    }

    /// A set of one unlabelled source, for tests that inject faults.
    #[cfg(test)]
    pub(crate) fn of_source(source: Box<dyn Source>) -> Result<Self> {
        let found = Found { train: Some(source), ..Found::default() };
        Self::assemble("test", PathBuf::new(), found, String::new(), None)
    }

    /// The same set, with its training images kept decoded. Batches stay the same byte for byte.
    ///
    /// # Errors
    /// [`DataError::UnwritableCache`] where the folder of a cache on disk cannot be used.
    pub fn with_cache(self, cache: &DecodedCache) -> Result<Self> {
        let images = self.sources[0].len();
        let cache = match cache {
            DecodedCache::Memory { bytes } => Cache::Memory(Memory::new(images, *bytes)),
            DecodedCache::Disk { folder, bytes } => {
                Cache::Disk(Disk::open(folder, &self.fingerprint, images, *bytes)?)
            }
        };
        Ok(Self { cache: Some(cache), ..self })
    }

    /// The same set with only `images` of its training images: the first in an order that `seed` gives, so that a larger
    /// number takes the same ones and more. All of them where there are no more.
    #[must_use]
    pub fn with_first(self, images: u64, seed: u64) -> Self {
        if images >= self.train_len() {
            return self;
        }
        let order = permutation(self.train.len, seed, &Purpose::Taken);
        let first = order.iter().take(images as usize);
        let mut taken: Vec<u32> = first.map(|&at| self.train.index(at as usize)).collect();
        // What lies together in shards stays together.
        taken.sort_unstable();
        let train = Part { source: self.train.source, len: taken.len(), chosen: Some(taken) };
        let facts = DatasetFacts { images, ..self.facts };
        Self { train, facts, ..self }
    }

    /// Images that are read together and do not all fit in memory, as the order of an epoch needs to know them.
    pub(crate) fn blocks(&self) -> Option<Blocks> {
        let shards = self.sources[self.train.source].shards()?;
        let chosen = self.train.chosen.as_deref();
        // Held-out images are left out of the shards that they lie in.
        let ends = shards.ends.iter().map(|&end| match chosen {
            Some(chosen) => chosen.partition_point(|&index| index < end) as u32,
            None => end,
        });
        Some(Blocks { ends: ends.collect(), per_block: shards.together.max(1) })
    }

    /// What the recipe needs to know; `images` counts training images.
    pub fn facts(&self) -> &DatasetFacts {
        &self.facts
    }

    /// Hex BLAKE3 over count, names, sizes and sampled content.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// What was found and left out on the way here.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Where the set lies; empty for a set in memory.
    pub fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// Number of training images.
    pub fn train_len(&self) -> u64 {
        self.train.len as u64
    }

    /// Size and origin of the held-out split.
    pub fn heldout(&self) -> HeldOut {
        HeldOut { images: self.heldout.len as u64, origin: self.origin }
    }

    /// Number of images of `split`.
    pub fn len(&self, split: Split) -> u64 {
        self.part(split).len as u64
    }

    /// True where `split` has no images.
    pub fn is_empty(&self, split: Split) -> bool {
        self.len(split) == 0
    }

    /// Names by label; empty where the set has none.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// Class of an image, or `None` where it has no label or does not exist.
    pub fn label(&self, split: Split, index: u64) -> Option<u32> {
        let (source, index) = self.locate(split, index).ok()?;
        source.label(index)
    }

    /// What a person would look for: a path, or a file and a row. Empty for an index beyond the split.
    pub fn image_name(&self, split: Split, index: u64) -> String {
        self.locate(split, index).map(|(source, index)| source.name(index)).unwrap_or_default()
    }

    /// Decodes an image.
    ///
    /// # Errors
    /// [`DataError::OutOfRange`], or [`DataError::Unreadable`] with the image's name; that is also logged, once.
    pub fn decode(&self, split: Split, index: u64) -> Result<RgbImage> {
        let mut image = RgbImage::default();
        self.decode_into(split, index, &mut image)?;
        Ok(image)
    }

    /// As [`Dataset::decode`], into an image whose buffer is reused.
    ///
    /// # Errors
    /// As [`Dataset::decode`].
    pub(crate) fn decode_into(&self, split: Split, index: u64, image: &mut RgbImage) -> Result<()> {
        self.decode_wanted(split, index, &decode::whole, image)
    }

    /// As [`Dataset::decode_into`], of which only the wanted pixels need be made: others may be anything, and damage that
    /// does not touch the wanted ones may go unnoticed.
    pub(crate) fn decode_wanted(
        &self,
        split: Split,
        index: u64,
        wanted: Wanted<'_>,
        image: &mut RgbImage,
    ) -> Result<()> {
        let (source, at) = self.locate(split, index)?;
        let cache = self.cache.as_ref().filter(|_| self.part(split).source == 0);
        if cache.is_some_and(|cache| cache.get(at, image)) {
            return Ok(());
        }
        // What is kept for later epochs must be whole.
        let wanted = if cache.is_some() { &decode::whole } else { wanted };
        self.decode_from(source, at, (split, index), wanted, image)?;
        if let Some(cache) = cache {
            cache.put(at, image);
        }
        Ok(())
    }

    /// Decodes image `at` of `source`, which is `place` in the set; what is unreadable is remembered.
    fn decode_from(
        &self,
        source: &dyn Source,
        at: usize,
        place: (Split, u64),
        wanted: Wanted<'_>,
        image: &mut RgbImage,
    ) -> Result<Pixels> {
        source.decode_into(at, wanted, image).map_err(|reason| {
            let name = source.name(at);
            let mut unreadable = self.unreadable.lock().unwrap_or_else(PoisonError::into_inner);
            if unreadable.insert(place, name.clone()).is_none() {
                tracing::warn!(image = %name, %reason, "unreadable image");
            }
            DataError::Unreadable { name, reason }
        })
    }

    /// Decodes up to `most` images of each split, evenly spread over it, and adds to the findings whose pixels are not exactly
    /// those of the reference pipeline.
    ///
    /// # Errors
    /// [`DataError::Unreadable`] where more than 0.1 % of those tried are: training would go on up to the same share.
    pub fn try_images(&mut self, most: u64) -> Result<()> {
        let (mut image, mut near, mut all) = (RgbImage::default(), Vec::<(Near, u64, String)>::new(), 0);
        for split in [Split::Train, Split::HeldOut] {
            let images = self.len(split);
            let tried = images.min(most);
            let mut unreadable = 0;
            for index in (0..tried).map(|place| place * images / tried) {
                let (source, at) = self.locate(split, index)?;
                match self.decode_from(source, at, (split, index), &decode::whole, &mut image) {
                    Ok(Pixels::Exact) => {}
                    Ok(Pixels::Near(why)) => match near.iter_mut().find(|found| found.0 == why) {
                        Some(found) => found.1 += 1,
                        None => near.push((why, 1, source.name(at))),
                    },
                    Err(error) => {
                        unreadable += 1;
                        if unreadable * 1000 > tried {
                            return Err(error);
                        }
                    }
                }
            }
            all += tried;
        }
        let note = |(why, count, first): (Near, u64, String)| {
            let why = why.told();
            Said::NearPixels { why, count, tried: all, first }
        };
        self.findings.notes.extend(near.into_iter().map(note));
        Ok(())
    }

    /// Names of the images that were found unreadable so far.
    pub fn unreadable(&self) -> Vec<String> {
        self.unreadable.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Training images that may be unreadable before training stops: 0.1 %, rounded down.
    pub fn unreadable_allowed(&self) -> u64 {
        self.train_len() / 1000
    }

    fn part(&self, split: Split) -> &Part {
        match split {
            Split::Train => &self.train,
            Split::HeldOut => &self.heldout,
        }
    }

    fn locate(&self, split: Split, index: u64) -> Result<(&dyn Source, usize)> {
        let part = self.part(split);
        let out_of_range = || DataError::OutOfRange { index, len: part.len as u64 };
        let at = usize::try_from(index).ok().filter(|&at| at < part.len).ok_or_else(out_of_range)?;
        let at = part.index(at) as usize;
        Ok((&*self.sources[part.source], at))
    }
}
