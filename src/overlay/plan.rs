//! A compiled network: the machine, its programs and its memory images.

use std::fmt::Write as _;
use std::ops::Range;

use super::isa::{Fetch, Fire, Vector};
use super::machine::Machine;
use super::stream::Stream;
use super::tables::Tables;
use super::window::WindowEntry;
use crate::golden::SpikeCode;
use crate::graph::NodeId;

/// A memory that is written at run time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Memory {
    /// Words of spikes.
    Spikes,
    /// Words of levels.
    Operands,
    /// Numbers of the residual stream.
    Sums,
    /// Which tokens are masked.
    Mask,
}

/// The unit whose results an instruction yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    /// Neurons of the engine.
    Engine,
    /// Neurons of the softmax behind the engine.
    Softmax,
    /// Neurons of LayerNorm in the vector unit.
    Vector,
}

impl Unit {
    /// The name in listings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Engine => "engine",
            Self::Softmax => "softmax",
            Self::Vector => "vector",
        }
    }
}

/// Where the levels of a layer of neurons appear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerPlace {
    /// The node of the integer network.
    pub node: NodeId,
    /// Its name.
    pub name: String,
    /// The unit.
    pub unit: Unit,
    /// Index in the fire list, or in the vector list.
    pub instruction: usize,
    /// The first of its rows that are computed there.
    pub first_row: usize,
    /// How many they are.
    pub rows: usize,
    /// Position of each channel among the neurons of a row.
    pub positions: Vec<usize>,
    /// Instructions in sequence that compute the layer, each of them `span` positions of all rows.
    pub pieces: usize,
    /// Positions of a piece; any number if there is one piece.
    pub span: usize,
    /// Bits by which the hardware's membranes are shifted left against the layer's own fraction.
    pub shift: u32,
    /// Threshold of neurons of a sum, with the layer's own fraction.
    pub theta: Option<i64>,
}

impl LayerPlace {
    /// The instruction that computes the neuron at a position of a row, and its position there.
    pub fn locate(&self, position: usize) -> (usize, usize) {
        let piece = if self.pieces > 1 { position / self.span.max(1) } else { 0 };
        (self.instruction + piece, position - piece * self.span)
    }
}

/// Whose spikes a fetch instruction reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Index of the layer among [`Plan::layers`]; none for the input.
    pub layer: Option<usize>,
    /// Words from the beginning of the value to the first word that is read.
    pub offset: usize,
    /// Words of a row of the value.
    pub row_words: usize,
    /// Position of each channel of a row of the value.
    pub positions: Vec<usize>,
}

/// A value in a memory that is written at run time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValuePlace {
    /// Name of the node.
    pub name: String,
    /// The memory.
    pub memory: Memory,
    /// Its words.
    pub words: Range<usize>,
    /// Instructions from the first to the last that touch it; matrix products and vector instructions are counted
    /// together, in the order in which they were compiled.
    pub life: Range<usize>,
}

/// A compiled network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Parameters of the hardware.
    pub machine: Machine,
    /// What the network needs of it; the same, unless it is a machine for several networks.
    pub own: Machine,
    /// What a spike carries.
    pub code: SpikeCode,
    /// First half of the matrix products.
    pub fetch: Vec<Fetch>,
    /// Second half of the matrix products; as many.
    pub fire: Vec<Fire>,
    /// Program of the vector unit.
    pub vector: Vec<Vector>,
    /// Node of each matrix product, and of each vector instruction.
    pub notes: [Vec<String>; 2],
    /// What each fetch instruction reads.
    pub sources: Vec<Source>,
    /// The window table.
    pub windows: Vec<WindowEntry>,
    /// The layers of neurons in the order in which they are computed.
    pub layers: Vec<LayerPlace>,
    /// Layers of which the engine computes neurons again, because somebody else reads levels that are not in a memory.
    pub again: Vec<LayerPlace>,
    /// Values and their words.
    pub values: Vec<ValuePlace>,
    /// The stream of weights, if they come from memory.
    pub stream: Option<Stream>,
    /// The tables of rows in memory, if there are such.
    pub tables: Option<Tables>,
    /// Memory images: file name, and one word per line as `$readmemh` reads it. Absent memories have none.
    pub images: Vec<(String, String)>,
}

impl Plan {
    /// The programs as text: an instruction per line, after its number and the node that it computes.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let [engine, vector] = &self.notes;
        let lists: [(&str, Vec<String>, &[String]); 3] = [
            ("fetch", self.fetch.iter().map(ToString::to_string).collect(), engine),
            ("fire", self.fire.iter().map(ToString::to_string).collect(), engine),
            ("vector", self.vector.iter().map(ToString::to_string).collect(), vector),
        ];
        for (unit, lines, notes) in lists {
            let _ = writeln!(text, "# {unit}: {} instructions", lines.len());
            for (n, (line, note)) in lines.iter().zip(notes).enumerate() {
                let _ = writeln!(text, "# {n} {note:?}\n{line}");
            }
        }
        text
    }

    /// Reads the instructions of a listing.
    ///
    /// # Errors
    /// Names the line that is not an instruction.
    #[allow(clippy::type_complexity, reason = "the three lists")]
    pub fn parse(text: &str) -> Result<(Vec<Fetch>, Vec<Fire>, Vec<Vector>), String> {
        let (mut fetch, mut fire, mut vector) = (Vec::new(), Vec::new(), Vec::new());
        for (n, line) in
            text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        {
            let at = |problem: String| format!("line {}: {problem}", n + 1);
            match line.split_whitespace().next() {
                Some(Fetch::UNIT) => fetch.push(Fetch::parse(line).map_err(at)?),
                Some(Fire::UNIT) => fire.push(Fire::parse(line).map_err(at)?),
                Some(Vector::UNIT) => vector.push(Vector::parse(line).map_err(at)?),
                _ => return Err(at("neither fetch nor fire nor vector".into())),
            }
        }
        Ok((fetch, fire, vector))
    }

    /// Levels in the order of [`Plan::layers`], of layers with these names. A layer without levels is silent.
    pub(super) fn levels<'a>(&self, names: &[&str], levels: &'a [Vec<i32>]) -> Vec<&'a [i32]> {
        let of = |place: &LayerPlace| {
            let index = names.iter().position(|own| *own == place.name)?;
            levels.get(index).map(Vec::as_slice)
        };
        self.layers.iter().map(|place| of(place).unwrap_or_default()).collect()
    }

    /// The memory image with this file name.
    pub fn image(&self, name: &str) -> Option<&str> {
        self.images.iter().find(|(file, _)| file == name).map(|(_, text)| text.as_str())
    }
}
