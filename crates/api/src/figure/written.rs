//! Numbers in figures, written as the window writes them (`ui/src/lib/format.ts`).

/// So many decimals, with the sign that is written for people.
pub(super) fn decimals(value: f64, digits: usize) -> String {
    // A half is rounded up, as the window does.
    let power = 10_f64.powi(digits as i32);
    let text = format!("{:.digits$}", (value.abs() * power).round() / power);
    let is_zero = text.chars().all(|digit| matches!(digit, '0' | '.'));
    let (whole, rest) = text.find('.').map_or((text.as_str(), ""), |point| text.split_at(point));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{}{grouped}{rest}", if value < 0.0 && !is_zero { "−" } else { "" })
}

/// About so many significant digits, small and huge numbers with an exponent.
pub(super) fn significant(value: f64, digits: usize) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_window_writes_them() {
        let written = [decimals(1.25, 1), decimals(-0.04, 1), decimals(12_345.6, 1), decimals(-3.0, 2)];
        assert_eq!(written, ["1.3", "0.0", "12,345.6", "−3.00"]);
        let written = [0.0, 2.5e-4, 0.1234, 66.418, 12_345.0, -1e12].map(|value| significant(value, 3));
        assert_eq!(written, ["0", "2.5e−4", "0.123", "66.4", "12,345", "−1e12"]);
    }
}
