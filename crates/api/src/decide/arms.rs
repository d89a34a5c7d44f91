//! Arms: runs of one value of what is varied. Tells by what else two arms differ; knows no outcome.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use vitals_recipe::{Level, PARAMETERS, Setting, resolve};
use vitals_run::RunState;
use vitals_series::Outcome;
use vitals_store::{RunId, SweepId};

/// A run of an arm.
#[derive(Debug, Clone)]
pub struct Member {
    pub run: RunId,
    pub sweep: Option<SweepId>,
    pub seed: u64,
    /// Id of the point: the hash of everything but the seed that changes what is trained.
    pub point: String,
    pub parameters: Map<String, Value>,
    pub state: RunState,
    /// It finished, or failed.
    pub ended: bool,
    /// It was cancelled, or nobody knows what became of it: no outcome, and none to come.
    pub gone: bool,
    /// It failed or collapsed, whatever its values are.
    pub failed_itself: bool,
    /// It ended by itself without a value of the metric.
    pub lacks_metric: bool,
    /// None until it has ended.
    pub outcome: Option<Outcome>,
    /// From start to end.
    pub seconds: Option<f64>,
}

/// Runs of one value.
#[derive(Debug, Clone)]
pub struct Group {
    /// By parameter.
    pub settings: BTreeMap<&'static str, Value>,
    pub value: Value,
    /// One a seed and point, in the order of the seeds; those that are gone are none.
    pub members: Vec<Member>,
    /// Seeds of any run, gone ones too: their runs are not made again.
    pub taken: BTreeSet<u64>,
}

impl Group {
    /// Seeds of runs that have a value, or may come to one.
    pub fn hopeful(&self) -> BTreeSet<u64> {
        let hopeful = |member: &&Member| member.outcome != Some(Outcome::Failed);
        self.members.iter().filter(hopeful).map(|member| member.seed).collect()
    }
}

/// Runs by the values of `by`, arms in the order of their values. Of several runs of one point and seed the newest that
/// ended counts, else the newest.
pub fn grouped(runs: Vec<Member>, by: &[&'static str]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for run in runs {
        let settings: BTreeMap<&'static str, Value> = by
            .iter()
            .map(|name| (*name, run.parameters.get(*name).cloned().unwrap_or(Value::Null)))
            .collect();
        let place = groups.iter().position(|group| group.settings == settings).unwrap_or_else(|| {
            let value = value_of(&settings);
            groups.push(Group { settings, value, members: Vec::new(), taken: BTreeSet::new() });
            groups.len() - 1
        });
        groups[place].taken.insert(run.seed);
        if !run.gone {
            groups[place].members.push(run);
        }
    }
    groups.retain(|group| !group.members.is_empty());
    for group in &mut groups {
        // Ids are ordered in time.
        group
            .members
            .sort_by_key(|member| (member.seed, member.point.clone(), member.ended, member.run.to_string()));
        group.members.reverse();
        group.members.dedup_by(|one, other| (one.seed, &one.point) == (other.seed, &other.point));
        group.members.reverse();
    }
    let number = |group: &Group| group.settings.values().next().and_then(Value::as_f64);
    groups.sort_by(|a, b| match (number(a), number(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => super::words::value(&a.value).cmp(&super::words::value(&b.value)),
    });
    groups
}

/// What an arm is called: its value, and by several parameters each by its name.
fn value_of(settings: &BTreeMap<&'static str, Value>) -> Value {
    match settings.len() {
        1 => settings.values().next().cloned().unwrap_or(Value::Null),
        _ => settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
    }
}

/// Parameters beside `by` and the seed by which runs of the two arms differ and that change what is trained. One that only
/// follows what is varied, as the default of epsilon follows the optimizer, is none.
pub fn other_settings(arm: &Group, baseline: &Group, by: &[&'static str]) -> Vec<String> {
    let members: Vec<&Member> = arm.members.iter().chain(&baseline.members).collect();
    varying(&members, by).into_iter().map(str::to_owned).collect()
}

/// Parameters beside `by` and the seed of which these runs have several values, and that change what is trained; none that only
/// follows others.
pub fn varying(members: &[&Member], by: &[&'static str]) -> Vec<&'static str> {
    let matters = |name: &&str| !by.contains(name) && *name != "seed";
    let hashed = PARAMETERS.iter().filter(|parameter| parameter.hashed).map(|parameter| parameter.name);
    hashed
        .filter(matters)
        .filter(|name| {
            let mut values = members.iter().map(|member| member.parameters.get(*name));
            let first = values.next();
            values.any(|value| Some(value) != first) && !members.iter().all(|member| follows(member, name))
        })
        .collect()
}

/// Whether the parameter has the value that the table gives it where everything else is as in this run.
fn follows(member: &Member, name: &str) -> bool {
    let settings: Vec<Setting> = PARAMETERS
        .iter()
        .filter(|parameter| parameter.name != name)
        .filter_map(|parameter| {
            let value = member.parameters.get(parameter.name)?.clone();
            Some(Setting { name: parameter.name, level: Level::Recipe, value })
        })
        .collect();
    let (resolved, _) = resolve(&settings);
    resolved.get(name).as_ref() == member.parameters.get(name)
}
