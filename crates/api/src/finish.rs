//! When what runs and waits will be done: runs are dealt to slots in the order of the queue, each as long as runs of its size
//! have taken. Pure. What was never measured has no time, nor has what starts after it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use vitals_store::SweepId;

/// A run that works or waits.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Work {
    pub sweep: Option<SweepId>,
    /// That it still takes; `None` where that is not known.
    pub seconds: Option<f64>,
}

/// Seconds until it is done; `None` where that is not known.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Finish {
    pub all: Option<f64>,
    pub sweeps: BTreeMap<SweepId, Option<f64>>,
}

/// Of the runs that hold slots now, and of those that wait, the next to start first. Without a slot nothing of what waits ends.
pub(crate) fn finish(slots: usize, active: &[Work], waiting: &[Work]) -> Finish {
    let mut ends: Vec<(Option<SweepId>, Option<f64>)> = Vec::new();
    let mut free: BinaryHeap<Reverse<Millis>> = BinaryHeap::new();
    let mut known = slots > 0;
    for work in active {
        known &= work.seconds.is_some();
        free.extend(work.seconds.map(|seconds| Reverse(millis(seconds))));
        ends.push((work.sweep, work.seconds));
    }
    free.extend(std::iter::repeat_n(Reverse(0), slots.saturating_sub(active.len())));
    for work in waiting {
        let start = if known { free.pop() } else { None };
        let end = start.and_then(|Reverse(start)| Some(start + millis(work.seconds?)));
        known = end.is_some();
        free.extend(end.map(Reverse));
        ends.push((work.sweep, end.map(|end| end as f64 / 1000.0)));
    }
    let mut finish = Finish { all: latest(ends.iter().map(|(_, end)| *end)), sweeps: BTreeMap::new() };
    for (sweep, end) in ends.into_iter().filter_map(|(sweep, end)| Some((sweep?, end))) {
        let last = finish.sweeps.entry(sweep).or_insert(Some(0.0));
        *last = latest([*last, end].into_iter());
    }
    finish
}

/// Whole, so that times can be ordered.
type Millis = u64;

fn millis(seconds: f64) -> Millis {
    // A cast saturates, and takes what is no number for 0.
    (seconds * 1000.0) as Millis
}

/// The last of all; `None` where one is not known, or there is none.
fn latest(mut ends: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let first = ends.next()??;
    ends.try_fold(first, |last, end| Some(last.max(end?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sweep(n: u8) -> SweepId {
        format!("00000000-0000-7000-8000-0000000000{n:02}").parse().expect("an id")
    }

    /// `1:60` is a run of sweep 1 that takes a minute, `2:?` one that was never measured.
    fn work(words: &str) -> Vec<Work> {
        let one = |word: &str| {
            let (of, seconds) = word.split_once(':').expect("sweep:seconds");
            Work { sweep: of.parse().ok().map(sweep), seconds: seconds.parse().ok() }
        };
        words.split_whitespace().map(one).collect()
    }

    fn check(slots: usize, active: &str, waiting: &str, all: Option<f64>, sweeps: &[(u8, Option<f64>)]) {
        let found = finish(slots, &work(active), &work(waiting));
        let sweeps = sweeps.iter().map(|&(n, end)| (sweep(n), end)).collect();
        assert_eq!(found, Finish { all, sweeps }, "{slots} slots, {active} | {waiting}");
    }

    #[test]
    fn runs_are_dealt_to_the_slots_in_order() {
        check(2, "", "", None, &[]);
        check(2, "1:30 1:50", "", Some(50.0), &[(1, Some(50.0))]);
        // 30 + 60 beside 50, then 50 + 60.
        check(2, "1:30 1:50", "1:60 2:60", Some(110.0), &[(1, Some(90.0)), (2, Some(110.0))]);
        check(3, "1:30", "2:10 2:10 2:10", Some(30.0), &[(1, Some(30.0)), (2, Some(20.0))]);
        // More work than slots, as after a change of the setting.
        check(1, "1:30 1:50", "1:10", Some(50.0), &[(1, Some(50.0))]);
        check(1, "-:30", "-:10", Some(40.0), &[]);
    }

    #[test]
    fn what_was_never_measured_has_no_end_nor_has_what_starts_after_it() {
        check(2, "1:30", "2:? 3:10", None, &[(1, Some(30.0)), (2, None), (3, None)]);
        check(2, "1:? 1:5", "2:10", None, &[(1, None), (2, None)]);
        check(0, "1:30", "2:10", None, &[(1, Some(30.0)), (2, None)]);
    }
}
