//! The journal as its users see it: written, torn, damaged, tailed, checked.

mod check;
mod damage;
mod format;
mod full_disk;
mod lock;
mod round_trip;
mod support;
