//! The processor: its name, what it has for reduced precision, and what a run that asks for it should know. On a processor without the
//! instructions it computes the same numbers; only how long a step takes differs.

use procfs::{CpuInfo, Current as _};
use vitals_recipe::Precision;

/// What multiplies matrices in a reduced precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Means {
    /// Units for matrices (AMX).
    Matrix,
    /// Vector instructions (AVX-512 BF16, AVX-512 FP16).
    Vector,
    /// Conversions to fp32 and back.
    Conversion,
}

/// The processor's name.
pub fn name() -> String {
    let known = CpuInfo::current().ok().and_then(|info| info.model_name(0).map(str::to_owned));
    known.unwrap_or_else(|| "CPU".to_owned())
}

/// The warning of a run on this processor; none where its precision is no loss.
pub fn warning(precision: Precision) -> Option<String> {
    let info = CpuInfo::current().ok();
    warning_of(precision, &info.as_ref().and_then(|info| info.flags(0)).unwrap_or_default())
}

fn warning_of(precision: Precision, flags: &[&str]) -> Option<String> {
    match (precision, means(precision, flags)) {
        (Precision::Fp32, _) | (_, Means::Matrix) => None,
        (_, Means::Vector) => Some(format!(
            "this processor has vector instructions for {precision}, but no matrix units: a narrow network is slower than in \
             fp32, a wide one faster (bf16 steps took 1.54 times as long at width 96, 1.06 at 192, 0.84 at 384); \
             `vitals-worker bench` tells for this one"
        )),
        (_, Means::Conversion) => Some(format!(
            "this processor has no instructions for {precision}: it computes the same as elsewhere, but slower than fp32"
        )),
    }
}

fn means(precision: Precision, flags: &[&str]) -> Means {
    let has = |wanted| flags.contains(&wanted);
    let (matrix, vector) = match precision {
        Precision::Fp16 => ("amx_fp16", "avx512_fp16"),
        Precision::Bf16 | Precision::Fp32 => ("amx_bf16", "avx512_bf16"),
    };
    match (has(matrix), has(vector)) {
        (true, _) => Means::Matrix,
        (_, true) => Means::Vector,
        _ => Means::Conversion,
    }
}

/// How many threads the engine has, as a log says it.
pub fn threads() -> String {
    let count = vitals_engine::num_threads();
    if count == 1 { "1 thread".to_owned() } else { format!("{count} threads") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_follows_what_the_processor_has() {
        for (flags, bf16, fp16) in [
            ("avx2", Means::Conversion, Means::Conversion),
            ("avx512f avx512_bf16", Means::Vector, Means::Conversion),
            ("avx512_bf16 avx512_fp16 amx_tile amx_bf16", Means::Matrix, Means::Vector),
            ("amx_bf16 amx_tile amx_fp16", Means::Matrix, Means::Matrix),
        ] {
            let processor: Vec<&str> = flags.split(' ').collect();
            let found = [Precision::Bf16, Precision::Fp16].map(|precision| means(precision, &processor));
            assert_eq!(found, [bf16, fp16], "{flags}");
            assert_eq!(warning_of(Precision::Fp32, &processor), None);
            let words = warning_of(Precision::Bf16, &processor).unwrap_or_default();
            assert_eq!(words.contains("no matrix units"), bf16 == Means::Vector, "{words}");
            assert_eq!(words.is_empty(), bf16 == Means::Matrix, "{words}");
        }
    }
}
