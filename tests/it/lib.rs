//! Nothing: a package needs a target, and the tests beside this file are the crate.
