//! What happens to a run, as one type: the kinds with their fields, and the step, layer and standing that all of them have.
//! The stored form is a kind's word beside its details as JSON, which older versions wrote too; a kind that this version
//! does not know is kept as it is.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

/// Something that happened at a step, or over a range of steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub step: u64,
    pub end_step: Option<u64>,
    /// The layer that moved first, or the metric.
    pub layer: Option<String>,
    /// Caused by the recipe's own disturbance.
    pub injected: bool,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub at: Option<i64>,
    pub what: Happening,
}

impl Event {
    /// At one step, of the run as a whole.
    pub fn new(step: u64, at: Option<i64>, what: Happening) -> Self {
        Self { step, end_step: None, layer: None, injected: false, at, what }
    }
}

/// The kinds of events (contract, section 4), each with what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
    Spike(Spike),
    Dip(Dip),
    Nonfinite(Nonfinite),
    Collapse(Level),
    Divergence(Level),
    Checkpoint(CheckpointMade),
    Rewound(Rewound),
    Stalled(Stalled),
    Shock(Shock),
    SkippedStep(SkippedStep),
    BackboneCheck(BackboneCheck),
    /// Of another version, or details that this one cannot read.
    Other {
        kind: String,
        details: Value,
    },
}

/// Gradient norms of layers that left their band together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spike {
    pub peak_step: u64,
    #[serde(deserialize_with = "number")]
    pub peak_z: f64,
    pub layers: Vec<SpikeLayer>,
    pub open: bool,
}

/// One layer's part in a spike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpikeLayer {
    pub layer: Option<String>,
    pub onset: u64,
    pub onset_low: u64,
    pub onset_high: u64,
    pub peak_step: u64,
    #[serde(deserialize_with = "number")]
    pub peak_z: f64,
}

impl Spike {
    /// The layer that moved first: its interval of onsets ends before any other's begins. None where that cannot be told.
    pub fn leader(&self) -> Option<&SpikeLayer> {
        let earliest = self.layers.iter().min_by_key(|layer| layer.onset_high)?;
        let others = self.layers.iter().filter(|layer| layer.layer != earliest.layer);
        others.map(|layer| layer.onset_low).all(|low| earliest.onset_high < low).then_some(earliest)
    }

    /// The layer with the largest peak, which [`Spike::peak_z`] is the height of.
    pub fn highest(&self) -> Option<&SpikeLayer> {
        self.layers.iter().max_by(|a, b| a.peak_z.abs().total_cmp(&b.peak_z.abs()))
    }
}

/// An accuracy that fell and may have come back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dip {
    pub metric: String,
    #[serde(deserialize_with = "number")]
    pub baseline: f64,
    #[serde(deserialize_with = "number")]
    pub depth: f64,
    #[serde(deserialize_with = "number")]
    pub area: f64,
    pub peak_step: u64,
    pub recovered: Option<u64>,
    pub open: bool,
}

/// Values that are no numbers: a stretch of them, as detection finds it, or one loss, as the worker meets it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Nonfinite {
    Stretch { count: u64, series: Vec<String>, open: bool },
    Loss { loss: String },
}

/// A metric that went to another level and stayed there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Level {
    pub metric: String,
    #[serde(deserialize_with = "number")]
    pub from: f64,
    #[serde(deserialize_with = "number")]
    pub to: f64,
    pub open: bool,
}

/// A checkpoint that the journal names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckpointMade {
    /// Relative to the run folder.
    pub path: String,
    pub bytes: Option<u64>,
}

/// An attempt that goes back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rewound {
    pub resume_from: Option<String>,
}

/// Silence beyond the run's own pace, by the supervisor; or a full disk, by the journal's writer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Stalled {
    Silent { silent_seconds: f64, limit_seconds: f64, process_state: Option<String>, room_bytes: Option<u64> },
    FullDisk { reason: String, lasted_secs: f64 },
}

/// The recipe's own disturbance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shock {
    pub injected: bool,
    #[serde(deserialize_with = "number")]
    pub factor: f64,
    pub steps: u64,
}

/// A step that half precision had to leave out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SkippedStep {
    pub loss_scale: Option<f64>,
}

/// Whether a probe left the backbone that it judges as it was: hashes before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackboneCheck {
    pub before: String,
    pub after: String,
    pub identical: bool,
}

impl Happening {
    /// The contract's word.
    pub fn kind(&self) -> &str {
        match self {
            Self::Spike(_) => "spike",
            Self::Dip(_) => "dip",
            Self::Nonfinite(_) => "nonfinite",
            Self::Collapse(_) => "collapse",
            Self::Divergence(_) => "divergence",
            Self::Checkpoint(_) => "checkpoint",
            Self::Rewound(_) => "rewound",
            Self::Stalled(_) => "stalled",
            Self::Shock(_) => "shock",
            Self::SkippedStep(_) => "skipped_step",
            Self::BackboneCheck(_) => "backbone_check",
            Self::Other { kind, .. } => kind,
        }
    }

