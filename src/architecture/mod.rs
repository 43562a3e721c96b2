//! The interface of an architecture: plan, emit, observe, estimate, and the resources of a device. Everything that
//! writes, simulates or evaluates hardware works with a [`Design`] and does not depend on its internals; this is the
//! only module that names the architectures.
//!
//! A new architecture is a folder next to `src/streaming/`, a variant of [`Design`], and the match arms that the
//! compiler then requires.

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
pub use crate::streaming::schedule::{
    DesignPoint, Goal, Point, Scheduler, choose, design_points, nearest, small_device, uniform_point,
};

/// Hardware for a network.
#[derive(Clone, Debug)]
pub enum Design {
    /// One stage per operator, connected by streams.
    Streaming(design::Design),
}

/// Plan.
impl Design {
    /// Plans hardware for a network.
    ///
    /// # Errors
    /// If an option is out of range, or the network has an operator without hardware.
    pub fn plan(model: &str, network: &Network, options: &Options) -> Result<Self> {
        Ok(Self::Streaming(design::plan(model, network, options)?))
    }

    /// The folding of this design, layer by layer: `asked` and the result give the same design.
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

    /// The stages for the manifest, in the order of the data.
    pub fn stages(&self) -> Vec<StageEntry> {
        match self {
            Self::Streaming(design) => streaming::emit::stages(design),
        }
    }

    /// The streams for the manifest.
    pub fn streams(&self) -> Vec<StreamEntry> {
        match self {
            Self::Streaming(design) => streaming::emit::streams(design),
        }
    }
}

/// Observe.
impl Design {
    /// The comparisons of co-simulation for these samples.
    ///
    /// # Errors
    /// If the golden model is of another network.
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

    /// Maximum time without a transfer.
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

    /// The quantities of the area estimate of each instance: its name, its module, and numbers by name.
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
    /// Whether it uses the large memories that only UltraScale+ has.
    pub fn uses_ultra_ram(&self) -> bool {
        match self {
            Self::Streaming(design) => design.ultra_ram,
        }
    }

    /// The same design with memories moved to other resources, if it fits a device in this way and only block memory
    /// was exceeded.
    #[must_use]
    pub fn with_memory_elsewhere(&self, device: &Device) -> Option<Self> {
        match self {
            Self::Streaming(design) => schedule::lut_offloaded(design, device).map(Self::Streaming),
        }
    }

    /// Memories that are not in their usual resource, one line each.
    pub fn memory_notes(&self) -> Vec<String> {
        match self {
            Self::Streaming(design) => schedule::in_tables(design),
        }
    }
}

/// Of designs that are the same everywhere, with the smallest FIFOs, the fastest that a device holds; if it holds none,
/// the one that lacks least. `scale` turns an estimate into what synthesis is expected to find.
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
    /// Runs the golden model on the next sample, which the hardware receives next.
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

    /// By stage: the expected values of its counters.
    pub fn counters(&self) -> Vec<Counter> {
        match self {
            Self::Streaming(observer) => observer.counters(),
        }
    }

    /// The comparisons so far.
    pub fn compared(&self) -> Compared {
        match self {
            Self::Streaming(observer) => observer.compared(),
        }
    }
}
