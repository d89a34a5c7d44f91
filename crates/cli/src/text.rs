//! Tables and numbers for people: columns as wide as their content, three significant digits, units in the head. Numbers
//! bear no sign that a shell, a sweep file or another program would not read back.

use vitals_api::dto::{MetricSummary, Number};
use vitals_api::legible;

/// A table with a head; numbers are right-aligned.
#[derive(Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(head: &[&str]) -> Self {
        Self { rows: vec![head.iter().map(|&cell| legible(cell).into_owned()).collect()] }
    }

    /// Cells become legible before their widths are taken: none of them begins a row of its own.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells.into_iter().map(|cell| legible(&cell).into_owned()).collect());
    }

    /// Lines without trailing spaces.
    pub fn lines(&self) -> Vec<String> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
        };
        let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
        let numeric: Vec<bool> = (0..columns).map(|column| self.is_numeric(column)).collect();
        let line = |row: &Vec<String>| {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let pad = " ".repeat(widths[column].saturating_sub(cell.chars().count()));
                let (before, after) = if numeric[column] { (pad.as_str(), "") } else { ("", pad.as_str()) };
                line.push_str(&format!("{before}{cell}{after}  "));
            }
            line.trim_end().to_owned()
        };
        self.rows.iter().map(line).collect()
    }

    fn is_numeric(&self, column: usize) -> bool {
        let cells = self.rows.iter().skip(1).filter_map(|row| row.get(column));
        let mut cells = cells.filter(|cell| !cell.is_empty() && *cell != "–").peekable();
        cells.peek().is_some()
            && cells.all(|cell| cell.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-')))
    }
}

/// Three significant digits; powers of ten where a plain number would be long.
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "NaN".to_owned()
        } else if value > 0.0 {
            "inf".to_owned()
        } else {
            "-inf".to_owned()
        };
    }
    let size = value.abs();
    if size == 0.0 {
        "0".to_owned()
    } else if !(1e-3..1e6).contains(&size) {
        format!("{value:.2e}")
    } else {
        let digits = (2 - size.log10().floor() as i32).max(0) as usize;
        format!("{value:.digits$}")
    }
}

/// Values of one row or column, all in one notation: powers of ten where one of them would not show without, else as many decimals
/// as give the largest four significant digits.
pub fn alike(values: &[f64]) -> impl Fn(f64) -> String {
    let sizes = || values.iter().copied().filter(|value| value.is_finite() && *value != 0.0).map(f64::abs);
    let (largest, smallest) = (sizes().fold(0.0, f64::max), sizes().fold(f64::INFINITY, f64::min));
    let digits = if largest > 0.0 { (3 - largest.log10().floor() as i32).max(0) as usize } else { 0 };
    // A decimal that would show nothing of the smallest, or a number that nobody reads.
    let powers =
        largest >= 1e6 || (largest > 0.0 && largest < 1e-3) || smallest * 10_f64.powi(digits as i32) < 0.5;
    move |value| {
        if !value.is_finite() || value == 0.0 {
            return number(value);
        }
        let text = if powers { format!("{value:.2e}") } else { format!("{value:.digits$}") };
        text.replace('-', "−")
    }
}

/// A metric's last value, or a dash.
pub fn last(metric: Option<&MetricSummary>) -> String {
    metric
        .and_then(|metric| metric.last.as_ref())
        .map_or_else(|| "–".to_owned(), |value| number(value.value()))
}

/// An optional number, or a dash.
pub fn optional(value: Option<&Number>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| number(value.value()))
}

/// Percent with one decimal.
pub fn percent(fraction: f64) -> String {
    format!("{:.1}", fraction * 100.0)
}

/// A count with its word, in the plural but for one.
pub fn counted(count: u64, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// The end of an id: what people type. Ids made in one millisecond share their beginning, never their end.
pub fn short(id: &str) -> String {
    id.chars().skip(id.chars().count().saturating_sub(8)).collect()
}

/// A length of time in its two largest units.
pub fn duration(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    let (days, hours, minutes, rest) = (whole / 86_400, whole / 3_600 % 24, whole / 60 % 60, whole % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{rest} s"),
        (0, 0, _) => format!("{minutes} min {rest:02} s"),
        (0, _, _) => format!("{hours} h {minutes:02} min"),
        _ => format!("{days} d {hours:02} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        let shown = [0.0, 1.0, 0.123_456, 1234.5, 1.5e-4, -2.5, f64::NAN, f64::NEG_INFINITY].map(number);
        assert_eq!(shown, ["0", "1.00", "0.123", "1234", "1.50e-4", "-2.50", "NaN", "-inf"]);
    }

    #[test]
    fn what_is_printed_can_be_read_back() {
        for value in [0.0, 1.0, -0.123_456, 1234.5, 1.5e-4, -2.5e-9, 3.21e8, f64::INFINITY, f64::NEG_INFINITY]
        {
            let read: f64 = number(value).parse().unwrap();
            assert!(read == value || (read - value).abs() <= value.abs() * 5e-3, "{value}: {read}");
        }
    }

    #[test]
    fn values_beside_each_other_have_one_notation() {
        let said = |values: &[f64]| values.iter().copied().map(alike(values)).collect::<Vec<_>>().join(" ");
        assert_eq!(said(&[4.129, 4.13, 0.001]), "4.129 4.130 0.001");
        assert_eq!(said(&[0.006, -0.001]), "0.006000 −0.001000");
        assert_eq!(said(&[3e-3, 1e-7]), "3.00e−3 1.00e−7");
        assert_eq!(said(&[1e-4, 1e-3, 1e-2]), "0.00010 0.00100 0.01000");
        assert_eq!(said(&[677.0, 12.25, 0.0, f64::NAN]), "677.0 12.2 0 NaN");
    }

    #[test]
    fn tables_align_numbers_to_the_right() {
        let mut table = Table::new(&["run", "loss"]);
        table.row(vec!["a".into(), "1.25".into()]);
        table.row(vec!["longer".into(), "10.5".into()]);
        table.row(vec!["b".into(), "–".into()]);
        assert_eq!(table.lines(), ["run     loss", "a       1.25", "longer  10.5", "b          –"]);
    }

    #[test]
    fn durations_have_two_units() {
        assert_eq!(
            [5.0, 65.0, 3720.0, 90_000.0].map(duration),
            ["5 s", "1 min 05 s", "1 h 02 min", "1 d 01 h"]
        );
    }
}
