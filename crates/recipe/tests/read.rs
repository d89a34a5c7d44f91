//! Every parameter acts: it is read where runs are trained, fed, watched or judged, or by the schedule that they follow.
//! A parameter that nothing reads would promise what does not happen.

use std::fs;
use std::path::Path;

use vitals_recipe::PARAMETERS;

/// Rooms that act on a recipe.
const ROOMS: &[&str] = &["engine", "data", "worker", "supervisor", "api"];

#[test]
fn every_parameter_is_read_outside_the_table() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut sources = String::new();
    for room in ROOMS {
        gather(&crates.join(room).join("src"), &mut sources);
    }
    let schedule = fs::read_to_string(crates.join("recipe/src/schedule.rs")).unwrap();
    sources += &without_tests(&schedule).replace("self.", "recipe.");
    let is_read = |name: &str| {
        let reading = format!("recipe.{name}");
        let mut behind = sources.split(&reading).skip(1).map(|rest| rest.chars().next());
        behind.any(|next| !next.is_some_and(|next| next.is_alphanumeric() || "_(".contains(next)))
    };
    let unread: Vec<&str> = PARAMETERS.iter().map(|one| one.name).filter(|name| !is_read(name)).collect();
    assert!(unread.is_empty(), "{unread:?}");
}

fn gather(folder: &Path, into: &mut String) {
    for entry in fs::read_dir(folder).expect("the sources are there") {
        let path = entry.expect("it is listed").path();
        let name = path.file_name().expect("it has a name").to_string_lossy().into_owned();
        if path.is_dir() {
            gather(&path, into);
        } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
            *into += without_tests(&fs::read_to_string(&path).expect("it is text"));
        }
    }
}

/// What stands before the tests at the end of a file.
fn without_tests(text: &str) -> &str {
    text.split_once("#[cfg(test)]\nmod tests {").map_or(text, |(code, _)| code)
}
