//! The C++ shim over libtorch, made safe: foreach norms, fused AdamW, AdamW in one pass that measures as
//! it goes, autocast, deterministic algorithms.
//! What C++ reads through pointers is checked here first; what it throws comes back as an error.
#![expect(
    unsafe_code,
    reason = "calls into the C++ shim; every pointer comes from a tensor that outlives the call"
)]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::null_mut;

use tch::{Device, Kind, TchError, Tensor};

use crate::error::{EngineError, Result};

/// A tensor of an AdamW pass: its gradient, and where it lies in the flat buffers.
pub(crate) struct Item<'a> {
    pub gradient: &'a Tensor,
    /// Offsets into the weights and into the moments; none for a gradient that is measured only.
    pub place: Option<(i64, i64)>,
    pub count: i64,
    /// 1 − learning rate × weight decay.
    pub shrink: f64,
}

/// The rates of one AdamW update.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Adam {
    pub learning_rate: f64,
    pub beta1: f64,
    pub beta2: f64,
    pub epsilon: f64,
    /// Counts from 1.
    pub update: u64,
}

/// Sums over one tensor at one update.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[repr(C)]
pub(crate) struct Stats {
    pub gradient_squares: f64,
    pub gradient_max: f64,
    pub change_squares: f64,
    /// Before the update.
    pub weight_squares: f64,
    /// Gradient² over the second moment without its bias.
    pub adam_ratios: f64,
}

#[repr(C)]
struct RawItem {
    weight: *mut f32,
    gradient: *const f32,
    first: *mut f32,
    second: *mut f32,
    count: i64,
    shrink: f32,
}

#[repr(C)]
struct RawBytes {
    bytes: *const u8,
    count: usize,
}

#[repr(C)]
struct RawAdam {
    beta1: f32,
    beta2: f32,
    epsilon: f32,
    step: f32,
    inverse_correction2: f32,
    inverse_root_correction2: f32,
}

unsafe extern "C" {
    fn vitals_free(words: *mut c_char);
    fn vitals_keep_blocks();
    fn vitals_adamw_pass(
        items: *const RawItem,
        count: usize,
        adam: *const RawAdam,
        stats: *mut Stats,
    ) -> *mut c_char;
    fn vitals_norms(
        tensors: *const *const c_void,
        count: usize,
        order: f64,
        out: *mut *mut c_void,
    ) -> *mut c_char;
    fn vitals_fused_adamw(
        weight: *const c_void,
        gradient: *const c_void,
        first: *const c_void,
        second: *const c_void,
        update: f64,
        learning_rate: f64,
        beta1: f64,
        beta2: f64,
        weight_decay: f64,
        epsilon: f64,
    ) -> *mut c_char;
    fn vitals_numerics(deterministic: c_int, cuda: c_int) -> *mut c_char;
    fn vitals_uploaded(
        parts: *const RawBytes,
        count: usize,
        ordinal: c_int,
        out: *mut *mut c_void,
    ) -> *mut c_char;
    fn vitals_gpu_memory_held(ordinal: c_int, out: *mut i64) -> *mut c_char;
    fn vitals_autocast_begin(cuda: c_int, half: c_int) -> *mut c_char;
    fn vitals_autocast_end(cuda: c_int) -> *mut c_char;
}

/// From here on large tensors on the CPU leave their memory to the next of their size.
pub(crate) fn keep_blocks() {
    // SAFETY: no pointers; what is in use already keeps the way in which it will be freed.
    unsafe { vitals_keep_blocks() };
}

fn checked(words: *mut c_char) -> Result<()> {
    if words.is_null() {
        return Ok(());
    }
    // SAFETY: the shim returns null or a NUL-terminated text that is given back right here.
    let text = unsafe {
        let text = CStr::from_ptr(words).to_string_lossy().into_owned();
        vitals_free(words);
        text
    };
    Err(EngineError::from(TchError::Torch(text)))
}

fn raw(tensor: &Tensor) -> *const c_void {
    tensor.as_ptr().cast()
}

/// The values of a contiguous float tensor on the CPU with at least `end` elements.
fn values(tensor: &Tensor, end: i64) -> Result<*mut f32> {
    let is_plain =
        tensor.device() == Device::Cpu && tensor.f_kind()? == Kind::Float && tensor.is_contiguous();
    if !is_plain || end < 0 || end > tensor.numel() as i64 {
        return Err(EngineError::Input("a pass over tensors needs contiguous floats on the CPU".to_owned()));
    }
    Ok(tensor.data_ptr().cast())
}

