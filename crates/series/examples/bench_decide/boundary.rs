//! How far off the boundary of stable training is told after so many runs, of a grid and of runs that tell most.

use crate::boundaries::{Told, grid, mean, sought};
use crate::figure::{Bar, part, print as figure};
use vitals_series::Noise;

/// Grids of so many rates and batches.
const GRIDS: [(usize, usize); 3] = [(4, 4), (6, 4), (8, 5)];
const WIDTHS: [f64; 3] = [0.03, 0.08, 0.2];
/// The width and the number of runs that the bars of the error are for; that of the cover is for every width.
const BARRED: (f64, usize) = (0.08, 24);

pub fn figures(trials: u64) {
    let trials = trials / 20;
    for width in WIDTHS {
        let mut noise = Noise::new(1);
        let looks = GRIDS.map(|(rates, batches)| rates * batches);
        let all: Vec<Vec<Option<Told>>> = (0..trials).map(|_| sought(&mut noise, width, &looks)).collect();
        for (at, (rates, batches)) in GRIDS.into_iter().enumerate() {
            let runs = rates * batches;
            let of_grid: Vec<Option<Told>> =
                (0..trials).map(|_| grid(&mut noise, width, rates, batches)).collect();
            let of_sought: Vec<Option<Told>> = all.iter().map(|one| one[at]).collect();
            let bar = |bar: Bar| if (width, runs) == BARRED { bar } else { Bar::None };
            for (name, told, wanted) in
                [("grid", &of_grid, Bar::None), ("sought", &of_sought, Bar::AtMost(0.07))]
            {
                let none = part(told.iter().filter(|one| one.is_none()).count() as u64, trials);
                let found = mean(told);
                let name = format!("boundary/{name}/width_{width}/runs_{runs}");
                figure(&format!("{name}/error"), found.error, "decades", bar(wanted), &[("untold", none)]);
                let least = if runs == BARRED.1 { Bar::AtLeast(0.85) } else { Bar::None };
                figure(&format!("{name}/cover"), found.covered, "of all", least, &[]);
            }
            let ahead = mean(&of_sought).error - mean(&of_grid).error;
            let name = format!("boundary/sought_less_grid/width_{width}/runs_{runs}");
            figure(&name, ahead, "decades", bar(Bar::AtMost(0.0)), &[]);
        }
    }
}
