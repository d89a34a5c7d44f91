//! Where rows belong: whose they are, and which of their steps are meant.

use vitals_journal::StepRange;

/// The run, the attempt and the shape of rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner {
    pub run: i64,
    pub attempt: u32,
    pub shape_num: i64,
}

/// A range as the database compares it.
pub(crate) fn bounds(range: StepRange) -> (i64, i64) {
    let bound = |step: u64| i64::try_from(step).unwrap_or(i64::MAX);
    (bound(range.from), range.to.map_or(i64::MAX, bound))
}