    /// What is stored beside the word.
    pub fn details(&self) -> Value {
        let told = match self {
            Self::Spike(told) => serde_json::to_value(told),
            Self::Dip(told) => serde_json::to_value(told),
            Self::Nonfinite(told) => serde_json::to_value(told),
            Self::Collapse(told) | Self::Divergence(told) => serde_json::to_value(told),
            Self::Checkpoint(told) => serde_json::to_value(told),
            Self::Rewound(told) => serde_json::to_value(told),
            Self::Stalled(told) => serde_json::to_value(told),
            Self::Shock(told) => serde_json::to_value(told),
            Self::SkippedStep(told) => serde_json::to_value(told),
            Self::BackboneCheck(told) => serde_json::to_value(told),
            Self::Other { details, .. } => return details.clone(),
        };
        told.expect("details are always JSON")
    }

    /// What a row or a record tells: its kind, or [`Happening::Other`] where anything would be lost.
    pub fn parse(kind: &str, details: Value) -> Self {
        fn told<T: DeserializeOwned>(details: &Value, of: fn(T) -> Happening) -> Option<Happening> {
            let told = of(T::deserialize(details).ok()?);
            (told.details() == *details).then_some(told)
        }
        let known = match kind {
            "spike" => told(&details, Self::Spike),
            "dip" => told(&details, Self::Dip),
            "nonfinite" => told(&details, Self::Nonfinite),
            "collapse" => told(&details, Self::Collapse),
            "divergence" => told(&details, Self::Divergence),
            "checkpoint" => told(&details, Self::Checkpoint),
            "rewound" => told(&details, Self::Rewound),
            "stalled" => told(&details, Self::Stalled),
            "shock" => told(&details, Self::Shock),
            "skipped_step" => told(&details, Self::SkippedStep),
            "backbone_check" => told(&details, Self::BackboneCheck),
            _ => None,
        };
        known.unwrap_or_else(|| Self::Other { kind: kind.to_owned(), details })
    }

    /// It still goes on.
    pub fn is_open(&self) -> bool {
        match self {
            Self::Spike(told) => told.open,
            Self::Dip(told) => told.open,
            Self::Nonfinite(told) => matches!(told, Nonfinite::Stretch { open: true, .. }),
            Self::Collapse(told) | Self::Divergence(told) => told.open,
            Self::Other { details, .. } => details.get("open") == Some(&json!(true)),
            Self::Checkpoint(_)
            | Self::Rewound(_)
            | Self::Stalled(_)
            | Self::Shock(_)
            | Self::SkippedStep(_)
            | Self::BackboneCheck(_) => false,
        }
    }
}

/// JSON has no NaN: it is written as `null`.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows as earlier versions wrote them: each is read as its kind, and written again with the same bytes.
    #[test]
    fn stored_details_are_read_and_keep_their_bytes() {
        for (kind, stored) in [
            (
                "spike",
                r#"{"layers":[{"layer":"patch_embed","onset":7,"onset_high":8,"onset_low":6,"peak_step":9,"peak_z":41.5}],"open":false,"peak_step":9,"peak_z":41.5}"#,
            ),
            (
                "dip",
                r#"{"area":1.5,"baseline":0.5,"depth":0.1,"metric":"knn_top1","open":true,"peak_step":40,"recovered":null}"#,
            ),
            ("nonfinite", r#"{"count":3,"open":false,"series":["loss"]}"#),
            ("collapse", r#"{"from":0.9,"metric":"feature_std","open":true,"to":0.01}"#),
            ("divergence", r#"{"from":4.5,"metric":"loss","open":false,"to":null}"#),
            ("checkpoint", r#"{"bytes":12,"path":"checkpoints/step-00000020"}"#),
            ("rewound", r#"{"resume_from":"checkpoints/step-00000020"}"#),
            (
                "stalled",
                r#"{"limit_seconds":30.0,"process_state":"T","room_bytes":4096,"silent_seconds":31.5}"#,
            ),
            ("stalled", r#"{"lasted_secs":2.5,"reason":"No space left on device"}"#),
            ("shock", r#"{"factor":8.0,"injected":true,"steps":8}"#),
            ("nonfinite", r#"{"loss":"NaN"}"#),
            ("skipped_step", r#"{"loss_scale":1024.0}"#),
            ("backbone_check", r#"{"after":"b1","before":"b1","identical":true}"#),
        ] {
            let told = Happening::parse(kind, serde_json::from_str(stored).unwrap());
            assert!(!matches!(told, Happening::Other { .. }), "{kind}: {told:?}");
            assert_eq!(told.kind(), kind);
            assert_eq!(told.details().to_string(), stored);
            assert_eq!(told.is_open(), stored.contains("\"open\":true"));
        }
    }

    #[test]
    fn what_is_not_understood_is_kept_whole() {
        for (kind, stored) in [
            ("eclipse", r#"{"open":true,"of":"the sun"}"#),
            ("dip", r#"{"metric":"knn_top1"}"#),
            ("rewound", r#"{"resume_from":"x","by":"hand"}"#),
            ("shock", "null"),
        ] {
            let stored: Value = serde_json::from_str(stored).unwrap();
            let told = Happening::parse(kind, stored.clone());
            assert_eq!(told, Happening::Other { kind: kind.to_owned(), details: stored.clone() });
            assert_eq!((told.kind(), told.details()), (kind, stored));
        }
    }
}
