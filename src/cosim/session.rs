//! The simulation loop: sends samples, receives reports, compares.

use std::time::Instant;

use super::deadlock::DeadlockDetector;
use super::dut::Dut;
use super::ffi::Simulator;
use super::frames::FrameCheck;
use super::pins::{Pins, Window};
use super::report::{Report, Tally};
use super::{Options, Progress, registers};
use crate::architecture::{Loadable, Observer};
use crate::data::Inputs;
use crate::error::Result;
use crate::golden::Limits;
use crate::hardware::{Compared, Counter, FirstMismatch, StageEntry, Stop, What};
use crate::registers::MEMORY_LOST;

/// Cycles between two reads of the tap reports.
const LOOK: u64 = 2048;
/// Cycles of reset.
const RESET: u64 = 8;
/// Cycles in which two samples come out, whatever happens.
const PATIENCE: u64 = 400_000;
/// Cycles without a transfer after which the pipeline is taken to be empty.
const EMPTY: u64 = 1024;

/// A run.
pub(super) struct Session<'a> {
    dut: &'a Dut,
    inputs: &'a Inputs,
    options: Options,
    pins: Pins,
    /// Without comparisons there is no golden model: for a waveform, the same cycles are simulated again.
    checks: Option<(Observer<'a>, FrameCheck)>,
    deadlock: DeadlockDetector,
    tally: Tally,
    /// Buffers.
    words: Vec<u64>,
    raw: Vec<i32>,
    next_look: u64,
}

impl<'a> Session<'a> {
    /// A run that compares everything or, with a window, writes a waveform.
    pub fn new(
        dut: &'a Dut,
        inputs: &'a Inputs,
        options: &Options,
        simulator: Simulator,
        window: Option<Window>,
    ) -> Result<Self> {
        let pins = Pins::new(simulator, options.stall, window);
        Self::with(dut, inputs, options, pins)
    }

    /// A run on pins that are there.
    pub fn with(dut: &'a Dut, inputs: &'a Inputs, options: &Options, pins: Pins) -> Result<Self> {
        let t_max = options.t_max.filter(|&t| t > 0).map(u32::from);
        let limits = Limits { t_max, confidence: options.confidence, class_per_step: false };
        let checks = match pins.has_window() {
            false => {
                let observer = dut.design.observer(&dut.golden, inputs, limits)?;
                Some((observer, FrameCheck::new(dut.design.output())))
            }
            true => None,
        };
        let next_look = pins.cycle + LOOK;
        let mut pins = pins;
        pins.reads_images = dut.manifest.folding.loadable().is_some_and(Loadable::reads_memory);
        Ok(Self {
            dut,
            inputs,
            options: options.clone(),
            pins,
            checks,
            deadlock: DeadlockDetector::new(dut.design.waits()),
            tally: Tally::default(),
            words: Vec::new(),
            raw: Vec::new(),
            next_look,
        })
    }

    /// All samples, from reset to the registers.
    pub fn run(&mut self, progress: &mut dyn FnMut(Progress)) -> Result<(), Stop> {
        self.timed(|session| session.simulate(progress))
    }

    /// All samples of a network that is loaded, with a reset only if it is the `first`, after images that are refused.
    pub fn run_again(&mut self, first: bool, bad: &[(Vec<u32>, u32)]) -> Result<(), Stop> {
        self.timed(|session| {
            if first {
                session.reset()?;
            }
            for (words, error) in bad {
                let status = session.pins.try_load(words)?;
                if status.loaded || status.error != *error {
                    let message = format!("an image with error {error} leads to {status:?}");
                    return Err(FirstMismatch::new(What::Register, session.pins.cycle, message).into());
                }
            }
            session.load()?;
            session.pins.begin_counts()?;
            session.samples(&mut |_| ())
        })
    }

    /// All samples, after responses of the memory that are errors.
    pub fn run_after_failures(&mut self, failures: &[(u64, u32)]) -> Result<(), Stop> {
        self.timed(|session| {
            session.reset()?;
            for &(beats, response) in failures {
                session.load()?;
                session.fail(beats, response)?;
            }
            session.load()?;
            session.pins.begin_counts()?;
            session.samples(&mut |_| ())
        })
    }

