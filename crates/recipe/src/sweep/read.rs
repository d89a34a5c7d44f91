//! Reads a sweep file: TOML with the place of every value, all problems collected, nothing guessed. A value that is
//! refused is left out and remembered, so that later checks do not complain about its absence.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::axis::read_axes;
use super::definition::{Exclusion, Goal, MAX_RUNS, Objective, Placed, SWEEP_FORMAT, Sample, Sweep};
use super::diagnostic::{Diagnostic, LineIndex};
use super::findings::{Findings, integer_of};
use crate::parameters::nearest;
use crate::preset::{PRESETS, Preset};
use crate::table::{PARAMETERS, parameter};

const TOP_KEYS: &[&str] =
    &["format", "name", "description", "seeds", "recipe", "axis", "exclude", "sample", "objective"];

/// Reads the text as far as possible: the sweep with everything that was accepted, and every finding. No sweep where
/// the text is not TOML.
pub(crate) fn read(text: &str, file_name: &str) -> (Option<Sweep>, Vec<Diagnostic>) {
    let mut findings = Findings { lines: LineIndex::new(text), found: Vec::new(), refused: BTreeSet::new() };
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        for error in errors {
            let span = error.span().unwrap_or(text.len()..text.len());
            findings.error(span, format!("not valid TOML: {}", error.message()), None);
        }
        return (None, findings.found);
    }
    let root = document.get_ref();
    for (key, _) in root.iter().filter(|(key, _)| !TOP_KEYS.contains(&key.get_ref().as_ref())) {
        let name = key.get_ref().as_ref();
        if parameter(name).is_some() || name == "preset" {
            let hint = Some(format!("`{name}` belongs under [recipe]"));
            findings.error(key.span(), format!("unknown key `{name}` in the file"), hint);
        } else {
            findings.unknown_key(key.span(), name, "the file", TOP_KEYS);
        }
    }
    read_format(root, &mut findings);
    let stem = file_name.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default();
    let name =
        root.get("name").and_then(|value| findings.text(value, "`name`")).unwrap_or_else(|| stem.to_owned());
    let description = root.get("description").and_then(|value| findings.text(value, "`description`"));
    let (preset, mut recipe, recipe_span) = read_recipe(root, &mut findings);
    let seeds = read_seeds(root, &mut recipe, &mut findings);
    let axes = root.get("axis").map(|value| read_axes(value, &mut findings)).unwrap_or_default();
    for axis in &axes {
        for (name, placed) in recipe.iter().filter(|(name, _)| axis.parameters.contains(name)) {
            findings.warning(
                placed.span.clone(),
                format!("an axis sets `{name}`; this value has no effect"),
                None,
            );
        }
    }
    let exclusions =
        root.get("exclude").map(|value| read_exclusions(value, &mut findings)).unwrap_or_default();
    let sample = root.get("sample").and_then(|value| read_sample(value, &mut findings));
    let objective = root.get("objective").and_then(|value| read_objective(value, &mut findings));
    let sweep = Sweep {
        name,
        description: description.unwrap_or_default(),
        seeds,
        preset,
        recipe,
        axes,
        exclusions,
        sample,
        objective,
        warnings: findings.found.iter().filter(|diagnostic| !diagnostic.is_error()).cloned().collect(),
        lines: findings.lines,
        refused: findings.refused,
        recipe_span,
    };
    (Some(sweep), findings.found)
}

fn read_format(root: &DeTable<'_>, findings: &mut Findings) {
    let Some(value) = root.get("format") else {
        findings.warning(
            0..0,
            "the file does not say its `format`",
            Some("begin it with `format = 1`".to_owned()),
        );
        return;
    };
    if let Some(format) = findings.count(value, "`format`")
        && format != SWEEP_FORMAT
    {
        let message = format!("`format` {format} is not known; this version reads format {SWEEP_FORMAT}");
        findings.error(value.span(), message, None);
    }
}

type RecipeParts = (Option<Placed<&'static Preset>>, Vec<(&'static str, Placed<Value>)>, Range<usize>);

fn read_recipe(root: &DeTable<'_>, findings: &mut Findings) -> RecipeParts {
    let Some(value) = root.get("recipe") else {
        return (None, Vec::new(), 0..0);
    };
    let mut preset = None;
    let mut recipe = Vec::new();
    for (key, value) in findings.table(value, "`recipe`").into_iter().flat_map(|table| table.iter()) {
        let name = key.get_ref().as_ref();
        if name == "preset" {
            preset = read_preset(value, findings);
        } else if TOP_KEYS.contains(&name) && parameter(name).is_none() {
            let hint = Some(format!("`{name}` belongs at the top of the file, before [recipe]"));
            findings.error(key.span(), format!("there is no parameter `{name}`"), hint);
        } else if let Some(parameter) = findings.parameter_named(name, key.span())
            && let Some(placed) = findings.parameter_value(parameter, value)
        {
            recipe.push((parameter.name, placed));
        }
    }
    (preset, recipe, value.span())
}

