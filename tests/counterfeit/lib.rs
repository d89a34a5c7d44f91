//! Where the counterfeit CUDA lies (`src/counterfeit.h` says what it is and what it proves). No shipped program knows of it.

use std::path::Path;

/// The folder of `libc10_cuda.so` and `libtorch_cuda.so`, for a program's `LD_LIBRARY_PATH`.
pub fn libraries() -> &'static Path {
    Path::new(env!("VITALS_COUNTERFEIT_LIBRARIES"))
}
