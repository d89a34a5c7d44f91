//! The policy as a table (situation → actions, as text) and as laws over random situations.

use proptest::prelude::*;
use vitals_recipe::Tells as _;
use vitals_run::Unusable;

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

fn id(n: u8) -> Uuid {
    Uuid::from_bytes([n; 16])
}

fn waiting(n: u8, device: &str) -> Waiting {
    Waiting { run: id(n), device: device.to_owned(), need: Need::default() }
}

fn active(n: u8, device: &str, state: RunState, last_record: u64) -> Active {
    Active {
        run: id(n),
        device: device.to_owned(),
        state,
        last_record: Duration::from_secs(last_record),
        stall_after: MINUTE,
        kill_at: None,
        need: None,
    }
}

fn device(device: &str, slots: u32) -> DeviceSlots {
    DeviceSlots { device: device.to_owned(), slots, unusable: None, memory: Memory::default() }
}

fn old_driver() -> Told {
    Unusable::OldDriver { driver: "535".to_owned(), runtime: "13.0".to_owned(), least: 580 }.told()
}

fn broken(name: &str) -> DeviceSlots {
    DeviceSlots { unusable: Some(old_driver()), ..device(name, 1) }
}

/// Runs `decide` at second 100 and writes its actions as words.
fn check(queue: &Queue, runs: &[Active], slots: &[DeviceSlots], expected: &[&str]) {
    let words: Vec<String> = decide(queue, runs, slots, Duration::from_secs(100))
        .into_iter()
        .map(|action| match action {
            Action::Start { run, device } => format!("start {} on {device}", run.as_bytes()[0]),
            Action::Refuse { run, why } => format!("refuse {}: {why}", run.as_bytes()[0]),
            Action::Hold { run, device, need, room } => {
                format!("hold {} on {device}: {need} of {room}", run.as_bytes()[0])
            }
            Action::DeclareStalled { run, silent } => {
                format!("{} silent for {} s", run.as_bytes()[0], silent.as_secs())
            }
            Action::DeclareRunning { run } => format!("{} moves", run.as_bytes()[0]),
            Action::Kill { run } => format!("kill {}", run.as_bytes()[0]),
        })
        .collect();
    assert_eq!(words, expected);
}

fn queue(runs: &[Waiting]) -> Queue {
    Queue { paused: false, runs: runs.to_vec() }
}

#[test]
fn starts_in_order_while_there_are_slots() {
    let q = queue(&[waiting(3, "cpu"), waiting(1, "cpu"), waiting(2, "cpu")]);
    check(&q, &[], &[device("cpu", 2)], &["start 3 on cpu", "start 1 on cpu"]);
    check(&q, &[active(9, "cpu", RunState::Running, 99)], &[device("cpu", 2)], &["start 3 on cpu"]);
    let paused = Queue { paused: true, ..q };
    check(&paused, &[], &[device("cpu", 2)], &[]);
}

#[test]
fn fewer_slots_than_runs_stops_nobody() {
    let busy = [active(8, "cpu", RunState::Running, 99), active(9, "cpu", RunState::Pausing, 99)];
    check(&queue(&[waiting(1, "cpu")]), &busy, &[device("cpu", 1)], &[]);
    check(&queue(&[waiting(1, "cpu")]), &[], &[device("cpu", 0)], &[]);
}

#[test]
fn auto_prefers_the_freest_accelerator() {
    let q = queue(&[waiting(1, "auto"), waiting(2, "auto"), waiting(3, "auto"), waiting(4, "cpu")]);
    let slots = [device("cpu", 1), device("cuda:0", 1), device("cuda:1", 1)];
    check(&q, &[], &slots, &["start 1 on cuda:0", "start 2 on cuda:1", "start 4 on cpu"]);
    let busy = [active(9, "cuda:0", RunState::Running, 99)];
    check(&q, &busy, &slots, &["start 1 on cuda:1", "start 4 on cpu"]);
}

#[test]
fn auto_means_the_cpu_where_no_accelerator_works() {
    let q = queue(&[waiting(1, "auto")]);
    check(&q, &[], &[device("cpu", 1), broken("cuda:0")], &["start 1 on cpu"]);
    check(&q, &[], &[device("cpu", 1), device("cuda:0", 0)], &["start 1 on cpu"]);
}

