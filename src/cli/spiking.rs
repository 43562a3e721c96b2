//! Options of networks that spike already.

use clap::Args as ClapArgs;

use crate::nir::{Neurons, Options, Samples};

/// What NIR files do not say.
#[derive(ClapArgs)]
pub struct SpikingArgs {
    /// Number of time-steps of a sample; for NIR files.
    #[arg(long, value_name = "T")]
    time_steps: Option<usize>,
    /// Length of a time-step, in the unit of the file's time constants; for NIR files.
    #[arg(long, value_name = "DT", default_value_t = Options::DT)]
    dt: f64,
    /// How the framework computes neurons: nir, snntorch, snntorch-zero, spikingjelly or soft; for NIR files.
    #[arg(long, value_name = "RULE")]
    neurons: Option<Neurons>,
    /// Bits of leaks, and of membranes below the threshold, where they are rounded; for NIR files.
    #[arg(long, value_name = "N", default_value_t = Options::MEMBRANE_BITS)]
    membrane_bits: u32,
}

impl SpikingArgs {
    /// The options, with what a sample is.
    pub fn options(&self, samples: Samples) -> Options {
        Options {
            time_steps: self.time_steps,
            dt: self.dt,
            neurons: self.neurons,
            samples,
            input: None,
            weight_bits: None,
            membrane_bits: self.membrane_bits,
        }
    }
}
