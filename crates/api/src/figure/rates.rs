//! Outcome against learning rate, asked anew by the function that answers the screen. In the legend stands of each arm how much it
//! hangs on its rate. Judges nothing itself.

use vitals_charts::{Column, Interval, Line, Lines, Trace, XAxis};
use vitals_series::Summary;

use super::slots::{QUIET, index_of};
use crate::Context;
use crate::decide::sensitivity;
use crate::digits::{decimals, significant};
use crate::dto::{FigureRates, RateOutcome, RateSensitivity, SensitivityOfRates};
use crate::error::Result;

/// Rates that differ in their last digits alone are one.
const SAME: f64 = 1e-9;

/// A line an arm through the means of its seeds, a band from the lowest seed to the highest; hollow where some failed, and a cross
/// where all did.
pub(super) async fn drawn(context: &Context, asked: &FigureRates) -> Result<Lines> {
    let found = sensitivity(context, &asked.of).await?;
    let x = XAxis { log: true, only: all_rates(&found), ..XAxis::numbers(&asked.x_title) };
    let lost: Vec<(f64, f64)> = (x.only.iter())
        .filter(|rate| found.arms.iter().any(|arm| at(arm, **rate).is_some_and(|point| point.mean.is_none())))
        .map(|rate| (*rate, f64::NAN))
        .collect();
    let mut made = Lines::new(x);
    made.scale = asked.scale;
    if !lost.is_empty() {
        made.lines.push(Line { joined: false, ..Line::new("", QUIET, Trace::points(&lost)) });
    }
    let mut arms: Vec<(Option<usize>, Line)> = found.arms.iter().map(|arm| line(arm, asked)).collect();
    // The first slots on top, those without one below all.
    arms.sort_by_key(|(index, _)| index.unwrap_or(usize::MAX));
    made.lines.extend(arms.into_iter().map(|(_, line)| line));
    Ok(made)
}

fn all_rates(found: &SensitivityOfRates) -> Vec<f64> {
    let mut rates: Vec<f64> =
        found.arms.iter().flat_map(|arm| arm.points.iter().map(|point| point.rate)).collect();
    rates.sort_by(f64::total_cmp);
    rates.dedup_by(|next, rate| (*next / *rate - 1.0).abs() < SAME);
    rates
}

fn at(arm: &RateSensitivity, rate: f64) -> Option<&RateOutcome> {
    arm.points.iter().find(|point| (point.rate / rate - 1.0).abs() < SAME)
}

fn line(arm: &RateSensitivity, asked: &FigureRates) -> (Option<usize>, Line) {
    let known = asked.arms.iter().find(|one| one.written == arm.written);
    let name = known.map_or(arm.written.as_str(), |one| one.label.as_str());
    let index = known.and_then(|one| index_of(one.slot));
    let label = (asked.entry.replace("{sensitivity}", &sensitivity_text(arm, asked)))
        .replace("{usable}", &usable_text(arm))
        .replace("{arm}", name);
    let columns = arm.points.iter().filter_map(|point| {
        let values = Summary::of(&[0], &[point.mean?]);
        Some(Column { first_x: point.rate, last_x: point.rate, values, hollow: point.failed > 0 })
    });
    let columns: Vec<Column> = columns.collect();
    let ends = |column: Option<&Column>| column.map_or(f64::NAN, |column| column.first_x);
    let trace = Trace { from: ends(columns.first()), to: ends(columns.last()), columns };
    let intervals = (arm.points.iter())
        .filter_map(|point| point.range.map(|(low, high)| Interval { x: point.rate, low, high }));
    let made = Line::new(label, index.unwrap_or(QUIET), trace);
    let (dash_index, shape_index) = (index.unwrap_or(0), index.unwrap_or(0));
    (index, Line { dash_index, shape_index, marks: true, intervals: intervals.collect(), ..made })
}

/// 3.9 ± 0.3 pt; a dash where no seed has all rates.
fn sensitivity_text(arm: &RateSensitivity, asked: &FigureRates) -> String {
    let Some(mean) = arm.sensitivity else { return "–".to_owned() };
    let number = |value: f64| match asked.scale == 100.0 {
        true => decimals(value * asked.scale, 1),
        false => significant(value * asked.scale, 3),
    };
    let spread = arm.std.map_or_else(String::new, |std| format!(" ± {}", number(std)));
    format!("{}{spread} {}", number(mean), asked.unit).trim_end().to_owned()
}

/// 3.3 ×; ≥ where it reaches an end of the sweep.
fn usable_text(arm: &RateSensitivity) -> String {
    let Some((low, high)) = arm.usable else { return "–".to_owned() };
    let factor = high / low;
    let open = if arm.usable_reaches_end { "≥ " } else { "" };
    let factor = if factor < 10.0 { decimals(factor, 1) } else { significant(factor, 3) };
    format!("{open}{factor} ×")
}
