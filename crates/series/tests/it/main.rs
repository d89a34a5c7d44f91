//! Detection on the real series of the fixtures and on synthetic ones with known truth.

#[cfg(test)]
mod acceptance;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod real;
#[cfg(test)]
mod synthetic;
#[cfg(test)]
mod trials;
