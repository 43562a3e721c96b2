//! The interface of an architecture: plan, emit, observe, estimate, and the resources of a device. Everything that
//! writes, simulates or evaluates hardware works with a [`Design`] and does not depend on its internals; this is the
//! only module that names the architectures.
//!
//! | file | contents |
//! |---|---|
//! | `mod.rs` | a design, and what is asked of it |
//! | `options.rs` | hardware options, and how they are written |
//! | `reference.rs` | the golden model in the schedule of a design |
//!
//! A new architecture is a folder next to `src/streaming/`, a variant of [`Design`], and the match arms that the
//! compiler then requires.

mod options;
mod reference;

use crate::data::Inputs;
use crate::error::{Error, Result};
use crate::golden::{Golden, Limits, Settled};
use crate::hardware::{
    Activity, Compared, Core, Counter, Cycles, Estimate, Figures, Input, MemoryPort, Output, Quantities,
    RANDOM_SAMPLES, RandomSamples, SampleResult, Smallest, StageEntry, Stop, StreamEntry, Waits,
};
use crate::integer::Network;
use crate::overlay;
use crate::streaming::{self, design, schedule};
use crate::target::{Device, Family};

pub use crate::hardware::Adders;
pub use crate::overlay::choice::{
    Goal as OverlayGoal, ModelMemory, Place as OverlayPlace, Point as OverlayPoint, Sizes as OverlaySizes,
    Task as OverlayTask, choose as choose_overlay, point as overlay_point, points as overlay_points,
};
pub use crate::overlay::image;
pub use crate::overlay::roofline::{Roofline, RooflineLayer};
pub use crate::overlay::summary::{LayerProgram, MemorySize, Program, Size, Span, Value};
pub use crate::overlay::{External, Loadable, Options as OverlayOptions};
pub use crate::streaming::design::{Joins, LayerFolding, Options as StreamingOptions};
pub use options::{Architecture, Options};
pub use reference::{Reference, Runner};

pub use crate::streaming::schedule::{
    DesignPoint, Goal, Point, Scheduler, choose, design_points, nearest, small_device, uniform_point,
};

/// Hardware for a network.
#[derive(Clone, Debug)]
pub enum Design {
    /// One stage per operator, connected by streams.
    Streaming(design::Design),
    /// One engine for all layers, run by a program.
    Overlay(Box<overlay::Design>),
}

