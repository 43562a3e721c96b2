//! The streaming architecture: one hardware stage for every operator, joined by valid/ready streams, in the paper's
//! synchronous schedule.
//!
//! | folder | holds |
//! |---|---|
//! | `design/` | the plan: stages, lanes, streams, FIFO depths |
//! | `schedule/` | folding chosen by measured spikes; cycles and area before synthesis |

pub mod design;
pub mod schedule;
