//! The best of a few uniform designs of a network on a device.

use super::cost::estimate;
use super::lut_offload::lut_offload;
use crate::error::Result;
use crate::hardware::{Figures, Smallest, has_ultra_ram, needs, short_of_memory};
use crate::integer::Network;
use crate::streaming::design::{Joins, Options, plan};
use crate::target::{Device, Short};

/// Numbers of lanes that are tried, the same in every layer.
const LANES: [usize; 6] = [32, 16, 8, 4, 2, 1];

/// The foldings that are tried, those with most lanes first: the smallest FIFOs, state in UltraRAM only where that is needed.
pub(super) fn uniform(device: &Device) -> impl Iterator<Item = Options> {
    let memories = 1 + usize::from(has_ultra_ram(device));
    LANES.into_iter().flat_map(move |lanes| {
        let with = move |ultra_ram| Options { joins: Joins::Minimal, ultra_ram, ..Options::uniform(lanes) };
        [false, true].into_iter().take(memories).map(with)
    })
}

/// Of designs with the same lanes everywhere and the smallest FIFOs the one with most lanes that fits; if none does, the
/// one whose worst resource is the least short. `scale` turns an estimate into what synthesis is expected to find.
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
    for options in uniform(device) {
        let lanes = options.lanes;
        let mut design = plan(model, network, &options)?;
        let mut figures = scale(estimate(&design, device.family).total);
        if short_of_memory(&Short::of(needs(&figures, device)), device) && lut_offload(&mut design, device) {
            figures = scale(estimate(&design, device.family).total);
        }
        let worst = needs(&figures, device).into_iter().fold(0.0_f64, |worst, (_, needed, there)| {
            worst.max(if needed == 0 { 0.0 } else { needed as f64 / there as f64 })
        });
        let fits = worst <= 1.0;
        if fits {
            return Ok(Smallest { lanes, figures, fits });
        }
        if best.as_ref().is_none_or(|(least, _)| worst < *least) {
            best = Some((worst, Smallest { lanes, figures, fits }));
        }
    }
    let none = || crate::error::Error::input("there is no folding to try");
    best.map(|(_, smallest)| smallest).ok_or_else(none)
}
