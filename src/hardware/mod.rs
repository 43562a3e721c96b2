//! Data shared by all architectures: it passes through the interface in `src/architecture/`.
//!
//! | file | contents |
//! |---|---|
//! | `shell.rs` | external interface: samples in, result frames out |
//! | `entry.rs` | stages and streams as the manifest lists them |
//! | `memory_port.rs` | the port to memory outside the chip |
//! | `core.rs` | generated SystemVerilog and memory images |
//! | `activity.rs` | spikes of every row and time-step, measured with the golden model |
//! | `adders.rs` | what the adders of an engine do in a sample |
//! | `samples.rs`, `result.rs` | random samples; what the golden model finds for a sample |
//! | `estimate.rs`, `blocks.rs` | cycles and area before synthesis; against a device; block by block |
//! | `observation.rs`, `mismatch.rs` | interface of co-simulation to an architecture, and mismatches |
//! | `name.rs`, `word.rs` | safe identifiers and comments; words of memory images |

mod activity;
mod adders;
mod blocks;
mod core;
mod entry;
mod estimate;
mod memory_port;
mod mismatch;
pub(crate) mod name;
mod observation;
mod result;
mod samples;
mod shell;
mod word;

pub use activity::Activity;
pub use adders::{Adders, AddersPart};
pub use blocks::{Block, blocks};
pub use core::Core;
pub use entry::{StageEntry, StreamEntry};
pub use estimate::{
    Cycles, Estimate, Figures, InstanceCost, Quantities, Smallest, has_ultra_ram, needs, short_of_memory,
    usage,
};
pub use memory_port::MemoryPort;
pub use mismatch::{FirstMismatch, NeuronState, What};
pub use result::SampleResult;
pub use samples::{RANDOM_SAMPLES, RandomSamples};
pub use shell::{Input, Output};

pub(crate) use activity::{Events, Sample};
pub(crate) use mismatch::Stop;
pub(crate) use observation::{Compared, Counter, Waits};
pub(crate) use word::Word;
