//! Streams between stages.

use super::lanes::width_of;

/// Contents of a beat, without its flags.
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
    /// Which tokens of a sample are padding, one beat per sample; no flags.
    Mask,
}

/// Rows whose channels are groups (heads) of tokens, each filled up to more channels than it has tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Groups {
    /// Number of groups.
    pub count: usize,
    /// Channels of a group that are tokens.
    pub tokens: usize,
    /// Channels of a group.
    pub pad: usize,
}

/// A stream of beats with valid/ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Content of a beat.
    pub carries: Carries,
    /// Channels in a beat; tokens of a mask.
    pub lanes: usize,
    /// Depth of the FIFO between writer and reader.
    pub depth: usize,
    /// Rows of a time-step; of a sample for values and masks.
    pub rows: usize,
    /// Channels of a row.
    pub channels: usize,
    /// Where channels are tokens.
    pub groups: Option<Groups>,
}

impl Stream {
    /// Number of flags: skip, last, quiet.
    pub const FLAGS: usize = 3;

    /// Width in bits of a beat.
    pub fn width(&self) -> usize {
        self.data_width() + if self.has_flags() { Self::FLAGS } else { 0 }
    }

    /// Width in bits of a beat without its flags.
    pub fn data_width(&self) -> usize {
        match self.carries {
            Carries::Values { width } | Carries::Deltas { width } => self.lanes * width_of(width),
            Carries::Spikes => 2 * self.lanes,
            Carries::Mask => self.lanes,
        }
    }

    /// Whether beats have flags.
    pub fn has_flags(&self) -> bool {
        matches!(self.carries, Carries::Deltas { .. } | Carries::Spikes)
    }

    /// Beats of a row without skipping.
    pub fn chunks(&self) -> usize {
        self.channels.div_ceil(self.lanes)
    }

    /// Most beats of a time-step.
    pub fn beats(&self) -> usize {
        self.rows * self.chunks()
    }

    /// The same stream, read from a FIFO of its own.
    #[must_use]
    pub fn with_depth(&self, depth: usize) -> Self {
        Self { depth, ..self.clone() }
    }
}
