//! A cluster whose programs answer as those of other sites do, or do not answer: the stand-ins of the fixtures, called by the
//! real supervisor, with the real guard. What a job's folder tells is never overruled by a program that cannot be asked.

use std::path::Path;

use rustix::process::Signal;
use vitals_run::{Command, RunState};
use vitals_store::RunId;
use vitals_supervisor::settings::{self, SlurmSettings};
use vitals_supervisor::{SchedulerProgram, ask_schedulers};

use crate::cluster::Cluster;
use crate::harness::{World, until};

/// The number that the supervisor noted of an attempt's job, once it has.
async fn noted_job(world: &World, run: RunId, attempt: u32) -> u64 {
    let path = world.folder(run).attempt_dir(attempt).join("slurm.json");
    until("a job is noted", async || {
        let mark: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
        mark["job"].as_u64()
    })
    .await
}

fn never_refused(history: &[String]) {
    assert!(!history.iter().any(|change| change.contains("not started")), "{history:#?}");
}

async fn finishes(world: &World, run: RunId) {
    let row = world.row_when(run, "finish", |row| row.state == RunState::Finished).await;
    assert_eq!((row.evidence.as_str(), row.attempt), ("exit 0", 1));
    world.no_hole_and_no_double_step(run, 20).await;
    world.nothing_is_lost(run).await;
}

#[tokio::test]
async fn a_job_has_its_number_in_whatever_form_sbatch_tells_it() {
    let cluster = Cluster::new();
    let mut world = cluster.world().await;
    world.supervise().await;
    let mut runs = Vec::new();
    for (number, style) in (519_606..).zip(["plain", "banner", "classic", "cluster", "info", "trailing"]) {
        cluster.tell("style", style);
        let run = world.queue_seed("step_ms=1", 20, 0, number).await;
        assert_eq!(noted_job(&world, run, 1).await, number, "{style}");
        runs.push(run);
    }
    for run in runs {
        finishes(&world, run).await;
        never_refused(&world.history(run).await);
    }
}

#[tokio::test]
async fn an_squeue_that_knows_no_me_is_asked_all_the_same() {
    let cluster = Cluster::new();
    cluster.tell("oldsqueue", "1");
    let mut world = cluster.world().await;
    world.supervise().await;
    let run = world.queue("step_ms=1", 20, 0).await;
    finishes(&world, run).await;
    let said = world.store.supervisor().await.unwrap().unwrap();
    assert!(said.status["problem"].is_null(), "{}", said.status);
}

