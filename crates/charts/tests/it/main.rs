//! Figures as a reader of the SVG sees them.

#[cfg(test)]
mod extremes;
#[cfg(test)]
mod figures;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod kinds;
#[cfg(test)]
mod maps;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod papers;
#[cfg(test)]
mod parallel;
#[cfg(test)]
mod pdfs;
