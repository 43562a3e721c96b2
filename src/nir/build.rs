//! The spiking network, node by node. Rows of all values are time-steps and, in each, the pixels of a map.

use std::collections::BTreeMap;

use super::file::{File, RawNode};
use super::layer::{self, Layer};
use super::neuron;
use super::{Options, Samples};
use crate::error::{Error, Result};
use crate::graph::{NodeId, Shape, Window};
use crate::quant::{Decimal, Element, Encoding, InputSpec, Precision, Scaling};
use crate::snn::{Input, Model, Network, Op, Time, View};

/// What became of the nodes.
#[derive(Default)]
pub(super) struct Built {
    pub model: Option<Model>,
    /// For each node, in order, what it became.
    pub became: Vec<Option<String>>,
    pub notes: Vec<(String, String)>,
    /// Nodes that are not exact: name, and what is rounded.
    pub rounded: Vec<(String, String)>,
    pub problems: Vec<Error>,
}

/// The features of a time-step.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form {
    /// Channels, and lines and columns of pixels.
    Map { channels: usize, size: [usize; 2] },
    /// In one row, in the order of the file: that of a map of channels, lines and columns, if it was one.
    Flat { count: usize, map: Option<(usize, [usize; 2])> },
}

impl Form {
    pub fn count(&self) -> usize {
        match self {
            Self::Map { channels, size } => channels * size[0] * size[1],
            Self::Flat { count, .. } => *count,
        }
    }

    /// Channels and pixels of the rows that hold it.
    pub fn rows(&self) -> (usize, usize) {
        match self {
            Self::Map { channels, size } | Self::Flat { map: Some((channels, size)), .. } => {
                (*channels, size[0] * size[1])
            }
            Self::Flat { count, map: None } => (*count, 1),
        }
    }
}

/// The walk along the nodes.
pub(super) struct Walk<'a> {
    pub options: &'a Options,
    pub network: Network,
    pub steps: usize,
    /// What spikes or carries the raw input, and what it carries in a time-step.
    pub source: NodeId,
    pub source_form: Form,
    /// What there is behind the layer that waits for neurons; without one, the source's.
    pub form: Form,
    /// Whether the source is the input, in the order of the file.
    pub raw: bool,
    /// Whether what there is is the same in every time-step, and has one.
    pub constant: bool,
    /// Largest level of the source.
    pub highest: i64,
    /// Factors of the features of the source, one for all or one for each.
    pub gain: Vec<f64>,
    /// A layer of weights that no neurons have read yet.
    pub layer: Option<Layer>,
    pub views: BTreeMap<String, View>,
    pub notes: Vec<(String, String)>,
    /// Layers whose weights are rounded.
    pub rounded: Vec<(String, String)>,
}

/// Builds the network from nodes in order.
pub(super) fn build(file: &File, order: &[usize], name: &str, producer: &str, options: &Options) -> Built {
    let mut built = Built { became: vec![None; order.len()], ..Built::default() };
    let node = |n: usize| &file.nodes[n];
    // All nodes that no network can have, before the first that does not fit.
    let foreign = order.iter().filter(|&&n| !KINDS.contains(&node(n).kind.as_str()));
    built.problems.extend(foreign.map(|&n| {
        let problem =
            format!("nodes of the type {} are not supported", crate::error::printable(&node(n).kind));
        Error::input(problem).at_node(&node(n).name).fix(format!("supported are {}", KINDS.join(", ")))
    }));
    let mut walk: Option<Walk<'_>> = None;
    for (at, &n) in order.iter().enumerate() {
        let node = node(n);
        let result = match &mut walk {
            None => Walk::begin(node, options).map(|(begun, what)| {
                walk = Some(begun);
                what
            }),
            Some(walk) => walk.node(node, at + 1 == order.len()),
        };
        match result {
            Ok(what) => built.became[at] = Some(what),
            Err(error) => {
                let known = built.problems.iter().any(|e| e.node.as_deref() == Some(&node.name));
                if !known {
                    built.problems.push(error.at_node(&node.name));
                }
                break;
            }
        }
    }
    if let Some(walk) = walk {
        (built.notes, built.rounded) = (walk.notes, walk.rounded);
        if built.problems.is_empty() {
            let (name, producer) = (name.to_owned(), producer.to_owned());
            let model = Model {
                network: walk.network,
                name,
                producer,
                views: walk.views,
                precision: Precision::EXACT,
                padding: None,
            };
            match model.network.check("spiking network") {
                Ok(()) => built.model = Some(model),
                Err(error) => built.problems.push(error),
            }
        }
    }
    built
}

/// Types of nodes that can be converted.
const KINDS: [&str; 14] = [
    "Input",
    "Output",
    "Affine",
    "Linear",
    "Conv1d",
    "Conv2d",
    "AvgPool2d",
    "SumPool2d",
    "Flatten",
    "Scale",
    "IF",
    "LIF",
    "CubaLIF",
    "Threshold",
];

