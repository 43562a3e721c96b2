//! The interface of an architecture: plan, emit, observe, estimate, and the resources of a device. Everything that writes,
//! simulates or judges hardware works with a [`Design`] and knows nothing of what is inside; this is the only place that
//! names the architectures.
//!
//! A new architecture is a folder beside `src/streaming/`, an arm of [`Design`], and what the compiler then asks for.

use crate::data::Inputs;
use crate::error::Result;
use crate::golden::{Golden, Limits, Outcome};
use crate::hardware::{
    Activity, Compared, Core, Counter, Cycles, Estimate, Figures, Input, Output, Quantities, Smallest,
    StageEntry, Stop, StreamEntry, Waits,
};
use crate::integer::Network;
use crate::streaming::{self, design, schedule};
use crate::target::{Device, Family};

pub use crate::streaming::design::{Joins, LayerFolding, Options};
pub use crate::streaming::schedule::{DesignPoint, Goal, Point, Scheduler, choose, design_points};

/// Hardware for a network.
#[derive(Clone, Debug)]
pub enum Design {
    /// A stage for every operator, joined by streams.
    Streaming(design::Design),
}

/// Plan.
impl Design {
    /// Lays out hardware for a network.
    ///
    /// # Errors
    /// When an option is out of range, or the network has something that there is no hardware for.
    pub fn plan(model: &str, network: &Network, options: &Options) -> Result<Self> {
        Ok(Self::Streaming(design::plan(model, network, options)?))
    }

    /// The choices that lead to this design, layer by layer: with `asked`, or with these, the same design is made.
    #[must_use]
    pub fn options(&self, asked: &Options) -> Options {
        match self {
            Self::Streaming(design) => design.folding(asked),
        }
    }

    /// The model's name.
    pub fn model(&self) -> &str {
        match self {
            Self::Streaming(design) => &design.model,
        }
    }

    /// The input stream.
    pub fn input(&self) -> &Input {
        match self {
            Self::Streaming(design) => &design.input,
        }
    }

    /// The output stream.
    pub fn output(&self) -> Output {
        match self {
            Self::Streaming(design) => design.output(),
        }
    }
}

/// Emit.
impl Design {
    /// The generated SystemVerilog and its memory images.
    ///
    /// # Errors
    /// When a template cannot be filled in.
    pub fn emit(&self, top: &str, generator: &str) -> Result<Core> {
        match self {
            Self::Streaming(design) => streaming::emit::core(design, top, generator),
        }
    }

    /// What the manifest says of the stages, in the order of the data.
    pub fn stages(&self) -> Vec<StageEntry> {
        match self {
            Self::Streaming(design) => streaming::emit::stages(design),
        }
    }

    /// What the manifest says of the streams between them.
    pub fn streams(&self) -> Vec<StreamEntry> {
        match self {
            Self::Streaming(design) => streaming::emit::streams(design),
        }
    }
}

/// Observe.
impl Design {
    /// What co-simulation compares while these samples go through.
    ///
    /// # Errors
    /// When the golden model is not of the same network.
    pub(crate) fn observer<'a>(
        &'a self,
        golden: &'a Golden,
        inputs: &'a Inputs,
        limits: Limits,
    ) -> Result<Observer<'a>> {
        Ok(match self {
            Self::Streaming(design) => {
                Observer::Streaming(streaming::observe::Observer::new(design, golden, inputs, limits)?)
            }
        })
    }

    /// How long the hardware may stand still.
    pub(crate) fn waits(&self) -> Waits {
        match self {
            Self::Streaming(design) => streaming::observe::waits(design),
        }
    }
}

/// Estimate.
impl Design {
    /// Area in a family.
    #[must_use]
    pub fn area(&self, family: Family) -> Estimate {
        match self {
            Self::Streaming(design) => schedule::estimate(design, family),
        }
    }

    /// What the area of each instance is reckoned from: its name, its module, and numbers by name.
    #[must_use]
    pub fn quantities(&self, family: Family) -> Vec<(String, &'static str, Quantities)> {
        match self {
            Self::Streaming(design) => schedule::quantities(design, family),
        }
    }

    /// Cycles with the spikes of these samples.
    #[must_use]
    pub fn cycles(&self, activity: &Activity) -> Cycles {
        match self {
            Self::Streaming(design) => schedule::cycles(design, activity),
        }
    }
}

/// Resources of the device.
impl Design {
    /// Whether it takes the large memories that only UltraScale+ has.
    pub fn uses_ultra_ram(&self) -> bool {
        match self {
            Self::Streaming(design) => design.ultra_ram,
        }
    }

    /// The same design with its memories elsewhere, where it fits a device so, and without only block memory is short.
    #[must_use]
    pub fn with_memory_elsewhere(&self, device: &Device) -> Option<Self> {
        match self {
            Self::Streaming(design) => schedule::lut_offloaded(design, device).map(Self::Streaming),
        }
    }

    /// What memories are made of where that is not the usual, a line each.
    pub fn memory_notes(&self) -> Vec<String> {
        match self {
            Self::Streaming(design) => schedule::in_tables(design),
        }
    }
}

/// Of designs that are the same everywhere, with the smallest FIFOs, the fastest that a device holds; if it holds none, the
/// one that lacks least. `scale` turns an estimate into what synthesis is expected to find.
///
/// # Errors
/// When there is no hardware for the network.
pub fn smallest(
    model: &str,
    network: &Network,
    device: &Device,
    scale: &dyn Fn(Figures) -> Figures,
) -> Result<Smallest> {
    schedule::smallest(model, network, device, scale)
}

/// What co-simulation compares inside a design.
pub(crate) enum Observer<'a> {
    Streaming(streaming::observe::Observer<'a>),
}

impl Observer<'_> {
    /// Runs the golden model on the next sample, which goes into the hardware next.
    pub fn begin_sample(&mut self) -> Result<Outcome> {
        match self {
            Self::Streaming(observer) => observer.begin_sample(),
        }
    }

    /// Compares what the taps have reported.
    pub fn check(&mut self, words: &[u64]) -> Result<(), Stop> {
        match self {
            Self::Streaming(observer) => observer.check(words),
        }
    }

    /// Whether every sample that was begun has been compared to its end.
    pub fn is_complete(&self) -> bool {
        match self {
            Self::Streaming(observer) => observer.is_complete(),
        }
    }

    /// By stage: what its counters must hold.
    pub fn counters(&self) -> Vec<Counter> {
        match self {
            Self::Streaming(observer) => observer.counters(),
        }
    }

    /// What has been compared so far.
    pub fn compared(&self) -> Compared {
        match self {
            Self::Streaming(observer) => observer.compared(),
        }
    }
}
