//! Numbers as figures print them: `−` for minus, `,` from 1,000 on, `1.5e−4` for small ones.

/// A tick label: as many decimals as `spacing`, the distance between ticks, asks for.
pub(crate) fn tick(value: f64, spacing: f64) -> String {
    // Not 0.001, which as a multiple of a step may come out a little smaller.
    let small = value != 0.0 && value.abs() < 0.000_999;
    if small || value.abs() >= 1e7 {
        return scientific(value);
    }
    // Without 1e-9 a spacing of 10⁻ᵏ may round up to k + 1 decimals.
    let decimals =
        if spacing >= 1.0 || spacing <= 0.0 { 0 } else { (-spacing.log10() - 1e-9).ceil() as usize };
    group(&format!("{value:.decimals$}"))
}

/// Three significant digits, for summaries.
pub(crate) fn short(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "∞"
        } else {
            "−∞"
        }
        .to_owned();
    }
    if value != 0.0 && !(1e-3..1e7).contains(&value.abs()) {
        return scientific(value);
    }
    let digits = if value == 0.0 { 0 } else { value.abs().log10().floor() as i32 };
    group(&format!("{value:.*}", (2 - digits).max(0) as usize))
}

/// A number that somebody chose, with no more digits than it needs: 0.2, 4,096, and below a hundredth 3e−3.
pub(crate) fn setting(value: f64) -> String {
    if value != 0.0 && value.is_finite() && value.abs() < 0.01 {
        return exponent(&format!("{value:.4e}"));
    }
    if !value.is_finite() || value.fract() == 0.0 {
        return if value.is_finite() { group(&format!("{value:.0}")) } else { short(value) };
    }
    let digits = (5 - value.abs().log10().floor() as i32).max(0) as usize;
    group(format!("{value:.digits$}").trim_end_matches('0').trim_end_matches('.'))
}

fn scientific(value: f64) -> String {
    exponent(&format!("{value:.2e}"))
}

fn exponent(text: &str) -> String {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
    format!("{mantissa}e{exponent}").replace('-', "−")
}

fn group(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("−", digits));
    let (whole, rest) = digits.find('.').map_or((digits, ""), |point| digits.split_at(point));
    // A small negative number that is printed as zeros has no sign.
    if sign == "−" && digits.chars().all(|digit| matches!(digit, '0' | '.')) {
        return digits.to_owned();
    }
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_people_read_them() {
        let ticks =
            [(0.0, 2.0), (1500.0, 500.0), (-0.5, 0.05), (1.5e-4, 5e-5), (31_000.0, 1000.0), (-0.0, 1.0)];
        assert_eq!(ticks.map(|(v, s)| tick(v, s)), ["0", "1,500", "−0.50", "1.5e−4", "31,000", "0"]);
        let shorts = [0.0, 0.123_456, 6.894, 1234.6, -2.5e-5, f64::NAN, f64::NEG_INFINITY];
        let settings = [0.0, 1e-4, 2.5e-3, 0.02, 0.996, 4096.0, -0.5, 1.0 / 3.0, 66.4];
        let written = ["0", "1e−4", "2.5e−3", "0.02", "0.996", "4,096", "−0.5", "0.333333", "66.4"];
        assert_eq!(settings.map(setting), written);
        assert_eq!(shorts.map(short), ["0.00", "0.123", "6.89", "1,235", "−2.5e−5", "NaN", "−∞"]);
    }
}
