//! Journals that are damaged, through the path that every run takes: run folder, ingest, store, frame. What is good is
//! shown, what is not is said.

use std::path::PathBuf;

use vitals_api::foreign::{About, Origin, record};
use vitals_api::{Evidence, RunId, doctor, ingest_folder, runs};
use vitals_journal::{Column, Writer};

use crate::world::{World, drawn};

const STEPS: u64 = 3_000;

fn about() -> About {
    About {
        origin: Origin::stand_in(),
        label: "damaged".to_owned(),
        steps: STEPS,
        evidence: Evidence::said("made"),
        note: String::new(),
        tag: "test".to_owned(),
    }
}

fn value(step: u64) -> f64 {
    1.0 + step as f64
}

fn rows(journal: &Writer, steps: impl Iterator<Item = u64>) -> vitals_journal::Result<()> {
    let stream = journal.stream("step", vec![Column::f64("loss", "nats"), Column::f32("grad_norm", "")])?;
    for step in steps {
        journal.row(stream, step, step as f64, &[value(step), 0.5])?;
    }
    Ok(())
}

/// A run whose folder is whole; its copy under another id's database is what a test damages.
async fn whole(world: &World) -> (RunId, PathBuf) {
    let recorded = record(&world.context, about(), |journal| rows(journal, 0..STEPS)).await.unwrap();
    let folder = world.context.workspace().run_folder(recorded.run);
    (recorded.run, folder.journal(1))
}

/// Damages the journal and reads its folder into a fresh workspace. Returns that, with what its log says.
async fn read_anew(
    world: &World,
    run: RunId,
    journal: &PathBuf,
    damage: impl FnOnce(&mut Vec<u8>),
) -> (World, Vec<String>) {
    let mut bytes = std::fs::read(journal).unwrap();
    damage(&mut bytes);
    std::fs::write(journal, bytes).unwrap();
    let fresh = World::new().await;
    let folder = world.context.workspace().run_folder(run);
    for _ in 0..2 {
        // Done again, it changes nothing.
        ingest_folder(fresh.context.store(), folder.path(), fresh.context.now()).await.unwrap();
    }
    let log = runs::log(&fresh.context, &run.to_string(), 100).await.unwrap();
    (fresh, log.into_iter().map(|line| line.text).collect())
}

#[tokio::test]
async fn of_a_torn_end_all_whole_records_are_shown() {
    let world = World::new().await;
    let (run, journal) = whole(&world).await;
    let (fresh, log) = read_anew(&world, run, &journal, |bytes| bytes.truncate(bytes.len() * 2 / 3)).await;
    let curves = drawn(&fresh.context, run, &["loss"], 500).await;
    let shown = curves[0].values;
    assert!((1_900..2_100).contains(&shown), "{shown}");
    assert_eq!(curves[0].max.last(), Some(&value(shown - 1)));
    assert_eq!(log.iter().filter(|line| line.contains("torn")).count(), 1, "{log:?}");
    let evidence = runs::detail(&fresh.context, &run.to_string()).await.unwrap().run.evidence;
    assert!(!evidence.is_empty());
}

#[tokio::test]
async fn a_flipped_byte_in_the_middle_costs_one_record() {
    let world = World::new().await;
    let (run, journal) = whole(&world).await;
    let middle = |bytes: &mut Vec<u8>| {
        let at = bytes.len() / 2;
        // Within a payload or not: the record that it hits is lost, and no other.
        bytes[at] ^= 0x10;
    };
    let (fresh, log) = read_anew(&world, run, &journal, middle).await;
    let curves = drawn(&fresh.context, run, &["loss"], 500).await;
    assert!((STEPS - 2..STEPS).contains(&curves[0].values), "{}", curves[0].values);
    assert_eq!((curves[0].min[0], curves[0].max.last()), (value(0), Some(&value(STEPS - 1))));
    assert_eq!(log.iter().filter(|line| line.contains("damaged at byte")).count(), 1, "{log:?}");
    let database =
        doctor::doctor(&fresh.context).await.unwrap().into_iter().find(|line| line.check == "database");
    assert!(database.unwrap().ok, "the store itself is whole");
}

#[tokio::test]
async fn steps_out_of_order_are_drawn_at_their_steps_and_said() {
    let world = World::new().await;
    let mixed = (0..1_500).chain(900..950).chain(1_500..STEPS);
    let recorded = record(&world.context, about(), move |journal| rows(journal, mixed)).await.unwrap();
    let curves = drawn(&world.context, recorded.run, &["loss"], 300).await;
    assert_eq!(curves[0].values, STEPS + 50);
    assert!(curves[0].step.is_sorted());
    assert_eq!((curves[0].min[0], curves[0].max.last()), (value(0), Some(&value(STEPS - 1))));
    let log = runs::log(&world.context, &recorded.run.to_string(), 100).await.unwrap();
    let late: Vec<&str> =
        log.iter().map(|line| line.text.as_str()).filter(|line| line.contains("out of order")).collect();
    let [line] = late[..] else { panic!("{log:?}") };
    assert!(line.starts_with("50 rows of `step` came out of order, the first of step 900 behind step 1499"));
}

