//! What is known of a run that Vitals did not train: where it came from and what the other tool says of its configuration.
//! Nothing is added to that and nothing is read as a parameter of a recipe: a foreign `batch_size` may mean something else.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};
use ts_rs::TS;

use crate::versioned::{self, JobError};

/// The form of `import.json` that this version writes; it reads every form up to it.
pub const IMPORT_FORMAT: u32 = 1;

/// Deepest nesting of a configuration that is read.
const MAX_DEPTH: usize = 64;

/// Where an imported run came from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Source {
    /// The form of what was read: `csv`.
    pub kind: String,
    /// The program that wrote it, where its form tells.
    #[serde(default)]
    pub tool: Option<String>,
    /// The version of that program.
    #[serde(default)]
    pub version: Option<String>,
    /// The file or folder that was read.
    #[serde(default)]
    pub path: Option<String>,
}

/// A value of a configuration. Lists are texts, as JSON writes them; what is null or empty is absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(untagged)]
pub enum ConfigValue {
    Bool(bool),
    Number(#[ts(type = "number")] Number),
    Text(String),
}

impl ConfigValue {
    /// The same as JSON.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String(text.clone()),
        }
    }
}

impl fmt::Display for ConfigValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// A free configuration: keys of nested tables are joined with dots.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct RunConfig(pub BTreeMap<String, ConfigValue>);

vitals_recipe::sentences! {
    /// Why a text is no configuration.
    pub enum ConfigError in "config" {
        NoTable = "a configuration is a table of names and values";
        Twice { key: String } = "`{key}` is there twice, once nested and once with dots in its name";
        TooDeep { key: String } = "`{key}` is nested too deeply";
    }
}

impl RunConfig {
    /// Flattens a table.
    ///
    /// # Errors
    /// It is no table, or two of its values would have one key.
    pub fn from_json(value: &Value) -> Result<Self, ConfigError> {
        let Value::Object(table) = value else { return Err(ConfigError::NoTable) };
        let mut flat = BTreeMap::new();
        for (key, value) in table {
            flatten(&mut flat, key.clone(), value, 1)?;
        }
        Ok(Self(flat))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn flatten(
    flat: &mut BTreeMap<String, ConfigValue>,
    key: String,
    value: &Value,
    depth: usize,
) -> Result<(), ConfigError> {
    let leaf = match value {
        Value::Object(_) if depth >= MAX_DEPTH => return Err(ConfigError::TooDeep { key }),
        Value::Object(table) => {
            for (inner, value) in table {
                flatten(flat, format!("{key}.{inner}"), value, depth + 1)?;
            }
            return Ok(());
        }
        Value::Null => return Ok(()),
        Value::Bool(value) => ConfigValue::Bool(*value),
        Value::Number(number) => ConfigValue::Number(number.clone()),
        Value::String(text) => ConfigValue::Text(text.clone()),
        Value::Array(_) => ConfigValue::Text(value.to_string()),
    };
    match flat.insert(key.clone(), leaf) {
        None => Ok(()),
        Some(_) => Err(ConfigError::Twice { key }),
    }
}

/// All that is known of an imported run beside its series.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Imported {
    pub source: Source,
    /// What the other tool calls it.
    #[serde(default)]
    pub original_id: Option<String>,
    #[serde(default)]
    pub config: RunConfig,
}

/// `import.json`: what stands in an imported run's folder where a trained one has its `job.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportRecord {
    pub format: u32,
    /// The run's UUID as text.
    pub run: String,
    pub label: String,
    /// One more than its last step.
    pub steps: u64,
    #[serde(flatten)]
    pub imported: Imported,
}

impl ImportRecord {
    /// Reads an `import.json`.
    ///
    /// # Errors
    /// No such file, no import in it, or one of a newer version.
    pub fn read(path: &Path) -> Result<Self, JobError> {
        Self::parse(&versioned::read(path)?, path)
    }

    /// Reads the text of the `import.json` at `path`.
    ///
    /// # Errors
    /// No import in it, or one of a newer version.
    pub fn parse(text: &[u8], path: &Path) -> Result<Self, JobError> {
        versioned::parse(text, path, IMPORT_FORMAT)
    }

    /// The text of its `import.json`.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("an import is always JSON")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nested_tables_become_keys_with_dots_and_what_is_nothing_is_absent() {
        let read = RunConfig::from_json(&json!({
            "lr": 0.1, "optim": {"name": "lars", "betas": [0.9, 0.95], "nesterov": true}, "clip": null, "empty": {},
            "seed": 18446744073709551615u64,
        }));
        let told: Vec<String> = read.unwrap().0.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(
            told,
            [
                "lr=0.1",
                "optim.betas=[0.9,0.95]",
                "optim.name=lars",
                "optim.nesterov=true",
                "seed=18446744073709551615"
            ]
        );
    }

    #[test]
    fn what_is_no_configuration_says_why() {
        let said = |value: Value| RunConfig::from_json(&value).unwrap_err().to_string();
        assert_eq!(said(json!([1])), "a configuration is a table of names and values");
        assert_eq!(
            said(json!({"a.b": 1, "a": {"b": 2}})),
            "`a.b` is there twice, once nested and once with dots in its name"
        );
        let deep = (0..80).fold(json!(1), |inner, _| json!({ "x": inner }));
        assert!(said(deep).ends_with("is nested too deeply"));
    }

    #[test]
    fn a_record_comes_back_and_one_of_a_newer_version_is_refused() {
        let record = ImportRecord {
            format: IMPORT_FORMAT,
            run: "01a0c450-6c00-702e-8a2a-d576b918056d".to_owned(),
            label: "theirs".to_owned(),
            steps: 3,
            imported: Imported {
                source: Source {
                    kind: "csv".to_owned(),
                    tool: Some("wandb".to_owned()),
                    ..Source::default()
                },
                original_id: Some("vit-s".to_owned()),
                config: RunConfig::from_json(&json!({"lr": 1e-4, "frozen": false, "opt": "adamw"})).unwrap(),
            },
        };
        let path = Path::new("import.json");
        assert_eq!(ImportRecord::parse(record.to_json().as_bytes(), path).unwrap(), record);
        let newer = ImportRecord { format: IMPORT_FORMAT + 1, ..record }.to_json();
        assert!(matches!(ImportRecord::parse(newer.as_bytes(), path), Err(JobError::Newer { .. })));
    }
}
