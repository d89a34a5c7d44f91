//! Reads a sweep file: TOML with the place of every value, all problems collected, nothing guessed. A value that is
//! refused is left out and remembered, so that later checks do not complain about its absence.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::axis::read_axes;
use super::change::Edit;
use super::definition::{MAX_RUNS, Placed, SWEEP_FORMAT, Sample, Sweep};
use super::diagnostic::Diagnostic;
use super::exclude::read_exclusions;
use super::findings::{Findings, integer_of};
use super::goals::{read_decide, read_objective};
use super::mistake::Mistake;
use super::place::LineIndex;
use super::syntax::{Syntax, syntax_errors};
use crate::described::{Expected, Part};
use crate::hint::Hint;
use crate::number::plain_number;
use crate::parameters::{ValueError, nearest};
use crate::preset::{PRESETS, Preset};
use crate::table::{PARAMETERS, parameter};

const TOP_KEYS: &[&str] =
    &["format", "name", "description", "seeds", "recipe", "axis", "exclude", "sample", "objective", "decide"];

/// A number in the line of a byte that is written as the window or a paper shows it and TOML has it otherwise: its place,
/// and how TOML has it.
fn number_meant(text: &str, at: usize) -> Option<(Range<usize>, String)> {
    let at = text.floor_char_boundary(at);
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = text[start..].lines().next()?.split('#').next()?;
    // A whole value may hold commas and spaces; in a list they part the values.
    let whole = line.split_once('=').map(|(_, value)| value.trim());
    let words = line.split(|c: char| c.is_whitespace() || "[]{},=".contains(c));
    whole.into_iter().chain(words).find_map(|word| {
        let number = plain_number(word);
        let is_other = number != word && number.parse::<f64>().is_ok();
        let offset = word.as_ptr().addr() - text.as_ptr().addr();
        is_other.then(|| (offset..offset + word.len(), number.into_owned()))
    })
}

/// Reads the text as far as possible: the sweep with everything that was accepted, and every finding. No sweep where
/// the text is not TOML.
pub(crate) fn read(text: &str, file_name: &str) -> (Option<Sweep>, Vec<Diagnostic>) {
    let mut findings = Findings { lines: LineIndex::new(text), found: Vec::new(), refused: BTreeSet::new() };
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        findings.found = syntax_errors(&findings.lines, errors);
        let Findings { lines, found, .. } = &mut findings;
        for finding in found {
            if let Some((place, number)) = number_meant(text, finding.span.start) {
                let fix = lines.respell(&place, &number);
                let word = text.get(place.clone()).unwrap_or_default().to_owned();
                *finding = lines.error(place, Syntax::NoNumber { word });
                finding.hint(Hint::PlainNumber { number }).mended_by(fix);
            }
        }
        return (None, findings.found);
    }
    let root = document.get_ref();
    for (key, _) in root.iter().filter(|(key, _)| !TOP_KEYS.contains(&key.get_ref().as_ref())) {
        let name = key.get_ref().as_ref();
        if parameter(name).is_some() || name == "preset" {
            let said = Mistake::UnknownKey { key: name.to_owned(), place: Part::File.into() };
            findings.error(key.span(), said).hint(Hint::BelongsUnderRecipe { name: name.to_owned() });
        } else {
            findings.unknown_key(key.span(), name, Part::File, TOP_KEYS);
        }
    }
    read_format(root, &mut findings);
    let stem = file_name.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default();
    let name =
        root.get("name").and_then(|value| findings.text(value, "name")).unwrap_or_else(|| stem.to_owned());
    let description = root.get("description").and_then(|value| findings.text(value, "description"));
    let (preset, mut recipe, recipe_span) = read_recipe(root, &mut findings);
    let seeds = read_seeds(root, &mut recipe, &mut findings);
    let axes = root.get("axis").map(|value| read_axes(value, &mut findings)).unwrap_or_default();
    for axis in &axes {
        for (name, placed) in recipe.iter().filter(|(name, _)| axis.parameters.contains(name)) {
            let said = Mistake::Overridden { name: (*name).to_owned() };
            findings.warning(placed.span.clone(), said).mended_by(Edit::set(name, Value::Null));
        }
    }
    let exclusions =
        root.get("exclude").map(|value| read_exclusions(value, &mut findings)).unwrap_or_default();
    let sample = root.get("sample").and_then(|value| read_sample(value, &mut findings));
    let objective = root.get("objective").and_then(|value| read_objective(value, &mut findings));
    let decide = root.get("decide").and_then(|value| read_decide(value, &mut findings));
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
        decide,
        warnings: findings.found.iter().filter(|diagnostic| !diagnostic.is_error()).cloned().collect(),
        lines: findings.lines,
        refused: findings.refused,
        recipe_span,
    };
    (Some(sweep), findings.found)
}

