//! `check` and `convert` of NIR files.

use super::checked::{Check, Converted, Options, REMEDY, Size};
use crate::error::{Error, Result};
use crate::import::{Adjustments, Match, Samples, Status, Surveyed};
use crate::lower;
use crate::nir;
use crate::quant::Precision;
use crate::snn::{Model, Op};

/// Whether a file is read here.
pub(super) fn is_spiking(options: &Options) -> bool {
    nir::is_nir(&options.model)
}

/// Refuses options that only these files have.
pub(super) fn refuse(options: &Options) -> Result<()> {
    let (given, usual) = (&options.spiking, nir::Options::default());
    let same = (given.time_steps, given.neurons, given.membrane_bits, given.dt)
        == (usual.time_steps, usual.neurons, usual.membrane_bits, usual.dt);
    match same {
        true => Ok(()),
        false => Err(Error::input("--time-steps, --dt, --neurons and --membrane-bits are for NIR files")
            .at_file(&options.model)
            .fix("leave them out")),
    }
}

/// Reads, converts and lowers.
///
/// # Errors
/// When the file is no NIR file of one graph.
pub(super) fn check(options: &Options) -> Result<Check> {
    let path = &options.model;
    let usual = options.insert.is_none()
        && options.search.is_none()
        && options.precision == Precision::EXACT
        && options.adjustments == Adjustments::default();
    if !usual {
        return Err(Error::input(
            "--insert-quantisers, --tolerance, --fraction-bits, --shape and --bind are for ONNX files",
        )
        .at_file(path)
        .fix("leave them out"));
    }
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let name = options.name.as_deref().unwrap_or(&stem);
    let asked = nir::Options {
        input: options.input.clone(),
        weight_bits: options.weight_bits,
        ..options.spiking.clone()
    };
    let examined = nir::examine(path, name, &asked)?;
    let nir::Examined { producer, nodes, mut notes, mut rounded, model, mut problems } = examined;
    let samples = asked.input.map(|spec| Samples { spec, inferred: None });
    let size = model.as_ref().map_or_else(Size::default, size_of);
    let mut converted = None;
    if let (Some(model), true) = (model, problems.is_empty()) {
        match lower::lower(&model) {
            Ok(lowered) => {
                rounded.extend(lowered.rounded);
                notes.extend(rounded.iter().cloned());
                let patterns = nodes.iter().map(|node| Match {
                    pattern: "NIR",
                    node: node.name.clone(),
                    detail: node.became.clone().unwrap_or_default(),
                });
                let (patterns, proof) = (patterns.collect(), lowered.proof);
                converted = Some(Converted {
                    model,
                    proof,
                    notes: notes.clone(),
                    patterns,
                    samples: samples.clone(),
                    inserted: None,
                    widths: None,
                });
            }
            Err(mut error) => {
                error.fix.get_or_insert_with(|| REMEDY.to_owned());
                problems.push(error);
            }
        }
    }
    let surveyed = nodes.iter().map(|node| {
        let wrong = problems.iter().any(|e| e.node.as_ref() == Some(&node.name));
        let status = match (&node.became, wrong) {
            (_, true) => Status::Wrong,
            (None, false) => Status::Waits,
            (Some(detail), false) => {
                let approximate = rounded.iter().any(|(name, _)| *name == node.name);
                let pattern = if approximate { "approximate" } else { "exact" };
                Status::Supported { pattern, detail: detail.clone() }
            }
        };
        Surveyed { name: node.name.clone(), operator: node.kind.clone(), status }
    });
    Ok(Check {
        file: path.clone(),
        model: name.to_owned(),
        producer,
        samples,
        nodes: surveyed.collect(),
        size,
        notes,
        inserted: None,
        widths: None,
        problems,
        converted,
    })
}

/// The size of a network.
fn size_of(model: &Model) -> Size {
    let mut size = Size::default();
    for id in model.network.topological() {
        let node = model.network.node(id);
        match &node.op {
            Op::Linear(linear) => {
                size.layers += 1;
                size.parameters += linear.weights.levels.len() + linear.bias.len();
            }
            Op::Lif(lif) => size.neurons += lif.time.neurons(node.shape.len()),
            Op::Neuron(_) => size.neurons += node.shape.len(),
            Op::Input(_)
            | Op::Arrange(_)
            | Op::Select(_)
            | Op::Embedding(_)
            | Op::Sum(_)
            | Op::LayerNorm(_)
            | Op::Product(_)
            | Op::Softmax(_)
            | Op::Function(_)
            | Op::MaxPool(_)
            | Op::Readout => {}
        }
    }
    size
}
