//! From a file to a table: what it is, how its cells are separated, what its columns hold, then row by row. Rows of one
//! step are one row; where two values meet in a cell, the later one counts. All that is not taken as it stands is noticed.

use std::collections::BTreeMap;
use std::io::BufRead;

use vitals_data::{FIRST_BYTES, FileKind};

use super::layout::{Layout, Time, Values};
use super::records::{Record, Records};
use super::wrong::{Unread, Wrong};
use super::{Table, cells};
use crate::said::{Misfit, Noticed, TableAdvice};

/// What cells may be separated by, with its name; the first that finds a column of steps.
const SEPARATORS: [(u8, &str); 4] = [(b',', ","), (b';', "semicolons"), (b'\t', "tabs"), (b'|', "|")];
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// MLflow's stores hold an infinity as the number nearest to it.
const MLFLOW: &str = "mlflow";

/// A table, and how it was read.
#[derive(Debug)]
pub(crate) struct Reading {
    pub table: Table,
    pub tool: Option<&'static str>,
    /// What the run is called there.
    pub run: Option<String>,
    pub noticed: Vec<Noticed>,
}

/// Reads a file from its beginning, in one pass.
///
/// # Errors
/// The first thing that cannot be read, with its place.
pub(crate) fn read(mut input: impl BufRead) -> Result<Reading, Unread> {
    if peek(&mut input)?.starts_with(BYTE_ORDER_MARK) {
        input.consume(BYTE_ORDER_MARK.len());
    }
    let first = peek(&mut input)?;
    check_kind(&first[..first.len().min(FIRST_BYTES)])?;
    let (separator, name) = separator(first);
    let mut records = Records::of(input, separator);
    let Some(head) = records.next()? else {
        return Err(Wrong::whole(Misfit::NoHeader, TableAdvice::Header).into());
    };
    let mut layout = Layout::of(&head)?;
    if separator != b',' {
        layout.noticed.insert(0, Noticed::Separator { separator: name.to_owned() });
    }
    let mut rows = Rows::new(head, layout, separator);
    while let Some(row) = records.next()? {
        rows.add(&row)?;
    }
    Ok(rows.finish()?)
}

fn peek(input: &mut impl BufRead) -> Result<&[u8], std::io::Error> {
    loop {
        match input.fill_buf() {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
            // A second borrow: the first would last as long as what is returned.
            Ok(_) => return input.fill_buf(),
        }
    }
}

fn check_kind(first: &[u8]) -> Result<(), Wrong> {
    if first.is_empty() {
        return Err(Wrong::whole(Misfit::NoHeader, TableAdvice::Header));
    }
    if let Some(kind) = FileKind::of(first) {
        let hint = TableAdvice::Kind { advice: kind.advice() };
        return Err(Wrong::whole(Misfit::OtherKind { what: kind.into() }, hint));
    }
    // Text of two bytes a character, without a mark that says so: a header begins with letters of a keyboard. Zeros
    // elsewhere are part of a name.
    if let [a, b, c, d, ..] = *first
        && ([a, c] == [0; 2] || [b, d] == [0; 2])
    {
        return Err(Wrong::whole(Misfit::NoText, TableAdvice::Utf8));
    }
    Ok(())
}

fn separator(first: &[u8]) -> (u8, &'static str) {
    let finds_steps = |separator: u8| {
        let head = Records::of(first, separator).next();
        head.is_ok_and(|head| head.is_some_and(|head| head.len() > 1 && Layout::has_steps(&head)))
    };
    SEPARATORS.into_iter().find(|(byte, _)| finds_steps(*byte)).unwrap_or(SEPARATORS[0])
}

/// A column of a wide table, as far as it is read.
#[derive(Default)]
struct Seen {
    has_number: bool,
    /// The first cell that is no number.
    text: Option<Wrong>,
}

/// Rows as they come.
struct Rows {
    head: Record,
    layout: Layout,
    separator: u8,
    names: Vec<String>,
    /// By name, in the long form.
    places: BTreeMap<String, usize>,
    rows: BTreeMap<u64, (Option<f64>, Vec<Option<f64>>)>,
    seen: Vec<Seen>,
    /// Times are no numbers.
    timeless: bool,
    merged: u64,
    replaced: u64,
    heads: u64,
}

impl Rows {
    fn new(head: Record, layout: Layout, separator: u8) -> Self {
        let names: Vec<String> = match &layout.values {
            Values::Wide(columns) => columns.iter().map(|(_, name)| name.clone()).collect(),
            Values::Long { .. } => Vec::new(),
        };
        let seen = names.iter().map(|_| Seen::default()).collect();
        Self {
            head,
            layout,
            separator,
            names,
            places: BTreeMap::new(),
            rows: BTreeMap::new(),
            seen,
            timeless: false,
            merged: 0,
            replaced: 0,
            heads: 0,
        }
    }

