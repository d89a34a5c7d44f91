//! Hours under strain: the real supervisor on a small disk, eight runs at a time, pauses, killed workers and a disk that is full
//! now and then, beside the real window where there is one. What both take of the machine must stay as it is after the warm-up,
//! no value may be lost, no state be false. Minutes and seed are arguments; prints a table and the contract's line for
//! `cargo xtask bench endurance`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "shares its code with tests, which may stop at what they did not expect"
)]

use std::ffi::OsString;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use figures::{Course, Sample};
use process::Taken;
use strain::{LIVE, Strain, Tally};
use window::Window;

#[path = "../stand_in/call.rs"]
mod call;
mod figures;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../../tests/it/harness.rs"]
mod harness;
mod process;
mod strain;
#[expect(dead_code, reason = "the siege kills it")]
#[path = "../../tests/it/window.rs"]
mod window;

const MINUTES: u64 = 120;
const SEED: u64 = 120;
/// Until caches are as large as they get; a quarter of the whole where that is shorter.
const WARM_UP: Duration = Duration::from_secs(600);
const SAMPLE_EVERY: Duration = Duration::from_secs(30);
/// Between two looks at the runs.
const PAUSE: Duration = Duration::from_millis(500);
/// The share by which memory may be more in the last quarter than in the first.
const MEMORY_GROWTH: f64 = 0.05;
/// Descriptors that are no run's may be so many more at the end: connections of the database come and go.
const DESCRIPTORS_MORE: f64 = 2.0;
const PARTS: [&str; 3] = ["supervisor", "window", "page"];

fn main() -> Result<(), call::Failure> {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let number = |place: usize| args.get(place)?.to_str()?.parse::<u64>().ok();
    // It stands in for the supervisor, the guard and the worker, too.
    if !args.is_empty() && number(0).is_none() {
        std::process::exit(call::call(&args)?);
    }
    let minutes = number(0).unwrap_or(MINUTES);
    let seed = number(1).unwrap_or(SEED);
    tokio::runtime::Runtime::new()?.block_on(endure(minutes, seed))
}

async fn endure(minutes: u64, seed: u64) -> Result<(), call::Failure> {
    let length = Duration::from_secs(60 * minutes);
    let warm_up = WARM_UP.min(length / 4);
    let mut strain = Strain::begin(seed).await;
    let window = Window::open(strain.world.root.path());
    if let Err(why) = &window {
        eprintln!("without a window: {why}");
    }
    let pids = (strain.world.supervisor_pid(), window.as_ref().ok().map(Window::pid));
    let runs = strain.world.workspace().runs_dir().to_owned();
    eprintln!(
        "{:>7} {:>4}  {}",
        "second",
        "live",
        PARTS.map(|part| format!("{part:>12}: own MiB, RSS, open, of runs, threads")).join(" ")
    );
    let mut samples: [Vec<Sample>; 3] = Default::default();
    let mut gone = false;
    let began = Instant::now();
    let mut next_sample = began;
    while began.elapsed() < length {
        strain.turn().await;
        if Instant::now() >= next_sample {
            next_sample += SAMPLE_EVERY;
            let taken = [
                Taken::of(pids.0, &runs),
                pids.1.and_then(|pid| Taken::of(pid, &runs)),
                pids.1.map(|pid| Taken::of_children(pid, &runs)),
            ];
            gone |= taken[0].is_none() || pids.1.is_some() && taken[1].is_none();
            let second = began.elapsed().as_secs_f64();
            let shown = taken.map(|taken| taken.map_or("-".to_owned(), shown));
            eprintln!("{second:>7.0} {:>4}  {}", strain.live().await, shown.join("  | "));
            for (part, taken) in samples.iter_mut().zip(taken) {
                part.extend(taken.map(|taken| Sample { second, taken }));
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    let seconds = began.elapsed().as_secs_f64();
    drop(window);
    let mut tally = strain.end().await;
    if gone {
        tally.problems.insert("the supervisor or the window ended by itself".to_owned());
    }
    let (parts, growth) = judge(&samples, warm_up, &mut tally);
    for what in tally.false_states.iter().chain(&tally.problems) {
        eprintln!("does not hold: {what}");
    }
    let details = json!({
        "seconds": seconds.round(), "warm_up_seconds": warm_up.as_secs(), "seed": seed, "live": LIVE,
        "window": pids.1.is_some(), "parts": parts,
        "runs": tally.runs, "pauses": tally.pauses, "resumes": tally.resumes, "kills": tally.kills,
        "retries": tally.retries, "removals": tally.removals, "full_disks": tally.full_disks,
        "comparisons": tally.comparisons, "values_compared": tally.values_compared,
        "values_lost": tally.values_lost, "false_states": tally.false_states.len(),
        "problems": tally.problems.len(),
    });
    let line = json!({
        "name": "endurance", "value": (growth * 1e4).round() / 1e4, "unit": "growth of memory",
        "higher_is_better": false, "details": details,
    });
    println!("{line}");
    let holds = tally.problems.is_empty() && tally.false_states.is_empty() && tally.values_lost == 0;
    if holds { Ok(()) } else { Err("something does not hold, see above".into()) }
}

/// How each part's memory and descriptors went, the largest growth of memory, and what of it is more than may be.
fn judge(samples: &[Vec<Sample>; 3], warm_up: Duration, tally: &mut Tally) -> (Value, f64) {
    let mut parts = Map::new();
    let mut most: f64 = 0.0;
    for (part, samples) in PARTS.iter().zip(samples) {
        let warm: Vec<Sample> =
            samples.iter().filter(|sample| sample.second >= warm_up.as_secs_f64()).copied().collect();
        let course = |number: fn(&Taken) -> u64| Course::of(&warm, number);
        let own = course(|taken| taken.own_bytes);
        let others = course(|taken| taken.descriptors.saturating_sub(taken.descriptors_below));
        let (Some(own), Some(others)) = (own, others) else { continue };
        most = most.max(own.growth());
        if own.growth() > MEMORY_GROWTH {
            tally.problems.insert(format!("{part}: memory grew by {:.1} %", 100.0 * own.growth()));
        }
        if others.last - others.first > DESCRIPTORS_MORE {
            let what = format!(
                "{part}: descriptors that are no run's grew from {} to {}",
                others.first, others.last
            );
            tally.problems.insert(what);
        }
        let told = [
            ("own_bytes", Some(own)),
            ("rss_bytes", course(|taken| taken.rss_bytes)),
            ("descriptors", course(|taken| taken.descriptors)),
            ("descriptors_no_run_s", Some(others)),
            ("threads", course(|taken| taken.threads)),
            ("processes", course(|taken| taken.processes)),
        ];
        let told = told.into_iter().filter_map(|(name, course)| Some((name.to_owned(), course?.json())));
        parts.insert((*part).to_owned(), Value::Object(told.collect()));
    }
    (Value::Object(parts), most)
}

fn shown(taken: Taken) -> String {
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    format!(
        "{:7.1} {:7.1} {:4} {:3} {:4}",
        mib(taken.own_bytes),
        mib(taken.rss_bytes),
        taken.descriptors,
        taken.descriptors_below,
        taken.threads
    )
}
