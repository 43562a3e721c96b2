//! Compiles an integer network.

use crate::error::{Error, Result};
use crate::graph::NodeId;
use crate::integer::{Network, Neuron, Op, Range, Readout, Rule};

use super::Golden;
use super::embedding::EmbeddingPlan;
use super::layer_norm::LayerNormPlan;
use super::neuron::{Decision, NeuronPlan};
use super::plan::{ReadoutPlan, Stage};
use super::pool::PoolPlan;
use super::product::ProductPlan;
use super::softmax::SoftmaxPlan;
use super::source::{Accumulation, Layer, Source};
use super::sum::SumPlan;
use super::sums::Width;
use super::synapse::SynapsePlan;

/// Counterpart of a node of the integer network.
#[derive(Clone, Copy)]
enum Compiled {
    Source(Source),
    Accumulation(usize),
}

/// Buffers and stages created so far.
struct Compiler<'a> {
    network: &'a Network,
    checked: bool,
    nodes: Vec<Option<Compiled>>,
    stages: Vec<Stage>,
    accumulations: Vec<Accumulation>,
    arrangements: Vec<Vec<usize>>,
    layers: Vec<Layer>,
}

impl Golden {
    pub(super) fn compile(network: &Network, checked: bool) -> Result<Self> {
        network.check("golden model")?;
        let mut compiler = Compiler {
            network,
            checked,
            nodes: Vec::new(),
            stages: Vec::new(),
            accumulations: Vec::new(),
            arrangements: vec![Vec::new()],
            layers: Vec::new(),
        };
        let mut inputs = Vec::new();
        let mut readouts = 0;
        for id in network.topological() {
            let node = network.node(id);
            let compiled = match &node.op {
                Op::Input(input) => {
                    inputs.push(input.clone());
                    Some(Compiled::Source(Source::Input(0)))
                }
                Op::Linear(linear) => Some(Compiled::Accumulation(compiler.linear(id, linear)?)),
                Op::Neuron(neuron) => Some(Compiled::Source(compiler.neuron(id, neuron)?)),
                Op::Lif(_) => {
                    let problem =
                        "these neurons have time-steps of their own, which only the settled schedule has";
                    return Err(compiler.error(id, problem).fix("use --schedule settled"));
                }
                Op::Arrange(arrange) => Some(Compiled::Source(compiler.arrange(id, arrange)?)),
                Op::Select(select) => Some(Compiled::Source(compiler.select(id, *select)?)),
                Op::Embedding(embedding) => Some(Compiled::Accumulation(compiler.embedding(id, embedding)?)),
                Op::Sum(sum) => Some(Compiled::Accumulation(compiler.sum(id, sum)?)),
                Op::Product(product) => Some(Compiled::Accumulation(compiler.product(id, product)?)),
                Op::LayerNorm(norm) => Some(Compiled::Source(compiler.layer_norm(id, norm)?)),
                Op::Softmax(softmax) => Some(Compiled::Source(compiler.softmax(id, softmax)?)),
                Op::MaxPool(pool) => Some(Compiled::Accumulation(compiler.pool(id, pool)?)),
                Op::Readout(readout) => {
                    readouts += 1;
                    compiler.readout(id, readout)?;
                    None
                }
            };
            if compiler.nodes.len() <= id.index() {
                compiler.nodes.resize(id.index() + 1, None);
            }
            compiler.nodes[id.index()] = compiled;
        }
        let found = inputs.len();
        match inputs.pop() {
            Some(input) if found == 1 && readouts == 1 => Ok(Self {
                input,
                stages: compiler.stages,
                layers: compiler.layers,
                accumulations: compiler.accumulations,
                arrangements: compiler.arrangements,
                checked,
            }),
            _ => Err(Error::input(format!("{found} inputs and {readouts} readouts; expected 1 and 1"))),
        }
    }
}

