//! From tokens to a condition: `or` binds weakest, then `and`, then `not`. Names are checked, so that a misspelt one
//! is an error at its place and not an empty list.

use super::error::{Advice, Misreading, QueryError};
use super::field::{Field, Name, Takes};
use super::lex::{Place, Token, lex};
use super::{Comparison, Expr, Literal};
use crate::metrics::metric;
use crate::number::plain_number;
use crate::parameters::nearest;
use crate::sentence::Told;
use crate::synonyms::meant_by;
use crate::table::PARAMETERS;
use crate::table::parameter;

/// Deepest nesting of brackets and `not`.
const MAX_DEPTH: usize = 64;

/// Reads a query; the empty text is true of every run. `states` are the words that `state` can be. A comparison that no run
/// could meet is an error, as finding nothing would look like an answer.
pub fn parse(text: &str, states: &[&str]) -> Result<Expr, QueryError> {
    let mut parser = Parser { tokens: lex(text)?, at: 0, depth: 0, states };
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
    let names = PARAMETERS.iter().map(|parameter| parameter.name).chain(fields);
    Err(match meant_by(name).or_else(|| nearest(name, names)) {
        Some(near) => error.did_you_mean(near),
        None => error.advise(Advice::NeedsSuffix),
    })
}

fn expected_after(sign: &str, word: &str, found: Told) -> Misreading {
    Misreading::ExpectedAfter { sign: sign.to_owned(), word: word.to_owned(), found }
}

struct Parser<'a> {
    tokens: Vec<Place>,
    at: usize,
    depth: usize,
    states: &'a [&'a str],
}

impl Parser<'_> {
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
            let literals = self.literals(&name)?;
            return Ok(Expr::In { name, literals });
        }
        if matches!(&self.peek().token, Token::Word(word) if word.eq_ignore_ascii_case("not")) {
            self.at += 1;
            if !self.take_word("in") {
                return Err(self.expected(|found| expected_after("in", "not", found)));
            }
            let literals = self.literals(&name)?;
            return Ok(Expr::Not(Box::new(Expr::In { name, literals })));
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
        let literal = match comparison {
            Comparison::Contains => self.literal()?,
            _ => {
                self.join_groups();
                self.value(&name)?
            }
        };
        Ok(Expr::Compare { name, comparison, literal })
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

    /// `2,340` stands for one number where no list is: a comma and three digits right behind digits belong to them.
    fn join_groups(&mut self) {
        while let [
            Place { token: Token::Word(digits), column },
            Place { token: Token::Sign(","), column: comma },
            Place { token: Token::Word(group), column: behind },
            ..,
        ] = self.tokens.get(self.at..).unwrap_or_default()
        {
            let joined = format!("{digits},{group}");
            let touches = column + digits.chars().count() == *comma && comma + 1 == *behind;
            if !touches || plain_number(&joined) == joined.as_str() {
                return;
            }
            let place = Place { token: Token::Word(joined), column: *column };
            self.tokens.splice(self.at..self.at + 3, [place]);
        }
    }

    fn literals(&mut self, name: &Name) -> Result<Vec<Literal>, QueryError> {
        if !self.take_sign("(") {
            return Err(self.expected(|found| expected_after("(", "in", found)));
        }
        let mut literals = vec![self.value(name)?];
        while self.take_sign(",") {
            literals.push(self.value(name)?);
        }
        if !self.take_sign(")") {
            return Err(self.expected(|found| Misreading::ExpectedCommaOrBracket { found }));
        }
        Ok(literals)
    }

    /// A literal that a value of that name can be compared with.
    fn value(&mut self, name: &Name) -> Result<Literal, QueryError> {
        let column = self.peek().column;
        let literal = self.literal()?;
        match name.value(self.states) {
            Takes::Words(words) if !words.contains(&literal.text.as_str()) => {
                let choices = words.iter().copied().collect();
                let said =
                    Misreading::UnknownWord { name: name.to_string(), found: literal.text.clone(), choices };
                let error = QueryError::at(column, said);
                Err(match nearest(&literal.text, words.iter().copied()) {
                    Some(near) => error.did_you_mean(near),
                    None => error,
                })
            }
            Takes::Number if literal.number().is_none() => {
                let found = literal.text;
                Err(QueryError::at(column, Misreading::NoNumber { name: name.to_string(), found }))
            }
            Takes::Share => self.share(name, literal, column),
            Takes::Words(_) | Takes::Number | Takes::Text => Ok(literal),
        }
    }

    /// A fraction from 0 to 1, also where it is written in percent, as tables show it.
    fn share(&mut self, name: &Name, literal: Literal, column: usize) -> Result<Literal, QueryError> {
        let in_percent = literal.text.ends_with('%') || self.take_word("%");
        let digits = plain_number(literal.text.trim_end_matches('%')).into_owned();
        let number = digits.parse::<f64>().ok().filter(|_| !literal.is_quoted);
        let Some(number) = number else {
            let found = literal.text;
            return Err(QueryError::at(column, Misreading::NoNumber { name: name.to_string(), found }));
        };
        if in_percent {
            return Ok(Literal { text: (number / 100.0).to_string(), is_quoted: false });
        }
        if number > 1.0 {
            let said = Misreading::BeyondOne { name: name.to_string(), found: literal.text };
            let advice = Advice::Share { percent: digits, fraction: (number / 100.0).to_string() };
            return Err(QueryError::at(column, said).advise(advice));
        }
        Ok(literal)
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
