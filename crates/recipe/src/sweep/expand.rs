//! From a sweep to its points: the product of the axes in file order, without exclusions, sampled where asked, every
//! point resolved and checked. Findings are told once, at the place most likely to blame.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde_json::Value;

use super::change::Edit;
use super::definition::{Axis, Exclusion, MAX_RUNS, Placed, Sweep};
use super::diagnostic::Diagnostic;
use super::mistake::Mistake;
use super::remarks::remarks;
use crate::band::loss_band;
use crate::check::{check, check_dataset};
use crate::dataset::{DatasetFacts, Datasets};
use crate::hint::Hint;
use crate::keyed::keyed_rng;
use crate::point::{Point, label, point_id};
use crate::probe::check_pretraining;
use crate::problem::{Problem, Severity};
use crate::resolve::{Base, Level, Setting};
use crate::schedule::effective_learning_rate;
use crate::table::Recipe;

/// Most combinations that are looked at, before exclusion and sampling.
const MAX_COMBINATIONS: u64 = 200_000;

/// What a sweep expands to.
#[derive(Debug, Clone, Default)]
pub struct Expansion {
    /// In file order, the last axis moving fastest. Empty where there are too many.
    pub points: Vec<Point>,
    /// Points × seeds; stated even where there are too many.
    pub runs: u64,
    /// Combinations of the axes that exclusions left out.
    pub excluded: u64,
    pub warnings: Vec<Diagnostic>,
    /// Worth knowing, and as likely meant as not.
    pub notes: Vec<Diagnostic>,
    pub errors: Vec<Diagnostic>,
}

impl Expansion {
    fn tell(&mut self, finding: Diagnostic) {
        let of_its_kind = match finding.severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
            Severity::Note => &mut self.notes,
        };
        of_its_kind.push(finding);
    }

    /// Errors, then warnings, then notes.
    pub fn findings(self) -> impl Iterator<Item = Diagnostic> {
        self.errors.into_iter().chain(self.warnings).chain(self.notes)
    }
}

/// Row of each axis, for one combination.
type Combination = Vec<usize>;

impl Sweep {
    /// Expands the sweep. Published sizes stand in where a data set's are not known, and steps stay unknown where neither
    /// are.
    pub fn expand(&self, datasets: &dyn Datasets) -> Expansion {
        let mut expansion = Expansion { warnings: self.warnings.clone(), ..Expansion::default() };
        let base = self.base();
        let Some(combinations) = self.combinations(&base, &mut expansion) else { return expansion };
        expansion.runs = combinations.len() as u64 * self.seeds.len() as u64;
        if expansion.runs > MAX_RUNS {
            expansion.errors.push(self.too_many(Some(expansion.runs.into())));
            return expansion;
        }
        let mut known: BTreeMap<String, Option<DatasetFacts>> = BTreeMap::new();
        let mut told = BTreeSet::new();
        for combination in &combinations {
            let (recipe, mut problems) = self.resolve(&base, combination);
            let facts = known
                .entry(recipe.dataset.clone())
                .or_insert_with_key(|name| datasets.facts(name).or_else(|| DatasetFacts::published(name)));
            problems.extend(check_dataset(&recipe.dataset, datasets));
            problems.extend(check(&recipe, facts.as_ref()));
            problems.extend(check_pretraining(&recipe));
            problems.retain(|problem| !problem.parameters.iter().any(|name| self.refused.contains(name)));
            for problem in &problems {
                let diagnostic = self.locate(problem, combination);
                if told.insert((diagnostic.span.start, diagnostic.said.text.clone())) {
                    expansion.tell(diagnostic);
                }
            }
            expansion.points.push(self.point(recipe, combination, facts.as_ref()));
        }
        remarks(self, &expansion.points).into_iter().for_each(|remark| expansion.tell(remark));
        expansion.errors.sort_by_key(|diagnostic| diagnostic.span.start);
        expansion.warnings.sort_by_key(|diagnostic| diagnostic.span.start);
        expansion
    }