impl Compiler<'_> {
    /// Counterpart of the input `port` of a node.
    fn compiled(&self, id: NodeId, port: usize) -> Result<Compiled> {
        let source = self.network.inputs(id).get(port).copied();
        source
            .and_then(|i| self.nodes[i.index()])
            .ok_or_else(|| self.error(id, "reads nothing, or the readout"))
    }

    fn error(&self, id: NodeId, problem: &str) -> Error {
        Error::input(format!("golden model: {problem}")).at_node(&self.network.node(id).name)
    }

    /// The narrowest width for a range plus one bit, so that the difference of two values fits too.
    fn width(&self, range: Range) -> Width {
        match range.signed_width() {
            _ if self.checked => Width::W64,
            0..=15 => Width::W16,
            16..=31 => Width::W32,
            _ => Width::W64,
        }
    }

    fn linear(&mut self, id: NodeId, linear: &crate::integer::Linear) -> Result<usize> {
        let Compiled::Source(source) = self.compiled(id, 0)? else {
            return Err(self.error(id, "reads a synaptic layer without neurons between them"));
        };
        if !linear.weights.iter().all(|&w| linear.weight.contains(w)) {
            return Err(self.error(id, "a weight lies outside the range that is stated for the weights"));
        }
        let width = self.width(linear.partial.union(linear.delta));
        let plan = SynapsePlan::new(linear, source, self.network.node(id).shape.rows(), width);
        Ok(self.push_synapse(plan))
    }

    fn push_synapse(&mut self, mut plan: SynapsePlan) -> usize {
        plan.output = self.accumulations.len();
        let accumulation = Accumulation {
            stride: plan.stride,
            rows: plan.rows,
            sources: vec![plan.source],
            width: plan.width,
        };
        self.push(Stage::Synapse(plan), accumulation)
    }

    fn push(&mut self, stage: Stage, accumulation: Accumulation) -> usize {
        self.stages.push(stage);
        self.accumulations.push(accumulation);
        self.accumulations.len() - 1
    }

    /// The accumulation that a node reads; for a node that reads events directly, one that passes them through.
    fn accumulation(&mut self, id: NodeId, port: usize) -> Result<usize> {
        match self.compiled(id, port)? {
            Compiled::Accumulation(index) => Ok(index),
            Compiled::Source(source) => {
                let shape = &self.network.node(self.network.inputs(id)[port]).shape;
                let width = match source {
                    _ if self.checked => Width::W64,
                    Source::Input(_) => Width::W32,
                    // Spikes.
                    Source::Layer { .. } => Width::W16,
                };
                Ok(self.push_synapse(SynapsePlan::passing(source, shape.rows(), shape.channels(), width)))
            }
        }
    }

    fn arrange(&mut self, id: NodeId, arrange: &crate::integer::Arrange) -> Result<Source> {
        let Compiled::Source(Source::Input(before)) = self.compiled(id, 0)? else {
            return Err(self.error(id, "only the raw input can be arranged"));
        };
        let order = match &self.arrangements[before][..] {
            [] => arrange.order.clone(),
            before => arrange.order.iter().map(|&e| before[e]).collect(),
        };
        self.arrangements.push(order);
        Ok(Source::Input(self.arrangements.len() - 1))
    }

    fn select(&mut self, id: NodeId, select: crate::integer::Select) -> Result<Source> {
        let Compiled::Source(Source::Layer { layer, first, .. }) = self.compiled(id, 0)? else {
            return Err(self.error(id, "rows can be selected of neurons only"));
        };
        // Values have at most 2^30 elements.
        let channels = self.network.node(id).shape.channels() as u32;
        let first = first + select.first as u32 * channels;
        Ok(Source::Layer { layer, first, end: first + select.count as u32 * channels })
    }

    fn embedding(&mut self, id: NodeId, embedding: &crate::integer::Embedding) -> Result<usize> {
        let Compiled::Source(source @ Source::Input(arrangement)) = self.compiled(id, 0)? else {
            return Err(self.error(id, "a table is read by the raw input only"));
        };
        let rows = self.network.node(id).shape.rows();
        let width = Width::W64;
        let plan = EmbeddingPlan::new(embedding, arrangement, self.accumulations.len());
        let channels = embedding.channels;
        Ok(self.push(
            Stage::Embedding(plan),
            Accumulation { stride: channels, rows, sources: vec![source], width },
        ))
    }

    fn sum(&mut self, id: NodeId, sum: &crate::integer::Sum) -> Result<usize> {
        let mut inputs = Vec::new();
        let (mut sources, mut passed) = (Vec::new(), Vec::new());
        for port in 0..sum.terms.len() {
            if let Compiled::Source(source) = self.compiled(id, port)? {
                passed.push(source);
            }
            let index = self.accumulation(id, port)?;
            let own = self.network.node(self.network.inputs(id)[port]).shape.channels();
            inputs.push((index, [self.accumulations[index].stride, own]));
            sources.extend(self.accumulations[index].sources.iter().copied());
        }
        let plan = SumPlan::new(sum, inputs, passed, self.accumulations.len());
        let (rows, channels) = (sum.rows, sum.channels);
        let width = self.width(sum.delta).max(Width::W32);
        Ok(self.push(Stage::Sum(plan), Accumulation { stride: channels, rows, sources, width }))
    }

    fn product(&mut self, id: NodeId, product: &crate::integer::Product) -> Result<usize> {
        let inputs = self.network.inputs(id);
        let mut operands = Vec::new();
        for (port, &input) in inputs.iter().enumerate() {
            let whole = &self.network.node(input).shape;
            let Compiled::Source(Source::Layer { layer, first: 0, end }) = self.compiled(id, port)? else {
                return Err(self.error(id, "operands of a product are whole layers of neurons"));
            };
            if end as usize != whole.len() {
                return Err(self.error(id, "operands of a product are whole layers of neurons"));
            }
            operands.push((layer, whole.rows(), whole.channels()));
        }
        let shape = self.network.node(id).shape.clone();
        let width = self.width(product.partial.union(product.delta).union(product.total));
        let products = self.stages.iter().filter(|stage| matches!(stage, Stage::Product(_))).count();
        let outputs = (self.accumulations.len(), products);
        let plan = ProductPlan::new(product, operands[0], operands[1], width, outputs);
        let sources = operands.iter().map(|&(layer, rows, channels)| Source::Layer {
            layer,
            first: 0,
            end: (rows * channels) as u32,
        });
        let accumulation =
            Accumulation { stride: shape.channels(), rows: shape.rows(), sources: sources.collect(), width };
        Ok(self.push(Stage::Product(plan), accumulation))
    }

    fn pool(&mut self, id: NodeId, pool: &crate::integer::MaxPool) -> Result<usize> {
        let Compiled::Source(source) = self.compiled(id, 0)? else {
            return Err(self.error(id, "a pool reads sums without neurons between them"));
        };
        let shape = self.network.node(id).shape.clone();
        let width = self.width(pool.delta);
        let pools = self.stages.iter().filter(|stage| matches!(stage, Stage::Pool(_))).count();
        let plan = PoolPlan::new(pool, source, self.accumulations.len(), pools);
        let accumulation =
            Accumulation { stride: shape.channels(), rows: shape.rows(), sources: vec![source], width };
        Ok(self.push(Stage::Pool(plan), accumulation))
    }

    fn layer_norm(&mut self, id: NodeId, norm: &crate::integer::LayerNorm) -> Result<Source> {
        let input = self.accumulation(id, 0)?;
        let decision = Decision::LayerNorm(Box::new(LayerNormPlan::new(norm, self.checked)));
        Ok(self.push_layer(id, input, (norm.low, norm.high), decision, norm.total, norm.total))
    }

    fn softmax(&mut self, id: NodeId, softmax: &crate::integer::Softmax) -> Result<Source> {
        let input = self.accumulation(id, 0)?;
        let mask = match softmax.padding {
            None => None,
            Some(padding) => {
                let Compiled::Source(Source::Input(arrangement)) = self.compiled(id, 1)? else {
                    return Err(self.error(id, "the mask is not made of the raw input"));
                };
                Some((arrangement, padding))
            }
        };
        let decision = Decision::Softmax(Box::new(SoftmaxPlan::new(softmax, mask, self.checked)));
        let total = softmax.total;
        Ok(self.push_layer(id, input, (softmax.low, softmax.high), decision, total, total))
    }

    /// Adds a layer of neurons that decide by whole rows.
    fn push_layer(
        &mut self,
        id: NodeId,
        input: usize,
        levels: (i32, i32),
        decision: Decision,
        total: Range,
        membrane: Range,
    ) -> Source {
        let layer = self.layer(id);
        let plan = NeuronPlan::new(
            levels,
            decision,
            &layer,
            input,
            &self.accumulations[input],
            self.width(total).max(Width::W32),
            (total, membrane),
        );
        self.stages.push(Stage::Neuron(plan));
        self.push_source(layer)
    }

    fn layer(&self, id: NodeId) -> Layer {
        let node = self.network.node(id);
        Layer { name: node.name.clone(), node: id, rows: node.shape.rows(), channels: node.shape.channels() }
    }

    fn push_source(&mut self, layer: Layer) -> Source {
        let end = (layer.rows * layer.channels) as u32;
        self.layers.push(layer);
        Source::Layer { layer: self.layers.len() - 1, first: 0, end }
    }

    fn neuron(&mut self, id: NodeId, neuron: &Neuron) -> Result<Source> {
        let node = self.network.node(id);
        let input = self.accumulation(id, 0)?;
        let layer = self.layer(id);
        // Constants that are never compared with a membrane may be outside its range.
        let (decision, constants) = match &neuron.rule {
            Rule::Affine { fraction, .. } if *fraction > 62 => {
                let problem =
                    format!("golden model: {fraction} fraction bits of a membrane; supported are 62");
                return Err(Error::input(problem).at_node(&node.name));
            }
            Rule::Affine { fraction, theta, start } => {
                let list = theta.iter().chain(start);
                let range = list.fold(Range::new(0, 0), |r, &x| r.union(Range::new(x, x)));
                let decision =
                    Decision::Affine { fraction: *fraction, theta: theta.clone(), start: start.clone() };
                // A shift by the width of the type or more is not defined.
                (decision, if *fraction < 30 { range } else { Range::new(i64::MIN, i64::MAX) })
            }
            Rule::Table => {
                let (thresholds, non_monotone) = (neuron.thresholds.clone(), neuron.non_monotone.clone());
                (Decision::Table { thresholds, non_monotone }, Range::new(0, 0))
            }
        };
        let width = self.width(neuron.membrane.union(constants)).max(Width::W32);
        let plan = NeuronPlan::new(
            (neuron.low, neuron.high),
            decision,
            &layer,
            input,
            &self.accumulations[input],
            width,
            (neuron.total, neuron.membrane),
        );
        self.stages.push(Stage::Neuron(plan));
        Ok(self.push_source(layer))
    }

    fn readout(&mut self, id: NodeId, readout: &Readout) -> Result<()> {
        let input = self.accumulation(id, 0)?;
        let shape = &self.network.node(id).shape;
        self.stages.push(Stage::Readout(ReadoutPlan {
            input,
            stride: self.accumulations[input].stride,
            rows: shape.rows(),
            channels: shape.channels(),
            readout: readout.clone(),
        }));
        Ok(())
    }
}
