//! Numbers as people write them, the shortest way that reads back as the same number.

/// The shortest way to write a number: `1.5e-4` rather than `0.00015`, `256` rather than `256.0`.
pub fn short_number(number: f64) -> String {
    let plain = number.to_string();
    let exponent = format!("{number:e}");
    let magnitude = number.abs();
    let is_far = magnitude != 0.0 && !(1e-2..1e6).contains(&magnitude);
    if is_far && exponent.len() <= plain.len() { exponent } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_short() {
        let written: Vec<String> =
            [1.5e-4, 0.5, 256.0, 1e-8, 0.07, 0.001, 1e9, 0.0, 0.05, -2e-5].map(short_number).to_vec();
        assert_eq!(written, ["1.5e-4", "0.5", "256", "1e-8", "0.07", "1e-3", "1e9", "0", "0.05", "-2e-5"]);
    }
}
