//! The simulator's run time as crate `verilated` compiles it into this program, for a model that is linked into it,
//! too, instead of one that [`super::Bench`] builds and loads. Only with the cargo feature `verilated`, which needs
//! Verilator when this program is compiled; `docs/decisions.md` says how.

use std::path::{Path, PathBuf};

use verilated::RandomMode;
use verilated::vcd::Vcd;

use crate::error::{Error, Result};

/// Settings for every model in the program. They must be made before the first model is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether registers hold random values before reset, as in [`super::Bench`], instead of zeros.
    pub random_start: bool,
    /// Whether waveforms may be written.
    pub waveforms: bool,
}

impl Settings {
    /// Applies these settings.
    pub fn apply(self) {
        let mode = if self.random_start { RandomMode::Randomize } else { RandomMode::AllZeros };
        verilated::set_rand_reset(mode);
        if self.waveforms {
            verilated::trace_ever_on(true);
        }
    }
}

/// Version string of the run time: `5.006 2023-01-22`.
pub fn version() -> String {
    verilated::product_version().to_string_lossy().into_owned()
}

/// Whether registers hold random values before reset.
pub fn has_random_start() -> bool {
    verilated::rand_reset() == RandomMode::Randomize
}

/// Whether a model has come to `$finish`.
pub fn has_finished() -> bool {
    verilated::got_finish()
}

/// A waveform file. It contains the signals of the models that trace into it.
pub struct Waveform {
    vcd: Vcd,
    path: PathBuf,
}

impl Waveform {
    /// Begins a file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(path: &Path) -> Result<Self> {
        let mut vcd = Vcd::default();
        vcd.open(path).map_err(|e| Error::io("write", path, &e))?;
        Ok(Self { vcd, path: path.to_owned() })
    }

    /// Writes the state at this time, in nanoseconds.
    pub fn dump(&mut self, nanoseconds: u64) {
        self.vcd.dump(nanoseconds);
    }

    /// Writes everything so far to the disk.
    pub fn flush(&mut self) {
        self.vcd.flush();
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
