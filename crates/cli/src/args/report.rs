//! The words of `vitals report`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use vitals_api::dto::ArmCorrection;

/// What a report can be written in.
pub const LANGUAGES: [&str; 2] = ["en", "ko"];

#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The sweep, by id or the end of one.
    #[arg(value_name = "SWEEP", required_unless_present = "condition")]
    pub sweep: Option<String>,
    /// Only runs that meet this condition, as in `runs --where`.
    #[arg(long = "where", value_name = "CONDITION")]
    pub condition: Option<String>,
    /// The file, whose ending says the form: .html, complete in itself, or .md. Missing folders are made and named, but none at the
    /// root of the file system. A link is followed; what is no file (a device, a pipe) is refused.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Parameters whose values are arms, as in `compare --by`. Else what the sweep varies.
    #[arg(long, value_delimiter = ',', value_name = "PARAMETER")]
    pub by: Vec<String>,
    /// The metric, and which value of it, as in `compare`. Else what the sweep declares.
    #[arg(long, value_name = "NAME")]
    pub metric: Option<String>,
    /// The smallest difference that would matter, as in `compare`. Else what the sweep declares.
    #[arg(long, allow_negative_numbers = true, value_name = "NUMBER")]
    pub smallest_effect: Option<f64>,
    /// The value that others are measured against, as in `compare`.
    #[arg(long, value_name = "VALUE")]
    pub baseline: Option<String>,
    /// What is done for several arms, as in `compare`.
    #[arg(long, value_parser = super::correction())]
    pub correction: Option<ArmCorrection>,
    /// Else a question that the arms ask.
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// The paragraph below it, with fields as {difference1} for numbers, which follow the data. Else what the verdicts say.
    #[arg(long, value_name = "TEXT")]
    pub paragraph: Option<String>,
    /// What it is written in.
    #[arg(long, default_value = "en", value_parser = PossibleValuesParser::new(LANGUAGES))]
    pub language: String,
}
