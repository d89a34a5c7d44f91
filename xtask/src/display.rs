//! Where a window can be shown: the user's display, or a virtual one.

use std::path::Path;
use std::process::Command;

use crate::run;

/// Whether the user has a display.
pub fn present() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// A command on the user's display, or under Xvfb where there is none.
pub fn command(program: &Path, folder: &Path) -> Command {
    if present() {
        return run::command(program, folder);
    }
    println!("…   no display: opening the window under Xvfb");
    let mut command = run::command("xvfb-run", folder);
    command.args(["--auto-servernum", "--server-args=-screen 0 1600x1000x24"]).arg(program);
    command
}
