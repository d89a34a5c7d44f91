//! The parameter table and the presets in the form that crosses the door.

use std::collections::BTreeMap;

use vitals_recipe::{
    Hint, PARAMETERS, PRESETS, Parameter, Recipe, ValueError, parameter, rank, search, synonyms,
};

use crate::dto::{ApiError, ErrorCode, ParameterInfo, PresetInfo};
use crate::error::{Result, hinted};

/// Names suggested beside the nearest.
const SUGGESTED: usize = 5;

fn info(parameter: &Parameter) -> ParameterInfo {
    ParameterInfo {
        name: parameter.name.to_owned(),
        group: parameter.group.to_owned(),
        kind: parameter.kind.as_str().to_owned(),
        unit: parameter.unit.map(str::to_owned),
        default: parameter.default_value(),
        min: parameter.range.map(|(min, _)| min),
        max: parameter.range.map(|(_, max)| max),
        choices: parameter.choices.iter().map(|&choice| choice.to_owned()).collect(),
        help: match parameter.depends {
            Some(depends) => format!("{} {depends}", parameter.help),
            None => parameter.help.to_owned(),
        },
        synonyms: synonyms(parameter.name).iter().map(|&word| word.to_owned()).collect(),
        rank: rank(parameter.name) as u32,
    }
}

/// All parameters, in the table's order.
pub fn parameters() -> Vec<ParameterInfo> {
    PARAMETERS.iter().map(info).collect()
}

/// One parameter by name.
///
/// # Errors
/// `not_found`, with the nearest name and others that the word may stand for.
pub fn one(name: &str) -> Result<ParameterInfo> {
    parameter(name).map(info).ok_or_else(|| {
        let said = ValueError::UnknownParameter { name: name.to_owned() };
        let (hint, meant) = (said.hint(), said.meant());
        let others = search(name).into_iter().map(|one| one.name);
        let others: Vec<&str> =
            others.filter(|other| meant.as_deref() != Some(other)).take(SUGGESTED).collect();
        let also = (!others.is_empty()).then(|| Hint::AlsoFound { names: others.into_iter().collect() });
        hinted(hinted(ApiError::new(ErrorCode::NotFound, said), hint), also)
    })
}

/// All presets with what they resolve to.
pub(crate) fn presets() -> Vec<PresetInfo> {
    let info = |preset: &vitals_recipe::Preset| PresetInfo {
        name: preset.name.to_owned(),
        help: preset.help.to_owned(),
        parameters: Recipe::preset(preset.name).map_or_else(BTreeMap::new, |recipe| recipe.by_name()),
    };
    PRESETS.iter().map(info).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_suggests_what_the_field_calls_so() {
        let hints = |name: &str| one(name).unwrap_err().hints;
        assert_eq!(hints("lr"), ["did you mean `base_learning_rate`?", "also found: patch_lr_factor"]);
        assert_eq!(hints("wd"), ["did you mean `weight_decay`?"]);
        assert_eq!(hints("steps")[0], "did you mean `max_steps`?");
        assert_eq!(hints("zzz"), ["`vitals parameters` lists them all"]);
    }
}
