//! Keyed randomness: every random draw of training has an address (seed, purpose, numbers) instead of a place in one
//! long stream, so that runs which differ in one setting share everything else and a resumed run needs no state.
//!
//! The address is hashed with BLAKE3 into the 256-bit state of a xoshiro256++ generator (Blackman and Vigna 2019).

/// One part of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    Number(u64),
    Text(&'a str),
}

impl From<u64> for Part<'_> {
    fn from(number: u64) -> Self {
        Part::Number(number)
    }
}

impl<'a> From<&'a str> for Part<'a> {
    fn from(text: &'a str) -> Self {
        Part::Text(text)
    }
}

/// The generator at the address (`seed`, `parts`). Different addresses give independent generators; the same address
/// always gives the same numbers, on every machine.
pub fn keyed_rng(seed: u64, parts: &[Part<'_>]) -> KeyedRng {
    let mut hasher = blake3::Hasher::new_derive_key("vitals 2026 keyed randomness");
    hasher.update(&seed.to_le_bytes());
    for part in parts {
        // A tag before each part and a length before each text: different addresses are never the same bytes.
        match part {
            Part::Number(number) => {
                hasher.update(&[0]).update(&number.to_le_bytes());
            }
            Part::Text(text) => {
                hasher.update(&[1]).update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
            }
        }
    }
    let digest = hasher.finalize();
    let mut state = [0u64; 4];
    for (word, bytes) in state.iter_mut().zip(digest.as_bytes().as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    // Of all states only zeros would be stuck; a hash has them once in 2²⁵⁶.
    KeyedRng { state }
}

/// A generator at one address.
#[derive(Debug, Clone)]
pub struct KeyedRng {
    state: [u64; 4],
}

impl KeyedRng {
    /// 64 uniform bits.
    pub fn next_u64(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        result
    }

    /// Uniform in [0, 1), 53 bits.
    pub fn unit(&mut self) -> f64 {
        // 53 bits are all that a double holds: the product is exact, and never rounds up to 1.
        (self.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform in [low, high).
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Uniform in 0..bound without bias (Lemire 2019); 0 where bound is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        // 2⁶⁴ mod bound: as many draws are too many for all results to be equally likely.
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.next_u64()) * u128::from(bound);
            if product as u64 >= threshold {
                return (product >> 64) as u64;
            }
        }
    }

    /// True with the given probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Standard normal (Box and Muller; the second value of the pair is not kept, so that draws do not depend on
    /// what was drawn before).
    pub fn normal(&mut self) -> f64 {
        // 1 − unit() lies in (0, 1], where the logarithm is finite.
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Puts the items in uniformly random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xoshiro_follows_its_definition() {
        // First outputs of xoshiro256++ from the state 1, 2, 3, 4, worked by hand from the definition:
        // rotl(1 + 4, 23) + 1 = 41943041; then the state is (7, 0, 262146, 6 << 45).
        let mut rng = KeyedRng { state: [1, 2, 3, 4] };
        assert_eq!(rng.next_u64(), 41_943_041);
        assert_eq!(rng.state, [7, 0, 262_146, 6 << 45]);
        assert_eq!(rng.next_u64(), 58_720_359);
    }

    #[test]
    fn an_address_is_more_than_the_concatenation_of_its_parts() {
        let draw = |parts: &[Part<'_>]| keyed_rng(7, parts).next_u64();
        let addresses: [&[Part<'_>]; 7] = [
            &["ab".into(), "c".into()],
            &["a".into(), "bc".into()],
            &["abc".into()],
            &["abc".into(), 0.into()],
            &[0.into(), "abc".into()],
            &[0.into(), 0.into()],
            &[0.into()],
        ];
        let mut seen: Vec<u64> = addresses.iter().map(|parts| draw(parts)).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), addresses.len());
        assert_eq!(draw(&["abc".into()]), draw(&["abc".into()]));
    }

    #[test]
    fn draws_have_the_moments_of_their_distributions() {
        let mut rng = keyed_rng(0, &["moments".into()]);
        let count = 100_000;
        let normals: Vec<f64> = (0..count).map(|_| rng.normal()).collect();
        let mean = normals.iter().sum::<f64>() / count as f64;
        let variance = normals.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count as f64;
        assert!(
            mean.abs() < 0.015 && (variance - 1.0).abs() < 0.02,
            "normal: mean {mean}, variance {variance}"
        );
        let mut histogram = [0u32; 7];
        for _ in 0..70_000 {
            histogram[rng.below(7) as usize] += 1;
        }
        assert!(histogram.iter().all(|&n| (9_500..10_500).contains(&n)), "below: {histogram:?}");
        assert!((0..1000).all(|_| (3.0..5.0).contains(&rng.uniform(3.0, 5.0))));
    }

    #[test]
    fn a_shuffle_is_a_permutation() {
        let mut items: Vec<u32> = (0..1000).collect();
        keyed_rng(1, &["order".into(), 3.into()]).shuffle(&mut items);
        assert_ne!(items, (0..1000).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..1000).collect::<Vec<_>>());
    }
}
