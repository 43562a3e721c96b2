//! Cost of a design before synthesis, and the choice of the folding.
//!
//! | file | contents |
//! |---|---|
//! | `flow.rs` | contents of each stream of a design |
//! | `cycles.rs` | cycles: simulation of the pipeline beat by beat |
//! | `cost.rs` | area: formulas fitted to Yosys |
//! | `balance.rs` | lanes for every layer |
//! | `choose.rs` | the design that meets a goal |
//! | `lut_offload.rs` | weights in look-up tables if block memory is exceeded |
//! | `on_device.rs` | the memories of a design on a device |
//! | `smallest.rs` | the best of a few uniform designs on a device |

mod balance;
mod choose;
mod cost;
mod cycles;
mod flow;
mod lut_offload;
mod on_device;
mod smallest;

pub use balance::{Point, Scheduler};
pub use choose::{DesignPoint, Goal, choose, design_points, nearest, small_device, uniform_point};
pub use cost::{estimate, quantities};
pub use cycles::cycles;
pub use lut_offload::{in_tables, lut_offload};
pub use on_device::lut_offloaded;
pub use smallest::smallest;
