//! Designs from the slowest to the fastest, as `explore` prints and stores them.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::architecture::Options;
use crate::error::Result;
use crate::folder;
use crate::target::{Family, Short};

/// The version of the JSON form of an [`Exploration`].
pub const FORMAT_VERSION: u32 = 4;

/// Cycles against area.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exploration {
    /// The model's name.
    pub model: String,
    /// The family that area is estimated for.
    pub family: Family,
    /// Whether the cost model was fitted to this family.
    pub calibrated: bool,
    /// The clock that samples per second are estimated with.
    pub clock_hz: f64,
    /// The spikes that the designs are balanced on.
    pub spikes: Spikes,
    /// The small device on which the chosen design leaves room, where nothing was asked for.
    #[serde(default)]
    pub sized_for: Option<String>,
    /// From the slowest to the fastest.
    pub designs: Vec<Explored>,
}

/// The spikes that designs are balanced on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spikes {
    /// Of so many samples of the user's.
    Measured {
        /// Number of samples.
        samples: usize,
    },
    /// Of so many samples of random elements.
    Synthetic {
        /// Number of samples.
        samples: usize,
    },
}

/// One design.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explored {
    /// Cycles per sample.
    #[serde(rename = "cycles_per_sample", alias = "cycles")]
    pub cycles: f64,
    /// Samples per second.
    pub samples_per_second: f64,
    /// Look-up tables.
    pub lut: u64,
    /// Flip-flops.
    pub ff: u64,
    /// Block memory in the family's unit.
    pub bram: u64,
    /// Multiplier blocks.
    pub dsp: u64,
    /// The node that is busy longest.
    pub busiest: String,
    /// Whether it fits the device, if there is one.
    pub fits: Option<bool>,
    /// What the device has too little of for it.
    pub short: Vec<Short>,
    /// Whether no other design takes both fewer cycles and fewer look-up tables, or as few of one and fewer of the other.
    pub on_frontier: bool,
    /// Whether it is the chosen one.
    pub chosen: bool,
    /// Its folding, as in `folding.json`.
    pub folding: Options,
    /// What its port to memory takes, if weights come from outside the chip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<MemoryBound>,
}

/// Weights that come from outside the chip, of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemoryBound {
    /// Bytes of weights, filled up to whole beats.
    pub weight_bytes: u64,
    /// Bytes of a clock cycle that the port passes, at most.
    pub bytes_per_cycle: f64,
    /// Cycles in which the port passes the weights.
    pub weight_cycles: f64,
    /// Cycles of all else, without waits for weights.
    pub compute_cycles: f64,
    /// Whether the weights need more cycles than all else.
    pub limits: bool,
}

impl Explored {
    /// Whether memory outside the chip limits it.
    pub fn is_memory_bound(&self) -> bool {
        self.memory.is_some_and(|memory| memory.limits)
    }
}

impl Exploration {
    /// Finds out which designs are on the frontier of cycles and look-up tables.
    pub fn mark_frontier(&mut self) {
        let all: Vec<(f64, u64)> = self.designs.iter().map(|design| (design.cycles, design.lut)).collect();
        for design in &mut self.designs {
            let own = (design.cycles, design.lut);
            let better =
                |&(cycles, lut): &(f64, u64)| cycles <= own.0 && lut <= own.1 && (cycles, lut) != own;
            design.on_frontier = !all.iter().any(better);
        }
    }

    /// Stores it in a build folder.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, build: &Path) -> Result<()> {
        #[derive(Serialize)]
        struct Versioned<'a> {
            format_version: u32,
            #[serde(flatten)]
            exploration: &'a Exploration,
        }
        let path = build.join(format!("reports/explore_{}.json", self.family));
        folder::write_json(&path, &Versioned { format_version: FORMAT_VERSION, exploration: self })
    }

    /// Reads a stored one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn load(path: &Path) -> Result<Self> {
        let kept = folder::read_json(path, FORMAT_VERSION);
        kept.map_err(|error| error.fix("explore again with 'snn2rtl explore'"))
    }
}
