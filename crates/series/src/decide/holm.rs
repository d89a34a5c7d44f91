//! Several tests, one statement (Holm 1979): works whatever the tests have to do with each other.

/// p of each, corrected for all: the k-th smallest times the number of those that are left, never below a smaller one's.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut corrected = vec![1.0; p.len()];
    let mut least = 0.0_f64;
    for (rank, place) in order.into_iter().enumerate() {
        least = least.max(p[place] * (p.len() - rank) as f64).min(1.0);
        corrected[place] = least;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn by_hand() {
        assert_eq!(holm(&[0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02]);
        assert_eq!((holm(&[]), holm(&[0.2]), holm(&[0.9, 0.8])), (vec![], vec![0.2], vec![1.0, 1.0]));
    }

    proptest! {
        /// As the procedure is told: from the smallest on, reject while p ≤ α / (how many are left).
        #[test]
        fn rejects_what_the_procedure_rejects(p in prop::collection::vec(0.0..0.2_f64, 1..12)) {
            let mut sorted: Vec<usize> = (0..p.len()).collect();
            sorted.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
            let rejected = sorted.iter().enumerate().take_while(|(k, place)| p[**place] * (p.len() - k) as f64 <= 0.05).map(|(_, place)| *place);
            let corrected = holm(&p);
            let mut expected: Vec<usize> = rejected.collect();
            expected.sort_unstable();
            prop_assert_eq!((0..p.len()).filter(|place| corrected[*place] <= 0.05).collect::<Vec<_>>(), expected);
        }
    }
}
