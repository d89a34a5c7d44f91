//! The parameter table, presets and resolution.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vitals_recipe::{
    Kind, Level, PARAMETERS, PRESETS, Recipe, Scale, Setting, check, describe, point_id, resolve,
};

fn setting(name: &'static str, value: Value) -> Setting {
    Setting { name, level: Level::Recipe, value }
}

#[test]
fn every_parameter_is_whole() {
    let mut names = BTreeSet::new();
    for parameter in PARAMETERS {
        let name = parameter.name;
        assert!(names.insert(name), "{name} stands twice");
        let default = parameter.default_value();
        assert_eq!(parameter.check(&default).as_ref(), Ok(&default), "{name}: its own default is refused");
        assert!(parameter.help.ends_with('.') && parameter.help.len() > 10, "{name}: {}", parameter.help);
        assert!(!parameter.help.contains("  "), "{name}: {}", parameter.help);
        let is_numeric = matches!(parameter.kind, Kind::Integer | Kind::Number);
        assert_eq!(is_numeric, parameter.range.is_some(), "{name}: numbers have a range, and only they");
        assert_eq!(parameter.kind == Kind::Choice, !parameter.choices.is_empty(), "{name}");
        let (min, max) = parameter.range.unwrap_or((-1.0, 2.0));
        match parameter.scale {
            Scale::Linear => {}
            Scale::Log => assert!(min >= 0.0, "{name}: a number below 0 has no logarithm"),
            Scale::LogToOne => assert!(min >= 0.0 && max <= 1.0, "{name}: it goes beyond 1"),
        }
    }
}

