//! The process environment: what libtorch runs well in, for whoever starts a worker, and what it says of colour. Names and
//! values alone: nobody's environment is read or changed here.

use std::ffi::OsString;

/// glibc's allocator, told to keep large blocks instead of returning them after every step: a quarter of a CPU step
/// went to page faults without it (0.94 s against 0.74 s).
pub const ALLOCATOR: [(&str, &str); 4] = [
    ("MALLOC_MMAP_THRESHOLD_", "33554432"),
    ("MALLOC_TRIM_THRESHOLD_", "17179869184"),
    ("MALLOC_TOP_PAD_", "268435456"),
    ("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"),
];

/// Says that the environment is as it should be, whoever set it: a worker that finds it need not start itself again.
pub const PREPARED: (&str, &str) = ("VITALS_WORKER_ENVIRONMENT", "1");

/// How many threads the libraries of a worker take; 0 leaves it to them.
pub fn threads(count: u32) -> impl Iterator<Item = (&'static str, String)> {
    const NAMES: [&str; 3] = ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"];
    NAMES.into_iter().filter(move |_| count > 0).map(move |name| (name, count.to_string()))
}

/// Whether colour codes may be printed: on a terminal that knows them, unless the environment says otherwise (`NO_COLOR`,
/// `CLICOLOR_FORCE`, `CLICOLOR`, as bixense.com/clicolors has them). `variable` looks one up.
pub fn wants_colour(is_terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let is_on = |name: &str| set(name).map(|value| value != "0");
    if set("NO_COLOR").is_some() {
        return false;
    }
    if is_on("CLICOLOR_FORCE") == Some(true) {
        return true;
    }
    is_terminal && is_on("CLICOLOR") != Some(false) && set("TERM").is_some_and(|term| term != "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_for_terminals_that_know_it_and_for_whoever_insists() {
        let wants = |is_terminal: bool, set: &[(&str, &str)]| {
            wants_colour(is_terminal, |name| {
                set.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
            })
        };
        let xterm = ("TERM", "xterm-256color");
        assert!(wants(true, &[xterm]));
        assert!(!wants(false, &[xterm]));
        for off in [("NO_COLOR", "1"), ("CLICOLOR", "0"), ("TERM", "dumb"), ("TERM", "")] {
            assert!(!wants(true, &[off, xterm]), "{off:?}");
        }
        assert!(wants(true, &[("NO_COLOR", ""), xterm]), "empty counts as not set");
        assert!(wants(false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!wants(false, &[("CLICOLOR_FORCE", "0"), xterm]));
        assert!(!wants(false, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    }
}
