//! From tokens to a condition: `or` binds weakest, then `and`, then `not`. Names are checked, so that a misspelt one
//! is an error at its place and not an empty list.

use super::error::{Advice, Misreading, QueryError};
use super::field::{Field, Name};
use super::lex::{Place, Token, lex};
use super::{Comparison, Expr, Literal};
use crate::metrics::metric;
use crate::parameters::nearest;
use crate::sentence::Told;
use crate::table::PARAMETERS;
use crate::table::parameter;

/// Deepest nesting of brackets and `not`.
const MAX_DEPTH: usize = 64;

/// Reads a query; the empty text is true of every run.
pub fn parse(text: &str) -> Result<Expr, QueryError> {
    let mut parser = Parser { tokens: lex(text)?, at: 0, depth: 0 };
    if parser.peek().token == Token::End {
        return Ok(Expr::All);
    }
    let expr = parser.either()?;
    match &parser.peek().token {
        Token::End => Ok(expr),
        other => Err(parser.error(Misreading::ExpectedJoint { found: other.describe() })),
    }
}

/// The part where there is one, else all of them joined.
fn only_or(mut parts: Vec<Expr>, join: fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            join(parts)
        }
    }
}

/// The name by which runs are to be sorted: any that a condition may ask for, without backquotes.
pub fn sort_key(name: &str) -> Result<Name, QueryError> {
    resolve(name, 1)
}

fn resolve(name: &str, column: usize) -> Result<Name, QueryError> {
    let fail = |said: Misreading| QueryError::at(column, said);
    if name.contains('.') {
        let unknown = || fail(Misreading::NoValue { name: name.to_owned() }).advise(Advice::EndWithSuffix);
        return Name::with_suffix(name).ok_or_else(unknown);
    }
    if let Some(field) = Field::named(name) {
        return Ok(Name::Field(field));
    }
    if let Some(parameter) = parameter(name) {
        return Ok(Name::Parameter(parameter.name));
    }
    let error = fail(Misreading::UnknownName { name: name.to_owned() });
    if metric(name, None).is_some() {
        return Err(error.advise(Advice::AskForLast { name: name.to_owned() }));
    }
    let fields = Field::ALL.iter().map(|field| field.as_str());
    Err(match nearest(name, PARAMETERS.iter().map(|parameter| parameter.name).chain(fields)) {
        Some(near) => error.did_you_mean(near),
        None => error.advise(Advice::NeedsSuffix),
    })
}

fn expected_after(sign: &str, word: &str, found: Told) -> Misreading {
    Misreading::ExpectedAfter { sign: sign.to_owned(), word: word.to_owned(), found }
}

struct Parser {
    tokens: Vec<Place>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &Place {
        // The last token is always `End`, which nothing steps over.
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn next(&mut self) -> Place {
        let place = self.peek().clone();
        self.at += 1;
        place
    }

    fn error(&self, said: Misreading) -> QueryError {
        QueryError::at(self.peek().column, said)
    }

    fn expected(&self, said: impl FnOnce(Told) -> Misreading) -> QueryError {
        self.error(said(self.peek().token.describe()))
    }

    fn take_word(&mut self, keyword: &str) -> bool {
        let is_next = matches!(&self.peek().token, Token::Word(word) if word.eq_ignore_ascii_case(keyword));
        self.at += usize::from(is_next);
        is_next
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let is_next = matches!(self.peek().token, Token::Sign(next) if next == sign);
        self.at += usize::from(is_next);
        is_next
    }

    fn either(&mut self) -> Result<Expr, QueryError> {
        let first = self.both()?;
        let mut parts = vec![first];
        while self.take_word("or") {
            parts.push(self.both()?);
        }
        Ok(only_or(parts, Expr::Or))
    }

    fn both(&mut self) -> Result<Expr, QueryError> {
        let first = self.single()?;
        let mut parts = vec![first];
        while self.take_word("and") {
            parts.push(self.single()?);
        }
        Ok(only_or(parts, Expr::And))
    }

    fn single(&mut self) -> Result<Expr, QueryError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(Misreading::TooDeep));
        }
        let expr = if self.take_word("not") {
            Expr::Not(Box::new(self.single()?))
        } else if self.take_sign("(") {
            let inner = self.either()?;
            if !self.take_sign(")") {
                return Err(self.expected(|found| Misreading::ExpectedSign { sign: ")".to_owned(), found }));
            }
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn comparison(&mut self) -> Result<Expr, QueryError> {
        let name = self.name()?;
        if self.take_word("in") {
            return Ok(Expr::In { name, literals: self.literals()? });
        }
        if matches!(&self.peek().token, Token::Word(word) if word.eq_ignore_ascii_case("not")) {
            self.at += 1;
            if !self.take_word("in") {
                return Err(self.expected(|found| expected_after("in", "not", found)));
            }
            return Ok(Expr::Not(Box::new(Expr::In { name, literals: self.literals()? })));
        }
        let comparison = match self.peek().token {
            Token::Sign("=") => Comparison::Equal,
            Token::Sign("!=") => Comparison::NotEqual,
            Token::Sign("<") => Comparison::Less,
            Token::Sign("<=") => Comparison::LessOrEqual,
            Token::Sign(">") => Comparison::Greater,
            Token::Sign(">=") => Comparison::GreaterOrEqual,
            Token::Sign("~") => Comparison::Contains,
            _ => return Ok(Expr::IsTrue { name }),
        };
        self.at += 1;
        Ok(Expr::Compare { name, comparison, literal: self.literal()? })
    }

    fn name(&mut self) -> Result<Name, QueryError> {
        let place = self.next();
        let column = place.column;
        match place.token {
            Token::Word(name) if name.contains('/') && Name::with_suffix(&name).is_some() => {
                Err(QueryError::at(column, Misreading::NeedsBackquotes { name }).advise(Advice::Backquote))
            }
            Token::Word(name) | Token::Name(name) => resolve(&name, column),
            other => Err(QueryError::at(column, Misreading::ExpectedName { found: other.describe() })),
        }
    }

    fn literals(&mut self) -> Result<Vec<Literal>, QueryError> {
        if !self.take_sign("(") {
            return Err(self.expected(|found| expected_after("(", "in", found)));
        }
        let mut literals = vec![self.literal()?];
        while self.take_sign(",") {
            literals.push(self.literal()?);
        }
        if !self.take_sign(")") {
            return Err(self.expected(|found| Misreading::ExpectedCommaOrBracket { found }));
        }
        Ok(literals)
    }

    fn literal(&mut self) -> Result<Literal, QueryError> {
        let place = self.next();
        match place.token {
            Token::Word(text) => Ok(Literal { text, is_quoted: false }),
            Token::Quoted(text) => Ok(Literal { text, is_quoted: true }),
            other => {
                let said = Misreading::ExpectedValue { found: other.describe() };
                Err(QueryError::at(place.column, said))
            }
        }
    }
}