    /// Two samples, of which the results are not looked at, because the memory fails after so many beats.
    fn fail(&mut self, beats: u64, response: u32) -> Result<(), Stop> {
        let hangs = |pins: &Pins, what: &str| -> Result<(), Stop> {
            let message = format!("{what} after an error of the memory");
            Err(FirstMismatch::new(What::Order, pins.cycle, message).into())
        };
        self.pins.fail_memory(beats, response);
        let last = self.pins.cycle + PATIENCE;
        'samples: for sample in 0..2.min(self.inputs.len()) {
            self.queue(sample);
            while self.pins.is_sending() && self.pins.cycle < last {
                for _ in 0..64 {
                    self.pins.cycle()?;
                }
                // After the error no sample begins.
                if !self.pins.has_begun() && self.pins.is_broken()? && !self.pins.has_begun() {
                    self.pins.next_sample();
                    break 'samples;
                }
            }
        }
        while self.pins.counts.samples_out < self.pins.counts.samples_in && self.pins.cycle < last {
            self.pins.cycle()?;
        }
        if self.pins.cycle >= last {
            return hangs(&self.pins, "samples do not come out");
        }
        // The stream of weights goes on until the error.
        while !self.pins.is_broken()? {
            if self.pins.cycle >= last {
                return hangs(&self.pins, "the status does not tell");
            }
        }
        self.words.clear();
        self.pins.take_taps(&mut self.words);
        self.words.clear();
        self.pins.words.clear();
        Ok(())
    }

    /// The pins, for another run.
    pub fn into_pins(self) -> Pins {
        self.pins
    }

    fn timed(&mut self, run: impl FnOnce(&mut Self) -> Result<(), Stop>) -> Result<(), Stop> {
        let start = Instant::now();
        let result = run(self);
        self.tally.seconds = start.elapsed().as_secs_f64();
        // Earlier reports of the taps come first.
        match (self.look(), result) {
            (Err(Stop::Mismatch(seen)), Err(Stop::Mismatch(other))) if other.cycle < seen.cycle => {
                Err(Stop::Mismatch(other))
            }
            (Err(stop), _) | (Ok(()), Err(stop)) => Err(stop),
            (Ok(()), Ok(())) => Ok(()),
        }
    }

    fn reset(&mut self) -> Result<(), Stop> {
        for _ in 0..RESET {
            self.pins.cycle()?;
        }
        self.pins.drive.rst = 0;
        Ok(())
    }

    /// Loads the network, if networks are loaded.
    fn load(&mut self) -> Result<(), Stop> {
        match self.options.image.as_ref().or(self.dut.image.as_ref()) {
            Some(words) => self.pins.load(words),
            None => Ok(()),
        }
    }

    fn simulate(&mut self, progress: &mut dyn FnMut(Progress)) -> Result<(), Stop> {
        self.reset()?;
        self.load()?;
        self.samples(progress)
    }

    /// All samples, from the registers to the registers.
    fn samples(&mut self, progress: &mut dyn FnMut(Progress)) -> Result<(), Stop> {
        let stages = self.dut.counted().count();
        self.tally.registers += registers::begin(&mut self.pins, stages, &self.options)?;

        let samples = self.inputs.len();
        for sample in 0..samples {
            self.begin_sample(sample)?;
            while self.pins.is_sending() {
                self.step(progress)?;
            }
        }
        while self.pins.counts.samples_out < samples as u64 {
            self.step(progress)?;
        }
        // A repetition that T_max has cut short may still be sending.
        while self.pins.cycle < self.deadlock.last_move(&self.pins) + EMPTY {
            self.step(progress)?;
        }
        self.look()?;
        self.end(progress)
    }

    /// Queues the beats of a sample and runs the golden model on it.
    fn begin_sample(&mut self, sample: usize) -> Result<(), Stop> {
        self.queue(sample);
        if let Some((observer, frames)) = &mut self.checks {
            let result = observer.begin_sample()?;
            self.tally.sample(&result);
            frames.expect(&result);
        }
        Ok(())
    }

    /// Queues the beats of a sample.
    fn queue(&mut self, sample: usize) {
        self.inputs.fill(sample, &mut self.raw);
        let input = self.dut.design.input();
        let bits = input.element_bits;
        let mask = (1u64 << bits) - 1;
        let beats = self.pins.next_sample();
        for row in self.raw.chunks(input.row) {
            for chunk in row.chunks(input.beat_lanes) {
                let lane = |beat: u64, (j, &q): (u32, &i32)| {
                    beat & !(mask << (bits * j)) | (i64::from(q).cast_unsigned() & mask) << (bits * j)
                };
                // Lanes beyond the sample may hold anything.
                beats.push((0..).zip(chunk).fold(u64::MAX, lane));
            }
        }
    }

    /// One cycle; periodically reads the reports.
    fn step(&mut self, progress: &mut dyn FnMut(Progress)) -> Result<(), Stop> {
        self.pins.cycle()?;
        if self.pins.cycle >= self.next_look {
            self.next_look = self.pins.cycle + LOOK;
            self.look()?;
            self.deadlock.check(&self.pins)?;
            let done = usize::try_from(self.pins.counts.samples_out).unwrap_or(usize::MAX);
            progress(Progress::Running { done, samples: self.inputs.len() });
        }
        Ok(())
    }

    /// Compares the reports.
    fn look(&mut self) -> Result<(), Stop> {
        self.words.clear();
        self.pins.take_taps(&mut self.words);
        let Some((observer, frames)) = &mut self.checks else {
            self.pins.words.clear();
            return Ok(());
        };
        let beats = observer.check(&self.words);
        let frames = self.pins.words.drain(..).try_for_each(|word| frames.check(word));
        match (beats, frames) {
            (Err(Stop::Mismatch(beat)), Err(word)) if word.cycle < beat.cycle => return Err(word.into()),
            (Err(stop), _) => return Err(stop),
            (Ok(()), frames) => frames?,
        }
        Ok(())
    }

    /// Checks after the last sample for missing reports, and compares the counters.
    fn end(&mut self, progress: &mut dyn FnMut(Progress)) -> Result<(), Stop> {
        let dut = self.dut;
        let counted: Vec<(usize, &StageEntry)> = dut.counted().collect();
        let counts = self.pins.counts.clone();
        let Some((observer, frames)) = &self.checks else {
            // Nothing is compared with these.
            let counters = vec![Counter::default(); dut.manifest.stages.len()];
            registers::end(&mut self.pins, &counts, &counters, &counted, false)?;
            return Ok(());
        };
        if frames.sample != self.inputs.len() || !observer.is_complete() {
            let message = "the pipeline is empty, but not everything has come out of it";
            return Err(FirstMismatch::new(What::Order, self.pins.cycle, message).into());
        }
        let counters = observer.counters();
        // After a stop by confidence stages go on for a while: how long depends on pauses.
        let counted = if self.options.confidence.is_some() { &[][..] } else { &counted };
        self.tally.registers += registers::end(&mut self.pins, &counts, &counters, counted, true)?;
        if self.pins.reads_images {
            self.tally.registers += registers::memory(&mut self.pins)?;
            self.tally.lost = self.pins.read_register(MEMORY_LOST.offset)?;
        }
        self.tally.complete = true;
        progress(Progress::Running { done: self.inputs.len(), samples: self.inputs.len() });
        Ok(())
    }

    /// Completes a waveform after an early end of the run.
    pub fn end_waveform(&mut self) {
        self.pins.end_window();
    }

    /// The figures so far.
    pub fn report(&self) -> Report {
        let (counters, compared, adders) = match &self.checks {
            Some((observer, _)) => (observer.counters(), observer.compared(), observer.adders()),
            None => (Vec::new(), Compared::default(), None),
        };
        let report = Report::new(self.dut, &self.options, &self.pins, &counters, &self.tally, compared);
        Report { adders: adders.filter(|_| self.tally.complete), ..report }
    }
}
