//! The values of `range`, `log` and `linear` axes. All three include both ends.

/// `count` values from one end to the other with a constant ratio; both ends must be positive.
pub(crate) fn log_spaced(from: f64, to: f64, count: usize) -> Vec<f64> {
    spaced(from, to, count, |part| from * (to / from).powf(part))
}

/// `count` values from one end to the other with a constant difference.
pub(crate) fn linear_spaced(from: f64, to: f64, count: usize) -> Vec<f64> {
    spaced(from, to, count, |part| from + (to - from) * part)
}

/// Ends as given; between them 12 significant digits, so that 1e-4 between 1e-5 and 1e-3 is 1e-4 and not its
/// neighbour, and equals the same value written by hand.
fn spaced(from: f64, to: f64, count: usize, at: impl Fn(f64) -> f64) -> Vec<f64> {
    let last = count.saturating_sub(1);
    (0..count)
        .map(|index| match index {
            0 => from,
            index if index == last => to,
            index => round_to_12_digits(at(index as f64 / last as f64)),
        })
        .collect()
}

fn round_to_12_digits(number: f64) -> f64 {
    format!("{number:.11e}").parse().unwrap_or(number)
}

/// Whole numbers from one end on, in steps, not beyond the other end.
pub(crate) fn stepped(from: i64, to: i64, step: i64, limit: usize) -> Vec<i64> {
    let mut values = Vec::new();
    let mut next = Some(from);
    while let Some(value) = next {
        let is_beyond = if step > 0 { value > to } else { value < to };
        if step == 0 || is_beyond || values.len() > limit {
            break;
        }
        values.push(value);
        next = value.checked_add(step);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaced_values_hit_round_numbers_and_both_ends() {
        assert_eq!(log_spaced(1e-5, 1e-3, 5), [1e-5, 3.16227766017e-5, 1e-4, 3.16227766017e-4, 1e-3]);
        assert_eq!(linear_spaced(0.1, 0.5, 5), [0.1, 0.2, 0.3, 0.4, 0.5]);
        assert_eq!(linear_spaced(3.0, 1.0, 3), [3.0, 2.0, 1.0]);
        assert_eq!(stepped(64, 256, 64, 100), [64, 128, 192, 256]);
        assert_eq!(stepped(10, 1, -4, 100), [10, 6, 2]);
        assert!(stepped(1, 5, 0, 100).is_empty());
    }
}
