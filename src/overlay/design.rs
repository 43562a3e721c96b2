//! The overlay of a network: the machine with its program, and the interfaces of the core.

use super::compile::{self, compile, compile_for};
use super::options::{Loadable, Options};
use super::plan::Plan;
use crate::error::{Error, Result};
use crate::hardware::{Input, Output};
use crate::integer::{Network, Op};

/// A planned overlay.
#[derive(Clone, Debug)]
pub struct Design {
    /// The model's name.
    pub model: String,
    /// What was asked for.
    pub options: Options,
    /// The machine, if networks are loaded at run time.
    pub loadable: Option<Box<Loadable>>,
    /// Machine and program.
    pub plan: Plan,
    /// The input stream.
    pub input: Input,
    /// The output stream.
    pub output: Output,
}

/// Plans the overlay of a network.
///
/// # Errors
/// If an option is out of range, or the network has an operator that the overlay cannot compute.
pub fn plan(model: &str, network: &Network, options: &Options) -> Result<Design> {
    options.check()?;
    design(model, network, options, compile(network, options)?, None)
}

/// As [`plan`], without the memory images: for estimates.
///
/// # Errors
/// As [`plan`].
pub(crate) fn sketch(model: &str, network: &Network, options: &Options) -> Result<Design> {
    design(model, network, options, compile::sketch(network, options)?, None)
}

/// Plans a network for a machine that it is loaded into.
///
/// # Errors
/// As [`plan`]; and what does not fit the machine, with the numbers.
pub fn plan_loadable(model: &str, network: &Network, loadable: &Loadable) -> Result<Design> {
    loadable.options.check()?;
    let plan = compile_for(network, loadable)?;
    design(model, network, &loadable.options, plan, Some(Box::new(loadable.clone())))
}

/// As [`plan_loadable`], without the memory images: for estimates.
///
/// # Errors
/// As [`plan_loadable`].
pub(crate) fn sketch_loadable(model: &str, network: &Network, loadable: &Loadable) -> Result<Design> {
    let plan = compile::sketch_for(network, loadable)?;
    design(model, network, &loadable.options, plan, Some(Box::new(loadable.clone())))
}

impl Design {
    /// The same design with another number of events per cycle: the program does not depend on it.
    pub(crate) fn set_spikes(&mut self, spikes: usize) {
        self.options.spikes = spikes;
        self.plan.machine.spikes = spikes;
        self.plan.own.spikes = spikes;
        if let Some(loadable) = &mut self.loadable {
            loadable.options.spikes = spikes;
            loadable.machine.spikes = spikes;
        }
    }
}

fn design(
    model: &str,
    network: &Network,
    options: &Options,
    plan: Plan,
    loadable: Option<Box<Loadable>>,
) -> Result<Design> {
    let (mut input, mut output) = (None, None);
    for id in network.topological() {
        let node = network.node(id);
        match &node.op {
            Op::Input(own) => {
                input = Some(Input {
                    element: own.element,
                    element_bits: plan.machine.input.element_bits,
                    zero_point: own.zero_point,
                    count: node.shape.len(),
                    // An element per cycle: the input unit works while another sample is computed.
                    beat_lanes: 1,
                    row: node.shape.len(),
                    value_width: own.widest().signed_width(),
                });
            }
            Op::Readout(_) => {
                output = Some(Output {
                    node: node.name.clone(),
                    classes: node.shape.len(),
                    rows: node.shape.rows(),
                    value_width: plan.machine.readout.value_width,
                    margin_width: 0,
                });
            }
            Op::Linear(_)
            | Op::Neuron(_)
            | Op::Lif(_)
            | Op::Arrange(_)
            | Op::Select(_)
            | Op::Embedding(_)
            | Op::Sum(_)
            | Op::LayerNorm(_)
            | Op::Product(_)
            | Op::MaxPool(_)
            | Op::Softmax(_) => {}
        }
    }
    match (input, output) {
        (Some(input), Some(output)) => {
            Ok(Design { model: model.to_owned(), options: *options, loadable, plan, input, output })
        }
        _ => Err(Error::input("the network has no input or no readout")),
    }
}
