//! One axis: from values to pixels, and where its ticks stand.

/// Maps `low..=high` to pixels; `start` belongs to `low`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Axis {
    pub low: f64,
    pub high: f64,
    pub start: f64,
    pub end: f64,
    pub log: bool,
}

impl Axis {
    /// The pixel of a value. On a log axis, what has no logarithm stands at the lower end.
    pub fn at(&self, value: f64) -> f64 {
        let share = if self.log {
            if value <= self.low { 0.0 } else { (value / self.low).log10() / (self.high / self.low).log10() }
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.start + share * (self.end - self.start)
    }

    /// Tick values, at least `apart` pixels from each other, with the label of each.
    pub fn ticks(&self, apart: f64) -> Vec<(f64, String)> {
        let pixels = (self.end - self.start).abs();
        if self.log {
            return self.log_ticks(apart, pixels);
        }
        let step = nice((self.high - self.low) * apart / pixels.max(1.0));
        // 1e-9 of a step: a tick on the edge of the range is not lost to rounding.
        let first = (self.low / step - 1e-9).ceil() as i64;
        let last = (self.high / step + 1e-9).floor() as i64;
        (first..=last)
            // A product for each: the errors of a running sum would grow from tick to tick.
            .map(|k| k as f64 * step)
            .map(|value| (value, crate::number::tick(value, step)))
            .collect()
    }

    fn log_ticks(&self, apart: f64, pixels: f64) -> Vec<(f64, String)> {
        let decades = (self.high / self.low).log10();
        let per_decade = pixels / decades;
        let mantissas: &[f64] = match () {
            () if per_decade * 0.17 >= apart => &[1.0, 1.5, 2.0, 3.0, 5.0, 7.0],
            // 0.3 is log10 2, the distance of the closest two of 1, 2, 5 and 10.
            () if per_decade * 0.3 >= apart => &[1.0, 2.0, 5.0],
            () => &[1.0],
        };
        let every = if mantissas.len() == 1 { (apart / per_decade).ceil().max(1.0) as i32 } else { 1 };
        let (first, last) = (self.low.log10().floor() as i32, self.high.log10().ceil() as i32);
        let powers = (first..=last).filter(|power| power.rem_euclid(every) == 0);
        powers
            .flat_map(|power| mantissas.iter().map(move |mantissa| (mantissa, power)))
            .map(|(mantissa, power)| (mantissa * 10_f64.powi(power), power, *mantissa))
            .filter(|(value, ..)| (self.low * 0.999..=self.high * 1.001).contains(value))
            .map(|(value, power, mantissa)| {
                // 1.5 has a decimal more than its power of ten.
                let spacing = 10_f64.powi(if mantissa == 1.5 { power - 1 } else { power });
                (value, crate::number::tick(value, spacing))
            })
            .collect()
    }
}

/// The smallest of 1, 2, 5 × 10ᵏ that is not below `least`.
fn nice(least: f64) -> f64 {
    if least <= 0.0 || !least.is_finite() {
        return 1.0;
    }
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .iter()
        .map(|m| m * power)
        // A step that equals the least one up to rounding is not below it.
        .find(|step| *step >= least * 0.999_999)
        .unwrap_or(10.0 * power)
}

/// Room around the values: a twentieth on both sides; a flat series gets a range of its own.
pub(crate) fn with_room(low: f64, high: f64, log: bool) -> (f64, f64) {
    if log {
        let (low, high) = (low.log10(), high.log10());
        let room = if high > low { 0.06 * (high - low) } else { 0.5 };
        // Powers beyond ±308 are infinite or 0.
        return (10_f64.powf((low - room).max(-300.0)), 10_f64.powf((high + room).min(300.0)));
    }
    let room = if high > low { 0.06 * (high - low) } else { 0.5 * high.abs().max(1e-12) };
    (low - room, high + room)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64, log: bool) -> Vec<String> {
        let axis = Axis { low, high, start: 200.0, end: 0.0, log };
        axis.ticks(34.0).into_iter().map(|tick| tick.1).collect()
    }

    #[test]
    fn ticks_as_text() {
        assert_eq!(labels(0.0, 7.1, false), ["0", "2", "4", "6"]);
        assert_eq!(labels(-0.31, 0.62, false), ["−0.2", "0.0", "0.2", "0.4", "0.6"]);
        assert_eq!(labels(5e-5, 2e-4, false), ["5e−5", "1e−4", "1.5e−4", "2e−4"]);
        assert_eq!(labels(0.003, 40.0, true), ["0.01", "0.1", "1", "10"]);
        assert_eq!(labels(0.5, 4.0, true), ["0.5", "0.7", "1", "1.5", "2", "3"]);
        assert_eq!(labels(1e-12, 1e8, true).len(), 6);
    }

    #[test]
    fn ends_and_the_impossible() {
        let axis = Axis { low: 0.1, high: 10.0, start: 100.0, end: 0.0, log: true };
        assert_eq!((axis.at(0.1), axis.at(1.0), axis.at(10.0)), (100.0, 50.0, 0.0));
        assert_eq!((axis.at(0.0), axis.at(-3.0)), (100.0, 100.0));
        assert_eq!(with_room(2.0, 2.0, false), (1.0, 3.0));
    }
}
