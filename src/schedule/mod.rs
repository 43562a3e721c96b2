//! What a design costs, and the folding that costs least.
//!
//! | file | holds |
//! |---|---|
//! | `activity.rs` | spikes of every row of every layer and time-step, measured with the golden model |
//! | `flow.rs` | what goes over each stream of a design |
//! | `cycles.rs` | cycles: the pipeline played row by row |

mod activity;
mod cycles;
mod flow;

pub use activity::Activity;
pub use cycles::{Cycles, cycles};
