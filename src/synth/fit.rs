//! Whether a design fits a device: needed and available resources.

use serde::Serialize;

use super::figures::Figures;
use crate::error::{Error, Result};
use crate::target::{Device, Short};

/// Comparison of a design with a device.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fit {
    /// The device's part.
    pub device: String,
    /// Whether the design fits.
    pub fits: bool,
    /// Each resource.
    pub resources: Vec<Resource>,
}

/// One resource.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Resource {
    /// Its name.
    pub name: String,
    /// How many the design needs.
    pub used: u64,
    /// How many the device has.
    pub available: u64,
    /// Used of available in percent; `None` if the device has none.
    pub percent: Option<f64>,
}

impl Fit {
    /// Compares the resources of a design with those of a device.
    pub fn of(figures: &Figures, device: &Device) -> Self {
        let mut resources = Vec::new();
        let mut add = |name: &str, used: u64, available: u64| {
            if used > 0 || available > 0 {
                let percent = (available > 0).then(|| 100.0 * used as f64 / available as f64);
                resources.push(Resource { name: name.to_owned(), used, available, percent });
            }
        };
        add("LUT", figures.lut, device.luts);
        add("LUT as memory", figures.lutram, device.lutrams);
        add("FF", figures.ff, device.ffs);
        let has = |kind: &str| device.memory(kind).map_or(0, |memory| memory.count);
        for kind in [device.family.bram_unit(), "URAM288", "SB_SPRAM256KA"] {
            let used = match kind {
                "URAM288" => figures.uram,
                "SB_SPRAM256KA" => figures.other.get(kind).copied().unwrap_or(0),
                _ => figures.bram,
            };
            add(kind, used, has(kind));
        }
        add(&device.dsps.kind, figures.dsp, device.dsps.count);
        let fits = resources.iter().all(|resource| resource.used <= resource.available);
        Self { device: device.part.clone(), fits, resources }
    }

    /// Resources of which too little is available.
    pub fn short(&self) -> Vec<Short> {
        Short::of(self.resources.iter().map(|r| (r.name.as_str(), r.used, r.available)))
    }

    /// `Ok` if the design fits.
    ///
    /// # Errors
    /// A failed check that names the resources and the excess.
    pub fn check(&self) -> Result<()> {
        if self.fits {
            return Ok(());
        }
        let short = Short::list(&self.short());
        Err(Error::check(format!("the design does not fit {} ({short})", self.device))
            .fix("build with fewer --lanes, --join-fifos minimal or for a larger device, or `snn2rtl compact` the model"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_is_named() {
        let device = Device::find("xc7a35t").unwrap();
        let mut figures = Figures { lut: 20_800, ff: 100, bram: 50, dsp: 90, ..Figures::default() };
        let fit = Fit::of(&figures, &device);
        assert!(fit.fits && fit.check().is_ok());
        let names: Vec<_> = fit.resources.iter().map(|r| (r.name.as_str(), r.percent.unwrap())).collect();
        assert_eq!(names[0], ("LUT", 100.0));
        assert_eq!(names[3], ("RAMB18", 50.0));
        figures.lut += 1;
        figures.dsp += 10;
        let error = Fit::of(&figures, &device).check().unwrap_err();
        assert_eq!(error.exit_code(), 1);
        for words in ["xc7a35t", "LUT 20,801 of 20,800 (0.1 % too many)", "DSP48E1 100 of 90 (11 % too many)"]
        {
            assert!(error.problem.contains(words), "{error}");
        }
    }

    #[test]
    fn large_memories_count_and_what_is_not_there_is_short() {
        let up5k = Device::find("ice40up5k").unwrap();
        let mut figures = Figures::default();
        figures.other.insert("SB_SPRAM256KA".to_owned(), 5);
        assert!(Fit::of(&figures, &up5k).check().unwrap_err().problem.contains("SB_SPRAM256KA 5 of 4"));
        let figures = Figures { uram: 97, ..Figures::default() };
        let zcu104 = Device::find("xczu7ev").unwrap();
        assert!(Fit::of(&figures, &zcu104).check().unwrap_err().problem.contains("URAM288 97 of 96"));
        let none = Fit::of(&figures, &up5k);
        assert!(!none.fits && none.resources.iter().any(|r| r.name == "URAM288" && r.percent.is_none()));
    }
}
