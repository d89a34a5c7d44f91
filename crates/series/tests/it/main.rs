//! Detection on the real series of the fixtures and on synthetic ones with known truth, decisions on such pairs of runs, and
//! boundaries found by them.

#[cfg(test)]
mod acceptance;
#[cfg(test)]
mod boundaries;
#[cfg(test)]
mod boundary;
#[cfg(test)]
mod decisions;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod pairs;
#[cfg(test)]
mod real;
#[cfg(test)]
mod synthetic;
#[cfg(test)]
mod trials;
