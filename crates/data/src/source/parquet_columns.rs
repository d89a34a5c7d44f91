//! Which column of a Parquet file holds images, which labels, and what they say. Several that could be it are refused, not
//! chosen from.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::schema::types::SchemaDescriptor;

use super::shown::shown;
use super::split_name::some_of;
use super::stated::{Numeral, Stated};
use crate::error::Refusal;

/// Columns of images: themselves, or their field `bytes`.
const IMAGE_COLUMNS: [&str; 6] = ["image", "img", "jpg", "jpeg", "png", "webp"];
/// Columns that say that they are labels; the first that is there is meant.
const LABEL_COLUMNS: [&str; 5] = ["label", "labels", "fine_label", "cls", "target"];
/// Columns that are labels where none of the former is there.
const OTHER_LABEL_COLUMNS: [&str; 10] = [
    "class",
    "class_id",
    "class_name",
    "class_label",
    "category",
    "category_id",
    "label_id",
    "label_name",
    "species",
    "y",
];

/// True for columns that always were taken for labels.
pub(super) fn is_first_choice(column: &str) -> bool {
    LABEL_COLUMNS.contains(&column)
}

/// A column of values, not of lists.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaf {
    pub index: usize,
    /// Definition level of a value that is there.
    max_def: i16,
}

/// The column called `name`.
pub(super) fn leaf(schema: &SchemaDescriptor, name: &str) -> Option<Leaf> {
    let index = schema.columns().iter().position(|column| column.path().string() == name)?;
    let column = schema.column(index);
    (column.max_rep_level() == 0).then(|| Leaf { index, max_def: column.max_def_level() })
}

/// Names of all columns.
pub(super) fn names(schema: &SchemaDescriptor) -> Vec<String> {
    schema.columns().iter().map(|column| column.path().string()).collect()
}

/// The column of images. The error says what there is instead.
pub(super) fn image(schema: &SchemaDescriptor) -> Result<Leaf, String> {
    let of = |name: &&str| leaf(schema, &format!("{name}.bytes")).or_else(|| leaf(schema, name));
    let found: Vec<&str> = IMAGE_COLUMNS.into_iter().filter(|name| of(name).is_some()).collect();
    match found[..] {
        [one] => of(&one).ok_or_else(|| "no image column".to_owned()),
        [] => {
            let columns = names(schema).join(", ");
            Err(format!("no column `image.bytes`; the columns are {columns}"))
        }
        _ => Err(format!(
            "each of the columns {} could hold the images; name the one that you mean `image`",
            found.join(", ")
        )),
    }
}

/// The column of labels in files that may differ: one by its name, else the only one that Hugging Face's writer calls a class.
///
/// # Errors
/// Several could be it.
pub(super) fn label<'a>(
    files: impl Iterator<Item = &'a SerializedFileReader<File>>,
) -> Result<Option<String>, Refusal> {
    let (mut columns, mut declared) = (BTreeSet::new(), BTreeSet::new());
    for file in files {
        let schema = file.metadata().file_metadata().schema_descr();
        columns.extend(names(schema).into_iter().filter(|name| leaf(schema, name).is_some()));
        declared.extend(
            features(file).into_iter().filter(|(_, kind)| kind == "ClassLabel").map(|(name, _)| name),
        );
    }
    if let Some(name) = LABEL_COLUMNS.into_iter().find(|name| columns.contains(*name)) {
        return Ok(Some(name.to_owned()));
    }
    let named = OTHER_LABEL_COLUMNS.into_iter().filter(|name| columns.contains(*name)).map(str::to_owned);
    let declared: Vec<String> = declared.into_iter().filter(|name| columns.contains(name)).collect();
    let mut found = if declared.is_empty() { named.collect() } else { declared };
    match found.len() {
        0 | 1 => Ok(found.pop()),
        _ => Err(Refusal::LabelColumns { columns: some_of(found) }),
    }
}

/// What Hugging Face's writer leaves in the footer.
fn info(reader: &SerializedFileReader<File>) -> Option<serde_json::Value> {
    let metadata = reader.metadata().file_metadata().key_value_metadata()?;
    let pair = metadata.iter().find(|pair| pair.key == "huggingface")?;
    serde_json::from_str(pair.value.as_deref()?).ok()
}

