//! The inverse cosine transform in AVX2: the same arithmetic on eight columns, then on eight rows at a time.
#![expect(
    unsafe_code,
    reason = "code for AVX2 is called only where the CPU has it; vectors are read from and written to arrays of their size"
)]

use std::arch::x86_64::*;

use super::*;

/// Transforms a block as [`inverse_portable`] does. False where the CPU has no AVX2.
#[inline(always)]
pub(super) fn inverse(block: &Block, out: &mut [u8], stride: usize) -> bool {
    let has = std::arch::is_x86_feature_detected!("avx2");
    if has {
        // SAFETY: the CPU has AVX2.
        unsafe { transform(block, out, stride) };
    }
    has
}

#[target_feature(enable = "avx2")]
fn transform(block: &Block, out: &mut [u8], stride: usize) {
    let rows = block.as_chunks::<8>().0;
    let load = |row: &[i16; 8]| {
        // SAFETY: the row has the 16 bytes that are read, at any alignment.
        let row = unsafe { _mm_loadu_si128(row.as_ptr().cast()) };
        _mm256_cvtepi16_epi32(row)
    };
    let coefficients = [
        load(&rows[0]),
        load(&rows[1]),
        load(&rows[2]),
        load(&rows[3]),
        load(&rows[4]),
        load(&rows[5]),
        load(&rows[6]),
        load(&rows[7]),
    ];
    let between = pass::<{ BITS - BETWEEN }>(coefficients);
    let samples = pass::<{ BITS + BETWEEN + 3 }>(transposed(between));
    for (y, row) in packed(samples).into_iter().enumerate() {
        out[y * stride..][..SIDE].copy_from_slice(&row);
    }
}

/// One dimension of eight columns, rounded to `ROUND` bits less.
#[inline]
#[target_feature(enable = "avx2")]
fn pass<const ROUND: i32>(c: [__m256i; 8]) -> [__m256i; 8] {
    let add = |a, b| _mm256_add_epi32(a, b);
    let sub = |a, b| _mm256_sub_epi32(a, b);
    let mul = |a, b| _mm256_mullo_epi32(a, _mm256_set1_epi32(b));

    let both = mul(add(c[2], c[6]), C0_541);
    let (low, high) = (sub(both, mul(c[6], C1_847)), add(both, mul(c[2], C0_765)));
    // Half of what rounding adds lies in all eight results.
    let half = _mm256_set1_epi32(1 << (ROUND - 1));
    let plus = add(_mm256_slli_epi32::<BITS>(add(c[0], c[4])), half);
    let minus = add(_mm256_slli_epi32::<BITS>(sub(c[0], c[4])), half);
    let even = [add(plus, high), add(minus, low), sub(minus, low), sub(plus, high)];

    let z1 = mul(add(c[7], c[1]), -C0_899);
    let z2 = mul(add(c[5], c[3]), -C2_562);
    let (z3, z4) = (add(c[7], c[3]), add(c[5], c[1]));
    let z5 = mul(add(z3, z4), C1_175);
    let (z3, z4) = (add(mul(z3, -C1_961), z5), add(mul(z4, -C0_390), z5));
    let odd = [
        add(mul(c[1], C1_501), add(z1, z4)),
        add(mul(c[3], C3_072), add(z2, z3)),
        add(mul(c[5], C2_053), add(z2, z4)),
        add(mul(c[7], C0_298), add(z1, z3)),
    ];
    let plus = |i: usize| _mm256_srai_epi32::<ROUND>(add(even[i], odd[i]));
    let minus = |i: usize| _mm256_srai_epi32::<ROUND>(sub(even[i], odd[i]));
    [plus(0), plus(1), plus(2), plus(3), minus(3), minus(2), minus(1), minus(0)]
}

#[inline]
#[target_feature(enable = "avx2")]
fn transposed(r: [__m256i; 8]) -> [__m256i; 8] {
    let pairs = |a, b| (_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
    let ((a0, a1), (a2, a3)) = (pairs(r[0], r[1]), pairs(r[2], r[3]));
    let ((a4, a5), (a6, a7)) = (pairs(r[4], r[5]), pairs(r[6], r[7]));
    let quads = |a, b| (_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
    let ((b0, b1), (b2, b3)) = (quads(a0, a2), quads(a1, a3));
    let ((b4, b5), (b6, b7)) = (quads(a4, a6), quads(a5, a7));
    let low = |a, b| _mm256_permute2x128_si256::<0x20>(a, b);
    let high = |a, b| _mm256_permute2x128_si256::<0x31>(a, b);
    [
        low(b0, b4),
        low(b1, b5),
        low(b2, b6),
        low(b3, b7),
        high(b0, b4),
        high(b1, b5),
        high(b2, b6),
        high(b3, b7),
    ]
}

/// Columns of samples around 0 to rows of bytes around 128.
#[inline]
#[target_feature(enable = "avx2")]
fn packed(c: [__m256i; 8]) -> [[u8; 8]; 8] {
    let words = |a, b| _mm256_packs_epi32(a, b);
    let bytes = |a, b| _mm256_xor_si256(_mm256_packs_epi16(a, b), _mm256_set1_epi8(-128));
    // In each half: four rows of column 0, four of column 1, and so on; then column by column within a row.
    let by_row = _mm256_setr_epi8(
        0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7,
        11, 15,
    );
    let left = _mm256_shuffle_epi8(bytes(words(c[0], c[1]), words(c[2], c[3])), by_row);
    let right = _mm256_shuffle_epi8(bytes(words(c[4], c[5]), words(c[6], c[7])), by_row);
    let (first, second) = (_mm256_unpacklo_epi32(left, right), _mm256_unpackhi_epi32(left, right));
    // SAFETY: both types are 64 bytes of any value.
    let [a, b, e, f, c, d, g, h]: [[u8; 8]; 8] = unsafe { std::mem::transmute([first, second]) };
    [a, b, c, d, e, f, g, h]
}
