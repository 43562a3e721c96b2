//! ONNX files to the quantised network; all differences between exporters are handled here.
//!
//! bytes ─[`decode`]▶ plain structs ─[`flow`]▶ what is constant, what is computed, all extents ─[`find`], by [`patterns`]▶
//! what every value is, and all that is wrong ─[`build`]▶ the network. Constants are evaluated on demand by [`constants`];
//! their elements may lie in other files, which [`external`] reads.

mod blocks;
mod build;
mod constants;
mod decode;
mod dims;
mod external;
mod find;
mod flow;
mod infer;
mod input;
mod name;
mod padding;
mod patterns;
mod propagate;
pub mod proto;
mod resample;
mod resize;
mod rewrite;
mod scopes;
mod slices;
mod survey;
mod tail;
mod tensor;
mod transposed;
mod window;

use std::cell::RefCell;
use std::collections::HashSet;
use std::path::Path;

use crate::error::{Error, Result};
use crate::graph::NodeId;
use crate::qann::Network;
use crate::quant::{Element, InputSpec, Padding, Scaling};

use decode::Model;
use flow::Flow;
use patterns::Context;

pub use input::Samples;
pub use rewrite::{Adjustments, Binding};
pub use survey::{Status, Surveyed};

/// Options of the user.
#[derive(Clone, Debug)]
pub struct Options {
    /// The raw data behind the model's input.
    pub input: InputSpec,
    /// Width to which weights without a quantiser are rounded; without it they are taken to 24 bits of the largest weight
    /// of their output channel.
    pub weight_bits: Option<u8>,
}

/// A pattern that was found: a line of the explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// The pattern.
    pub pattern: &'static str,
    /// The node of the network that it became.
    pub node: String,
    /// Description of the match.
    pub detail: String,
}

/// Result of an import.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The network.
    pub network: Network,
    /// Name of the graph in the file.
    pub model_name: String,
    /// The program that wrote the file, with version.
    pub producer: String,
    /// The patterns that were found, sources first.
    pub explanation: Vec<Match>,
}

/// Everything that is known of a model, whether it can be imported or not.
pub struct Examined {
    /// Name of the graph in the file.
    pub model_name: String,
    /// The program that wrote the file, with version.
    pub producer: String,
    /// What raw samples are; none if neither the user nor the model tells.
    pub samples: Option<Samples>,
    /// What the padding of samples of token ids must keep to.
    pub padding: Option<Padding>,
    /// Every node of the file, sources first.
    pub nodes: Vec<Surveyed>,
    /// The network. If there are problems, placeholders stand for what could not be imported, and parts may be missing.
    pub network: Network,
    /// Nodes of the network that are placeholders.
    pub placeholders: HashSet<NodeId>,
    /// Which pattern was found where, sources first.
    pub explanation: Vec<Match>,
    /// What the user should know: node and text.
    pub notes: Vec<(String, String)>,
    /// How weights without a quantiser were taken: node and text.
    pub float_weights: Vec<(String, String)>,
    /// Everything that is wrong, sources first.
    pub problems: Vec<Error>,
}

/// Widths to which weights can be rounded.
const WEIGHT_BITS: std::ops::RangeInclusive<u8> = 2..=32;

/// Reads an ONNX model.
///
/// # Errors
/// Names the file and all nodes that cannot be imported.
pub fn import(path: &Path, options: &Options) -> Result<Imported> {
    let examined = examine(path, Some(&options.input), options.weight_bits, &Adjustments::default())?;
    match Error::several(examined.problems) {
        Some(error) => Err(error.at_file(path)),
        None => Ok(Imported {
            network: examined.network,
            model_name: examined.model_name,
            producer: examined.producer,
            explanation: examined.explanation,
        }),
    }
}

