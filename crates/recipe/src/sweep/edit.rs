//! Changes of a sweep file that keep everything else as it is written: comments, order, spacing, the way numbers are
//! spelt. A form's edits go through here, so that a file under version control shows only what was meant.

use serde_json::Value as Json;
use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use super::edit_error::EditError;
use super::list::{list, toml_value};
use crate::described::Expected;

pub use super::change::{Edit, Spacing};
pub use super::form::model;

/// An entry that the file does not have.
type Missing = fn(u32, usize) -> EditError;

fn no_axis(index: u32, count: usize) -> EditError {
    EditError::NoSuchAxis { index, count }
}

fn no_exclusion(index: u32, count: usize) -> EditError {
    EditError::NoSuchExclusion { index, count }
}

/// Applies the edits in order and returns the new text; no text where one of them fails.
pub fn apply(text: &str, edits: &[Edit]) -> Result<String, EditError> {
    let mut text = text.to_owned();
    for edits in edits.chunk_by(|edit, next| edit.is_of_text() == next.is_of_text()) {
        text = if edits.iter().any(Edit::is_of_text) { rewrite(text, edits)? } else { reword(&text, edits)? };
    }
    Ok(text)
}

fn rewrite(mut text: String, edits: &[Edit]) -> Result<String, EditError> {
    for edit in edits {
        if let Edit::ReplaceText { at, old, new } = edit {
            let span = *at as usize..(*at as usize).saturating_add(old.len());
            if text.get(span.clone()) != Some(old) {
                return Err(EditError::OtherText { old: old.clone(), at: *at });
            }
            text.replace_range(span, new);
        }
    }
    Ok(text)
}

fn reword(text: &str, edits: &[Edit]) -> Result<String, EditError> {
    let parsed = text.parse::<DocumentMut>();
    let mut document = parsed.map_err(|error| EditError::not_toml(text, error.message(), error.span()))?;
    for edit in edits {
        apply_one(&mut document, edit)?;
    }
    Ok(document.to_string())
}

fn apply_one(document: &mut DocumentMut, edit: &Edit) -> Result<(), EditError> {
    match edit {
        Edit::SetName { value } => put(document.as_table_mut(), "name", Value::from(value.as_str())),
        Edit::SetDescription { value } => {
            put(document.as_table_mut(), "description", Value::from(value.as_str()));
        }
        Edit::SetPreset { value } if value.is_empty() => remove(recipe_of(document)?, "preset"),
        Edit::SetPreset { value } => put(recipe_of(document)?, "preset", Value::from(value.as_str())),
        Edit::SetParameter { parameter, value: Json::Null } => remove(recipe_of(document)?, parameter),
        Edit::SetParameter { parameter, value } => put(recipe_of(document)?, parameter, toml_value(value)?),
        Edit::AddAxis { parameter, values } => {
            let mut table = new_table();
            table.insert("parameter", Item::Value(Value::from(parameter.as_str())));
            table.insert("values", Item::Value(Value::Array(list(None, values)?)));
            tables_of(document, "axis")?.push(table);
        }
        Edit::SetAxis { index, values } => set_axis(document, *index, values)?,
        Edit::SpaceAxis { index, spacing } => space_axis(axis_of(document, *index)?, spacing)?,
        Edit::RemoveAxis { index } => drop(take(tables_of(document, "axis")?, no_axis, *index)?),
        Edit::MoveAxis { from, to } => move_axis(tables_of(document, "axis")?, *from, *to)?,
        Edit::SetSeeds { value } => set_seeds(document, value)?,
        Edit::AddExclusion { value } => {
            let mut table = new_table();
            for (name, value) in value {
                table.insert(name, Item::Value(toml_value(value)?));
            }
            tables_of(document, "exclude")?.push(table);
        }
        Edit::RemoveExclusion { index } => {
            take(tables_of(document, "exclude")?, no_exclusion, *index)?;
        }
        // A change of the text is made before anything is parsed.
        Edit::ReplaceText { .. } => {}
    }
    Ok(())
}

/// A table that stands apart from what is before it.
fn new_table() -> Table {
    let mut table = Table::new();
    table.decor_mut().set_prefix("\n");
    table
}

/// The `[recipe]` table, made where the file has none.
fn recipe_of(document: &mut DocumentMut) -> Result<&mut dyn TableLike, EditError> {
    let item = document.as_table_mut().entry("recipe").or_insert_with(|| Item::Table(new_table()));
    item.as_table_like_mut()
        .ok_or(EditError::OtherShape { key: "recipe".to_owned(), expected: Expected::Table.into() })
}

/// The `[[key]]` tables; a list of inline tables is turned into them.
fn tables_of<'d>(document: &'d mut DocumentMut, key: &str) -> Result<&'d mut ArrayOfTables, EditError> {
    let item =
        document.as_table_mut().entry(key).or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    if item.is_array() {
        *item = match std::mem::take(item).into_array_of_tables() {
            Ok(tables) => Item::ArrayOfTables(tables),
            Err(other) => other,
        };
    }
    let other = || EditError::OtherShape { key: key.to_owned(), expected: Expected::Tables.into() };
    item.as_array_of_tables_mut().ok_or_else(other)
}

/// Sets a key; the comment after the old value stays.
fn put(table: &mut dyn TableLike, key: &str, mut value: Value) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        None => {
            table.insert(key, Item::Value(value));
        }
    }
}

