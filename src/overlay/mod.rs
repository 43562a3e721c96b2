//! The overlay architecture: one engine for every layer, run by a program. Other modules reach it through
//! `src/architecture/`.
//!
//! | file | holds |
//! |---|---|
//! | `isa.rs` | instructions: fields, encoding, text |
//! | `machine.rs` | options, and the parameters of the hardware |
//! | `compile/` | integer network → programs and memory images |
//! | `plan.rs` | the result |

mod compile;
pub mod isa;
pub mod machine;
pub mod plan;

pub use compile::compile;
pub use machine::{Machine, Options};
pub use plan::Plan;
