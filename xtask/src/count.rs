//! Reads how many tests ran from the closing lines of the runners that we use. Pure.

use std::fmt;
use std::ops::AddAssign;

/// Tests of one stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl Count {
    /// Counts tests as skipped that their runner takes for passed.
    pub fn skip(&mut self, tests: u64) {
        self.passed = self.passed.saturating_sub(tests);
        self.skipped += tests;
    }
}

/// `N passed, M failed`, and `, K skipped` where any were: what a check of this repository reads.
impl fmt::Display for Count {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(formatter, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// cargo-nextest: `Summary [  1.2s] 5 tests run: 4 passed, 1 failed, 0 skipped`; cargo test: `test result: ok. 4 passed;
/// 1 failed; 0 ignored; …` once a binary. nextest shows a failed test's own output, with such a line in it, set in.
pub fn rust(lines: &[String]) -> Count {
    let mut count = Count::default();
    for line in lines.iter().map(|line| plain(line)) {
        if line.trim_start().starts_with("Summary [") || line.starts_with("test result:") {
            count += words(&line);
        }
    }
    count
}

/// Vitest: `      Tests  1 failed | 41 passed (42)`.
pub fn vitest(lines: &[String]) -> Count {
    last(lines, |line| line.trim_start().starts_with("Tests ")).map(|line| words(&line)).unwrap_or_default()
}

/// Node's runner, spec or TAP: `ℹ pass 3`, `# fail 0`.
pub fn node(lines: &[String]) -> Count {
    let number = |name: &str| {
        let end = last(lines, |line| {
            let mut words = line.split_whitespace();
            matches!(words.next(), Some("ℹ" | "#")) && words.next() == Some(name)
        });
        end.and_then(|line| line.split_whitespace().nth(2)?.parse().ok()).unwrap_or(0)
    };
    Count { passed: number("pass"), failed: number("fail"), skipped: number("skipped") + number("todo") }
}

fn last(lines: &[String], fits: impl Fn(&str) -> bool) -> Option<String> {
    lines.iter().rev().map(|line| plain(line)).find(|line| fits(line))
}

/// Numbers that stand before `passed`, `failed`, `skipped`, `ignored`.
fn words(line: &str) -> Count {
    let mut count = Count::default();
    let mut before = 0;
    for word in line.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()) {
        match word {
            "passed" => count.passed += before,
            "failed" => count.failed += before,
            "skipped" | "ignored" => count.skipped += before,
            _ => {}
        }
        before = word.parse().unwrap_or(0);
    }
    count
}

/// The line without colours.
fn plain(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' {
            letters.by_ref().find(|letter| letter.is_ascii_alphabetic());
        } else {
            text.push(letter);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn closing_lines_are_counted() {
        let count = |passed, failed, skipped| Count { passed, failed, skipped };
        let nextest =
            lines("     Summary [   0.5s] 12/12 tests run: 11 passed (1 slow), 1 failed, 2 skipped");
        assert_eq!(rust(&nextest), count(11, 1, 2));
        let own_words = lines(
            "    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 11 filtered out\n     Summary [   0.5s] 2 tests run: 1 passed, 1 failed, 0 skipped",
        );
        assert_eq!(rust(&own_words), count(1, 1, 0));
        let cargo = lines(
            "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
             test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out",
        );
        assert_eq!(rust(&cargo), count(7, 3, 1));
        let ui = lines(
            "\u{1b}[2m Test Files \u{1b}[22m 2 passed (2)\n\u{1b}[2m      Tests \u{1b}[22m \u{1b}[31m1 failed\u{1b}[39m | \u{1b}[32m41 passed\u{1b}[39m (42)",
        );
        assert_eq!(vitest(&ui), count(41, 1, 0));
        assert_eq!(node(&lines("ℹ tests 4\nℹ pass 3\nℹ fail 1\nℹ skipped 0\nℹ todo 0")), count(3, 1, 0));
        assert_eq!(node(&lines("# tests 2\n# pass 2\n# fail 0")), count(2, 0, 0));
    }

    #[test]
    fn a_skipped_test_has_not_passed() {
        let mut count = Count { passed: 7, failed: 1, skipped: 0 };
        assert_eq!(count.to_string(), "7 passed, 1 failed");
        count.skip(2);
        assert_eq!(count.to_string(), "5 passed, 1 failed, 2 skipped");
    }

    #[test]
    fn an_outer_total_is_not_taken_for_passed_tests() {
        assert_eq!(rust(&lines("12 passed somewhere in a log")), Count::default());
    }
}
