//! `manifest.json`: description of a build folder for programs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::architecture::image::MemoryKind;
use crate::architecture::{Design, Options};
use crate::hardware::{StageEntry, StreamEntry};
use crate::lower::{LayerProof, Lowered};
use crate::quant::Padding;
use crate::registers::Core;
use crate::target::TargetEntry;
use crate::tool::Tool;

/// Version of the manifest format.
pub const FORMAT_VERSION: u32 = 5;

/// The manifest of a build folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// This program and its version.
    pub generator: String,
    /// Programs that work with the folder.
    pub tools: Vec<ToolEntry>,
    /// Inputs of the build.
    pub inputs: Vec<SourceEntry>,
    /// The model's name.
    pub model: String,
    /// Name of the top-level module.
    pub top: String,
    /// The target board or device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetEntry>,
    /// Requested lanes and depths.
    pub folding: Options,
    /// The input stream.
    pub input: InputFrame,
    /// The output stream.
    pub output: OutputFrame,
    /// Address bits of the registers.
    pub address_bits: u32,
    /// Proofs of each layer of neurons.
    #[serde(alias = "proofs")]
    pub proof: Vec<ProofEntry>,
    /// Stages in the order of the data.
    pub stages: Vec<StageEntry>,
    /// Streams; number 0 comes from the input.
    pub streams: Vec<StreamEntry>,
    /// Memories that model images fill, if networks are loaded into the hardware.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub memories: Vec<MemoryEntry>,
    /// Bits of a beat of the port to memory; 0 without one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub memory_port_bits: usize,
    /// Ports to memory, if there are several.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub memory_ports: usize,
    /// Registers and memory behind PCI Express, in a build for a card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pcie: Option<PcieEntry>,
    /// The serial line, in a build for a board that has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<SerialEntry>,
    /// Every other file.
    pub files: Vec<FileEntry>,
}

/// Whether a number is 0.
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// A program that works with the folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolEntry {
    /// Its name.
    pub name: String,
    /// The oldest version that works.
    pub oldest: String,
    /// The version that this program was tested with.
    pub tested: String,
}

/// An input file of the build. Its name and location are not stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceEntry {
    /// Its role: `model`, `also`, `calibration`, `folding` or `board`.
    pub role: String,
    /// Length in bytes.
    pub bytes: usize,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

/// Proofs of a layer of neurons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofEntry {
    /// Name of the layer.
    #[serde(alias = "node")]
    pub name: String,
    /// Decision rule: `affine` (one membrane), `table` (thresholds), `layer_norm` or `softmax`.
    pub rule: String,
    /// Number of channels.
    pub channels: usize,
    /// Number of levels, over all channels.
    pub levels: usize,
    /// Fraction bits of the membrane; 0 for a table.
    #[serde(alias = "fraction_bits")]
    pub fraction: u32,
    /// Whether one threshold serves all channels; never for a table.
    pub common_theta: bool,
    /// Width in bits of the accumulated input.
    #[serde(alias = "accumulator_bits")]
    pub accumulator_width: u32,
    /// Width in bits of the membrane; for a table, of the accumulated input.
    #[serde(alias = "membrane_bits")]
    pub membrane_width: u32,
    /// Inequalities that were proven with big integers, and of how many channels and levels each. None where a layer is
    /// rounded to fixed point, as LayerNorm and softmax are.
    pub proven: BTreeMap<String, u64>,
}

/// What a driver must know of a card in a PCI Express slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PcieEntry {
    /// Address of the registers of the DMA, from the begin of the BAR, in bytes.
    pub dma: u64,
    /// Address of the registers of the core.
    pub core: u64,
    /// Bytes between the memories of two ports of the core.
    pub channel_bytes: u64,
}

/// A memory that model images fill (`docs/model-image.md`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryEntry {
    /// Its number in images.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// Words.
    pub words: usize,
    /// Bits of a word.
    pub bits: u32,
    /// Words of an image that a word takes.
    pub word_parts: u32,
}

impl MemoryEntry {
    /// Those of a machine that networks are loaded into.
    fn all(options: &Options) -> Vec<Self> {
        let Some(loadable) = options.loadable() else { return Vec::new() };
        let entry = |kind: MemoryKind| {
            let (words, bits) = kind.size(&loadable.machine);
            let word_parts = kind.parts(&loadable.machine);
            Self { number: kind.number(), name: kind.name().to_owned(), words, bits, word_parts }
        };
        MemoryKind::ALL.into_iter().map(entry).filter(|entry| entry.words > 0).collect()
    }
}

