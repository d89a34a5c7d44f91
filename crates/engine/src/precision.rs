//! Number formats of the forward and backward pass. Weights, losses and norms are fp32 in all of them.

use tch::{Device, Kind, Tensor};
use vitals_recipe::Precision;

use crate::error::Result;
use crate::shim::Autocast;

/// Runs a part of a network in a number format; what comes out is fp32, as losses and norms need it.
pub(crate) fn reduced(
    precision: Precision,
    device: Device,
    work: impl FnOnce() -> Result<Tensor>,
) -> Result<Tensor> {
    let _autocast = match precision {
        Precision::Fp32 => return work(),
        Precision::Bf16 => Autocast::begin(device, false)?,
        Precision::Fp16 => Autocast::begin(device, true)?,
    };
    Ok(work()?.f_to_kind(Kind::Float)?)
}