/// Removes a key; comments above it move to the key that follows, where one does.
fn remove(table: &mut dyn TableLike, key: &str) {
    let comments = table.key(key).and_then(|key| key.leaf_decor().prefix()?.as_str().map(str::to_owned));
    let names: Vec<String> = table.iter().map(|(name, _)| name.to_owned()).collect();
    let next = names.iter().skip_while(|name| *name != key).nth(1);
    if let (Some(comments), Some(next)) = (comments.filter(|text| text.contains('#')), next)
        && let Some(mut next) = table.key_mut(next)
    {
        let own =
            next.leaf_decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default().to_owned();
        next.leaf_decor_mut().set_prefix(format!("{comments}{own}"));
    }
    table.remove(key);
}

fn take(tables: &mut ArrayOfTables, missing: Missing, index: u32) -> Result<Table, EditError> {
    let count = tables.len();
    if index as usize >= count {
        return Err(missing(index, count));
    }
    Ok(tables.remove(index as usize))
}

fn move_axis(tables: &mut ArrayOfTables, from: u32, to: u32) -> Result<(), EditError> {
    // Tables print in the order of their positions in the file, so the positions stay and the tables move over them.
    let positions: Vec<Option<isize>> = tables.iter().map(Table::position).collect();
    let count = tables.len();
    if to as usize >= count {
        return Err(no_axis(to, count));
    }
    let table = take(tables, no_axis, from)?;
    tables.insert(to as usize, table);
    for (table, position) in tables.iter_mut().zip(positions) {
        table.set_position(position);
    }
    Ok(())
}

fn axis_of(document: &mut DocumentMut, index: u32) -> Result<&mut Table, EditError> {
    let tables = tables_of(document, "axis")?;
    let count = tables.len();
    tables.get_mut(index as usize).ok_or_else(|| no_axis(index, count))
}

/// Writes the table of a form after its parameter; the comments of what it replaces stay.
fn space_axis(axis: &mut Table, spacing: &Spacing) -> Result<(), EditError> {
    if axis.contains_key("zip") {
        return Err(EditError::OtherShape { key: "zip".to_owned(), expected: Expected::List.into() });
    }
    let (form, from, to, third) = match spacing {
        Spacing::Log { from, to, count } => ("log", from, to, ("count", Json::from(*count))),
        Spacing::Linear { from, to, count } => ("linear", from, to, ("count", Json::from(*count))),
        Spacing::Range { from, to, step } => ("range", from, to, ("step", step.clone())),
    };
    let mut written = InlineTable::new();
    for (key, value) in [("from", from), ("to", to), (third.0, &third.1)] {
        written.insert(key, toml_value(value)?);
    }
    let forms = ["values", "range", "log", "linear"];
    let old = forms.iter().find_map(|form| Some(axis.get(form)?.as_value()?.decor().clone()));
    put(axis, form, Value::InlineTable(written));
    if let (Some(old), Some(new)) = (old, axis.get_mut(form).and_then(Item::as_value_mut)) {
        *new.decor_mut() = old;
    }
    forms.iter().filter(|other| **other != form).for_each(|other| remove(axis, other));
    Ok(())
}

fn set_axis(document: &mut DocumentMut, index: u32, values: &[Json]) -> Result<(), EditError> {
    let axis = axis_of(document, index)?;
    if let Some(zip) = axis.get_mut("zip").and_then(Item::as_table_like_mut) {
        return set_zip(zip, values);
    }
    for form in ["range", "log", "linear"] {
        axis.remove(form);
    }
    let old = axis.get("values").and_then(Item::as_array).cloned();
    put(axis, "values", Value::Array(list(old.as_ref(), values)?));
    Ok(())
}

fn set_zip(zip: &mut dyn TableLike, rows: &[Json]) -> Result<(), EditError> {
    let names: Vec<String> = zip.iter().map(|(name, _)| name.to_owned()).collect();
    for (column, name) in names.iter().enumerate() {
        let cell = |row: &Json| match row.as_array() {
            Some(cells) if cells.len() == names.len() => Ok(cells[column].clone()),
            _ => Err(EditError::OtherShape { key: row.to_string(), expected: Expected::Row.into() }),
        };
        let values = rows.iter().map(cell).collect::<Result<Vec<Json>, EditError>>()?;
        let old = zip.get(name).and_then(Item::as_array).cloned();
        put(zip, name, Value::Array(list(old.as_ref(), &values)?));
    }
    Ok(())
}

/// Sets the seeds; a file that counts them (`seeds = 3`) goes on counting where the list is 0, 1, 2 and on.
fn set_seeds(document: &mut DocumentMut, seeds: &[u64]) -> Result<(), EditError> {
    if let Some(recipe) = document.get_mut("recipe").and_then(Item::as_table_like_mut) {
        remove(recipe, "seed");
    }
    let old = document.get("seeds").cloned();
    let is_counted =
        old.as_ref().is_some_and(Item::is_integer) && seeds.iter().copied().eq(0..seeds.len() as u64);
    let value = if is_counted {
        Value::from(seeds.len() as i64)
    } else {
        let values: Vec<Json> = seeds.iter().copied().map(Json::from).collect();
        Value::Array(list(old.as_ref().and_then(Item::as_array), &values)?)
    };
    put(document.as_table_mut(), "seeds", value);
    Ok(())
}
