//! Events of all runs in one list, newest first, with what of it is new to whoever looks. What a recipe asked for itself
//! (checkpoints, rewinds, the disturbance that it injects) is no alarm; what a disturbance caused is one, marked as injected,
//! as far as the [rules](crate::alarm_settings) of the workspace want it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use vitals_run::Happening;
use vitals_store::{AlarmCount, AlarmQuery, RunEvent, RunId};

use crate::Context;
use crate::alarm_settings::KINDS;
use crate::dto::{Alarm, Alarms, AlarmsQuery, ApiError, EventInfo};
use crate::error::Result;
use crate::said::{Advice, Failure, names};
use crate::{alarm_settings, events, runs};

const SHOWN: u32 = 200;
const MOST: u32 = 1000;

/// # Errors
/// `invalid_input` names a kind that there is not; `not_found` for an unknown run.
pub async fn alarms(context: &Context, query: &AlarmsQuery) -> Result<Alarms> {
    let rules = alarm_settings::get(context).await?;
    let listed: Vec<&str> = KINDS.into_iter().filter(|kind| rules.of(kind).listed).collect();
    let kinds: Vec<&str> = kinds_of(query)?.into_iter().filter(|kind| listed.contains(kind)).collect();
    let run = match &query.run {
        Some(id) => Some(runs::resolve(context, id).await?),
        None => None,
    };
    let limit = query.limit.unwrap_or(SHOWN).min(MOST);
    let after = signed(query.after.unwrap_or(0));
    let read_through = context.store().alarms_read_through().await?;
    let (found, count) = if rules.goes_by_kind() {
        let found = context.store().alarms(&AlarmQuery { kinds: &kinds, run, after, limit }).await?;
        (found, context.store().count_alarms(&listed, read_through).await?)
    } else {
        // Sizes are not in the tables: all of them are read, and those that are no alarms left out.
        let all = AlarmQuery { kinds: &listed, limit: u32::MAX, ..AlarmQuery::default() };
        let mut all = context.store().alarms(&all).await?;
        all.retain(|alarm| rules.wants(&alarm.event.event));
        let unread = all.iter().filter(|alarm| alarm.event.id > read_through).count() as u64;
        let count = AlarmCount { total: all.len() as u64, unread };
        all.retain(|alarm| {
            let event = &alarm.event;
            event.id > after
                && kinds.contains(&event.event.what.kind())
                && run.is_none_or(|run| run == alarm.run)
        });
        all.truncate(limit as usize);
        (all, count)
    };
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
            notified: rules.of(alarm.event.event.what.kind()).notified,
            event: related
                .remove(&alarm.event.id)
                .unwrap_or_else(|| events::info(alarm.event, reference(alarm.run))),
        })
        .collect();
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
