//! Sweeps: read from TOML, checked with line and column, expanded to points, edited with comments kept.

mod axis;
mod change;
mod condition;
mod definition;
mod diagnostic;
pub mod edit;
mod edit_error;
mod exclude;
mod expand;
mod findings;
mod form;
mod goals;
mod list;
mod mistake;
mod numbers;
mod place;
mod read;
mod remarks;
mod single;
mod spaced;
mod syntax;

pub use change::{Edit, Spacing};
pub use condition::Condition;
pub use definition::{Axis, AxisForm, Decide, Exclusion, Goal, Objective, Placed, Sample, Sweep};
pub use diagnostic::{Diagnostic, render};
pub use edit_error::EditError;
pub use expand::Expansion;
pub use form::{FormAxis, SweepForm};
pub use mistake::Mistake;
pub use single::single;
pub use syntax::Syntax;

use crate::dataset::Datasets;

/// Reads a sweep file. Errors: every finding, in the order of the text, where any of them is an error.
pub fn parse(text: &str, file_name: &str) -> Result<Sweep, Vec<Diagnostic>> {
    match read::read(text, file_name) {
        (Some(sweep), findings) if !findings.iter().any(Diagnostic::is_error) => Ok(sweep),
        (_, mut findings) => {
            findings.sort_by_key(|finding| finding.span.start);
            Err(findings)
        }
    }
}

/// Everything that can be said about a text: what it expands to as far as it is sound, and all findings of reading and of
/// expansion together.
pub fn check(text: &str, file_name: &str, datasets: &dyn Datasets) -> Expansion {
    let (sweep, findings) = read::read(text, file_name);
    let mut expansion = sweep.map(|sweep| sweep.expand(datasets)).unwrap_or_default();
    expansion.errors.extend(findings.into_iter().filter(Diagnostic::is_error));
    expansion.errors.sort_by_key(|finding| finding.span.start);
    expansion
}
