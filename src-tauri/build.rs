//! Declares the window's five doors, so that nothing else can be called from a page, and says in words when the
//! interface has not been built.

use tauri_build::{AppManifest, Attributes};

fn main() {
    println!("cargo:rerun-if-changed=../ui/dist");
    if !std::path::Path::new("../ui/dist/index.html").exists() {
        println!(
            "cargo::error=ui/dist is missing: build the interface first, with `cargo xtask app`, or with \
             `npm --prefix ui ci && npm --prefix ui run build`"
        );
        return;
    }
    let doors = AppManifest::new().commands(&["rpc", "series", "watch", "notify", "choose"]);
    if let Err(error) = tauri_build::try_build(Attributes::new().app_manifest(doors)) {
        println!("cargo::error=failed to prepare the window: {error:#}");
    }
}
