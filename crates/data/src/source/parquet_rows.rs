//! Parquet in the Hugging Face image layout: a binary column `image.bytes` (or `img.bytes`, `image`, `img`)
//! and an integer column `label`. Row groups are read when one of their rows is asked for and kept, still
//! compressed as images, up to [`CACHE_BYTES`] per split: a set smaller than that is read once.

use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use parquet::column::reader::ColumnReader;
use parquet::data_type::ByteArray;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::schema::types::SchemaDescriptor;

use super::split_name::by_split;
use super::{FileEntry, Found, Reason, Shards, Source, relative_name};
use crate::decode::Wanted;
use crate::findings::Findings;
use crate::{DataError, Result, RgbImage, decode};

/// Encoded images that a split keeps in memory. The order of an epoch over a larger set mixes only as many row groups as
/// fit (see [`Source::shards`]), so that each is read about once an epoch.
const CACHE_BYTES: u64 = 1 << 30;

const IMAGE_COLUMNS: [&str; 5] = ["image.bytes", "img.bytes", "image", "img", "jpg"];
const LABEL_COLUMNS: [&str; 5] = ["label", "labels", "fine_label", "cls", "target"];

/// Encoded images of a row group; `None` where the row has none.
type Rows = Arc<Vec<Option<ByteArray>>>;

/// Where a row group is and which rows of the split it holds.
struct Group {
    file: usize,
    index: usize,
    first_row: usize,
    /// Bytes of its image column, unpacked.
    bytes: u64,
}

/// One split: the rows of its files, in name order.
struct ParquetSource {
    files: Vec<FileEntry>,
    groups: Vec<Group>,
    rows: usize,
    labels: Option<Vec<Option<u32>>>,
    cache: Cache,
}

/// Row groups in memory: the oldest leaves first when the budget is spent.
struct Cache {
    budget: u64,
    slots: Vec<Mutex<Option<Rows>>>,
    held: Mutex<(u64, VecDeque<(usize, u64)>)>,
}

impl Cache {
    /// The rows of `group`, loaded by `load` where absent. Threads that want different groups load in parallel.
    fn get(
        &self,
        group: usize,
        load: impl FnOnce() -> std::result::Result<Rows, Reason>,
    ) -> std::result::Result<Rows, Reason> {
        let rows = {
            let mut slot = self.slots[group].lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(rows) = &*slot {
                return Ok(Arc::clone(rows));
            }
            let rows = load()?;
            *slot = Some(Arc::clone(&rows));
            rows
        };
        let bytes: u64 = rows.iter().flatten().map(|row| row.len() as u64).sum();
        let mut evicted = Vec::new();
        {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            held.0 += bytes;
            held.1.push_back((group, bytes));
            while held.0 > self.budget && held.1.len() > 1 {
                if let Some((oldest, bytes)) = held.1.pop_front() {
                    held.0 -= bytes;
                    evicted.push(oldest);
                }
            }
        }
        for oldest in evicted {
            *self.slots[oldest].lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        Ok(rows)
    }
}

impl ParquetSource {
    /// The group that holds `index`, and the row within it.
    fn locate(&self, index: usize) -> (usize, usize) {
        let group = self.groups.partition_point(|g| g.first_row <= index).saturating_sub(1);
        (group, index - self.groups[group].first_row)
    }

    fn load(&self, group: &Group) -> std::result::Result<Rows, Reason> {
        let path = &self.files[group.file].path;
        let read = || -> std::result::Result<Vec<Option<ByteArray>>, String> {
            let file = File::open(path).map_err(|e| e.to_string())?;
            let reader = SerializedFileReader::new(file).map_err(|e| e.to_string())?;
            let (column, max_def) =
                find_column(reader.metadata().file_metadata().schema_descr(), &IMAGE_COLUMNS)
                    .ok_or("no image column")?;
            let rows = reader.get_row_group(group.index).map_err(|e| e.to_string())?;
            read_bytes(&*rows, column, max_def)
        };
        read().map(Arc::new).map_err(|e| format!("row group {} of {}: {e}", group.index, path.display()))
    }
}

impl Source for ParquetSource {
    fn len(&self) -> usize {
        self.rows
    }

