//! Pieces that sentences are put together from: what a value is, what it should be, and the part of a file that it
//! stands in. Each is a sentence's field, so that every language puts it into its own words.

use serde_json::Value;

use crate::sentence::Names;

crate::sentences! {
    /// What must stand somewhere; completes "it must be …".
    pub enum Expected in "expected" {
        Boolean = "true or false";
        WholeNumber = "a whole number";
        Number = "a number";
        Text = "a text in quotes";
        OneOf { choices: Names } = "one of {choices}";
        WholeNumberFromZero = "a whole number, 0 or greater";
        Table = "a table";
        List = "a list";
        Tables = "a list of tables";
        /// Tables of one kind, as TOML writes them.
        TablesWritten { key: String } = "a list of tables: write [[{key}]]";
        Seeds = "a list of whole numbers, or how many";
        ParameterName = "the name of a parameter in quotes";
        DatasetName = "a name that is not empty";
        Device = "auto, cpu, or cuda: and a number, as in cuda:0";
        Row = "one value for each zipped parameter";
    }
}

crate::sentences! {
    /// What stands there instead.
    pub enum Found in "found" {
        Nothing = "nothing";
        Boolean { value: String } = "the boolean {value}";
        Fraction { value: String } = "the fraction {value}";
        WholeNumber { value: String } = "the whole number {value}";
        Text { text: String } = "the text {text}";
        List = "a list";
        Table = "a table";
        LargeNumber = "a whole number this large";
        NotFinite = "a number that is not finite";
        Date = "a date";
    }
}

crate::sentences! {
    /// A part of a sweep file.
    pub enum Part in "part" {
        Key { name: String } = "`{name}`";
        File = "the file";
        /// A table by its heading: `[sample]`.
        Section { heading: String } = "{heading}";
        Axis = "an axis";
        Exclusion = "an exclusion";
    }
}

impl Expected {
    pub(crate) fn tables(key: &str) -> Expected {
        Expected::TablesWritten { key: key.to_owned() }
    }
}

impl Part {
    pub(crate) fn key(name: &str) -> Part {
        Part::Key { name: name.to_owned() }
    }

    pub(crate) fn section(heading: &str) -> Part {
        Part::Section { heading: heading.to_owned() }
    }
}

/// A value as a person names it in a sentence.
pub(crate) fn found(value: &Value) -> Found {
    match value {
        Value::Null => Found::Nothing,
        Value::Bool(value) => Found::Boolean { value: value.to_string() },
        Value::Number(number) if number.is_f64() => Found::Fraction { value: number.to_string() },
        Value::Number(number) => Found::WholeNumber { value: number.to_string() },
        Value::String(text) => Found::Text { text: format!("{text:?}") },
        Value::Array(_) => Found::List,
        Value::Object(_) => Found::Table,
    }
}
