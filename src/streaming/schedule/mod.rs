//! What a design costs, before anything is synthesised, and the folding that costs least.
//!
//! | file | holds |
//! |---|---|
//! | `activity.rs` | spikes of every row of every layer and time-step, measured with the golden model |
//! | `flow.rs` | what goes over each stream of a design |
//! | `cycles.rs` | cycles: the pipeline played row by row |
//! | `cost.rs` | area: formulas fitted to Yosys |
//! | `blocks.rs` | area block by block |
//! | `balance.rs` | lanes for every layer |
//! | `choose.rs` | the design that meets a goal |
//! | `lut_offload.rs` | weights in look-up tables where block memory is short |

mod activity;
mod balance;
mod blocks;
mod choose;
mod cost;
mod cycles;
mod flow;
mod lut_offload;

pub use activity::Activity;
pub use balance::{Point, Scheduler};
pub use blocks::{Block, blocks};
pub use choose::{
    DesignPoint, Goal, choose, design_points, has_ultra_ram, lut_offloaded, needs, short, short_of_memory,
};
pub use cost::{Estimate, Figures, InstanceCost, Quantities, estimate, quantities};
pub use cycles::{Cycles, cycles};
pub use lut_offload::lut_offload;
