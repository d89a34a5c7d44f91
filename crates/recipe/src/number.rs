//! Numbers as people write them: the shortest way that reads back as the same number, and every way in which the window or
//! a document shows one, so that what was copied there can be pasted.

use std::borrow::Cow;

/// The shortest way to write a number: `1.5e-4` rather than `0.00015`, `256` rather than `256.0`.
pub fn short_number(number: f64) -> String {
    let plain = number.to_string();
    let exponent = format!("{number:e}");
    let magnitude = number.abs();
    let is_far = magnitude != 0.0 && !(1e-2..1e6).contains(&magnitude);
    if is_far && exponent.len() <= plain.len() { exponent } else { plain }
}

/// A number's text as Rust reads it: a typographic minus becomes a hyphen, spaces and commas between groups of three digits
/// and spaces around it go. What is no number stays as it is.
pub fn plain_number(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    let dashes = trimmed.contains(MINUS);
    let groups = trimmed.contains(|c: char| c.is_whitespace() || c == ',');
    if !dashes && !groups {
        return Cow::Borrowed(trimmed);
    }
    let plain = trimmed.replace(MINUS, "-");
    let joined = if groups { without_groups(&plain) } else { Some(plain) };
    joined.filter(|plain| plain.parse::<f64>().is_ok()).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// U+2212.
const MINUS: char = '\u{2212}';

/// `12,345.6` without its separators; none where they are not all the same, or not in front of three digits each.
fn without_groups(text: &str) -> Option<String> {
    let unsigned = text.trim_start_matches(['-', '+']);
    let sign = &text[..text.len() - unsigned.len()];
    let whole = unsigned
        .find(|c: char| !c.is_ascii_digit() && c != ',' && !c.is_whitespace())
        .unwrap_or(unsigned.len());
    let (whole, rest) = unsigned.split_at(whole);
    let separator = whole.chars().find(|c| !c.is_ascii_digit())?;
    let mut groups = whole.split(separator);
    let first = groups.next().filter(|group| (1..=3).contains(&group.len()))?;
    let is_group = |group: &&str| group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit());
    let others: Vec<&str> = groups.collect();
    others.iter().all(is_group).then(|| format!("{sign}{first}{}{rest}", others.concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_anywhere_is_read_back() {
        for (shown, plain) in [
            ("256", "256"),
            ("−0.5", "-0.5"),
            ("1e−3", "1e-3"),
            ("−1.5e−4", "-1.5e-4"),
            ("2,340", "2340"),
            ("12,345,678.25", "12345678.25"),
            ("−2,340.5", "-2340.5"),
            ("2\u{202f}340", "2340"),
            ("2\u{a0}340", "2340"),
            ("2 340", "2340"),
            (" 0.07 ", "0.07"),
        ] {
            assert_eq!(plain_number(shown), plain, "{shown:?}");
        }
        // No numbers, or ones that could be several: as they are.
        for other in ["2,34", "1,2,3", "0,5", "2,340 567", "a−b", "1 2", "", "adamw", "1,2345"] {
            assert_eq!(plain_number(other), other, "{other:?}");
        }
    }

    #[test]
    fn numbers_are_written_short() {
        let written: Vec<String> =
            [1.5e-4, 0.5, 256.0, 1e-8, 0.07, 0.001, 1e9, 0.0, 0.05, -2e-5].map(short_number).to_vec();
        assert_eq!(written, ["1.5e-4", "0.5", "256", "1e-8", "0.07", "1e-3", "1e9", "0", "0.05", "-2e-5"]);
    }
}
