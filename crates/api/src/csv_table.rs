//! Series as CSV (contract of `import csv`): header `step`, where times are known `elapsed_seconds`, then one metric a
//! column; an empty cell is no value. One table that is written and read back the same, whatever its metrics are called.

use std::collections::BTreeMap;

use vitals_store::Series;

const STEP: &str = "step";
const ELAPSED: &str = "elapsed_seconds";

/// The cells by row, empty ones absent.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Table {
    pub names: Vec<String>,
    /// By step: seconds, and one cell a name.
    pub rows: BTreeMap<u64, (f64, Vec<Option<f64>>)>,
}

/// What is wrong at a place, and what to do.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub line: u32,
    pub column: u32,
    pub message: String,
    pub hint: &'static str,
}

const HEADER: &str = "begin with `step`, then `elapsed_seconds` if times are known, then one metric a column";
const NAMES: &str = "give each column a name of its own";
const CELLS: &str = "give each row a cell for each column; an empty cell is no value";
const STEPS: &str = "count steps in whole numbers, each step once";
const NUMBERS: &str = "write a number, NaN, inf or -inf, or leave the cell empty";

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
        // A first metric of this name would be read as the times of its rows.
        let ambiguous = self.names.first().is_some_and(|name| name == ELAPSED);
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

    /// # Errors
    /// The first thing that is not of the form, with its place.
    pub(crate) fn read(text: &str) -> Result<Self, Wrong> {
        let text = text.trim_start_matches('\u{feff}');
        let mut records = Records::of(text);
        let Some(head) = records.next()? else {
            return Err(Wrong {
                line: 1,
                column: 1,
                message: "the file has no header".to_owned(),
                hint: HEADER,
            });
        };
        if head.cell(0) != STEP {
            return Err(head.wrong(0, "the first column of the header is not `step`".to_owned(), HEADER));
        }
        let timed = head.cells.len() > 1 && head.cell(1) == ELAPSED;
        let before = 1 + usize::from(timed);
        let mut names: Vec<String> = Vec::new();
        for at in before..head.cells.len() {
            let name = head.cell(at).to_owned();
            if name.is_empty() || name == STEP || names.contains(&name) {
                return Err(head.wrong(at, format!("`{name}` cannot be the name of another column"), NAMES));
            }
            names.push(name);
        }
        let mut rows = BTreeMap::new();
        while let Some(row) = records.next()? {
            if row.cells.len() != head.cells.len() {
                let message = format!("{} cells, but the header has {}", row.cells.len(), head.cells.len());
                return Err(row.wrong(0, message, CELLS));
            }
            let step: u64 = row.cell(0).trim().parse().map_err(|_| {
                row.wrong(0, format!("`{}` is no step: a whole number from 0 on", row.cell(0)), STEPS)
            })?;
            let number = |at: usize| {
                number(row.cell(at))
                    .map_err(|()| row.wrong(at, format!("`{}` is no number", row.cell(at)), NUMBERS))
            };
            let elapsed = if timed { number(1)?.unwrap_or(0.0) } else { 0.0 };
            let cells = (before..head.cells.len()).map(number).collect::<Result<_, _>>()?;
            if rows.insert(step, (elapsed, cells)).is_some() {
                return Err(row.wrong(0, format!("step {step} is there twice"), STEPS));
            }
        }
        Ok(Self { names, rows })
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

/// An empty cell is no value.
fn number(cell: &str) -> Result<Option<f64>, ()> {
    match cell.trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| ()),
    }
}

fn reader(text: &str) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes())
}

/// The records of a text that are not blank.
struct Records<'a> {
    text: &'a str,
    reader: csv::Reader<&'a [u8]>,
}

struct Record<'a> {
    text: &'a str,
    /// Where it begins, or blank lines before it do.
    start: usize,
    cells: csv::StringRecord,
}

impl<'a> Records<'a> {
    fn of(text: &'a str) -> Self {
        Self { text, reader: reader(text) }
    }

    fn next(&mut self) -> Result<Option<Record<'a>>, Wrong> {
        loop {
            let start = usize::try_from(self.reader.position().byte()).unwrap_or(self.text.len());
            let mut record = Record { text: self.text, start, cells: csv::StringRecord::new() };
            match self.reader.read_record(&mut record.cells) {
                Ok(false) => return Ok(None),
                Ok(true) if record.cells.len() == 1 && record.cell(0).trim().is_empty() => {}
                Ok(true) => return Ok(Some(record)),
                Err(error) => return Err(record.wrong(0, error.to_string(), CELLS)),
            }
        }
    }
}

