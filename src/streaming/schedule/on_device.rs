//! Memory of a design on a device: block memory, UltraRAM, look-up tables.

use super::cost::estimate;
use super::lut_offload::lut_offload;
use crate::hardware::{Figures, has_ultra_ram, needs, short_of_memory, usage};
use crate::streaming::design::Design;
use crate::target::{Device, Short};

/// A design with its area.
pub(super) struct OnDevice {
    /// The design.
    pub design: Design,
    /// Its area, scaled.
    pub figures: Figures,
}

impl OnDevice {
    /// Whether the device holds it.
    pub fn fits(&self, device: &Device) -> bool {
        short(&self.figures, device).is_empty()
    }
}

/// Resources of which a device has too little.
fn short(figures: &Figures, device: &Device) -> Vec<Short> {
    Short::of(needs(figures, device))
}

/// The first of these variants that fits a device: as it is; if only block memory is short, with state in UltraRAM, then
/// also with weights in look-up tables, then with weights in look-up tables alone. If none fits, the variant with the
/// lowest [`usage`]. `scale` turns an estimate into the expected result of synthesis.
pub(super) fn on_device(design: &Design, device: &Device, scale: &dyn Fn(Figures) -> Figures) -> OnDevice {
    let with_area = |design: Design| {
        let figures = scale(estimate(&design, device.family).total);
        OnDevice { design, figures }
    };
    let mut best = with_area(design.clone());
    if !short_of_memory(&short(&best.figures, device), device) {
        return best;
    }
    let memories: &[bool] = if has_ultra_ram(device) { &[true, false] } else { &[false] };
    for &ultra_ram in memories {
        let mut found = with_area(Design { ultra_ram: design.ultra_ram || ultra_ram, ..design.clone() });
        if short_of_memory(&short(&found.figures, device), device) && lut_offload(&mut found.design, device) {
            found = with_area(found.design);
        }
        if found.fits(device) {
            return found;
        }
        if usage(&found.figures, device) < usage(&best.figures, device) {
            best = found;
        }
    }
    best
}

/// The design with some of its memory elsewhere, if it fits a device so, and without only block memory is short.
pub fn lut_offloaded(design: &Design, device: &Device) -> Option<Design> {
    if short(&estimate(design, device.family).total, device).is_empty() {
        return None;
    }
    let found = on_device(design, device, &|figures| figures);
    found.fits(device).then_some(found.design)
}