impl<'a> Walk<'a> {
    /// The input.
    fn begin(node: &RawNode, options: &'a Options) -> Result<(Self, String)> {
        let steps = options.time_steps.ok_or_else(|| {
            Error::input("NIR files do not say how many time-steps a network runs for")
                .fix("give the number of time-steps: --time-steps 16")
        })?;
        let mut extents = node.array("shape")?.counts("shape")?;
        if extents.len() == 4 && extents[0] == 1 {
            extents.remove(0);
        }
        let form = match extents[..] {
            [count] => Form::Flat { count, map: None },
            [1, count] => Form::Flat { count, map: None },
            [channels, width] => Form::Map { channels, size: [1, width] },
            [channels, height, width] => Form::Map { channels, size: [height, width] },
            _ => {
                return Err(Error::input(format!("an input of the extents {extents:?}"))
                    .fix("supported are features [N], and maps [C, L] and [C, H, W]"));
            }
        };
        let mut sample = extents.clone();
        let constant = options.samples == Samples::Constant;
        if !constant {
            sample.insert(0, steps);
        }
        let sample = Shape(sample);
        // The number of time-steps alone, then the product with the extents.
        Time { steps, constant: true }.shape(&Shape::matrix(1, 1)).map_err(Error::input)?;
        if !sample.is_sane() {
            return Err(Error::input(format!("samples of {sample} have no elements, or too many"))
                .fix("check the shape of the input, and --time-steps"));
        }
        Time { steps, constant: false }
            .shape(&Shape::matrix(if constant { steps } else { sample.rows() }, sample.channels()))
            .map_err(Error::input)?;
        let one = || -> Result<Decimal> { "1".parse().map_err(Error::input) };
        let unscaled = |element| -> Result<InputSpec> {
            Ok(InputSpec {
                element,
                scaling: Scaling::Affine { scale: vec![one()?], zero_point: 0 },
                channel_axis: None,
            })
        };
        let (spec, encoding) = match (options.samples, &options.input) {
            (Samples::Constant, None) => {
                return Err(Error::input("it is not known what raw elements mean")
                    .fix("give --input u8 and --mean, --std or --scale"));
            }
            (Samples::Constant, Some(spec)) => (spec.clone(), Encoding::Analog),
            (Samples::Train(Some(_)), Some(_)) => {
                return Err(Error::input("a scale of elements that are coded as spikes")
                    .fix("leave --input, --mean, --std and --scale out: spikes are 0 or 1"));
            }
            (Samples::Train(coding), None) => {
                (unscaled(Element::U8)?, Encoding::Train { highest: 1, coding })
            }
            (Samples::Train(None), Some(spec)) => {
                let mut spec = spec.clone();
                // The axis of a channel is one further in, behind the time-steps.
                spec.channel_axis = spec.channel_axis.map(|axis| axis + 1);
                let highest = spec.element.range().1;
                (spec, Encoding::Train { highest, coding: None })
            }
        };
        let highest = match encoding {
            Encoding::Train { highest, .. } => highest,
            Encoding::Analog | Encoding::Rate { .. } => spec.element.range().1,
        };
        let mut network = Network::new();
        let what = format!("input of the extents {sample}");
        let source = network.add(&node.name, Op::Input(Input { sample, spec, encoding }), &[])?;
        let mut notes = Vec::new();
        if options.neurons.is_none() {
            notes.push((
                node.name.clone(),
                "neurons are computed as NIR defines them: a spike when v > θ, then v = v_reset; other frameworks differ, \
                 see --neurons"
                    .to_owned(),
            ));
        }
        let walk = Walk {
            options,
            network,
            steps,
            source,
            source_form: form.clone(),
            form,
            raw: true,
            constant,
            highest: highest.into(),
            gain: vec![1.0],
            layer: None,
            views: BTreeMap::new(),
            notes,
            rounded: Vec::new(),
        };
        Ok((walk, what))
    }

