//! Co-simulation: the RTL of a build folder against the golden model, cycle by cycle, in one process.
//!
//! Verilator turns the build folder into a shared library (`verilate.rs`), which is loaded (`ffi.rs`: everything
//! `unsafe`) and clocked (`pins.rs`). Samples follow each other without a gap, so several are inside at a time. Taps
//! that are attached to the hardware from outside report every beat of every neuron array and every change that the
//! readout takes; each is compared with what the golden model does at the same position, then the result frames, then the
//! registers.
//!
//! | file | contents |
//! |---|---|
//! | `dut.rs` | what a build folder claims to be: design and golden model |
//! | `verilate.rs`, `ffi.rs` | the library and the boundary to it |
//! | `pins.rs`, `axi_lite.rs`, `stall.rs` | clock, streams, registers, random pauses |
//! | `load.rs` | networks that are loaded over the registers |
//! | `frames.rs`, `registers.rs` | comparisons at the interfaces; those inside are the architecture's |
//! | `session.rs`, `deadlock.rs` | the loop, and what notices that nothing moves |
//! | `report.rs`, `saved.rs` | what comes out, and how it is kept |
//! | `clients/` | the interfaces under clients of cocotbext-axi |
//! | `linked.rs` | cargo feature `verilated`: the simulator's run time linked into the program |

mod axi_lite;
pub mod clients;
mod deadlock;
mod dut;
mod ffi;
mod frames;
#[cfg(feature = "verilated")]
pub mod linked;
mod load;
mod pins;
mod registers;
mod report;
mod saved;
mod session;
mod stall;
mod verilate;

use std::path::{Path, PathBuf};

pub use crate::hardware::{FirstMismatch, NeuronState, What};
pub use report::{MemoryUse, Report, Sample, Spread, StageWork, Stops};
pub use saved::{FORMAT_VERSION, load, path, save};

use crate::data::Inputs;
use crate::error::{Error, Result};
use crate::folder;
use crate::golden::Confidence;
use crate::hardware::Stop;
use crate::snn::Model;
use dut::Dut;
use ffi::Simulator;
use pins::{Pins, Window};
use session::Session;
use verilate::Verilated;

/// How to simulate.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Random pauses on every stream, from this seed; without, everything is always ready.
    pub stall: Option<u64>,
    /// Time-steps allowed per sample; none or 0 for no limit.
    pub t_max: Option<u16>,
    /// Stop a sample as soon as this holds.
    pub confidence: Option<Confidence>,
    /// Where a waveform around the first mismatch goes; `sim/mismatch.vcd` in the build folder by default.
    pub trace: Option<PathBuf>,
    /// Words that are loaded, where networks are loaded into the hardware: those of the network by default.
    pub image: Option<Vec<u32>>,
}

/// A network that is loaded, and its samples.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The network.
    pub model: &'a Model,
    /// Its samples.
    pub inputs: &'a Inputs,
    /// Images that the core must refuse before, with these error codes; 0 for one that is not complete.
    pub bad: &'a [(Vec<u32>, u32)],
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Verilator and the compiler are at work.
    Building,
    /// What Verilator has written is being compiled.
    Compiling {
        /// Files that are done, about.
        done: usize,
        /// All files.
        files: usize,
    },
    /// Samples are going through.
    Running {
        /// Result frames received.
        done: usize,
        /// Samples in all.
        samples: usize,
    },
    /// There was a mismatch: the simulation is built and run again, to write a waveform of it.
    Waveform,
}

/// Cycles of the waveform before and after a mismatch.
const WINDOW: (u64, u64) = (200, 50);

