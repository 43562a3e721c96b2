//! The figures of a run.

use comfy_table::{CellAlignment, Table};
use serde::{Deserialize, Serialize};

use super::Options;
use super::dut::Dut;
use super::pins::Pins;
use crate::error::{Error, Result};
use crate::hardware::{Adders, Compared, Counter, FirstMismatch, SampleResult, StageEntry};

/// Mean and largest of a figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Largest.
    pub max: u64,
}

/// Figures of one sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Time-steps.
    pub time_steps: u32,
    /// Spikes of all neurons.
    pub spikes: u64,
    /// Additions of a weight that spikes caused.
    pub sops: u64,
    /// Cycles from the end of the result frame before to the end of its own; of the first sample, its latency.
    pub cycles: u64,
    /// Cycles from its first beat in to the last word of its result.
    pub latency: u64,
}

/// Number of samples by their stop condition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stops {
    /// Quiescence.
    pub quiescent: u64,
    /// The limit of time-steps.
    pub t_max: u64,
    /// The confidence rule.
    pub confident: u64,
}

/// Counter of a stage, per sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageWork {
    /// Its index in the design.
    pub stage: usize,
    /// The model's node.
    pub node: String,
    /// Library module.
    pub module: String,
    /// Cycles of work: accumulations of an engine, beats of neurons and readout.
    pub cycles: f64,
    /// Spikes of neurons.
    pub spikes: f64,
}

/// The port to memory, between the ends of the first and of the last result frame.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemoryUse {
    /// Beats that came.
    pub memory_beats: u64,
    /// Cycles.
    pub memory_cycles: u64,
    /// Share of the cycles that brought a beat.
    pub memory_share: f64,
    /// Cycles since reset in which the engine waited for weights.
    pub lost_cycles: u32,
}

/// Result of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Result frames received.
    pub samples: u64,
    /// Time-steps of a sample.
    pub time_steps: Spread,
    /// Neurons followed through all time-steps of their sample, summed over samples.
    pub neurons_checked: u64,
    /// Ternary spikes compared, one per neuron and time-step, each with membrane and tracer.
    pub spikes_checked: u64,
    /// Of those, the ones that are not 0.
    pub spikes_fired: u64,
    /// Registers compared after reset and after the run.
    pub registers_checked: usize,
    /// 0, or 1: the first one ends the run.
    pub mismatches: u64,
    /// The first mismatch.
    pub first_mismatch: Option<FirstMismatch>,
    /// Seed of random back-pressure.
    pub stall: Option<u64>,
    /// Limit of time-steps per sample.
    pub t_max: Option<u16>,
    /// Stop conditions of the samples.
    pub stops: Stops,
    /// Cycles from the end of one result frame to the end of the next; with a single sample, its latency.
    pub cycles_per_sample: Spread,
    /// Cycles from a sample's first beat in to the last word of its result, while others are inside as well.
    pub latency_cycles: Spread,
    /// Latency of the first sample, which enters an empty pipeline; none before the first result.
    #[serde(default)]
    pub first_latency_cycles: Option<u64>,
    /// Mean work cycles per sample of the busiest stage: no schedule of this design can be faster.
    pub cycles_lower_bound: f64,
    /// The busiest stage: the model's node.
    pub busiest_engine: String,
    /// The share of cycles in which it works, between the first beat in and the last word out; only of a whole run.
    pub busiest_utilisation: Option<f64>,
    /// Mean counters of each stage over all samples; empty unless the complete run was equal.
    #[serde(default)]
    pub stages: Vec<StageWork>,
    /// What the adders of an overlay do in a sample, in the mean over all samples; only of a whole run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adders: Option<Adders>,
    /// The port to memory, if weights come from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_port: Option<MemoryUse>,
    /// Figures of the completed samples.
    #[serde(skip)]
    pub per_sample: Vec<Sample>,
    /// Clock cycles simulated.
    pub simulated_cycles: u64,
    /// Clock cycles simulated and compared in a second, the golden model's time included.
    pub simulated_cycles_per_second: f64,
}