    /// A further node; returns what it became.
    fn node(&mut self, node: &RawNode, last: bool) -> Result<String> {
        if let Some(parameters) = neuron::parameters(node, self.options)? {
            return self.neurons(node, &parameters);
        }
        match node.kind.as_str() {
            "Affine" | "Linear" => {
                self.no_layer()?;
                let layer = layer::affine(node)?;
                if layer.inputs != self.form.count() || matches!(self.form, Form::Map { .. }) {
                    let form = match self.form {
                        Form::Flat { count, .. } => format!("{count} features"),
                        Form::Map { channels, size } => {
                            format!("a map of {channels} channels and {}×{} pixels", size[0], size[1])
                        }
                    };
                    return Err(Error::input(format!("{} inputs, but it reads {form}", layer.inputs))
                        .fix("check the extents of this layer; a Flatten node makes features of a map"));
                }
                self.form = Form::Flat { count: layer.outputs, map: None };
                let what = format!("{}×{} weights", layer.outputs, layer.inputs);
                self.set_layer(layer, None)?;
                Ok(what)
            }
            "Conv1d" | "Conv2d" => {
                self.no_layer()?;
                let (channels, size) = self.map()?;
                let layer = layer::convolution(node, channels, size)?;
                let output = layer.window.as_ref().map_or([0; 2], Window::output);
                let what = layer.window.as_ref().map_or_else(String::new, Window::describe);
                let outputs = layer.outputs;
                self.set_layer(layer, Some(channels))?;
                self.form = Form::Map { channels: outputs, size: output };
                Ok(format!("convolution, {what}"))
            }
            "AvgPool2d" | "SumPool2d" => self.pool(node),
            "Flatten" => {
                if let Form::Map { channels, size } = self.form {
                    if self.layer.is_some() {
                        return Err(Error::input("it reads a layer without neurons between them")
                            .fix("put the Flatten node behind the neurons"));
                    }
                    self.form = Form::Flat { count: self.form.count(), map: Some((channels, size)) };
                    self.source_form = self.form.clone();
                }
                Ok("an order of features".to_owned())
            }
            "Scale" => {
                let scale = node.array("scale")?;
                let factors = self.features(&scale.values, "scale")?;
                match self.layer.take() {
                    Some(mut layer) => {
                        layer.scale(&self.form_channels(&factors, "scale")?);
                        self.layer = Some(layer);
                    }
                    None => self.multiply(&factors),
                }
                Ok("factors of weights".to_owned())
            }
            "Input" => Ok("passed on".to_owned()),
            "Output" if last => self.output(node),
            "Output" => Ok("passed on".to_owned()),
            kind => Err(Error::input(format!("nodes of the type {kind} are not supported"))),
        }
    }

    /// Fails if a layer of weights reads another one.
    fn no_layer(&self) -> Result<()> {
        match &self.layer {
            None => Ok(()),
            Some(layer) => Err(Error::input(format!(
                "it reads the layer {:?} without neurons between them",
                crate::error::printable(&layer.name)
            ))
            .fix("merge both layers into one, or put neurons between them")),
        }
    }

    pub fn map(&self) -> Result<(usize, [usize; 2])> {
        match self.form {
            Form::Map { channels, size } => Ok((channels, size)),
            Form::Flat { count, .. } => {
                Err(Error::input(format!("it reads {count} features, which are no map"))
                    .fix("check the extents of the Input node: [C, H, W]"))
            }
        }
    }

    /// One factor for all features, or one for each in the order of the file.
    fn features(&self, values: &[f64], what: &str) -> Result<Vec<f64>> {
        match values.len() {
            1 => Ok(values.to_vec()),
            n if n == self.form.count() => Ok(values.to_vec()),
            n => Err(Error::input(format!("{n} values of {what} for {} features", self.form.count()))),
        }
    }

    /// One number for each channel: all pixels of a map have the same.
    pub fn form_channels(&self, values: &[f64], what: &str) -> Result<Vec<f64>> {
        let Form::Map { channels, size } = self.form else { return Ok(values.to_vec()) };
        let pixels = size[0] * size[1];
        if values.len() == 1 || (values.len() == channels && pixels == 1) {
            return Ok(values.to_vec());
        }
        let each: Vec<f64> = values.chunks(pixels).map(|own| own[0]).collect();
        match values.chunks(pixels).all(|own| own.iter().all(|v| *v == own[0])) {
            true => Ok(each),
            false => Err(Error::input(format!("the pixels of a channel differ in {what}"))
                .fix("use one value for each channel")),
        }
    }

    /// Multiplies the features of the source.
    fn multiply(&mut self, factors: &[f64]) {
        let longest = self.gain.len().max(factors.len());
        let of = |list: &[f64], n: usize| if list.len() == 1 { list[0] } else { list[n] };
        self.gain = (0..longest).map(|n| of(&self.gain, n) * of(factors, n)).collect();
    }

    /// Takes a layer whose inputs are channels of a window, or features in the order of the file.
    fn set_layer(&mut self, mut layer: Layer, channels: Option<usize>) -> Result<()> {
        let gain = match channels {
            None => self.gain.clone(),
            Some(_) => self.form_channels(&self.gain, "scale")?,
        };
        if gain.iter().any(|&g| g != 1.0) {
            let depth = layer.window.as_ref().map_or(layer.inputs, Window::depth);
            let part = layer.outputs / layer.window.as_ref().map_or(1, |w| w.groups);
            for (e, w) in layer.weights.iter_mut().enumerate() {
                let (o, i) = (e / layer.inputs, e % layer.inputs);
                let feature = if channels.is_some() { o / part * depth + i % depth } else { i };
                *w *= if gain.len() == 1 { gain[0] } else { gain[feature] };
            }
            self.gain = vec![1.0];
        }
        self.layer = Some(layer);
        Ok(())
    }
}
