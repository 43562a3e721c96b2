//! What rounding the weights costs: classes and accuracy of the network in float64 with float weights, with each layer rounded
//! alone, and with all of them.

use rayon::prelude::*;
use serde::Serialize;

use super::Positions;
use super::convert::Options;
use super::load;
use crate::error::{Error, Result};
use crate::graph::NodeId;
use crate::import::{self, Examined};
use crate::qann::eval::evaluate;
use crate::qann::{Network, Op};
use crate::snn::Model;

/// Rounded weights against float ones.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rounding {
    /// Width of the rounded weights in bits.
    pub bits: u8,
    /// Number of samples.
    pub samples: usize,
    /// Accuracy with float weights, if there are labels.
    pub accuracy_before: Option<f64>,
    /// Each layer rounded alone, then all of them, without a name.
    pub layers: Vec<Change>,
}

/// What changes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The layer; none for all of them.
    pub layer: Option<String>,
    /// Samples whose class changes.
    pub classes_changed: usize,
    /// Accuracy, if there are labels.
    pub accuracy: Option<f64>,
}

/// Measures the rounding that `options` ask for on samples for the converted model.
///
/// # Errors
/// When no width is given, or samples or labels do not fit.
pub fn measure(options: &Options, model: &Model, inputs: &str, labels: Option<&str>) -> Result<Rounding> {
    let bits = options.weight_bits.ok_or_else(|| {
        Error::input("no weights are rounded, so there is nothing to compare").fix("add --weight-bits 8")
    })?;
    let read = |weight_bits| -> Result<Examined> {
        import::examine(&options.model, options.input.as_ref(), weight_bits, &options.adjustments)
    };
    let (plain, rounded) = (read(None)?.network, read(Some(bits))?.network);
    let inputs = load::inputs(inputs, model, None)?;
    let samples: Vec<Vec<i32>> = (0..inputs.len()).map(|n| inputs.sample(n)).collect();
    let positions = Positions::of(model);
    let labels = labels.map(|labels| load::labels(labels, samples.len(), None, positions)).transpose()?;
    let classes = |network: &Network| -> Vec<usize> {
        let of = |raw: &Vec<i32>| positions.classes_of_original(&evaluate(network, raw).logits);
        samples.par_iter().flat_map_iter(of).collect()
    };
    let before = classes(&plain);
    let accuracy = |classes: &[usize]| labels.as_ref().map(|labels| positions.accuracy(classes, labels));
    let change = |layer: Option<String>, network: &Network| {
        let after = classes(network);
        let classes_changed = before.iter().zip(&after).filter(|(a, b)| a != b).count();
        Change { layer, classes_changed, accuracy: accuracy(&after) }
    };
    let mut layers = Vec::new();
    let differing: Vec<NodeId> =
        plain.topological().into_iter().filter(|&id| plain.node(id).op != rounded.node(id).op).collect();
    for &id in differing.iter().filter(|&&id| matches!(plain.node(id).op, Op::Linear { .. })) {
        let mut network = plain.clone();
        network.node_mut(id).op = rounded.node(id).op.clone();
        layers.push(change(Some(plain.node(id).name.clone()), &network));
    }
    layers.push(change(None, &rounded));
    Ok(Rounding { bits, samples: samples.len(), accuracy_before: accuracy(&before), layers })
}