#[tokio::test]
async fn a_column_added_midway_is_a_series_from_there_and_the_others_go_on() {
    let world = World::new().await;
    let write = |journal: &Writer| -> vitals_journal::Result<()> {
        let columns =
            || vec![Column::f32("grad_norm/patch_embed", ""), Column::f32("grad_norm/blocks.0", "")];
        let narrow = journal.stream("gradients", columns())?;
        for step in 0..1_500 {
            journal.row(narrow, step, step as f64, &[1.0, 2.0])?;
        }
        let mut more = columns();
        more.push(Column::f32("grad_norm/blocks.1", ""));
        let wide = journal.stream("gradients, 2", more)?;
        for step in 1_500..STEPS {
            let nan = if step == 2_000 { f64::NAN } else { 3.0 };
            journal.row(wide, step, step as f64, &[1.0, 2.0, nan])?;
        }
        Ok(())
    };
    let recorded = record(&world.context, about(), write).await.unwrap();
    let names = ["grad_norm/patch_embed", "grad_norm/blocks.0", "grad_norm/blocks.1"];
    let curves = drawn(&world.context, recorded.run, &names, 80).await;
    let told: Vec<(&str, u64, f64, f64)> =
        curves.iter().map(|one| (one.name.as_str(), one.values, one.step[0], one.nonfinite)).collect();
    assert_eq!(
        told,
        [(names[0], STEPS, 0.0, 0.0), (names[1], STEPS, 0.0, 0.0), (names[2], 1_500, 1_500.0, 1.0)]
    );
    assert!(curves[1].min.iter().chain(&curves[1].max).all(|value| *value == 2.0));
    // The window lists layers and series by their names: each is there once.
    let detail = runs::detail(&world.context, &recorded.run.to_string()).await.unwrap();
    assert_eq!(detail.layers, ["patch_embed", "blocks.0", "blocks.1"]);
    let listed: Vec<(&str, u64, u64, u64)> = detail
        .series
        .iter()
        .map(|one| (one.name.as_str(), one.values, one.first_step, one.last_step))
        .collect();
    let last = STEPS - 1;
    assert_eq!(
        listed,
        [(names[0], STEPS, 0, last), (names[1], STEPS, 0, last), (names[2], 1_500, 1_500, last)]
    );
}

/// The first block of a disk, with header and declarations: what stands behind their repetition is read, and so is the loss.
#[tokio::test]
async fn a_lost_beginning_costs_a_part() {
    let world = World::new().await;
    let (run, journal) = whole(&world).await;
    let (fresh, log) = read_anew(&world, run, &journal, |bytes| bytes[..4096].fill(0)).await;
    let curves = drawn(&fresh.context, run, &["loss"], 500).await;
    // Rows of 47 bytes; the declarations come again behind 64 KiB.
    assert!((STEPS - 1_450..STEPS - 1_300).contains(&curves[0].values), "{}", curves[0].values);
    assert_eq!(curves[0].max.last(), Some(&value(STEPS - 1)));
    for said in ["damaged at byte 0: ", "rows of streams whose declarations are damaged are left out"] {
        assert_eq!(log.iter().filter(|line| line.contains(said)).count(), 1, "{log:?}");
    }
    let folder = world.context.workspace().run_folder(run);
    let third = World::new().await;
    let told = ingest_folder(third.context.store(), folder.path(), third.context.now()).await.unwrap();
    assert_eq!(told.losses.len(), 2, "{:?}", told.losses);
    assert!(told.losses[0].starts_with("attempt 1: the journal is damaged at byte 0"), "{:?}", told.losses);
}

/// Rows say themselves where an attempt begins.
#[tokio::test]
async fn a_damaged_header_costs_nothing_else() {
    let world = World::new().await;
    let (run, journal) = whole(&world).await;
    let (fresh, log) = read_anew(&world, run, &journal, |bytes| bytes[20] ^= 1).await;
    let curves = drawn(&fresh.context, run, &["loss"], 500).await;
    assert_eq!((curves[0].values, curves[0].step[0]), (STEPS, 0.0));
    assert_eq!(log.iter().filter(|line| line.contains("damaged at byte 0")).count(), 1, "{log:?}");
}