/// Sums during a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// Time-steps, spikes and additions of the samples that have gone in.
    samples: Vec<(u32, u64, u64)>,
    stops: Stops,
    pub registers: usize,
    /// Cycles in which the engine waited for weights from memory.
    pub lost: u32,
    pub seconds: f64,
    /// Whether the run was completed.
    pub complete: bool,
}

impl Tally {
    /// Adds a sample.
    pub fn sample(&mut self, result: &SampleResult) {
        self.samples.push((result.time_steps, result.spikes, result.additions));
        let Stops { quiescent, t_max, confident } = &mut self.stops;
        *match (result.quiescent, result.confident) {
            (true, _) => quiescent,
            (false, true) => confident,
            (false, false) => t_max,
        } += 1;
    }
}

impl Spread {
    fn of(figures: impl Iterator<Item = u64> + Clone) -> Self {
        let mean = ratio(figures.clone().sum(), figures.clone().count() as u64);
        Self { mean, max: figures.max().unwrap_or(0) }
    }
}

/// A ratio; 0 for an empty set.
fn ratio(a: u64, b: u64) -> f64 {
    if b == 0 { 0.0 } else { a as f64 / b as f64 }
}

/// The stages that have registers.
fn stages(dut: &Dut, counters: &[Counter], samples: u64) -> Vec<StageWork> {
    let work = |(index, stage): (usize, &StageEntry)| StageWork {
        stage: index,
        node: stage.node.clone(),
        module: stage.module.clone(),
        cycles: ratio(counters[index].work, samples),
        spikes: ratio(counters[index].spikes, samples),
    };
    dut.counted().map(work).collect()
}

impl Report {
    pub(super) fn new(
        dut: &Dut,
        options: &Options,
        pins: &Pins,
        counters: &[Counter],
        tally: &Tally,
        compared: Compared,
    ) -> Self {
        let counts = &pins.counts;
        let latency = Spread::of(counts.latencies.iter().copied());
        let cycles_per_sample = match counts.intervals.is_empty() {
            true => latency,
            false => Spread::of(counts.intervals.iter().copied()),
        };
        let cycles = counts.latencies.iter().take(1).chain(&counts.intervals);
        let per_sample = tally.samples.iter().zip(cycles).zip(&counts.latencies).map(
            |((&(time_steps, spikes, sops), &cycles), &latency)| Sample {
                time_steps,
                spikes,
                sops,
                cycles,
                latency,
            },
        );
        // At the best an engine takes an event from every bank in every cycle.
        let work = counters.iter().zip(&dut.manifest.stages);
        let least = work.map(|(counter, stage)| (counter.cycles(), stage));
        let busiest = least.max_by_key(|(work, _)| *work);
        let (work, engine) = busiest.map_or((0, String::new()), |(work, stage)| (work, stage.node.clone()));
        let span = match (counts.first_begin, counts.last_end) {
            (Some(begin), Some(end)) => end - begin + 1,
            _ => 0,
        };
        let memory_port = counts.beats.filter(|_| pins.reads_images).map(|(first, last)| {
            let (beats, cycles) = (last - first, counts.intervals.iter().sum());
            MemoryUse {
                memory_beats: beats,
                memory_cycles: cycles,
                memory_share: ratio(beats, cycles),
                lost_cycles: tally.lost,
            }
        });
        Self {
            memory_port,
            samples: counts.samples_out,
            time_steps: Spread::of(tally.samples.iter().map(|s| s.0.into())),
            neurons_checked: compared.neurons,
            spikes_checked: compared.spikes,
            spikes_fired: compared.fired,
            registers_checked: tally.registers,
            mismatches: 0,
            first_mismatch: None,
            stall: options.stall,
            t_max: options.t_max.filter(|&t| t > 0),
            stops: tally.stops,
            cycles_per_sample,
            latency_cycles: latency,
            first_latency_cycles: counts.latencies.first().copied(),
            cycles_lower_bound: ratio(work, tally.samples.len() as u64),
            busiest_engine: engine,
            // After a stop by confidence the stages go on for a while; that work is not the golden model's.
            busiest_utilisation: (tally.complete && tally.stops.confident == 0).then(|| ratio(work, span)),
            stages: match tally.complete && tally.stops.confident == 0 {
                true => stages(dut, counters, tally.samples.len() as u64),
                false => Vec::new(),
            },
            adders: None,
            per_sample: per_sample.collect(),
            simulated_cycles: pins.cycle,
            simulated_cycles_per_second: pins.cycle as f64 / tally.seconds.max(1e-9),
        }
    }

