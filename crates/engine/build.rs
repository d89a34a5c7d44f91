//! Builds the small C++ shim over libtorch's headers, and lets this package's own tests and examples find libtorch in
//! the clone at run time, wherever the target folder is.
use std::path::PathBuf;

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let libtorch = std::env::var_os("LIBTORCH").map_or_else(|| root.join("../../.libtorch"), PathBuf::from);
    let include = libtorch.join("include");
    cc::Build::new()
        .cpp(true)
        .std("c++17")
        .files(["shim/blocks.cpp", "shim/pass.cpp", "shim/shim.cpp"])
        .includes([include.join("torch/csrc/api/include"), include])
        .define("_GLIBCXX_USE_CXX11_ABI", "1")
        // The pass is worth nothing unoptimised, and libtorch's headers run in parallel only with OpenMP.
        .opt_level(3)
        .flag("-fopenmp")
        .flag("-fno-math-errno")
        // libtorch's headers warn by themselves.
        .warnings(false)
        .flag_if_supported("-Wno-unused-parameter")
        .compile("vitals_shim");
    println!("cargo:rustc-link-search=native={}", libtorch.join("lib").display());
    for library in ["torch_cpu", "c10", "gomp"] {
        println!("cargo:rustc-link-lib={library}");
    }
    println!("cargo:rustc-link-arg=-Wl,-rpath,{}/../../.libtorch/lib", root.display());
    for path in ["build.rs", "shim"] {
        println!("cargo:rerun-if-changed={path}");
    }
    println!("cargo:rerun-if-env-changed=LIBTORCH");
}
