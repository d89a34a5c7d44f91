//! Cards as such: which there are, and what happens where one has no room.

use serde_json::{Value, json};

use crate::job::{Asked, Place, worker};

/// Devices as the worker lists them, under a mask.
fn devices(settings: &str, mask: Option<&str>) -> Vec<Value> {
    let mut worker = worker();
    worker.arg("devices").env("VITALS_COUNTERFEIT", settings).envs(mask.map(|mask| ("CUDA_VISIBLE_DEVICES", mask)));
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
        let found: Vec<&str> = found.iter().filter_map(|line| line["device"].as_str()).collect();
        let expected: Vec<String> = (0..cards).map(|card| format!("cuda:{card}")).collect();
        assert_eq!(found[1..], expected, "{settings} {mask:?}");
    }
}

#[test]
fn cuda_0_is_the_first_card_of_the_mask() {
    let place = Place::new();
    let asked = |mask: &'static str| Asked { mask: Some(mask), ..Asked::on("cuda:0", json!({ "max_steps": 1 })) };
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

/// Wherever memory ends, the run says so, with the exit code that stands for it, and leaves no half checkpoint.
#[test]
fn without_memory_the_run_ends_as_one_without_memory() {
    let place = Place::new();
    let recipe = json!({ "max_steps": 3, "knn_every": 1, "knn_queries": 16, "micro_batch_size": 8 });
    let all = place.train("all", &Asked::on("cuda:0", recipe.clone())).finished().count("allocations");
    // From the first to the last, in unequal strides that come everywhere: start, step, backward pass, votes, checkpoint.
    let mut at = 1;
    let mut seen = 0;
    while at < all {
        let asked = Asked { settings: format!("fail_at={at}"), ..Asked::on("cuda:0", recipe.clone()) };
        let ended = place.train(&format!("at-{at}"), &asked);
        assert_eq!(ended.code, Some(5), "allocation {at} of {all}: {} {}", ended.message, ended.stderr);
        for word in ["out of device memory", "CUDA out of memory. Tried to allocate", "batch_size"] {
            assert!(ended.message.contains(word), "{}", ended.message);
        }
        seen += 1;
        at += at / 3 + 1;
    }
    assert!(seen > 10, "{seen} places of {all} allocations");
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
    let card = place.path("card");
    let asked = |memory: &str| Asked {
        settings: format!("memory={memory},card={}", card.display()),
        ..Asked::on("cuda:0", json!({ "max_steps": 1 }))
    };
    place.train("alone", &asked("4MiB")).finished();
    // Another process that lives: this one says that it has all of it.
    let mut rows = std::fs::read(&card).unwrap();
    let row = rows.len() / 64;
    let own = &mut rows[row..2 * row];
    own[..4].copy_from_slice(&std::process::id().to_ne_bytes());
    own[8..16].copy_from_slice(&(3i64 << 20).to_ne_bytes());
    std::fs::write(&card, rows).unwrap();
    let ended = place.train("beside", &asked("4MiB"));
    assert_eq!(ended.code, Some(5), "{}", ended.message);
    place.train("larger", &asked("8MiB")).finished();
}
