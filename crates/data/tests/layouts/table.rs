//! The table: layouts as people have them, and all that is said of each.

use crate::{make, said};

mod binary;
mod classes;
mod parquet;
mod splits;
mod tars;

/// A layout as [`make::layout`] makes it, and all that is said of it.
#[derive(Clone, Copy)]
pub struct Case {
    name: &'static str,
    lines: &'static [&'static str],
    says: &'static [&'static str],
}

#[test]
fn every_layout_is_told_as_it_is() {
    let cases = [classes::CASES, splits::CASES, binary::CASES, parquet::CASES, tars::CASES].concat();
    let mut wrong = String::new();
    for Case { name, lines, says } in &cases {
        let root = tempfile::tempdir().unwrap();
        make::layout(root.path(), lines);
        let said = said(root.path());
        if said != *says {
            wrong += &format!("{name}: {lines:#?}\nsays {said:#?}\nbut should say {says:#?}\n\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(cases.len() >= 60, "{} layouts", cases.len());
}
