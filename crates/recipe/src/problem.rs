//! Problems of a recipe: what forbids a run, or is worth a second look.

/// Whether a finding forbids the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
}

/// Something wrong with a resolved recipe, or worth a second look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub severity: Severity,
    /// The parameters involved, the most likely culprit first.
    pub parameters: Vec<&'static str>,
    pub message: String,
    pub hint: Option<String>,
}

impl Problem {
    pub(crate) fn error(parameters: &[&'static str], message: String, hint: Option<String>) -> Problem {
        Problem { severity: Severity::Error, parameters: parameters.to_vec(), message, hint }
    }

    pub(crate) fn warning(parameters: &[&'static str], message: String, hint: Option<String>) -> Problem {
        Problem { severity: Severity::Warning, parameters: parameters.to_vec(), message, hint }
    }
}
