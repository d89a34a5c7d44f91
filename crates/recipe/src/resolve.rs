//! From settings to a complete recipe: later levels win, then defaults that depend on other parameters are filled in.
//! Values must be checked by the parameter table before they come here.

use serde_json::Value;

use crate::choices::{Backbone, Method, Optimizer};
use crate::hint::Hint;
use crate::problem::{Contradiction, Problem};
use crate::table::Recipe;

/// Who set a parameter. A later level wins; within one level, the later setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Preset,
    /// The `[recipe]` table.
    Recipe,
    /// An axis of the sweep.
    Axis,
}

/// One parameter set to one value.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    pub name: &'static str,
    pub level: Level,
    pub value: Value,
}

/// Resolves settings, given in ascending level, over the table's defaults. Problems: values that do not fit their
/// parameter, and settings that contradict the backbone.
pub fn resolve(settings: &[Setting]) -> (Recipe, Vec<Problem>) {
    Base::new(settings).resolve(std::iter::empty())
}

/// Settings that many recipes share, applied once.
pub(crate) struct Base {
    recipe: Recipe,
    set: Vec<(&'static str, Level)>,
    problems: Vec<Problem>,
}

impl Base {
    pub(crate) fn new(settings: &[Setting]) -> Base {
        let mut base = Base { recipe: Recipe::default(), set: Vec::new(), problems: Vec::new() };
        for setting in settings {
            base.set.push((setting.name, setting.level));
            apply(&mut base.recipe, setting.name, &setting.value, &mut base.problems);
        }
        base
    }

    /// The recipe of the base with these values of axes over it.
    pub(crate) fn resolve<'a>(
        &self,
        axes: impl Iterator<Item = (&'static str, &'a Value)>,
    ) -> (Recipe, Vec<Problem>) {
        let (mut recipe, mut set, mut problems) =
            (self.recipe.clone(), self.set.clone(), self.problems.clone());
        for (name, value) in axes {
            set.push((name, Level::Axis));
            apply(&mut recipe, name, value, &mut problems);
        }
        fill_dependent_defaults(&mut recipe, &set);
        fix_dimensions(&mut recipe, &set, &mut problems);
        (recipe, problems)
    }
}

fn apply(recipe: &mut Recipe, name: &'static str, value: &Value, problems: &mut Vec<Problem>) {
    if let Err(error) = recipe.set(name, value) {
        let hint = error.hint().map(Into::into);
        problems.push(Problem { hint, ..Problem::error(&[name], error) });
    }
}

fn level_of(set: &[(&'static str, Level)], name: &str) -> Option<Level> {
    set.iter().filter(|(other, _)| *other == name).map(|(_, level)| *level).max()
}

fn fill_dependent_defaults(recipe: &mut Recipe, set: &[(&'static str, Level)]) {
    let is_free = |name| level_of(set, name).is_none();
    if is_free("epsilon") && recipe.optimizer == Optimizer::Lamb {
        recipe.epsilon = 1e-6;
    }
    if is_free("temperature") {
        recipe.temperature = match (recipe.method, recipe.backbone) {
            (Method::SimClr | Method::Swav, _) => 0.1,
            (Method::MocoV3, Backbone::ResNet50) => 1.0,
            _ => recipe.temperature,
        };
    }
    if is_free("patch_size") && recipe.backbone == Backbone::VitHuge {
        recipe.patch_size = 14;
    }
    if is_free("frozen_patch_projection") && !recipe.backbone.has_patch_projection() {
        recipe.frozen_patch_projection = false;
    }
}

/// Every backbone but `vit_custom` fixes width, blocks and heads. A preset's values yield to a backbone chosen over
/// it; a value that the user set must agree.
fn fix_dimensions(recipe: &mut Recipe, set: &[(&'static str, Level)], problems: &mut Vec<Problem>) {
    let Some((embed_dim, depth, num_heads)) = recipe.backbone.dimensions() else {
        return;
    };
    let fixed = [
        ("embed_dim", embed_dim, &mut recipe.embed_dim),
        ("depth", depth, &mut recipe.depth),
        ("num_heads", num_heads, &mut recipe.num_heads),
    ];
    for (name, value, field) in fixed {
        if *field != value && level_of(set, name).is_some_and(|level| level >= Level::Recipe) {
            let said = Contradiction::FixedDimension {
                name: name.to_owned(),
                value: *field,
                backbone: recipe.backbone.to_string(),
                fixed: value,
            };
            problems.push(Problem::error(&[name, "backbone"], said).hint(Hint::CustomBackbone));
        }
        *field = value;
    }
}
