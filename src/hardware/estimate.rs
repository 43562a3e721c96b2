//! Estimates of a design before synthesis: cycles and area; comparison of its area with a device.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::target::{Device, Family, Short};

/// The large memories of UltraScale+.
const ULTRA_RAM: &str = "URAM288";

/// Cycles of a design.
#[derive(Clone, Debug, PartialEq)]
pub struct Cycles {
    /// Cycles from the end of one sample to the end of the next; of the only sample, from its begin.
    pub per_sample: f64,
    /// By stage: cycles per sample in which it is busy with rows.
    pub busy: Vec<f64>,
}

impl Cycles {
    /// The stage that is busy longest.
    pub fn busiest(&self) -> Option<usize> {
        (0..self.busy.len()).max_by(|&a, &b| self.busy[a].total_cmp(&self.busy[b]))
    }
}

/// Quantities by name from which the area of an instance is estimated; `ram_lut` and similar ones are the results of
/// memory mapping.
pub type Quantities = BTreeMap<&'static str, f64>;

/// Resources, in the units of one family.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Look-up tables, including those used as memory or taken by carry cells.
    pub lut: u64,
    /// Flip-flops.
    pub ff: u64,
    /// Block memory: RAMB18, DP16KD, or the unit of the family.
    pub bram: u64,
    /// Large memories of UltraScale+ (`URAM288`), in designs that use them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub uram: u64,
    /// Multiplier blocks.
    pub dsp: u64,
}

impl Figures {
    /// Area in look-up tables. Devices of the 7 series have about 250 of them for each multiplier and each RAMB18 (XC7A100T:
    /// 63,400, 240 and 270), so a design that takes all three in this proportion wastes none of them.
    #[must_use]
    pub fn in_luts(&self) -> f64 {
        const LUT_PER_BLOCK: f64 = 250.0;
        self.lut as f64 + LUT_PER_BLOCK * (self.dsp + self.bram) as f64
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "asked for by serde")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl std::ops::Add for Figures {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            lut: self.lut + other.lut,
            ff: self.ff + other.ff,
            bram: self.bram + other.bram,
            uram: self.uram + other.uram,
            dsp: self.dsp + other.dsp,
        }
    }
}

/// Estimate of one instance of the top level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InstanceCost {
    /// The instance's name in the RTL without `u_`, up to what the node's name adds: `input`, `regs`, `link_N`, `sN`.
    pub instance: String,
    /// The library's module.
    pub module: &'static str,
    /// The node that it belongs to; `None` for registers and input.
    #[serde(skip)]
    pub node: Option<String>,
    /// What it takes.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Estimate of a design.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// The family it is estimated for.
    pub family: Family,
    /// Whether logic was calibrated for this family; if not, the coefficients are those of ECP5 (xc7's for
    /// UltraScale+).
    pub calibrated: bool,
    /// The sum over all instances.
    pub total: Figures,
    /// Instance by instance: registers, input, then stages and links by number.
    pub instances: Vec<InstanceCost>,
}

/// Whether a device has large memories for state.
pub fn has_ultra_ram(device: &Device) -> bool {
    device.memory(ULTRA_RAM).is_some()
}

/// Whether block memory is the only resource of which there is too little.
pub fn short_of_memory(short: &[Short], device: &Device) -> bool {
    !short.is_empty() && short.iter().all(|short| short.resource == device.family.bram_unit())
}

/// The used part of the scarcest resource; above 1 if a device has too little of it.
pub fn usage(figures: &Figures, device: &Device) -> f64 {
    let used = |(_, needed, there): (&str, u64, u64)| needed as f64 / (there as f64).max(0.5);
    needs(figures, device).into_iter().map(used).fold(0.0, f64::max)
}

/// Resources by name: needed and available.
/// The large memories of UltraScale+ come last, if needed or available.
pub fn needs<'a>(figures: &Figures, device: &'a Device) -> Vec<(&'a str, u64, u64)> {
    let there = |kind: &str| device.memory(kind).map_or(0, |memory| memory.count);
    let bram = device.family.bram_unit();
    let mut needs = vec![
        ("LUT", figures.lut, device.luts),
        ("FF", figures.ff, device.ffs),
        (bram, figures.bram, there(bram)),
        (device.dsps.kind.as_str(), figures.dsp, device.dsps.count),
    ];
    if figures.uram > 0 || has_ultra_ram(device) {
        needs.push((ULTRA_RAM, figures.uram, there(ULTRA_RAM)));
    }
    needs
}

/// A small design of a network.
pub struct Smallest {
    /// Weights that are added in one cycle, at most.
    pub lanes: usize,
    /// What it takes, scaled.
    pub figures: Figures,
    /// Whether the device holds it.
    pub fits: bool,
}
