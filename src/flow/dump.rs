//! `run --dump`: logits, levels and spikes of every neuron and time-step.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::{Positions, Steps, Watch, compare};
use crate::data::{Inputs, NpzWriter, Spool};
use crate::error::{Error, Result};
use crate::golden::{Golden, Layer, Limits, Observer, Settled};
use crate::integer::Op;
use crate::lower::Lowered;
use crate::snn::{Model, View};

/// What is run.
#[derive(Clone, Copy)]
pub enum Run<'a> {
    /// The synchronous schedule within these limits.
    Synchronous(&'a Golden, &'a Limits),
    /// The settled one: `spike/NEURON` has the local time-steps of that layer, and logits are computed once.
    Settled(&'a Settled),
}

impl<'a> Run<'a> {
    fn layers(self) -> &'a [Layer] {
        match self {
            Self::Synchronous(golden, _) => golden.layers(),
            Self::Settled(settled) => settled.layers(),
        }
    }
}

/// Recording of one sample while it runs.
struct Recorder {
    /// Spikes of each layer, time-step after time-step.
    spikes: Vec<Vec<i8>>,
    /// Accumulated logits, time-step after time-step.
    totals: Vec<Vec<i64>>,
}

impl Observer for Recorder {
    fn spikes(&mut self, layer: usize, _step: u32, spikes: &[i8]) {
        self.spikes[layer].extend_from_slice(spikes);
    }

    fn logits(&mut self, _step: u32, totals: &[i64]) {
        self.totals.push(totals.to_vec());
    }
}

/// How the original model arranges the logits, if not as the readout does.
fn output_view(model: &Model) -> Option<&View> {
    let ids = model.network.topological().into_iter().map(|id| model.network.node(id));
    let readout = ids.into_iter().find(|node| matches!(node.op, crate::snn::Op::Readout))?;
    model.views.get(&readout.name)
}

/// Runs the samples again and writes the archive.
///
/// # Errors
/// When the disk is full or the file cannot be written.
pub fn write(
    path: &Path,
    model: &Model,
    lowered: &Lowered,
    run: Run<'_>,
    inputs: &Inputs,
    watch: &dyn Watch,
) -> Result<()> {
    let mut archive = NpzWriter::create(path)?;
    let mut columns = Vec::new();
    for layer in run.layers() {
        columns.push(Column::new(path, layer, model, lowered)?);
    }
    let view = output_view(model);
    let real = |totals: &[i64]| -> Vec<f64> {
        let readout = &lowered.readout;
        let channels = readout.scale.len().max(1);
        let channel =
            |(e, &a): (usize, &i64)| readout.scale[e % channels] * a as f64 + readout.bias[e % channels];
        compare::seen(&totals.iter().enumerate().map(channel).collect::<Vec<f64>>(), view)
    };
    let mut logits: Vec<f64> = Vec::new();
    // Of each sample, after each of its time-steps.
    let mut per_step: Vec<Vec<Vec<f64>>> = Vec::new();
    let recorder = |_| Recorder { spikes: vec![Vec::new(); run.layers().len()], totals: Vec::new() };
    watch.begin("dump", Steps::Equal(inputs.len()));
    let mut sink = |levels: &[Vec<i32>], totals: &[i64], seen: Recorder| {
        watch.advance(1);
        for ((column, spikes), levels) in columns.iter_mut().zip(&seen.spikes).zip(levels) {
            column.push(spikes, levels)?;
        }
        logits.extend(real(totals));
        per_step.push(seen.totals.iter().map(|t| real(t)).collect());
        Ok(())
    };
    let (count, fill) = (inputs.len(), |n: usize, raw: &mut Vec<i32>| inputs.fill(n, raw));
    let streamed = match run {
        Run::Synchronous(golden, limits) => {
            golden.stream(count, fill, limits, recorder, |_, o, seen| sink(&o.levels, &o.totals, seen))
        }
        Run::Settled(settled) => {
            settled.stream(count, fill, recorder, |_, o, seen| sink(&o.levels, &o.totals, seen))
        }
    };
    watch.end();
    streamed?;
    let (positions, classes) = (Positions::of(model), logits.len() / count.max(1));
    let sample = match view {
        Some(view) => view.shape.0.clone(),
        None if positions.rows > 1 => vec![positions.rows, positions.channels],
        None => vec![classes],
    };
    archive.add("logits", &[&[count], &sample[..]].concat(), &logits)?;
    if let Run::Synchronous(..) = run {
        let most = per_step.iter().map(Vec::len).max().unwrap_or(0);
        let mut all: Vec<f64> = Vec::with_capacity(most * count * classes);
        for t in 0..most {
            for steps in &per_step {
                // Nothing changes after a sample's last time-step.
                all.extend(steps.get(t).or(steps.last()).into_iter().flatten());
            }
        }
        archive.add("logits_per_step", &[&[most, count], &sample[..]].concat(), &all)?;
    }
    for column in columns {
        column.finish(&mut archive)?;
    }
    archive.finish()
}