impl Record<'_> {
    fn cell(&self, at: usize) -> &str {
        self.cells.get(at).unwrap_or_default()
    }

    fn wrong(&self, at: usize, message: String, hint: &'static str) -> Wrong {
        let (line, column) = self.place(at);
        Wrong { line, column, message, hint }
    }

    /// Line and column of a cell, from 1. The reader tells where records begin, not cells: a cell begins behind the first
    /// comma up to which it reads as many cells as stand before it, so that commas in quotes are judged by the reader too.
    fn place(&self, at: usize) -> (u32, u32) {
        let rest = &self.text[self.start..];
        let record = rest.trim_start_matches(['\r', '\n']);
        let begins_at = |end: &usize| {
            let mut cells = csv::StringRecord::new();
            reader(&record[..*end]).read_record(&mut cells).is_ok() && cells.len() == at + 1
        };
        let ends = record.match_indices(',').map(|(comma, _)| comma + 1);
        let within = if at == 0 { 0 } else { ends.into_iter().find(begins_at).unwrap_or(0) };
        let before = &self.text[..self.start + (rest.len() - record.len()) + within];
        let (mut line, mut column) = (1, 1);
        for character in before.chars() {
            (line, column) = if character == '\n' { (line + 1, 1) } else { (line, column + 1) };
        }
        (line, column)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cells_gaps_and_values_that_are_no_numbers() {
        let table =
            Table::read("step,elapsed_seconds,loss,\"a,\"\"b\"\n5,0.5,1.25,\n3,0.25,NaN,-inf\n  \n\n")
                .unwrap();
        assert_eq!(table.names, ["loss", "a,\"b"]);
        assert_eq!(table.rows.keys().copied().collect::<Vec<_>>(), [3, 5]);
        assert_eq!(table.rows[&5], (0.5, vec![Some(1.25), None]));
        assert!(table.rows[&3].1[0].is_some_and(f64::is_nan));
        assert_eq!(table.rows[&3].1[1], Some(f64::NEG_INFINITY));
        assert_eq!(Table::read("\u{feff}step,a\r\n1,2\r\n").unwrap(), Table::read("step,a\n1,2").unwrap());
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let said = |text: &str| {
            let Wrong { line, column, message, .. } = Table::read(text).unwrap_err();
            format!("{line}:{column} {message}")
        };
        assert_eq!(said(""), "1:1 the file has no header");
        assert_eq!(said("loss,step\n"), "1:1 the first column of the header is not `step`");
        assert_eq!(said("step,loss,loss\n"), "1:11 `loss` cannot be the name of another column");
        assert_eq!(said("step,loss\n1,2,3\n"), "2:1 3 cells, but the header has 2");
        assert_eq!(said("step,loss\n1,2\n1,3\n"), "3:1 step 1 is there twice");
        assert_eq!(said("step,loss\n1,2\n2,x\n"), "3:3 `x` is no number");
        assert_eq!(said("step,loss\n-1,2\n"), "2:1 `-1` is no step: a whole number from 0 on");
        // Lines are those of the file, whatever ends them and whatever stands in a name or between rows.
        assert_eq!(said("step,\"a\nb\",c\n1,2,3\n\n2,\"3\",x\n"), "5:7 `x` is no number");
        assert_eq!(said("step,\"a,b\",c\r\n1,2,3\r\n\r\n2,y,4\r\n"), "4:3 `y` is no number");
        assert_eq!(said("step,\"a\nb\",\"a\nb\"\n"), "2:4 `a\nb` cannot be the name of another column");
    }

    fn table() -> impl Strategy<Value = Table> {
        let name = any::<String>().prop_filter("a name", |name| !name.is_empty() && name != STEP);
        let names = prop::collection::btree_set(prop_oneof![name, Just(ELAPSED.to_owned())], 1..5);
        names.prop_flat_map(|names| {
            let value = any::<f64>().prop_map(|value| if value.is_nan() { f64::NAN } else { value });
            let cells = prop::collection::vec(prop::option::of(value), names.len());
            let elapsed = (0.0..1e6_f64).boxed();
            let rows = prop::collection::btree_map(any::<u64>(), (elapsed, cells), 0..6);
            let names: Vec<String> = names.into_iter().collect();
            rows.prop_map(move |rows| Table { names: names.clone(), rows })
        })
    }

    proptest! {
        #[test]
        fn every_table_comes_back_whatever_its_metrics_are_called(table in table(), timed in any::<bool>()) {
            let mut table = table;
            if !timed {
                table.rows.values_mut().for_each(|row| row.0 = 0.0);
            }
            let text = table.to_csv();
            let again = Table::read(&text).unwrap();
            // NaN equals nothing: the text does.
            prop_assert_eq!(again.to_csv(), text);
            prop_assert_eq!(format!("{again:?}"), format!("{table:?}"));
        }

        #[test]
        fn any_text_is_a_table_or_wrong_at_a_place_in_it(text in any::<String>(), rows in "[0-9a\",\r\n]{0,40}") {
            for text in [text, format!("step,a\n{rows}")] {
                if let Err(wrong) = Table::read(&text) {
                    prop_assert!(wrong.line as usize <= text.matches('\n').count() + 1, "{wrong:?}");
                }
            }
        }
    }
}
