//! The port of a core to memory outside the chip.

/// The read channels of an AXI4 master, `m_axi` of the top level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryPort {
    /// Bits of an address.
    pub addr_width: usize,
    /// Bits of a beat.
    pub width: usize,
    /// Beats of a burst, at most.
    pub burst: usize,
    /// Bursts that are under way, at most.
    pub outstanding: usize,
    /// Beats that the core has room for.
    pub buffer: usize,
}

impl MemoryPort {
    /// A port with beats of `width` bits.
    pub(crate) fn of(width: usize) -> Self {
        // Of at most the 16 beats of AXI3; 128 beats under way cover the latency of DDR behind an interconnect.
        Self { addr_width: 40, width, burst: 16, outstanding: 8, buffer: 128 }
    }
}
