//! The inverse cosine transform of an 8 × 8 block: Loeffler's, in 13-bit fixed point, columns first, rounded to two more
//! bits between the passes, as libjpeg's accurate integer method has it, so that the samples are the same.

#[cfg(target_arch = "x86_64")]
#[path = "idct_avx2.rs"]
mod wide;

/// Dequantised coefficients, row by row.
pub(super) type Block = [i16; 64];

/// Samples across and down a block.
pub(super) const SIDE: usize = 8;

const BITS: i32 = 13;
/// Bits kept between the passes.
const BETWEEN: i32 = 2;

/// 2^13 times the cosines' sums and differences.
const C0_298: i32 = 2446;
const C0_390: i32 = 3196;
const C0_541: i32 = 4433;
const C0_765: i32 = 6270;
const C0_899: i32 = 7373;
const C1_175: i32 = 9633;
const C1_501: i32 = 12299;
const C1_847: i32 = 15137;
const C1_961: i32 = 16069;
const C2_053: i32 = 16819;
const C2_562: i32 = 20995;
const C3_072: i32 = 25172;

/// A block whose only coefficient is the first.
#[inline(always)]
pub(super) fn flat(first: i16, out: &mut [u8], stride: usize) {
    // A lone first coefficient is eight times the block's mean; 128 is the level shift of JPEG.
    let sample = (((i32::from(first) + 4) >> 3) + 128).clamp(0, 255) as u8;
    for row in 0..SIDE {
        out[row * stride..][..SIDE].fill(sample);
    }
}

/// Transforms a block to samples: eight rows, `stride` bytes apart.
#[inline(always)]
pub(super) fn inverse(block: &Block, out: &mut [u8], stride: usize) {
    #[cfg(target_arch = "x86_64")]
    if wide::inverse(block, out, stride) {
        return;
    }
    inverse_portable(block, out, stride);
}

/// As [`inverse`], on any machine: the slow form that the other is tested against.
fn inverse_portable(block: &Block, out: &mut [u8], stride: usize) {
    let mut between = [0i32; 64];
    for x in 0..SIDE {
        let column = pass(std::array::from_fn(|k| i32::from(block[k * SIDE + x])));
        for (y, value) in column.into_iter().enumerate() {
            between[y * SIDE + x] = round(value, BITS - BETWEEN);
        }
    }
    for y in 0..SIDE {
        let row = pass(std::array::from_fn(|k| between[y * SIDE + k]));
        for (x, value) in row.into_iter().enumerate() {
            // Either pass leaves out a factor of 1/√8: the two together are three bits.
            out[y * stride + x] = (round(value, BITS + BETWEEN + 3) + 128).clamp(0, 255) as u8;
        }
    }
}

fn round(value: i32, bits: i32) -> i32 {
    value.wrapping_add(1 << (bits - 1)) >> bits
}

/// One dimension: eight coefficients to eight samples times 2^13.
fn pass(c: [i32; 8]) -> [i32; 8] {
    // Wrapping as the vector instructions do, so that damaged coefficients give the same bytes in both forms.
    let mul = i32::wrapping_mul;
    let sum = |values: [i32; 2]| values[0].wrapping_add(values[1]);
    let less = |a: i32, b: i32| a.wrapping_sub(b);

    let both = mul(sum([c[2], c[6]]), C0_541);
    let (low, high) = (less(both, mul(c[6], C1_847)), sum([both, mul(c[2], C0_765)]));
    let (plus, minus) =
        (sum([c[0], c[4]]).wrapping_shl(BITS as u32), less(c[0], c[4]).wrapping_shl(BITS as u32));
    let even = [sum([plus, high]), sum([minus, low]), less(minus, low), less(plus, high)];

    let z1 = mul(sum([c[7], c[1]]), -C0_899);
    let z2 = mul(sum([c[5], c[3]]), -C2_562);
    let (z3, z4) = (sum([c[7], c[3]]), sum([c[5], c[1]]));
    let z5 = mul(sum([z3, z4]), C1_175);
    let (z3, z4) = (sum([mul(z3, -C1_961), z5]), sum([mul(z4, -C0_390), z5]));
    let odd = [
        sum([mul(c[1], C1_501), sum([z1, z4])]),
        sum([mul(c[3], C3_072), sum([z2, z3])]),
        sum([mul(c[5], C2_053), sum([z2, z4])]),
        sum([mul(c[7], C0_298), sum([z1, z3])]),
    ];
    std::array::from_fn(|i| if i < 4 { sum([even[i], odd[i]]) } else { less(even[7 - i], odd[7 - i]) })
}

#[cfg(test)]
mod tests {
    use std::f64::consts::{FRAC_1_SQRT_2, PI};

    use proptest::prelude::*;

    use super::*;

    /// The transform as its definition has it, in f64.
    fn slow(block: &Block) -> [f64; 64] {
        let weight = |k: usize| if k == 0 { FRAC_1_SQRT_2 } else { 1.0 };
        let wave = |x: usize, k: usize| ((2 * x + 1) as f64 * k as f64 * PI / 16.0).cos() * weight(k);
        std::array::from_fn(|at| {
            let (y, x) = (at / SIDE, at % SIDE);
            let sum: f64 = (0..64).map(|k| f64::from(block[k]) * wave(y, k / SIDE) * wave(x, k % SIDE)).sum();
            sum / 4.0 + 128.0
        })
    }

    fn blocks() -> impl Strategy<Value = Block> {
        let coefficient = prop_oneof![4 => Just(0i16), 2 => -40i16..40, 1 => -1000i16..1000];
        prop::collection::vec(coefficient, 64).prop_map(|values| std::array::from_fn(|k| values[k]))
    }

    proptest! {
        #[test]
        fn vectors_change_nothing_and_the_definition_is_met(block in blocks()) {
            let (mut wide, mut portable) = ([0; 8 * 11], [0; 8 * 11]);
            inverse(&block, &mut wide, 11);
            inverse_portable(&block, &mut portable, 11);
            prop_assert!(wide == portable);
            for (at, exact) in slow(&block).into_iter().enumerate() {
                let ours = f64::from(wide[at / 8 * 11 + at % 8]);
                // Half a level of rounding, and an eighth from the rounding between the passes.
                prop_assert!((ours - exact.clamp(0.0, 255.0)).abs() < 0.65, "{ours} {exact}");
            }
        }

        #[test]
        fn a_flat_block_is_any_block_without_detail(first in -1100i16..1100) {
            let mut block = [0; 64];
            block[0] = first;
            let (mut quick, mut full) = ([0; 64], [0; 64]);
            flat(first, &mut quick, 8);
            inverse(&block, &mut full, 8);
            prop_assert!(quick == full);
        }
    }
}
