//! Every labelled image of a split as evaluation sees it, in chunks: read ahead by threads, handed on in order, so that no
//! split has to fit in memory.

use std::sync::mpsc::sync_channel;

use anyhow::anyhow;
use vitals_data::{DataError, Dataset, Split, eval_image};
use vitals_engine::LabelledImages;
use vitals_recipe::{Recipe, keyed_rng};

use crate::exit::Failure;

/// Images in a chunk.
const CHUNK: usize = 256;

/// Some images, N×S×S×3, and what could not be read of them.
#[derive(Default)]
struct Chunk {
    pixels: Vec<u8>,
    labels: Vec<u32>,
    unreadable: Vec<DataError>,
}

/// Calls `take` with the images of a split until it says false; at most `limit` of them, chosen by the recipe's seed.
///
/// # Errors
/// What `take` says; too many images that cannot be read.
pub fn for_each_chunk(
    dataset: &Dataset,
    split: Split,
    limit: u64,
    recipe: &Recipe,
    mut take: impl FnMut(LabelledImages<'_>) -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let indices = chosen(dataset, split, limit, recipe.seed);
    let chunks: Vec<&[u64]> = indices.chunks(CHUNK).collect();
    let threads = (recipe.loader_threads.max(1) as usize).min(chunks.len().max(1));
    let allowed = dataset.unreadable_allowed().max(1);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..threads)
            .map(|thread| {
                let (sender, receiver) = sync_channel(1);
                let mine: Vec<&[u64]> = chunks.iter().skip(thread).step_by(threads).copied().collect();
                scope.spawn(move || {
                    for chunk in mine {
                        // Nobody listens any more: a stop, or an error.
                        if sender.send(read(dataset, split, chunk, recipe.image_size)).is_err() {
                            return;
                        }
                    }
                });
                receiver
            })
            .collect();
        let mut failed = 0;
        for place in 0..chunks.len() {
            let chunk = readers[place % threads]
                .recv()
                .map_err(|_| Failure::Other(anyhow!("a thread that reads images ended early")))?;
            failed += chunk.unreadable.len() as u64;
            if let Some(error) = chunk.unreadable.last().filter(|_| failed > allowed) {
                return Err(Failure::Dataset(error.to_string()));
            }
            if !chunk.labels.is_empty()
                && !take(LabelledImages { pixels: &chunk.pixels, labels: &chunk.labels })?
            {
                return Ok(());
            }
        }
        Ok(())
    })
}

/// The labelled images in their order, or `limit` of them.
fn chosen(dataset: &Dataset, split: Split, limit: u64, seed: u64) -> Vec<u64> {
    let mut indices: Vec<u64> =
        (0..dataset.len(split)).filter(|&index| dataset.label(split, index).is_some()).collect();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if limit < indices.len() {
        let name = if split == Split::Train { "probe bank" } else { "probe queries" };
        keyed_rng(seed, &[name.into()]).shuffle(&mut indices);
        indices.truncate(limit);
        indices.sort_unstable();
    }
    indices
}

fn read(dataset: &Dataset, split: Split, indices: &[u64], size: u32) -> Chunk {
    let mut chunk = Chunk::default();
    for &index in indices {
        let Some(label) = dataset.label(split, index) else { continue };
        match dataset.decode(split, index) {
            Ok(image) => {
                chunk.pixels.extend_from_slice(&eval_image(&image, size));
                chunk.labels.push(label);
            }
            Err(error) => chunk.unreadable.push(error),
        }
    }
    chunk
}

#[cfg(test)]
mod tests {
    use vitals_data::RgbImage;

    use super::*;

    fn dataset(images: u32) -> Dataset {
        let image = |index: u32| {
            let pixels = vec![(index % 251) as u8; 8 * 8 * 3];
            (RgbImage { width: 8, height: 8, pixels }, (!index.is_multiple_of(3)).then_some(index))
        };
        Dataset::in_memory("test", (0..images).map(image).collect(), Vec::new()).unwrap()
    }

    fn seen(limit: u64, threads: u32, stop_after: usize) -> Vec<(u32, u8)> {
        let recipe = Recipe { image_size: 8, loader_threads: threads, ..Recipe::default() };
        let (mut found, mut chunks) = (Vec::new(), 0);
        for_each_chunk(&dataset(2000), Split::Train, limit, &recipe, |images| {
            let firsts = images.pixels.iter().step_by(8 * 8 * 3).copied();
            found.extend(images.labels.iter().copied().zip(firsts));
            chunks += 1;
            Ok(chunks < stop_after)
        })
        .unwrap();
        found
    }

    #[test]
    fn every_labelled_image_comes_once_and_in_order_for_any_number_of_threads() {
        let all = seen(u64::MAX, 1, usize::MAX);
        let expected: Vec<(u32, u8)> =
            (0..2000).filter(|index| index % 3 > 0).map(|index| (index, (index % 251) as u8)).collect();
        assert_eq!(all, expected);
        assert_eq!(seen(u64::MAX, 3, usize::MAX), expected);
        assert_eq!(seen(u64::MAX, 3, 2), expected[..512]);
    }

    #[test]
    fn a_limit_chooses_by_seed() {
        let some = seen(100, 2, usize::MAX);
        assert_eq!((some.len(), &some), (100, &seen(100, 1, usize::MAX)));
        assert!(some.is_sorted() && some.last().unwrap().0 > 1500);
    }
}
