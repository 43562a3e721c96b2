//! Goal of a design that is chosen, and the samples that it is chosen with.

use super::load;
use crate::error::{Error, Result};
use crate::hardware::{RANDOM_SAMPLES, RandomSamples};
use crate::report::Spikes;
use crate::snn::Model;
use crate::target::Target;

/// Goal of a balanced design.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    /// Samples whose spikes the pipeline is balanced on: FILE.npy or FILE.npz:NAME, batch first. Random ones if not given.
    pub calibrate: Option<String>,
    /// Maximum number of samples.
    pub calibration_samples: Option<usize>,
    /// Take the smallest design with this number of samples per second.
    pub fps: Option<f64>,
    /// Take the fastest design that fits the device; the default if a device is given.
    pub fit: bool,
    /// Take the fastest design with at most this number of look-up tables, by the estimate.
    pub luts: Option<u64>,
    /// Clock in MHz for `fps`; default: the clock of the board, or 100.
    pub clock_mhz: Option<f64>,
    /// Never the smallest FIFOs where paths meet again, even where nothing else fits the device.
    pub keep_joins: bool,
}

impl Schedule {
    /// Whether a design is to be chosen.
    pub fn has_goal(&self) -> bool {
        self.fps.is_some() || self.fit || self.luts.is_some()
    }
}

/// The samples whose spikes are measured, and what they are.
pub(super) fn samples(model: &Model, schedule: &Schedule) -> Result<(Vec<Vec<i32>>, Spikes)> {
    if let Some(location) = &schedule.calibrate {
        let inputs = load::inputs(location, model, schedule.calibration_samples)?;
        let samples = (0..inputs.len()).map(|n| inputs.sample(n)).collect();
        return Ok((samples, Spikes::Measured { samples: inputs.len() }));
    }
    let (shape, _) = load::sample_form(model)?;
    let samples = RandomSamples::new(shape.len(), model.raw_range());
    let samples = match model.background() {
        Some(element) => samples.with_background(element),
        None => samples,
    };
    Ok((samples.take(RANDOM_SAMPLES).collect(), Spikes::Synthetic { samples: RANDOM_SAMPLES }))
}

/// Most cycles per sample, if a number of samples per second is asked for.
pub(super) fn most_cycles(schedule: &Schedule, target: Option<&Target>) -> Result<Option<f64>> {
    match schedule.fps {
        None => Ok(None),
        Some(fps) if fps.is_finite() && fps > 0.0 => Ok(Some(clock(schedule, target)? / fps)),
        Some(fps) => Err(Error::input(format!("{fps} samples per second; it must be above 0"))),
    }
}

/// Clock in Hz.
pub(super) fn clock(schedule: &Schedule, target: Option<&Target>) -> Result<f64> {
    match schedule.clock_mhz {
        Some(mhz) if mhz.is_finite() && mhz > 0.0 => Ok(1e6 * mhz),
        Some(mhz) => Err(Error::input(format!("a clock of {mhz} MHz; it must be above 0"))),
        None => Ok(target.and_then(Target::board).map_or(1e8, |board| board.clock_hz as f64)),
    }
}
