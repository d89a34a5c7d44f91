//! The format on disk: an old file opens, a newer one is refused with its number.

use std::fs;
use std::path::Path;

use vitals_journal::{
    Column, Header, JournalError, ReadOutcome, Reader, Record, Writer, WriterOptions, check, with_roles,
};
use vitals_recipe::Role;

use crate::support::{read_all, text};

/// A run of format 1 with two attempts, the first torn, kept as it was written.
fn sample() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/format-1")
}

#[test]
fn a_stored_file_of_format_1_opens() {
    let (records, end) = read_all(&sample().join("attempt-0001/journal"));
    let described = text(&records).join("\n") + &format!("\n{end:?}\n");
    let expected = fs::read_to_string(sample().join("attempt-0001.txt")).unwrap();
    assert_eq!(described, expected);
    let found = serde_json::to_string_pretty(&check(&sample()).unwrap()).unwrap() + "\n";
    assert_eq!(found, fs::read_to_string(sample().join("check.json")).unwrap());
}

#[test]
fn columns_of_a_stored_file_get_their_roles_from_their_names() {
    let (records, _) = read_all(&sample().join("attempt-0001/journal"));
    let streams = records.into_iter().filter_map(|record| match record {
        Record::Stream(stream) => Some(stream),
        _ => None,
    });
    let found: Vec<_> = streams
        .flat_map(|stream| with_roles(stream.columns))
        .map(|column| (column.name, column.role, column.order))
        .collect();
    let expected = [
        ("loss", Role::Loss, None),
        ("learning_rate", Role::LearningRate, None),
        ("grad_norm/patch_embed", Role::LayerNorm, Some(0)),
    ];
    assert_eq!(found, expected.map(|(name, role, order)| (name.to_owned(), Some(role), order)));
}

#[test]
fn a_role_that_a_later_version_adds_is_another() {
    let column: Column =
        serde_json::from_str(r#"{"name":"fid","kind":"f32","role":"image_quality","order":3}"#).unwrap();
    assert_eq!((column.role, column.order), (Some(Role::Other), Some(3)));
    let old = serde_json::to_string(&Column::f32("loss", "")).unwrap();
    assert_eq!(old, r#"{"name":"loss","unit":"","kind":"f32"}"#);
}

#[test]
fn a_newer_format_is_refused_with_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let header = Header { format: 7, ..crate::support::header(1, 0) };
    drop(Writer::create(&path, header, WriterOptions::default()).unwrap());
    let error = Reader::open(&path, 0).unwrap().next().unwrap_err();
    assert!(matches!(error, JournalError::NewerFormat { found: 7, supported: 1 }));
    assert_eq!(
        error.to_string(),
        "read journal format 7: this version knows formats up to 1; update Vitals to read it"
    );
}

#[test]
fn fields_that_a_later_version_adds_are_ignored() {
    let header: Header = serde_json::from_str(
        r#"{"format":1,"run":"r","attempt":2,"first_step":5,"started_at":"","host":"gpu-7","versions":{}}"#,
    )
    .unwrap();
    assert_eq!((header.attempt, header.first_step), (2, 5));
}

#[test]
fn a_file_of_something_else_is_damage_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    fs::write(&path, "step,loss\n0,6.9\n1,6.8\n").unwrap();
    let outcome = Reader::open(&path, 0).unwrap().next().unwrap();
    assert!(matches!(outcome, ReadOutcome::Corrupt { offset: 0, .. }), "{outcome:?}");
    assert!(!matches!(outcome, ReadOutcome::Record { record: Record::Header(_), .. }));
}
