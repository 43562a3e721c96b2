//! The streaming architecture: one hardware stage for every operator, joined by valid/ready streams, in the paper's
//! synchronous schedule. Other modules reach it through `src/architecture/`.
//!
//! | folder | holds |
//! |---|---|
//! | `design/` | the plan: stages, lanes, streams, FIFO depths |
//! | `emit/` | the top level, memory images, entries of the manifest |
//! | `observe/` | the comparisons of co-simulation |
//! | `schedule/` | folding chosen by measured spikes; cycles and area before synthesis |

pub mod design;
pub(crate) mod emit;
pub(crate) mod observe;
pub mod schedule;