fn read_format(root: &DeTable<'_>, findings: &mut Findings) {
    let Some(value) = root.get("format") else {
        let line = Edit::ReplaceText { at: 0, old: String::new(), new: "format = 1\n".to_owned() };
        findings.warning(0..0, Mistake::NoFormat).hint(Hint::BeginWithFormat).mended_by(line);
        return;
    };
    if let Some(format) = findings.count(value, "format")
        && format != SWEEP_FORMAT
    {
        findings.error(value.span(), Mistake::UnknownFormat { found: format, known: SWEEP_FORMAT });
    }
}

type RecipeParts = (Option<Placed<&'static Preset>>, Vec<(&'static str, Placed<Value>)>, Range<usize>);

fn read_recipe(root: &DeTable<'_>, findings: &mut Findings) -> RecipeParts {
    let Some(value) = root.get("recipe") else {
        return (None, Vec::new(), 0..0);
    };
    let mut preset = None;
    let mut recipe = Vec::new();
    for (key, value) in findings.table(value, Part::key("recipe")).into_iter().flat_map(|table| table.iter())
    {
        let name = key.get_ref().as_ref();
        if name == "preset" {
            preset = read_preset(value, findings);
        } else if TOP_KEYS.contains(&name) && parameter(name).is_none() {
            let unknown = ValueError::UnknownParameter { name: name.to_owned() };
            findings.error(key.span(), unknown).hint(Hint::BelongsAtTheTop { name: name.to_owned() });
        } else if let Some(parameter) = findings.parameter_named(name, key.span())
            && let Some(placed) = findings.parameter_value(parameter, value)
        {
            recipe.push((parameter.name, placed));
        }
    }
    (preset, recipe, value.span())
}

fn read_preset(value: &Spanned<DeValue<'_>>, findings: &mut Findings) -> Option<Placed<&'static Preset>> {
    let name = findings.text(value, "preset");
    let preset = name.as_deref().and_then(Preset::named);
    if preset.is_none() {
        // Without the preset nothing that it would have set can be judged.
        findings.refused.extend(PARAMETERS.iter().map(|parameter| parameter.name));
        if let Some(name) = name {
            let near = nearest(&name, PRESETS.iter().map(|preset| preset.name));
            let fix = near.and_then(|near| findings.lines.respell(&value.span(), near));
            let hint = match near {
                Some(near) => Hint::did_you_mean(near),
                None => Hint::Presets { names: PRESETS.iter().map(|preset| preset.name).collect() },
            };
            findings.error(value.span(), Mistake::UnknownPreset { name }).hint(hint).mended_by(fix);
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
        let fix = Edit::set("seed", Value::Null);
        findings.error(single.span, Mistake::SeedAndSeeds).hint(Hint::KeepSeeds).mended_by(fix);
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
                    findings.error(placed.span, Mistake::RepeatedSeed { seed: number.to_string() });
                }
            }
            items.iter().filter_map(|item| integer_of(item.get_ref())?.try_into().ok()).collect()
        }
        DeValue::Integer(_) => match findings.count(value, "seeds") {
            Some(count) if count > MAX_RUNS => {
                findings.error(value.span(), Mistake::TooManySeeds { count, most: MAX_RUNS });
                return Vec::new();
            }
            count => (0..count.unwrap_or(1)).collect(),
        },
        _ => {
            findings.wrong_type(value, Part::key("seeds"), Expected::Seeds);
            return vec![0];
        }
    };
    if seeds.is_empty() && !matches!(value.get_ref(), DeValue::Array(items) if !items.is_empty()) {
        let finding = findings.error(value.span(), Mistake::NoSeeds).hint(Hint::example("seeds = [0]"));
        finding.mended_by(Edit::SetSeeds { value: vec![0] });
    }
    seeds
}

fn read_sample(value: &Spanned<DeValue<'_>>, findings: &mut Findings) -> Option<Sample> {
    let table = findings.table(value, Part::key("sample"))?;
    for (key, _) in table.iter().filter(|(key, _)| !["count", "seed"].contains(&key.get_ref().as_ref())) {
        findings.unknown_key(key.span(), key.get_ref(), Part::section("[sample]"), &["count", "seed"]);
    }
    let Some(count) = table.get("count") else {
        findings.error(value.span(), Mistake::SampleNeedsCount).hint(Hint::example("count = 20"));
        return None;
    };
    let number = findings.count(count, "count")?;
    if number == 0 {
        findings.error(count.span(), Mistake::EmptySample);
        return None;
    }
    let seed = table.get("seed").and_then(|seed| findings.count(seed, "seed")).unwrap_or(0);
    Some(Sample { count: number, seed, span: value.span() })
}
