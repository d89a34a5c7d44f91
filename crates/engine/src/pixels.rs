//! From bytes to normalised images, on the device: only bytes are uploaded. A training batch goes there once, all of it at a time;
//! pieces and monitors cut what lies on the device already.

use tch::{Device, Kind, Tensor};

use crate::error::{EngineError, Result};
use crate::shim::uploaded;

/// Mean and standard deviation of ImageNet's channels in [0, 1] (augmentation.md, step 7).
const MEAN: [f64; 3] = [0.485, 0.456, 0.406];
const DEVIATION: [f64; 3] = [0.229, 0.224, 0.225];

/// (x / 255 − mean) / deviation as one multiplication and one addition per channel.
pub(crate) struct Normalizer {
    scale: Tensor,
    shift: Tensor,
    device: Device,
}

impl Normalizer {
    pub(crate) fn new(device: Device) -> Result<Normalizer> {
        let per_channel = |value: fn(usize) -> f64| -> Result<Tensor> {
            let values = [value(0) as f32, value(1) as f32, value(2) as f32];
            Ok(Tensor::f_from_slice(&values)?.f_view([1, 3, 1, 1])?.f_to_device(device)?)
        };
        Ok(Normalizer {
            // Folded into one factor: at most 4.8e-7 from the reference's two divisions (augmentation.md 4).
            scale: per_channel(|c| 1.0 / (255.0 * DEVIATION[c]))?,
            shift: per_channel(|c| -MEAN[c] / DEVIATION[c])?,
            device,
        })
    }

    /// u8 (N, S, S, 3) → f32 (N, 3, S, S).
    pub(crate) fn images(&self, bytes: &[u8], size: u32) -> Result<Tensor> {
        let (count, side) = (image_count(bytes, size)? as i64, i64::from(size));
        let shape = [count, side, side, 3];
        self.planes(&match self.device {
            Device::Cuda(ordinal) => uploaded(&[bytes], ordinal)?.f_view(shape)?,
            _ => Tensor::f_from_data_size(bytes, &shape, Kind::Uint8)?,
        })
    }

    /// u8 (N, S, S, 3) on the device → f32 (N, 3, S, S).
    pub(crate) fn planes(&self, bytes: &Tensor) -> Result<Tensor> {
        let planes = bytes.f_permute([0, 3, 1, 2])?.f_contiguous()?;
        let mut images = planes.f_to_kind(Kind::Float)?;
        Ok(images.f_mul_(&self.scale)?.f_add_(&self.shift)?)
    }
}

/// A training batch on a GPU.
pub(crate) struct Uploaded {
    /// u8 (N, S, S, 3) each.
    pub views: Vec<Tensor>,
    /// i64 (N); none where the batch has none.
    pub labels: Option<Tensor>,
}

impl Uploaded {
    /// One copy, which the host does not wait for. `views` are of `size` pixels square, all of one length.
    pub(crate) fn new(views: &[&[u8]], labels: &[i64], size: u32, ordinal: usize) -> Result<Uploaded> {
        let bytes: Vec<u8> = labels.iter().flat_map(|label| label.to_ne_bytes()).collect();
        // Labels first, where they lie as eight-byte numbers must.
        let all = uploaded(&[&[bytes.as_slice()], views].concat(), ordinal)?;
        let mut from = bytes.len() as i64;
        let labels = match labels.is_empty() {
            true => None,
            false => Some(all.f_narrow(0, 0, from)?.f_view_dtype(Kind::Int64)?),
        };
        let mut next = |view: &&[u8]| {
            let (count, side) = (image_count(view, size)? as i64, i64::from(size));
            let part = all.f_narrow(0, from, view.len() as i64)?.f_view([count, side, side, 3])?;
            from += view.len() as i64;
            Ok(part)
        };
        Ok(Uploaded { views: views.iter().map(&mut next).collect::<Result<_>>()?, labels })
    }
}

/// How many square RGB images of that size the bytes hold; an error where they hold no whole number.
pub(crate) fn image_count(bytes: &[u8], size: u32) -> Result<usize> {
    let per_image = 3 * size as usize * size as usize;
    if per_image == 0 || !bytes.len().is_multiple_of(per_image) {
        let length = bytes.len();
        return Err(EngineError::Input(format!(
            "{length} bytes are no whole number of {size} × {size} RGB images"
        )));
    }
    Ok(bytes.len() / per_image)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte in every channel, against the formula in double precision.
    #[test]
    fn bytes_become_planes_with_the_channels_own_statistics() {
        let bytes: Vec<u8> = (0..=255_u8).flat_map(|byte| [byte, 255 - byte, byte ^ 0x55]).collect();
        let images = Normalizer::new(Device::Cpu).unwrap().images(&bytes, 16).unwrap();
        assert_eq!(images.size(), [1, 3, 16, 16]);
        for (place, pixel) in (0_i64..).zip(bytes.as_chunks::<3>().0) {
            for (c, &byte) in pixel.iter().enumerate() {
                let expected = (f64::from(byte) / 255.0 - MEAN[c]) / DEVIATION[c];
                let value = images.double_value(&[0, c as i64, place / 16, place % 16]);
                assert!((value - expected).abs() <= 1e-6, "{value} for {expected}");
            }
        }
        let two = Normalizer::new(Device::Cpu).unwrap().images(&bytes[..24], 2).unwrap();
        assert_eq!(two.size(), [2, 3, 2, 2]);
        assert!(image_count(&bytes, 3).is_err());
    }
}
