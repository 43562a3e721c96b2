//! The window table: what the taps of a line or of a column of a feature map read.

/// Taps of a window within the map, for a line or a column of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WindowEntry {
    /// Number of taps.
    pub count: usize,
    /// From the weights of the first tap to those of the first tap within.
    pub words: usize,
    /// Words of spikes from the first pixel to that of the first tap within.
    pub source: usize,
}
