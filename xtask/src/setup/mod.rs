//! Set-up: a list of things that must be there, each checked before it is made, each made in one go or not at all.
//! It installs from package registries only, and says what it will install before it does.

mod apt;
mod driver;
mod libtorch;
mod node;
mod python;
mod wheel;

use anyhow::bail;

use crate::place::Place;

/// What the caller is going to do, and so what has to be there.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Compile the worker: libtorch, a C++ compiler.
    pub build: bool,
    /// Compile and open the window: WebKitGTK, npm packages.
    pub window: bool,
    /// Drive the window in tests.
    pub tests: bool,
    /// libtorch's CUDA libraries too.
    pub cuda: bool,
}

/// One thing that set-up looks after.
#[derive(Debug)]
pub enum Found {
    /// It is there; the text says which.
    Present(String),
    /// It is not; the text says what is missing.
    Missing(String),
}

/// A step knows how to look and how to make; it never does both at once.
pub struct Step<'a> {
    pub name: &'static str,
    pub look: Box<dyn Fn() -> anyhow::Result<Found> + 'a>,
    pub make: Box<dyn Fn() -> anyhow::Result<()> + 'a>,
}

impl std::fmt::Debug for Step<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Step").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Makes everything that is wanted, or with `check` only says what is missing and fails if anything is.
pub fn run(place: &Place, wanted: Wanted, check: bool) -> anyhow::Result<()> {
    let steps = steps(place, wanted);
    if check { report(&steps) } else { carry_out(&steps) }
}

/// Makes nothing and prints nothing; fails with the names of what is missing.
pub fn require(place: &Place, wanted: Wanted) -> anyhow::Result<()> {
    let mut missing = Vec::new();
    for step in steps(place, wanted) {
        if let Found::Missing(_) = (step.look)()? {
            missing.push(step.name);
        }
    }
    complete(&missing)
}

fn steps(place: &Place, wanted: Wanted) -> Vec<Step<'_>> {
    let mut steps = vec![node::version(place), apt::step(wanted)];
    if wanted.build {
        steps.push(libtorch::step(place, wanted.cuda));
    }
    if wanted.window {
        steps.push(node::packages("npm packages of ui", place.ui()));
    }
    if wanted.tests {
        steps.push(node::packages("npm packages of tests/e2e", place.e2e()));
        steps.push(driver::step(place));
    }
    steps
}

fn report(steps: &[Step<'_>]) -> anyhow::Result<()> {
    let mut missing = Vec::new();
    for step in steps {
        match (step.look)()? {
            Found::Present(what) => println!("ok  {what}"),
            Found::Missing(what) => {
                println!("--  {}: {what}", step.name);
                missing.push(step.name);
            }
        }
    }
    complete(&missing)
}

fn complete(missing: &[&str]) -> anyhow::Result<()> {
    if !missing.is_empty() {
        bail!("missing: {}; `cargo xtask setup` provides it", missing.join(", "));
    }
    Ok(())
}

fn carry_out(steps: &[Step<'_>]) -> anyhow::Result<()> {
    for step in steps {
        if let Found::Missing(what) = (step.look)()? {
            println!("…   {}: {what}", step.name);
            (step.make)()?;
        }
        match (step.look)()? {
            Found::Present(what) => println!("ok  {what}"),
            Found::Missing(what) => bail!("{} is still missing after its step: {what}", step.name),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn step<'a>(there: &'a Cell<bool>, made: &'a Cell<u32>, works: bool) -> Step<'a> {
        Step {
            name: "thing",
            look: Box::new(move || {
                Ok(if there.get() {
                    Found::Present("thing 1".into())
                } else {
                    Found::Missing("no thing".into())
                })
            }),
            make: Box::new(move || {
                made.set(made.get() + 1);
                there.set(works);
                Ok(())
            }),
        }
    }

    #[test]
    fn a_second_run_makes_nothing() {
        let (there, made) = (Cell::new(false), Cell::new(0));
        let steps = [step(&there, &made, true)];
        carry_out(&steps).unwrap();
        carry_out(&steps).unwrap();
        assert_eq!(made.get(), 1);
    }

    #[test]
    fn check_makes_nothing_and_names_what_is_missing() {
        let (there, made) = (Cell::new(false), Cell::new(0));
        let error = report(&[step(&there, &made, true)]).unwrap_err().to_string();
        assert_eq!((made.get(), error.as_str()), (0, "missing: thing; `cargo xtask setup` provides it"));
    }

    #[test]
    fn a_step_that_does_not_do_its_work_is_an_error() {
        let (there, made) = (Cell::new(false), Cell::new(0));
        let error = carry_out(&[step(&there, &made, false)]).unwrap_err().to_string();
        assert!(error.contains("thing is still missing"), "{error}");
    }
}
