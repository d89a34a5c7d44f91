//! The journal as its users see it: written, torn, damaged, tailed, checked.

#[cfg(test)]
mod check;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod declared;
#[cfg(test)]
mod format;
#[cfg(test)]
mod full_disk;
#[cfg(test)]
mod lock;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod support;
