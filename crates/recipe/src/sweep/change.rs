//! What can be changed in a sweep file, by a form and by what mends a finding. How a change is made is [`super::edit`]'s.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use ts_rs::TS;

/// One change of a sweep file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "op", rename_all = "snake_case")]
#[ts(rename = "SweepEdit")]
pub enum Edit {
    SetName {
        value: String,
    },
    SetDescription {
        value: String,
    },
    /// An empty text removes the preset.
    SetPreset {
        value: String,
    },
    /// `null` removes the override.
    SetParameter {
        parameter: String,
        value: Json,
    },
    AddAxis {
        parameter: String,
        values: Vec<Json>,
    },
    /// Values of a zipped axis are lists, one value a parameter. A spaced axis becomes a list of values.
    SetAxis {
        index: u32,
        values: Vec<Json>,
    },
    /// Values that a rule spaces, in place of those that the axis has.
    SpaceAxis {
        index: u32,
        spacing: Spacing,
    },
    RemoveAxis {
        index: u32,
    },
    MoveAxis {
        from: u32,
        to: u32,
    },
    SetSeeds {
        value: Vec<u64>,
    },
    AddExclusion {
        value: BTreeMap<String, Json>,
    },
    RemoveExclusion {
        index: u32,
    },
    /// Another spelling for what stands at a byte of the text; refused where something else stands there. Unlike the
    /// others it needs no valid TOML.
    ReplaceText {
        at: u32,
        old: String,
        new: String,
    },
}

/// Values spaced by a rule, as an axis of the file says it. Both ends are among them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "form", rename_all = "snake_case")]
#[ts(rename = "AxisSpacing")]
pub enum Spacing {
    /// A constant ratio from one to the next.
    Log { from: Json, to: Json, count: u32 },
    /// A constant difference from one to the next.
    Linear { from: Json, to: Json, count: u32 },
    /// Whole numbers in steps.
    Range { from: Json, to: Json, step: Json },
}

impl Edit {
    /// Sets a parameter under `[recipe]`.
    pub fn set(parameter: &str, value: impl Into<Json>) -> Edit {
        Edit::SetParameter { parameter: parameter.to_owned(), value: value.into() }
    }

    /// Whether it changes the text itself, and not what the text says.
    pub(crate) fn is_of_text(&self) -> bool {
        matches!(self, Edit::ReplaceText { .. })
    }
}