    /// The figures as a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(comfy_table::presets::UTF8_FULL_CONDENSED);
        table.set_header(["co-simulation", "mean", "largest"]);
        let spread = |name: &str, s: Spread| [name.to_owned(), format!("{:.1}", s.mean), s.max.to_string()];
        let one = |name: &str, value: String| [name.to_owned(), value, String::new()];
        table.add_row(one("samples", self.samples.to_string()));
        table.add_row(spread("time-steps", self.time_steps));
        table.add_row(one("neurons followed", self.neurons_checked.to_string()));
        table.add_row(one("spikes, membranes, tracers compared", self.spikes_checked.to_string()));
        table.add_row(one("spikes fired", self.spikes_fired.to_string()));
        table.add_row(one("registers compared", self.registers_checked.to_string()));
        table.add_row(one("mismatches", self.mismatches.to_string()));
        if let Some(seed) = self.stall {
            table.add_row(one("random pauses from seed", seed.to_string()));
        }
        if let Some(t_max) = self.t_max {
            table.add_row(one("T_max", t_max.to_string()));
        }
        let Stops { quiescent, t_max, confident } = self.stops;
        for (what, count) in [("T_max", t_max), ("confidence", confident), ("quiescence", quiescent)] {
            if count > 0 {
                table.add_row(one(&format!("samples stopped by {what}"), count.to_string()));
            }
        }
        table.add_row(spread("interval between results, cycles", self.cycles_per_sample));
        table.add_row(spread("latency, first beat in to result out, cycles", self.latency_cycles));
        if let Some(cycles) = self.first_latency_cycles {
            table.add_row(one("latency of the first sample, cycles", cycles.to_string()));
        }
        table.add_row(one("interval, at least", format!("{:.1}", self.cycles_lower_bound)));
        if let Some(share) = self.busiest_utilisation {
            let name = format!("{} at work", crate::error::printable(&self.busiest_engine));
            table.add_row(one(&name, format!("{:.1} %", 100.0 * share)));
        }
        if let Some(adders) = &self.adders {
            table.add_row(one("interval, estimated from the spikes", format!("{:.1}", adders.cycles)));
            for part in &adders.parts {
                let name = format!("  adders: {}", part.name());
                table.add_row(one(&name, format!("{:.1}", part.cycles)));
            }
        }
        if let Some(memory) = self.memory_port {
            let share = format!("{:.1} %", 100.0 * memory.memory_share);
            table.add_row(one("cycles that brought a beat from memory", share));
            table.add_row(one("cycles lost to memory", memory.lost_cycles.to_string()));
        }
        table.add_row(one("cycles simulated", self.simulated_cycles.to_string()));
        table.add_row(one("cycles per second", format!("{:.0}", self.simulated_cycles_per_second)));
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table
    }

    /// A mismatch is a failed check.
    ///
    /// # Errors
    /// Describes the mismatch.
    pub fn check(&self) -> Result<()> {
        match &self.first_mismatch {
            None => Ok(()),
            Some(mismatch) => Err(Error::check(mismatch.to_string())),
        }
    }
}
