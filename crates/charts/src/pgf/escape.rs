//! Words of others as TeX sets them: specials escaped, signs that the fonts of TeX lack as mathematics, on one line.

use std::fmt::Write;

/// Signs and how TeX writes them.
const SIGNS: &[(char, &str)] = &[
    ('\\', "\\textbackslash{}"),
    ('{', "\\{"),
    ('}', "\\}"),
    ('%', "\\%"),
    ('#', "\\#"),
    ('&', "\\&"),
    ('$', "\\$"),
    ('_', "\\_"),
    ('~', "\\textasciitilde{}"),
    ('^', "\\textasciicircum{}"),
    ('<', "\\textless{}"),
    ('>', "\\textgreater{}"),
    ('|', "\\textbar{}"),
    ('"', "\\textquotedbl{}"),
    ('−', "$-$"),
    ('×', "$\\times$"),
    ('±', "$\\pm$"),
    ('·', "$\\cdot$"),
    ('≈', "$\\approx$"),
    ('≠', "$\\neq$"),
    ('≤', "$\\leq$"),
    ('≥', "$\\geq$"),
    ('∞', "$\\infty$"),
    ('→', "$\\rightarrow$"),
    ('←', "$\\leftarrow$"),
    ('°', "$^\\circ$"),
    ('µ', "$\\mu$"),
    ('μ', "$\\mu$"),
    ('²', "$^2$"),
    ('³', "$^3$"),
    ('√', "$\\surd$"),
    ('Δ', "$\\Delta$"),
    ('α', "$\\alpha$"),
    ('β', "$\\beta$"),
    ('γ', "$\\gamma$"),
    ('δ', "$\\delta$"),
    ('ε', "$\\varepsilon$"),
    ('λ', "$\\lambda$"),
    ('σ', "$\\sigma$"),
    ('τ', "$\\tau$"),
    ('…', "\\ldots{}"),
    ('–', "--"),
    ('—', "---"),
    ('‘', "`"),
    ('’', "'"),
    ('“', "``"),
    ('”', "''"),
    ('\u{a0}', "~"),
    ('\u{202f}', "\\,"),
    ('†', "\\dag{}"),
    ('✕', "$\\times$"),
];

pub(crate) fn tex(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match SIGNS.iter().find(|(sign, _)| *sign == letter) {
            Some((_, sign)) => written.push_str(sign),
            None if letter.is_control() => written.push(' '),
            None => written.push(letter),
        }
    }
    written
}

/// Letters that pdfLaTeX has in no font that it loads by itself.
pub(crate) fn needs_other_engine(text: &str) -> bool {
    text.chars().any(|letter| {
        u32::from(letter) > 0x17f && SIGNS.iter().all(|(sign, _)| *sign != letter) && !letter.is_control()
    })
}

/// A number in at most seven digits: finer than a page can show.
pub(crate) fn number(value: f64) -> String {
    let short: f64 = format!("{value:.6e}").parse().unwrap_or(value);
    if short != 0.0 && !(1e-4..1e7).contains(&short.abs()) {
        format!("{short:e}")
    } else {
        format!("{short}")
    }
}

/// A length in pixels as big points, which are those of PDF.
pub(crate) fn bp(pixels: f64) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write!(text, "{}bp", (pixels * 75.0).round() / 100.0);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_others() {
        assert_eq!(
            tex("50 % & a_b #1 $x$ {y} ~ ^ \\ <|>"),
            "50 \\% \\& a\\_b \\#1 \\$x\\$ \\{y\\} \\textasciitilde{} \\textasciicircum{} \\textbackslash{} \
             \\textless{}\\textbar{}\\textgreater{}"
        );
        assert_eq!(tex("−6.8 pt × 2\nδ"), "$-$6.8 pt $\\times$ 2 $\\delta$");
        assert_eq!(tex("손실"), "손실");
        assert!(needs_other_engine("손실") && !needs_other_engine("é − × δ"));
    }

    #[test]
    fn numbers_and_lengths() {
        let numbers = [0.0, 1.0 / 3.0, -1234.5, 2e-5, 1e300, 99_999.0].map(number);
        assert_eq!(numbers, ["0", "0.3333333", "-1234.5", "2e-5", "1e300", "99999"]);
        assert_eq!([bp(96.0), bp(1.0)], ["72bp", "0.75bp"]);
    }
}
