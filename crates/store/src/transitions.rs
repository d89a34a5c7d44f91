//! Changes of state, each with its evidence, and the history that they leave. A change that the table of
//! `RunState::may_become` lacks is refused.

use serde_json::Value;
use vitals_run::{Evidence, Grounds, RunState};

use crate::ids::{from_json, run_num, to_json, touch_run};
use crate::{Result, RunId, Store, StoreError, UnixMillis};

/// One change of state.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    pub at: UnixMillis,
    /// None for a run's first state.
    pub from: Option<RunState>,
    pub to: RunState,
    /// In English, as it was stored.
    pub evidence: String,
    pub evidence_code: Evidence,
    /// What programs need of it.
    pub data: Value,
}

impl Store {
    /// Puts a run into a state. Stating the same again renews the evidence; only new words enter the history.
    /// Entering the queue takes its end; ended and started times follow the state. Returns the run's revision.
    pub async fn set_state(
        &self,
        run: RunId,
        to: RunState,
        grounds: impl Into<Grounds>,
        now: UnixMillis,
    ) -> Result<u64> {
        let Grounds { evidence, data } = grounds.into();
        let (text, code) = (evidence.to_string(), evidence.code());
        let mut tx = self.begin().await?;
        let num = run_num(&mut tx, run).await?;
        let current =
            sqlx::query!("SELECT state, evidence FROM runs WHERE num = ?", num).fetch_one(&mut *tx).await?;
        let from = parse_state(&current.state)?;
        if !from.may_become(to) {
            return Err(StoreError::IllegalTransition { run, from, to });
        }
        if text.trim().is_empty() {
            return Err(StoreError::NoEvidence { run, to });
        }
        let (from_word, to_word) = (from.as_str(), to.as_str());
        if from != to || current.evidence != text {
            let data = to_json("evidence", &data)?;
            sqlx::query!(
                "INSERT INTO transitions (run_num, at, from_state, to_state, evidence, evidence_code, data)
                 VALUES (?, ?, ?, ?, ?, ?, ?)",
                num,
                now,
                from_word,
                to_word,
                text,
                code,
                data
            )
            .execute(&mut *tx)
            .await?;
        }
        if from != to {
            let started_at = (to == RunState::Starting || to == RunState::Running).then_some(now);
            let ended_at = (to.has_ended()).then_some(now);
            sqlx::query!(
                "UPDATE runs SET started_at = COALESCE(started_at, ?), ended_at = ? WHERE num = ?",
                started_at,
                ended_at,
                num
            )
            .execute(&mut *tx)
            .await?;
            if to == RunState::Queued {
                sqlx::query!(
                    "UPDATE runs SET queue_rank = (SELECT COALESCE(MAX(queue_rank), 0) + 1 FROM runs) WHERE num = ?",
                    num
                )
                .execute(&mut *tx)
                .await?;
            }
        }
        sqlx::query!(
            "UPDATE runs SET state = ?, evidence = ?, evidence_code = ? WHERE num = ?",
            to_word,
            text,
            code,
            num
        )
        .execute(&mut *tx)
        .await?;
        let revision = touch_run(&mut tx, num).await?;
        tx.commit().await?;
        if !to.is_active() {
            // A killed worker's journal has no end that would have taken it.
            self.standings.take(num);
        }
        Ok(revision.cast_unsigned())
    }

    /// A run's history, oldest first.
    pub async fn transitions(&self, run: RunId) -> Result<Vec<Transition>> {
        let id = run.to_string();
        let rows = sqlx::query!(
            "SELECT t.at, t.from_state, t.to_state, t.evidence, t.evidence_code, t.data FROM transitions t
             JOIN runs r ON r.num = t.run_num WHERE r.id = ? ORDER BY t.id",
            id
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter()
            .map(|r| {
                Ok(Transition {
                    at: r.at,
                    from: r.from_state.as_deref().map(parse_state).transpose()?,
                    to: parse_state(&r.to_state)?,
                    evidence_code: Evidence::stored(r.evidence_code.as_deref(), &r.evidence),
                    evidence: r.evidence,
                    data: from_json("evidence", &r.data)?,
                })
            })
            .collect()
    }
}

pub(crate) fn parse_state(word: &str) -> Result<RunState> {
    RunState::parse(word).ok_or_else(|| StoreError::Corrupt { what: format!("state {word:?}") })
}
