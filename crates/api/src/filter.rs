//! A stored run as the filter language looks at it, and as runs are sorted. Every field of the language has its value here,
//! so that none is accepted and then found in no run.

use std::cmp::Ordering;

use vitals_recipe::query::{self, Field, Name, QueryError, Row, Scalar};
use vitals_recipe::{Reading, Recipe, Tells, effective_learning_rate};
use vitals_store::RunRow;

use crate::Context;
use crate::dto::{ApiError, Diagnostic};
use crate::error::{Result, hinted};
use crate::number::small;
use crate::pace::{eta_seconds, images_per_second};
use crate::readings::{self, Means};
use crate::said::Failure;
use crate::stability::stability;

/// A run under a filter.
pub(crate) struct Filtered<'a> {
    row: &'a RunRow,
    /// None where it was imported.
    recipe: Option<Recipe>,
    /// As far as they are asked for.
    means: Means,
}

impl<'a> Filtered<'a> {
    pub fn new(row: &'a RunRow) -> Result<Self> {
        Ok(Self { row, recipe: row.recipe()?, means: Means::new() })
    }

    /// With the means that these names ask for, which are no part of the row.
    pub async fn with(context: &Context, row: &'a RunRow, names: &[&Name]) -> Result<Self> {
        Ok(Self { means: readings::means(context, row, names).await?, ..Self::new(row)? })
    }

    fn field(&self, field: Field) -> Option<Scalar> {
        let row = self.row;
        let text = |text: &str| Some(Scalar::Text(text.to_owned()));
        let number = |number: f64| Some(Scalar::Number(number));
        match field {
            Field::Id => text(&row.id.to_string()),
            Field::Label => text(&row.label),
            Field::Sweep => row.sweep.map(|id| Scalar::Text(id.to_string())),
            Field::SweepName => row.sweep_name.clone().map(Scalar::Text),
            Field::Probed => row.probed.map(|probed| Scalar::Text(probed.run.to_string())),
            Field::Point => row.trained().map(|trained| Scalar::Text(trained.point.clone())),
            Field::State => text(row.state.as_str()),
            Field::Evidence => text(&row.evidence),
            Field::Attempt => number(f64::from(row.attempt)),
            Field::Tag => Some(Scalar::List(row.tags.clone())),
            Field::Note => text(&row.note),
            Field::Stability => {
                let queries = self.recipe.as_ref().map(|recipe| recipe.knn_queries);
                let score = stability(row, queries)?.score();
                score.ok().map(Scalar::Number)
            }
            Field::Step => number(row.steps_done as f64),
            Field::TotalSteps => row.total_steps.map(|steps| Scalar::Number(steps as f64)),
            Field::EtaSeconds => {
                let recipe = self.recipe.as_ref()?;
                eta_seconds(row, recipe.batch_size).map(Scalar::Number)
            }
            Field::ImagesPerSecond => images_per_second(row).map(Scalar::Number),
            Field::EffectiveLearningRate => {
                self.recipe.as_ref().map(|recipe| Scalar::Number(effective_learning_rate(recipe)))
            }
            Field::CreatedAt => text(&vitals_run::rfc3339(row.created_at)),
            Field::StartedAt => row.started_at.map(|at| Scalar::Text(vitals_run::rfc3339(at))),
            Field::EndedAt => row.ended_at.map(|at| Scalar::Text(vitals_run::rfc3339(at))),
        }
    }
}

impl Row for Filtered<'_> {
    fn lookup(&self, name: &Name) -> Option<Scalar> {
        match name {
            Name::Field(field) => self.field(*field),
            Name::Parameter(name) => self.recipe.as_ref()?.get(name).as_ref().and_then(Scalar::from_json),
            Name::Config { key } => Scalar::from_json(&self.row.imported()?.config.0.get(key)?.to_json()),
            Name::Metric { metric: name, reading } => {
                let metric = self.row.metrics.get(name)?;
                let value = match reading {
                    Reading::Last => Some(metric.last),
                    Reading::Best if readings::higher_is_better(name) => metric.max,
                    Reading::Best | Reading::Min => metric.min,
                    Reading::Max => metric.max,
                    Reading::Mean(count) => self.means.get(&(name.clone(), *count)).copied(),
                };
                value.map(Scalar::Number)
            }
            Name::Events { kind } => {
                Some(Scalar::Number(self.row.events.get(kind).copied().unwrap_or(0) as f64))
            }
        }
    }
}

/// What runs are sorted by.
pub(crate) struct Order {
    pub name: Name,
    reversed: bool,
}

/// The order that a word asks for, `-` before it turning it round; none where nothing is asked for.
///
/// # Errors
/// `invalid_input` where there is no such name.
pub(crate) fn order(sort: &str) -> Result<Option<Order>> {
    let (name, reversed) = match sort.strip_prefix('-') {
        Some(name) => (name, true),
        None => (sort, false),
    };
    if name.is_empty() {
        return Ok(None);
    }
    let name = query::sort_key(name).map_err(|QueryError { said, hint, .. }| {
        hinted(ApiError::invalid(Failure::Sort { said: said.into() }), hint)
    })?;
    Ok(Some(Order { name, reversed }))
}

/// What a column shows.
///
/// # Errors
/// `invalid_input` where there is no such name.
pub(crate) fn column(name: &str) -> Result<Name> {
    query::sort_key(name).map_err(|QueryError { said, hint, .. }| {
        hinted(ApiError::invalid(Failure::Column { said: said.into() }), hint)
    })
}

/// Whether it differs between runs of one arm, so that a group has a mean of it.
pub(crate) fn is_measured(name: &Name) -> bool {
    match name {
        Name::Metric { .. } | Name::Events { .. } => true,
        Name::Field(field) => field.is_number(),
        Name::Parameter(_) | Name::Config { .. } => false,
    }
}

impl Order {
    /// Runs that lack the value come last in either direction.
    pub fn compare(&self, a: Option<&Scalar>, b: Option<&Scalar>) -> Ordering {
        let ordering = match (a, b) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Greater,
            (Some(_), None) => return Ordering::Less,
            (Some(Scalar::Number(a)), Some(Scalar::Number(b))) => a.total_cmp(b),
            (Some(a), Some(b)) => format!("{a:?}").cmp(&format!("{b:?}")),
        };
        if self.reversed { ordering.reverse() } else { ordering }
    }
}

/// A filter that cannot be understood, with what to write instead where that is known.
pub(crate) fn misread(QueryError { said, column, hint }: QueryError) -> ApiError {
    let told = said.told();
    let error = ApiError::invalid(Failure::Filter { column, said: told.clone() });
    let at = small(column);
    hinted(error, hint.clone()).at(vec![Diagnostic::new(1, at, told, hint)])
}
