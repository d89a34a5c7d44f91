//! The counterfeit CUDA for tests (`src/counterfeit.h` says what it is, what it proves and what it does not). Either a program
//! finds it where it looks for libtorch's CUDA, or a test opens it in its own process. No shipped program knows of it.
#![expect(unsafe_code, reason = "opens a shared library and calls one function of it")]
#![expect(clippy::panic, reason = "tests fail by panicking, and only tests come here")]

use std::ffi::{CStr, CString, c_char, c_void};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// The folder of `libc10_cuda.so`, `libtorch_cuda.so` and the driver's `libcuda.so.1`, for a program's `LD_LIBRARY_PATH`.
pub fn libraries() -> &'static Path {
    Path::new(env!("VITALS_COUNTERFEIT_LIBRARIES"))
}

/// Opens all three in this process, which must have libtorch and must not have asked it for CUDA yet.
///
/// # Panics
/// They cannot be opened; the loader's words say why.
pub fn open() {
    for name in ["libcuda.so.1", "libc10_cuda.so", "libtorch_cuda.so"] {
        let path = libraries().join(name);
        let path = CString::new(path.as_os_str().as_bytes()).unwrap_or_default();
        // SAFETY: the path is NUL-terminated, and the libraries' initialisers are the purpose of the call.
        let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) };
        if handle.is_null() {
            // SAFETY: the call before failed, so that there are words; they hold until the next call of this thread.
            let words = unsafe { CStr::from_ptr(libc::dlerror()) }.to_string_lossy().into_owned();
            panic!("{words}");
        }
    }
}

/// What was counted in this process since it was opened, as JSON.
///
/// # Panics
/// It is not open.
pub fn counts() -> String {
    // SAFETY: the name is NUL-terminated.
    let function = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"vitals_counterfeit_counts".as_ptr()) };
    assert!(!function.is_null(), "the counterfeit is not open");
    // SAFETY: this is its signature (`counts.cpp`), and what it gives is NUL-terminated and ours to free.
    unsafe {
        let function = std::mem::transmute::<*mut c_void, extern "C" fn() -> *mut c_char>(function);
        let words = function();
        let text = CStr::from_ptr(words).to_string_lossy().into_owned();
        libc::free(words.cast());
        text
    }
}
