//! The pins of the top level: clock and reset, the two AXI4-Streams, and the bookkeeping of what went through them.

use std::collections::VecDeque;
use std::path::PathBuf;

use super::ffi::{In, Link, Out, Simulator};
use super::stall::Stall;
use crate::hardware::{FirstMismatch, Stop, What};
use crate::registers::{CONTROL, Field};

/// A word of a result frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub data: u32,
    pub last: bool,
    pub cycle: u64,
}

/// Cycles of which a waveform is written.
pub(super) struct Window {
    /// First cycle.
    pub begin: u64,
    /// First cycle after it.
    pub end: u64,
    pub file: PathBuf,
}

/// What the hardware's own counters must have counted, and when samples went in and out.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    /// Samples begun and not finished.
    inside: u64,
    pub samples_in: u64,
    pub samples_out: u64,
    pub busy_cycles: u64,
    pub in_stalls: u64,
    pub out_stalls: u64,
    /// Cycles in which the samples inside were begun.
    begins: VecDeque<u64>,
    /// The cycle after the last transfer on either stream.
    pub last_move: u64,
    pub first_begin: Option<u64>,
    pub last_end: Option<u64>,
    /// Of each sample, from its first beat in to its last word out, both included.
    pub latencies: Vec<u64>,
    /// From each last word to the next.
    pub intervals: Vec<u64>,
    /// Beats from memory until the first and until the last result frame ended.
    pub beats: Option<(u64, u64)>,
}

/// The simulated top level with all its pins driven.
pub(super) struct Pins {
    sim: Simulator,
    /// What is driven in the next cycle.
    pub drive: In,
    /// Cycles so far.
    pub cycle: u64,
    pub counts: Counts,
    /// Model images are read from memory.
    pub reads_images: bool,
    /// Beats that came from memory.
    pub memory_beats: u64,
    /// Words that came out and have not been looked at.
    pub words: VecDeque<Word>,
    /// Beats of the sample that goes in, and how many of them have gone.
    beats: Vec<u64>,
    gone: usize,
    in_stall: Stall,
    out_stall: Stall,
    window: Option<Window>,
    tracing: bool,
}

impl Pins {
    /// All pins idle, in reset.
    pub fn new(sim: Simulator, stall: Option<u64>, window: Option<Window>) -> Self {
        Self {
            sim,
            drive: In { rst: 1, s_axi_bready: 1, s_axi_rready: 1, ..In::default() },
            cycle: 0,
            counts: Counts::default(),
            reads_images: false,
            memory_beats: 0,
            words: VecDeque::new(),
            beats: Vec::new(),
            gone: 0,
            in_stall: Stall::new(stall, 1),
            out_stall: Stall::new(stall, 2),
            window,
            tracing: false,
        }
    }

    /// Whether a waveform is to be written.
    pub fn has_window(&self) -> bool {
        self.window.is_some()
    }

    /// Clears what was counted, here and in the hardware.
    pub fn begin_counts(&mut self) -> Result<(), Stop> {
        let run = CONTROL.reset(0);
        let clear = CONTROL.fields.iter().find(|field| field.name == "clear").map_or(0, Field::mask);
        self.write_register(CONTROL.offset, run | clear)?;
        self.counts = Counts { last_move: self.cycle, ..Counts::default() };
        Ok(())
    }

    /// Whether the last sample is still going in.
    pub fn is_sending(&self) -> bool {
        self.gone < self.beats.len()
    }

    /// Whether a beat of the sample that is sent has gone in.
    pub fn has_begun(&self) -> bool {
        self.gone > 0
    }

    /// The buffer for the beats of the next sample, empty; it goes in from the next cycle on.
    pub fn next_sample(&mut self) -> &mut Vec<u64> {
        self.beats.clear();
        self.gone = 0;
        self.drive.s_axis_tvalid = 0;
        &mut self.beats
    }

