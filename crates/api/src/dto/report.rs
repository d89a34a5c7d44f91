//! What is asked for a report, and what stands in it before it is written.
//! Plain data only: no logic, no handles.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::decide::DecideBy;

/// What a report is written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    En,
    Ko,
}

/// Asks for a report.
#[derive(Debug, Clone, Default, Deserialize, TS)]
pub struct ReportBy {
    /// The question. Without parameters for the arms those are taken that the sweeps vary.
    #[serde(default)]
    #[ts(optional, as = "Option<DecideBy>")]
    pub of: DecideBy,
    /// Only runs of this sweep.
    #[ts(optional)]
    pub sweep: Option<String>,
    #[serde(default)]
    #[ts(optional, as = "Option<Language>")]
    pub language: Language,
    /// Absent: as the verdicts propose it.
    #[ts(optional)]
    pub title: Option<String>,
    /// The paragraph below the title, with `{fields}` for its numbers and `**` around what is bold. Absent: as the verdicts propose
    /// it.
    #[ts(optional)]
    pub paragraph: Option<String>,
}

/// A report, and the file that it is written to, whose ending says the form: `.html` or `.md`.
#[derive(Debug, Clone, Deserialize, TS)]
pub struct ReportSave {
    pub path: String,
    pub of: ReportBy,
}

/// What the verdicts propose.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ReportDraft {
    pub title: String,
    pub paragraph: String,
    /// What stands for each field of title and paragraph.
    pub fields: BTreeMap<String, String>,
    /// Runs that it would be of.
    pub runs: u64,
}

/// A report that was written.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ReportWritten {
    pub path: String,
    pub bytes: u64,
    /// The outermost folder that was made for it; absent where all were there.
    pub made: Option<String>,
    /// In the report's language: what makes it larger than mails take.
    pub large: Option<String>,
}
