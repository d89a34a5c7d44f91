//! The calls of `vitals` and `vitals-worker`, stood in for: the real guard and the real supervisor, and a worker that
//! "trains" numbers which follow from the step. How it behaves stands in the data set's path,
//! `stand-in?step_ms=5&exit_at=30&exit_code=4`; `layers=16` records the calm norms of so many layers; `late_at=30` tells five
//! steps before that one once more; from `widen_at=30` on the gradients have a column more; `evaluate=10` evaluates every so many
//! steps; `breaks_above=1000` is the base learning rate, in millionths, above which the loss of a run is no number in the end. Other calls are errors.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use vitals_journal::{Column, Command, EndRecord, Header, Level, RunFolder, StreamId, Writer, WriterOptions};
use vitals_run::Job;
use vitals_store::{Role, Store};
use vitals_supervisor::{Binaries, Options, Supervisor, guard, keep_one_heap, stop_signals};

/// How long a run trains whose rate is too high.
const HOT_STEPS: u64 = 200;

pub type Failure = Box<dyn std::error::Error>;

/// Does what the words ask for; the exit code.
pub fn call(args: &[OsString]) -> Result<i32, Failure> {
    vitals_journal::survive_file_limit();
    let words: Vec<&str> = args.iter().filter_map(|arg| arg.to_str()).collect();
    match words.as_slice() {
        ["guard", ..] => Ok(guard::run(&args[1..], || jiff::Timestamp::now().to_string())),
        ["--workspace", root, "supervise", flags @ ..] => supervise(root.into(), flags),
        ["--workspace", root, "ask", command, run] => ask(root.as_ref(), command, run),
        ["train", folder] => train(folder.into()),
        other => Err(format!("unknown call {other:?}").into()),
    }
}

/// As `vitals supervise`; `--idle-ms N` stands for the half minute, `--grace-ms` and `--stall-ms` likewise, and it looks every
/// 20 ms unless `--tick-ms` says otherwise. The time of day is off by the milliseconds that the workspace's file `clock` holds,
/// where there is one; the worker is the program that the file `worker` names, where that is there.
fn supervise(root: PathBuf, flags: &[&str]) -> Result<i32, Failure> {
    let value = |name: &str| {
        let place = flags.iter().position(|flag| *flag == name)?;
        flags.get(place + 1)?.parse().ok().map(Duration::from_millis)
    };
    let me = std::env::current_exe()?;
    let clock = root.join("clock");
    let now = Arc::new(move || {
        let off = std::fs::read_to_string(&clock).ok().and_then(|text| text.trim().parse::<i64>().ok());
        jiff::Timestamp::now().as_millisecond() + off.unwrap_or(0)
    });
    vitals_supervisor::trust::everything();
    let worker = std::fs::read_to_string(root.join("worker")).map_or_else(|_| me.clone(), PathBuf::from);
    let mut options = Options::new(now, Binaries { vitals: me, worker });
    options.tick = value("--tick-ms").unwrap_or(Duration::from_millis(20));
    options.detached = flags.contains(&"--detached");
    options.until_idle =
        value("--idle-ms").or(flags.contains(&"--until-idle").then_some(Duration::from_secs(2)));
    options.grace = value("--grace-ms").unwrap_or(options.grace);
    options.folder_patience = value("--folder-ms").unwrap_or(options.folder_patience);
    options.stall_floor = value("--stall-ms").unwrap_or(options.stall_floor);
    keep_one_heap();
    let runtime = tokio::runtime::Runtime::new()?;
    match runtime.block_on(Supervisor::run(&root, options, stop_signals())) {
        Ok(ended) => println!("ended: {ended:?}"),
        Err(error) => {
            eprintln!("failed to supervise: {error}");
            return Ok(1);
        }
    }
    Ok(0)
}

/// As a window does that asks for something.
fn ask(root: &Path, command: &str, run: &str) -> Result<i32, Failure> {
    let command: vitals_run::Command = serde_json::from_value(command.into())?;
    let now = jiff::Timestamp::now().as_millisecond();
    tokio::runtime::Runtime::new()?.block_on(async {
        let store = Store::open(root.join("vitals.db"), Role::Writer).await?;
        store.add_request(Some(run.parse()?), command, &serde_json::json!({}), now).await?;
        Ok(0)
    })
}

/// A worker's behaviour, from the data set's path.
struct Behaviour(BTreeMap<String, u64>);