    fn add(&mut self, row: &Record) -> Result<(), Wrong> {
        if row.len() == self.head.len() && row.cells().eq(self.head.cells()) {
            self.heads += 1;
            return Ok(());
        }
        self.check_width(row)?;
        let values = self.values(row)?;
        let wrong = |at: usize, (said, hint)| row.wrong(at, said, hint);
        let step = cells::step(row.cell(self.layout.step)).map_err(|said| wrong(self.layout.step, said))?;
        let Some(step) = step else {
            if values.is_empty() {
                return Ok(());
            }
            return Err(row.wrong(self.layout.step, Misfit::StepMissing, TableAdvice::Steps));
        };
        let elapsed = self.time(row)?;
        let is_there = self.rows.contains_key(&step);
        let (time, kept) = self.rows.entry(step).or_default();
        *time = elapsed.or(*time);
        // In the long form a step has as many rows as metrics: to join them is no news.
        let is_wide = matches!(self.layout.values, Values::Wide(_));
        self.merged += u64::from(is_there && is_wide);
        for (column, value) in values {
            if kept.len() <= column {
                kept.resize(column + 1, None);
            }
            let before = kept[column].replace(value);
            let is_same = before.is_none_or(|before| before == value || (before.is_nan() && value.is_nan()));
            self.replaced += u64::from(!is_same);
        }
        Ok(())
    }

    /// A row may end in empty cells that the header has no name for.
    fn check_width(&self, row: &Record) -> Result<(), Wrong> {
        let (found, wanted) = (row.len(), self.head.len());
        let beyond = (wanted..found).all(|at| row.cell(at).trim().is_empty());
        if found < wanted || !beyond || (self.layout.is_own && found != wanted) {
            let hint = match found > wanted && self.separator == b',' {
                true => TableAdvice::CellsOrCommas,
                false => TableAdvice::Cells,
            };
            return Err(row.wrong(0, Misfit::Cells { found, wanted }, hint));
        }
        match self.layout.nameless.iter().find(|at| !row.cell(**at).trim().is_empty()) {
            Some(&at) => Err(row.wrong(at, Misfit::NamelessValues, TableAdvice::Names)),
            None => Ok(()),
        }
    }

    /// Values by column of the table.
    fn values(&mut self, row: &Record) -> Result<Vec<(usize, f64)>, Wrong> {
        match self.layout.values {
            Values::Wide(_) => self.wide(row),
            Values::Long { metric, value, run, is_nan } => self.long(row, metric, value, run, is_nan),
        }
    }

    fn wide(&mut self, row: &Record) -> Result<Vec<(usize, f64)>, Wrong> {
        let Values::Wide(columns) = &self.layout.values else { return Ok(Vec::new()) };
        let mut values = Vec::new();
        for (column, (at, _)) in columns.iter().enumerate() {
            let seen = &mut self.seen[column];
            match cells::number(row.cell(*at)) {
                Ok(None) => {}
                Ok(Some(value)) => {
                    seen.has_number = true;
                    values.push((column, value));
                }
                Err((said, hint)) => {
                    seen.text.get_or_insert(row.wrong(*at, said, hint));
                }
            }
            // A column of texts is left out; one of numbers has a cell that is wrong.
            if let (true, Some(wrong)) = (seen.has_number || self.layout.is_own, &seen.text) {
                return Err(wrong.clone());
            }
        }
        Ok(values)
    }

    fn long(
        &mut self,
        row: &Record,
        metric: usize,
        value: usize,
        run: Option<usize>,
        is_nan: Option<usize>,
    ) -> Result<Vec<(usize, f64)>, Wrong> {
        if let Some(at) = run {
            let name = row.cell(at).trim();
            match &self.layout.run {
                Some(known) if known != name => {
                    let runs = [known.as_str(), name].into_iter().collect();
                    return Err(row.wrong(at, Misfit::SeveralRuns { runs }, TableAdvice::OneRun));
                }
                Some(_) => {}
                None => self.layout.run = Some(name.to_owned()),
            }
        }
        let number = cells::number(row.cell(value)).map_err(|(said, hint)| row.wrong(value, said, hint))?;
        let Some(number) = number else { return Ok(Vec::new()) };
        let name = row.cell(metric).trim();
        if name.is_empty() || name == super::STEP {
            return Err(row.wrong(metric, Misfit::NoMetricName, TableAdvice::Names));
        }
        let column = match self.places.get(name) {
            Some(&column) => column,
            None => {
                self.names.push(name.to_owned());
                self.places.insert(name.to_owned(), self.names.len() - 1);
                self.names.len() - 1
            }
        };
        let number = match is_nan {
            Some(flag) if cells::is_set(row.cell(flag)) => f64::NAN,
            _ if self.layout.tool == Some(MLFLOW) && number.abs() == f64::MAX => number * f64::INFINITY,
            _ => number,
        };
        Ok(vec![(column, number)])
    }

