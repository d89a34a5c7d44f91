//! Exact conversion between f32 columns and the f64 values of the interface. Hardware conversions quieten signalling
//! NaN; these keep every bit of an f32 value through f32 → f64 → f32.

const F32_MANTISSA: u32 = 0x007f_ffff;
const F64_MANTISSA: u64 = 0x000f_ffff_ffff_ffff;

/// The f64 of the same value; a NaN keeps its sign and payload (in the upper bits).
pub fn widen(value: f32) -> f64 {
    if !value.is_nan() {
        return f64::from(value);
    }
    let bits = value.to_bits();
    let sign = u64::from(bits >> 31) << 63;
    // 29 is 52 − 23: an f32's payload lies in the uppermost bits of an f64's.
    f64::from_bits(sign | (0x7ff << 52) | (u64::from(bits & F32_MANTISSA) << 29))
}

/// The nearest f32 (ties to even; beyond the range: ±inf). A NaN stays NaN: it keeps its sign and the upper 23 bits
/// of its payload, and becomes quiet where those bits are zero.
pub fn narrow(value: f64) -> f32 {
    if !value.is_nan() {
        return value as f32;
    }
    let bits = value.to_bits();
    let sign = ((bits >> 63) as u32) << 31;
    let payload = ((bits & F64_MANTISSA) >> 29) as u32;
    // Without a payload these bits would be an infinity: the quiet bit keeps them a NaN.
    f32::from_bits(sign | (0xff << 23) | if payload == 0 { 1 << 22 } else { payload })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]
        #[test]
        fn every_f32_survives(bits in any::<u32>()) {
            prop_assert_eq!(narrow(widen(f32::from_bits(bits))).to_bits(), bits);
        }

        #[test]
        fn every_nan_stays_nan(bits in any::<u64>()) {
            let value = f64::from_bits(bits | (0x7ff << 52) | 1);
            prop_assert!(narrow(value).is_nan());
        }
    }

    #[test]
    fn special_values() {
        for bits in [0x7f80_0001_u32, 0xffc0_0000, 0x7f80_0000, 0xff80_0000, 0x8000_0000, 1] {
            assert_eq!(narrow(widen(f32::from_bits(bits))).to_bits(), bits, "{bits:#x}");
        }
        assert_eq!(narrow(1e300), f32::INFINITY);
        assert!(narrow(f64::from_bits(0x7ff0_0000_0000_0001)).is_nan());
    }
}
