//! Data sets by name: the built-in one and those that a user has added. Opening one reads its index and fingerprint,
//! which is remembered in the store, so that expansions and jobs need not open it again.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use vitals_data::{DataError, Dataset, DatasetSpec, FASHION_MNIST};
use vitals_recipe::{DatasetFacts, Datasets, Told};
use vitals_store::DatasetRow;

use crate::Context;
use crate::dto::{ApiError, DatasetInfo, ErrorCode};
use crate::error::{Result, io_error};
use crate::said::{Advice, Failure, Operation};

/// Images of a split that are decoded when a data set is added or checked.
const TRIED: u64 = 2_000;

/// The data sets of a workspace: built in, added, or a path that is there.
pub(crate) struct Here {
    facts: HashMap<String, DatasetFacts>,
    names: Vec<String>,
}

impl Datasets for Here {
    fn facts(&self, name: &str) -> Option<DatasetFacts> {
        self.facts.get(name).cloned()
    }

    fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name) || Path::new(name).exists()
    }

    fn names(&self) -> Vec<String> {
        self.names.clone()
    }
}

pub(crate) async fn here(context: &Context) -> Result<Here> {
    let rows = context.store().datasets().await?;
    let mut names: Vec<String> = rows.iter().map(|row| row.name.clone()).collect();
    if !names.iter().any(|name| name == FASHION_MNIST) {
        names.push(FASHION_MNIST.to_owned());
    }
    Ok(Here { facts: facts_of(rows), names })
}

/// Facts of every data set that was looked at, by name.
pub(crate) async fn known_facts(context: &Context) -> Result<HashMap<String, DatasetFacts>> {
    Ok(facts_of(context.store().datasets().await?))
}

fn facts_of(rows: Vec<DatasetRow>) -> HashMap<String, DatasetFacts> {
    let facts = rows.into_iter().filter(|row| row.problem.is_none()).filter_map(|row| {
        let facts: DatasetFacts = serde_json::from_value(row.facts.get("facts")?.clone()).ok()?;
        Some((row.name, facts))
    });
    facts.collect()
}

/// The facts of a data set, looked at now where that was not done before.
///
/// # Errors
/// `not_found` for a name that is neither built in nor added; `invalid_input` for one that cannot be read.
pub async fn require(context: &Context, name: &str) -> Result<DatasetFacts> {
    if let Some(facts) = known_facts(context).await?.remove(name) {
        return Ok(facts);
    }
    let known = context.store().dataset(name).await?;
    let path = known.as_ref().map(|row| PathBuf::from(&row.path)).filter(|_| name != FASHION_MNIST);
    look(context, name, path, Care::Index).await?;
    known_facts(context)
        .await?
        .remove(name)
        .ok_or_else(|| ApiError::failed(Failure::DatasetRemoved { name: name.to_owned() }))
}

/// Adds a data set, or looks at one again.
///
/// # Errors
/// `invalid_input` where nothing readable is there; the store keeps what it knew.
pub async fn add(context: &Context, name: &str, path: &Path) -> Result<DatasetInfo> {
    let valid = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || !name.chars().all(valid) {
        let error = ApiError::invalid(Failure::NoDatasetName { name: name.to_owned() });
        return Err(error.hint(Advice::DatasetName));
    }
    if name == FASHION_MNIST {
        let error = ApiError::invalid(Failure::BuiltIn { name: name.to_owned() });
        return Err(error.hint(Advice::OtherName));
    }
    if let Some(error) = context.read_only() {
        return Err(error);
    }
    let path = std::path::absolute(path).map_err(|error| io_error(Operation::Find, path, &error))?;
    look(context, name, Some(path), Care::Decode).await
}

/// How closely to look at a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Care {
    /// Its index only.
    Index,
    /// Also decode images: all of a small set, evenly spaced ones of a large one.
    Decode,
}

/// Opens a data set and, with care, looks whether its images can be read.
fn open(spec: &DatasetSpec, care: Care) -> Result<Dataset, DataError> {
    let mut dataset = vitals_data::open(spec)?;
    if care == Care::Decode {
        dataset.try_images(TRIED)?;
    }
    Ok(dataset)
}