    /// The combinations that run; none, with an error told, where they cannot be counted out.
    fn combinations(&self, base: &Base, expansion: &mut Expansion) -> Option<Vec<Combination>> {
        let product =
            self.axes.iter().try_fold(1u128, |product, axis| product.checked_mul(axis.rows.len() as u128));
        let few = product.and_then(|product| u64::try_from(product).ok());
        let Some(product) = few.filter(|product| *product <= MAX_COMBINATIONS) else {
            return self.drawn(base, product, expansion);
        };
        let mut hits = vec![0u64; self.exclusions.len()];
        let mut kept = Vec::new();
        for index in 0..product {
            let combination = self.combination(index);
            if self.is_excluded(base, &combination, &mut hits) {
                expansion.excluded += 1;
            } else {
                kept.push(combination);
            }
        }
        let is_sound =
            |exclusion: &Exclusion| !exclusion.conditions.iter().any(|(name, _)| self.refused.contains(name));
        let idle =
            self.exclusions.iter().zip(&hits).filter(|(exclusion, hits)| **hits == 0 && is_sound(exclusion));
        for (exclusion, _) in idle {
            let warning = self.lines.warning(exclusion.span.clone(), Mistake::IdleExclusion);
            expansion.warnings.push(Diagnostic { exclusion: Some(exclusion.index), ..warning });
        }
        if kept.is_empty() && product > 0 {
            let span = self.exclusions.first().map_or(0..0, |exclusion| exclusion.span.clone());
            expansion.errors.push(self.lines.error(span, Mistake::NothingLeft));
        }
        if let Some(sample) = &self.sample {
            if sample.count > kept.len() as u64 {
                let said = Mistake::WholeSample { count: sample.count, points: kept.len() as u64 };
                expansion.warnings.push(self.lines.warning(sample.span.clone(), said));
            }
            keyed_rng(sample.seed, &["sample".into()]).shuffle(&mut kept);
            kept.truncate(usize::try_from(sample.count).unwrap_or(usize::MAX));
            kept.sort_unstable();
        }
        Some(kept)
    }

    /// A sample of combinations that are too many to be looked at one by one: drawn, each at most once, until there are enough.
    /// None, with an error told, where no sample was asked for.
    fn drawn(
        &self,
        base: &Base,
        product: Option<u128>,
        expansion: &mut Expansion,
    ) -> Option<Vec<Combination>> {
        let seeds = self.seeds.len() as u64;
        let Some(sample) =
            self.sample.as_ref().filter(|sample| sample.count.saturating_mul(seeds) <= MAX_RUNS)
        else {
            let runs = match &self.sample {
                Some(sample) => Some(u128::from(sample.count) * u128::from(seeds)),
                None => product.and_then(|product| product.checked_mul(u128::from(seeds))),
            };
            expansion.runs = runs.and_then(|runs| u64::try_from(runs).ok()).unwrap_or(u64::MAX);
            expansion.errors.push(self.too_many(runs));
            return None;
        };
        let mut rng = keyed_rng(sample.seed, &["sample".into()]);
        let (mut hits, mut kept) = (vec![0u64; self.exclusions.len()], BTreeSet::new());
        // Exclusions may leave next to nothing of them.
        for _ in 0..MAX_COMBINATIONS {
            if kept.len() as u64 >= sample.count {
                break;
            }
            let draw = |axis: &Axis| rng.below(axis.rows.len() as u64) as usize;
            let combination: Combination = self.axes.iter().map(draw).collect();
            if self.is_excluded(base, &combination, &mut hits) {
                continue;
            }
            kept.insert(combination);
        }
        if kept.is_empty() {
            let span = self.exclusions.first().map_or(0..0, |exclusion| exclusion.span.clone());
            expansion.errors.push(self.lines.error(span, Mistake::NothingLeft));
        } else if (kept.len() as u64) < sample.count {
            let said = Mistake::SmallSample { count: sample.count, points: kept.len() as u64 };
            expansion.warnings.push(self.lines.warning(sample.span.clone(), said));
        }
        Some(kept.into_iter().collect())
    }

    /// `None`: more than anybody counts.
    fn too_many(&self, runs: Option<u128>) -> Diagnostic {
        let runs = runs.map_or_else(|| "more than 10³⁸".to_owned(), |runs| runs.to_string());
        let span = self.axes.first().map_or(0..0, |axis| axis.span.clone());
        let mut diagnostic = self.lines.error(span, Mistake::TooManyRuns { runs, most: MAX_RUNS });
        diagnostic.hint(Hint::FewerRuns);
        diagnostic
    }

