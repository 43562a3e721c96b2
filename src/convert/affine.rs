//! Normalisations with fixed statistics (BatchNorm in inference): merged into the layer before them; or a layer of one weight
//! for each channel, where neurons or raw elements are before them.

use super::Conversion;
use super::carried::division;
use super::view::{Content, Pending, Summand, Value};
use crate::error::{Error, Result};
use crate::graph::{NodeId, Window};
use crate::quant::Weights;
use crate::snn::{Linear, Op};

impl Conversion {
    /// `gain[c]·x + offset[c]` of the channels of the last extent.
    pub(super) fn affine(
        &mut self,
        name: &str,
        gain: &[f64],
        offset: &[f64],
        source: &Value,
        readers: usize,
    ) -> Result<Value> {
        let source = &self.rectified(name, source)?;
        let neurons = matches!(source.content, Content::Node(node) if self.levels_of(node).is_some());
        let divisor = division(source.factor).filter(|_| neurons && source.offset == 0.0);
        let plain = Value { factor: 1.0, ..source.clone() };
        let source = if divisor.is_some() { &plain } else { source };
        self.unscaled(name, source)?;
        if let Content::Sum(pending) = &source.content
            && let Some(sum) = self.affine_sum(name, gain, offset, pending, source)?
        {
            return Ok(Value { content: Content::Sum(sum), ..source.clone() }.also_read_by(readers));
        }
        let node = self.carrier(name, source)?;
        match &self.graph.node(node).op {
            Op::Linear(_) => {
                let channels = self.graph.node(node).shape.channels();
                let of = channel_of(source, channels, gain.len()).ok_or_else(|| unordered(name))?;
                let node = self.own_layer(node, source)?;
                if let Op::Linear(linear) = &self.graph.node(node).op {
                    let merged = merged(linear, |c| (gain[of[c]], offset[of[c]]), name)?;
                    self.replace(node, Op::Linear(merged));
                }
                let value = Value { content: Content::Node(node), shared: false, ..source.clone() };
                Ok(value.also_read_by(readers))
            }
            Op::Neuron(_) | Op::Input(_) | Op::Arrange(_) | Op::Select(_) => {
                let channels = gain.len();
                let (node, order) = self.rows_of(name, source, channels)?;
                let pixels = self.graph.node(node).shape.len() / channels;
                let weights =
                    Weights { inputs: 1, outputs: channels, levels: vec![1; channels], scale: vec![1.0] };
                let window = Some(Window::pixel(pixels, channels, channels));
                let linear =
                    Linear { window, divisor: divisor.unwrap_or(1), ..Linear::plain(weights, Vec::new()) };
                let mut at = vec![0; channels];
                order.iter().enumerate().for_each(|(c, &of)| at[of] = c);
                let op = Op::Linear(merged(&linear, |c| (gain[at[c]], offset[at[c]]), name)?);
                let value = Value::plain(self.graph.add(name, op, &[node])?, readers);
                Ok(self.channels_in(value, &order))
            }
            Op::Sum(_)
            | Op::Embedding(_)
            | Op::Lif(_)
            | Op::LayerNorm(_)
            | Op::Product(_)
            | Op::Softmax(_)
            | Op::Function(_)
            | Op::MaxPool(_)
            | Op::Readout => Err(Error::input(
                "this normalisation reads neither a layer with weights nor quantised values",
            )
            .at_node(name)
            .fix("quantise the value before it, or put it directly after a convolution or linear layer")),
        }
    }

    /// An open sum of layers, each of them normalised: parts of different scales side by side. `None` if something else than
    /// layers is added.
    fn affine_sum(
        &mut self,
        name: &str,
        gain: &[f64],
        offset: &[f64],
        sum: &Pending,
        source: &Value,
    ) -> Result<Option<Pending>> {
        let Some(of) = channel_of(source, sum.channels, gain.len()) else { return Ok(None) };
        let mut terms = Vec::new();
        for term in &sum.terms {
            // A turned layer has the sum's rows as its channels.
            let (Op::Linear(linear), false) = (&self.graph.node(term.node).op, term.turned) else {
                return Ok(None);
            };
            terms.push((term, merged(linear, |c| (gain[of[c]], 0.0), name)?));
        }
        let mut constant = vec![0.0; sum.rows * sum.channels];
        for (e, constant) in constant.iter_mut().enumerate() {
            let c = of[e % sum.channels];
            *constant = gain[c] * sum.constant.get(e).copied().unwrap_or(0.0) + offset[c];
        }
        let mut normalised = Pending { constant, terms: Vec::new(), ..sum.clone() };
        for (term, layer) in terms {
            let label = self.unused_name(format!("{}.normalised", self.graph.node(term.node).name));
            let below = self.graph.inputs(term.node);
            let node = self.graph.add(label, Op::Linear(layer), &below)?;
            normalised.terms.push(Summand { node, ..term.clone() });
        }
        Ok(Some(normalised))
    }

    /// The layer itself, or a copy of it where others read it, too.
    fn own_layer(&mut self, node: NodeId, value: &Value) -> Result<NodeId> {
        if !value.shared {
            return Ok(node);
        }
        let (op, inputs) = (self.graph.node(node).op.clone(), self.graph.inputs(node));
        let label = self.unused_name(format!("{}.normalised", self.graph.node(node).name));
        self.graph.add(label, op, &inputs)
    }
}

/// For each channel of the node, the channel of the value: the same in every row.
fn channel_of(value: &Value, channels: usize, own: usize) -> Option<Vec<usize>> {
    let Some(order) = &value.order else {
        return (channels == own).then(|| (0..channels).collect());
    };
    let mut of = vec![None; channels];
    for (e, from) in order.iter().enumerate() {
        let known = of[from % channels].get_or_insert(e % own);
        if *known != e % own {
            return None;
        }
    }
    // A channel that is not read may become anything.
    Some(of.into_iter().map(|c| c.unwrap_or(0)).collect())
}

fn unordered(name: &str) -> Error {
    Error::input("the channels of this normalisation are not the outputs of the layer before it")
        .at_node(name)
        .fix("normalise directly after the layer, before reshapes and transpositions")
}

/// A layer followed by `gain·x + offset` of each output.
fn merged(linear: &Linear, of: impl Fn(usize) -> (f64, f64), name: &str) -> Result<Linear> {
    let w = &linear.weights;
    let (mut levels, mut scale, mut bias) = (w.levels.clone(), Vec::new(), Vec::new());
    for (o, levels) in levels.chunks_mut(w.inputs).enumerate() {
        let (gain, offset) = of(o);
        if gain < 0.0 {
            levels.iter_mut().for_each(|level| *level = -*level);
        }
        let merged = crate::quant::per_channel(&w.scale, o) * gain.abs();
        if !merged.is_normal() {
            let problem = format!("the factor {gain} of channel {o} is out of range");
            return Err(Error::input(problem)
                .at_node(name)
                .fix("check the running variance and the scale of this normalisation"));
        }
        scale.push(merged);
        bias.push(gain * linear.bias.get(o).copied().unwrap_or(0.0) + offset);
    }
    let weights = Weights { levels, scale, ..w.clone() };
    Ok(Linear { weights, bias, ..linear.clone() })
}
