//! The smallest widths of weights, layer by layer, whose accuracy on calibration samples stays within a tolerance.

use std::collections::HashMap;

use rayon::prelude::*;
use serde::Serialize;

use super::Positions;
use super::insert::samples;
use super::load;
use crate::compact::search::smallest;
use crate::error::{Error, Result};
use crate::graph::NodeId;
use crate::qann::eval::evaluate;
use crate::qann::{Network, Op};

/// Width from which the search begins.
const MOST: u8 = 16;
/// Smallest width of weights.
const LEAST: u8 = 2;

/// A search that the user asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// Loss of accuracy that is accepted, in percentage points.
    pub tolerance: f64,
    /// Samples on which accuracy is measured.
    pub calibrate: String,
    /// Labels of these samples.
    pub labels: String,
}

/// Widths that were found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Widths {
    /// Loss of accuracy that is accepted, in percentage points.
    pub tolerance: f64,
    /// Number of samples.
    pub samples: usize,
    /// Each layer whose weights are rounded, and its width in bits.
    pub layers: Vec<(String, u32)>,
    /// Accuracy with float weights.
    pub accuracy_before: f64,
    /// Accuracy with the widths that were found.
    pub accuracy: f64,
    /// Samples whose class changes.
    pub classes_changed: usize,
    /// Sets of widths that were tried.
    pub tried: usize,
}

/// Rounds the weights of a network; `rounded` gives the network with all weights rounded to a width.
///
/// # Errors
/// If samples or labels do not fit, or no width is enough.
pub fn search(
    network: &Network,
    search: &Search,
    rounded: &dyn Fn(u8) -> Result<Network>,
) -> Result<(Network, Widths)> {
    if !search.tolerance.is_finite() || search.tolerance < 0.0 {
        return Err(Error::input(format!("a tolerance of {} percentage points", search.tolerance))
            .fix("give --tolerance 0.5"));
    }
    let raw = samples(network, &search.calibrate)?;
    let positions = Positions::of_quantised(network);
    let labels = load::labels(&search.labels, raw.len(), None, positions)?;
    let all: Vec<Network> = (LEAST..=MOST).map(rounded).collect::<Result<_>>()?;
    let at = |bits: u32| &all[bits as usize - usize::from(LEAST)];
    // Nodes whose weights change at some width.
    let layers: Vec<NodeId> = network
        .topological()
        .into_iter()
        .filter(|&id| matches!(network.node(id).op, Op::Linear { .. } | Op::Convolution { .. }))
        .filter(|&id| all.iter().any(|other| other.node(id).op != network.node(id).op))
        .collect();
    let with = |bits: &[u32]| -> Network {
        let mut network = network.clone();
        for (&id, &bits) in layers.iter().zip(bits) {
            network.node_mut(id).op = at(bits).node(id).op.clone();
        }
        network
    };
    let classes = |network: &Network| -> Vec<usize> {
        let of = |raw: &Vec<i32>| positions.classes_of_original(&evaluate(network, raw).logits);
        raw.par_iter().flat_map_iter(of).collect()
    };
    let accuracy = |classes: &[usize]| positions.accuracy(classes, &labels);
    let before = classes(network);
    let wanted = accuracy(&before) - search.tolerance / 100.0;
    let mut tried: HashMap<Vec<u32>, bool> = HashMap::new();
    let mut accepts = |bits: Vec<u32>| {
        *tried.entry(bits).or_insert_with_key(|bits| accuracy(&classes(&with(bits))) >= wanted - 1e-12)
    };
    let start = vec![u32::from(MOST); layers.len()];
    if !accepts(start.clone()) {
        return Err(Error::input(format!(
            "weights of {MOST} bits lose more than {} percentage points",
            search.tolerance
        ))
        .fix("give a larger --tolerance, or leave it out: weights are then taken to 24 bits"));
    }
    let bits = smallest(start, &vec![true; layers.len()], u32::from(LEAST), &mut accepts);
    let chosen = with(&bits);
    let after = classes(&chosen);
    let name = |id: &NodeId| network.node(*id).name.clone();
    let widths = Widths {
        tolerance: search.tolerance,
        samples: raw.len(),
        layers: layers.iter().map(name).zip(bits).collect(),
        accuracy_before: accuracy(&before),
        accuracy: accuracy(&after),
        classes_changed: before.iter().zip(&after).filter(|(a, b)| a != b).count(),
        tried: tried.len(),
    };
    Ok((chosen, widths))
}
