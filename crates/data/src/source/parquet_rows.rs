//! Parquet in the Hugging Face image layout: a binary column `image.bytes` (or another of [`super::parquet_columns`]) and a
//! column of labels. Row groups are read when one of their rows is asked for and kept, still compressed as images, up to
//! [`CACHE_BYTES`] per split: a set smaller than that is read once.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use parquet::data_type::ByteArray;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::SchemaDescriptor;
use vitals_files::open_regular;

use super::parquet_columns as columns;
use super::parquet_footer as footer;
use super::split_name::{by_split, some_of};
use super::stated::{self, Stated};
use super::{FileEntry, Found, Reason, Shards, Source, relative_name};
use crate::decode::{Pixels, Wanted};
use crate::error::Refusal;
use crate::findings::{Findings, Labels, Said, Why};
use crate::{DataError, Result, RgbImage, decode};

/// Encoded images that a split keeps in memory. The order of an epoch over a larger set mixes only as many row groups as
/// fit (see [`Source::shards`]), so that each is read about once an epoch.
const CACHE_BYTES: u64 = 1 << 30;

/// Encoded images of a row group; `None` where the row has none.
type Rows = Arc<Vec<Option<ByteArray>>>;

/// Where a row group is and which rows of the split it holds.
struct Group {
    file: usize,
    index: usize,
    first_row: usize,
    rows: usize,
    /// Bytes of its image column, unpacked.
    bytes: u64,
}

/// One split: the rows of its files, in name order.
struct ParquetSource {
    files: Vec<FileEntry>,
    groups: Vec<Group>,
    rows: usize,
    labels: Vec<Option<u32>>,
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
        let read = || {
            let file = open_regular(path).map_err(|e| e.to_string())?;
            let reader = read_footer(file)?;
            let schema = reader.metadata().file_metadata().schema_descr();
            let column = columns::image(schema)?;
            let rows = reader.get_row_group(group.index).map_err(|e| e.to_string())?;
            columns::read_bytes(&*rows, column, group.rows)
        };
        guarded(read)
            .map(Arc::new)
            .map_err(|e| format!("row group {} of {}: {e}", group.index, path.display()))
    }
}

impl Source for ParquetSource {
    fn len(&self) -> usize {
        self.rows
    }

    fn label(&self, index: usize) -> Option<u32> {
        self.labels.get(index).copied().flatten()
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
    ) -> std::result::Result<Pixels, Reason> {
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

/// The library panics where a file states what none does, as places before its beginning: that is a fault of the file.
fn guarded<T>(read: impl FnOnce() -> std::result::Result<T, String>) -> std::result::Result<T, String> {
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err("what it states of itself is damaged".to_owned()))
}

fn read_footer(file: File) -> std::result::Result<SerializedFileReader<File>, String> {
    footer::check(&file)?;
    SerializedFileReader::new(file).map_err(|e| e.to_string())
}

/// A file of which only the footer was read.
struct Shard {
    path: PathBuf,
    bytes: u64,
    reader: SerializedFileReader<File>,
}

impl Shard {
    fn open(path: PathBuf) -> Result<Self> {
        let file = open_regular(&path).map_err(|e| DataError::io(&path, e))?;
        let bytes = file.metadata().map_err(|e| DataError::io(&path, e))?.len();
        let reader = guarded(|| read_footer(file))
            .map_err(|e| DataError::format(&path, format!("not a readable parquet file: {e}")))?;
        Ok(Self { path, bytes, reader })
    }

    fn schema(&self) -> &SchemaDescriptor {
        self.reader.metadata().file_metadata().schema_descr()
    }

    fn rows(&self) -> i64 {
        self.reader.metadata().file_metadata().num_rows()
    }

