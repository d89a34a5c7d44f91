//! Rust as words: names, marks and literals with their lines, comments left out. As much of the language as rules over
//! modules need; what a file means is the compiler's to say.

use std::iter::Peekable;
use std::str::CharIndices;

/// A name, a mark (`::` is one), or a literal, which stands as its first letter's kind: `"` or `0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<'a> {
    pub text: &'a str,
    pub line: usize,
}

impl Word<'_> {
    pub fn is_name(&self) -> bool {
        self.text.starts_with(|letter: char| letter.is_alphabetic() || letter == '_')
    }
}

/// The words of a file.
pub fn words(text: &str) -> Vec<Word<'_>> {
    let mut found = Vec::new();
    let mut reader = Reader { text, letters: text.char_indices().peekable(), line: 1 };
    while let Some((line, word)) = reader.next_word() {
        if !word.is_empty() {
            found.push(Word { text: word, line });
        }
    }
    found
}

struct Reader<'a> {
    text: &'a str,
    letters: Peekable<CharIndices<'a>>,
    line: usize,
}

impl<'a> Reader<'a> {
    /// Line and word; an empty word for what is none.
    fn next_word(&mut self) -> Option<(usize, &'a str)> {
        let line = self.line;
        let (at, letter) = self.step()?;
        let rest = &self.text[at..];
        let word = match letter {
            _ if rest.starts_with("//") => {
                self.skip_while(|letter| letter != '\n');
                ""
            }
            _ if rest.starts_with("/*") => {
                self.skip_comment();
                ""
            }
            '"' => {
                self.skip_text();
                "\""
            }
            '\'' => self.after_quote(&rest[1..]),
            _ if letter.is_ascii_digit() => {
                self.skip_number();
                "0"
            }
            _ if letter.is_alphabetic() || letter == '_' => {
                let end = at + rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                self.skip_to(end);
                self.after_prefix(&self.text[at..end], &self.text[end..])
            }
            _ if rest.starts_with("::") => {
                self.step();
                "::"
            }
            _ if letter.is_whitespace() => "",
            _ => &rest[..letter.len_utf8()],
        };
        Some((line, word))
    }

    fn step(&mut self) -> Option<(usize, char)> {
        let next = self.letters.next();
        self.line += usize::from(next.is_some_and(|(_, letter)| letter == '\n'));
        next
    }

    fn skip_while(&mut self, goes_on: impl Fn(char) -> bool) {
        while self.letters.peek().is_some_and(|(_, letter)| goes_on(*letter)) {
            self.step();
        }
    }

    fn skip_to(&mut self, end: usize) {
        while self.letters.peek().is_some_and(|(at, _)| *at < end) {
            self.step();
        }
    }

    /// Behind the `/` of a block comment, which may hold others.
    fn skip_comment(&mut self) {
        let (mut depth, mut before) = (0, '/');
        while let Some((_, letter)) = self.step() {
            match (before, letter) {
                ('/', '*') => depth += 1,
                ('*', '/') => depth -= 1,
                _ => {
                    before = letter;
                    continue;
                }
            }
            if depth == 0 {
                return;
            }
            before = ' ';
        }
    }

    /// Behind the opening quote of a text with escapes.
    fn skip_text(&mut self) {
        while let Some((_, letter)) = self.step() {
            match letter {
                '\\' => {
                    self.step();
                }
                '"' => return,
                _ => {}
            }
        }
    }

    /// `1..2` is a range of two numbers, `1.5e-3` one number.
    fn skip_number(&mut self) {
        self.skip_while(|letter| letter.is_alphanumeric() || letter == '_');
        let Some(&(at, '.')) = self.letters.peek() else { return };
        if self.text[at + 1..].starts_with(|letter: char| letter.is_ascii_digit()) {
            self.step();
            self.skip_while(|letter| letter.is_alphanumeric() || letter == '_');
        }
    }

    /// Behind a single quote: a lifetime, which is no word here, or a letter.
    fn after_quote(&mut self, rest: &str) -> &'static str {
        let mut letters = rest.chars();
        match (letters.next(), letters.next()) {
            (Some('\\'), _) => {
                self.step();
                self.step();
                self.skip_while(|letter| letter != '\'');
                self.step();
            }
            (_, Some('\'')) => {
                self.step();
                self.step();
            }
            _ => {
                self.skip_while(|letter| letter.is_alphanumeric() || letter == '_');
                return "";
            }
        }
        "\""
    }

    /// A name, unless it opens a literal: `b"…"`, `r#"…"#`, `c"…"`.
    fn after_prefix(&mut self, name: &'a str, rest: &str) -> &'a str {
        let marks = rest.len() - rest.trim_start_matches('#').len();
        let opens = rest[marks..].starts_with('"');
        match name {
            "r" | "br" | "cr" if opens => {
                let end = format!("\"{}", "#".repeat(marks));
                let body = &rest[marks + 1..];
                let length = body.find(&end).map_or(body.len(), |at| at + end.len());
                let start = self.text.len() - rest.len();
                self.skip_to(start + marks + 1 + length);
                "\""
            }
            "b" | "c" if marks == 0 && opens => {
                self.step();
                self.skip_text();
                "\""
            }
            "b" if rest.starts_with('\'') => {
                self.step();
                self.after_quote(&rest[1..])
            }
            _ => name,
        }
    }
}