    fn time(&mut self, row: &Record) -> Result<Option<f64>, Wrong> {
        let Some((at, _)) = self.layout.time.filter(|_| !self.timeless) else { return Ok(None) };
        match cells::number(row.cell(at)) {
            Ok(time) => Ok(time),
            Err((said, hint)) if self.layout.is_own => Err(row.wrong(at, said, hint)),
            // Dates in words: all times of a table are of one kind.
            Err(_) => {
                self.timeless = true;
                Ok(None)
            }
        }
    }

    fn finish(mut self) -> Result<Reading, Wrong> {
        if self.rows.is_empty() {
            return Err(Wrong::whole(Misfit::NoRows, TableAdvice::Rows));
        }
        let mut noticed = std::mem::take(&mut self.layout.noticed);
        let texts: Vec<usize> = (0..self.seen.len()).filter(|at| self.seen[*at].text.is_some()).collect();
        let mut filled = vec![false; self.names.len()];
        for (_, cells) in self.rows.values_mut() {
            cells.resize(self.names.len(), None);
            cells.iter().zip(&mut filled).for_each(|(cell, filled)| *filled |= cell.is_some());
        }
        if !filled.contains(&true) {
            let text = texts.first().and_then(|at| self.seen[*at].text.clone());
            return Err(text.unwrap_or_else(|| Wrong::whole(Misfit::NoValues, TableAdvice::Rows)));
        }
        let name = |at: &usize| self.names[*at].clone();
        let empty: Vec<usize> = (0..filled.len()).filter(|at| !filled[*at] && !texts.contains(at)).collect();
        if !texts.is_empty() {
            noticed.push(Noticed::LeftOutText { columns: texts.iter().map(name).collect() });
        }
        if !empty.is_empty() {
            noticed.push(Noticed::LeftOutEmpty { columns: empty.iter().map(name).collect() });
        }
        if self.timeless {
            noticed.retain(|notice| !matches!(notice, Noticed::TimeColumn { .. }));
            let column = self.layout.time.map(|(at, _)| self.head.cell(at).trim().to_owned());
            noticed.push(Noticed::LeftOutTimes { columns: column.into_iter().collect() });
        }
        for (count, notice) in [
            (self.merged, Noticed::Merged { rows: self.merged }),
            (self.replaced, Noticed::Replaced { values: self.replaced }),
            (self.heads, Noticed::HeadersAgain { lines: self.heads }),
        ] {
            if count > 0 {
                noticed.push(notice);
            }
        }
        let clock = Clock::of(self.layout.time.filter(|_| !self.timeless), &self.rows);
        let rows = self.rows.into_iter().map(|(step, (time, cells))| {
            let kept = cells.into_iter().zip(&filled).filter(|(_, filled)| **filled).map(|(cell, _)| cell);
            (step, (time.map_or(0.0, |time| clock.elapsed(time)), kept.collect::<Vec<_>>()))
        });
        let rows = rows.collect();
        let names = self.names.into_iter().zip(&filled).filter(|(_, filled)| **filled).map(|(name, _)| name);
        let table = Table { names: names.collect(), rows };
        Ok(Reading { table, tool: self.layout.tool, run: self.layout.run, noticed })
    }
}

/// From times as they are written to seconds since the earliest.
struct Clock {
    earliest: f64,
    per_second: f64,
}

impl Clock {
    fn of(time: Option<(usize, Time)>, rows: &BTreeMap<u64, (Option<f64>, Vec<Option<f64>>)>) -> Self {
        let plain = Self { earliest: 0.0, per_second: 1.0 };
        let Some((_, Time::Moment)) = time else { return plain };
        let times = rows.values().filter_map(|(time, _)| *time).filter(|time| time.is_finite());
        let earliest = times.fold(f64::INFINITY, f64::min);
        if earliest.is_infinite() {
            return plain;
        }
        // Seconds since 1970 have had nine or ten digits for decades, and will for centuries.
        let per_second = match earliest.abs() {
            time if time >= 1e17 => 1e9,
            time if time >= 1e14 => 1e6,
            time if time >= 1e11 => 1e3,
            _ => 1.0,
        };
        Self { earliest, per_second }
    }

    fn elapsed(&self, time: f64) -> f64 {
        (time - self.earliest) / self.per_second
    }
}
