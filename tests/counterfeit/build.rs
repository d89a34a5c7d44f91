//! Builds the libraries that the engine opens for CUDA. They are linked with nothing: whoever opens them has
//! libtorch's CPU library, whose symbols they find.
#![expect(clippy::panic, reason = "a build that cannot go on says why")]

use std::path::{Path, PathBuf};

/// The driver is opened by programs without libtorch, and shares with the backend what both are told.
const LIBRARIES: [(&str, &[&str]); 3] = [
    ("libcuda.so.1", &["driver", "settings"]),
    ("libc10_cuda.so", &["c10_cuda"]),
    ("libtorch_cuda.so", &["call", "counts", "device", "memory", "operations", "order", "settings"]),
];

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let libtorch = std::env::var_os("LIBTORCH").map_or_else(|| root.join("../../.libtorch"), PathBuf::from);
    let include = libtorch.join("include");
    let mut build = cc::Build::new();
    build
        .cpp(true)
        .std("c++17")
        .pic(true)
        .opt_level(1)
        .flag("-fvisibility=hidden")
        .define("_GLIBCXX_USE_CXX11_ABI", "1")
        // Those of libtorch warn by themselves.
        .flag("-isystem")
        .flag(include.display().to_string())
        .flag("-isystem")
        .flag(include.join("torch/csrc/api/include").display().to_string());
    let folder = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default()).join("libraries");
    std::fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for (library, sources) in LIBRARIES {
        let mut build = build.clone();
        build.files(sources.iter().map(|name| root.join(format!("src/{name}.cpp"))));
        link(&build, &build.compile_intermediates(), &folder.join(library));
    }
    println!("cargo:rustc-env=VITALS_COUNTERFEIT_LIBRARIES={}", folder.display());
    for path in ["build.rs", "src"] {
        println!("cargo:rerun-if-changed={path}");
    }
    println!("cargo:rerun-if-env-changed=LIBTORCH");
}

fn link(build: &cc::Build, objects: &[PathBuf], library: &Path) {
    let mut linker = build.get_compiler().to_command();
    // By the name in it a program that opens it again finds what is open already.
    let name = library.file_name().unwrap_or_default().display();
    linker.arg("-shared").arg(format!("-Wl,-soname,{name}")).args(objects).arg("-o").arg(library);
    let linked = linker.status();
    assert!(linked.as_ref().is_ok_and(std::process::ExitStatus::success), "{linker:?}: {linked:?}");
}
