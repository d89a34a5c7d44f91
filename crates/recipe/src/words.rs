//! The table in words: what to do about a value that does not fit, and each parameter as a paragraph.

use crate::hint::Hint;
use crate::number::short_number;
use crate::parameters::{ValueError, display, nearest};
use crate::synonyms::meant_by;
use crate::table::{PARAMETERS, parameter};
use crate::uses::read_by;

impl ValueError {
    /// What to do about it, where something better than the message can be said.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            ValueError::UnknownChoice { .. } => self.meant().map(|name| Hint::did_you_mean(&name)),
            ValueError::UnknownParameter { .. } => {
                Some(self.meant().map_or(Hint::ParametersListed, |name| Hint::did_you_mean(&name)))
            }
            ValueError::WrongType { name, .. } => {
                let default = parameter(name)?.default_value();
                let written = if default.is_string() { default.to_string() } else { display(&default) };
                Some(Hint::example(&format!("{name} = {written}")))
            }
            ValueError::OutOfRange { .. } | ValueError::Syntax { .. } => None,
        }
    }

    /// The word that a misspelt one most likely stands for.
    pub fn meant(&self) -> Option<String> {
        let near = match self {
            ValueError::UnknownChoice { found, choices, .. } => {
                nearest(found, choices.0.iter().map(String::as_str))
            }
            ValueError::UnknownParameter { name } => {
                meant_by(name).or_else(|| nearest(name, PARAMETERS.iter().map(|parameter| parameter.name)))
            }
            ValueError::WrongType { .. } | ValueError::OutOfRange { .. } | ValueError::Syntax { .. } => None,
        };
        near.map(str::to_owned)
    }
}

/// The parameter as a paragraph of plain text: type, unit, default, range, help. For the command line and the docs.
pub fn describe(name: &str) -> Option<String> {
    let parameter = parameter(name)?;
    let mut lines = vec![format!("{} ({}, {})", parameter.name, parameter.group, parameter.kind.as_str())];
    lines.push(format!("  {}", parameter.help));
    lines.extend(read_by(parameter.name).map(|readers| format!("  {readers}")));
    let default = display(&parameter.default_value());
    match parameter.depends {
        Some(depends) => lines.push(format!("  default  {default} ({depends})")),
        None => lines.push(format!("  default  {default}")),
    }
    if let Some((min, max)) = parameter.range {
        lines.push(format!("  range    {} to {}", short_number(min), short_number(max)));
    }
    if !parameter.choices.is_empty() {
        lines.push(format!("  choices  {}", parameter.choices.join(", ")));
    }
    if let Some(unit) = parameter.unit {
        lines.push(format!("  unit     {unit}"));
    }
    Some(lines.join("\n"))
}
