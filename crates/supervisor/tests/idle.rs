//! What a supervisor reads while nothing can be started: counted in statements and rows, not in seconds. A queue that waits costs
//! the same however long it is.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use vitals_recipe::{Recipe, point_id};
use vitals_run::{Command, Evidence, RunState};
use vitals_store::{NewRun, RequestStatus, Role, Store};
use vitals_supervisor::{Binaries, Options, Supervisor, settings};

const QUEUED: u64 = 400;
/// Every second one: as many are listened to.
const HEARTBEATS: usize = 3;
const DEADLINE: Duration = Duration::from_secs(60);

/// Statements in the order in which they were made, each with the rows that it returned.
static MADE: Mutex<Vec<(String, u64)>> = Mutex::new(Vec::new());

fn made() -> std::sync::MutexGuard<'static, Vec<(String, u64)>> {
    MADE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Hears of each statement what SQLx says of it, and nothing else.
struct Statements;

impl Subscriber for Statements {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut statement = Statement::default();
        event.record(&mut statement);
        made().push((statement.summary, statement.rows));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Statement {
    summary: String,
    rows: u64,
}

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "summary" {
            value.clone_into(&mut self.summary);
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "rows_returned" {
            self.rows = value;
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "summary" {
            self.summary = format!("{value:?}");
        }
    }
}

fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

async fn until(what: &str, mut is: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is().await {
        assert!(began.elapsed() < DEADLINE, "waited {DEADLINE:?} in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn fill_queue(store: &Store) {
    let mut recipe = Recipe::preset("mocov3_vit_micro").unwrap();
    let runs = (0..QUEUED).map(|seed| {
        recipe.seed = seed;
        NewRun {
            id: None,
            point: point_id(&recipe),
            seed,
            recipe: serde_json::to_value(&recipe).unwrap(),
            probed: None,
            axes: BTreeMap::new(),
            label: format!("seed {seed}"),
            priority: 0,
            total_steps: Some(600),
            state: RunState::Queued,
            evidence: Evidence::said("queued by a test").into(),
        }
    });
    store.insert_runs(None, &runs.collect::<Vec<_>>(), now()).await.unwrap();
}

async fn ask(store: &Store, command: Command) {
    let id = store.add_request(None, command, &json!({}), now()).await.unwrap();
    until("the request is settled", async || {
        store.request(id).await.unwrap().is_some_and(|request| request.status == RequestStatus::Done)
    })
    .await;
}

/// Statements between two heartbeats of one that only waits.
async fn statements_while_idle() -> Vec<(String, u64)> {
    let heartbeats = || made().iter().filter(|(summary, _)| summary.starts_with("INSERT OR REPLACE")).count();
    // What was asked for has moved the store's revision; behind the next heartbeat it is an old tale.
    let before = heartbeats();
    until("its heart beats", async || heartbeats() >= before + 2).await;
    made().clear();
    until("its heart beats some more", async || heartbeats() >= HEARTBEATS).await;
    std::mem::take(&mut *made())
}

fn check(statements: &[(String, u64)], why: &str) {
    let looks = statements.iter().filter(|(summary, _)| !summary.starts_with("PRAGMA data_version"));
    let (count, rows) = looks.fold((0, 0), |(count, rows), (_, more)| (count + 1, rows + more));
    assert!(rows < 30 * HEARTBEATS as u64, "{why}: {rows} rows of {QUEUED} runs: {statements:#?}");
    assert!(count <= 30 * (HEARTBEATS + 1), "{why}: {count} statements: {statements:#?}");
}

async fn supervise_and_count(root: &Path) {
    let store = Store::open(root.join("vitals.db"), Role::Writer).await.unwrap();
    store.set_setting(settings::LOW_DISK_BYTES, &0).await.unwrap();
    ask(&store, Command::PauseQueue).await;
    fill_queue(&store).await;
    check(&statements_while_idle().await, "paused");
    // The queue goes on, and there is never so much room.
    store.set_setting(settings::LOW_DISK_BYTES, &(1_u64 << 60)).await.unwrap();
    ask(&store, Command::ResumeQueue).await;
    check(&statements_while_idle().await, "held up");
    ask(&store, Command::Shutdown).await;
}

#[tokio::test]
async fn a_long_queue_that_waits_is_not_read() {
    tracing::subscriber::set_global_default(Statements).unwrap();
    let root = tempfile::tempdir().unwrap();
    // Neither is started.
    let program = std::env::current_exe().unwrap();
    let mut options = Options::new(Arc::new(now), Binaries { vitals: program.clone(), worker: program });
    options.tick = Duration::from_millis(20);
    let supervising = Supervisor::run(root.path(), options, std::future::pending());
    let (ended, ()) = tokio::join!(supervising, supervise_and_count(root.path()));
    ended.unwrap();
}
