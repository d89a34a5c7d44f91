//! How far off a boundary is told, in few trials; `cargo xtask bench decide` makes many.

use vitals_series::Noise;

use crate::boundaries::{grid, mean, sought};

#[test]
fn after_24_runs_that_tell_most_the_boundary_is_within_7_hundredths_of_a_decade() {
    let mut noise = Noise::new(1);
    let told: Vec<_> = (0..60).map(|_| sought(&mut noise, 0.08, &[24])[0]).collect();
    assert!(told.iter().all(Option::is_some), "{told:?}");
    let found = mean(&told);
    assert!(found.error <= 0.07 && found.covered >= 0.85, "{found:?}");
    let of_grid: Vec<_> = (0..200).map(|_| grid(&mut noise, 0.08, 6, 4)).collect();
    let of_grid = mean(&of_grid);
    assert!(of_grid.error > found.error && of_grid.covered >= 0.85, "{of_grid:?} {found:?}");
}

#[test]
fn a_boundary_that_is_no_step_is_told_less_exactly_and_its_band_knows() {
    let mut noise = Noise::new(2);
    for width in [0.03, 0.2] {
        let told: Vec<_> = (0..200).map(|_| grid(&mut noise, width, 8, 5)).collect();
        assert!(mean(&told).covered >= 0.85, "{width} {:?}", mean(&told));
    }
}