/// The place behind the bracket that closes the one at `open`.
pub fn behind(words: &[Word<'_>], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, word) in words.iter().enumerate().skip(open) {
        match word.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return at + 1;
        }
    }
    words.len()
}

/// What stands at a place, empty beyond the end.
pub fn text<'a>(words: &[Word<'a>], at: usize) -> &'a str {
    words.get(at).map_or("", |word| word.text)
}

/// The words that are no test's, and the modules that are declared as tests.
pub fn without_tests<'a>(words: &[Word<'a>]) -> (Vec<Word<'a>>, Vec<&'a str>) {
    let (mut kept, mut tests) = (Vec::with_capacity(words.len()), Vec::new());
    let mut at = 0;
    while at < words.len() {
        let is_cfg = ["#", "[", "cfg", "("].iter().enumerate().all(|(n, mark)| text(words, at + n) == *mark);
        let inside = if is_cfg { &words[at..behind(words, at + 1)] } else { &[] };
        let says = |name: &str| inside.iter().any(|word| word.text == name);
        if !says("test") || says("not") {
            kept.push(words[at]);
            at += 1;
            continue;
        }
        at += inside.len();
        while text(words, at) == "#" {
            at = behind(words, at + 1);
        }
        if text(words, at) == "mod" {
            tests.push(text(words, at + 1));
        }
        while at < words.len() && !["{", ";"].contains(&text(words, at)) {
            at = if ["(", "["].contains(&text(words, at)) { behind(words, at) } else { at + 1 };
        }
        at = if text(words, at) == "{" { behind(words, at) } else { at + 1 };
    }
    (kept, tests)
}

/// One path of a `use` and the name that it is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import<'a> {
    pub path: Vec<&'a str>,
    pub name: &'a str,
    pub line: usize,
}

/// The paths of the `use` tree at `at`, and the place behind it.
pub fn imports<'a>(words: &[Word<'a>], at: usize) -> (Vec<Import<'a>>, usize) {
    let mut found = Vec::new();
    let end = tree(words, at, &[], &mut found);
    (found, end)
}

fn tree<'a>(words: &[Word<'a>], mut at: usize, before: &[&'a str], found: &mut Vec<Import<'a>>) -> usize {
    let mut path = before.to_vec();
    loop {
        if text(words, at) == "{" {
            let end = behind(words, at);
            at += 1;
            while at + 1 < end {
                at = tree(words, at, &path, found);
                at += usize::from(text(words, at) == ",");
            }
            return end;
        }
        let Some(word) = words.get(at) else { return at };
        if word.text != "::" {
            path.push(word.text);
        }
        at += 1;
        if text(words, at) == "::" {
            continue;
        }
        if word.text == "::" {
            continue;
        }
        if word.text == "self" && path.len() > 1 {
            path.pop();
        }
        let mut name = path.last().copied().unwrap_or_default();
        if text(words, at) == "as" {
            name = text(words, at + 1);
            at += 2;
        }
        found.push(Import { path, name, line: word.line });
        return at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<&str> {
        words(text).iter().map(|word| word.text).collect()
    }

    #[test]
    fn comments_texts_and_lifetimes_are_no_names() {
        let text = r##"
            // one; /* two */
            fn a<'x>(b: &'x str) -> char { /* /* c */ d */ '\'' } // e
            const F: &str = "g \" h"; let i = r#"j " k"#; let l = b"m"; 'n'; b'o'; 1..2; 1.5e-3;
        "##;
        let expected = "fn a < > ( b : & str ) - > char { \" } const F : & str = \" ; \
                        let i = \" ; let l = \" ; \" ; \" ; 0 . . 0 ; 0 - 0 ;";
        assert_eq!(said(text).join(" "), expected);
        assert_eq!(words(text)[0].line, 3);
    }

    #[test]
    fn what_is_for_tests_is_left_out() {
        let text = "mod a; #[cfg(test)] mod b; #[cfg(test)] #[path = \"x\"] mod c { fn d() {} } \
                    #[cfg(not(test))] fn e() {} #[cfg(test)] fn f(g: [u8; 2]) { } fn h() {}";
        let words = words(text);
        let (kept, tests) = without_tests(&words);
        let names: Vec<&str> = kept.iter().filter(|word| word.is_name()).map(|word| word.text).collect();
        assert_eq!(names, ["mod", "a", "cfg", "not", "test", "fn", "e", "fn", "h"]);
        assert_eq!(tests, ["b", "c"]);
    }

    #[test]
    fn trees_of_imports_are_paths() {
        let words = words("use crate::{a::{self, B as C}, d::*};");
        let (found, end) = imports(&words, 1);
        let shown: Vec<String> =
            found.iter().map(|one| format!("{} {}", one.path.join("::"), one.name)).collect();
        assert_eq!(shown, ["crate::a a", "crate::a::B C", "crate::d::* *"]);
        assert_eq!(text(&words, end), ";");
    }
}