/// Runs the samples through the hardware in `build` and compares everything with the golden model. The first mismatch
/// ends the run; it is part of the report, not an error.
///
/// # Errors
/// When `build` is not a build folder, the samples do not fit, or Verilator, compiler or make are missing or fail.
pub fn run(
    build: &Path,
    inputs: &Inputs,
    options: &Options,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report> {
    run_model(build, None, inputs, options, progress)
}

/// The same; another model, if one is given, is loaded into the hardware.
///
/// # Errors
/// As [`run`]; and when the model does not fit the hardware, or the hardware refuses the image.
pub fn run_model(
    build: &Path,
    model: Option<&Model>,
    inputs: &Inputs,
    options: &Options,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report> {
    let dut = Dut::load_model(build, model)?;
    dut.check_inputs(inputs, options)?;
    Bench::verilate(dut, progress)?.run(inputs, options, progress)
}

/// The hardware of a build folder, compiled: for several runs of the same.
pub struct Bench {
    dut: Dut,
    model: Verilated,
}

impl Bench {
    /// Compiles the hardware in `build`.
    ///
    /// # Errors
    /// When it is not a build folder, or Verilator, compiler or make are missing or fail.
    pub fn new(build: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Self> {
        Self::verilate(Dut::load(build)?, progress)
    }

    /// Compiles the hardware in `build`, into which another model is loaded.
    ///
    /// # Errors
    /// As [`Self::new`]; and when networks cannot be loaded into the hardware, or the model does not fit it.
    pub fn of_model(build: &Path, model: &Model, progress: &mut dyn FnMut(Progress)) -> Result<Self> {
        Self::verilate(Dut::load_model(build, Some(model))?, progress)
    }

    /// Runs networks one after the other in one simulation, which is reset once; a run for each. Before each network, the core
    /// must refuse its `bad` images, each with this error code. The first mismatch ends everything.
    ///
    /// # Errors
    /// As [`Self::run`]; and when a bad image is taken, or a good one is not.
    pub fn run_in_turn(&mut self, runs: &[Run<'_>], stall: Option<u64>) -> Result<Vec<Report>> {
        let duts: Vec<Dut> = runs
            .iter()
            .map(|run| Dut::load_model(&self.dut.build, Some(run.model)))
            .collect::<Result<_>>()?;
        let options = Options { stall, ..Options::default() };
        let simulator = Simulator::open(&self.model.library, &self.model.images, stall)?;
        let mut pins = Pins::new(simulator, stall, None);
        let mut reports = Vec::new();
        for (number, (run, dut)) in runs.iter().zip(&duts).enumerate() {
            dut.check_inputs(run.inputs, &options)?;
            let mut session = Session::with(dut, run.inputs, &options, pins)?;
            let ended = session.run_again(number == 0, run.bad);
            let mut report = session.report();
            match ended {
                Ok(()) | Err(Stop::Enough) => reports.push(report),
                Err(Stop::Error(error)) => return Err(error),
                Err(Stop::Mismatch(mismatch)) => {
                    report.mismatches = 1;
                    report.first_mismatch = Some(*mismatch);
                    reports.push(report);
                    return Ok(reports);
                }
            }
            pins = session.into_pins();
        }
        Ok(reports)
    }

    /// Loads the network, sends samples, and lets the memory answer with an error: after so many beats, with this response. The
    /// samples must come out, and the status must tell. After all failures, the network is loaded again and all samples are
    /// compared. With weights in memory only.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn run_after_failures(
        &mut self,
        inputs: &Inputs,
        failures: &[(u64, u32)],
        stall: Option<u64>,
    ) -> Result<Report> {
        self.dut.check_inputs(inputs, &Options::default())?;
        let options = Options { stall, ..Options::default() };
        let simulator = Simulator::open(&self.model.library, &self.model.images, stall)?;
        let mut session = Session::new(&self.dut, inputs, &options, simulator, None)?;
        let ended = session.run_after_failures(failures);
        let mut report = session.report();
        match ended {
            Ok(()) | Err(Stop::Enough) => {}
            Err(Stop::Error(error)) => return Err(error),
            Err(Stop::Mismatch(mismatch)) => {
                report.mismatches = 1;
                report.first_mismatch = Some(*mismatch);
            }
        }
        Ok(report)
    }

    fn verilate(dut: Dut, progress: &mut dyn FnMut(Progress)) -> Result<Self> {
        progress(Progress::Building);
        let model = verilate::build(&dut.build, &dut.manifest, false, progress)?;
        Ok(Self { dut, model })
    }

    /// Runs samples, as [`run`] does. One run at a time: the simulator has one state.
    ///
    /// # Errors
    /// When the samples do not fit, or the waveform of an earlier run cannot be removed.
    pub fn run(
        &mut self,
        inputs: &Inputs,
        options: &Options,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Report> {
        let dut = &self.dut;
        dut.check_inputs(inputs, options)?;
        let waveform = options.trace.clone().unwrap_or_else(|| dut.build.join("sim/mismatch.vcd"));
        // A file of an earlier run could be mistaken for one of this run.
        match std::fs::remove_file(&waveform) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::io("remove", &waveform, &e));
            }
            _ => {}
        }
        let simulator = Simulator::open(&self.model.library, &self.model.images, options.stall)?;
        let mut session = Session::new(dut, inputs, options, simulator, None)?;
        let ended = session.run(progress);
        let mut report = session.report();
        // There can be one simulator at a time.
        drop(session);
        match ended {
            // Without a window there is never enough.
            Ok(()) | Err(Stop::Enough) => {}
            Err(Stop::Error(error)) => return Err(error),
            Err(Stop::Mismatch(mut mismatch)) => {
                progress(Progress::Waveform);
                match record_waveform(dut, inputs, options, mismatch.cycle, &waveform) {
                    Ok(()) => mismatch.waveform = Some(waveform),
                    Err(error) => mismatch.message += &format!("; there is no waveform: {}", error.problem),
                }
                report.mismatches = 1;
                report.first_mismatch = Some(*mismatch);
            }
        }
        Ok(report)
    }
}

/// Runs the same samples again, up to a cycle, and writes a waveform of the cycles around it.
fn record_waveform(dut: &Dut, inputs: &Inputs, options: &Options, cycle: u64, path: &Path) -> Result<()> {
    // Beside its destination, so that it is there as a whole or not at all.
    let error = |e: std::io::Error| Error::io("write", path, &e);
    let mut copy = folder::begin_file(path)?;

    let model = verilate::build(&dut.build, &dut.manifest, true, &mut |_| ())?;
    let simulator = Simulator::open(&model.library, &model.images, options.stall)?;
    let file = model.folder.path().join("window.vcd");
    let window = Window { begin: cycle.saturating_sub(WINDOW.0), end: cycle + WINDOW.1, file: file.clone() };
    let mut session = Session::new(dut, inputs, options, simulator, Some(window))?;
    match session.run(&mut |_| ()) {
        Err(Stop::Error(error)) => return Err(error),
        // The end of the run may come before the end of the window.
        Ok(()) | Err(Stop::Enough | Stop::Mismatch(_)) => session.end_waveform(),
    }
    drop(session);
    let mut source = std::fs::File::open(&file).map_err(|e| Error::io("read", &file, &e))?;
    std::io::copy(&mut source, &mut copy).map_err(error)?;
    folder::finish_file(copy, path)
}
