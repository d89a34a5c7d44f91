//! What this room tells people when something cannot be done: a kind with fields for every failure and for every hint. The
//! rooms below tell their own failures; [`crate::error`] gives each its code.

mod boundary;
mod check;
mod decision;
mod failure;
mod hint;
mod importance;
mod place;
mod report;
mod setting;
mod table;

pub(crate) use boundary::Unbounded;
pub use check::Finding;
pub(crate) use check::{Remedy, Unscored};
pub(crate) use decision::Why;
pub(crate) use failure::names;
pub use failure::{Failure, Operation};
pub use hint::Advice;
pub(crate) use importance::Unranked;
pub(crate) use place::Remark;
pub(crate) use report::Report;
pub use setting::Setting;
pub use table::{Misfit, Noticed, TableAdvice};

/// Every kind of this room, for the catalogues.
pub(crate) const SENTENCES: &[&[vitals_recipe::Sentence]] = &[
    Failure::SENTENCES,
    Operation::SENTENCES,
    Advice::SENTENCES,
    Setting::SENTENCES,
    Finding::SENTENCES,
    Why::SENTENCES,
    Unbounded::SENTENCES,
    Unranked::SENTENCES,
    Remedy::SENTENCES,
    Unscored::SENTENCES,
    Misfit::SENTENCES,
    TableAdvice::SENTENCES,
    Noticed::SENTENCES,
    Remark::SENTENCES,
    Report::SENTENCES,
];
