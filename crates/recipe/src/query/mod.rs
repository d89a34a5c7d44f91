//! The filter language of `--where` and of the runs table: `state = running and optimizer in (adamw, lamb) and
//! knn_top1.last > 0.5`. It parses and decides; what the names mean for a run is told by a [`Row`].

mod evaluate;
mod lex;
mod parse;

pub use evaluate::{Row, Scalar};
pub use parse::parse;

/// A condition on runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// No condition: the empty text.
    All,
    /// Every one of them holds.
    And(Vec<Expr>),
    /// At least one of them holds.
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Compare {
        name: String,
        comparison: Comparison,
        literal: Literal,
    },
    /// One of several values.
    In {
        name: String,
        literals: Vec<Literal>,
    },
    /// A name alone: true where its value is true.
    IsTrue {
        name: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// The text contains the other, whatever the case of letters.
    Contains,
}

/// A value as written in the query.
#[derive(Debug, Clone, PartialEq)]
pub struct Literal {
    pub text: String,
    /// Written in quotes: a text even where it looks like a number.
    pub is_quoted: bool,
}

impl Literal {
    /// The number that it spells, where it does.
    pub fn number(&self) -> Option<f64> {
        if self.is_quoted { None } else { self.text.parse().ok() }
    }
}

/// Where a query is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at character {column})")]
pub struct QueryError {
    pub message: String,
    /// 1-based, in characters.
    pub column: usize,
    pub hint: Option<String>,
}
