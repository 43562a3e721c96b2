//! `check`: every node of an ONNX model, all its problems, and its rough size; nothing is written.

use std::path::{Path, PathBuf};

use super::insert::{self, Insert, Inserted};
use super::widths::{self, Widths};
use crate::convert::{self, EncodingChoice, Notes};
use crate::error::{Error, Result};
use crate::import::{self, Examined, Match, Samples, Surveyed};
use crate::lower::{self, LayerProof};
use crate::qann::{Network, Op, gaps};
use crate::quant::{InputSpec, Precision};
use crate::snn::Model;

/// Options of a check.
#[derive(Clone, Debug)]
pub struct Options {
    /// The ONNX file.
    pub model: PathBuf,
    /// Meaning of the raw data; without it, it is inferred from the model.
    pub input: Option<InputSpec>,
    /// Width to which weights without a quantiser are rounded; without it they are taken to 24 bits.
    pub weight_bits: Option<u8>,
    /// Extents and values of inputs.
    pub adjustments: import::Adjustments,
    /// When the input is applied.
    pub encoding: EncodingChoice,
    /// Fraction bits of what is rounded.
    pub precision: Precision,
    /// Name of the model; by default that of the file.
    pub name: Option<String>,
    /// Quantisers where values have none.
    pub insert: Option<Insert>,
    /// Search for the widths of weights.
    pub search: Option<widths::Search>,
}

/// Result of a check.
pub struct Check {
    /// The file.
    pub file: PathBuf,
    /// Name of the graph in the file.
    pub model: String,
    /// The program that wrote the file, with version.
    pub producer: String,
    /// Type of raw samples; `None` if neither the user nor the model defines it.
    pub samples: Option<Samples>,
    /// Every node of the file, sources first.
    pub nodes: Vec<Surveyed>,
    /// Size of the network, as far as it could be imported.
    pub size: Size,
    /// What the user should know: node and text.
    pub notes: Notes,
    /// The quantisers that were inserted, if any were asked for.
    pub inserted: Option<Inserted>,
    /// The widths of weights that were found, if they were searched for.
    pub widths: Option<Widths>,
    /// All problems; what is convertible has none.
    pub problems: Vec<Error>,
    /// The converted model, if there are no problems.
    converted: Option<Converted>,
}

/// A converted model and the record of its conversion.
pub struct Converted {
    /// The model.
    pub model: Model,
    /// Its proofs.
    pub proof: Vec<LayerProof>,
    /// Notes for the user: node and text.
    pub notes: Notes,
    /// The patterns that were found.
    pub patterns: Vec<Match>,
    /// Type of raw samples, and the reason if it was inferred.
    pub samples: Option<Samples>,
    /// The quantisers that were inserted, if any were asked for.
    pub inserted: Option<Inserted>,
    /// The widths of weights that were found, if they were searched for.
    pub widths: Option<Widths>,
}

/// A rough size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Weights, biases, tables, and parameters of LayerNorm.
    pub parameters: usize,
    /// Spiking neurons: one for each quantised activation.
    pub neurons: usize,
    /// Layers of weights.
    pub layers: usize,
}

impl Check {
    /// The converted model.
    ///
    /// # Errors
    /// All problems, if there are any.
    pub fn converted(self) -> Result<Converted> {
        match (self.converted, Error::several(self.problems)) {
            (Some(converted), None) => Ok(converted),
            (_, Some(error)) => Err(error.at_file(self.file)),
            (None, None) => Err(Error::input("this model was not converted").at_file(self.file)),
        }
    }
}

/// What to do about a number that hardware cannot hold, for a reason that has no advice of its own.
const REMEDY: &str =
    "check the scales and parameters of this node: they must be finite, and of ordinary size";