/// One AdamW update of `weights` with moments `first` and `second`, all flat; the sums of each item come back.
/// The same bits come out for every number of threads.
pub(crate) fn adamw_pass(
    weights: &Tensor,
    first: &Tensor,
    second: &Tensor,
    items: &[Item<'_>],
    adam: Adam,
) -> Result<Vec<Stats>> {
    let mut rows = Vec::with_capacity(items.len());
    for item in items {
        let gradient = values(item.gradient, item.count)?.cast_const();
        let (weight, first, second) = match item.place {
            Some((weight, moment)) if weight >= 0 && moment >= 0 => {
                let weights = values(weights, weight + item.count)?;
                let moments = (values(first, moment + item.count)?, values(second, moment + item.count)?);
                let (weight, moment) = (weight as usize, moment as usize);
                // SAFETY: `values` has just checked that these offsets and `count` elements lie inside.
                unsafe { (weights.add(weight), moments.0.add(moment), moments.1.add(moment)) }
            }
            Some(_) => return Err(EngineError::Input("an offset is negative".to_owned())),
            None => (null_mut(), null_mut(), null_mut()),
        };
        rows.push(RawItem { weight, gradient, first, second, count: item.count, shrink: item.shrink as f32 });
    }
    let exponent = i32::try_from(adam.update).unwrap_or(i32::MAX);
    let (correction1, correction2) = (1.0 - adam.beta1.powi(exponent), 1.0 - adam.beta2.powi(exponent));
    let adam = RawAdam {
        beta1: adam.beta1 as f32,
        beta2: adam.beta2 as f32,
        epsilon: adam.epsilon as f32,
        step: (adam.learning_rate / correction1) as f32,
        inverse_correction2: correction2.recip() as f32,
        inverse_root_correction2: correction2.sqrt().recip() as f32,
    };
    let mut stats = vec![Stats::default(); rows.len()];
    // SAFETY: every row points into a tensor that is borrowed for the whole call, and was checked against its size;
    // `stats` has one element per row. Rows of one update do not overlap, because slots do not.
    checked(unsafe { vitals_adamw_pass(rows.as_ptr(), rows.len(), &raw const adam, stats.as_mut_ptr()) })?;
    Ok(stats)
}

/// Norms of the given order (1, 2 or infinity) of many tensors, as one vector on their device.
pub(crate) fn norms(tensors: &[Tensor], order: f64) -> Result<Tensor> {
    let pointers: Vec<*const c_void> = tensors.iter().map(raw).collect();
    let mut out: *mut c_void = null_mut();
    // SAFETY: the pointers are of live tensors; `out` is written only where all went well, with a new tensor that is
    // ours to drop.
    checked(unsafe { vitals_norms(pointers.as_ptr(), pointers.len(), order, &raw mut out) })?;
    made(out)
}

/// The tensor that the shim has made.
fn made(out: *mut c_void) -> Result<Tensor> {
    if out.is_null() {
        return Err(EngineError::Torch("an operation gave no tensor".to_owned()));
    }
    // SAFETY: `out` is a tensor made by the shim with `new`, which is what tch's own tensors are.
    Ok(unsafe { Tensor::from_ptr(out.cast()) })
}

/// libtorch's fused AdamW over flat tensors; one kernel on a GPU.
pub(crate) fn fused_adamw(
    weights: &Tensor,
    gradient: &Tensor,
    moments: (&Tensor, &Tensor),
    adam: Adam,
    weight_decay: f64,
) -> Result<()> {
    // SAFETY: all four are live tensors; libtorch checks their shapes and kinds and throws, which the shim catches.
    checked(unsafe {
        vitals_fused_adamw(
            raw(weights),
            raw(gradient),
            raw(moments.0),
            raw(moments.1),
            adam.update as f64,
            adam.learning_rate,
            adam.beta1,
            adam.beta2,
            weight_decay,
            adam.epsilon,
        )
    })
}

/// Deterministic algorithms alone, for the whole process from here on, or any; fp32 without TF32 in any case.
pub(crate) fn numerics(deterministic: bool, device: Device) -> Result<()> {
    let is_cuda = matches!(device, Device::Cuda(_));
    // SAFETY: no pointers; it sets flags that operations read at their start, and a variable through libtorch's own lock.
    checked(unsafe { vitals_numerics(c_int::from(deterministic), c_int::from(is_cuda)) })
}

/// Bytes of several places on a GPU, one after the other, as one tensor (n) of bytes; the host goes on while they are copied.
pub(crate) fn uploaded(parts: &[&[u8]], ordinal: usize) -> Result<Tensor> {
    let parts: Vec<RawBytes> =
        parts.iter().map(|part| RawBytes { bytes: part.as_ptr(), count: part.len() }).collect();
    let (mut out, ordinal) = (null_mut(), c_int::try_from(ordinal).unwrap_or(c_int::MAX));
    // SAFETY: the bytes are read before the call returns; the tensor that comes out is this function's to own.
    checked(unsafe { vitals_uploaded(parts.as_ptr(), parts.len(), ordinal, &raw mut out) })?;
    // SAFETY: as above.
    Ok(unsafe { Tensor::from_ptr(out.cast()) })
}

/// Bytes of a GPU that libtorch holds for this process, in tensors and for the next ones; its backend must be loaded.
///
/// # Errors
/// Libtorch's words, where the card cannot be asked.
pub fn gpu_memory_held(ordinal: u32) -> std::result::Result<u64, EngineError> {
    let (mut held, ordinal) = (0_i64, c_int::try_from(ordinal).unwrap_or(c_int::MAX));
    // SAFETY: one number is written.
    checked(unsafe { vitals_gpu_memory_held(ordinal, &raw mut held) })?;
    Ok(u64::try_from(held).unwrap_or(0))
}

/// Autocast for as long as this lives.
pub(crate) struct Autocast {
    is_cuda: bool,
}

impl Autocast {
    /// Matrix products in bfloat16, or in half precision.
    pub(crate) fn begin(device: Device, half: bool) -> Result<Autocast> {
        let is_cuda = matches!(device, Device::Cuda(_));
        // SAFETY: no pointers; it sets flags of this thread.
        checked(unsafe { vitals_autocast_begin(c_int::from(is_cuda), c_int::from(half)) })?;
        Ok(Autocast { is_cuda })
    }
}

impl Drop for Autocast {
    fn drop(&mut self) {
        // SAFETY: as above. A failure could only be to free cached copies; there is nobody to tell.
        let _ = checked(unsafe { vitals_autocast_end(c_int::from(self.is_cuda)) });
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    #[test]
    fn a_large_block_serves_the_next_of_its_size_and_idle_ones_do_not_add_up() {
        let resident_bytes = || {
            let text = std::fs::read_to_string("/proc/self/statm").unwrap();
            text.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 4096
        };
        let make = |bytes: i64| Tensor::ones([bytes], (Kind::Uint8, Device::Cpu));
        let before = make(3 << 20);
        keep_blocks();
        let first = make(3 << 20);
        let place = first.data_ptr();
        let other = make(3 << 20);
        assert_ne!(other.data_ptr(), place, "what is in use is no one else's");
        drop((before, first));
        let next = make(3 << 20);
        assert_eq!(next.data_ptr(), place);
        assert_eq!(next.sum(Kind::Int64).int64_value(&[]), 3 << 20);
        // 200 sizes that come once each, 1.7 GB together: a quarter of 21 MB may stay idle.
        let began = resident_bytes();
        (0..200).for_each(|size| drop(make((2 << 20) + (size << 16))));
        assert!(resident_bytes() < began + (200 << 20), "{began} became {}", resident_bytes());
    }

    /// MKL asks who made the processor: the program must answer, not the library.
    #[test]
    fn mkl_goes_by_what_the_processor_can_do() {
        let mut found = libc::Dl_info {
            dli_fname: std::ptr::null(),
            dli_fbase: null_mut(),
            dli_sname: std::ptr::null(),
            dli_saddr: null_mut(),
        };
        // SAFETY: the name is NUL-terminated, and `found` outlives the call that fills it; what it then points to is
        // owned by the loader for as long as the program runs.
        let file = unsafe {
            let function = libc::dlsym(libc::RTLD_DEFAULT, c"mkl_serv_intel_cpu_true".as_ptr());
            assert_ne!(libc::dladdr(function, &raw mut found), 0, "the function is nowhere");
            CStr::from_ptr(found.dli_fname)
        };
        assert!(!file.to_string_lossy().contains("libtorch"), "{file:?} answers");
    }
}
