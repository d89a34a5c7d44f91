//! The filter language of `--where` and of the runs table: `state = running and optimizer in (adamw, lamb) and
//! knn_top1.last > 0.5`. It parses and decides; what the names mean for a run is told by a [`Row`].

mod error;
mod evaluate;
mod field;
mod lex;
mod parse;

use crate::number::plain_number;

pub use error::{Advice, Misreading, QueryError, Token as Written};
pub use evaluate::{Row, Scalar};
pub use field::{CONFIG_PREFIX, Field, Name};
pub use parse::{parse, sort_key};

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
        name: Name,
        comparison: Comparison,
        literal: Literal,
    },
    /// One of several values.
    In {
        name: Name,
        literals: Vec<Literal>,
    },
    /// A name alone: true where its value is true.
    IsTrue {
        name: Name,
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
        if self.is_quoted { None } else { plain_number(&self.text).parse().ok() }
    }
}
