//! The best of some foldings of a network in a device.

use crate::error::Result;
use crate::integer::Network;
use crate::streaming::design::{Joins, Options, plan};
use crate::streaming::schedule::{Figures, estimate, has_ultra_ram, lut_offload, needs, short_of_memory};
use crate::target::{Device, Short};

/// Lanes that are tried, the same in every layer.
const LANES: [usize; 6] = [32, 16, 8, 4, 2, 1];

/// What synthesis found for each unit of an estimate.
pub(super) struct Ratios([f64; 5]);

impl Default for Ratios {
    fn default() -> Self {
        Self([1.0; 5])
    }
}

impl Ratios {
    /// Of what a design takes, to what it is reckoned to take.
    pub fn of(used: &Figures, estimated: &Figures) -> Self {
        let ratio = |used: u64, estimated: u64| match estimated {
            0 => 1.0,
            estimated => used as f64 / estimated as f64,
        };
        Self([
            ratio(used.lut, estimated.lut),
            ratio(used.ff, estimated.ff),
            ratio(used.bram, estimated.bram),
            ratio(used.dsp, estimated.dsp),
            ratio(used.uram, estimated.uram),
        ])
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts, not below 0")]
    fn apply(&self, figures: Figures) -> Figures {
        let of = |n: usize, count: u64| (count as f64 * self.0[n]).ceil() as u64;
        Figures {
            lut: of(0, figures.lut),
            ff: of(1, figures.ff),
            bram: of(2, figures.bram),
            dsp: of(3, figures.dsp),
            uram: of(4, figures.uram),
        }
    }
}

/// A folding, and what it takes.
pub(super) struct Folding {
    pub lanes: usize,
    pub figures: Figures,
    pub fits: bool,
}

/// Of designs with the same lanes everywhere and the smallest FIFOs the one with most lanes that fits; if none does, the
/// one whose worst resource is the least short.
pub(super) fn best(model: &str, network: &Network, device: &Device, ratios: &Ratios) -> Result<Folding> {
    let mut best: Option<(f64, Folding)> = None;
    for lanes in LANES {
        // State in UltraRAM where that is needed.
        for ultra_ram in [false, true].into_iter().take(1 + usize::from(has_ultra_ram(device))) {
            let options = Options { joins: Joins::Minimal, ultra_ram, ..Options::uniform(lanes) };
            let mut design = plan(model, network, &options)?;
            let mut figures = ratios.apply(estimate(&design, device.family).total);
            if short_of_memory(&Short::of(needs(&figures, device)), device)
                && lut_offload(&mut design, device)
            {
                figures = ratios.apply(estimate(&design, device.family).total);
            }
            let worst = needs(&figures, device).into_iter().fold(0.0_f64, |worst, (_, needed, there)| {
                worst.max(if needed == 0 { 0.0 } else { needed as f64 / there as f64 })
            });
            let fits = worst <= 1.0;
            if fits {
                return Ok(Folding { lanes, figures, fits });
            }
            if best.as_ref().is_none_or(|(least, _)| worst < *least) {
                best = Some((worst, Folding { lanes, figures, fits }));
            }
        }
    }
    let none = || crate::error::Error::input("there is no folding to try");
    best.map(|(_, folding)| folding).ok_or_else(none)
}
