//! What is wrong with a table, at its place.

use crate::said::{Misfit, TableAdvice};

/// A place in the text, counted from 1; columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub line: u32,
    pub column: u32,
}

impl Place {
    pub const FIRST: Self = Self { line: 1, column: 1 };
}

/// What is wrong at a place, and what to do.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wrong {
    pub line: u32,
    pub column: u32,
    pub said: Misfit,
    pub hint: TableAdvice,
}

impl Wrong {
    pub(super) fn at(place: Place, said: Misfit, hint: TableAdvice) -> Self {
        Self { line: place.line, column: place.column, said, hint }
    }

    /// Of the file as a whole.
    pub(super) fn whole(said: Misfit, hint: TableAdvice) -> Self {
        Self::at(Place::FIRST, said, hint)
    }
}

/// Why a file gave no table.
#[derive(Debug)]
pub(crate) enum Unread {
    Wrong(Wrong),
    /// The operating system refused it.
    Io(std::io::Error),
}

impl From<Wrong> for Unread {
    fn from(wrong: Wrong) -> Self {
        Self::Wrong(wrong)
    }
}

impl From<std::io::Error> for Unread {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}
