//! Chooses how WebKit draws. Without a GPU its DMA-BUF path halves the frame rate; the variable that switches it off has
//! to be there before the first thread starts, so the program replaces itself once instead of changing its environment.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

const SWITCH: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

/// Returns where nothing has to change, and otherwise only if the program could not be replaced.
pub fn choose() {
    if std::env::var_os(SWITCH).is_some() || has_gpu(Path::new("/dev/dri")) {
        return;
    }
    let Ok(own) = std::env::current_exe() else { return };
    let error = Command::new(own).args(std::env::args_os().skip(1)).env(SWITCH, "1").exec();
    tracing::warn!("failed to start again with {SWITCH}=1, drawing will be slow: {error}");
}

/// Whether there is a device that can render.
fn has_gpu(devices: &Path) -> bool {
    let entries = std::fs::read_dir(devices).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| entry.file_name().to_string_lossy().starts_with("renderD"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_render_nodes_has_no_gpu() {
        assert!(!has_gpu(Path::new("/nowhere")));
    }
}
