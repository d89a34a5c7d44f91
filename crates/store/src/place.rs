//! Where rows belong: whose they are, and which of their steps are meant.

use vitals_journal::StepRange;

/// The run, the attempt and the shape of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Owner {
    pub run: i64,
    pub attempt: u32,
    pub shape_num: i64,
}

/// Rows of one attempt, and the columns of them that are wanted (ascending).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub run: i64,
    pub shape_num: i64,
    pub columns: &'a [usize],
    pub range: StepRange,
}

/// A range as the database compares it.
pub(crate) fn bounds(range: StepRange) -> (i64, i64) {
    let bound = |step: u64| i64::try_from(step).unwrap_or(i64::MAX);
    (bound(range.from), range.to.map_or(i64::MAX, bound))
}
