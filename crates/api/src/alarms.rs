//! Events of all runs in one list, newest first, with what of it is new to whoever looks. What a recipe asked for itself
//! (checkpoints, rewinds, the disturbance that it injects) is no alarm; what a disturbance caused is one, marked as injected.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use vitals_run::Happening;
use vitals_store::{AlarmQuery, RunEvent, RunId};

use crate::Context;
use crate::dto::{Alarm, Alarms, AlarmsQuery, ApiError, EventInfo};
use crate::error::Result;
use crate::said::{Advice, Failure, names};
use crate::{events, runs};

/// The kinds of events that a person may want to know of.
pub const KINDS: [&str; 6] = ["spike", "dip", "collapse", "nonfinite", "divergence", "stalled"];
const SHOWN: u32 = 200;
const MOST: u32 = 1000;

/// # Errors
/// `invalid_input` names a kind that there is not; `not_found` for an unknown run.
pub async fn alarms(context: &Context, query: &AlarmsQuery) -> Result<Alarms> {
    let kinds = kinds_of(query)?;
    let run = match &query.run {
        Some(id) => Some(runs::resolve(context, id).await?),
        None => None,
    };
    let limit = query.limit.unwrap_or(SHOWN).min(MOST);
    let after = signed(query.after.unwrap_or(0));
    let read_through = context.store().alarms_read_through().await?;
    let found = context.store().alarms(&AlarmQuery { kinds: &kinds, run, after, limit }).await?;
    let dipped: BTreeSet<RunId> =
        found.iter().filter(|alarm| is_dip(&alarm.event)).map(|alarm| alarm.run).collect();
    let mut references: BTreeMap<RunId, Option<String>> = BTreeMap::new();
    for alarm in &found {
        if let Entry::Vacant(place) = references.entry(alarm.run) {
            place.insert(runs::first_layer(context, alarm.run).await?);
        }
    }
    let reference = |run: RunId| references.get(&run).and_then(Option::as_deref);
    let mut related = BTreeMap::new();
    for run in dipped {
        related.extend(dips(context, run, reference(run)).await?);
    }
    let alarms = found
        .into_iter()
        .map(|alarm| Alarm {
            run: alarm.run.to_string(),
            label: alarm.label,
            at: alarm.event.event.at.map(vitals_run::rfc3339),
            unread: alarm.event.id > read_through,
            event: related
                .remove(&alarm.event.id)
                .unwrap_or_else(|| events::info(alarm.event, reference(alarm.run))),
        })
        .collect();
    let count = context.store().count_alarms(&KINDS, read_through).await?;
    Ok(Alarms { alarms, total: count.total, unread: count.unread })
}

/// Notes that the alarm with this id and all found before it have been seen.
///
/// # Errors
/// The store cannot be written.
pub async fn read_through(context: &Context, id: u64) -> Result<()> {
    Ok(context.store().read_alarms_through(signed(id)).await?)
}

/// A run's dips with what they follow, by id: that takes all of its events.
async fn dips(context: &Context, run: RunId, reference: Option<&str>) -> Result<Vec<(i64, EventInfo)>> {
    let rows: Vec<RunEvent> = context.store().events(run, &[], false).await?;
    let ids: Vec<i64> = rows.iter().map(|event| event.id).collect();
    let mut all: Vec<EventInfo> = rows.into_iter().map(|row| events::info(row, reference)).collect();
    events::relate(&mut all);
    Ok(ids.into_iter().zip(all).filter(|(_, event)| event.kind == "dip").collect())
}

fn is_dip(row: &RunEvent) -> bool {
    matches!(row.event.what, Happening::Dip(_))
}

fn kinds_of(query: &AlarmsQuery) -> Result<Vec<&str>> {
    let Some(asked) = &query.kinds else { return Ok(KINDS.to_vec()) };
    match asked.iter().find(|kind| !KINDS.contains(&kind.as_str())) {
        Some(kind) => {
            let error = ApiError::invalid(Failure::NoAlarm { name: kind.clone() });
            Err(error.hint(Advice::OneOf { choices: names(&KINDS) }))
        }
        None => Ok(asked.iter().map(String::as_str).collect()),
    }
}

/// Ids come from SQLite and fit; what does not is beyond every id.
fn signed(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_that_there_is_not_is_named() {
        let query = |kinds: &[&str]| AlarmsQuery {
            kinds: Some(kinds.iter().map(|kind| (*kind).to_owned()).collect()),
            ..AlarmsQuery::default()
        };
        assert_eq!(kinds_of(&query(&["dip"])).unwrap(), ["dip"]);
        assert_eq!(kinds_of(&AlarmsQuery::default()).unwrap().len(), KINDS.len());
        let error = kinds_of(&query(&["dip", "checkpoint"])).unwrap_err();
        assert!(error.message.contains("`checkpoint`"), "{error:?}");
    }
}
