//! A sweep file of one run: the preset next to its recipe, and what differs from it. The file makes the same run again, anywhere.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use toml_edit::{Array, DocumentMut, Table, Value};

use super::edit_error::EditError;
use super::list::toml_value;
use crate::preset::{PRESETS, Preset};
use crate::resolve::{Level, Setting, resolve};
use crate::table::{PARAMETERS, Recipe};

/// What a recipe has of its own beside those of all presets: it stands elsewhere in the file.
const SEED: &str = "seed";

/// The text of a sweep file whose only point and seed is this recipe.
///
/// # Errors
/// A value that TOML has no form for; the table has none of them.
pub fn single(name: &str, recipe: &Recipe) -> Result<String, EditError> {
    let mut document = DocumentMut::new();
    document.insert("format", Value::from(1_i64).into());
    document.insert("name", Value::from(name).into());
    let mut seeds = Array::new();
    seeds.push(toml_value(&recipe.seed.into())?);
    document.insert("seeds", Value::from(seeds).into());
    let mut table = Table::new();
    let nearest = PRESETS
        .iter()
        .map(|preset| (preset.name, settings(preset, recipe)))
        .min_by_key(|(_, settings)| settings.len());
    if let Some((preset, settings)) = nearest {
        table.insert("preset", Value::from(preset).into());
        for Setting { name, value, .. } in settings {
            table.insert(name, toml_value(&value)?.into());
        }
    }
    document.insert("recipe", table.into());
    Ok(document.to_string())
}

/// What has to be set over a preset for the recipe to come of it, in the order of the table.
fn settings(preset: &Preset, recipe: &Recipe) -> Vec<Setting> {
    let mut found: BTreeMap<&'static str, Json> = BTreeMap::new();
    loop {
        let own =
            found.iter().map(|(name, value)| Setting { name, level: Level::Recipe, value: value.clone() });
        let all: Vec<Setting> = preset.settings().chain(own).collect();
        let (resolved, _) = resolve(&all);
        // Defaults follow what is set: another optimizer brings another epsilon, which has to be set in its turn.
        let others: Vec<(&'static str, Json)> = recipe
            .values()
            .filter(|(name, value)| {
                *name != SEED && resolved.get(name).as_ref() != Some(value) && !found.contains_key(name)
            })
            .collect();
        if others.is_empty() {
            let mut own: Vec<Setting> = all.into_iter().filter(|one| one.level == Level::Recipe).collect();
            own.sort_by_key(|one| PARAMETERS.iter().position(|parameter| parameter.name == one.name));
            return own;
        }
        found.extend(others);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::dataset::DatasetFacts;

    fn again(recipe: &Recipe) -> Recipe {
        let text = single("again", recipe).unwrap();
        let nowhere = |_: &str| -> Option<DatasetFacts> { None };
        let expansion = crate::sweep::check(&text, "run.toml", &nowhere);
        assert_eq!(expansion.points.len(), 1, "{text}\n{:?}", expansion.errors);
        Recipe { seed: recipe.seed, ..expansion.points[0].recipe.clone() }
    }

    #[test]
    fn the_file_of_a_run_makes_the_same_run() {
        for preset in PRESETS {
            let recipe = Recipe::preset(preset.name).unwrap();
            assert_eq!(again(&recipe), recipe, "{}", preset.name);
        }
        let mut recipe = Recipe::preset("mocov3_vit_small").unwrap();
        let changes = [
            ("optimizer", json!("lamb")),
            ("base_learning_rate", json!(3e-3)),
            ("frozen_patch_projection", json!(false)),
            ("seed", json!(7)),
            ("dataset", json!("my \"own\" set")),
        ];
        for (name, value) in changes {
            recipe.set(name, &value).unwrap();
        }
        assert_eq!(again(&recipe), recipe);
        assert!(single("again", &recipe).unwrap().contains("seeds = [7]"));
    }
}
