//! What a condition on runs may ask for, and what runs are sorted by: fields of a run, its parameters, the configuration of
//! a run from elsewhere, the value of a metric that stands for it, how often an event happened. A row answers for every field,
//! so that none is accepted and then empty.

use std::fmt;

use crate::metric::Reads;
use crate::metrics::{Metric, metric};
use crate::parameters::Kind;
use crate::reading::Reading;
use crate::table::parameter;

macro_rules! fields {
    ($($(#[doc = $doc:literal])* $variant:ident = $word:expr;)+) => {
        /// What a run is asked for by a bare word, beside its parameters.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Field {
            $($(#[doc = $doc])* $variant,)+
        }

        impl Field {
            /// Every field, in the order of the help.
            pub const ALL: &'static [Field] = &[$(Field::$variant),+];

            /// The word of the language.
            pub const fn as_str(self) -> &'static str {
                match self { $(Field::$variant => $word),+ }
            }
        }
    };
}

fields! {
    Id = "id";
    Label = "label";
    Sweep = "sweep";
    SweepName = "sweep_name";
    /// The run that a probe judges.
    Probed = "probed";
    Point = "point";
    State = "state";
    Evidence = "evidence";
    Attempt = "attempt";
    Tag = "tag";
    Note = "note";
    /// How calm training was, from 0 to 1.
    Stability = "stability";
    Step = "step";
    TotalSteps = "total_steps";
    EtaSeconds = "eta_seconds";
    ImagesPerSecond = Metric::ImagesPerSecond.name();
    EffectiveLearningRate = "effective_learning_rate";
    CreatedAt = "created_at";
    StartedAt = "started_at";
    EndedAt = "ended_at";
}

impl Field {
    pub fn is_number(self) -> bool {
        matches!(
            self,
            Self::Attempt
                | Self::Stability
                | Self::Step
                | Self::TotalSteps
                | Self::EtaSeconds
                | Self::ImagesPerSecond
                | Self::EffectiveLearningRate
        )
    }

    /// It holds an id, which people shorten.
    pub(super) fn is_id(self) -> bool {
        matches!(self, Self::Id | Self::Sweep | Self::Probed)
    }

    pub fn named(word: &str) -> Option<Field> {
        Field::ALL.iter().copied().find(|field| field.as_str() == word)
    }
}

/// A name of the language, known to exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    Field(Field),
    /// A parameter of the table.
    Parameter(&'static str),
    Metric {
        metric: String,
        reading: Reading,
    },
    /// How often an event of the kind happened.
    Events {
        kind: String,
    },
    /// What another tool says of a run that it trained, by a key of its own.
    Config {
        key: String,
    },
}

/// Before the key of a configuration that is no recipe, wherever it stands among parameters.
pub const CONFIG_PREFIX: &str = "config.";

/// What a value of a name can be compared with.
pub(super) enum Takes<'a> {
    Text,
    Number,
    /// A number from 0 to 1 that people read in percent.
    Share,
    /// One of these words.
    Words(&'a [&'a str]),
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => f.write_str(field.as_str()),
            Self::Parameter(name) => f.write_str(name),
            Self::Metric { metric, reading } => write!(f, "{metric}.{reading}"),
            Self::Events { kind } => write!(f, "{kind}.count"),
            Self::Config { key } => write!(f, "{CONFIG_PREFIX}{key}"),
        }
    }
}

impl Name {
    /// What its values can be compared with; `states` are the words of [`Field::State`].
    pub(super) fn value<'a>(&self, states: &'a [&'a str]) -> Takes<'a> {
        match self {
            Self::Field(Field::State) => Takes::Words(states),
            Self::Field(field) if field.is_number() => Takes::Number,
            Self::Field(_) => Takes::Text,
            Self::Parameter(name) => match parameter(name) {
                Some(row) if !row.choices.is_empty() => Takes::Words(row.choices),
                Some(row) => match row.kind {
                    Kind::Bool => Takes::Words(&["true", "false"]),
                    Kind::Integer | Kind::Number => Takes::Number,
                    _ => Takes::Text,
                },
                None => Takes::Text,
            },
            Self::Metric { metric: name, .. } => {
                let row = metric(name, None).map(Metric::row);
                if row.is_some_and(|row| row.reads == Reads::Percent) { Takes::Share } else { Takes::Number }
            }
            Self::Events { .. } => Takes::Number,
            // Each tool's own: a number in one run may be a text in another.
            Self::Config { .. } => Takes::Text,
        }
    }

    /// The name with a dot and what follows it; none where nothing of the language follows.
    pub(super) fn with_suffix(name: &str) -> Option<Name> {
        if let Some(key) = name.strip_prefix(CONFIG_PREFIX).filter(|key| !key.is_empty()) {
            return Some(Name::Config { key: key.to_owned() });
        }
        let (stem, suffix) = name.rsplit_once('.')?;
        match suffix {
            "count" => Some(Name::Events { kind: stem.to_owned() }),
            _ => Some(Name::Metric { metric: stem.to_owned(), reading: suffix.parse().ok()? }),
        }
    }
}