/// Plan.
impl Design {
    /// Plans hardware for a network.
    ///
    /// # Errors
    /// If an option is out of range, or the network has an operator without hardware.
    pub fn plan<'a, O>(model: &str, network: &Network, options: &'a O) -> Result<Self>
    where
        Options: From<&'a O>,
    {
        Ok(match Options::from(options) {
            Options::Streaming(options) => Self::Streaming(design::plan(model, network, &options)?),
            Options::Overlay(options) => {
                Self::Overlay(Box::new(overlay::design::plan(model, network, &options)?))
            }
            Options::Loadable(loadable) => {
                Self::Overlay(Box::new(overlay::design::plan_loadable(model, network, &loadable)?))
            }
        })
    }

    /// The folding of this design, layer by layer: `asked` and the result give the same design.
    #[must_use]
    pub fn options(&self, asked: &Options) -> Options {
        match (self, asked) {
            (Self::Streaming(design), Options::Streaming(asked)) => design.folding(asked).into(),
            (Self::Streaming(design), Options::Overlay(_) | Options::Loadable(_)) => {
                design.folding(&StreamingOptions::default()).into()
            }
            (Self::Overlay(design), _) => match &design.loadable {
                Some(loadable) => Options::Loadable(loadable.clone()),
                None => design.options.into(),
            },
        }
    }

    /// The program and its machine in figures, with the cycles of these samples, if it has one.
    pub fn program(&self, activity: &Activity) -> Option<Program> {
        match self {
            Self::Streaming(_) => None,
            Self::Overlay(design) => Some(overlay::summary::summary(design, activity)),
        }
    }

    /// The words of the model image, if networks are loaded into the hardware at run time.
    ///
    /// # Errors
    /// When the plan is damaged.
    pub fn image(&self) -> Result<Option<Vec<u32>>> {
        match self {
            Self::Streaming(_) => Ok(None),
            Self::Overlay(design) => {
                let signed = design.input.element.is_signed();
                let of = |loadable: &Loadable| image::words(&design.plan, loadable, signed);
                design.loadable.as_deref().map(of).transpose()
            }
        }
    }

    /// By memory that a model image fills: its name, words of the network, words that are there.
    pub fn image_memories(&self) -> Vec<(&'static str, usize, usize)> {
        match self {
            Self::Overlay(design) if design.loadable.is_some() => {
                let size = |kind: image::MemoryKind, machine| kind.size(machine).0;
                let of = |kind: image::MemoryKind| {
                    (kind.name(), size(kind, &design.plan.own), size(kind, &design.plan.machine))
                };
                let own = |kind: &image::MemoryKind| *kind != image::MemoryKind::Stream;
                let all = image::MemoryKind::ALL.into_iter().filter(own).map(of);
                all.filter(|&(_, words, _)| words > 0).collect()
            }
            Self::Streaming(_) | Self::Overlay(_) => Vec::new(),
        }
    }

    /// Bits of a beat of the port to memory; 0 without one.
    pub fn memory_width(&self) -> usize {
        match self {
            Self::Streaming(_) => 0,
            Self::Overlay(design) => design.plan.machine.memory_port().width,
        }
    }

    /// The ports to memory outside the chip, if it has some.
    pub fn memory_port(&self) -> Option<MemoryPort> {
        match self {
            Self::Overlay(design) if self.reads_memory() => Some(design.plan.machine.memory_port()),
            Self::Overlay(_) | Self::Streaming(_) => None,
        }
    }

    /// Whether images and weights are read from memory outside the chip.
    pub fn reads_memory(&self) -> bool {
        self.memory_width() > 0
    }

    /// What of its memories a device does not hold, if weights come from memory: these are planned exactly.
    pub fn memory_shortage(&self, device: &Device) -> Option<String> {
        match self {
            Self::Streaming(_) => None,
            Self::Overlay(design) => {
                let machine = &design.plan.machine;
                if machine.bus_width > 0 { overlay::footprint::shortage(machine, device) } else { None }
            }
        }
    }

    /// Whether networks are loaded into the hardware at run time.
    pub fn is_loadable(&self) -> bool {
        match self {
            Self::Streaming(_) => false,
            Self::Overlay(design) => design.loadable.is_some(),
        }
    }

    /// The program as text, an instruction per line, if it has one.
    pub fn listing(&self) -> Option<String> {
        match self {
            Self::Streaming(_) => None,
            Self::Overlay(design) => Some(design.plan.text()),
        }
    }

    /// The architecture.
    pub fn architecture(&self) -> Architecture {
        match self {
            Self::Streaming(_) => Architecture::Streaming,
            Self::Overlay(_) => Architecture::Overlay,
        }
    }

    /// The model's name.
    pub fn model(&self) -> &str {
        match self {
            Self::Streaming(design) => &design.model,
            Self::Overlay(design) => &design.model,
        }
    }

    /// The input stream.
    pub fn input(&self) -> &Input {
        match self {
            Self::Streaming(design) => &design.input,
            Self::Overlay(design) => &design.input,
        }
    }

    /// The output stream.
    pub fn output(&self) -> Output {
        match self {
            Self::Streaming(design) => design.output(),
            Self::Overlay(design) => design.output.clone(),
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
            Self::Overlay(design) => overlay::emit::core(design, top, generator),
        }
    }

    /// The stages for the manifest, in the order of the data.
    pub fn stages(&self) -> Vec<StageEntry> {
        match self {
            Self::Streaming(design) => streaming::emit::stages(design),
            Self::Overlay(design) => overlay::entry::stages(design),
        }
    }

    /// The streams for the manifest; an overlay has none.
    pub fn streams(&self) -> Vec<StreamEntry> {
        match self {
            Self::Streaming(design) => streaming::emit::streams(design),
            Self::Overlay(_) => Vec::new(),
        }
    }
}

/// Observe.
impl Design {
    /// The golden model in the schedule of this design.
    ///
    /// # Errors
    /// When the golden model cannot compute the network.
    pub fn reference(&self, network: &Network) -> Result<Reference> {
        Ok(match self {
            Self::Streaming(_) => Reference::Synchronous(Box::new(Golden::new(network)?)),
            Self::Overlay(design) => {
                Reference::Settled(Box::new(Settled::new(network, design.options.code)?))
            }
        })
    }

