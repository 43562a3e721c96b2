//! The best of a few uniform designs of a network on a device.

use super::on_device::on_device;
use crate::error::{Error, Result};
use crate::hardware::{Figures, Smallest, usage};
use crate::integer::Network;
use crate::streaming::design::{Joins, Options, plan};
use crate::target::Device;

/// Numbers of lanes that are tried, the same in every layer.
const LANES: [usize; 6] = [32, 16, 8, 4, 2, 1];

/// The foldings that are tried, those with most lanes first, with the smallest FIFOs.
pub(super) fn uniform() -> impl Iterator<Item = Options> {
    LANES.into_iter().map(|lanes| Options { joins: Joins::Minimal, ..Options::uniform(lanes) })
}

/// Of designs with the same lanes everywhere and the smallest FIFOs the one with most lanes that fits; if none does, the
/// one whose scarcest resource is the least short. `scale` turns an estimate into what synthesis is expected to find.
///
/// # Errors
/// When there is no hardware for the network.
pub fn smallest(
    model: &str,
    network: &Network,
    device: &Device,
    scale: &dyn Fn(Figures) -> Figures,
) -> Result<Smallest> {
    let mut best: Option<(f64, Smallest)> = None;
    for options in uniform() {
        let found = on_device(&plan(model, network, &options)?, device, scale);
        let used = usage(&found.figures, device);
        let smallest = Smallest { lanes: options.lanes, fits: found.fits(device), figures: found.figures };
        if smallest.fits {
            return Ok(smallest);
        }
        if best.as_ref().is_none_or(|(least, _)| used < *least) {
            best = Some((used, smallest));
        }
    }
    best.map(|(_, smallest)| smallest).ok_or_else(|| Error::input("there is no folding to try"))
}