    fn label(&self, index: usize) -> Option<u32> {
        self.labels.as_ref().and_then(|labels| labels.get(index).copied().flatten())
    }

    fn name(&self, index: usize) -> String {
        let group = &self.groups[self.locate(index).0];
        let first = self.groups.iter().find(|g| g.file == group.file).map_or(0, |g| g.first_row);
        format!("{} row {}", self.files[group.file].name, index - first)
    }

    fn decode_into(
        &self,
        index: usize,
        wanted: Wanted<'_>,
        image: &mut RgbImage,
    ) -> std::result::Result<(), Reason> {
        let (group, row) = self.locate(index);
        let rows = self.cache.get(group, || self.load(&self.groups[group]))?;
        let bytes = rows.get(row).and_then(Option::as_ref).ok_or("the row has no image bytes")?;
        decode::decode_into(bytes.data(), wanted, image)
    }

    fn image_size(&self) -> Option<(u32, u32)> {
        let rows = self.load(self.groups.first()?).ok()?;
        let mut sizes = rows.iter().flatten().take(16).map(|bytes| decode::dimensions(bytes.data()).ok());
        let first = sizes.next()??;
        sizes.all(|size| size == Some(first)).then_some(first)
    }

    fn shards(&self) -> Option<Shards> {
        let bytes = |group: &Group| group.bytes;
        let (total, largest) =
            (self.groups.iter().map(bytes).sum::<u64>(), self.groups.iter().map(bytes).max()?);
        if total <= self.cache.budget {
            return None;
        }
        let starts = self.groups.iter().skip(1).map(|group| group.first_row as u32);
        let ends = starts.chain([self.rows as u32]).collect();
        Some(Shards { ends, together: (self.cache.budget / 2 / largest).max(1) as usize })
    }
}

/// Index and maximal definition level of the first of `names` that is a leaf column.
fn find_column(schema: &SchemaDescriptor, names: &[&str]) -> Option<(usize, i16)> {
    names.iter().find_map(|name| {
        let index = schema.columns().iter().position(|column| column.path().string() == *name)?;
        let column = schema.column(index);
        (column.max_rep_level() == 0).then(|| (index, column.max_def_level()))
    })
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

fn read_bytes(
    group: &dyn RowGroupReader,
    column: usize,
    max_def: i16,
) -> std::result::Result<Vec<Option<ByteArray>>, String> {
    let rows = usize::try_from(group.metadata().num_rows()).map_err(|e| e.to_string())?;
    let ColumnReader::ByteArrayColumnReader(mut reader) =
        group.get_column_reader(column).map_err(|e| e.to_string())?
    else {
        return Err("the image column is not binary".to_owned());
    };
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    reader.read_records(rows, Some(&mut levels), None, &mut values).map_err(|e| e.to_string())?;
    Ok(spread(values, &levels, max_def, rows))
}

fn read_labels(
    group: &dyn RowGroupReader,
    column: usize,
    max_def: i16,
) -> std::result::Result<Vec<Option<u32>>, String> {
    let rows = usize::try_from(group.metadata().num_rows()).map_err(|e| e.to_string())?;
    let mut levels = Vec::new();
    let values: Vec<i64> = match group.get_column_reader(column).map_err(|e| e.to_string())? {
        ColumnReader::Int64ColumnReader(mut reader) => {
            let mut values = Vec::new();
            reader.read_records(rows, Some(&mut levels), None, &mut values).map_err(|e| e.to_string())?;
            values
        }
        ColumnReader::Int32ColumnReader(mut reader) => {
            let mut values = Vec::new();
            reader.read_records(rows, Some(&mut levels), None, &mut values).map_err(|e| e.to_string())?;
            values.into_iter().map(i64::from).collect()
        }
        _ => return Err("the label column is not of integers".to_owned()),
    };
    // Hugging Face marks "no label" (the test split of ImageNet) with -1.
    let spread = spread(values, &levels, max_def, rows);
    Ok(spread.into_iter().map(|label| label.and_then(|label| u32::try_from(label).ok())).collect())
}

/// Class names from the metadata that Hugging Face's writer leaves in the footer, for a label column `label`.
fn class_names(reader: &SerializedFileReader<File>, label: &str) -> Vec<String> {
    let metadata = reader.metadata().file_metadata().key_value_metadata();
    let names = metadata
        .into_iter()
        .flatten()
        .find(|pair| pair.key == "huggingface")
        .and_then(|pair| serde_json::from_str::<serde_json::Value>(pair.value.as_deref()?).ok())
        .and_then(|info| info.pointer(&format!("/info/features/{label}/names"))?.as_array().cloned());
    names.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

fn open_split(root: &Path, paths: &[PathBuf]) -> Result<(ParquetSource, Vec<String>)> {
    let (mut files, mut groups, mut rows) = (Vec::new(), Vec::new(), 0);
    let mut labels: Option<Vec<Option<u32>>> = Some(Vec::new());
    let mut names = Vec::new();
    for path in paths {
        let bad = |what: String| DataError::format(path, what);
        let reader = SerializedFileReader::new(File::open(path).map_err(|e| DataError::io(path, e))?)
            .map_err(|e| bad(format!("not a readable parquet file: {e}")))?;
        let schema = reader.metadata().file_metadata().schema_descr();
        let Some((image, _)) = find_column(schema, &IMAGE_COLUMNS) else {
            let columns: Vec<_> = schema.columns().iter().map(|c| c.path().string()).collect();
            return Err(bad(format!("no column `image.bytes`; the columns are {}", columns.join(", "))));
        };
        let label = find_column(schema, &LABEL_COLUMNS);
        if let (Some((column, _)), true) = (label, names.is_empty()) {
            names = class_names(&reader, &schema.column(column).path().string());
        }
        for index in 0..reader.num_row_groups() {
            let group = reader.get_row_group(index).map_err(|e| bad(e.to_string()))?;
            let bytes = u64::try_from(group.metadata().column(image).uncompressed_size()).unwrap_or(0);
            groups.push(Group { file: files.len(), index, first_row: rows, bytes });
            rows += usize::try_from(group.metadata().num_rows()).map_err(|e| bad(e.to_string()))?;
            match (label, &mut labels) {
                (Some((column, max_def)), Some(labels)) => {
                    labels.extend(read_labels(&*group, column, max_def).map_err(bad)?);
                }
                _ => labels = None,
            }
        }
        files.push(FileEntry::new(root, path)?);
    }
    let cache = Cache {
        budget: CACHE_BYTES,
        slots: groups.iter().map(|_| Mutex::new(None)).collect(),
        held: Mutex::new((0, VecDeque::new())),
    };
    Ok((ParquetSource { files, groups, rows, labels, cache }, names))
}

/// Opens the parquet files `paths` (sorted) below `root`; the split is in the file's or a folder's name.
pub(crate) fn open(root: &Path, paths: Vec<PathBuf>, findings: Findings) -> Result<Found> {
    let mut found = Found { findings, ..Found::default() };
    let splits = by_split(paths, |path| relative_name(root, path), &mut found.findings)
        .map_err(|why| DataError::ambiguous(root, why))?;
    for (split, paths) in splits {
        let (source, names) = open_split(root, &paths)?;
        if found.class_names.is_empty() {
            found.class_names = names;
        }
        found.files.extend(source.files.iter().cloned());
        if source.rows > 0 {
            found.set(split, Box::new(source));
        }
    }
    Ok(found)
}
