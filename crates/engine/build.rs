//! Lets this package's own tests and examples find libtorch in the clone at run time, wherever the target folder is.
fn main() {
    let root = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    println!("cargo:rustc-link-arg=-Wl,-rpath,{root}/../../.libtorch/lib");
    println!("cargo:rerun-if-changed=build.rs");
}
