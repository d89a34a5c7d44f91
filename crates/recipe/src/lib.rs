//! What a run is: the parameter table, presets, resolved recipes, sweeps and the points they expand to. Pure: no
//! clock, no files, no async; whoever calls brings text, data set facts and time.

mod band;
mod check;
mod choices;
mod cost;
mod dataset;
mod described;
mod field;
#[doc(hidden)]
pub mod fuzz;
mod hint;
mod keyed;
pub mod layers;
mod legible;
mod metric;
mod metrics;
mod number;
mod parameters;
mod pieces;
mod point;
mod preset;
mod probe;
mod problem;
pub mod query;
mod reading;
mod resolve;
mod schedule;
mod sentence;
pub mod sweep;
mod synonyms;
mod table;
mod uses;
mod words;

pub use band::{LossBand, loss_band};
pub use check::check;
pub use choices::{
    Augmentation, Backbone, DecayExclude, DecodedImages, Method, MomentumSchedule, OnNonfinite, Optimizer,
    PixelArithmetic, Pooling, PositionEmbedding, Precision, Task, UnknownChoice,
};
pub use cost::{memory_key, time_key, work};
pub use dataset::{DatasetFacts, Datasets};
pub use described::{Expected, Found, Part as FilePart};
pub use hint::Hint;
pub use keyed::{KeyedRng, Part, keyed_rng};
pub use legible::{legible, legible_lines, legible_paragraph, log_field};
pub use metric::{Better, MetricRow, Of, Panel, Reads, Role, Stored, split};
pub use metrics::{METRICS, Metric, metric};
pub use number::plain_number;
pub use parameters::{InProbes, Kind, Parameter, Scale, Since, ValueError, nearest};
pub use pieces::{piece, smaller_piece};
pub use point::{Point, point_id, relabelled};
pub use preset::{PRESETS, Preset};
pub use probe::{FixedInProbe, fixed_in_probes, probe};
use problem::Contradiction;
pub use problem::{Problem, Severity};
pub use reading::{NoReading, Reading, USUAL as USUAL_READING};
pub use resolve::{Level, Setting, resolve};
pub use schedule::{Schedule, effective_learning_rate};
#[doc(hidden)]
pub use sentence::told;
pub use sentence::{Bytes, Form, Names, Sentence, Tells, Told, Word};
pub use synonyms::{rank, search, synonyms};
pub use table::{PARAMETERS, Recipe, parameter};
pub use uses::{read_by, unread};
pub use words::describe;

/// Every kind of sentence of this room, for the catalogues.
pub const SENTENCES: &[&[Sentence]] = &[
    sweep::Mistake::SENTENCES,
    sweep::Syntax::SENTENCES,
    sweep::EditError::SENTENCES,
    ValueError::SENTENCES,
    Contradiction::SENTENCES,
    FixedInProbe::SENTENCES,
    Hint::SENTENCES,
    Expected::SENTENCES,
    Found::SENTENCES,
    FilePart::SENTENCES,
    query::Misreading::SENTENCES,
    query::Advice::SENTENCES,
    query::Written::SENTENCES,
];
