//! The parameter table and the presets in the form that crosses the door.

use std::collections::BTreeMap;

use vitals_recipe::{PARAMETERS, PRESETS, Parameter, Recipe, ValueError, parameter};

use crate::dto::{ApiError, ErrorCode, ParameterInfo, PresetInfo};
use crate::error::{Result, hinted};

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
    }
}

/// All parameters, in the table's order.
pub fn parameters() -> Vec<ParameterInfo> {
    PARAMETERS.iter().map(info).collect()
}

/// One parameter by name.
///
/// # Errors
/// `not_found`, with the nearest name.
pub fn one(name: &str) -> Result<ParameterInfo> {
    parameter(name).map(info).ok_or_else(|| {
        let said = ValueError::UnknownParameter { name: name.to_owned() };
        let hint = said.hint();
        hinted(ApiError::new(ErrorCode::NotFound, said), hint)
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
