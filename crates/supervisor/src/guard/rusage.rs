//! The one call that rustix lacks: the largest resident memory of this process's ended children. The only unsafe code
//! of the crate.

/// Peak resident memory in bytes of the largest child that was waited for; `None` where the kernel does not say.
#[expect(unsafe_code, reason = "getrusage is a plain C call that fills a struct of integers")]
pub fn children_peak_rss_bytes() -> Option<u64> {
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
