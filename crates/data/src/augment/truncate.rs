//! Truncation of floats to integers that vectorises, which `as` with its saturation does not.
#![expect(unsafe_code, reason = "floats are converted without saturation only after they were clamped")]

/// Truncates to 0..=255; NaN becomes 0.
#[inline(always)]
pub(crate) fn truncate_f32(value: f32) -> u8 {
    // Comparisons, not `clamp`: each is one instruction and turns NaN into the constant.
    let value = if value > 0.0 { value } else { 0.0 };
    let value = if value < 255.0 { value } else { 255.0 };
    // SAFETY: value lies in 0..=255 and is not NaN.
    let whole: i32 = unsafe { value.to_int_unchecked() };
    whole as u8
}

/// Truncates to 0..=255; NaN becomes 0.
#[inline(always)]
pub(crate) fn truncate_f64(value: f64) -> i32 {
    let value = if value > 0.0 { value } else { 0.0 };
    let value = if value < 255.0 { value } else { 255.0 };
    // SAFETY: value lies in 0..=255 and is not NaN.
    unsafe { value.to_int_unchecked() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truncation_is_that_of_a_saturating_cast() {
        let specials =
            [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, -1.0, 0.999, 254.999, 255.0, 256.0, 1e300];
        let steps = (-10_000..300_000).map(|i| f64::from(i) / 1000.0);
        for value in specials.into_iter().chain(steps) {
            assert_eq!(truncate_f64(value), i32::from(value as u8), "{value}");
            assert_eq!(truncate_f32(value as f32), (value as f32) as u8, "{value}");
        }
    }
}
