//! Arguments that say what a design is balanced for.

use clap::Args as ClapArgs;

use crate::flow::explore::Schedule;

/// What a design is balanced for.
#[derive(ClapArgs, Clone)]
pub struct ScheduleArgs {
    /// Samples whose spikes the pipeline is balanced on: FILE.npy or FILE.npz:NAME, batch first.
    #[arg(long, value_name = "FILE")]
    pub calibrate: Option<String>,
    /// Only the first of them.
    #[arg(long, value_name = "N", default_value_t = 4, requires = "calibrate")]
    pub calibration_samples: usize,
    /// The smallest design that takes so many samples per second.
    #[arg(long, value_name = "N", conflicts_with = "fit", requires = "calibrate")]
    pub fps: Option<f64>,
    /// The fastest design that fits the device; the default where one is named.
    #[arg(long, requires = "calibrate")]
    pub fit: bool,
    /// Clock in MHz that --fps counts on; by default the board's, or 100.
    #[arg(long, value_name = "MHZ")]
    pub clock: Option<f64>,
}

impl ScheduleArgs {
    /// The same for the library.
    pub fn schedule(&self) -> Schedule {
        Schedule {
            calibrate: self.calibrate.clone(),
            calibration_samples: Some(self.calibration_samples),
            fps: self.fps,
            fit: self.fit,
            clock_mhz: self.clock,
        }
    }
}
