//! Streams between stages.

use super::lanes::width_of;

/// What a beat carries beside its flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carries {
    /// Raw values, zero point subtracted, of this width; no flags.
    Values {
        /// Width in bits of a value.
        width: u32,
    },
    /// Changes of the accumulated input of this width.
    Deltas {
        /// Width in bits of a change.
        width: u32,
    },
    /// Ternary spikes.
    Spikes,
}

/// A stream of beats with valid/ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Content of a beat.
    pub carries: Carries,
    /// Channels in a beat.
    pub lanes: usize,
    /// Depth of the FIFO between writer and reader.
    pub depth: usize,
}

impl Stream {
    /// Number of flags: skip, last, quiet.
    pub const FLAGS: usize = 3;

    /// Width in bits of a beat.
    pub fn width(&self) -> usize {
        match self.carries {
            Carries::Values { width } => self.lanes * width_of(width),
            Carries::Deltas { width } => self.lanes * width_of(width) + Self::FLAGS,
            Carries::Spikes => 2 * self.lanes + Self::FLAGS,
        }
    }
}
