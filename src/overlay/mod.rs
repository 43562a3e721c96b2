//! The overlay architecture: one engine for every layer, run by a program. Other modules reach it through
//! `src/architecture/`.
//!
//! | file | holds |
//! |---|---|
//! | `machine.rs` | what a user chooses, and the parameters of the hardware |
//! | `isa.rs` | instructions: fields, encoding, text |
//! | `compile/`, `plan.rs` | from a network to a program, and what comes of it |
//! | `design.rs` | machine, program and interfaces of a network |
//! | `emit.rs`, `entry.rs` | the top level with its memory images; the units as stages of the manifest |
//! | `observe/` | the comparisons of co-simulation |
//! | `estimate.rs`, `summary.rs` | area and cycles before synthesis; a program in figures |
//! | `weights.rs` | banks of the memory of weights |
//! | `cycles.rs` | cycles of a sample, from its spikes |

mod compile;
pub mod cycles;
pub mod design;
pub(crate) mod emit;
pub(crate) mod entry;
pub mod estimate;
pub mod isa;
pub mod machine;
pub(crate) mod observe;
pub mod plan;
pub mod summary;
mod weights;

pub use compile::compile;
pub use design::Design;
pub use machine::{Machine, Options};
pub use plan::Plan;