impl Behaviour {
    fn of(path: &str) -> Self {
        let settings = path.split_once('?').map_or("", |(_, settings)| settings);
        let pairs = settings.split('&').filter_map(|pair| pair.split_once('='));
        Self(pairs.filter_map(|(key, value)| Some((key.to_owned(), value.parse().ok()?))).collect())
    }

    fn get(&self, name: &str) -> Option<u64> {
        self.0.get(name).copied()
    }
}

fn train(folder: PathBuf) -> Result<i32, Failure> {
    let beside = std::path::absolute(folder.with_file_name("end_at_ms"))?;
    let asked_to_end = beside.with_file_name("asked-to-end");
    // Wherever the folder is moved, this works in it.
    std::env::set_current_dir(folder)?;
    let folder = RunFolder::new(".");
    let job = Job::read(&folder.job())?;
    let behaviour = Behaviour::of(&job.dataset.path);
    eprintln!("attempt {} with OMP_NUM_THREADS={:?}", job.attempt, std::env::var("OMP_NUM_THREADS"));
    let began = jiff::Timestamp::now().to_string();
    let header = Header::new(job.run.clone(), job.attempt, job.first_step, began);
    let writer = Writer::create(&folder.journal(job.attempt), header, WriterOptions::default())?;
    let streams = [
        writer.stream("step", vec![Column::f32("loss", ""), Column::f64("learning_rate", "")])?,
        writer.stream(
            "gradients",
            (0..behaviour.get("layers").unwrap_or(5))
                .map(|n| Column::f32(format!("grad_norm/blocks.{n}"), ""))
                .collect(),
        )?,
    ];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (code, step) = runtime.block_on(steps(&folder, &job, &behaviour, &writer, streams, &asked_to_end))?;
    if code == 0 && behaviour.get("hold").is_some() {
        writer.sync()?;
        hold(&beside);
    }
    let reason = if code == 0 { "finished" } else { "stopped" }.to_owned();
    let message = if code == 4 { format!("the loss is NaN at step {step}") } else { String::new() };
    writer.end(EndRecord { reason, exit_code: code, last_step: step.checked_sub(1), message })?;
    drop(writer);
    Ok(code)
}

async fn steps(
    folder: &RunFolder,
    job: &Job,
    behaviour: &Behaviour,
    writer: &Writer,
    streams: [StreamId; 2],
    asked_to_end: &Path,
) -> Result<(i32, u64), Failure> {
    let pause = Duration::from_millis(behaviour.get("step_ms").unwrap_or(1));
    let total = job.recipe.max_steps;
    let began = Instant::now();
    let deaf = behaviour.get("deaf").is_some();
    let terminated = stop_signals();
    tokio::pin!(terminated);
    // The first look installs the handlers: from here on SIGTERM no longer kills.
    tokio::select! {
        biased;
        () = &mut terminated => {}
        () = std::future::ready(()) => {}
    }
    let mut acknowledged = job.acknowledged_control;
    if behaviour.get("children").is_some() {
        beget()?;
    }
    let evaluations = match behaviour.get("evaluate") {
        Some(_) => writer.stream("evaluation", vec![Column::f32("knn_top1", "")])?,
        None => streams[0],
    };
    let mut gradients = streams[1];
    let mut wider = false;
    let mut step = job.first_step;
    while step < total {
        if behaviour.get("late_at") == Some(step) {
            for late in step.saturating_sub(10)..step.saturating_sub(5) {
                writer.row(streams[0], late, began.elapsed().as_secs_f64(), &[-1.0, 0.0])?;
            }
        }
        if behaviour.get("widen_at") == Some(step) {
            let columns = (0..6).map(|n| Column::f32(format!("grad_norm/blocks.{n}"), "")).collect();
            gradients = writer.stream("gradients, 2", columns)?;
            wider = true;
        }
        // In millionths, as behaviours are whole numbers.
        let is_hot = |above: u64| job.recipe.base_learning_rate * 1e6 > above as f64;
        if step == HOT_STEPS && behaviour.get("breaks_above").is_some_and(is_hot) {
            writer.row(streams[0], step, began.elapsed().as_secs_f64(), &[f64::NAN, 0.0])?;
            return Ok((4, step));
        }
        if behaviour.get("exit_at") == Some(step) && job.attempt == 1 {
            return Ok((i32::try_from(behaviour.get("exit_code").unwrap_or(1))?, step));
        }
        if behaviour.get("panic_at") == Some(step) {
            writer.sync()?;
            eprintln!("out of numbers at step {step}");
            std::process::exit(101);
        }
        if behaviour.get("eat_at") == Some(step) {
            writer.sync()?;
            eat();
            std::process::exit(1);
        }
        if behaviour.get("silent_at") == Some(step) {
            writer.log(Level::Info, "silent from here on")?;
            std::future::pending::<()>().await;
        }
        let elapsed = began.elapsed().as_secs_f64();
        let value = 1.0 / (1.0 + step as f64);
        writer.row(streams[0], step, elapsed, &[value, 1e-3 * value])?;
        match behaviour.get("layers") {
            Some(layers) => writer.row(streams[1], step, elapsed, &calm(layers, step))?,
            None => {
                let norms = [value, f64::NAN, f64::INFINITY, -value, step as f64, 2.0 * step as f64];
                writer.row(gradients, step, elapsed, &norms[..if wider { 6 } else { 5 }])?;
            }
        }
        if behaviour.get("evaluate").is_some_and(|every| step.is_multiple_of(every)) {
            writer.row(evaluations, step, elapsed, &[0.5 + 0.001 * (step % 7) as f64])?;
        }
        step += 1;
        if job.recipe.checkpoint_every > 0 && step.is_multiple_of(job.recipe.checkpoint_every) {
            checkpoint(folder, writer, step)?;
            if let Some(keep) = behaviour.get("keep") {
                prune(folder, usize::try_from(keep)?)?;
            }
        }
        tokio::select! {
            () = &mut terminated, if !deaf => {
                if behaviour.get("tell").is_some() {
                    std::fs::write(asked_to_end, step.to_string())?;
                }
                checkpoint(folder, writer, step)?;
                return Ok((3, step));
            }
            () = tokio::time::sleep(pause) => {}
        }
        // What is no command asks for nothing.
        let asked =
            folder.read_control().ok().flatten().filter(|control| control.seq > acknowledged && !deaf);
        if let Some(control) = asked {
            acknowledged = control.seq;
            checkpoint(folder, writer, step)?;
            writer.control_acknowledged(control.seq)?;
            if control.command != Command::Checkpoint {
                return Ok((3, step));
            }
        }
    }
    Ok((0, step))
}

