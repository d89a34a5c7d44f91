//! From tokens to a condition: `or` binds weakest, then `and`, then `not`. Names are checked, so that a misspelt one
//! is an error at its place and not an empty list.

use super::lex::{Place, Token, lex};
use super::{Comparison, Expr, Literal, QueryError};
use crate::metrics::{Metric, metric};
use crate::parameters::nearest;
use crate::table::PARAMETERS;
use crate::table::parameter;

/// What a bare name may be besides a parameter.
const FIELDS: &[&str] = &[
    "id",
    "label",
    "sweep",
    "sweep_name",
    "point",
    "state",
    "evidence",
    "attempt",
    "tag",
    "note",
    "step",
    "total_steps",
    "eta_seconds",
    Metric::ImagesPerSecond.name(),
    "effective_learning_rate",
    "created_at",
    "started_at",
    "ended_at",
];

/// What may follow the dot of a metric or event.
const SUFFIXES: [&str; 4] = ["last", "min", "max", "count"];

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
        other => Err(parser.error(format!("expected `and` or `or`, not {}", other.describe()))),
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

    fn error(&self, message: String) -> QueryError {
        QueryError { message, column: self.peek().column, hint: None }
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
            return Err(self.error("the query is nested too deeply".to_owned()));
        }
        let expr = if self.take_word("not") {
            Expr::Not(Box::new(self.single()?))
        } else if self.take_sign("(") {
            let inner = self.either()?;
            if !self.take_sign(")") {
                return Err(self.error(format!("expected `)`, not {}", self.peek().token.describe())));
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
                return Err(
                    self.error(format!("expected `in` after `not`, not {}", self.peek().token.describe()))
                );
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

    fn name(&mut self) -> Result<String, QueryError> {
        let place = self.next();
        let fail =
            |message: String, hint: Option<String>| Err(QueryError { message, column: place.column, hint });
        let (name, is_backquoted) = match place.token {
            Token::Word(name) => (name, false),
            Token::Name(name) => (name, true),
            other => return fail(format!("expected a name, not {}", other.describe()), None),
        };
        match name.rsplit_once('.') {
            Some((_, suffix)) if SUFFIXES.contains(&suffix) => {
                if name.contains('/') && !is_backquoted {
                    return fail(
                        format!("`{name}` needs backquotes"),
                        Some("names with / stand in backquotes".to_owned()),
                    );
                }
                Ok(name)
            }
            Some(_) => fail(
                format!("`{name}` asks for no value"),
                Some("end a metric with .last, .min or .max, an event with .count".to_owned()),
            ),
            None if parameter(&name).is_some() || FIELDS.contains(&name.as_str()) => Ok(name),
            None => {
                let known = PARAMETERS.iter().map(|parameter| parameter.name).chain(FIELDS.iter().copied());
                let hint = match nearest(&name, known) {
                    _ if metric(&name, None).is_some() => format!("write `{name}.last`, or .min or .max"),
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "a metric needs .last, .min or .max after its name, an event .count".to_owned(),
                };
                fail(format!("there is no `{name}`"), Some(hint))
            }
        }
    }

    fn literals(&mut self) -> Result<Vec<Literal>, QueryError> {
        if !self.take_sign("(") {
            return Err(self.error(format!("expected `(` after `in`, not {}", self.peek().token.describe())));
        }
        let mut literals = vec![self.literal()?];
        while self.take_sign(",") {
            literals.push(self.literal()?);
        }
        if !self.take_sign(")") {
            return Err(self.error(format!("expected `,` or `)`, not {}", self.peek().token.describe())));
        }
        Ok(literals)
    }

    fn literal(&mut self) -> Result<Literal, QueryError> {
        let place = self.next();
        match place.token {
            Token::Word(text) => Ok(Literal { text, is_quoted: false }),
            Token::Quoted(text) => Ok(Literal { text, is_quoted: true }),
            other => Err(QueryError {
                message: format!("expected a value, not {}", other.describe()),
                column: place.column,
                hint: None,
            }),
        }
    }
}
