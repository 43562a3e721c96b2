//! `check`: every node of a model, all its problems, and its rough size; nothing is written.

use std::path::Path;

use super::checked::REMEDY;
pub use super::checked::{Check, Converted, Options, Size};
use super::insert;
use super::spiking;
use super::widths;
use crate::convert;
use crate::error::Result;
use crate::import::{self, Examined};
use crate::lower;
use crate::qann::{Network, Op, gaps};
use crate::snn::Model;

/// Imports, converts and lowers a model, and goes on after problems as far as possible.
///
/// # Errors
/// When the file is neither a NIR file nor an ONNX model of one graph with one input and one output.
pub fn check(options: &Options) -> Result<Check> {
    if spiking::is_spiking(options) {
        return spiking::check(options);
    }
    spiking::refuse(options)?;
    let path: &Path = &options.model;
    let examined = import::examine(path, options.input.as_ref(), options.weight_bits, &options.adjustments)?;
    let Examined {
        model_name,
        producer,
        samples,
        padding,
        nodes,
        mut network,
        placeholders,
        explanation,
        notes: mut told,
        mut float_weights,
        mut problems,
    } = examined;
    let size = size_of(&network, |id| !placeholders.contains(&id));
    let mut inserted = None;
    if let Some(insert) = options.insert.as_ref().filter(|_| problems.is_empty()) {
        let placed = insert::insert(&network, insert)?;
        network = placed.network;
        inserted = Some((placed.gaps, placed.quantisers, placed.inserted));
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
        float_weights.retain(|(node, _)| !rounded(node));
        found = Some(widths);
    }
    told.extend(float_weights);
    let inserted = inserted.map(|(_, _, placed)| placed);
    problems.extend(convert::problems(&network, &placeholders));
    let mut converted = None;
    if problems.is_empty() {
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let name = options.name.as_deref().unwrap_or(&stem);
        let lowered =
            convert::convert(&network, name, &producer, options.encoding).and_then(|(model, notes)| {
                let model = Model { precision: options.precision, padding, ..model };
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

/// The size of the nodes that count.
fn size_of(network: &Network, counts: impl Fn(crate::graph::NodeId) -> bool) -> Size {
    let mut size = Size::default();
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
            Op::Times(factors) => size.parameters += factors.len(),
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
            | Op::Mul
            | Op::AveragePool(_)
            | Op::Resample { .. }
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
