//! One line a figure.

/// A bar that a figure must meet.
#[derive(Debug, Clone, Copy)]
pub enum Bar {
    AtLeast(f64),
    AtMost(f64),
    Within(f64, f64),
    /// Told for what it is worth.
    None,
}

/// Prints a figure; `details` are further numbers by name.
pub fn print(name: &str, value: f64, unit: &str, bar: Bar, details: &[(&str, f64)]) {
    let (met, bar, higher) = match bar {
        Bar::AtLeast(least) => (value >= least, format!("\">= {least}\""), true),
        Bar::AtMost(most) => (value <= most, format!("\"<= {most}\""), false),
        Bar::Within(least, most) => ((least..=most).contains(&value), format!("\"{least} to {most}\""), true),
        Bar::None => (true, "null".to_owned(), true),
    };
    let more: String =
        details.iter().map(|(name, value)| format!(",\"{name}\":{}", number(*value))).collect();
    println!(
        "{{\"name\":\"{}/{name}\",\"value\":{},\"unit\":\"{unit}\",\"higher_is_better\":{higher},\
         \"details\":{{\"bar\":{bar},\"met\":{met}{more}}}}}",
        crate::BENCH,
        number(value)
    );
}

/// JSON has no other numbers; four digits are enough.
fn number(value: f64) -> String {
    if value.is_finite() { format!("{}", (1e4 * value).round() / 1e4) } else { "null".to_owned() }
}

/// A part of a whole; NaN of nothing.
pub fn part(some: u64, all: u64) -> f64 {
    some as f64 / all as f64
}

/// The value below which a part of them lies; NaN of none.
pub fn quantile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (part * values.len().saturating_sub(1) as f64).round() as usize;
    values.get(place).copied().unwrap_or(f64::NAN)
}
