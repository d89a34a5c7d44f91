//! Images of a data set with both augmented views, as training sees them, for the data set page. Pictures cross as data
//! URLs, a page's worth at a time. Remembers one open set, so that turning a page does not read an index again.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use vitals_data::augment::Views;
use vitals_data::samples::{Sample, sample};
use vitals_data::{DataError, Dataset, DatasetSpec, FASHION_MNIST, HeldOutOrigin, Split};
use vitals_recipe::Augmentation;

use crate::dto::{ApiError, DatasetSample, DatasetSamples, DatasetSamplesQuery};
use crate::error::Result;
use crate::said::{Advice, Failure, names};
use crate::{Context, datasets};

/// Samples where the question names no number, and at most.
const COUNT: u32 = 12;
const MAX_COUNT: u32 = 64;
/// Views may not be larger than what a recipe allows.
const SIZES: std::ops::RangeInclusive<u32> = 8..=1024;

/// The set that was opened last, and under which name and fingerprint.
static LAST: Mutex<Option<(String, String, Arc<Dataset>)>> = Mutex::new(None);

/// Images of a split and their views.
///
/// # Errors
/// `not_found` for an unknown set, `invalid_input` for an unreadable one or a parameter out of its range.
pub async fn samples(context: &Context, query: DatasetSamplesQuery) -> Result<DatasetSamples> {
    let facts = datasets::require(context, &query.name).await?;
    let row = context.store().dataset(&query.name).await?;
    let path = row.as_ref().map(|row| PathBuf::from(&row.path)).filter(|_| query.name != FASHION_MNIST);
    let fingerprint = row.map(|row| row.fingerprint).unwrap_or_default();
    let small = facts.image_size.is_some_and(|(width, height)| width.max(height) < 64);
    let look = Look::of(&query, small)?;
    let made = tokio::task::spawn_blocking(move || {
        let dataset = opened(&query.name, path, &fingerprint)?;
        look.at(&dataset, query)
    });
    made.await.map_err(|error| ApiError::failed(Failure::answer(&error)))?
}

fn opened(name: &str, path: Option<PathBuf>, fingerprint: &str) -> Result<Arc<Dataset>> {
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((of, print, dataset)) = &*last
        && of == name
        && print == fingerprint
        && path.as_deref().is_none_or(|path| path == dataset.path())
    {
        return Ok(Arc::clone(dataset));
    }
    let spec = DatasetSpec { name: name.to_owned(), path };
    let dataset = vitals_data::open(&spec).map_err(|error| {
        ApiError::invalid(Failure::Dataset { name: name.to_owned(), said: error.told() })
            .hint(Advice::CheckDataset { name: name.to_owned() })
    })?;
    let dataset = Arc::new(dataset);
    *last = Some((name.to_owned(), fingerprint.to_owned(), Arc::clone(&dataset)));
    Ok(dataset)
}

/// What a question asks for, with nothing left open but the place.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Look {
    split: Split,
    augmentation: Augmentation,
    image_size: u32,
    crop_min_scale: f64,
    count: u32,
}

impl Look {
    /// Small images are shown as recipes for them are: 32 pixels, no blur.
    fn of(query: &DatasetSamplesQuery, small: bool) -> Result<Self> {
        let split = match query.split.as_deref() {
            None | Some("train") => Split::Train,
            Some("heldout") => Split::HeldOut,
            Some(other) => {
                let error = ApiError::invalid(Failure::NoSplit { name: other.to_owned() });
                return Err(error.hint(Advice::SplitNames));
            }
        };
        let augmentation = match &query.augmentation {
            Some(word) => word.parse().map_err(|_| {
                ApiError::invalid(Failure::NoAugmentation { name: word.clone() })
                    .hint(Advice::UseOneOf { choices: names(Augmentation::WORDS) })
            })?,
            None if small => Augmentation::MocoV3Small,
            None => Augmentation::MocoV3,
        };
        let image_size = query.image_size.unwrap_or(if small { 32 } else { 224 });
        if !SIZES.contains(&image_size) {
            return Err(ApiError::invalid(Failure::WrongImageSize { found: image_size }));
        }
        let crop_min_scale = query.crop_min_scale.unwrap_or(0.08);
        if !(0.0..=1.0).contains(&crop_min_scale) {
            return Err(ApiError::invalid(Failure::WrongCropScale { found: crop_min_scale.to_string() }));
        }
        let count = query.count.unwrap_or(COUNT).min(MAX_COUNT);
        Ok(Self { split, augmentation, image_size, crop_min_scale, count })
    }

