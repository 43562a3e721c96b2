//! What a user chooses of an overlay.

use super::machine::{LEAST_GROUP, Machine};
use crate::error::{Error, Result};
use crate::golden::SpikeCode;
use crate::integer::{Network, Op};

/// What a user chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Output channels of a chunk; a multiple of the neurons of a group.
    pub lanes: usize,
    /// Events per cycle; at least 1.
    pub spikes: usize,
    /// Neurons that fire together; a power of two. Fewer than 4 take turns until a group of 4 is complete, with radix spikes.
    pub fire_lanes: usize,
    /// Neurons of a word of spike memory; a power of two from the neurons of a group.
    pub fetch_width: usize,
    /// Elements at once of the serial path, LayerNorm, softmax and their neurons; a power of two, at most a quarter of
    /// `fire_lanes`.
    pub row_lanes: usize,
    /// What a spike carries.
    pub code: SpikeCode,
}

impl Default for Options {
    fn default() -> Self {
        let fire_lanes = 8;
        Self {
            lanes: 64,
            spikes: 2,
            fire_lanes,
            fetch_width: 64,
            row_lanes: Self::usual_row_lanes(fire_lanes),
            code: SpikeCode::Radix,
        }
    }
}

impl Options {
    /// Row lanes that suit so many fire lanes: as many as there may be.
    #[must_use]
    pub const fn usual_row_lanes(fire_lanes: usize) -> usize {
        if fire_lanes >= 8 { fire_lanes / 4 } else { 1 }
    }

    /// Neurons whose spikes are written together.
    #[must_use]
    pub fn group(&self) -> usize {
        self.fire_lanes.max(LEAST_GROUP)
    }

    /// The defaults, with fewer lanes if no layer has so many outputs.
    pub fn sensible(network: &Network) -> Self {
        let all = Self::default();
        let most = widest(network).next_multiple_of(all.fire_lanes);
        Self { lanes: all.lanes.min(most), ..all }
    }

    /// The sizes in a few words: P, G, W, F, R if it is not the usual one, and the code if it is unary.
    pub fn brief(&self) -> String {
        let Self { lanes, spikes, fire_lanes, fetch_width, row_lanes, code } = self;
        let rows = match *row_lanes == Self::usual_row_lanes(*fire_lanes) {
            true => String::new(),
            false => format!(", R {row_lanes}"),
        };
        let code = match code {
            SpikeCode::Radix => "",
            SpikeCode::Unary => ", unary",
        };
        format!("{lanes}, {spikes}, {fire_lanes}, {fetch_width}{rows}{code}")
    }

    /// Checks the values.
    ///
    /// # Errors
    /// Names the value that is out of range, and the range.
    pub fn check(&self) -> Result<()> {
        let Self { lanes, spikes, fire_lanes, fetch_width, row_lanes, code } = *self;
        let group = self.group();
        let problem = if !fire_lanes.is_power_of_two() || fire_lanes > 1 << 10 {
            format!("{fire_lanes} fire lanes: they must be a power of two from 1 to 1024")
        } else if fire_lanes < LEAST_GROUP && code == SpikeCode::Unary {
            format!("{fire_lanes} fire lanes: unary spikes need at least {LEAST_GROUP}")
        } else if lanes == 0 || !lanes.is_multiple_of(group) || lanes > 1 << 14 {
            format!("{lanes} lanes: they must be a multiple of the {group} neurons of a group, at most 16384")
        } else if spikes == 0 || spikes > 64 {
            format!("{spikes} spikes per cycle: they must be 1 to 64")
        } else if !fetch_width.is_power_of_two() || fetch_width < group || fetch_width > 1 << 14 {
            format!(
                "a fetch width of {fetch_width}: it must be a power of two from the {group} neurons of a group to 16384"
            )
        } else if !row_lanes.is_power_of_two() || row_lanes > group / 4 {
            format!(
                "{row_lanes} row lanes: they must be a power of two, at most a quarter of the {group} neurons of a group"
            )
        } else {
            return Ok(());
        };
        Err(Error::input(problem).fix("choose other parameters for the overlay"))
    }
}

/// A machine for networks that are loaded at run time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loadable {
    /// Lanes and code.
    pub options: Options,
    /// Sizes of the machine.
    pub machine: Machine,
}

impl Loadable {
    /// Whether images and weights are read from memory outside the chip.
    pub fn reads_memory(&self) -> bool {
        self.machine.bus_width > 0
    }
}

/// Output channels of the widest layer.
pub(super) fn widest(network: &Network) -> usize {
    let ids = network.topological();
    let most = ids.iter().map(|&id| match &network.node(id).op {
        Op::Linear(_)
        | Op::Neuron(_)
        | Op::Lif(_)
        | Op::Sum(_)
        | Op::LayerNorm(_)
        | Op::Product(_)
        | Op::MaxPool(_)
        | Op::Softmax(_)
        | Op::Readout(_) => network.node(id).shape.channels(),
        Op::Input(_) | Op::Arrange(_) | Op::Select(_) | Op::Embedding(_) => 1,
    });
    most.max().unwrap_or(1)
}
