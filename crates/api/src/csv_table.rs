//! Series as CSV (contract of `import csv`): header `step`, where times are known `elapsed_seconds`, then one metric a
//! column; an empty cell is no value. One table that is written and read back the same, whatever its metrics are called;
//! tables of other programs are read too ([`layout`] knows their columns).

mod cells;
mod layout;
mod read;
mod records;
mod wrong;

use std::collections::BTreeMap;

use vitals_store::Series;

pub(crate) use read::{Reading, read};
pub(crate) use wrong::{Unread, Wrong};

const STEP: &str = "step";
const ELAPSED: &str = "elapsed_seconds";

/// The cells by row, empty ones absent.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Table {
    pub names: Vec<String>,
    /// By step: seconds, and one cell a name.
    pub rows: BTreeMap<u64, (f64, Vec<Option<f64>>)>,
}

impl Table {
    /// One column a series.
    pub(crate) fn of(series: &[Series]) -> Self {
        let mut table =
            Self { names: series.iter().map(|one| one.name.clone()).collect(), ..Self::default() };
        for (column, one) in series.iter().enumerate() {
            for ((&step, &value), &elapsed) in one.steps.iter().zip(&one.values).zip(&one.elapsed_secs) {
                let empty = || (elapsed, vec![None; series.len()]);
                table.rows.entry(step).or_insert_with(empty).1[column] = Some(value);
            }
        }
        table
    }

    pub(crate) fn to_csv(&self) -> String {
        // A column of such a name would be taken for something else where times do not tell that the form is ours.
        let ambiguous = self.names.iter().any(|name| layout::is_special(name));
        let timed = ambiguous || self.rows.values().any(|(elapsed, _)| *elapsed != 0.0);
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut write = |cells: Vec<String>| {
            writer.write_record(cells).expect("a Vec takes every byte, and all rows are of one length");
        };
        let times = |elapsed: String| timed.then_some(elapsed);
        let head = [STEP.to_owned()].into_iter().chain(times(ELAPSED.to_owned()));
        write(head.chain(self.names.iter().cloned()).collect());
        for (step, (elapsed, cells)) in &self.rows {
            let head = [step.to_string()].into_iter().chain(times(written(*elapsed)));
            write(head.chain(cells.iter().map(|cell| cell.map_or_else(String::new, written))).collect());
        }
        let bytes = writer.into_inner().expect("a Vec is flushed by nothing");
        String::from_utf8(bytes).expect("cells are text")
    }
}

/// The shortest text that reads back as the same number.
fn written(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "inf".to_owned() } else { "-inf".to_owned() }
    } else {
        format!("{value:?}")
    }
}

#[cfg(test)]
mod tests;
