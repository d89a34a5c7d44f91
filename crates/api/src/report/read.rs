//! What a report is made of, read once: the decision, its runs, where they come from, what happened to them. Text, figures and
//! tables all take their numbers from here.

use std::collections::{BTreeMap, BTreeSet};

use vitals_run::RunState;
use vitals_store::{MetricChoice, RunRow, SweepId, SweepRevision};

use super::names::{Named, Unit, named};
use crate::Context;
use crate::decide::{decide, varied};
use crate::dto::{ApiError, Arm, Decision, Language, ReportBy, RunEvents, UsedDataset};
use crate::error::Result;
use crate::said::{Advice, Failure};
use crate::{events, origin, runs};

pub struct Material {
    pub language: Language,
    pub asked: ReportBy,
    /// All runs are taken from one sweep that was named.
    pub is_of_sweep: bool,
    /// What they have to meet besides; empty: nothing.
    pub condition: String,
    pub decision: Decision,
    pub unit: Unit,
    /// As the decision's.
    pub arms: Vec<Named>,
    /// Those in the arms, by id.
    pub rows: BTreeMap<String, RunRow>,
    pub events: BTreeMap<String, RunEvents>,
    /// Labels of runs of which something could not be read.
    pub unread: Vec<String>,
    /// Cancelled or lost.
    pub gone: usize,
    pub datasets: BTreeSet<(String, String, u64)>,
    /// Of what trained them, by name.
    pub versions: BTreeMap<String, BTreeSet<String>>,
    /// Texts that asked for the runs, each with its sweep.
    pub texts: Vec<(SweepId, SweepRevision)>,
    /// Texts that make runs again which are of no sweep, by label.
    pub alone: BTreeMap<String, String>,
    pub now: i64,
}

impl Material {
    /// # Errors
    /// `invalid_input` where nothing can be decided, as `decide`; `not_found` for an unknown sweep.
    pub async fn read(context: &Context, asked: &ReportBy) -> Result<Self> {
        let language = asked.language;
        let mut question = asked.of.clone();
        let condition = question.filter.trim().to_owned();
        let (sweep, condition) = match (&asked.sweep, only_sweep(&condition)) {
            (None, Some(sweep)) => (Some(sweep), String::new()),
            (sweep, _) => (sweep.clone(), condition),
        };
        if let Some(sweep) = &sweep {
            let sweep = context.store().resolve_sweep(sweep).await?;
            question.filter = match condition.as_str() {
                "" => format!("sweep = \"{sweep}\""),
                more => format!("sweep = \"{sweep}\" and ({more})"),
            };
        }
        let all = runs::matching(context, &question.filter, &MetricChoice::Plain).await?;
        if question.by.is_empty() {
            question.by = arms_of(&all)?;
        }
        let decision = decide(context, &question).await?;
        let of_arms: BTreeSet<&str> =
            decision.arms.iter().flat_map(|arm| &arm.runs).map(|run| run.run.as_str()).collect();
        let is_gone = |row: &RunRow| matches!(row.state, RunState::Cancelled | RunState::Lost);
        let gone = all.iter().filter(|row| row.probed.is_none() && row.trained().is_some() && is_gone(row));
        let mut made = Self {
            language,
            asked: ReportBy { of: question, ..asked.clone() },
            is_of_sweep: sweep.is_some(),
            condition,
            unit: Unit::of(&decision.metric, language),
            arms: named(&decision, language),
            gone: gone.count(),
            rows: BTreeMap::new(),
            events: BTreeMap::new(),
            unread: Vec::new(),
            datasets: BTreeSet::new(),
            versions: BTreeMap::new(),
            texts: Vec::new(),
            alone: BTreeMap::new(),
            now: context.now(),
            decision: decision.clone(),
        };
        made.rows = all
            .into_iter()
            .map(|row| (row.id.to_string(), row))
            .filter(|(id, _)| of_arms.contains(id.as_str()))
            .collect();
        made.read_runs(context).await;
        made.read_texts(context).await?;
        Ok(made)
    }

    /// A run that cannot be read is named, and the report is of the others.
    async fn read_runs(&mut self, context: &Context) {
        for (id, row) in &self.rows {
            match events::events(context, id, &[]).await {
                Ok(found) => {
                    self.events.insert(id.clone(), found);
                }
                Err(_) => self.unread.push(row.label.clone()),
            }
            let Ok(origin) = origin::origin(context, id).await else { continue };
            for (name, version) in origin.versions {
                self.versions.entry(name).or_default().insert(version);
            }
            // Its place on this machine is nobody's business.
            if let Some(UsedDataset { name, path: _, fingerprint, images }) = origin.dataset {
                self.datasets.insert((name, fingerprint, images));
            }
            if let Some(again) = origin.again.filter(|_| row.sweep.is_none()) {
                self.alone.insert(row.label.clone(), again);
            }
        }
    }

    async fn read_texts(&mut self, context: &Context) -> Result<()> {
        let of_runs: BTreeSet<(SweepId, Option<u32>)> =
            self.rows.values().filter_map(|row| Some((row.sweep?, row.sweep_revision))).collect();
        for (sweep, number) in of_runs {
            let revisions = context.store().sweep_revisions(sweep).await?;
            let newest = revisions.iter().map(|one| one.number).max();
            let asked_for = revisions.into_iter().find(|one| Some(one.number) == number.or(newest));
            self.texts.extend(asked_for.map(|text| (sweep, text)));
        }
        Ok(())
    }

    /// The arm's name and look.
    pub fn arm(&self, written: &str) -> Option<&Named> {
        self.arms.iter().find(|arm| arm.written == written)
    }

    /// Every run with its arm and seed, in their order.
    pub fn runs(&self) -> impl Iterator<Item = (&Named, &Arm, &crate::dto::ArmRun)> {
        let arms = self.arms.iter().zip(&self.decision.arms);
        arms.flat_map(|(named, arm)| arm.runs.iter().map(move |run| (named, arm, run)))
    }

    /// What all runs have in a parameter; none where they differ.
    pub fn shared(&self, parameter: &str) -> Option<serde_json::Value> {
        let mut values = self.rows.values().map(|row| row.parameters().ok()?.remove(parameter));
        let first = values.next()??;
        values.all(|value| value.as_ref() == Some(&first)).then_some(first)
    }
}

/// The sweep of a condition that asks for nothing else, as Decide asks for all runs of one.
fn only_sweep(condition: &str) -> Option<String> {
    let id = condition.strip_prefix("sweep = \"")?.strip_suffix('"')?;
    id.chars().all(|one| one.is_ascii_hexdigit() || one == '-').then(|| id.to_owned())
}

/// What the sweeps of the runs vary; where none does, in what the runs differ.
fn arms_of(rows: &[RunRow]) -> Result<Vec<String>> {
    if rows.iter().all(|row| row.trained().is_none()) {
        return Err(ApiError::invalid(Failure::NoRunMatches).hint(Advice::ListRuns));
    }
    let own = || rows.iter().filter(|row| row.probed.is_none());
    let names: BTreeSet<&String> = own().flat_map(|row| row.axes.keys()).collect();
    let varies = |name: &&String| {
        let values: BTreeSet<String> = own().map(|row| format!("{:?}", row.axes.get(*name))).collect();
        values.len() > 1 && name.as_str() != "seed"
    };
    let found: Vec<String> = names.into_iter().filter(varies).cloned().collect();
    if found.is_empty() { varied(rows.to_vec()) } else { Ok(found) }
}
