//! Where a query is wrong, in a sentence, and what to write instead.

use crate::hint::Hint;
use crate::sentence::{Names, Told};

/// Where a query is wrong.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{said} (at character {column})")]
pub struct QueryError {
    pub said: Misreading,
    /// 1-based, in characters.
    pub column: usize,
    pub hint: Option<Told>,
}

impl QueryError {
    pub(super) fn at(column: usize, said: Misreading) -> QueryError {
        QueryError { said, column, hint: None }
    }

    pub(super) fn advise(self, advice: Advice) -> QueryError {
        QueryError { hint: Some(advice.into()), ..self }
    }

    pub(super) fn did_you_mean(self, name: &str) -> QueryError {
        QueryError { hint: Some(Hint::did_you_mean(name).into()), ..self }
    }
}

crate::sentences! {
    /// What is wrong about a query.
    pub enum Misreading in "query" {
        NeverClosed { quote: String } = "the {quote} is never closed";
        NoMeaning { character: String } = "`{character}` has no meaning here";
        TooDeep = "the query is nested too deeply";
        ExpectedJoint { found: Told } = "expected `and` or `or`, not {found}";
        /// A bracket, a comma or a word of the language.
        ExpectedSign { sign: String, found: Told } = "expected `{sign}`, not {found}";
        ExpectedAfter { sign: String, word: String, found: Told } =
            "expected `{sign}` after `{word}`, not {found}";
        ExpectedCommaOrBracket { found: Told } = "expected `,` or `)`, not {found}";
        ExpectedName { found: Told } = "expected a name, not {found}";
        ExpectedValue { found: Told } = "expected a value, not {found}";
        NeedsBackquotes { name: String } = "`{name}` needs backquotes";
        NoValue { name: String } = "`{name}` asks for no value";
        UnknownName { name: String } = "there is no `{name}`";
        UnknownWord { name: String, found: String, choices: Names } =
            "`{name}` is never `{found}`; it is one of {choices}";
        NoNumber { name: String, found: String } = "`{name}` is a number, and `{found}` is none";
        BeyondOne { name: String, found: String } = "`{name}` lies between 0 and 1, so {found} finds nothing";
    }
}

crate::sentences! {
    /// What to write instead.
    pub enum Advice in "query_hint" {
        Quote = "texts with other characters stand in quotes";
        Backquote = "names with / stand in backquotes";
        EndWithSuffix = "end a metric with .last, .best, .min, .max or .mean10, an event with .count";
        AskForLast { name: String } = "write `{name}.last`, or .best, .min, .max or .mean10";
        Share { percent: String, fraction: String } = "write {percent}% or {fraction}";
        NeedsSuffix = "a metric needs .last, .best, .min, .max or .mean10 after its name, an event .count";
    }
}

crate::sentences! {
    /// What stands in a query where something else should.
    pub enum Token in "token" {
        Word { text: String } = "`{text}`";
        Quoted { text: String } = "{text}";
        End = "the end";
    }
}
