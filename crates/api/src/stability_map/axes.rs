//! What runs differ in, as far as it can be mapped: repetitions and what changes no result are no axis, and what merely follows
//! from the others tells no cells apart. Reads recipes and configurations, and no value that was recorded.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;
use vitals_recipe::parameter;
use vitals_recipe::query::Name;
use vitals_store::RunRow;

use crate::dto::MapName;
use crate::error::Result;

/// The parameters of the paper's own maps come first.
const BY_HABIT: [&str; 2] = ["batch_size", "base_learning_rate"];
/// How often a run was looked at: it belongs to what is trained, and changes no result that could be compared.
const LOOKS: [&str; 3] = ["gradient_norm_every", "knn_every", "knn_fixed_every"];
/// What another tool calls a repetition.
const SEED_OF_OTHERS: &str = "config.seed";

/// What differs, and the values of each run in that order.
pub(crate) struct Axes {
    pub names: Vec<MapName>,
    pub keys: Vec<Vec<Option<Value>>>,
}

pub(crate) fn of(rows: &[RunRow]) -> Result<Axes> {
    let all = rows.iter().map(given).collect::<Result<Vec<_>>>()?;
    let swept: BTreeSet<&str> = rows.iter().flat_map(|row| row.axes.keys()).map(String::as_str).collect();
    let names = names(&all, &swept);
    let keys = all.iter().map(|one| names.iter().map(|name| one.get(&name.name).cloned()).collect());
    Ok(Axes { keys: keys.collect(), names })
}

/// Parameters where Vitals trained it, else what its own tool says of its configuration; nothing is both.
fn given(row: &RunRow) -> Result<BTreeMap<String, Value>> {
    let mut all = row.recipe()?.map(|recipe| recipe.by_name()).unwrap_or_default();
    if let Some(imported) = row.imported() {
        let key = |key: &String| Name::Config { key: key.clone() }.to_string();
        all.extend(imported.config.0.iter().map(|(name, value)| (key(name), value.to_json())));
    }
    Ok(all)
}

fn names(all: &[BTreeMap<String, Value>], swept: &BTreeSet<&str>) -> Vec<MapName> {
    // Among the runs that have it: what an imported run was given says nothing of a trained one, nor the other way round.
    let mut first: BTreeMap<&str, &Value> = BTreeMap::new();
    let mut found: BTreeSet<&str> = BTreeSet::new();
    let mut numbers: BTreeSet<&str> = BTreeSet::new();
    for (name, value) in all.iter().flatten() {
        if *first.entry(name).or_insert(value) != value {
            found.insert(name);
        }
        if value.is_number() {
            numbers.insert(name);
        }
    }
    let rank = |name: &str| {
        let habit = BY_HABIT.iter().position(|known| *known == name).unwrap_or(BY_HABIT.len());
        (habit, !swept.contains(name), !numbers.contains(name))
    };
    let mut found: Vec<&str> = found.into_iter().filter(|name| can_be_axis(name)).collect();
    found.sort_by_key(|name| (rank(name), *name));

    let varied: Vec<&str> = found.iter().copied().filter(|name| swept.contains(name)).collect();
    // Keys of other tools are no defaults of ours.
    let is_default = |name: &str| !swept.contains(name) && parameter(name).is_some();
    let (following, kept): (Vec<&str>, Vec<&str>) = found
        .iter()
        .copied()
        .partition(|name| !varied.is_empty() && is_default(name) && is_settled(all, &varied, name));
    let told = |follows: bool| move |name: &str| MapName { name: name.to_owned(), follows };
    kept.into_iter().map(told(false)).chain(following.into_iter().map(told(true))).collect()
}

/// Neither a repetition of a point nor what changes no result.
fn can_be_axis(name: &str) -> bool {
    parameter(name).map_or(name != SEED_OF_OTHERS, |known| known.hashed && !LOOKS.contains(&known.name))
}

/// Whether no two runs with the same values of `others` have another one of `name`.
fn is_settled(all: &[BTreeMap<String, Value>], others: &[&str], name: &str) -> bool {
    let mut known: HashMap<String, Option<&Value>> = HashMap::new();
    all.iter().all(|one| {
        let key: Vec<Option<&Value>> = others.iter().map(|other| one.get(*other)).collect();
        *known.entry(format!("{key:?}")).or_insert(one.get(name)) == one.get(name)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(all: &[Value], swept: &[&str]) -> Vec<(String, bool)> {
        let all: Vec<BTreeMap<String, Value>> =
            all.iter().map(|one| serde_json::from_value(one.clone()).unwrap()).collect();
        let names = names(&all, &swept.iter().copied().collect());
        names.into_iter().map(|name| (name.name, name.follows)).collect()
    }

    fn owned(names: &[(&str, bool)]) -> Vec<(String, bool)> {
        names.iter().map(|(name, follows)| ((*name).to_owned(), *follows)).collect()
    }

    #[test]
    fn batch_size_and_learning_rate_come_first_and_the_seed_never() {
        let all = [
            json!({"batch_size": 256, "base_learning_rate": 1e-3, "frozen_patch_projection": true, "seed": 0}),
            json!({"batch_size": 512, "base_learning_rate": 1e-3, "frozen_patch_projection": false, "seed": 1}),
            json!({"batch_size": 512, "base_learning_rate": 2e-3, "frozen_patch_projection": true, "seed": 1}),
        ];
        let names =
            [("batch_size", false), ("base_learning_rate", false), ("frozen_patch_projection", false)];
        assert_eq!(told(&all, &[]), owned(&names));
    }

    #[test]
    fn a_default_that_goes_with_the_optimizer_follows_it_and_one_that_does_not_is_kept() {
        let of = |optimizer: &str, epsilon: f64, steps: u64| json!({"optimizer": optimizer, "epsilon": epsilon, "steps": steps});
        let all = [of("adamw", 1e-8, 100), of("lamb", 1e-6, 100), of("lamb", 1e-6, 200)];
        let names = [("optimizer", false), ("steps", false), ("epsilon", true)];
        assert_eq!(told(&all, &["optimizer"]), owned(&names));
        // Where no sweep says what was varied, nothing is called a default.
        assert!(told(&all, &[]).iter().all(|(_, follows)| !follows));
        // What a sweep varied is an axis, though another one settles it.
        assert!(told(&all, &["optimizer", "epsilon"]).iter().all(|(_, follows)| !follows));
    }

    #[test]
    fn keys_of_another_tool_settle_nothing() {
        let all =
            [json!({"config.lr": 0.1, "config.name": "a"}), json!({"config.lr": 0.2, "config.name": "b"})];
        assert_eq!(told(&all, &[]), owned(&[("config.lr", false), ("config.name", false)]));
        let mixed = [
            json!({"config.lr": 0.1}),
            json!({"optimizer": "adamw"}),
            json!({"optimizer": "lamb"}),
            json!({"config.lr": 0.2}),
        ];
        assert_eq!(told(&mixed, &["optimizer"]), owned(&[("optimizer", false), ("config.lr", false)]));
    }
}
