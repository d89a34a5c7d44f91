//! Starts that fail alike. What several runs in a row die of before their first step is no fault of theirs: half an upgrade,
//! a library that is not there. The rest of the queue is spared the same end.

use vitals_run::Standstill;
use vitals_store::RunId;

/// So many in a row, and the queue is paused.
const RUNS: usize = 3;

/// The last ends before a first step.
#[derive(Debug, Default)]
pub(crate) struct Alike {
    last: String,
    /// One that is tried again and again says nothing of the others.
    runs: Vec<RunId>,
}

impl Alike {
    /// A run failed before its first step, for this reason.
    pub fn failed(&mut self, run: RunId, why: &str) {
        if self.last != why {
            *self = Self { last: why.to_owned(), runs: Vec::new() };
        }
        if !self.runs.contains(&run) {
            self.runs.push(run);
        }
    }

    /// Why the queue is to be paused, told once: the rest would fail for the same reason.
    pub fn enough(&mut self) -> Option<Standstill> {
        if self.runs.len() < RUNS {
            return None;
        }
        let Self { last: why, runs } = std::mem::take(self);
        Some(Standstill::StartsFail { times: u32::try_from(runs.len()).unwrap_or(u32::MAX), why })
    }

    /// A run came further than that.
    pub fn began(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ends of runs by their numbers, `""` for one that trained; what is told after the last of them.
    fn told(ends: &[(u128, &str)]) -> Option<String> {
        let mut alike = Alike::default();
        let mut told = None;
        for (run, why) in ends {
            match *why {
                "" => alike.began(),
                why => alike.failed(RunId::from_u128(*run), why),
            }
            told = alike.enough().map(|why| why.to_string());
        }
        told
    }

    #[test]
    fn three_runs_alike_in_a_row_are_enough() {
        let three = [(1, "exit 127"), (2, "exit 127"), (3, "exit 127")];
        assert!(
            told(&three)
                .unwrap()
                .starts_with("3 runs in a row failed before their first step, all for this: exit 127")
        );
        assert_eq!(told(&three[..2]), None);
        assert_eq!(
            told(&[three[0], three[1], three[2], (4, "exit 127")]),
            None,
            "counted anew after a pause"
        );
        assert_eq!(told(&[three[0], three[1], (3, "exit 6")]), None, "not alike");
        assert_eq!(
            told(&[three[0], three[1], (3, ""), (4, "exit 127")]),
            None,
            "one in between that trained"
        );
        assert_eq!(told(&[(1, "exit 1"), (1, "exit 1"), (1, "exit 1")]), None, "one that is retried");
    }
}