#[tokio::test]
async fn where_squeue_cannot_be_asked_the_folder_settles_a_run_and_the_status_says_why() {
    let cluster = Cluster::new();
    cluster.tell("squeue.refuses", "squeue: error: this site knows only `qview`");
    let mut world = cluster.world().await;
    world.supervise().await;
    let run = world.queue("step_ms=1", 20, 0).await;
    finishes(&world, run).await;
    until("the refusal is told", async || {
        let said = world.store.supervisor().await.unwrap()?;
        let problem = said.status["problem"]["text"].as_str()?.to_owned();
        problem.contains("this site knows only `qview`").then_some(())
    })
    .await;
    // A worker that was told to stop: by what was asked, not by the scheduler's word.
    let paused = world.queue_seed("step_ms=5", 100_000, 50, 1).await;
    world.steps(paused, 20).await;
    world.ask(paused, Command::Pause).await.unwrap();
    let evidence = world.state(paused, RunState::Paused).await.evidence;
    assert!(evidence.starts_with("paused by you, checkpoint at step "), "{evidence}");
    cluster.forget("squeue.refuses");
    let next = world.queue_seed("step_ms=1", 20, 0, 2).await;
    finishes(&world, next).await;
    until("the refusal is over", async || {
        let said = world.store.supervisor().await.unwrap()?;
        said.status["problem"].is_null().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_run_whose_job_was_taken_is_not_refused_though_sbatch_fails() {
    let cluster = Cluster::new();
    cluster.tell("sbatch.fails_late", "wrapper: cannot write your quota file");
    let mut world = cluster.world().await;
    world.supervise().await;
    let run = world.queue("step_ms=1", 20, 0).await;
    assert_eq!(noted_job(&world, run, 1).await, 519_606);
    finishes(&world, run).await;
    never_refused(&world.history(run).await);
}

/// Neither program answered when it mattered; as soon as the job is seen, the run's state is right again.
#[tokio::test]
async fn a_refusal_that_was_none_is_corrected_when_the_job_is_seen() {
    let cluster = Cluster::new();
    cluster.tell("sbatch.fails_late", "wrapper: cannot write your quota file");
    cluster.tell("squeue.refuses", "squeue: error: no such user");
    let mut world = cluster.world().await;
    world.supervise().await;
    let run = world.queue("step_ms=20", 500, 0).await;
    let row = world.state(run, RunState::Failed).await;
    assert!(row.evidence.contains("cannot write your quota file"), "{}", row.evidence);
    cluster.forget("squeue.refuses");
    world.row_when(run, "be watched again", |row| row.state == RunState::Running).await;
    let history = world.history(run).await;
    assert!(
        history.iter().any(|change| change == "starting: slurm has its job 519606 all the same"),
        "{history:#?}"
    );
    world.ask(run, Command::Cancel).await.unwrap();
    world.state(run, RunState::Cancelled).await;
    world.nothing_is_lost(run).await;
}

/// The same after the job has ended and the scheduler has forgotten it: the folder holds what an earlier version left.
#[tokio::test]
async fn a_refusal_that_was_none_is_corrected_by_what_the_folder_holds() {
    let cluster = Cluster::new();
    cluster.tell("sbatch.fails_late", "wrapper: cannot write your quota file");
    cluster.tell("squeue.refuses", "squeue: error: no such user");
    let mut world = cluster.world().await;
    world.supervise().await;
    let run = world.queue("step_ms=1", 20, 0).await;
    world.state(run, RunState::Failed).await;
    until("the job ends", async || world.folder(run).exit(1).exists().then_some(())).await;
    world.end_supervisor(Signal::TERM).await;
    world.supervise().await;
    finishes(&world, run).await;
}

#[tokio::test]
async fn a_cancel_that_scancel_refuses_is_said_and_asked_again() {
    let cluster = Cluster::new();
    cluster.tell("norun", "1");
    cluster.tell("scancel.refuses", "scancel: error: Access/permission denied");
    let mut world = cluster.world().await;
    world.supervise().await;
    let run = world.queue("step_ms=1", 20, 0).await;
    noted_job(&world, run, 1).await;
    world.ask(run, Command::Cancel).await.unwrap();
    world
        .row_when(run, "say what scancel says", |row| {
            row.evidence == "cancel requested, scancel refuses: scancel: error: Access/permission denied"
        })
        .await;
    cluster.forget("scancel.refuses");
    let row = world.state(run, RunState::Cancelled).await;
    assert_eq!(row.evidence, "slurm: CANCELLED, cancel requested");
}

/// Accounts are off at many sites: it is said, and nothing is wrong with it.
#[tokio::test]
async fn who_looks_for_a_cause_is_told_which_program_refuses() {
    let world = World::new(1).await;
    assert_eq!(ask_schedulers(&world.store).await.unwrap(), []);
    vitals_supervisor::trust::everything();
    let slurm = SlurmSettings { enabled: true, ..SlurmSettings::default() };
    world.store.set_setting(settings::SLURM, &slurm).await.unwrap();
    let asked = ask_schedulers(&world.store).await.unwrap();
    let named: Vec<(&str, bool)> = asked.iter().map(|one| (one.program, one.is_needed)).collect();
    assert_eq!(named, [("sbatch", true), ("squeue", true), ("sacct", false), ("scancel", true)]);
    let is_here = |program: &str| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| Path::is_file(&folder.join(program)))
    };
    for SchedulerProgram { program, refused, .. } in asked.iter().filter(|one| !is_here(one.program)) {
        assert!(refused.as_ref().unwrap().contains(&format!("there is no {program} here")), "{refused:?}");
    }
}
