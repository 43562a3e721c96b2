//! Arguments for the goal of a balanced design.

use clap::Args as ClapArgs;

use crate::flow::explore::Schedule;

/// Goal of a balanced design.
#[derive(ClapArgs, Clone)]
pub struct ScheduleArgs {
    /// Samples for measuring spikes, on which the pipeline is balanced: FILE.npy or FILE.npz:NAME, batch first; default:
    /// random samples.
    #[arg(long, value_name = "FILE")]
    pub calibrate: Option<String>,
    /// Use only the first N samples.
    #[arg(long, value_name = "N", default_value_t = 4, requires = "calibrate")]
    pub calibration_samples: usize,
    /// Take the smallest design with this number of samples per second.
    #[arg(long, value_name = "N", conflicts_with_all = ["fit", "luts"])]
    pub fps: Option<f64>,
    /// Take the fastest design that fits the device; the default if a device is given.
    #[arg(long, conflicts_with = "luts")]
    pub fit: bool,
    /// Take the fastest design with at most this number of look-up tables, by the estimate.
    #[arg(long, value_name = "N")]
    pub luts: Option<u64>,
    /// Clock in MHz for --fps; default: the clock of the board, or 100.
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
            luts: self.luts,
            clock_mhz: self.clock,
            keep_joins: false,
        }
    }
}