    /// Rows of each group. Every row takes some of the file: one that states more rows than bytes would only fill the memory.
    fn rows_of_groups(&self) -> std::result::Result<Vec<usize>, String> {
        let (mut rows, mut left) = (Vec::new(), self.bytes);
        for group in self.reader.metadata().row_groups() {
            let stated = group.num_rows();
            let beyond =
                || format!("it states a group of {stated} rows, and has {} bytes in all", self.bytes);
            let in_group = u64::try_from(stated).map_err(|_| beyond())?;
            left = left.checked_sub(in_group).ok_or_else(beyond)?;
            rows.push(usize::try_from(in_group).map_err(|_| beyond())?);
        }
        Ok(rows)
    }
}

/// True for a file with a column of images, and for one that cannot be read: opening it says why.
pub(crate) fn holds_images(path: &Path) -> bool {
    Shard::open(path.to_path_buf()).map_or(true, |shard| columns::image(shard.schema()).is_ok())
}

/// Opens the `shards` of a split; labels are as they are stated, and missing where a file lacks their column.
fn open_split(
    root: &Path,
    shards: &[Shard],
    label: Option<&str>,
    findings: &mut Findings,
) -> Result<(ParquetSource, Vec<Option<Stated>>)> {
    let (mut files, mut groups, mut rows, mut labels) = (Vec::new(), Vec::new(), 0, Vec::new());
    let mut without = Vec::new();
    for shard in shards {
        let Shard { path, reader, .. } = shard;
        let bad = |what: String| DataError::format(path, what);
        let schema = shard.schema();
        let image = columns::image(schema).map_err(bad)?;
        let column = label.and_then(|label| columns::leaf(schema, label));
        if column.is_none() {
            without.push(relative_name(root, path));
        }
        for (index, in_group) in shard.rows_of_groups().map_err(bad)?.into_iter().enumerate() {
            let read = || {
                let group = reader.get_row_group(index).map_err(|e| e.to_string())?;
                let bytes = group.metadata().column(image.index).uncompressed_size();
                let labels = column.map(|column| columns::read_labels(&*group, column, in_group));
                Ok((u64::try_from(bytes).unwrap_or(0), labels.transpose()?))
            };
            let (bytes, stated) = guarded(read).map_err(bad)?;
            groups.push(Group { file: files.len(), index, first_row: rows, rows: in_group, bytes });
            rows += in_group;
            labels.extend(stated.into_iter().flatten());
            labels.resize(rows, None);
        }
        files.push(FileEntry::new(root, path)?);
    }
    // A split without any label is told as such.
    if let Some(column) = label.filter(|_| !without.is_empty() && without.len() < shards.len()) {
        let (column, files) = (column.to_owned(), some_of(without));
        findings.notes.push(Said::LabelsOfSomeFiles { column, files });
    }
    let cache = Cache {
        budget: CACHE_BYTES,
        slots: groups.iter().map(|_| Mutex::new(None)).collect(),
        held: Mutex::new((0, VecDeque::new())),
    };
    Ok((ParquetSource { files, groups, rows, labels: Vec::new(), cache }, labels))
}

/// Opens the parquet files `paths` (sorted) below `root`; the split is in the file's or a folder's name.
///
/// # Errors
/// Several configurations, or columns that can be read in two ways; what reading a file says.
pub(crate) fn open(root: &Path, paths: Vec<PathBuf>, findings: Findings) -> Result<Found> {
    let mut found = Found { findings, ..Found::default() };
    let refuse = |why| DataError::ambiguous(root, why);
    let splits = by_split(paths, |path| relative_name(root, path), &mut found.findings).map_err(refuse)?;
    let mut shards = BTreeMap::new();
    for (split, paths) in splits {
        let mut of_split = Vec::new();
        for path in paths {
            let shard = Shard::open(path)?;
            if shard.rows() == 0 {
                found.findings.leave(Why::EmptyFiles, relative_name(root, &shard.path));
                if columns::image(shard.schema()).is_err() {
                    continue;
                }
            }
            of_split.push(shard);
        }
        shards.insert(split, of_split);
    }
    let all = || shards.values().flatten();
    let label = columns::label(all().map(|shard| &shard.reader)).map_err(refuse)?;
    let (mut sources, mut labels) = (Vec::new(), Vec::new());
    for (split, shards) in &shards {
        let (source, stated) = open_split(root, shards, label.as_deref(), &mut found.findings)?;
        sources.push((*split, source));
        labels.push(stated);
    }
    if let Some(column) = label.clone().filter(|_| stated::are_mixed(&labels)) {
        return Err(refuse(Refusal::MixedLabels { column }));
    }
    match label {
        Some(column) => {
            if !columns::is_first_choice(&column) {
                found.reading = "labels of another column";
            }
            found.class_names = all()
                .map(|shard| columns::class_names(&shard.reader, &column))
                .find(|n| !n.is_empty())
                .unwrap_or_default();
            found.findings.labels = Labels::Column { column };
        }
        None => {
            let columns = all().next().map(|shard| columns::names(shard.schema())).unwrap_or_default();
            found.findings.notes.push(Said::NoLabelColumn { columns: some_of(columns) });
        }
    }
    if found.findings.notes.iter().any(|note| matches!(note, Said::LabelsOfSomeFiles { .. })) {
        found.reading = "labels of some files";
    }
    let (labels, names) = stated::number(labels);
    if !names.is_empty() {
        found.class_names = names;
    }
    for ((split, source), labels) in sources.into_iter().zip(labels) {
        found.files.extend(source.files.iter().cloned());
        if source.rows > 0 {
            found.set(split, Box::new(ParquetSource { labels, ..source }));
        }
    }
    Ok(found)
}