    /// One clock cycle. Returns the outputs as they stood before its edge.
    pub fn cycle(&mut self) -> Result<Out, Stop> {
        self.begin_window()?;
        // A beat that is offered stays.
        if self.drive.s_axis_tvalid == 0 && self.is_sending() && !self.in_stall.next() {
            self.drive.s_axis_tvalid = 1;
            self.drive.s_axis_tdata = self.beats[self.gone];
            self.drive.s_axis_tlast = u8::from(self.gone + 1 == self.beats.len());
        }
        self.drive.m_axis_tready = u8::from(!self.out_stall.next());
        let out = self.sim.cycle(&self.drive);
        self.memory_beats += u64::from(out.m_axi_beat);
        if self.drive.rst == 0 {
            self.count(&out);
        }
        self.cycle += 1;
        if self.window.as_ref().is_some_and(|window| self.cycle >= window.end) {
            self.end_window();
            return Err(Stop::Enough);
        }
        if out.stopped != 0 && self.window.is_none() {
            let message = format!("the simulation stopped: {}", self.sim.message());
            return Err(FirstMismatch::new(What::Assertion, self.cycle - 1, message).into());
        }
        Ok(out)
    }

    fn count(&mut self, out: &Out) {
        let counts = &mut self.counts;
        let (valid, ready) = (self.drive.s_axis_tvalid != 0, out.s_axis_tready != 0);
        let (out_valid, out_ready) = (out.m_axis_tvalid != 0, self.drive.m_axis_tready != 0);
        let busy = counts.inside > 0;
        counts.busy_cycles += u64::from(busy);
        counts.in_stalls += u64::from(busy && valid && !ready);
        counts.out_stalls += u64::from(out_valid && !out_ready);
        if (valid && ready) || (out_valid && out_ready) {
            counts.last_move = self.cycle + 1;
        }
        if valid && ready {
            if self.gone == 0 {
                counts.inside += 1;
                counts.samples_in += 1;
                counts.begins.push_back(self.cycle);
                counts.first_begin.get_or_insert(self.cycle);
            }
            self.gone += 1;
            self.drive.s_axis_tvalid = 0;
        }
        if out_valid && out_ready {
            let last = out.m_axis_tlast != 0;
            self.words.push_back(Word { data: out.m_axis_tdata, last, cycle: self.cycle });
            if last {
                counts.finish(self.cycle, self.memory_beats);
            }
        }
    }

    /// What is in the memory outside the chip.
    pub fn set_memory(&mut self, base: u64, bytes: &[u8]) {
        self.sim.set_memory(base, bytes);
    }

    /// The beat from memory after so many more answers with this response.
    pub fn fail_memory(&mut self, beats: u64, response: u32) {
        self.sim.fail_memory(beats, response);
    }

    /// Appends what the taps have reported.
    pub fn take_taps(&mut self, words: &mut Vec<u64>) {
        self.sim.take_taps(words);
    }

    /// The streams between the stages.
    pub fn links(&self, count: usize) -> Vec<Link> {
        self.sim.links(count)
    }

    fn begin_window(&mut self) -> Result<(), Stop> {
        match &self.window {
            Some(window) if !self.tracing && self.cycle >= window.begin => {
                self.sim.trace_begin(&window.file)?;
                self.tracing = true;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Completes the waveform.
    pub fn end_window(&mut self) {
        self.sim.trace_end();
    }
}

impl Counts {
    /// A result frame has ended.
    fn finish(&mut self, cycle: u64, beats: u64) {
        self.beats = Some((self.beats.map_or(beats, |(first, _)| first), beats));
        self.inside = self.inside.saturating_sub(1);
        self.samples_out += 1;
        if let Some(begin) = self.begins.pop_front() {
            self.latencies.push(cycle - begin + 1);
        }
        if let Some(before) = self.last_end {
            self.intervals.push(cycle - before);
        }
        self.last_end = Some(cycle);
    }
}
