//! Random networks of given shapes, scaled so that their neurons have something to do.

use std::path::Path;

use snn2rtl::data::{Inputs, NpzWriter};
use snn2rtl::graph::Shape;
use snn2rtl::quant::{Element, Encoding, InputSpec, Quantiser, Rounding, Scaling, Weights};
use snn2rtl::snn::{Input, Linear, Model, Network, Op};

use crate::random::Random;

/// A synaptic layer and the neurons behind it.
#[derive(Clone, Copy, Debug)]
pub struct Layer {
    /// Elements of the value before it that it reads as one row.
    pub inputs: usize,
    pub outputs: usize,
    pub levels: (i32, i32),
    pub rounding: Rounding,
    /// Whether scales of weights and neurons are one a channel.
    pub per_channel: bool,
}

/// A network.
#[derive(Clone, Debug)]
pub struct Recipe {
    pub name: &'static str,
    /// Rows and channels of a sample.
    pub sample: (usize, usize),
    pub element: Element,
    pub zero_point: i32,
    /// Time-steps of the input.
    pub steps: u32,
    /// Levels of neurons that read the input itself, if there are such.
    pub input_neurons: Option<(i32, i32)>,
    pub layers: Vec<Layer>,
    pub classes: usize,
    /// Different scales in the last layer, so that the readout multiplies.
    pub scaled_classes: bool,
}

const INPUT_SCALE: f64 = 1.0 / 64.0;

/// Makes the network.
pub fn model(recipe: &Recipe, random: &mut Random) -> Model {
    let (rows, channels) = recipe.sample;
    let scaling =
        Scaling::Affine { scale: vec!["0.015625".parse().expect("a number")], zero_point: recipe.zero_point };
    let encoding = if recipe.steps > 1 { Encoding::Rate { steps: recipe.steps } } else { Encoding::Analog };
    let spec = InputSpec { element: recipe.element, scaling, channel_axis: None };
    let mut network = Network::new();
    let input = Op::Input(Input { sample: Shape::matrix(rows, channels), spec, encoding });
    let mut last = network.add("input", input, &[]).expect("an input");
    let mut count = rows * channels;
    // About how large a value is.
    let (low, high) = recipe.element.range();
    let mut size = f64::from(high - low) / 4.0 * INPUT_SCALE;
    if let Some((low, high)) = recipe.input_neurons {
        let scale = (size / f64::from(high - low)) as f32;
        let neurons = Quantiser::uniform(scale, low, high, Rounding::HalfUp);
        last = network.add("quantise", Op::Neuron(neurons), &[last]).expect("neurons");
    }
    for (n, layer) in recipe.layers.iter().enumerate() {
        let rows = count / layer.inputs;
        let linear = linear(random, layer.inputs, layer.outputs, layer.per_channel);
        size *= WEIGHT_SIZE * (layer.inputs as f64).sqrt();
        last = network.add(format!("linear{n}"), Op::Linear(linear), &[last]).expect("a layer");
        let (low, high) = layer.levels;
        let scales = if layer.per_channel { layer.outputs } else { 1 };
        // Ties happen where scales are round.
        let round = |x: f64| if layer.rounding == Rounding::HalfEven { x.log2().round().exp2() } else { x };
        let scale = (0..scales)
            .map(|_| round(2.0 * size / f64::from(high - low) * random.range(50, 150) as f64 / 100.0) as f32)
            .collect();
        let neurons = Quantiser { scale, low: vec![low], high: vec![high], rounding: layer.rounding };
        last = network.add(format!("act{n}"), Op::Neuron(neurons), &[last]).expect("neurons");
        count = rows * layer.outputs;
    }
    let head = linear(random, count, recipe.classes, recipe.scaled_classes);
    last = network.add("head", Op::Linear(head), &[last]).expect("a layer");
    network.add("logits", Op::Readout, &[last]).expect("a readout");
    Model {
        network,
        name: recipe.name.into(),
        producer: "test".into(),
        views: Default::default(),
        precision: Default::default(),
        padding: None,
    }
}

/// About how large a weight is.
const WEIGHT_SIZE: f64 = 0.25;

fn linear(random: &mut Random, inputs: usize, outputs: usize, per_channel: bool) -> Linear {
    let levels = (0..inputs * outputs).map(|_| random.range(-8, 8) as i32).collect();
    let scale = (0..if per_channel { outputs } else { 1 })
        .map(|_| if per_channel { random.range(12, 20) as f64 / 256.0 } else { 0.0625 })
        .collect();
    let bias = (0..outputs).map(|_| random.range(-64, 64) as f64 / 64.0).collect();
    Linear { weights: Weights { inputs, outputs, levels, scale }, divisor: 1, bias, window: None }
}

/// Samples with many, few and no elements that differ from the zero point, through a file.
pub fn samples(recipe: &Recipe, random: &mut Random, count: usize, folder: &Path) -> Inputs {
    let (rows, channels) = recipe.sample;
    let (low, high) = recipe.element.range();
    let mut values = Vec::new();
    for n in 0..count {
        let percent = [100, 60, 0, 20][n % 4];
        values.extend((0..rows * channels).map(|_| {
            if random.chance(percent) {
                random.range(low.into(), high.into())
            } else {
                recipe.zero_point.into()
            }
        }));
    }
    let file = folder.join(format!("{}.npz", recipe.name));
    let shape = [count, rows, channels];
    let mut writer = NpzWriter::create(&file).expect("a writable folder");
    match recipe.element {
        Element::U8 => writer.add("x", &shape, &values.iter().map(|&v| v as u8).collect::<Vec<_>>()),
        Element::I8 => writer.add("x", &shape, &values.iter().map(|&v| v as i8).collect::<Vec<_>>()),
        Element::U16 => writer.add("x", &shape, &values.iter().map(|&v| v as u16).collect::<Vec<_>>()),
    }
    .expect("written");
    writer.finish().expect("written");
    let location = format!("{}:x", file.display());
    Inputs::read(&location, &Shape::matrix(rows, channels), recipe.element).expect("read back")
}