    fn at(self, dataset: &Dataset, query: DatasetSamplesQuery) -> Result<DatasetSamples> {
        let views = Views::preset(self.augmentation, self.image_size, self.crop_min_scale);
        let (seed, epoch) = (query.seed.unwrap_or(0), query.epoch.unwrap_or(0));
        let images = dataset.len(self.split);
        let samples = places(images, query.from, u64::from(self.count))
            .map(|index| sample(dataset, self.split, index, &views, seed, epoch).map(shown))
            .collect::<std::result::Result<_, DataError>>()
            .map_err(|error| {
                let (name, said) = (query.name.clone(), error.told());
                ApiError::failed(Failure::DatasetUnread { name, said })
            })?;
        Ok(DatasetSamples {
            name: query.name,
            split: if self.split == Split::Train { "train" } else { "heldout" }.to_owned(),
            images,
            heldout_origin: match dataset.heldout().origin {
                HeldOutOrigin::Test => "test",
                HeldOutOrigin::Validation => "validation",
                HeldOutOrigin::Sampled => "sampled",
                HeldOutOrigin::Nothing => "nothing",
            }
            .to_owned(),
            class_names: dataset.class_names().to_vec(),
            augmentation: self.augmentation.to_string(),
            image_size: self.image_size,
            crop_min_scale: self.crop_min_scale,
            seed,
            epoch,
            samples,
        })
    }
}

/// Indices to show: from a place on, or spread evenly over all.
fn places(images: u64, from: Option<u64>, count: u64) -> impl Iterator<Item = u64> {
    let shown = match from {
        Some(from) => count.min(images.saturating_sub(from)),
        None => count.min(images),
    };
    (0..shown).map(move |i| match from {
        Some(from) => from + i,
        None => (u128::from(i) * u128::from(images) / u128::from(shown)) as u64,
    })
}

fn shown(sample: Sample) -> DatasetSample {
    let Sample { index, name, label, class, pictures } = sample;
    let unread =
        DatasetSample { index, name, label, class_name: class, width: 0, height: 0, ..Default::default() };
    match pictures {
        Ok(pictures) => DatasetSample {
            width: pictures.width,
            height: pictures.height,
            original: data_url(&pictures.original),
            view1: data_url(&pictures.views[0]),
            view2: data_url(&pictures.views[1]),
            ..unread
        },
        Err(problem) => DatasetSample { problem: Some(problem), ..unread },
    }
}

/// A PNG file as an address that an image element shows.
fn data_url(png: &[u8]) -> String {
    format!("data:image/png;base64,{}", BASE64_STANDARD.encode(png))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_lie_within_the_split() {
        let of = |images, from, count| places(images, from, count).collect::<Vec<_>>();
        assert_eq!(of(100, None, 4), [0, 25, 50, 75]);
        assert_eq!(of(3, None, 12), [0, 1, 2]);
        assert_eq!(of(10, Some(8), 5), [8, 9]);
        assert_eq!(of(10, Some(80), 5), [0; 0]);
        assert_eq!(of(0, None, 5), [0; 0]);
    }

    #[test]
    fn what_is_absent_fits_the_set_and_what_is_wrong_is_named() {
        let query = DatasetSamplesQuery { name: "x".to_owned(), ..Default::default() };
        let look = Look::of(&query, true).unwrap();
        assert_eq!((look.augmentation, look.image_size, look.count), (Augmentation::MocoV3Small, 32, 12));
        assert_eq!(Look::of(&query, false).unwrap().image_size, 224);
        let wrong = [
            DatasetSamplesQuery { split: Some("test".to_owned()), ..query.clone() },
            DatasetSamplesQuery { augmentation: Some("mixup".to_owned()), ..query.clone() },
            DatasetSamplesQuery { image_size: Some(4), ..query.clone() },
            DatasetSamplesQuery { crop_min_scale: Some(f64::NAN), ..query.clone() },
        ];
        let messages = wrong.map(|query| Look::of(&query, true).unwrap_err().message);
        assert_eq!(
            messages,
            [
                "there is no split `test`",
                "there is no augmentation `mixup`",
                "image_size 4 is not within 8 to 1024 pixels",
                "crop_min_scale NaN is not within 0 to 1",
            ]
        );
    }
}
