//! The port of a core to memory outside the chip.

/// The read channels of an AXI4 master, `m_axi` of the top level, or of several: `m_axi`, `m_axi_1`, `m_axi_2`, …
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryPort {
    /// Ports of this kind.
    pub ports: usize,
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
    /// The signals of a port, as in the generated top level.
    pub(crate) const SIGNALS: [&str; 17] = [
        "arvalid_o",
        "arready_i",
        "arid_o",
        "araddr_o",
        "arlen_o",
        "arsize_o",
        "arburst_o",
        "arlock_o",
        "arcache_o",
        "arprot_o",
        "arqos_o",
        "rvalid_i",
        "rready_o",
        "rid_i",
        "rdata_i",
        "rresp_i",
        "rlast_i",
    ];

    /// Ports with beats of `width` bits.
    pub(crate) fn of(width: usize, ports: usize) -> Self {
        // Of at most the 16 beats of AXI3; 128 beats under way cover the latency of DDR behind an interconnect. Several ports
        // have buffers of 64 beats, in look-up tables, and share the rate.
        let buffer = if ports > 1 { 64 } else { 128 };
        Self { ports, addr_width: 40, width, burst: 16, outstanding: buffer / 16, buffer }
    }

    /// The names of the ports.
    pub fn names(&self) -> Vec<String> {
        (0..self.ports).map(|n| if n == 0 { "m_axi".to_owned() } else { format!("m_axi_{n}") }).collect()
    }

    /// A connection of a signal of all ports, the first in the low bits.
    pub(crate) fn connect(&self, signal: &str) -> String {
        let mut names = self.names();
        names.reverse();
        let all: Vec<String> = names.iter().map(|name| format!("{name}_{signal}")).collect();
        match self.ports {
            1 => format!(".m_axi_{signal}"),
            _ => format!(".m_axi_{signal}({{{}}})", all.join(", ")),
        }
    }
}
