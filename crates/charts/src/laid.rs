//! Where one panel of a figure stands.

use crate::clip::Place;
use crate::legend::Entry;

/// Where a panel stands.
pub(crate) struct Laid {
    pub place: Place,
    /// Its legend; empty where the one above, or the figure's, says the same.
    pub legend: Vec<Entry>,
    /// Rows of the legend below the title; none where it fits beside.
    pub legend_rows: usize,
    /// Ends of the step axis.
    pub x: (f64, f64),
    /// Whether the numbers of the step axis stand below it.
    pub shows_x: bool,
}
