//! The forms that cross a door: to the window as TypeScript (generated), to the command line as `--json`; one file a
//! subject. Plain data only: no logic, no handles. Names follow the contract (section 1.1); units live in names.

mod app;
mod boundary;
mod dataset;
mod decide;
mod error;
mod event;
mod figure;
mod figure_arm;
mod figure_explore;
mod frame;
mod importance;
mod live;
mod number;
mod origin;
mod queue_settings;
mod rates;
mod report;
mod run;
mod run_table;
mod sheet;
mod stability_map;
mod sweep;

pub use app::*;
pub use boundary::*;
pub use dataset::*;
pub use decide::*;
pub use error::*;
pub use event::*;
pub use figure::*;
pub use figure_arm::*;
pub use figure_explore::*;
pub use frame::*;
pub use importance::*;
pub use live::*;
pub use number::*;
pub use origin::*;
pub use queue_settings::*;
pub use rates::*;
pub use report::*;
pub use run::*;
pub use run_table::*;
pub use sheet::*;
pub use stability_map::*;
pub use sweep::*;