fn read_preset(value: &Spanned<DeValue<'_>>, findings: &mut Findings) -> Option<Placed<&'static Preset>> {
    let name = findings.text(value, "`preset`");
    let preset = name.as_deref().and_then(Preset::named);
    if preset.is_none() {
        // Without the preset nothing that it would have set can be judged.
        findings.refused.extend(PARAMETERS.iter().map(|parameter| parameter.name));
        if let Some(name) = name {
            let names: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
            let hint = match nearest(&name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the presets are {}", names.join(", ")),
            };
            findings.error(value.span(), format!("there is no preset `{name}`"), Some(hint));
        }
    }
    preset.map(|preset| Placed { value: preset, span: value.span() })
}

/// The seeds; a `seed` under [recipe] stands for a list of one and is taken out of the recipe.
fn read_seeds(
    root: &DeTable<'_>,
    recipe: &mut Vec<(&'static str, Placed<Value>)>,
    findings: &mut Findings,
) -> Vec<u64> {
    let single = recipe.iter().position(|(name, _)| *name == "seed").map(|at| recipe.remove(at).1);
    let Some(value) = root.get("seeds") else {
        return vec![single.and_then(|placed| placed.value.as_u64()).unwrap_or(0)];
    };
    if let Some(single) = single {
        findings.error(single.span, "`seed` and `seeds` are both set", Some("keep `seeds`".to_owned()));
    }
    let seeds: Vec<u64> = match value.get_ref() {
        DeValue::Array(items) => {
            let Some(seed) = parameter("seed") else { return Vec::new() };
            let mut seen = BTreeSet::new();
            let placed =
                items.iter().filter_map(|item| findings.parameter_value(seed, item)).collect::<Vec<_>>();
            for placed in placed {
                if let Some(number) = placed.value.as_u64()
                    && !seen.insert(number)
                {
                    findings.error(placed.span, format!("seed {number} stands twice"), None);
                }
            }
            items.iter().filter_map(|item| integer_of(item.get_ref())?.try_into().ok()).collect()
        }
        DeValue::Integer(_) => match findings.count(value, "`seeds`") {
            Some(count) if count > MAX_RUNS => {
                findings.error(
                    value.span(),
                    format!("{count} seeds are more than the {MAX_RUNS} runs of a sweep"),
                    None,
                );
                return Vec::new();
            }
            count => (0..count.unwrap_or(1)).collect(),
        },
        _ => {
            findings.wrong_type(value, "`seeds`", "a list of whole numbers, or how many");
            return vec![0];
        }
    };
    if seeds.is_empty() && !matches!(value.get_ref(), DeValue::Array(items) if !items.is_empty()) {
        findings.error(
            value.span(),
            "without a seed the sweep has no runs",
            Some("for example `seeds = [0]`".to_owned()),
        );
    }
    seeds
}

fn read_exclusions(value: &Spanned<DeValue<'_>>, findings: &mut Findings) -> Vec<Exclusion> {
    let Some(tables) = value.get_ref().as_array() else {
        findings.wrong_type(value, "`exclude`", "a list of tables: write [[exclude]]");
        return Vec::new();
    };
    tables.iter().filter_map(|item| read_exclusion(item, findings)).collect()
}

fn read_exclusion(item: &Spanned<DeValue<'_>>, findings: &mut Findings) -> Option<Exclusion> {
    let table = findings.table(item, "an exclusion")?;
    if table.is_empty() {
        findings.error(item.span(), "an empty exclusion would leave out every run", None);
        return None;
    }
    let mut matches = Vec::new();
    let mut is_complete = true;
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        if name == "seed" || name == "seeds" {
            let hint = Some(
                "exclusions choose among the points of the axes; every point runs with all seeds".to_owned(),
            );
            findings.error(key.span(), "a seed cannot be excluded", hint);
            is_complete = false;
            continue;
        }
        let values: Option<Vec<Placed<Value>>> =
            match (findings.parameter_named(name, key.span()), value.get_ref()) {
                (None, _) => None,
                (Some(parameter), DeValue::Array(items)) => {
                    items.iter().map(|item| findings.parameter_value(parameter, item)).collect()
                }
                (Some(parameter), _) => findings.parameter_value(parameter, value).map(|placed| vec![placed]),
            };
        match (parameter(name), values) {
            (Some(parameter), Some(values)) => {
                matches.push((parameter.name, values.into_iter().map(|placed| placed.value).collect()));
            }
            _ => is_complete = false,
        }
    }
    is_complete.then(|| Exclusion { matches, span: item.span() })
}

fn read_sample(value: &Spanned<DeValue<'_>>, findings: &mut Findings) -> Option<Sample> {
    let table = findings.table(value, "`sample`")?;
    for (key, _) in table.iter().filter(|(key, _)| !["count", "seed"].contains(&key.get_ref().as_ref())) {
        findings.unknown_key(key.span(), key.get_ref(), "[sample]", &["count", "seed"]);
    }
    let Some(count) = table.get("count") else {
        findings.error(value.span(), "[sample] needs a `count`", Some("for example `count = 20`".to_owned()));
        return None;
    };
    let number = findings.count(count, "`count`")?;
    if number == 0 {
        findings.error(count.span(), "a sample of 0 points leaves no runs", None);
        return None;
    }
    let seed = table.get("seed").and_then(|seed| findings.count(seed, "`seed`")).unwrap_or(0);
    Some(Sample { count: number, seed, span: value.span() })
}

fn read_objective(value: &Spanned<DeValue<'_>>, findings: &mut Findings) -> Option<Objective> {
    let table = findings.table(value, "`objective`")?;
    for (key, _) in table.iter().filter(|(key, _)| !["metric", "goal"].contains(&key.get_ref().as_ref())) {
        findings.unknown_key(key.span(), key.get_ref(), "[objective]", &["metric", "goal"]);
    }
    let (Some(metric), Some(goal)) = (table.get("metric"), table.get("goal")) else {
        findings.error(value.span(), "[objective] needs a `metric` and a `goal`", None);
        return None;
    };
    let metric = findings.text(metric, "`metric`")?;
    let word = findings.text(goal, "`goal`")?;
    let goal = match word.as_str() {
        "maximize" => Goal::Maximize,
        "minimize" => Goal::Minimize,
        _ => {
            findings.error(goal.span(), format!("`goal` must be maximize or minimize, not `{word}`"), None);
            return None;
        }
    };
    Some(Objective { metric, goal })
}