    /// The comparisons of co-simulation for these samples. The settled schedule has no limits.
    ///
    /// # Errors
    /// If the golden model is of another network or schedule.
    pub(crate) fn observer<'a>(
        &'a self,
        reference: &'a Reference,
        inputs: &'a Inputs,
        limits: Limits,
    ) -> Result<Observer<'a>> {
        Ok(match (self, reference) {
            (Self::Streaming(design), Reference::Synchronous(golden)) => {
                Observer::Streaming(streaming::observe::Observer::new(design, golden, inputs, limits)?)
            }
            (Self::Overlay(design), Reference::Settled(golden)) => {
                Observer::Overlay(overlay::observe::Observer::new(design, golden, inputs)?)
            }
            (Self::Streaming(_), Reference::Settled(_)) | (Self::Overlay(_), Reference::Synchronous(_)) => {
                return Err(Error::input("the golden model is of another schedule than the design"));
            }
        })
    }

    /// Maximum time without a transfer.
    pub(crate) fn waits(&self) -> Waits {
        match self {
            Self::Streaming(design) => streaming::observe::waits(design),
            Self::Overlay(design) => overlay::interval::waits(design),
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
            Self::Overlay(design) => overlay::estimate::area(design, family),
        }
    }

    /// The quantities of the area estimate of each instance: its name, its module, and numbers by name.
    #[must_use]
    pub fn quantities(&self, family: Family) -> Vec<(String, &'static str, Quantities)> {
        match self {
            Self::Streaming(design) => schedule::quantities(design, family),
            Self::Overlay(design) => overlay::estimate::quantities(design, family),
        }
    }

    /// What cycles are estimated from: random raw elements in a range, with runs of a background if there is one.
    ///
    /// # Errors
    /// When the golden model cannot compute the network.
    pub fn random_activity(
        &self,
        network: &Network,
        range: (i32, i32),
        background: Option<i32>,
    ) -> Result<Activity> {
        let samples = RandomSamples::new(self.input().count, range);
        let samples = background.map_or(samples.clone(), |element| samples.with_background(element));
        let samples = samples.take(RANDOM_SAMPLES);
        Ok(match self.reference(network)? {
            Reference::Synchronous(golden) => Activity::measure(&golden, samples),
            Reference::Settled(golden) => Activity::levels(&golden, samples),
        })
    }

    /// Cycles with the spikes of these samples; of an overlay their levels suffice.
    #[must_use]
    pub fn cycles(&self, activity: &Activity) -> Cycles {
        match self {
            Self::Streaming(design) => schedule::cycles(design, activity),
            Self::Overlay(design) => overlay::interval::interval(design, activity, 1.0).cycles,
        }
    }
}

/// Resources of the device.
impl Design {
    /// Whether it uses the large memories that only UltraScale+ has.
    pub fn uses_ultra_ram(&self) -> bool {
        match self {
            Self::Streaming(design) => design.ultra_ram,
            Self::Overlay(_) => false,
        }
    }

    /// The same design with memories moved to other resources, if it fits a device in this way and only block memory
    /// was exceeded.
    #[must_use]
    pub fn with_memory_elsewhere(&self, device: &Device) -> Option<Self> {
        match self {
            Self::Streaming(design) => schedule::lut_offloaded(design, device).map(Self::Streaming),
            Self::Overlay(_) => None,
        }
    }

    /// Memories that are not in their usual resource, one line each.
    pub fn memory_notes(&self) -> Vec<String> {
        match self {
            Self::Streaming(design) => schedule::in_tables(design),
            Self::Overlay(_) => Vec::new(),
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
    Overlay(overlay::observe::Observer<'a>),
}

impl Observer<'_> {
    /// Runs the golden model on the next sample, which the hardware receives next.
    pub fn begin_sample(&mut self) -> Result<SampleResult> {
        match self {
            Self::Streaming(observer) => Ok((&observer.begin_sample()?).into()),
            Self::Overlay(observer) => Ok((&observer.begin_sample()?).into()),
        }
    }

    /// Compares what the taps have reported.
    pub fn check(&mut self, words: &[u64]) -> Result<(), Stop> {
        match self {
            Self::Streaming(observer) => observer.check(words),
            Self::Overlay(observer) => observer.check(words),
        }
    }

    /// Whether every sample that was begun has been compared to its end.
    pub fn is_complete(&self) -> bool {
        match self {
            Self::Streaming(observer) => observer.is_complete(),
            Self::Overlay(observer) => observer.is_complete(),
        }
    }

    /// By stage: the expected values of its counters.
    pub fn counters(&self) -> Vec<Counter> {
        match self {
            Self::Streaming(observer) => observer.counters(),
            Self::Overlay(observer) => observer.counters(),
        }
    }

    /// What the adders of the engine do, if there is one engine for all layers.
    pub fn adders(&self) -> Option<Adders> {
        match self {
            Self::Streaming(_) => None,
            Self::Overlay(observer) => Some(observer.adders()),
        }
    }

    /// The comparisons so far.
    pub fn compared(&self) -> Compared {
        match self {
            Self::Streaming(observer) => observer.compared(),
            Self::Overlay(observer) => observer.compared(),
        }
    }
}
