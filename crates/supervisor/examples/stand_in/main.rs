//! Stands in for `vitals` and `vitals-worker` in the tests of this crate. All it can do is in `call`, which the
//! benchmark of faults shares; nothing is trained here.

mod call;

fn main() -> Result<(), call::Failure> {
    let args: Vec<std::ffi::OsString> = std::env::args_os().skip(1).collect();
    std::process::exit(call::call(&args)?);
}
