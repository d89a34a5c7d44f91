//! Which events are alarms: of which kinds, from which size on, and which of them the desktop hears of. Detection finds what it
//! finds; this says what of it a person wants to be told.

use vitals_run::Happening;

use crate::Context;
use crate::dto::{AlarmRule, AlarmSettings, ApiError};
use crate::error::Result;
use crate::said::{Advice, Failure, Setting, names};

/// The kinds of events that a person may want to know of.
pub(crate) const KINDS: [&str; 6] = ["spike", "dip", "collapse", "nonfinite", "divergence", "stalled"];
const ALARMS: &str = "alarms";
/// Kinds whose events have a size that can be compared: times the noise of a spike, points of a dip.
const SIZED: [&str; 2] = ["spike", "dip"];

impl Default for AlarmRule {
    fn default() -> Self {
        Self { listed: true, notified: true, from: None }
    }
}

/// Every kind, whatever its size; what an injected disturbance caused, too.
impl Default for AlarmSettings {
    fn default() -> Self {
        let kinds = KINDS.iter().map(|kind| ((*kind).to_owned(), AlarmRule::default())).collect();
        Self { kinds, injected: true }
    }
}

impl AlarmSettings {
    pub(crate) fn of(&self, kind: &str) -> AlarmRule {
        self.kinds.get(kind).copied().unwrap_or_default()
    }

    /// Whether an event of a listed kind is an alarm.
    pub(crate) fn wants(&self, event: &vitals_run::Event) -> bool {
        let from = self.of(event.what.kind()).from;
        (self.injected || !event.injected) && from.is_none_or(|from| size(&event.what) >= from)
    }

    /// Whether kinds alone decide.
    pub(crate) fn goes_by_kind(&self) -> bool {
        self.injected && self.kinds.values().all(|rule| !rule.listed || rule.from.is_none())
    }
}

/// In the unit of the kind's rule; without bound where nothing can be compared, so that it is never left out.
fn size(what: &Happening) -> f64 {
    match what {
        Happening::Spike(spike) => spike.peak_z.abs(),
        Happening::Dip(dip) => dip.depth.abs() * 100.0,
        _ => f64::INFINITY,
    }
}

/// The rules as they are: the default of every kind that none is stored for.
pub async fn get(context: &Context) -> Result<AlarmSettings> {
    let stored: AlarmSettings = context.store().setting(ALARMS).await?.unwrap_or_default();
    let kinds = KINDS.iter().map(|kind| ((*kind).to_owned(), stored.of(kind))).collect();
    Ok(AlarmSettings { kinds, ..stored })
}

/// Stores the rules and returns them as they are now.
///
/// # Errors
/// `invalid_input` names the rule and what it can be; nothing is changed then.
pub async fn set(context: &Context, wanted: AlarmSettings) -> Result<AlarmSettings> {
    check(&wanted)?;
    context.store().set_setting(ALARMS, &wanted).await?;
    get(context).await
}

fn check(wanted: &AlarmSettings) -> Result<()> {
    for (kind, rule) in &wanted.kinds {
        if !KINDS.contains(&kind.as_str()) {
            let error = ApiError::invalid(Failure::NoAlarm { name: kind.clone() });
            return Err(error.hint(Advice::OneOf { choices: names(&KINDS) }));
        }
        let Some(from) = rule.from else { continue };
        if !SIZED.contains(&kind.as_str()) {
            return Err(ApiError::invalid(Setting::NoAlarmSize {
                event: kind.clone(),
                kinds: names(&SIZED),
            }));
        }
        if !(from.is_finite() && from > 0.0) {
            return Err(ApiError::invalid(Setting::AlarmSize {
                event: kind.clone(),
                found: from.to_string(),
            }));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use vitals_run::{Dip, Event, Spike};

    use super::*;

    fn rules(kind: &str, rule: AlarmRule) -> AlarmSettings {
        let mut settings = AlarmSettings::default();
        settings.kinds.insert(kind.to_owned(), rule);
        settings
    }

    fn spike(peak_z: f64, injected: bool) -> Event {
        let what = Happening::Spike(Spike { peak_step: 5, peak_z, layers: Vec::new(), open: false });
        Event { injected, ..Event::new(4, None, what) }
    }

    fn dip(depth: f64) -> Event {
        let metric = "knn_top1".to_owned();
        let dip = Dip { metric, baseline: 0.5, depth, area: 1.0, peak_step: 5, recovered: None, open: true };
        Event::new(4, None, Happening::Dip(dip))
    }

    #[test]
    fn everything_is_an_alarm_by_default() {
        let default = AlarmSettings::default();
        assert!(default.goes_by_kind());
        assert!([spike(4.0, false), spike(-4.0, true), dip(-0.01)].iter().all(|event| default.wants(event)));
    }

    #[test]
    fn sizes_and_injected_ones_are_left_out_where_a_rule_says_so() {
        let from = |from| AlarmRule { from: Some(from), ..AlarmRule::default() };
        let spikes = rules("spike", from(20.0));
        assert!(!spikes.goes_by_kind());
        assert_eq!([19.9, 20.0, -22.0].map(|z| spikes.wants(&spike(z, false))), [false, true, true]);
        assert!(spikes.wants(&dip(-0.001)), "other kinds stay as they are");
        // Points, of a fraction.
        let dips = rules("dip", from(5.0));
        assert_eq!([-0.049, 0.05].map(|depth| dips.wants(&dip(depth))), [false, true]);
        let own = AlarmSettings { injected: false, ..AlarmSettings::default() };
        assert_eq!([true, false].map(|injected| own.wants(&spike(9.0, injected))), [false, true]);
    }

    #[test]
    fn a_rule_that_cannot_be_obeyed_is_refused_by_its_name() {
        let refused = |kind: &str, from: f64| {
            let rule = AlarmRule { from: Some(from), ..AlarmRule::default() };
            check(&rules(kind, rule)).map_err(|error| error.message)
        };
        assert_eq!(refused("spike", 12.5), Ok(()));
        for (kind, from, word) in [
            ("spike", 0.0, "above 0"),
            ("dip", f64::NAN, "above 0"),
            ("stalled", 1.0, "spike, dip"),
            ("quake", 1.0, "`quake`"),
        ] {
            let said = refused(kind, from).unwrap_err();
            assert!(said.contains(word), "{said}");
        }
    }
}
