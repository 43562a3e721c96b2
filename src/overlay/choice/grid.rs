//! Sizes that are explored.

use crate::error::{Error, Result};
use crate::golden::SpikeCode;
use crate::integer::Network;
use crate::integer::cost::synapses;
use crate::overlay::options::{self, Options};

/// What is chosen of an overlay; the rest is what suits the network, or is explored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Output channels that are added to in one cycle.
    pub lanes: Option<usize>,
    /// Events per cycle.
    pub spikes: Option<usize>,
    /// Neurons that fire together.
    pub fire_lanes: Option<usize>,
    /// Neurons of a word of spike memory.
    pub fetch_width: Option<usize>,
    /// Elements at once of LayerNorm, softmax and sums.
    pub row_lanes: Option<usize>,
    /// What a spike carries.
    pub code: Option<SpikeCode>,
}

/// Lanes, neurons that fire together, neurons of a word, events per cycle that are explored.
const LANES: [usize; 12] = [4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384];
const FIRE_LANES: [usize; 3] = [4, 8, 16];
const FETCH_WIDTHS: [usize; 5] = [8, 16, 32, 64, 128];
/// Neurons that take turns are for the smallest overlays: with at most so many lanes, neurons of a word and events per cycle.
const TURNS: [usize; 2] = [1, 2];
const TURNS_LANES: usize = 16;
const TURNS_FETCH_WIDTH: usize = 16;
const TURNS_SPIKES: usize = 1;
const SPIKES: [usize; 4] = [1, 2, 4, 8];
/// The same of networks with more synapses.
const LARGE: u64 = 50_000_000;
const LARGE_LANES: [usize; 4] = [16, 64, 128, 256];
const LARGE_FIRE_LANES: [usize; 1] = [8];
const LARGE_FETCH_WIDTHS: [usize; 2] = [32, 64];

impl Sizes {
    /// The options for a network: what is not chosen is what is usual.
    ///
    /// # Errors
    /// When a size is out of range.
    pub fn options(&self, network: &Network) -> Result<Options> {
        let usual = Options::sensible(network);
        let fire_lanes = self.fire_lanes.unwrap_or(usual.fire_lanes);
        let options = Options {
            lanes: self.lanes.unwrap_or(usual.lanes),
            spikes: self.spikes.unwrap_or(usual.spikes),
            fire_lanes,
            fetch_width: self.fetch_width.unwrap_or(usual.fetch_width),
            row_lanes: self.row_lanes.unwrap_or(Options::usual_row_lanes(fire_lanes)),
            code: self.code.unwrap_or(usual.code),
        };
        options.check()?;
        Ok(options)
    }

    /// All options that are explored for networks of which the first is the one that is computed, each with the events per cycle
    /// that are tried. With weights in memory, neurons do not take turns.
    pub(super) fn grid(
        &self,
        networks: &[&Network],
        from_memory: bool,
    ) -> Result<Vec<(Options, Vec<usize>)>> {
        let Some(network) = networks.first() else {
            return Err(Error::input("there is no network to choose sizes for"));
        };
        let usual = Options::sensible(network);
        let large = synapses(network) > LARGE;
        let pick = |own: Option<usize>, few: &[usize], all: &[usize]| match own {
            Some(own) => vec![own],
            None if large => few.to_vec(),
            None => all.to_vec(),
        };
        let mut lanes = pick(self.lanes, &LARGE_LANES, &LANES);
        if self.lanes.is_none() {
            // More lanes than any layer has outputs would only wait.
            let widest = networks.iter().map(|network| options::widest(network)).max().unwrap_or(1);
            let widest = widest.next_multiple_of(FIRE_LANES[0]);
            lanes.retain(|&lanes| lanes < widest);
            lanes.extend([usual.lanes, widest.min(LANES[LANES.len() - 1])]);
            lanes.sort_unstable();
            lanes.dedup();
        }
        let mut fire_lanes = pick(self.fire_lanes, &LARGE_FIRE_LANES, &FIRE_LANES);
        let fetch_widths = pick(self.fetch_width, &LARGE_FETCH_WIDTHS, &FETCH_WIDTHS);
        let spikes = self.spikes.map_or(SPIKES.to_vec(), |own| vec![own]);
        let code = self.code.unwrap_or(usual.code);
        if self.fire_lanes.is_none() && !large && !from_memory && code == SpikeCode::Radix {
            fire_lanes.extend(TURNS);
        }
        let mut all = Vec::new();
        for &lanes in &lanes {
            for &fire_lanes in &fire_lanes {
                // What is given is taken as it is.
                let turns = self.fire_lanes.is_none() && TURNS.contains(&fire_lanes);
                let small =
                    |own: Option<usize>, size: usize, most: usize| !turns || own.is_some() || size <= most;
                if !small(self.lanes, lanes, TURNS_LANES) {
                    continue;
                }
                let tried: Vec<usize> =
                    spikes.iter().copied().filter(|&n| small(self.spikes, n, TURNS_SPIKES)).collect();
                for &fetch_width in
                    fetch_widths.iter().filter(|&&n| small(self.fetch_width, n, TURNS_FETCH_WIDTH))
                {
                    let row_lanes = self.row_lanes.unwrap_or(Options::usual_row_lanes(fire_lanes));
                    let spikes = tried.first().copied().unwrap_or(1);
                    let options = Options { lanes, spikes, fire_lanes, fetch_width, row_lanes, code };
                    all.push((options, tried.clone()));
                }
            }
        }
        let problem = all.first().and_then(|(first, _)| first.check().err());
        all.retain(|(options, _)| options.check().is_ok());
        match (all.is_empty(), problem) {
            (true, Some(problem)) => Err(problem),
            (true, None) => Err(Error::input("there are no sizes to choose from")),
            (false, _) => Ok(all),
        }
    }
}
