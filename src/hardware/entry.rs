//! Stages and streams as the manifest of a build folder lists them.

use serde::{Deserialize, Serialize};

/// A stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageEntry {
    /// The model's node.
    pub node: String,
    /// Library module.
    pub module: String,
    /// Its block of stage registers; `None` for a stage that only passes beats through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub register: Option<usize>,
    /// Streams that it reads.
    pub inputs: Vec<usize>,
    /// Streams that it writes.
    pub outputs: Vec<usize>,
    /// Rows of a time-step.
    pub rows: usize,
    /// Output channels of a row.
    pub channels: usize,
    /// Output channels of a beat.
    pub lanes: usize,
    /// Proven widths in bits by the name of the quantity.
    pub widths: Vec<(String, u32)>,
    /// Bits of read-only memory.
    pub rom_bits: u64,
    /// Bits of state memory.
    pub state_bits: u64,
}

/// A stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamEntry {
    /// `values`, `deltas`, `spikes` or `mask`.
    pub carries: String,
    /// Channels in a beat.
    pub lanes: usize,
    /// Width in bits of a beat.
    pub width: usize,
    /// Depth of its FIFO.
    pub depth: usize,
}