/// Imports, converts and lowers a model, and goes on after problems as far as possible.
///
/// # Errors
/// When the file is not an ONNX model of one graph with one input and one output.
pub fn check(options: &Options) -> Result<Check> {
    let path: &Path = &options.model;
    let examined = import::examine(path, options.input.as_ref(), options.weight_bits, &options.adjustments)?;
    let Examined {
        model_name,
        producer,
        samples,
        nodes,
        mut network,
        placeholders,
        explanation,
        notes: mut told,
        mut problems,
    } = examined;
    let size = Size::of(&network, |id| !placeholders.contains(&id));
    let mut inserted = None;
    if let Some(insert) = options.insert.as_ref().filter(|_| problems.is_empty()) {
        let placed = insert::insert(&network, insert)?;
        network = gaps::filled(&network, &placed.0, &placed.1)?;
        inserted = Some(placed);
    }
    let mut found = None;
    if let Some(search) = options.search.as_ref().filter(|_| problems.is_empty()) {
        let rounded = |bits: u8| -> Result<Network> {
            let plain = import::examine(path, options.input.as_ref(), Some(bits), &options.adjustments)?;
            match &inserted {
                Some((gaps, quantisers, _)) => gaps::filled(&plain.network, gaps, quantisers),
                None => Ok(plain.network),
            }
        };
        let (chosen, widths) = widths::search(&network, search, &rounded)?;
        network = chosen;
        // Not to 24 bits, as the importer has noted.
        let rounded = |node: &String| widths.layers.iter().any(|(layer, _)| layer == node);
        told.retain(|(node, text)| !(text.starts_with("float weights") && rounded(node)));
        found = Some(widths);
    }
    let inserted = inserted.map(|(_, _, placed)| placed);
    problems.extend(convert::problems(&network, &placeholders));
    let mut converted = None;
    if problems.is_empty() {
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let name = options.name.as_deref().unwrap_or(&stem);
        let lowered =
            convert::convert(&network, name, &producer, options.encoding).and_then(|(model, notes)| {
                let model = Model { precision: options.precision, ..model };
                Ok((lower::lower(&model)?.proof, model, notes))
            });
        match lowered {
            Ok((proof, model, notes)) => {
                let samples = samples.clone();
                let notes = told.iter().cloned().chain(notes).collect();
                converted = Some(Converted {
                    model,
                    proof,
                    notes,
                    patterns: explanation,
                    samples,
                    inserted: inserted.clone(),
                    widths: found.clone(),
                });
            }
            Err(mut error) => {
                error.fix.get_or_insert_with(|| REMEDY.to_owned());
                problems.push(error);
            }
        }
    }
    Ok(Check {
        file: path.to_owned(),
        model: model_name,
        producer,
        samples,
        nodes,
        size,
        notes: converted.as_ref().map_or(told, |converted| converted.notes.clone()),
        inserted,
        widths: found,
        problems,
        converted,
    })
}

impl Size {
    /// The size of the nodes that count.
    fn of(network: &Network, counts: impl Fn(crate::graph::NodeId) -> bool) -> Self {
        let mut size = Self::default();
        for id in network.topological().into_iter().filter(|&id| counts(id)) {
            let node = network.node(id);
            match &node.op {
                Op::Linear { weights, bias } | Op::Convolution { weights, bias, .. } => {
                    size.layers += 1;
                    size.parameters += weights.levels.len() + bias.len();
                }
                Op::Quantise(_) => size.neurons += node.shape.len(),
                Op::LayerNorm { gamma, beta, .. } => size.parameters += gamma.len() + beta.len(),
                Op::Embedding { table, .. } => size.parameters += table.len(),
                Op::Constant { values, .. } => size.parameters += values.len(),
                Op::Affine { gain, offset } => size.parameters += gain.len() + offset.len(),
                Op::Input { .. }
                | Op::Relu
                | Op::Function(_)
                | Op::Reshape(_)
                | Op::Transpose(_)
                | Op::Add
                | Op::Concat(_)
                | Op::Slice { .. }
                | Op::Scale(_)
                | Op::Line { .. }
                | Op::Pick { .. }
                | Op::MatMul
                | Op::AveragePool(_)
                | Op::MaxPool(_)
                | Op::Mean
                | Op::Softmax
                | Op::Mask(_)
                | Op::Band(_)
                | Op::Output => {}
            }
        }
        size
    }
}
