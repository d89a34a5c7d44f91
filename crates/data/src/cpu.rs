//! The same code compiled for several widths of vectors: for any machine, and for x86-64 with AVX2 or AVX-512, chosen at
//! run time. The results are the same: no fused multiply-add is enabled, and all rounding is in the source.

/// The widest vectors that this CPU has and that code is compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Vectors {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// Looks at the CPU.
#[inline(always)]
pub(crate) fn vectors() -> Vectors {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::is_x86_feature_detected as has;
        if has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl") && has!("bmi2") {
            return Vectors::Avx512;
        }
        if has!("avx2") && has!("bmi2") {
            return Vectors::Avx2;
        }
    }
    Vectors::Portable
}

/// Defines a function that calls `$of`, which is `#[inline(always)]`, compiled for the widest vectors.
macro_rules! for_widest_vectors {
    ($(#[$meta:meta])* $visibility:vis fn $name:ident($($arg:ident: $kind:ty),* $(,)?) -> $result:ty = $of:path) => {
        $(#[$meta])*
        #[cfg_attr(
            target_arch = "x86_64",
            expect(unsafe_code, reason = "code for wider vectors is called only where the CPU has them")
        )]
        $visibility fn $name($($arg: $kind),*) -> $result {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,bmi2")]
                fn avx512($($arg: $kind),*) -> $result {
                    $of($($arg),*)
                }
                #[target_feature(enable = "avx2,bmi2")]
                fn avx2($($arg: $kind),*) -> $result {
                    $of($($arg),*)
                }
                match $crate::cpu::vectors() {
                    // SAFETY: the CPU has just been asked for the features.
                    $crate::cpu::Vectors::Avx512 => return unsafe { avx512($($arg),*) },
                    // SAFETY: likewise.
                    $crate::cpu::Vectors::Avx2 => return unsafe { avx2($($arg),*) },
                    $crate::cpu::Vectors::Portable => {}
                }
            }
            $of($($arg),*)
        }
    };
}
pub(crate) use for_widest_vectors;
