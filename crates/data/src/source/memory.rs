//! Images that already are in memory: tests and small generated sets.

use super::{Reason, Source};
use crate::RgbImage;
use crate::decode::{Pixels, Wanted};

/// Decoded images with their labels.
pub(crate) struct MemorySource {
    pub images: Vec<RgbImage>,
    pub labels: Vec<Option<u32>>,
}

impl Source for MemorySource {
    fn len(&self) -> usize {
        self.images.len()
    }

    fn label(&self, index: usize) -> Option<u32> {
        self.labels.get(index).copied().flatten()
    }

    fn name(&self, index: usize) -> String {
        format!("{index} (in memory)")
    }

    fn decode_into(&self, index: usize, _: Wanted<'_>, image: &mut RgbImage) -> Result<Pixels, Reason> {
        let source = &self.images[index];
        if source.pixels.len() != source.width as usize * source.height as usize * 3
            || source.pixels.is_empty()
        {
            return Err("the pixels do not match the size".into());
        }
        image.reshape(source.width, source.height).copy_from_slice(&source.pixels);
        Ok(Pixels::Exact)
    }
}
