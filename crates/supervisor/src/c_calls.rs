//! The calls of the C library that rustix lacks. The only unsafe code of the crate.

/// One heap for all threads, where it is called before there are any. Left to itself glibc gives each of a supervisor's twenty
/// threads its own: 14.1 MB held for 7.4 MB in use, and 2 MB more with every hour.
#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "mallopt is a plain C call of two integers")]
pub fn keep_one_heap() {
    // SAFETY: any integers may be passed; what it does not take changes nothing.
    unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
}

/// Gives memory that is free back to the system, also what lies between two things that live on.
#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "malloc_trim is a plain C call of an integer")]
pub(crate) fn give_back_memory() {
    // SAFETY: it touches free memory only, behind the allocator's own lock.
    unsafe { libc::malloc_trim(0) };
}

/// Other C libraries see to it themselves.
#[cfg(not(target_env = "gnu"))]
pub fn keep_one_heap() {}

/// Other C libraries see to it themselves.
#[cfg(not(target_env = "gnu"))]
pub(crate) fn give_back_memory() {}

/// Whether NVIDIA's driver can be loaded; it is let go again at once.
#[expect(unsafe_code, reason = "the driver's initialisers run, as in every program that looks for a GPU")]
pub(crate) fn has_driver() -> bool {
    // SAFETY: nothing of it is kept or called.
    unsafe {
        let library = libc::dlopen(c"libcuda.so.1".as_ptr(), libc::RTLD_LAZY | libc::RTLD_LOCAL);
        !library.is_null() && libc::dlclose(library) == 0
    }
}

/// Peak resident memory in bytes of the largest child that was waited for; `None` where the kernel does not say.
#[expect(unsafe_code, reason = "getrusage is a plain C call that fills a struct of integers")]
pub(crate) fn children_peak_rss_bytes() -> Option<u64> {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is valid for a `rusage`, and zeroes are a valid value of it even if the call fails.
    let usage = unsafe {
        if libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr()) != 0 {
            return None;
        }
        usage.assume_init()
    };
    // Linux counts kibibytes.
    u64::try_from(usage.ru_maxrss).ok().map(|kib| kib * 1024)
}