#[test]
fn a_device_that_cannot_be_had_is_said_and_the_rest_goes_on() {
    let q = queue(&[waiting(1, "cuda:7"), waiting(2, "cuda:0"), waiting(3, "cpu")]);
    check(
        &q,
        &[],
        &[device("cpu", 1), broken("cuda:0")],
        &[
            "refuse 1: device cuda:7 does not exist here; this machine has cpu, cuda:0; set device to one of them or \
             to auto",
            "refuse 2: device cuda:0 cannot be used: driver 535 is older than CUDA 13.0 needs (580); set device to auto or cpu",
            "start 3 on cpu",
        ],
    );
}

#[test]
fn where_no_gpu_can_be_used_each_is_refused_with_the_reason() {
    let q = queue(&[waiting(1, "cuda:3"), waiting(2, "auto")]);
    check(
        &q,
        &[],
        &[device("cpu", 1), broken(ANY_GPU)],
        &[
            "refuse 1: device cuda:3 cannot be used: driver 535 is older than CUDA 13.0 needs (580); set device to auto or cpu",
            "start 2 on cpu",
        ],
    );
}

/// A device with memory: total, used by anybody, the setting's limit.
fn sized(name: &str, slots: u32, total: u64, used: u64, limit: Option<u64>) -> DeviceSlots {
    let memory = Memory { total_bytes: Some(total), used_bytes: Some(used), limit_bytes: limit };
    DeviceSlots { memory, ..device(name, slots) }
}

fn needing(n: u8, device: &str, bytes: u64) -> Waiting {
    let need = Need { host_bytes: Some(bytes), device_bytes: Some(bytes) };
    Waiting { need, ..waiting(n, device) }
}

fn taking(n: u8, device: &str, bytes: u64) -> Active {
    Active { need: Some(bytes), ..active(n, device, RunState::Running, 99) }
}

#[test]
fn a_slot_counts_memory_too() {
    let q = queue(&[needing(1, "cpu", 40), needing(2, "cpu", 40), needing(3, "cpu", 40)]);
    check(
        &q,
        &[],
        &[sized("cpu", 4, 100, 0, None)],
        &["start 1 on cpu", "start 2 on cpu", "hold 3 on cpu: 40 of 20"],
    );
    // Others use some of it.
    check(&q, &[], &[sized("cpu", 4, 100, 50, None)], &["start 1 on cpu", "hold 2 on cpu: 40 of 10"]);
    // The setting leaves less than the machine has.
    check(&q, &[], &[sized("cpu", 4, 100, 0, Some(50))], &["start 1 on cpu", "hold 2 on cpu: 40 of 10"]);
    // Slots are spent before memory.
    check(&q, &[], &[sized("cpu", 1, 100, 0, None)], &["start 1 on cpu"]);
}

#[test]
fn a_living_run_counts_by_its_peak_or_by_what_it_uses() {
    let q = queue(&[needing(1, "cpu", 40)]);
    // It has just begun and uses 5 of the 70 that it will need.
    check(&q, &[taking(9, "cpu", 70)], &[sized("cpu", 4, 100, 5, None)], &["hold 1 on cpu: 40 of 30"]);
    // It is at its peak: counted once, not twice.
    check(&q, &[taking(9, "cpu", 60)], &[sized("cpu", 4, 100, 60, None)], &["start 1 on cpu"]);
    // Nobody knows what it needs: what is used is used.
    let unknown = active(9, "cpu", RunState::Running, 99);
    check(
        &q,
        std::slice::from_ref(&unknown),
        &[sized("cpu", 4, 100, 70, None)],
        &["hold 1 on cpu: 40 of 30"],
    );
    check(&q, &[unknown], &[sized("cpu", 4, 100, 10, None)], &["start 1 on cpu"]);
}

#[test]
fn whoever_waits_for_memory_is_not_overtaken_there() {
    let q = queue(&[
        needing(1, "cuda:0", 80),
        needing(2, "cuda:0", 10),
        needing(3, "cpu", 10),
        waiting(4, "cuda:0"),
    ]);
    let slots = [sized("cpu", 1, 100, 0, None), sized("cuda:0", 4, 100, 30, None)];
    check(&q, &[], &slots, &["hold 1 on cuda:0: 80 of 70", "start 3 on cpu"]);
}

