//! CSV in and out: what is exported comes back to the last bit, events are found in what comes in, and a file that is
//! wrong changes nothing.

use std::path::Path;

use vitals_api::foreign::{About, Origin, record};
use vitals_api::{Evidence, compare, events, export, import, runs, series};

use crate::world::{World, drawn};

/// A file with gaps, non-finite values, numbers of every size, a quoted name and a spike of one step.
fn sample() -> String {
    let mut text =
        String::from("step,elapsed_seconds,loss,\"odd, \"\"name\"\"\",knn_top1,grad_norm/a,grad_norm/b\n");
    for step in 0..1500_u64 {
        let wobble = ((step * 7919) % 101) as f64 / 101.0 - 0.5;
        let loss = match step {
            700 => "NaN".to_owned(),
            701 => "-inf".to_owned(),
            _ => format!("{:?}", 4.0 + wobble / 3.0),
        };
        let odd = if step % 7 == 0 { format!("{:?}", 1e-300 * (1.0 + wobble)) } else { String::new() };
        let knn = if step % 50 == 0 { format!("{:?}", 0.5 + step as f64 * 1e-4) } else { String::new() };
        let spike = if step == 900 { 30.0 } else { 1.0 };
        let norm = |scale: f64| format!("{:?}", scale * spike * (0.1 * wobble).exp());
        text.push_str(&format!(
            "{step},{:?},{loss},{odd},{knn},{},{}\n",
            step as f64 / 3.0,
            norm(0.3),
            norm(7.0)
        ));
    }
    text
}

#[tokio::test]
async fn what_is_exported_comes_back_to_the_last_bit() {
    let world = World::new().await;
    let (first, second) = (world.folder.path().join("a.csv"), world.folder.path().join("b.csv"));
    std::fs::write(&first, sample()).unwrap();
    let imported = import::csv(&world.context, &first).await.unwrap();
    assert_eq!((imported.metrics, imported.rows > 0, imported.label.as_str()), (5, true, "a"));
    export::export(&world.context, &[imported.run.to_string()], "csv", &second).await.unwrap();
    let (before, after) = (sample(), std::fs::read_to_string(&second).unwrap());
    // Columns that share their steps are told together: compare cells by name.
    let cells = |text: &str| {
        let mut lines = text.lines();
        let head = lines.next().unwrap().replace("\"odd, \"\"name\"\"\"", "odd");
        let names: Vec<String> = head.split(',').map(str::to_owned).collect();
        let mut found = std::collections::BTreeMap::new();
        for line in lines {
            let row: Vec<&str> = line.split(',').collect();
            for (name, cell) in names.iter().zip(&row).skip(1).filter(|(_, cell)| !cell.is_empty()) {
                found.insert((name.clone(), row[0].to_owned()), (*cell).to_owned());
            }
        }
        found
    };
    assert_eq!(cells(&after), cells(&before));
    // And once more, to the last byte.
    let again = import::csv(&world.context, &second).await.unwrap();
    let third = world.folder.path().join("c.csv");
    export::export(&world.context, &[again.run.to_string()], "csv", &third).await.unwrap();
    assert_eq!(std::fs::read_to_string(&third).unwrap(), after);

    let found = events::events(&world.context, &imported.run.to_string(), &[]).await.unwrap();
    let told: Vec<(&str, u64)> = found.events.iter().map(|event| (event.kind.as_str(), event.step)).collect();
    assert_eq!(told, [("nonfinite", 700), ("spike", 900)]);
}

#[tokio::test]
async fn a_name_with_a_line_break_comes_back() {
    let world = World::new().await;
    let (first, second) = (world.folder.path().join("a.csv"), world.folder.path().join("b.csv"));
    let text = "step,\"a\nb, \"\"c\"\"\",loss\n0,0.5,1.5\n1,0.25,\n";
    std::fs::write(&first, text).unwrap();
    let imported = import::csv(&world.context, &first).await.unwrap();
    export::export(&world.context, &[imported.run.to_string()], "csv", &second).await.unwrap();
    assert_eq!(std::fs::read_to_string(&second).unwrap(), text);
    assert_eq!(import::csv(&world.context, &second).await.unwrap().metrics, 2);
}

