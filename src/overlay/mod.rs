//! The overlay architecture: one engine for every layer, run by a program. Other modules reach it through
//! `src/architecture/`.
//!
//! | file | holds |
//! |---|---|
//! | `options.rs` | what a user chooses |
//! | `machine.rs`, `sizes.rs` | the parameters of the hardware; which of them bounds what |
//! | `image/` | networks that are loaded at run time |
//! | `isa.rs` | instructions: fields, encoding, text |
//! | `compile/`, `plan.rs`, `window.rs` | from a network to a program, and what comes of it |
//! | `design.rs` | machine, program and interfaces of a network |
//! | `emit.rs`, `entry.rs` | the top level with its memory images; the units as stages of the manifest |
//! | `observe/` | the comparisons of co-simulation |
//! | `footprint.rs` | memories of machines whose weights come from memory, in blocks |
//! | `queues.rs` | the queues of LayerNorm and softmax |
//! | `estimate.rs`, `summary.rs` | area before synthesis; a program in figures |
//! | `choice.rs` | sizes that are explored, and the choice of one |
//! | `stream.rs` | weights in memory outside the chip: what each instruction reads, and their stream |
//! | `tables.rs` | tables of rows in memory outside the chip |
//! | `roofline.rs` | computation against memory, layer by layer |
//! | `weights.rs` | banks of the memory of weights |
//! | `cycles/`, `interval.rs` | cycles of a sample, from its spikes; the mean of several |

pub mod choice;
mod compile;
pub mod cycles;
pub mod design;
pub(crate) mod emit;
pub(crate) mod entry;
pub mod estimate;
pub(crate) mod footprint;
pub mod image;
pub(crate) mod interval;
pub mod isa;
pub mod machine;
pub(crate) mod observe;
mod options;
pub mod plan;
mod queues;
pub mod roofline;
mod sizes;
pub mod stream;
pub mod summary;
pub mod tables;
mod weights;
pub mod window;

pub use compile::{compile, compile_for};
pub use design::Design;
pub use machine::Machine;
pub use options::{Loadable, Options};
pub use plan::Plan;
pub use stream::External;