#[test]
fn auto_goes_where_there_is_room() {
    let q = queue(&[needing(1, "auto", 60)]);
    let slots = [sized("cuda:0", 2, 100, 70, None), sized("cuda:1", 2, 100, 10, None)];
    check(&q, &[], &slots, &["start 1 on cuda:1"]);
    // More slots are of no use without room.
    let slots = [sized("cuda:0", 3, 100, 70, None), sized("cuda:1", 1, 100, 10, None)];
    check(&q, &[], &slots, &["start 1 on cuda:1"]);
    // The small one can never take it, and waiting for it would be for nothing.
    let slots = [sized("cuda:0", 2, 50, 0, None), sized("cuda:1", 1, 100, 10, None)];
    check(&q, &[], &slots, &["start 1 on cuda:1"]);
}

#[test]
fn a_need_that_no_device_can_ever_meet_is_said_and_the_rest_goes_on() {
    let gib = 1 << 30;
    let q = queue(&[needing(1, "cuda:0", 12 * gib), needing(2, "cuda:0", 2 * gib)]);
    check(
        &q,
        &[],
        &[sized("cuda:0", 1, 16 * gib, 0, Some(8 * gib))],
        &[
            "refuse 1: it needs about 12.0 GiB and cuda:0 has 8.0 GiB for runs; make it smaller (batch_size, \
             micro_batch_size), or raise the memory of cuda:0 in the settings",
            "start 2 on cuda:0",
        ],
    );
}

#[test]
fn silence_and_movement() {
    let none = queue(&[]);
    check(&none, &[active(1, "cpu", RunState::Running, 41)], &[], &[]);
    check(&none, &[active(1, "cpu", RunState::Running, 39)], &[], &["1 silent for 61 s"]);
    check(&none, &[active(1, "cpu", RunState::Stalled, 39)], &[], &[]);
    check(&none, &[active(1, "cpu", RunState::Stalled, 99)], &[], &["1 moves"]);
    check(&none, &[active(1, "cpu", RunState::Starting, 0)], &[], &[]);
}

#[test]
fn the_grace_after_a_cancel_ends() {
    let asked =
        |at| Active { kill_at: Some(Duration::from_secs(at)), ..active(1, "cpu", RunState::Running, 99) };
    check(&queue(&[]), &[asked(101)], &[], &[]);
    check(&queue(&[]), &[asked(100)], &[], &["kill 1"]);
}

fn any_device() -> impl Strategy<Value = String> {
    prop_oneof![Just("auto"), Just("cpu"), Just("cuda:0"), Just("cuda:1"), Just("cuda:9")]
        .prop_map(str::to_owned)
}

fn any_memory() -> impl Strategy<Value = Memory> {
    let bytes = || prop::option::of(0_u64..100);
    (bytes(), bytes(), bytes()).prop_map(|(total_bytes, used_bytes, limit_bytes)| Memory {
        total_bytes,
        used_bytes,
        limit_bytes,
    })
}

fn any_slots() -> impl Strategy<Value = Vec<DeviceSlots>> {
    let memory = (any_memory(), any_memory(), any_memory());
    (0_u32..4, 0_u32..3, 0_u32..3, any::<bool>(), memory).prop_map(|(cpu, first, second, works, memory)| {
        let mut slots = vec![device("cpu", cpu), device("cuda:0", first), device("cuda:1", second)];
        (slots[0].memory, slots[1].memory, slots[2].memory) = memory;
        slots[2].unusable = (!works).then(old_driver);
        slots
    })
}

fn any_active() -> impl Strategy<Value = Active> {
    let states = [RunState::Starting, RunState::Running, RunState::Stalled, RunState::Pausing];
    let need = prop::option::of(0_u64..100);
    (0_u8..30, any_device(), 0_usize..4, 0_u64..100, need).prop_map(move |(n, device, state, at, need)| {
        Active { need, ..active(n, if device == "auto" { "cpu" } else { &device }, states[state], at) }
    })
}