/// Frames of the input stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFrame {
    /// Type of an element: `u8`, `i8`, `u16`.
    pub element: String,
    /// Bits of an element on the stream, if they are more than those of its type: the machine is for wider ones, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub element_bits: Option<u32>,
    /// The element that stands for 0.
    pub zero_point: i32,
    /// Elements of a sample.
    pub elements: usize,
    /// Elements in one beat, the first in the low bits.
    pub beat_lanes: usize,
    /// Beats of a sample.
    pub beats: usize,
    /// Smallest and largest element that the network takes, if they are not those of the type: rows of tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<(i32, i32)>,
    /// What the padding of samples of token ids must keep to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub padding: Option<Padding>,
}

/// Result frames.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutputFrame {
    /// Number of logits, of all positions.
    pub classes: usize,
    /// Positions that have logits each, and a class, if they are several: values come position by position.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub positions: usize,
    /// Width in bits of a value.
    pub value_bits: u32,
    /// Words of 32 bits per value, the lowest first.
    pub words_per_value: usize,
    /// Words of a frame: values, class, time-steps, flags.
    pub words: usize,
    /// A logit is approximately its value times this.
    pub unit: f64,
}

/// The top level of a board with a serial line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SerialEntry {
    /// Name of the board's top-level module.
    pub top: String,
    /// Clock in Hz.
    pub clock_hz: u32,
    /// Bits per second on the line.
    pub baud: u32,
    /// Clock cycles of a bit.
    pub clocks_per_bit: u32,
    /// Identifier of the model on the board: the first 8 bytes of a SHA-256, in hexadecimal.
    pub model_id: String,
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

fn one() -> usize {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it")]
fn is_one(number: &usize) -> bool {
    *number == 1
}

/// SHA-256 in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

impl FileEntry {
    /// Entry of a file with these contents.
    pub fn of(path: &str, bytes: &[u8]) -> Self {
        Self { path: path.to_owned(), bytes: bytes.len(), sha256: sha256(bytes) }
    }
}

impl SourceEntry {
    /// Entry of a file with these contents.
    pub fn of(role: &str, bytes: &[u8]) -> Self {
        Self { role: role.to_owned(), bytes: bytes.len(), sha256: sha256(bytes) }
    }
}

impl ToolEntry {
    /// The tools that the folder needs.
    fn all() -> Vec<Self> {
        let entry = |tool: Tool| Self {
            name: tool.title().to_owned(),
            oldest: tool.oldest_text(),
            tested: tool.tested().unwrap_or_default().to_owned(),
        };
        vec![entry(Tool::Verilator), entry(Tool::Yosys)]
    }
}

impl ProofEntry {
    fn of(proof: &LayerProof) -> Self {
        Self {
            name: proof.name.clone(),
            rule: proof.rule.to_owned(),
            channels: proof.channels,
            levels: proof.levels,
            fraction: proof.fraction,
            common_theta: proof.common_theta,
            accumulator_width: proof.accumulator_width,
            membrane_width: proof.membrane_width,
            proven: proof.proven.iter().map(|(&what, &count)| (what.to_owned(), count)).collect(),
        }
    }
}

impl Manifest {
    /// The manifest of a design without its files.
    pub(super) fn new(
        design: &Design,
        options: &Options,
        top: &str,
        generator: &str,
        lowered: &Lowered,
    ) -> Self {
        let (input, output) = (design.input(), design.output());
        let stages = design.stages();
        let counted = stages.iter().filter(|stage| stage.register.is_some()).count();
        Self {
            format_version: FORMAT_VERSION,
            generator: generator.to_owned(),
            tools: ToolEntry::all(),
            inputs: Vec::new(),
            model: design.model().to_owned(),
            top: top.to_owned(),
            target: None,
            folding: options.clone(),
            input: InputFrame {
                element: input.element.name().to_owned(),
                element_bits: (input.element_bits > input.element.bits()).then_some(input.element_bits),
                zero_point: input.zero_point,
                elements: input.count,
                beat_lanes: input.beat_lanes,
                beats: input.beats(),
                range: None,
                padding: None,
            },
            output: OutputFrame {
                classes: output.classes,
                positions: output.rows,
                value_bits: output.value_width,
                words_per_value: output.value_words(),
                words: output.frame_words(),
                unit: lowered.readout.unit,
            },
            address_bits: Core::address_bits(counted, design.is_loadable()),
            proof: lowered.proof.iter().map(ProofEntry::of).collect(),
            stages,
            streams: design.streams(),
            memories: MemoryEntry::all(options),
            memory_port_bits: design.memory_width(),
            memory_ports: design.memory_port().map_or(0, |port| if port.ports > 1 { port.ports } else { 0 }),
            pcie: None,
            serial: None,
            files: Vec::new(),
        }
    }
}