/// Recording of one layer for the archive.
struct Column<'a> {
    path: &'a Path,
    name: &'a str,
    view: Option<&'a View>,
    /// Extents of a sample.
    shape: Vec<usize>,
    /// Spikes, sample after sample, each time-step after time-step, in a file without a name: the archive wants
    /// time-steps first, and how many there are is known at the end only.
    spikes: BufWriter<File>,
    /// Time-steps of each sample.
    steps: Vec<usize>,
    levels: LevelSpool,
}

/// Levels in the smallest type that holds them.
enum LevelSpool {
    I8(Spool<i8>),
    I16(Spool<i16>),
    I32(Spool<i32>),
}

impl<'a> Column<'a> {
    fn new(path: &'a Path, layer: &'a Layer, model: &'a Model, lowered: &Lowered) -> Result<Self> {
        let (low, high) = match &lowered.network.node(layer.node).op {
            Op::Neuron(n) => (n.low, n.high),
            Op::Lif(_) => (0, 1),
            Op::LayerNorm(n) => (n.low, n.high),
            Op::Softmax(s) => (s.low, s.high),
            Op::Input(_)
            | Op::Linear(_)
            | Op::Arrange(_)
            | Op::Select(_)
            | Op::Embedding(_)
            | Op::Sum(_)
            | Op::Product(_)
            | Op::MaxPool(_)
            | Op::Readout(_) => (i32::MIN, i32::MAX),
        };
        let levels = if low >= i8::MIN.into() && high <= i8::MAX.into() {
            LevelSpool::I8(Spool::new(path)?)
        } else if low >= i16::MIN.into() && high <= i16::MAX.into() {
            LevelSpool::I16(Spool::new(path)?)
        } else {
            LevelSpool::I32(Spool::new(path)?)
        };
        let view = model.views.get(&layer.name);
        let shape = match view {
            Some(view) => view.shape.0.clone(),
            None if layer.rows == 1 => vec![layer.channels],
            None => vec![layer.rows, layer.channels],
        };
        let file = tempfile::tempfile().map_err(|e| disk(path, &e))?;
        Ok(Self {
            path,
            name: &layer.name,
            view,
            shape,
            spikes: BufWriter::new(file),
            steps: Vec::new(),
            levels,
        })
    }

    fn neurons(&self) -> usize {
        self.shape.iter().product()
    }

    /// Adds a sample.
    fn push(&mut self, spikes: &[i8], levels: &[i32]) -> Result<()> {
        self.steps.push(spikes.len() / self.neurons());
        for step in spikes.chunks(self.neurons()) {
            let bytes: Vec<u8> = compare::seen(step, self.view).into_iter().map(i8::cast_unsigned).collect();
            self.spikes.write_all(&bytes).map_err(|e| disk(self.path, &e))?;
        }
        // The type holds every level.
        #[expect(clippy::cast_possible_truncation)]
        match (&mut self.levels, compare::seen(levels, self.view)) {
            (LevelSpool::I8(spool), levels) => {
                spool.push(&levels.iter().map(|&l| l as i8).collect::<Vec<_>>())
            }
            (LevelSpool::I16(spool), levels) => {
                spool.push(&levels.iter().map(|&l| l as i16).collect::<Vec<_>>())
            }
            (LevelSpool::I32(spool), levels) => spool.push(&levels),
        }
    }

    /// Adds the arrays of the layer. A sample with fewer time-steps than others has no spikes in the missing ones.
    fn finish(self, archive: &mut NpzWriter) -> Result<()> {
        let (neurons, steps) = (self.neurons(), &self.steps);
        let most = steps.iter().copied().max().unwrap_or(0);
        let error = |e: std::io::Error| disk(self.path, &e);
        let mut file = self.spikes.into_inner().map_err(|e| error(e.into_error()))?;
        let mut spool = Spool::<i8>::new(self.path)?;
        let mut buffer = vec![0; neurons];
        for t in 0..most {
            let mut begin = 0;
            for &own in steps {
                buffer.fill(0);
                if t < own {
                    file.seek(SeekFrom::Start(((begin + t) * neurons) as u64)).map_err(error)?;
                    file.read_exact(&mut buffer).map_err(error)?;
                }
                spool.push(&buffer.iter().map(|&b| b.cast_signed()).collect::<Vec<_>>())?;
                begin += own;
            }
        }
        let name = format!("level/{}", self.name);
        let shape = [&[steps.len()], &self.shape[..]].concat();
        match self.levels {
            LevelSpool::I8(levels) => archive.add_spool(&name, &shape, levels)?,
            LevelSpool::I16(levels) => archive.add_spool(&name, &shape, levels)?,
            LevelSpool::I32(levels) => archive.add_spool(&name, &shape, levels)?,
        }
        archive.add_spool(&format!("spike/{}", self.name), &[&[most], &shape[..]].concat(), spool)
    }
}

fn disk(path: &Path, error: &std::io::Error) -> Error {
    Error::io("write temporary data for", path, error)
}
