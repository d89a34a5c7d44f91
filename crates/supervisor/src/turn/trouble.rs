//! What goes wrong with turns: each thing is said once and not ten times a second, and a damaged database, which no second
//! look mends, is looked at more and more seldom. It decides nothing else.

use std::collections::BTreeMap;
use std::time::Duration;

use vitals_store::StoreError;

use crate::error::SupervisorError;

/// What goes on for so long is said again.
const SAY_AGAIN: Duration = Duration::from_secs(3600);
/// As seldom as a damaged database is looked at.
const LONGEST: Duration = Duration::from_secs(5);
/// More different texts than this are no repetition.
const MOST_TEXTS: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Trouble {
    /// Of the last turn, where it failed.
    last: Option<SupervisorError>,
    /// When each text was said.
    said: BTreeMap<String, Duration>,
    pause: Duration,
    again_at: Duration,
}

impl Trouble {
    /// Whether it is time for a turn.
    pub fn is_over(&self, now: Duration) -> bool {
        now >= self.again_at
    }

    /// A turn was complete.
    pub fn end(&mut self) {
        self.last = None;
        self.pause = Duration::ZERO;
    }

    /// A turn failed; the next one is due after `tick`, or later.
    pub fn begin(&mut self, error: SupervisorError, now: Duration, tick: Duration) {
        let is_damage = matches!(error, SupervisorError::Store(StoreError::Corrupt { .. }));
        self.pause = if is_damage { (self.pause * 2).clamp(tick, LONGEST) } else { tick };
        self.again_at = now + self.pause;
        if is_damage {
            self.say(format!("{error}; `vitals doctor` says how the runs come back"), now);
        } else {
            self.say(format!("failed to {error}; trying again"), now);
        }
        self.last = Some(error);
    }

    /// Says it, unless it was said before.
    pub fn say(&mut self, text: String, now: Duration) {
        if self.said.get(&text).is_some_and(|&at| now.saturating_sub(at) < SAY_AGAIN) {
            return;
        }
        tracing::warn!("{text}");
        if self.said.len() >= MOST_TEXTS {
            self.said.clear();
        }
        self.said.insert(text, now);
    }

    /// What kept the last turn from being complete.
    pub fn take(&mut self) -> Option<SupervisorError> {
        self.last.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_millis(100);

    #[test]
    fn a_damaged_database_is_looked_at_seldom_and_said_once() {
        let mut trouble = Trouble::default();
        let (mut now, mut looks) = (Duration::ZERO, 0);
        while now < Duration::from_secs(60) {
            if trouble.is_over(now) {
                looks += 1;
                let error = StoreError::Corrupt { what: "page 5".to_owned() };
                trouble.begin(error.into(), now, TICK);
            }
            now += TICK;
        }
        assert!((12..25).contains(&looks), "{looks}");
        assert_eq!(trouble.said.len(), 1);
        assert!(trouble.take().is_some());
        trouble.end();
        trouble.begin(StoreError::Busy.into(), now, TICK);
        assert!(trouble.is_over(now + TICK), "what passes is tried again at once");
    }
}
