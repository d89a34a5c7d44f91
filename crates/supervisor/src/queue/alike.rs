//! Starts that fail alike. What several runs in a row die of before their first step is no fault of theirs: half an upgrade,
//! a library that is not there. The rest of the queue is spared the same end.

/// So many in a row, and the queue is paused.
pub(crate) const TIMES: u32 = 3;

/// The last ends before a first step.
#[derive(Debug, Default)]
pub(crate) struct Alike {
    last: String,
    times: u32,
}

impl Alike {
    /// A run failed before its first step, for this reason. `true`: it is the last one that should.
    pub fn failed(&mut self, why: &str) -> bool {
        if self.last != why {
            *self = Self { last: why.to_owned(), times: 0 };
        }
        self.times += 1;
        let is_enough = self.times >= TIMES;
        if is_enough {
            *self = Self::default();
        }
        is_enough
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
        assert!(!alike.failed("exit 127") && !alike.failed("exit 127") && alike.failed("exit 127"));
        assert!(!alike.failed("exit 127"), "counted anew after a pause");
        assert!(
            !alike.failed("exit 127") && !alike.failed("exit 6") && !alike.failed("exit 127"),
            "not alike"
        );
        assert!(!alike.failed("exit 127"));
        alike.began();
        assert!(!alike.failed("exit 127"), "one in between that trained");
    }
}
