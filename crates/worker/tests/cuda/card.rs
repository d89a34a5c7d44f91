//! Cards as such: which there are, and what happens where one has no room.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::job::{Asked, Place, worker};

/// Devices as the worker lists them, under a mask.
fn devices(settings: &str, mask: Option<&str>) -> Vec<Value> {
    let mut worker = worker();
    worker
        .arg("devices")
        .env("VITALS_COUNTERFEIT", settings)
        .envs(mask.map(|mask| ("CUDA_VISIBLE_DEVICES", mask)));
    let output = worker.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_mask_hides_and_orders_cards() {
    for (settings, mask, cards) in [
        ("", None, 2),
        ("devices=8", None, 8),
        ("devices=0", None, 0),
        ("driver=12.8", None, 0),
        ("driver=broken", None, 0),
        ("", Some(""), 0),
        ("", Some("1"), 1),
        ("", Some("-1"), 0),
        ("", Some("1,0"), 2),
        ("", Some("0,7,1"), 1),
        ("", Some("1,1"), 0),
        ("", Some("GPU-c0de0000-0000-4000-8000-000000000001"), 1),
        ("", Some("GPU-dead"), 0),
    ] {
        let found = devices(settings, mask);
        let usable = found.iter().filter(|line| line["kind"] == "cuda" && line["usable"] == true);
        let found: Vec<&str> = usable.filter_map(|line| line["device"].as_str()).collect();
        let expected: Vec<String> = (0..cards).map(|card| format!("cuda:{card}")).collect();
        assert_eq!(found, expected, "{settings} {mask:?}");
    }
}

/// What the driver says of cards, and why they cannot be used.
#[test]
fn the_driver_is_heard() {
    let second = "GPU-c0de0000-0000-4000-8000-000000000001";
    let found = devices("memory=80GiB,capability=7.5,driver=13.1", Some(second));
    let card = &found[1];
    assert_eq!((&card["uuid"], &card["memory"]), (&json!(second), &json!(80u64 << 30)));
    assert_eq!((&card["capability"], &card["usable"]), (&json!("7.5"), &json!(true)));
    for (settings, mask, kind) in [
        ("driver=12.2", None, "old_cuda"),
        ("driver=broken", None, "driver_fails"),
        ("devices=0", None, "none_listed"),
        ("", Some("7"), "hidden"),
    ] {
        let found = devices(settings, mask);
        assert_eq!(found[1]["usable"], json!(false), "{settings} {mask:?}");
        assert_eq!(found[1]["why"]["kind"], json!(kind), "{settings} {mask:?}: {}", found[1]["reason"]);
    }
}

#[test]
fn cuda_0_is_the_first_card_of_the_mask() {
    let place = Place::new();
    let asked =
        |mask: &'static str| Asked { mask: Some(mask), ..Asked::on("cuda:0", json!({ "max_steps": 1 })) };
    let masks = [("1", 1), ("0", 0), ("GPU-c0de0000-0000-4000-8000-000000000001,0", 1)];
    for (index, (mask, card)) in masks.into_iter().enumerate() {
        let ended = place.train(&index.to_string(), &asked(mask)).finished();
        let uuid = format!("GPU-c0de0000-0000-4000-8000-00000000000{card}");
        assert_eq!(ended.counts["devices"][0]["uuid"], json!(uuid));
        assert!(ended.peak_bytes(0) > 0);
    }
    let hidden = place.train("hidden", &Asked { device: "cuda:1", ..asked("1") });
    assert_eq!(hidden.code, Some(1));
    assert!(hidden.message.contains("cuda:1"), "{}", hidden.message);
}

/// Wherever memory ends, the run says so, with the exit code that stands for it.
#[test]
fn without_memory_the_run_ends_as_one_without_memory() {
    let place = Place::new();
    let recipe = json!({ "max_steps": 3, "knn_every": 1, "knn_queries": 16, "micro_batch_size": 8 });
    let all = place.train("all", &Asked::on("cuda:0", recipe.clone())).finished().count("allocations");
    // In growing strides that come everywhere: networks, step, backward pass, votes.
    // Before them a worker may try the card, which is another failure.
    let (mut at, mut seen) = (10, 0);
    while at < all {
        let asked = Asked { settings: format!("fail_at={at}"), ..Asked::on("cuda:0", recipe.clone()) };
        let ended = place.train(&format!("at-{at}"), &asked);
        assert_eq!(ended.code, Some(5), "allocation {at} of {all}: {} {}", ended.message, ended.stderr);
        for word in ["out of device memory", "CUDA out of memory. Tried to allocate", "batch_size"] {
            assert!(ended.message.contains(word), "{}", ended.message);
        }
        seen += 1;
        at += at / 2 + 1;
    }
    assert!(seen > 8, "{seen} places of {all} allocations");
}

#[test]
fn a_card_has_what_it_has() {
    let place = Place::new();
    let asked = |memory: &str, micro_batch_size: u32| {
        let recipe = json!({
            "image_size": 64, "patch_size": 4, "depth": 3, "batch_size": 48, "max_steps": 1,
            "micro_batch_size": micro_batch_size,
        });
        Asked { settings: format!("memory={memory}"), ..Asked::on("cuda:0", recipe) }
    };
    let whole = place.train("whole", &asked("24GiB", 0)).finished().peak_bytes(0);
    let pieces = place.train("pieces", &asked("24GiB", 4)).finished().peak_bytes(0);
    assert!(pieces * 4 < whole, "{pieces} of {whole} bytes");
    let between = format!("{}KiB", (pieces + (4 << 20)) >> 10);
    let ended = place.train("small", &asked(&between, 0));
    assert_eq!(ended.code, Some(5), "{}", ended.message);
    assert!(ended.logs.iter().any(|log| log.contains("steps 0 to 1")), "it had begun: {:?}", ended.logs);
    place.train("small-pieces", &asked(&between, 4)).finished();
}

/// Two workers on one card have its memory together, and what one held is free when it has ended.
#[test]
fn processes_share_a_card() {
    let place = Place::new();
    let asked = |device, steps: u64| Asked {
        settings: format!("memory=7MiB,card={}", place.path("card").display()),
        ..Asked::on(device, json!({ "max_steps": steps, "epochs": 1_000_000, "embed_dim": 64 }))
    };
    place.train("alone", &asked("cuda:0", 1)).finished();
    let first = asked("cuda:0", 1_000_000);
    let mut beside = Running(place.command("beside", &first).stderr(Stdio::null()).spawn().unwrap());
    let deadline = Instant::now() + Duration::from_secs(60);
    while place.values("beside", &first, "loss") == 0 {
        assert!(Instant::now() < deadline && beside.0.try_wait().unwrap().is_none(), "it takes no step");
        std::thread::sleep(Duration::from_millis(20));
    }
    let ended = place.train("second", &asked("cuda:0", 1));
    assert_eq!(ended.code, Some(5), "{}", ended.message);
    place.train("other", &asked("cuda:1", 1)).finished();
    drop(beside);
    place.train("after", &asked("cuda:0", 1)).finished();
}

/// Ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What is kept for the backward pass, in bytes for each token, unit of width and block of an image's view.
#[test]
fn memory_grows_with_a_piece_as_the_rule_says() {
    let place = Place::new();
    for (precision, rule) in [("fp32", 60.0), ("bf16", 34.0)] {
        let (tokens, width, depth) = (65, 96, 6);
        let peak = |images: u32, time: u32| {
            let recipe = json!({
                "precision": precision, "image_size": 64, "embed_dim": width, "depth": depth, "num_heads": 4,
                "batch_size": 48, "micro_batch_size": images, "max_steps": 1,
            });
            let run = format!("{precision}-{images}-{time}");
            place.train(&run, &Asked::on("cuda:0", recipe)).finished().peak_bytes(0)
        };
        // The thread of the backward pass may let go of its last tensors a little late: never is less held than is needed.
        let peak = |images: u32| (0..3).map(|time| peak(images, time)).min().unwrap_or(0);
        let per_image = (peak(24) - peak(12)) as f64 / 12.0;
        let found = per_image / f64::from(tokens * width * depth);
        println!("{precision}: {found} bytes");
        assert!((found / rule - 1.0).abs() < 0.05, "{precision}: {found} bytes, by the rule {rule}");
    }
}
