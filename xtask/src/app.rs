//! `cargo xtask app`: the window on the user's workspace.

use anyhow::Context;

use crate::place::Place;
use crate::setup::{self, Wanted};
use crate::{binaries, display, run};

pub fn run(place: &Place, arguments: &[String]) -> anyhow::Result<()> {
    setup::run(place, Wanted { build: true, window: true, tests: false, cuda: false }, false)?;
    binaries::build(place)?;
    let mut window = display::command(&place.binary("vitals-desktop"), &place.root);
    run::check(window.args(arguments)).context("show the window")
}
