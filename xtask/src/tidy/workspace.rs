//! The root manifest: every outside dependency is declared there with the reason for it.

use super::Finding;

/// Findings over the text of the root `Cargo.toml`.
pub fn check(manifest: &str) -> Vec<Finding> {
    let mut inside = false;
    let mut found = Vec::new();
    for (number, line) in manifest.lines().enumerate() {
        if let Some(section) = line.strip_prefix('[') {
            inside = section.starts_with("workspace.dependencies]");
        } else if let Some((name, rest)) = line.split_once('=')
            && inside
            && !rest.contains("path =")
            && rest.split_once('#').is_none_or(|(_, reason)| reason.trim().is_empty())
        {
            found.push(format!("Cargo.toml:{}: {} is declared without its reason", number + 1, name.trim()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_without_a_reason_is_found() {
        let manifest = "[workspace.dependencies]\nours = { path = \"x\" }\na = \"1\" # why\nb = \"1\"\n[profile.dev]\nc = 1\n";
        assert_eq!(check(manifest), ["Cargo.toml:4: b is declared without its reason"]);
    }
}
