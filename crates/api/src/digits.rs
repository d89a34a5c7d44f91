//! Numbers as people read them, on the screen (`ui/src/lib/format.ts`), in a figure and in a report alike: a true minus, as many
//! decimals as the interval of a decision asks for, p with two digits.

const MOST_DIGITS: i32 = 6;

/// Decimals that tell apart what differs by so much, as it is shown; `least` of them: one in percent. As the screen has them.
pub(crate) fn digits_for(spread: f64, least: usize) -> usize {
    let (size, least) = (spread.abs(), i32::try_from(least).unwrap_or(0));
    if size == 0.0 || !size.is_finite() {
        return usize::try_from(least).unwrap_or(0);
    }
    let digits = 1 - ((4.0 * size).log10() + 1e-9).floor() as i32;
    usize::try_from(digits.clamp(least, MOST_DIGITS)).unwrap_or(0)
}

/// A number with the sign that is written for people; what decimals cannot hold has an exponent.
pub(crate) fn fixed(value: f64, digits: usize) -> String {
    let size = value.abs();
    let is_tiny = size > 0.0 && digits as i32 >= MOST_DIGITS && size < 1e-5;
    // A half is rounded up, as the window does.
    let power = 10_f64.powi(digits as i32);
    let rounded = (size * power).round() / power;
    let text =
        if is_tiny { format!("{size:.1e}").replace('-', "−") } else { format!("{rounded:.digits$}") };
    if value < 0.0 { format!("−{text}") } else { text }
}

/// +1.7, −0.03, ±0.
pub(crate) fn signed(value: f64, digits: usize) -> String {
    let sign = if value > 0.0 {
        "+"
    } else if value < 0.0 {
        ""
    } else {
        "±"
    };
    format!("{sign}{}", fixed(value, digits))
}

/// 0.0078, 0.039, 2.5e−4, < 0.0001.
pub(crate) fn probability(p: f64) -> String {
    if p < 1e-4 {
        return "< 0.0001".to_owned();
    }
    if p >= 0.995 {
        return "1".to_owned();
    }
    if p < 1e-3 {
        return format!("{p:.1e}").replace('-', "−");
    }
    fixed(p, (1.0 - (p.log10() + 1e-9).floor()).max(0.0) as usize)
}

/// 12,345.
pub(crate) fn grouped(count: u64) -> String {
    thousands(&count.to_string())
}

fn thousands(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many decimals, with thousands apart and the sign that is written for people; what is shown as 0 has none.
pub(crate) fn decimals(value: f64, digits: usize) -> String {
    // A half is rounded up, as the window does.
    let power = 10_f64.powi(digits as i32);
    let text = format!("{:.digits$}", (value.abs() * power).round() / power);
    let is_zero = text.chars().all(|digit| matches!(digit, '0' | '.'));
    let (whole, rest) = text.find('.').map_or((text.as_str(), ""), |point| text.split_at(point));
    format!("{}{}{rest}", if value < 0.0 && !is_zero { "−" } else { "" }, thousands(whole))
}

/// About so many significant digits, small and huge numbers with an exponent.
pub(crate) fn significant(value: f64, digits: usize) -> String {
    let size = value.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() {
        return if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "Inf"
        } else {
            "−Inf"
        }
        .to_owned();
    }
    if !(1e-3..1e9).contains(&size) {
        let text = format!("{value:.*e}", digits.saturating_sub(1));
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let short = match mantissa.contains('.') {
            true => mantissa.trim_end_matches('0').trim_end_matches('.'),
            false => mantissa,
        };
        return format!("{short}e{exponent}").replace('-', "−");
    }
    decimals(value, (digits as i32 - 1 - (size.log10() + 1e-9).floor() as i32).max(0) as usize)
}

/// A number that somebody chose: 0.2, 4,096, and below a hundredth 3e−3.
pub(crate) fn setting(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        let sign = if value < 0.0 { "−" } else { "" };
        return format!("{sign}{}", grouped(value.abs() as u64));
    }
    if value.abs() < 1e-2 {
        format!("{value:e}").replace('-', "−")
    } else {
        value.to_string().replace('-', "−")
    }
}

/// Words with counts in their places.
pub(crate) fn filled(words: &str, counts: &[(&str, u64)]) -> String {
    counts
        .iter()
        .fold(words.to_owned(), |text, (name, count)| text.replace(&format!("{{{name}}}"), &grouped(*count)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_on_the_screen() {
        let all = [signed(1.25, 1), signed(-0.031, 2), signed(0.0, 1), fixed(-2.0, 1), fixed(2e-7, 6)];
        assert_eq!(all, ["+1.3", "−0.03", "±0.0", "−2.0", "2.0e−7"]);
        let p = [0.031_25, 0.0078, 0.273, 0.5, 5e-4, 0.999, 3e-6].map(probability);
        assert_eq!(p, ["0.031", "0.0078", "0.27", "0.50", "5.0e−4", "1", "< 0.0001"]);
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        let settings = [0.2, 4096.0, 1.5e-4, -0.5, -3.0].map(setting);
        assert_eq!(settings, ["0.2", "4,096", "1.5e−4", "−0.5", "−3"]);
        assert_eq!(
            [0.3, 0.0, f64::NAN, 0.002, 1e-300, 1e300].map(|one| digits_for(one, 1)),
            [1, 1, 1, 4, 6, 1]
        );
    }

    #[test]
    fn as_the_window_writes_them() {
        let written = [decimals(1.25, 1), decimals(-0.04, 1), decimals(12_345.6, 1), decimals(-3.0, 2)];
        assert_eq!(written, ["1.3", "0.0", "12,345.6", "−3.00"]);
        let written = [0.0, 2.5e-4, 0.1234, 66.418, 12_345.0, -1e12].map(|value| significant(value, 3));
        assert_eq!(written, ["0", "2.5e−4", "0.123", "66.4", "12,345", "−1e12"]);
    }
}