/// Names of columns with their kind, as Hugging Face's writer states them.
fn features(reader: &SerializedFileReader<File>) -> Vec<(String, String)> {
    let info = info(reader);
    let features = info.as_ref().and_then(|info| info.pointer("/info/features")?.as_object());
    let kind = |feature: &serde_json::Value| Some(feature.get("_type")?.as_str()?.to_owned());
    features
        .into_iter()
        .flatten()
        .filter_map(|(name, feature)| Some((name.clone(), kind(feature)?)))
        .collect()
}

/// Class names of the column `label`, as Hugging Face's writer states them.
pub(super) fn class_names(reader: &SerializedFileReader<File>, label: &str) -> Vec<String> {
    let names = info(reader)
        .and_then(|info| info.pointer(&format!("/info/features/{label}/names"))?.as_array().cloned());
    names.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

/// All values of a column of `rows` rows.
fn read<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    rows: usize,
    max_def: i16,
) -> Result<Vec<Option<T::T>>, String> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    reader.read_records(rows, Some(&mut levels), None, &mut values).map_err(|e| e.to_string())?;
    Ok(spread(values, &levels, max_def, rows))
}

/// Places `values` at the rows whose definition level says that they are present.
fn spread<T>(values: Vec<T>, levels: &[i16], max_def: i16, rows: usize) -> Vec<Option<T>> {
    if max_def == 0 {
        return values.into_iter().map(Some).collect();
    }
    let mut values = values.into_iter();
    let mut out: Vec<_> =
        levels.iter().map(|&level| if level == max_def { values.next() } else { None }).collect();
    out.resize_with(rows, || None);
    out
}

/// Encoded images of a row group; `None` where the row has none.
pub(super) fn read_bytes(
    group: &dyn RowGroupReader,
    column: Leaf,
    rows: usize,
) -> Result<Vec<Option<ByteArray>>, String> {
    match group.get_column_reader(column.index).map_err(|e| e.to_string())? {
        ColumnReader::ByteArrayColumnReader(reader) => read(reader, rows, column.max_def),
        _ => Err("the image column is not binary".to_owned()),
    }
}

/// Labels of a row group: numbers of any type, or names.
pub(super) fn read_labels(
    group: &dyn RowGroupReader,
    column: Leaf,
    rows: usize,
) -> Result<Vec<Option<Stated>>, String> {
    let max_def = column.max_def;
    let integer = |value: i64| Ok(u32::try_from(value).ok().map(Stated::Number));
    let fraction = |value: f64| match Numeral::of(value) {
        Numeral::Class(number) => Ok(Some(Stated::Number(number))),
        Numeral::None => Ok(None),
        Numeral::Between => {
            Err(format!("the label {value} is no class: a class is a whole number or a name"))
        }
    };
    match group.get_column_reader(column.index).map_err(|e| e.to_string())? {
        ColumnReader::Int64ColumnReader(reader) => state(read(reader, rows, max_def)?, integer),
        ColumnReader::Int32ColumnReader(reader) => state(read(reader, rows, max_def)?, |v| integer(v.into())),
        ColumnReader::BoolColumnReader(reader) => state(read(reader, rows, max_def)?, |v| integer(v.into())),
        ColumnReader::DoubleColumnReader(reader) => state(read(reader, rows, max_def)?, fraction),
        ColumnReader::FloatColumnReader(reader) => {
            state(read(reader, rows, max_def)?, |v| fraction(v.into()))
        }
        ColumnReader::ByteArrayColumnReader(reader) => state(read(reader, rows, max_def)?, |value| {
            let name = shown(OsStr::from_bytes(value.data()));
            Ok((!name.trim().is_empty()).then(|| Stated::Name(name.trim().to_owned())))
        }),
        _ => Err("the label column holds neither numbers nor names".to_owned()),
    }
}

fn state<T>(
    values: Vec<Option<T>>,
    stated: impl Fn(T) -> Result<Option<Stated>, String>,
) -> Result<Vec<Option<Stated>>, String> {
    values.into_iter().map(|value| value.map_or(Ok(None), &stated)).collect()
}
