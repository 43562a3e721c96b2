//! A folding that was given or found, and what is known of the designs among which it was chosen.

use crate::architecture::{Architecture, DesignPoint, Options as AnyFolding, OverlayPoint};
use crate::error::Error;
use crate::hardware::Figures;
use crate::report::{Exploration, Spikes};

/// A folding, and the designs among which it was chosen.
#[derive(Clone, Debug)]
pub struct Found {
    /// The folding.
    pub folding: AnyFolding,
    /// The streaming design, where its layers were balanced.
    pub balanced: Option<DesignPoint>,
    /// The overlay, the spikes that its cycles are estimated from, and whether its sizes were chosen.
    pub overlay: Option<(OverlayPoint, Spikes, bool)>,
    /// All that were explored.
    pub exploration: Option<Exploration>,
    /// The architectures, where none was named.
    pub compared: Option<Compared>,
}

impl Found {
    /// A folding without a search.
    pub fn given(folding: impl Into<AnyFolding>) -> Self {
        Self { folding: folding.into(), balanced: None, overlay: None, exploration: None, compared: None }
    }

    /// The estimated area of a design that was searched.
    pub fn total(&self) -> Option<Figures> {
        let balanced = self.balanced.as_ref().map(|design| design.estimate.total);
        balanced.or_else(|| self.overlay.as_ref().map(|(point, ..)| point.estimate.total))
    }
}

/// A design of an architecture in two figures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimated {
    /// Cycles per sample.
    pub cycles: f64,
    /// Look-up tables.
    pub luts: u64,
}

/// What is known of the architecture that was not taken.
#[derive(Clone, Debug)]
pub enum Other {
    /// Its design.
    Design(Estimated),
    /// It has no design: it cannot compute the network, or none of its designs meets the goal.
    None(Error),
    /// No design was searched: the network is large.
    Large,
}

/// The architecture that was taken, and the other one.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The one that was taken.
    pub taken: Architecture,
    /// Its design, if it is known.
    pub design: Option<Estimated>,
    /// The other one.
    pub other: Other,
}

impl Estimated {
    /// Of a design that was searched.
    pub fn of(found: &Found) -> Option<Self> {
        let cycles = match (&found.balanced, &found.overlay) {
            (Some(design), _) => design.point.cycles.per_sample,
            (None, Some((point, ..))) => point.cycles.per_sample,
            (None, None) => return None,
        };
        found.total().map(|total| Self { cycles, luts: total.lut })
    }
}