    /// The combination of that number, the last axis moving fastest.
    fn combination(&self, mut index: u64) -> Combination {
        let mut rows = vec![0; self.axes.len()];
        for (row, axis) in rows.iter_mut().zip(&self.axes).rev() {
            let length = axis.rows.len() as u64;
            *row = (index % length) as usize;
            index /= length;
        }
        rows
    }

    fn is_excluded(&self, base: &Base, combination: &Combination, hits: &mut [u64]) -> bool {
        let mut resolved: Option<Recipe> = None;
        let mut is_excluded = false;
        for (exclusion, hits) in self.exclusions.iter().zip(hits) {
            let matches = exclusion.conditions.iter().all(|(name, condition)| {
                match self.axis_value(combination, name) {
                    Some(placed) => condition.holds(&placed.value),
                    None => {
                        let recipe = resolved.get_or_insert_with(|| self.resolve(base, combination).0);
                        recipe.get(name).is_some_and(|value| condition.holds(&value))
                    }
                }
            });
            *hits += u64::from(matches);
            is_excluded |= matches;
        }
        is_excluded
    }

    /// Parameters and values that the axes set at a combination, in file order.
    fn axis_values<'a>(
        &'a self,
        combination: &'a Combination,
    ) -> impl Iterator<Item = (&'static str, &'a Placed<Value>)> {
        self.axes
            .iter()
            .zip(combination)
            .flat_map(|(axis, row)| axis.parameters.iter().copied().zip(&axis.rows[*row]))
    }

    fn axis_value<'a>(&'a self, combination: &'a Combination, name: &str) -> Option<&'a Placed<Value>> {
        self.axis_values(combination).find(|(parameter, _)| *parameter == name).map(|(_, placed)| placed)
    }

    /// What all combinations share: the preset, then the [recipe] table.
    fn base(&self) -> Base {
        let preset = self.preset.iter().flat_map(|preset| preset.value.settings());
        let recipe = self.recipe.iter().map(|(name, placed)| Setting {
            name,
            level: Level::Recipe,
            value: placed.value.clone(),
        });
        Base::new(&preset.chain(recipe).collect::<Vec<_>>())
    }

    fn resolve(&self, base: &Base, combination: &Combination) -> (Recipe, Vec<Problem>) {
        base.resolve(self.axis_values(combination).map(|(name, placed)| (name, &placed.value)))
    }

    fn point(&self, recipe: Recipe, combination: &Combination, facts: Option<&DatasetFacts>) -> Point {
        let axes = || self.axis_values(combination).map(|(name, placed)| (name, &placed.value));
        let recipe = Recipe { seed: self.seeds.first().copied().unwrap_or(0), ..recipe };
        Point {
            id: point_id(&recipe),
            axes: axes().map(|(name, value)| (name.to_owned(), value.clone())).collect(),
            label: label(axes()),
            seeds: self.seeds.clone(),
            effective_learning_rate: effective_learning_rate(&recipe),
            schedule: facts.map(|facts| recipe.schedule(facts.images)),
            loss_band: loss_band(&recipe),
            recipe,
        }
    }

    /// A problem at its place: where an axis sets a parameter involved, its value there; else the line under [recipe];
    /// else the preset.
    fn locate(&self, problem: &Problem, combination: &Combination) -> Diagnostic {
        let on_axis = problem
            .parameters
            .iter()
            .find_map(|name| Some((*name, self.axis_value(combination, name)?.span.clone())));
        let in_recipe = || {
            problem.parameters.iter().find_map(|name| {
                let (_, placed) = self.recipe.iter().find(|(set, _)| set == name)?;
                Some((*name, placed.span.clone()))
            })
        };
        let elsewhere = || -> Option<(&'static str, Range<usize>)> {
            let span = self.preset.as_ref().map_or(self.recipe_span.clone(), |preset| preset.span.clone());
            Some((problem.parameters.first().copied()?, span))
        };
        let (name, span) = on_axis.or_else(in_recipe).or_else(elsewhere).unwrap_or(("", 0..0));
        // A setting under [recipe] does nothing where an axis sets the parameter.
        let free = problem.fix.as_ref().filter(|(name, _)| self.axis_value(combination, name).is_none());
        Diagnostic {
            severity: problem.severity,
            hint: problem.hint.clone(),
            parameter: Some(name.to_owned()),
            fix: free.map(|(name, value)| Edit::set(name, value.clone())),
            ..self.lines.error(span, problem.said.clone())
        }
    }
}
