//! Starts that fail alike. What several runs in a row die of before their first step is no fault of theirs: half an upgrade,
//! a library that is not there. The rest of the queue is spared the same end.

use vitals_run::Standstill;

/// So many in a row, and the queue is paused.
const TIMES: u32 = 3;

/// The last ends before a first step.
#[derive(Debug, Default)]
pub(crate) struct Alike {
    last: String,
    times: u32,
}

impl Alike {
    /// A run failed before its first step, for this reason.
    pub fn failed(&mut self, why: &str) {
        if self.last != why {
            *self = Self { last: why.to_owned(), times: 0 };
        }
        self.times += 1;
    }

    /// Why the queue is to be paused, told once: the rest would fail for the same reason.
    pub fn enough(&mut self) -> Option<Standstill> {
        if self.times < TIMES {
            return None;
        }
        let Self { last: why, times } = std::mem::take(self);
        Some(Standstill::StartsFail { times, why })
    }

    /// A run came further than that.
    pub fn began(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_alike_in_a_row_are_enough() {
        let mut alike = Alike::default();
        let mut end = |why: &str| {
            match why {
                "" => alike.began(),
                why => alike.failed(why),
            }
            alike.enough().map(|told| told.to_string())
        };
        assert!(end("exit 127").is_none() && end("exit 127").is_none());
        assert!(
            end("exit 127")
                .is_some_and(|told| told.starts_with("3 runs in a row") && told.contains("exit 127"))
        );
        assert!(end("exit 127").is_none(), "counted anew after a pause");
        assert!(
            end("exit 127").is_none() && end("exit 6").is_none() && end("exit 127").is_none(),
            "not alike"
        );
        assert!(
            end("exit 127").is_none() && end("").is_none() && end("exit 127").is_none(),
            "one that trained"
        );
    }
}