#[tokio::test]
async fn a_wrong_file_is_named_with_its_place_and_adds_no_run() {
    let world = World::new().await;
    let path = world.folder.path().join("wrong.csv");
    std::fs::write(&path, "step,loss\n0,1.5\n1,x\n").unwrap();
    let error = import::csv(&world.context, &path).await.unwrap_err();
    assert!(error.message.ends_with("wrong.csv:3:3: `x` is no number"), "{}", error.message);
    assert_eq!(error.hints, ["write a number, NaN, inf or -inf, or leave the cell empty"]);
    let missing = import::csv(&world.context, Path::new("/nowhere/a.csv")).await.unwrap_err();
    assert!(missing.message.contains("/nowhere/a.csv"), "{}", missing.message);
    let listed = runs::list(&world.context, &vitals_api::dto::RunsQuery::default()).await.unwrap();
    assert_eq!(listed.total, 0);
}

#[tokio::test]
async fn the_real_series_give_what_their_readme_says() {
    let world = World::new().await;
    for (name, expected) in [
        ("calm_frozen_d32_lr1e-2_1000", &[][..]),
        ("calm_learned_d32_lr1e-2_1000", &[][..]),
        ("lr_kick_x8_learned_d32_340", &["spike"][..]),
    ] {
        let path = world.folder.path().join(format!("{name}.csv"));
        std::fs::write(&path, vitals_fixtures::series(name)).unwrap();
        let imported = import::csv(&world.context, &path).await.unwrap();
        let found =
            events::events(&world.context, &imported.run.to_string(), &["spike".to_owned()]).await.unwrap();
        let kinds: Vec<&str> = found.events.iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(kinds, expected, "{name}");
    }
}

/// 640 steps with an accuracy every 20 that dips by ten points, times `scale`; a NaN at step 150.
fn dipping(scale: f64) -> String {
    let mut text = String::from("step,loss,knn_top1\n");
    for step in 0..640_u64 {
        let loss =
            if step == 150 { "NaN".to_owned() } else { format!("{}", 3.0 + (step % 3) as f64 / 100.0) };
        let wobble = if step % 40 == 0 { 0.004 } else { -0.004 };
        let level = if (400..500).contains(&step) { 0.45 } else { 0.55 };
        let knn = if step % 20 == 0 { format!("{}", scale * (level + wobble)) } else { String::new() };
        text.push_str(&format!("{step},{loss},{knn}\n"));
    }
    text
}

#[tokio::test]
async fn percent_and_fractions_give_the_same_dips_and_the_same_score() {
    let world = World::new().await;
    let mut told = Vec::new();
    for (name, scale) in [("percent", 100.0), ("fraction", 1.0)] {
        let path = world.folder.path().join(format!("{name}.csv"));
        std::fs::write(&path, dipping(scale)).unwrap();
        let imported = import::csv(&world.context, &path).await.unwrap();
        let is_percent = name == "percent";
        assert_eq!(imported.in_percent, if is_percent { vec!["knn_top1"] } else { Vec::new() });
        let id = imported.run.to_string();
        let note = runs::detail(&world.context, &id).await.unwrap().run.note;
        assert_eq!(note.contains("In percent there, stored as fractions: knn_top1."), is_percent, "{note}");
        let found = events::events(&world.context, &id, &["dip".to_owned()]).await.unwrap();
        let [dip] = &found.events[..] else { panic!("{:?}", found.events) };
        told.push((dip.step, dip.depth.unwrap(), dip.area.unwrap(), found.stability.score.unwrap()));
    }
    let [(step, depth, area, score), (as_step, as_depth, as_area, as_score)] = told[..] else {
        unreachable!()
    };
    assert_eq!((step, as_step), (400, 400));
    assert!((depth - as_depth).abs() < 1e-9 && (depth - 0.1).abs() < 0.01, "{told:?}");
    assert!((area - as_area).abs() < 1e-9 && (score - as_score).abs() < 1e-9, "{told:?}");
}

