//! What a design costs, before anything is synthesised, and the folding that costs least.
//!
//! | file | holds |
//! |---|---|
//! | `flow.rs` | what goes over each stream of a design |
//! | `cycles.rs` | cycles: the pipeline played row by row |
//! | `cost.rs` | area: formulas fitted to Yosys |
//! | `balance.rs` | lanes for every layer |
//! | `choose.rs` | the design that meets a goal |
//! | `lut_offload.rs` | weights in look-up tables where block memory is short |
//! | `smallest.rs` | the best of a few uniform designs on a device |

mod balance;
mod choose;
mod cost;
mod cycles;
mod flow;
mod lut_offload;
mod smallest;

pub use balance::{Point, Scheduler};
pub use choose::{DesignPoint, Goal, choose, design_points, lut_offloaded};
pub use cost::{estimate, quantities};
pub use cycles::cycles;
pub use lut_offload::{in_tables, lut_offload};
pub use smallest::smallest;
