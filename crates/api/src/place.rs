//! Where the workspace lies when nobody names one, by the XDG Base Directory Specification: a variable that is empty counts
//! as not set, and one that holds a relative path is ignored. The environment is an argument; nothing is made here.

use std::ffi::OsString;
use std::path::PathBuf;

use vitals_recipe::Told;

use crate::dto::{ApiError, ErrorCode};
use crate::error::Result;
use crate::said::{Advice, Failure, Remark};

/// A place, and what was passed over to find it.
#[derive(Debug)]
pub struct Place {
    pub root: PathBuf,
    pub remarks: Vec<Told>,
}

/// `$XDG_DATA_HOME/vitals`, else `$HOME/.local/share/vitals`; `variable` looks one up.
///
/// # Errors
/// `workspace` where neither names an absolute folder.
pub fn default_workspace(variable: impl Fn(&str) -> Option<OsString>) -> Result<Place> {
    let mut remarks: Vec<Told> = Vec::new();
    let mut absolute = |name: &str| {
        let path = variable(name).filter(|value| !value.is_empty()).map(PathBuf::from)?;
        if path.is_absolute() {
            return Some(path);
        }
        let value = path.display().to_string();
        remarks.push(Remark::Relative { name: name.to_owned(), value }.into());
        None
    };
    let data = absolute("XDG_DATA_HOME").or_else(|| Some(absolute("HOME")?.join(".local/share")));
    match data {
        Some(data) => Ok(Place { root: data.join("vitals"), remarks }),
        None => {
            let error = ApiError::new(ErrorCode::Workspace, Failure::NoWorkspace);
            Err(remarks.into_iter().fold(error, ApiError::hint).hint(Advice::NameWorkspace))
        }
    }
}

/// Where this user's record of what was confirmed lies: `$XDG_STATE_HOME/vitals/confirmed.json`, else below `$HOME/.local/state`.
/// `None` where neither names an absolute folder: then nothing is taken for confirmed.
pub fn record(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
    Some(state.join("vitals/confirmed.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The place, or why there is none, and every remark.
    fn found(data: Option<&str>, home: Option<&str>) -> String {
        let variable = |name: &str| match name {
            "XDG_DATA_HOME" => data.map(OsString::from),
            "HOME" => home.map(OsString::from),
            other => panic!("{other} is asked for"),
        };
        match default_workspace(variable) {
            Ok(place) => {
                let remarks: Vec<&str> = place.remarks.iter().map(|told| told.text.as_str()).collect();
                format!("{}; {}", place.root.display(), remarks.join("; "))
            }
            Err(error) => format!("{}; {}", error.message, error.hints.join("; ")),
        }
    }

    #[test]
    fn a_record_lies_with_the_user_s_state() {
        let found = |state: Option<&str>, home: Option<&str>| {
            record(|name| if name == "HOME" { home } else { state }.map(OsString::from))
        };
        assert_eq!(found(Some("/state"), Some("/home/a")), Some("/state/vitals/confirmed.json".into()));
        for state in [None, Some(""), Some("state")] {
            assert_eq!(
                found(state, Some("/home/a")),
                Some("/home/a/.local/state/vitals/confirmed.json".into())
            );
        }
        assert_eq!(found(None, Some("home")), None);
    }

    #[test]
    fn an_absolute_path_counts_and_nothing_else_does() {
        assert_eq!(found(Some("/data"), Some("/home/a")), "/data/vitals; ");
        assert_eq!(found(None, Some("/home/a")), "/home/a/.local/share/vitals; ");
        assert_eq!(found(Some(""), Some("/home/a")), "/home/a/.local/share/vitals; ");
        assert_eq!(
            found(Some("data"), Some("/home/a")),
            "/home/a/.local/share/vitals; XDG_DATA_HOME is `data`, no absolute path, and is ignored"
        );
        let none = "no workspace is known: neither XDG_DATA_HOME nor HOME names an absolute folder";
        let advice = "name one with --workspace DIR, or set HOME";
        assert_eq!(found(None, None), format!("{none}; {advice}"));
        assert_eq!(found(None, Some("")), format!("{none}; {advice}"));
        assert_eq!(
            found(None, Some("home")),
            format!("{none}; HOME is `home`, no absolute path, and is ignored; {advice}")
        );
    }
}