/// Reads an ONNX model and finds all that is wrong with it. Without an `input`, the meaning of raw samples is inferred from the model.
///
/// # Errors
/// When the file is not an ONNX model of one graph with one input and one output.
pub fn examine(
    path: &Path,
    input: Option<&InputSpec>,
    weight_bits: Option<u8>,
    adjustments: &Adjustments,
) -> Result<Examined> {
    let bytes = std::fs::read(path)
        .map_err(|e| Error::io("read", path, &e).fix("check the path; a model is a file MODEL.onnx"))?;
    examine_bytes(&bytes, path, input, weight_bits, adjustments).map_err(|e| e.at_file(path))
}

fn examine_bytes(
    bytes: &[u8],
    path: &Path,
    input: Option<&InputSpec>,
    weight_bits: Option<u8>,
    adjustments: &Adjustments,
) -> Result<Examined> {
    if let Some(bits) = weight_bits.filter(|b| !WEIGHT_BITS.contains(b)) {
        let problem = format!("weights of {bits} bits; supported are {WEIGHT_BITS:?}");
        return Err(Error::input(problem).fix("give --weight-bits 8"));
    }
    let model = Model::decode(bytes, path, adjustments)?;
    let mut flow = Flow::new(&model)?;
    if flow.is_constant(model.output) {
        flow.constant(model.output)?;
        return Err(Error::input("the model's output does not depend on its input")
            .fix("check that the exported output is computed from the input"));
    }
    let assumed = match input {
        Some(spec) => spec.clone(),
        None => provisional()?,
    };
    let tail_options = Options { input: assumed, weight_bits };
    let tail = tail::of(&Context { flow: &flow, options: &tail_options, told: RefCell::default() })?;
    flow.output = tail.logits;
    let mut problems = Vec::new();
    let early = input.map(|spec| Samples::given(&flow, spec)).or_else(|| Samples::of_integers(&flow));
    let mut samples = keep(early, &mut problems);
    let assumed = samples.as_ref().map_or_else(provisional, |samples| Ok(samples.spec.clone()))?;
    let options = Options { input: assumed, weight_bits };
    let mut findings = find::find_all(&Context { flow: &flow, options: &options, told: RefCell::default() });
    let padding = padding::of(&mut findings);
    let open = samples.is_none() && problems.is_empty();
    problems.extend(findings.wrong.values().flatten().cloned());
    if open {
        samples = keep(Some(Samples::of_quantiser(&flow, &findings)), &mut problems);
    }
    let nodes = survey::survey(&flow, &findings, &tail.dropped);
    let dropped = tail.dropped.iter().rev();
    let dropped = dropped.map(|(index, why)| (model.nodes[*index].name.clone(), format!("dropped: {why}")));
    let told = findings.told.values().flatten().cloned();
    let notes = model.notes.iter().cloned().chain(told).chain(dropped).collect();
    let float_weights = findings.float_weights.values().flatten().cloned().collect();
    let spec = samples.as_ref().map_or(&options.input, |samples| &samples.spec);
    let built = build::build(&flow, spec, findings)?;
    problems.extend(built.problems);
    Ok(Examined {
        samples,
        padding,
        nodes,
        network: built.network,
        placeholders: built.placeholders,
        explanation: built.explanation,
        notes,
        float_weights,
        problems,
        producer: model.producer,
        model_name: model.name,
    })
}

/// What is known, or a further problem.
fn keep(result: Option<Result<Samples>>, problems: &mut Vec<Error>) -> Option<Samples> {
    match result? {
        Ok(samples) => Some(samples),
        Err(error) => {
            problems.push(error);
            None
        }
    }
}

/// Stands for raw samples of which it is not known what they are.
fn provisional() -> Result<InputSpec> {
    let decimal = |text: &str| Ok::<_, Error>(vec![text.parse().map_err(Error::input)?]);
    let scaling = Scaling::Normalise { mean: decimal("0")?, std: decimal("1")? };
    Ok(InputSpec { element: Element::U8, scaling, channel_axis: None })
}
