//! Cuts a query into words, quoted texts and signs, each with its place.

use super::error::{Advice, Misreading, QueryError, Token as Written};
use crate::sentence::Told;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A bare word: a name, a number, a date, a keyword.
    Word(String),
    /// A text in ' or ".
    Quoted(String),
    /// A name in backquotes, with what follows its closing backquote and a dot.
    Name(String),
    /// ( ) , = != < <= > >= ~
    Sign(&'static str),
    End,
}

impl Token {
    /// The token as a person sees it.
    pub(super) fn describe(&self) -> Told {
        let written = match self {
            Token::Word(text) | Token::Name(text) => Written::Word { text: text.clone() },
            Token::Quoted(text) => Written::Quoted { text: format!("{text:?}") },
            Token::Sign(sign) => Written::Word { text: (*sign).to_owned() },
            Token::End => Written::End,
        };
        written.into()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) token: Token,
    /// 1-based, in characters.
    pub(super) column: usize,
}

const SIGNS: [&str; 11] = ["!=", "<=", ">=", "==", "(", ")", ",", "=", "<", ">", "~"];

/// The tokens, the last of them `End`.
pub(super) fn lex(text: &str) -> Result<Vec<Place>, QueryError> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&character) = characters.get(at) {
        let column = at + 1;
        if character.is_whitespace() {
            at += 1;
        } else if matches!(character, '"' | '\'' | '`') {
            let length =
                characters[at + 1..].iter().position(|other| *other == character).ok_or_else(|| {
                    QueryError::at(column, Misreading::NeverClosed { quote: character.to_string() })
                })?;
            let inner: String = characters[at + 1..at + 1 + length].iter().collect();
            at += length + 2;
            let token = if character == '`' {
                let tail: String = characters[at..].iter().take_while(|next| is_word(**next)).collect();
                at += tail.chars().count();
                Token::Name(inner + &tail)
            } else {
                Token::Quoted(inner)
            };
            tokens.push(Place { token, column });
        } else if let Some(sign) = SIGNS.into_iter().find(|sign| starts_with(&characters[at..], sign)) {
            at += sign.len();
            tokens.push(Place { token: Token::Sign(if sign == "==" { "=" } else { sign }), column });
        } else if is_word(character) {
            let length = (at..characters.len()).take_while(|place| goes_on(&characters, *place)).count();
            let word: String = characters[at..at + length].iter().collect();
            at += length;
            tokens.push(Place { token: Token::Word(word), column });
        } else {
            let said = Misreading::NoMeaning { character: character.to_string() };
            return Err(QueryError::at(column, said).advise(Advice::Quote));
        }
    }
    tokens.push(Place { token: Token::End, column: characters.len() + 1 });
    Ok(tokens)
}

fn starts_with(characters: &[char], sign: &str) -> bool {
    sign.chars().enumerate().all(|(index, character)| characters.get(index) == Some(&character))
}

/// U+2212 is the minus of numbers that are shown.
fn is_word(character: char) -> bool {
    character.is_alphanumeric() || "_-+.:/%\u{2212}".contains(character)
}

/// Whether a word that stands before a place goes on there: a space that does not break stands between groups of digits.
fn goes_on(characters: &[char], place: usize) -> bool {
    let is_digit = |at: Option<usize>| at.and_then(|at| characters.get(at)).is_some_and(char::is_ascii_digit);
    let parts_groups = matches!(characters[place], '\u{a0}' | '\u{2009}' | '\u{202f}');
    is_word(characters[place])
        || (parts_groups && is_digit(place.checked_sub(1)) && is_digit(place.checked_add(1)))
}
