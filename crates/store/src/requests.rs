//! What clients ask of the supervisor. Clients only write; the supervisor takes each request exactly once, and after
//! a crash finds those that it took and did not settle.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use vitals_run::Command;

use crate::ids::{from_json, next_revision, parse_id, run_num, to_json};
use crate::reserve::Reserve;
use crate::{Result, RunId, Store, StoreError, UnixMillis};

/// How far a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestStatus {
    New,
    Taken,
    Done,
    Refused,
}

impl RequestStatus {
    fn parse(word: &str) -> Result<Self> {
        match word {
            "new" => Ok(Self::New),
            "taken" => Ok(Self::Taken),
            "done" => Ok(Self::Done),
            "refused" => Ok(Self::Refused),
            _ => Err(StoreError::Corrupt { what: format!("request status {word:?}") }),
        }
    }
}

/// A request, at any stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub id: i64,
    /// None for requests about the queue or the supervisor.
    pub run: Option<RunId>,
    pub command: Command,
    pub arguments: Value,
    pub status: RequestStatus,
    /// What was done, or why not.
    pub answer: Option<String>,
    pub created_at: UnixMillis,
}

/// The columns of a request as SQLite gives them.
struct Stored {
    id: i64,
    run: Option<String>,
    command: String,
    arguments: String,
    status: String,
    answer: Option<String>,
    created_at: i64,
}

impl Stored {
    fn parse(self) -> Result<Request> {
        Ok(Request {
            id: self.id,
            run: self.run.as_deref().map(parse_id).transpose()?,
            command: Command::parse(&self.command)
                .ok_or_else(|| StoreError::Corrupt { what: format!("request command {:?}", self.command) })?,
            arguments: from_json("a request's arguments", &self.arguments)?,
            status: RequestStatus::parse(&self.status)?,
            answer: self.answer,
            created_at: self.created_at,
        })
    }
}

impl Store {
    /// Writes a request; returns its id, under which the answer will appear.
    pub async fn add_request(
        &self,
        run: Option<RunId>,
        command: Command,
        arguments: &Value,
        now: UnixMillis,
    ) -> Result<i64> {
        match self.insert_request(run, command, arguments, now).await {
            // What is asked may be what makes room.
            Err(error) if error.is_full() && self.free_room(Reserve::Asking) => {
                self.insert_request(run, command, arguments, now).await
            }
            other => other,
        }
    }

    async fn insert_request(
        &self,
        run: Option<RunId>,
        command: Command,
        arguments: &Value,
        now: UnixMillis,
    ) -> Result<i64> {
        let mut tx = self.begin().await?;
        let num = match run {
            Some(run) => Some(run_num(&mut tx, run).await?),
            None => None,
        };
        let (word, arguments) = (command.as_str(), to_json("a request's arguments", arguments)?);
        let id = sqlx::query_scalar!(
            "INSERT INTO requests (run_num, command, arguments, created_at) VALUES (?, ?, ?, ?) RETURNING id",
            num,
            word,
            arguments,
            now
        )
        .fetch_one(&mut *tx)
        .await?;
        next_revision(&mut tx).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Takes all new requests, oldest first. Whoever gets a request is the only one who does.
    pub async fn take_requests(&self, now: UnixMillis) -> Result<Vec<Request>> {
        // Looking costs no write lock; only the supervisor takes, so nothing that is seen can vanish.
        let waiting =
            sqlx::query_scalar!(r#"SELECT COUNT(*) AS "n!: i64" FROM requests WHERE status = 'new'"#)
                .fetch_one(self.reader())
                .await?;
        if waiting == 0 {
            return Ok(Vec::new());
        }
        match self.mark_taken(now).await {
            Err(error) if error.is_full() && self.free_room(Reserve::Obeying) => self.mark_taken(now).await,
            other => other,
        }
    }

    async fn mark_taken(&self, now: UnixMillis) -> Result<Vec<Request>> {
        let mut tx = self.begin().await?;
        let rows = sqlx::query_as!(
            Stored,
            r#"SELECT q.id, r.id AS "run?", q.command, q.arguments, q.status, q.answer, q.created_at
               FROM requests q LEFT JOIN runs r ON r.num = q.run_num WHERE q.status = 'new' ORDER BY q.id"#
        )
        .fetch_all(&mut *tx)
        .await?;
        sqlx::query!("UPDATE requests SET status = 'taken', taken_at = ? WHERE status = 'new'", now)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        rows.into_iter().map(|r| Stored { status: "taken".to_owned(), ..r }.parse()).collect()
    }

    /// Requests taken and not settled: what a supervisor that crashed left behind.
    pub async fn taken_requests(&self) -> Result<Vec<Request>> {
        let rows = sqlx::query_as!(
            Stored,
            r#"SELECT q.id, r.id AS "run?", q.command, q.arguments, q.status, q.answer, q.created_at
               FROM requests q LEFT JOIN runs r ON r.num = q.run_num WHERE q.status = 'taken' ORDER BY q.id"#
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter().map(Stored::parse).collect()
    }

    /// Settles a taken request: `Ok` what was done, `Err` why not.
    pub async fn settle_request(&self, id: i64, outcome: Result<&str, &str>, now: UnixMillis) -> Result<()> {
        let (status, answer) = match outcome {
            Ok(answer) => ("done", answer),
            Err(answer) => ("refused", answer),
        };
        let mut tx = self.begin().await?;
        sqlx::query!(
            "UPDATE requests SET status = ?, answer = ?, settled_at = ? WHERE id = ? AND status = 'taken'",
            status,
            answer,
            now,
            id
        )
        .execute(&mut *tx)
        .await?;
        next_revision(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// One request, for a client that waits for its answer.
    pub async fn request(&self, id: i64) -> Result<Option<Request>> {
        let row = sqlx::query_as!(
            Stored,
            r#"SELECT q.id, r.id AS "run?", q.command, q.arguments, q.status, q.answer, q.created_at
               FROM requests q LEFT JOIN runs r ON r.num = q.run_num WHERE q.id = ?"#,
            id
        )
        .fetch_optional(self.reader())
        .await?;
        row.map(Stored::parse).transpose()
    }
}