proptest! {
    #[test]
    fn laws(
        paused: bool,
        wishes in prop::collection::vec((0_u8..30, any_device(), prop::option::of(0_u64..60)), 0..20),
        living in prop::collection::vec(any_active(), 0..6),
        slots in any_slots(),
    ) {
        let q = Queue { paused, runs: wishes.iter().map(|(n, device, need)| {
            let need = Need { host_bytes: *need, device_bytes: *need };
            Waiting { need, ..waiting(*n, device) }
        }).collect() };
        let actions = decide(&q, &living, &slots, Duration::from_secs(100));
        let starts: Vec<(Uuid, &str)> = actions.iter().filter_map(|action| match action {
            Action::Start { run, device } => Some((*run, device.as_str())),
            _ => None,
        }).collect();

        let refused: HashSet<Uuid> = actions.iter().filter_map(|action| match action {
            Action::Refuse { run, .. } => Some(*run),
            _ => None,
        }).collect();
        let need = |run: Uuid| q.runs.iter().find(|w| w.run == run).and_then(|w| w.need.host_bytes).unwrap_or(0);

        // A paused queue starts nothing and refuses nothing.
        if paused {
            let acts =
                |a: &Action| matches!(a, Action::Start { .. } | Action::Refuse { .. } | Action::Hold { .. });
            prop_assert!(!actions.iter().any(acts));
        }
        // No run is started twice, none that lives already.
        let distinct: HashSet<Uuid> = starts.iter().map(|start| start.0).collect();
        prop_assert_eq!(distinct.len(), starts.len());
        prop_assert!(living.iter().all(|run| !distinct.contains(&run.run)));
        for device in &slots {
            // Never more runs than slots, unless they were there before; nothing on a broken device.
            let begun = starts.iter().filter(|start| start.1 == device.device).count();
            let busy = living.iter().filter(|run| run.device == device.device).count();
            prop_assert!(begun == 0 || begun + busy <= device.slots as usize);
            prop_assert!(begun == 0 || device.unusable.is_none());
            // What starts fits beside what is there.
            let expected: u64 =
                living.iter().filter(|run| run.device == device.device).filter_map(|run| run.need).sum();
            let begins: u64 =
                starts.iter().filter(|start| start.1 == device.device).map(|start| need(start.0)).sum();
            let memory = &device.memory;
            if let Some(total) = memory.total_bytes.filter(|_| begins > 0) {
                prop_assert!(begins + expected.max(memory.used_bytes.unwrap_or(0)) <= total);
            }
            if let Some(limit) = memory.limit_bytes.filter(|_| begins > 0) {
                prop_assert!(begins + expected <= limit);
            }
            // Work-conserving and in order: whoever asks for this device by name and is not started, is preceded by
            // everyone of the same wish who is, and then the device is full or someone waits for its memory.
            let mut first_of_each = HashSet::new();
            let askers: Vec<Uuid> = q.runs.iter()
                .filter(|w| first_of_each.insert(w.run))
                .filter(|w| !refused.contains(&w.run))
                .filter(|w| w.device == device.device && !living.iter().any(|a| a.run == w.run))
                .map(|w| w.run).collect();
            let started: Vec<bool> = askers.iter().map(|run| distinct.contains(run)).collect();
            prop_assert!(started.windows(2).all(|pair| pair[0] || !pair[1]));
            if !paused && device.unusable.is_none() && started.contains(&false) {
                let held = actions.iter().any(
                    |action| matches!(action, Action::Hold { device: on, .. } if *on == device.device),
                );
                prop_assert!(held || begun + busy >= device.slots as usize);
            }
        }
        // Starts come in queue order.
        let place = |run: Uuid| q.runs.iter().position(|w| w.run == run);
        prop_assert!(starts.windows(2).all(|pair| place(pair[0].0) < place(pair[1].0)));
        // Pure: asked again, the same answer.
        prop_assert_eq!(actions, decide(&q, &living, &slots, Duration::from_secs(100)));
    }
}

#[test]
fn a_thousand_waiting_runs_are_one_pass() {
    let q = Queue { paused: false, runs: (0..1000).map(|n| waiting((n % 251) as u8, "cpu")).collect() };
    assert_eq!(decide(&q, &[], &[device("cpu", 3)], Duration::ZERO).len(), 3);
}