#[test]
fn the_table_follows_the_contract() {
    let lines: Vec<String> = PARAMETERS
        .iter()
        .map(|p| format!("{}: {} {} {}", p.group, p.name, p.default_value(), p.choices.join("|")))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn fields_read_and_write_by_name_and_survive_json() {
    let mut recipe = Recipe::default();
    for parameter in PARAMETERS {
        assert_eq!(recipe.get(parameter.name), Some(parameter.default_value()), "{}", parameter.name);
        let other = match (parameter.kind, parameter.range) {
            (Kind::Bool, _) => json!(!parameter.default_value().as_bool().unwrap()),
            (Kind::Integer, Some((min, _))) => json!(min as u64 + 3),
            (Kind::Number, Some((min, max))) => json!(min + (max - min) / 3.0),
            (Kind::Choice, _) => json!(parameter.choices.last().unwrap()),
            _ => json!("cuda:1"),
        };
        recipe.set(parameter.name, &other).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(recipe.get(parameter.name), Some(other), "{}", parameter.name);
    }
    let text = serde_json::to_string(&recipe).unwrap();
    assert_eq!(serde_json::from_str::<Recipe>(&text).unwrap(), recipe);
    let names: Vec<String> =
        serde_json::to_value(&recipe).unwrap().as_object().unwrap().keys().cloned().collect();
    let expected: BTreeSet<String> = PARAMETERS.iter().map(|p| p.name.to_owned()).collect();
    assert_eq!(names.into_iter().collect::<BTreeSet<_>>(), expected);
    assert_eq!(recipe.get("no_such"), None);
    assert!(recipe.set("no_such", &json!(1)).is_err());
}

#[test]
fn a_recipe_of_an_older_version_reads_with_defaults_for_what_it_lacks() {
    let old = r#"{ "dataset": "cifar10", "batch_size": 64, "optimizer": "lars" }"#;
    let recipe: Recipe = serde_json::from_str(old).unwrap();
    assert_eq!((recipe.dataset.as_str(), recipe.batch_size, recipe.depth), ("cifar10", 64, 12));
}

#[test]
fn presets_are_sound_and_as_listed() {
    let mut output = String::new();
    for preset in PRESETS {
        let recipe = Recipe::preset(preset.name).expect("listed");
        let settings: Vec<Setting> = preset.settings().collect();
        assert_eq!(resolve(&settings).1, [], "{}", preset.name);
        let problems: Vec<String> =
            check(&recipe, None).into_iter().map(|problem| problem.said.to_string()).collect();
        output += &format!("{}: {}\n", preset.name, preset.help);
        for parameter in PARAMETERS {
            let value = recipe.get(parameter.name).unwrap();
            if value != parameter.default_value() {
                output += &format!("  {} = {value}\n", parameter.name);
            }
        }
        for problem in problems {
            output += &format!("  ! {problem}\n");
        }
    }
    assert!(Recipe::preset("mocov3_vit_giant").is_none());
    insta::assert_snapshot!(output);
}

#[test]
fn defaults_follow_the_parameters_they_depend_on() {
    let resolved = |settings: &[Setting]| resolve(settings).0;
    let word = |name, word: &str| setting(name, json!(word));
    assert_eq!(resolved(&[]).epsilon, 1e-8);
    assert_eq!(resolved(&[word("optimizer", "lamb")]).epsilon, 1e-6);
    assert_eq!(resolved(&[word("optimizer", "lamb"), setting("epsilon", json!(1e-8))]).epsilon, 1e-8);
    assert_eq!(resolved(&[word("method", "swav")]).temperature, 0.1);
    assert_eq!(resolved(&[word("method", "simclr")]).temperature, 0.1);
    assert_eq!(resolved(&[word("method", "byol")]).temperature, 0.2);
    assert_eq!(resolved(&[word("method", "swav"), setting("temperature", json!(0.2))]).temperature, 0.2);
    assert_eq!(resolved(&[word("backbone", "resnet50")]).temperature, 1.0);
    assert_eq!(resolved(&[word("backbone", "vit_huge")]).patch_size, 14);
    assert!(!resolved(&[word("backbone", "vit_conv_base")]).frozen_patch_projection);
    let large = resolved(&[word("backbone", "vit_large")]);
    assert_eq!((large.embed_dim, large.depth, large.num_heads), (1024, 24, 16));
}

#[test]
fn a_preset_yields_its_dimensions_to_a_backbone_chosen_over_it() {
    let preset = PRESETS.iter().find(|preset| preset.name == "mocov3_vit_micro").unwrap();
    let mut settings: Vec<Setting> = preset.settings().collect();
    settings.push(setting("backbone", json!("vit_tiny")));
    let (recipe, problems) = resolve(&settings);
    assert_eq!((recipe.embed_dim, recipe.depth, recipe.num_heads), (192, 12, 3));
    assert_eq!(problems, []);
    settings.push(setting("depth", json!(5)));
    assert_eq!(resolve(&settings).1.len(), 1, "a depth that the user set must agree");
}

#[test]
fn the_hash_of_a_point_sees_what_is_trained_and_nothing_else() {
    let base = Recipe::default();
    let id = point_id(&base);
    assert_eq!(id.len(), 64);
    let mut recipe = base.clone();
    for parameter in PARAMETERS.iter().filter(|parameter| !parameter.hashed) {
        let value = match parameter.kind {
            Kind::Text => json!("cuda:3"),
            Kind::Choice => json!(parameter.choices.last().unwrap()),
            _ => json!(7),
        };
        recipe.set(parameter.name, &value).unwrap();
    }
    assert_eq!(point_id(&recipe), id);
    let hashed = PARAMETERS.iter().filter(|parameter| parameter.hashed);
    let mut ids = BTreeSet::from([id]);
    for parameter in hashed {
        let mut recipe = base.clone();
        let other = match (parameter.kind, parameter.default_value()) {
            (Kind::Bool, value) => json!(!value.as_bool().unwrap()),
            (Kind::Integer, value) => json!(value.as_u64().unwrap() + 1),
            (Kind::Number, value) => json!(value.as_f64().unwrap() * 0.75 + 0.01),
            (Kind::Choice, value) => {
                json!(parameter.choices.iter().find(|choice| **choice != value).unwrap())
            }
            (Kind::Text, _) => json!("other"),
        };
        recipe.set(parameter.name, &other).unwrap();
        assert!(ids.insert(point_id(&recipe)), "{} does not change the hash", parameter.name);
    }
}

/// The hash names runs in stores that exist: it must not move between versions.
#[test]
fn the_hash_of_a_known_recipe_stays() {
    insta::assert_snapshot!(point_id(&Recipe::default()));
}

#[test]
fn parameters_describe_themselves() {
    let names = ["base_learning_rate", "optimizer", "epsilon", "device"];
    let text: Vec<String> = names.iter().filter_map(|name| describe(name)).collect();
    insta::assert_snapshot!(text.join("\n\n"));
    assert_eq!(describe("no_such"), None);
}