/// Opens a data set on a thread of its own (it reads files) and remembers what it is, where anything can be remembered.
async fn look(context: &Context, name: &str, path: Option<PathBuf>, care: Care) -> Result<DatasetInfo> {
    let spec = DatasetSpec { name: name.to_owned(), path };
    let opened = tokio::task::spawn_blocking(move || open(&spec, care)).await;
    let dataset = match opened {
        Ok(Ok(dataset)) => dataset,
        Ok(Err(error)) => {
            let error = ApiError::invalid(Failure::Dataset { name: name.to_owned(), said: error.told() });
            return Err(error.hint(Advice::AddDataset));
        }
        Err(error) => return Err(ApiError::failed(Failure::answer(&error))),
    };
    let row = DatasetRow {
        name: name.to_owned(),
        path: dataset.path().display().to_string(),
        fingerprint: dataset.fingerprint().to_owned(),
        facts: serde_json::json!({
            "facts": dataset.facts(),
            "heldout": dataset.heldout().images,
            "found": dataset.findings().told(),
        }),
        builtin: name == FASHION_MNIST,
        problem: None,
        checked_at: context.now(),
    };
    if context.read_only().is_none() {
        context.store().put_dataset(&row).await?;
    }
    Ok(info(row))
}

fn info(row: DatasetRow) -> DatasetInfo {
    let facts: Option<DatasetFacts> =
        row.facts.get("facts").and_then(|facts| serde_json::from_value(facts.clone()).ok());
    DatasetInfo {
        name: row.name,
        path: row.path,
        images: facts.as_ref().map_or(0, |facts| facts.images),
        heldout: row.facts.get("heldout").and_then(serde_json::Value::as_u64).unwrap_or(0),
        classes: facts.as_ref().map_or(0, |facts| u64::from(facts.classes)),
        labelled: facts.as_ref().is_some_and(|facts| facts.labelled),
        // Older versions did not write it down.
        found: row
            .facts
            .get("found")
            .and_then(|found| serde_json::from_value(found.clone()).ok())
            .unwrap_or_default(),
        fingerprint: row.fingerprint,
        builtin: row.builtin,
        problem: row.problem,
        problem_told: None,
    }
}

/// All data sets; the built-in one is looked at first where that was not done before.
pub async fn list(context: &Context) -> Result<Vec<DatasetInfo>> {
    let looked = match context.store().dataset(FASHION_MNIST).await? {
        Some(_) => None,
        None => Some(look(context, FASHION_MNIST, None, Care::Index).await.unwrap_or_else(absent)),
    };
    let mut found: Vec<DatasetInfo> = context.store().datasets().await?.into_iter().map(info).collect();
    if found.iter().all(|one| one.name != FASHION_MNIST) {
        found.splice(0..0, looked);
    }
    Ok(found)
}

fn absent(error: ApiError) -> DatasetInfo {
    DatasetInfo {
        name: FASHION_MNIST.to_owned(),
        path: String::new(),
        images: 0,
        heldout: 0,
        classes: 0,
        labelled: true,
        found: Vec::new(),
        fingerprint: String::new(),
        builtin: true,
        problem: Some(error.message),
        problem_told: Some(error.told),
    }
}

/// Reads a data set again and says whether it is still the one that runs were trained on.
pub async fn check(context: &Context, name: &str) -> Result<DatasetInfo> {
    let known = context.store().dataset(name).await?;
    if known.is_none() && name != FASHION_MNIST {
        let said = Failure::NoDataset { name: name.to_owned() };
        return Err(ApiError::new(ErrorCode::NotFound, said).hint(Advice::ListDatasets));
    }
    let path = known.as_ref().map(|row| PathBuf::from(&row.path)).filter(|_| name != FASHION_MNIST);
    let mut found = look(context, name, path, Care::Decode).await?;
    if let Some(known) = known.filter(|known| known.fingerprint != found.fingerprint) {
        let told = Told::from(Failure::FingerprintChanged { before: known.fingerprint });
        (found.problem, found.problem_told) = (Some(told.text.clone()), Some(told));
    }
    Ok(found)
}

/// Forgets a data set; its files stay.
pub async fn remove(context: &Context, name: &str) -> Result<()> {
    if name == FASHION_MNIST {
        return Err(ApiError::invalid(Failure::BuiltInStays { name: name.to_owned() }));
    }
    if context.store().remove_dataset(name).await? {
        return Ok(());
    }
    Err(ApiError::new(ErrorCode::NotFound, Failure::NoDataset { name: name.to_owned() }))
}
