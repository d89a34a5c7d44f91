//! Cells laid out over two parameters, as the screen does it (`ui/src/screens/map/map.ts`): a map for each combination of what else
//! tells them apart.

use serde_json::Value;

use crate::boundary::RATE;
use crate::dto::{ApiError, FigureMap, FigureMapAxis, MapCell, StabilityMap};
use crate::error::Result;
use crate::said::Failure;

pub(super) struct Axis {
    pub name: String,
    /// Values with their labels.
    pub values: Vec<(Value, String)>,
}

/// A cell in its place; `most`: runs of a whole cell of its map.
pub(super) struct Spot<'a> {
    pub cell: &'a MapCell,
    pub most: u32,
}

pub(super) struct Panel<'a> {
    pub title: String,
    /// One for each of the others; null for none.
    pub values: Vec<Value>,
    /// Row by row.
    pub spots: Vec<Option<Spot<'a>>>,
}

pub(super) struct Placed<'a> {
    pub x: Axis,
    pub y: Axis,
    pub others: &'a [String],
    pub panels: Vec<Panel<'a>>,
}

/// JSON's 1 and 1.0 are one number.
pub(in crate::figure) fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        _ => one == other,
    }
}

/// Where a parameter stands in keys.
pub(in crate::figure) fn place_of(map: &StabilityMap, name: &str) -> Result<usize> {
    let none =
        || ApiError::invalid(Failure::NotDrawn { reason: format!("the runs do not differ in `{name}`") });
    map.names.iter().position(|one| one.name == name).ok_or_else(none)
}

/// A value without a label.
pub(in crate::figure) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// Labels that were asked for; what came after stands by its value, where numbers keep their order.
fn axis(asked: &FigureMapAxis, found: &[Value], falls: bool) -> Axis {
    let mut values: Vec<(Value, String)> = (asked.values.iter())
        .filter(|one| found.iter().any(|value| same(value, &one.value)))
        .map(|one| (one.value.clone(), one.label.clone()))
        .collect();
    let known = values.len();
    for value in found {
        if !values.iter().any(|(one, _)| same(one, value)) {
            values.push((value.clone(), text(value)));
        }
    }
    if values.len() > known && values.iter().all(|(value, _)| value.is_number()) {
        let number = |value: &Value| value.as_f64().unwrap_or_default();
        values.sort_by(|(one, _), (other, _)| number(one).total_cmp(&number(other)));
        if falls {
            values.reverse();
        }
    }
    Axis { name: asked.name.clone(), values }
}

impl Axis {
    pub fn labels(&self) -> Vec<String> {
        self.values.iter().map(|(_, label)| label.clone()).collect()
    }

    pub fn place(&self, value: &Value) -> Option<usize> {
        self.values.iter().position(|(one, _)| same(one, value))
    }
}

impl<'a> Placed<'a> {
    pub fn of(map: &'a StabilityMap, asked: &'a FigureMap) -> Result<Self> {
        let (at_x, at_y) = (place_of(map, &asked.x.name)?, place_of(map, &asked.y.name)?);
        let others = asked.others.iter().map(|name| place_of(map, name)).collect::<Result<Vec<usize>>>()?;
        // Only runs that were given both have a place.
        let cells: Vec<(&MapCell, &Value, &Value)> = (map.cells.iter())
            .filter_map(|cell| Some((cell, cell.key[at_x].as_ref()?, cell.key[at_y].as_ref()?)))
            .collect();
        let xs: Vec<Value> = cells.iter().map(|(_, x, _)| (*x).clone()).collect();
        let ys: Vec<Value> = cells.iter().map(|(.., y)| (*y).clone()).collect();
        let (x, y) = (axis(&asked.x, &xs, false), axis(&asked.y, &ys, true));
        let of_cell = |cell: &MapCell| -> Vec<Value> {
            others.iter().map(|at| cell.key[*at].clone().unwrap_or(Value::Null)).collect()
        };
        let alike = |one: &[Value], other: &[Value]| {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        };
        let mut panels: Vec<Panel<'a>> = Vec::new();
        for one in &asked.maps {
            panels.push(Panel { title: one.title.clone(), values: one.values.clone(), spots: Vec::new() });
        }
        for (cell, ..) in &cells {
            let values = of_cell(cell);
            if !panels.iter().any(|panel| alike(&panel.values, &values)) {
                let named =
                    asked.others.iter().zip(&values).map(|(name, value)| format!("{name} {}", text(value)));
                panels.push(Panel { title: named.collect::<Vec<_>>().join(", "), values, spots: Vec::new() });
            }
        }
        for panel in &mut panels {
            let own: Vec<_> =
                cells.iter().filter(|(cell, ..)| alike(&panel.values, &of_cell(cell))).collect();
            let most = own.iter().map(|(cell, ..)| cell.runs).max().unwrap_or_default();
            panel.spots = (0..x.values.len() * y.values.len()).map(|_| None).collect();
            for &(cell, at_x, at_y) in own {
                if let Some((column, row)) = x.place(at_x).zip(y.place(at_y)) {
                    panel.spots[row * x.values.len() + column] = Some(Spot { cell, most });
                }
            }
        }
        // What the screen calls an empty side has no map on a page.
        panels.retain(|panel| panel.spots.iter().any(Option::is_some));
        Ok(Self { x, y, others: &asked.others, panels })
    }

    /// The parameter along the other axis where one is the learning rate.
    pub fn across(&self) -> Option<&str> {
        match (self.x.name.as_str(), self.y.name.as_str()) {
            (RATE, other) | (other, RATE) => Some(other),
            _ => None,
        }
    }
}
