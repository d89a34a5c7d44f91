//! What a cell means: a step, a value, or nothing. Spellings of other programs are known here and nowhere else.

use crate::said::{Misfit, TableAdvice};

/// The greatest step: its successor is a number that every door carries exactly, the window's doubles too.
pub(super) const MOST_STEP: u64 = (1 << 53) - 2;

/// Of a cell that is told.
const SHOWN_CHARS: usize = 40;

/// What is wrong with a cell, and what to do.
pub(super) type Misread = (Misfit, TableAdvice);

/// A step as tables write it, `1.0` too; none where the cell is empty.
pub(super) fn step(cell: &str) -> Result<Option<u64>, Misread> {
    let text = cell.trim();
    if is_missing(text) {
        return Ok(None);
    }
    let beyond = || (Misfit::StepBeyond { found: text.to_owned(), most: MOST_STEP }, TableAdvice::Steps);
    let found = match text.parse::<u64>() {
        Ok(step) => step,
        Err(_) if text.bytes().all(|byte| byte.is_ascii_digit()) => return Err(beyond()),
        Err(_) => match text.parse::<f64>() {
            Ok(number) if number >= 0.0 && number.fract() == 0.0 => {
                if number > MOST_STEP as f64 {
                    return Err(beyond());
                }
                number as u64
            }
            _ if has_decimal_comma(text) => return Err(comma(text)),
            _ => return Err((Misfit::NoStep { found: cell.to_owned() }, TableAdvice::Steps)),
        },
    };
    if found > MOST_STEP { Err(beyond()) } else { Ok(Some(found)) }
}

/// A value; none where the cell is empty or says that there is none.
pub(super) fn number(cell: &str) -> Result<Option<f64>, Misread> {
    let text = cell.trim();
    if is_missing(text) {
        return Ok(None);
    }
    // An apostrophe keeps spreadsheets from reading a sign as a formula; the long minus is typography.
    let plain = match text.strip_prefix('\'') {
        Some(signed) if signed.starts_with(['-', '+']) => signed,
        _ => text,
    };
    let plain = plain.replacen('\u{2212}', "-", 1);
    if let Ok(number) = plain.parse::<f64>() {
        // `inf` is written in letters; digits that come out so are more than a number holds.
        if number.is_infinite() && plain.contains(|c: char| c.is_ascii_digit()) {
            let found: String = text.chars().take(SHOWN_CHARS).collect();
            let found = if found.len() < text.len() { format!("{found}…") } else { found };
            return Err((Misfit::Beyond { found }, TableAdvice::Numbers));
        }
        return Ok(Some(number));
    }
    // As Microsoft's C library writes them.
    match plain.to_ascii_lowercase().as_str() {
        "1.#inf" | "+1.#inf" => Ok(Some(f64::INFINITY)),
        "-1.#inf" => Ok(Some(f64::NEG_INFINITY)),
        "1.#qnan" | "-1.#qnan" | "1.#ind" | "-1.#ind" | "1.#snan" => Ok(Some(f64::NAN)),
        _ if has_decimal_comma(text) => Err(comma(text)),
        _ => Err((Misfit::NoNumber { found: cell.to_owned() }, TableAdvice::Numbers)),
    }
}

/// As R, pandas and databases write what is missing. `NaN` is a value.
fn is_missing(text: &str) -> bool {
    ["", "na", "n/a", "<na>", "null", "none"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn comma(text: &str) -> Misread {
    (Misfit::DecimalComma { found: text.to_owned() }, TableAdvice::Point)
}

fn has_decimal_comma(text: &str) -> bool {
    text.contains(',') && text.replace([',', '.'], "").parse::<f64>().is_ok()
}

/// Whether a flag is set.
pub(super) fn is_set(cell: &str) -> bool {
    let text = cell.trim();
    text == "1" || text.eq_ignore_ascii_case("true")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_as_programs_write_them() {
        for (text, expected) in [
            ("0", Some(0)),
            (" 17 ", Some(17)),
            ("1.0", Some(1)),
            ("2e3", Some(2000)),
            ("", None),
            ("NA", None),
            ("9007199254740990", Some(MOST_STEP)),
        ] {
            assert_eq!(step(text).unwrap(), expected, "{text}");
        }
        let said = |text: &str| step(text).unwrap_err().0.to_string();
        for beyond in ["9007199254740991", "18446744073709551615", "18446744073709551616", "1e300"] {
            assert!(said(beyond).ends_with("is out of range: the greatest is 9007199254740990"), "{beyond}");
        }
        for none in ["-1", "0.5", "x", "NaN", "inf", "0x10"] {
            assert_eq!(said(none), format!("`{none}` is no step: a whole number from 0 on"));
        }
        assert_eq!(said("1,0"), "`1,0` has a decimal comma");
    }

    #[test]
    fn values_as_programs_write_them() {
        let text =
            |cell: &str| number(cell).map(|value| value.map_or_else(String::new, |value| value.to_string()));
        for (cell, expected) in [
            ("4.5", "4.5"),
            (" -1e-3 ", "-0.001"),
            ("+2", "2"),
            ("'-0.5", "-0.5"),
            ("\u{2212}3", "-3"),
            ("NaN", "NaN"),
            ("nan", "NaN"),
            ("-Infinity", "-inf"),
            ("inf", "inf"),
            ("1.#INF", "inf"),
            ("-1.#IND", "NaN"),
            ("", ""),
            ("N/A", ""),
            ("<NA>", ""),
            ("None", ""),
        ] {
            assert_eq!(text(cell).unwrap(), expected, "{cell}");
        }
        let said = |cell: &str| number(cell).unwrap_err().0.to_string();
        assert_eq!(said("4,5"), "`4,5` has a decimal comma");
        assert_eq!(said("1.234,5"), "`1.234,5` has a decimal comma");
        assert_eq!(said("-1e400"), "`-1e400` is beyond what a number holds: about 1.8e308");
        let long = said(&"9".repeat(1000));
        assert_eq!(long, format!("`{}…` is beyond what a number holds: about 1.8e308", "9".repeat(40)));
        for none in ["x", "12%", "4.5 s", "1_000", "0x1p3", "'4.5"] {
            assert_eq!(said(none), format!("`{none}` is no number"));
        }
    }
}
