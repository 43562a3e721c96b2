//! `manifest.json`: what a program must know about a build folder.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::design::{Carries, Design, Kind, Options, Stage, Stream};

/// Version of the manifest's form.
pub const FORMAT_VERSION: u32 = 1;

/// The manifest of a build folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// This program and its version.
    pub generator: String,
    /// The model's name.
    pub model: String,
    /// Name of the top-level module.
    pub top: String,
    /// Most lanes of an engine.
    pub lanes: usize,
    /// Depth of the FIFO on every stream.
    pub fifo_depth: usize,
    /// The input stream.
    pub input: InputFrame,
    /// The output stream.
    pub output: OutputFrame,
    /// Address bits of the registers.
    pub address_bits: u32,
    /// Stages in the order of the data; also the order of their registers.
    pub stages: Vec<StageEntry>,
    /// Streams; number `i` is read by stage `i`.
    pub streams: Vec<StreamEntry>,
    /// Every other file.
    pub files: Vec<FileEntry>,
}

/// What a frame of the input stream carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFrame {
    /// Type of an element: `u8`, `i8`, `u16`.
    pub element: String,
    /// The element that stands for 0.
    pub zero_point: i32,
    /// Elements of a sample.
    pub elements: usize,
    /// Elements in one beat, the first in the low bits.
    pub beat_lanes: usize,
    /// Beats of a sample.
    pub beats: usize,
}

/// What a result frame carries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutputFrame {
    /// Number of logits.
    pub classes: usize,
    /// Width in bits of a value.
    pub value_bits: u32,
    /// Words of 32 bits a value, the lowest first.
    pub words_per_value: usize,
    /// Words of a frame: values, class, time-steps, flags.
    pub words: usize,
    /// A logit is about its value times this.
    pub unit: f64,
}

/// A stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageEntry {
    /// The model's node.
    pub node: String,
    /// Library module.
    pub module: String,
    /// Rows of a time-step.
    pub rows: usize,
    /// Output channels of a row.
    pub channels: usize,
    /// Output channels of a beat.
    pub lanes: usize,
    /// Proven widths in bits by the name of the quantity.
    pub widths: Vec<(String, u32)>,
    /// Bits of read-only memory.
    pub rom_bits: u64,
    /// Bits of state memory.
    pub state_bits: u64,
}

/// A stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamEntry {
    /// `values`, `deltas` or `spikes`.
    pub carries: String,
    /// Channels in a beat.
    pub lanes: usize,
    /// Width in bits of a beat.
    pub width: usize,
    /// Depth of its FIFO.
    pub depth: usize,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Path from the build folder.
    pub path: String,
    /// Length in bytes.
    pub bytes: usize,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

impl FileEntry {
    /// Entry of a file with these contents.
    pub fn of(path: &str, bytes: &[u8]) -> Self {
        let digest = Sha256::digest(bytes);
        let sha256 = digest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        Self { path: path.to_owned(), bytes: bytes.len(), sha256 }
    }
}

impl Manifest {
    /// The manifest of a design without its files.
    pub(super) fn new(design: &Design, options: &Options, top: &str, generator: &str, unit: f64) -> Self {
        let input = &design.input;
        Self {
            format_version: FORMAT_VERSION,
            generator: generator.to_owned(),
            model: design.model.clone(),
            top: top.to_owned(),
            lanes: options.lanes,
            fifo_depth: options.fifo_depth,
            input: InputFrame {
                element: input.element.name().to_owned(),
                zero_point: input.zero_point,
                elements: input.count,
                beat_lanes: input.beat_lanes,
                beats: input.beats(),
            },
            output: output(design, unit),
            address_bits: super::top::addr_width(design.stages.len()),
            stages: design.stages.iter().map(StageEntry::of).collect(),
            streams: design.streams.iter().map(StreamEntry::of).collect(),
            files: Vec::new(),
        }
    }
}

fn output(design: &Design, unit: f64) -> OutputFrame {
    let mut frame = OutputFrame { classes: 0, value_bits: 0, words_per_value: 0, words: 0, unit };
    for stage in &design.stages {
        if let Kind::Readout(readout) = &stage.kind {
            frame.classes = readout.readout.channels;
            frame.value_bits = readout.value_width();
            frame.words_per_value = readout.value_words();
            frame.words = readout.frame_words();
        }
    }
    frame
}

impl StageEntry {
    fn of(stage: &Stage) -> Self {
        let bits = |count: usize, width: u32| count as u64 * u64::from(width);
        let (rows, channels, lanes, widths, rom_bits, state_bits) = match &stage.kind {
            Kind::AnalogMatmul(m) | Kind::SpikeMatmul(m) => (
                m.rows,
                m.linear.outputs,
                m.out_lanes,
                vec![("value", m.value_width), ("weight", m.weight_width), ("delta", m.delta_width)],
                bits(m.linear.inputs * m.out_chunks() * m.out_lanes, m.weight_width),
                bits(2 * m.out_chunks() * m.out_lanes, m.delta_width),
            ),
            Kind::AnalogPass(p) => (p.rows, p.channels, p.lanes, vec![("value", p.width)], 0, 0),
            Kind::Repeat(r) => {
                let words = r.rows * r.channels.div_ceil(r.lanes);
                (r.rows, r.channels, r.lanes, vec![("delta", r.width)], 0, bits(words * r.lanes, r.width))
            }
            Kind::Neurons(n) => {
                let state = n.membrane_width() + n.level_width();
                let neurons = n.chunks() * n.lanes;
                let constants = match &n.neuron.rule {
                    crate::integer::Rule::Line { .. } => {
                        bits(neurons, n.membrane_width() + n.threshold_width())
                    }
                    crate::integer::Rule::Table => bits(neurons * n.neuron.steps(), n.threshold_width()),
                };
                let widths = vec![
                    ("delta", n.delta_width),
                    ("membrane", n.membrane_width()),
                    ("fraction", n.fraction()),
                    ("tracer", n.level_width()),
                    ("threshold", n.threshold_width()),
                ];
                (n.rows, n.channels, n.lanes, widths, constants, bits(n.rows * neurons, state))
            }
            Kind::Readout(r) => {
                let chunks = r.readout.channels.div_ceil(r.lanes);
                let factor = if r.shift().is_none() { r.multiplier_width() } else { 0 };
                let widths =
                    vec![("delta", r.delta_width), ("sum", r.acc_width()), ("value", r.value_width())];
                let constants = bits(r.readout.channels, factor + r.value_width());
                (1, r.readout.channels, r.lanes, widths, constants, bits(chunks * r.lanes, r.acc_width()))
            }
        };
        let widths = widths.into_iter().map(|(name, width)| (name.to_owned(), width)).collect();
        let (node, module) = (stage.node.clone(), stage.module().to_owned());
        Self { node, module, rows, channels, lanes, widths, rom_bits, state_bits }
    }
}

impl StreamEntry {
    fn of(stream: &Stream) -> Self {
        let carries = match stream.carries {
            Carries::Values { .. } => "values",
            Carries::Deltas { .. } => "deltas",
            Carries::Spikes => "spikes",
        };
        Self { carries: carries.to_owned(), lanes: stream.lanes, width: stream.width(), depth: stream.depth }
    }
}
