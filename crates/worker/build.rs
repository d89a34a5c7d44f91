//! Finds libtorch at run time beside the clone, or where the package installs it: link arguments of a library do not
//! reach a binary.
fn main() {
    println!(
        "cargo:rustc-link-arg=-Wl,-rpath,$ORIGIN/../../.libtorch/lib:$ORIGIN/../../../.libtorch/lib:\
         $ORIGIN/../lib/vitals/libtorch"
    );
}