/// Waits until a file names a millisecond of the clock, and then for that, so that several end in the same.
fn hold(file: &Path) {
    let told = || std::fs::read_to_string(file).ok()?.trim().parse::<i64>().ok();
    let instant = loop {
        match told() {
            Some(instant) => break instant,
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    while jiff::Timestamp::now().as_millisecond() < instant {
        std::hint::spin_loop();
    }
}

/// Takes memory, and touches it, until the kernel ends this; at most 1 GiB, where nobody holds it to less.
fn eat() {
    let eaten: Vec<_> = (0..256).map(|_| std::hint::black_box(vec![1_u8; 1 << 22])).collect();
    eprintln!("took {} MiB unhindered", eaten.len() * 4);
}

/// Two generations of processes that would stay for ten minutes; they hold what the worker holds.
fn beget() -> std::io::Result<()> {
    std::process::Command::new("sh").args(["-c", "sleep 600 & sleep 600"]).spawn().map(drop)
}

/// Norms that wobble by a tenth and alarm nobody.
fn calm(layers: u64, step: u64) -> Vec<f64> {
    (0..layers).map(|layer| 1.0 + 0.1 * ((step * 7919 + layer * 104_729) % 101) as f64 / 101.0).collect()
}

/// Writes one, unless the disk is full: then the next one will do.
fn checkpoint(folder: &RunFolder, writer: &Writer, step: u64) -> Result<(), Failure> {
    let path = folder.checkpoint(step);
    let state = format!("{{\"step\":{step}}}");
    let written =
        std::fs::create_dir_all(&path).and_then(|()| std::fs::write(path.join("state.json"), state));
    match written {
        Err(error) if error.kind() == std::io::ErrorKind::StorageFull => {
            let _ = std::fs::remove_dir_all(&path);
            return Ok(());
        }
        other => other?,
    }
    writer.sync()?;
    let relative = path.strip_prefix(folder.path())?.to_string_lossy().into_owned();
    Ok(writer.checkpoint(step, relative)?)
}

/// Keeps the newest checkpoints only, as the worker does once it has named the newest.
fn prune(folder: &RunFolder, keep: usize) -> Result<(), Failure> {
    let entries = std::fs::read_dir(folder.checkpoints())?.flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for old in paths.iter().rev().skip(keep) {
        std::fs::remove_dir_all(old)?;
    }
    Ok(())
}