#[tokio::test]
async fn a_bucket_says_how_many_values_it_holds_that_are_not_finite() {
    let world = World::new().await;
    let path = world.folder.path().join("a.csv");
    std::fs::write(&path, dipping(1.0)).unwrap();
    let run = import::csv(&world.context, &path).await.unwrap().run.to_string();
    let loss = ["loss".to_owned()];
    let found = series::read(&world.context, &run, &loss, (None, None), series::Points::Buckets(4), false)
        .await
        .unwrap();
    let series::SeriesData::Buckets { nonfinite, .. } = &found[0].data else { panic!("{found:?}") };
    assert_eq!(nonfinite, &[1, 0, 0, 0]);
}

#[tokio::test]
async fn a_run_that_was_imported_differs_in_nothing_from_a_trained_one() {
    let world = World::new().await;
    let path = world.folder.path().join("theirs.csv");
    std::fs::write(&path, "step,loss\n0,1.5\n1,1.25\n").unwrap();
    let config = |text: &str| {
        let path = world.folder.path().join("config.json");
        std::fs::write(&path, text).unwrap();
        import::config(&path).unwrap()
    };
    let mut ids = Vec::new();
    for lr in ["0.1", "0.2"] {
        let config = config(&format!("{{\"lr\": {lr}, \"opt\": \"adamw\", \"only_{}\": 1}}", &lr[2..]));
        ids.push(import::csv_with(&world.context, &path, config).await.unwrap().run.to_string());
    }
    let about = About {
        label: "ours".to_owned(),
        origin: Origin::stand_in(),
        steps: 2,
        evidence: Evidence::said("made"),
        note: String::new(),
        tag: "test".to_owned(),
    };
    let ours = record(&world.context, about, |_| Ok(())).await.unwrap().run.to_string();
    let compared = async |ids: &[String]| {
        let found = compare::compare(&world.context, ids).await.unwrap();
        let names: Vec<String> = found.parameters.into_keys().collect();
        (names.join(" "), found.equal_parameters, found.unshared_parameters)
    };
    assert_eq!(compared(&ids).await, ("config.lr config.only_1 config.only_2".to_owned(), 1, 0));
    let parameters = vitals_recipe::PARAMETERS.len() as u64;
    assert_eq!(compared(&[ours.clone(), ids[0].clone()]).await, (String::new(), 0, parameters + 3));
    ids.push(ours);
    assert_eq!(compared(&ids).await.2, parameters);
}

#[tokio::test]
async fn what_was_made_of_a_file_is_in_its_answer_and_its_note() {
    let world = World::new().await;
    let path = world.folder.path().join("run-vit_s-tag-knn_top1.csv");
    std::fs::write(&path, "Wall time,Step,Value\n1638352345.5,0,40\n1638352346.5,1,50\n1638352347.5,1,55\n")
        .unwrap();
    let found = import::csv(&world.context, &path).await.unwrap();
    assert_eq!(
        (found.original_id.as_deref(), found.source.tool.as_deref()),
        (Some("vit_s"), Some("tensorboard"))
    );
    assert_eq!(
        (found.metrics, found.rows, found.values, found.in_percent),
        (1, 2, 2, vec!["knn_top1".to_owned()])
    );
    let kinds: Vec<&str> = found.noticed.iter().map(|notice| notice.kind.as_str()).collect();
    assert_eq!(kinds, ["noticed.time_column", "noticed.merged", "noticed.replaced", "noticed.in_percent"]);
    let run = runs::detail(&world.context, &found.run.to_string()).await.unwrap().run;
    assert_eq!(run.metrics["knn_top1"].max, Some(0.55));
    assert!(run.note.ends_with("In percent there, stored as fractions: knn_top1."), "{}", run.note);
    assert!(run.note.contains("its configuration is unknown. Times are those of"), "{}", run.note);
}

#[tokio::test]
async fn the_greatest_step_that_is_read_is_stored_and_drawn() {
    let world = World::new().await;
    let path = world.folder.path().join("far.csv");
    std::fs::write(&path, "step,loss\n0,1.5\n9007199254740990,1.25\n").unwrap();
    let run = import::csv(&world.context, &path).await.unwrap().run;
    let shown = runs::detail(&world.context, &run.to_string()).await.unwrap();
    assert_eq!(shown.run.progress.total_steps, (1 << 53) - 1);
    assert_eq!(shown.series[0].last_step, (1 << 53) - 2);
    let drawn = drawn(&world.context, run, &["loss"], 100).await;
    assert_eq!((drawn[0].values, drawn[0].min[0]), (2, 1.5));
}
