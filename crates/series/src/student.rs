//! Quantiles of Student's t, through the regularised incomplete beta function (Abramowitz and Stegun 26.5.8, 26.7.1).

/// The `probability` quantile (0.5 … 1) of Student's t with `freedom` degrees of freedom (≥ 1), by bisection.
pub fn student_t_quantile(probability: f64, freedom: u64) -> f64 {
    let freedom = freedom.max(1) as f64;
    let (mut low, mut high) = (0.0, 1.0);
    // With one degree of freedom (Cauchy) quantiles near 1 grow without bound: 1e12 ends the search.
    while cumulative(high, freedom) < probability && high < 1e12 {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        // No number lies between them: all further halvings would leave them as they are.
        if middle <= low || middle >= high {
            break;
        }
        if cumulative(middle, freedom) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// P(T > t) for t ≥ 0: exact far out, where 1 − P(T ≤ t) would be rounding alone.
pub(crate) fn student_t_tail(t: f64, freedom: u64) -> f64 {
    let freedom = freedom as f64;
    0.5 * incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t))
}

/// P(T ≤ t) for t ≥ 0.
fn cumulative(t: f64, freedom: f64) -> f64 {
    1.0 - 0.5 * incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t))
}

/// I_x(a, b).
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    // As logarithms, since gamma functions overflow from 171 on; `ln_1p` keeps the digits of a tiny x.
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp();
    // The continued fraction converges fast below the mean, and I_x(a, b) = 1 − I_{1−x}(b, a).
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(a, b, x) / a
    } else {
        1.0 - front * fraction(b, a, 1.0 - x) / b
    }
}

/// The continued fraction of the incomplete beta function, by Lentz's method.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    // Lentz's method divides by these terms: in place of 0 a tiny number leaves the result as it is.
    let guard = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / guard(1.0 - (a + b) * x / (a + 1.0));
    let mut result = d;
    for m in 1..500 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        for term in [even, odd] {
            d = 1.0 / guard(1.0 + term * d);
            c = guard(1.0 + term / c);
            result *= d * c;
        }
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    result
}

/// ln Γ(x) for x > 0: Stirling's series (A&S 6.1.41) after shifting x above 10.
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut shift) = (x, 0.0);
    while x < 10.0 {
        // Γ(x) = Γ(x + 1) / x.
        shift -= x.ln();
        x += 1.0;
    }
    let square = x * x;
    // The next term is 1 / (1188·x⁹): below 1e-12 from 10 on.
    let series =
        (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / (1680.0 * square)) / square) / square) / x;
    shift + (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed tables (two-sided 95 % and 99 %).
    #[test]
    fn agrees_with_tables() {
        let table = [
            (1, 12.7062, 63.6567),
            (2, 4.30265, 9.92484),
            (4, 2.77645, 4.60409),
            (5, 2.57058, 4.03214),
            (9, 2.26216, 3.24984),
            (29, 2.04523, 2.75639),
            (120, 1.97993, 2.61742),
            (1_000_000, 1.95997, 2.57583),
        ];
        for (freedom, at_975, at_995) in table {
            for (probability, expected) in [(0.975, at_975), (0.995, at_995)] {
                let found = student_t_quantile(probability, freedom);
                assert!((found / expected - 1.0).abs() < 3e-6, "t({probability}, {freedom}) = {found}");
            }
        }
    }

    #[test]
    fn one_degree_of_freedom_is_cauchy() {
        for probability in [0.6, 0.75, 0.9, 0.99] {
            let expected = (std::f64::consts::PI * (probability - 0.5)).tan();
            assert!((student_t_quantile(probability, 1) / expected - 1.0).abs() < 1e-11);
        }
    }

    #[test]
    fn gamma_in_closed_form() {
        assert!((ln_gamma(0.5) - std::f64::consts::PI.sqrt().ln()).abs() < 1e-12);
        assert!((ln_gamma(11.0) - 3_628_800_f64.ln()).abs() < 1e-12);
    }
}
