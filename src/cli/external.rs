//! Arguments for weights in memory outside the chip.

use clap::{Args as ClapArgs, ValueEnum};

use crate::architecture::External;
use crate::error::{Error, Result};

/// Where the weights of an overlay are.
#[derive(ClapArgs)]
pub struct ExternalArgs {
    /// Overlay that is loaded: where the weights are; external: in memory outside the chip, from which they come once a sample
    /// through a port of its own.
    #[arg(long, value_enum, value_name = "WHERE", default_value_t = Weights::Internal)]
    weights: Weights,
    /// External weights: bits of a beat of the port to memory, a power of two from 32 to 512; default: 128.
    #[arg(long, value_name = "BITS")]
    bus_width: Option<usize>,
    /// External weights: ports to memory that bring them together, 1, 2, 4 or 8, each as wide as the bus; default: 1. Memory
    /// such as HBM gives one port a part of its rate.
    #[arg(long, value_name = "N")]
    memory_ports: Option<usize>,
    /// External weights: words of the ring that they come past, a power of two; default: room for any two instructions in
    /// sequence.
    #[arg(long, value_name = "WORDS")]
    weight_ring: Option<usize>,
}

/// Places of weights.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Weights {
    /// In the chip
    Internal,
    /// In memory outside the chip
    External,
}

impl ExternalArgs {
    /// Port and ring, if weights come from memory.
    ///
    /// # Errors
    /// When one of them is given without external weights.
    pub fn external(&self) -> Result<Option<External>> {
        match self.weights {
            Weights::External => {
                let (bus, ports) = (self.bus_width.unwrap_or(128), self.memory_ports.unwrap_or(1));
                Ok(Some(External { bus, ports, ring: self.weight_ring }))
            }
            Weights::Internal => {
                let given = [
                    ("--bus-width", self.bus_width),
                    ("--memory-ports", self.memory_ports),
                    ("--weight-ring", self.weight_ring),
                ];
                match given.iter().find(|(_, value)| value.is_some()) {
                    Some((name, _)) => Err(Error::input(format!("{name} is for weights in memory"))
                        .fix("leave it out, or add --weights external")),
                    None => Ok(None),
                }
            }
        }
    }
}
