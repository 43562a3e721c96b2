//! Random convolutional networks, as an importer writes them: feature maps `[channels, lines, columns]`, transposed to
//! channels-last around each operator. Scales are powers of two, so that float64 evaluates them exactly.

#![allow(dead_code, reason = "each test program that includes this uses a part of it")]

use snn2rtl::graph::{Clipped, NodeId, Shape, Window};
use snn2rtl::qann::{Network, Op};
use snn2rtl::quant::{Element, InputSpec, Quantiser, Rounding, Scaling, Weights};

use crate::random::Random;

/// What is to be made.
#[derive(Clone, Debug)]
pub struct Recipe {
    pub seed: u64,
    /// Levels of neurons.
    pub levels: Vec<(i32, i32)>,
    /// Sums of feature maps.
    pub sums: bool,
}

struct Builder<'a> {
    network: Network,
    random: &'a mut Random,
    recipe: &'a Recipe,
    count: usize,
}

/// The network; its sample has the input's shape.
pub fn network(recipe: &Recipe) -> Network {
    let random = &mut Random(recipe.seed);
    let shape =
        Shape(vec![random.range(1, 3) as usize, random.range(3, 7) as usize, random.range(3, 7) as usize]);
    let mut b = Builder { network: Network::new(), random, recipe, count: 0 };
    let zero_point = b.random.pick(&[0, 0, 3]);
    let scaling = Scaling::Affine { scale: vec!["0.0625".parse().expect("a decimal")], zero_point };
    let spec = InputSpec { element: Element::U8, scaling, channel_axis: None };
    let mut last = b.network.add("input", Op::Input { shape, spec }, &[]).expect("an input");
    if b.random.chance(50) {
        last = b.quantise(last);
    }
    // Whether neurons carry the value.
    let blocks = b.random.range(1, 4);
    for block in 0..blocks {
        let kind = if block == 0 { 0 } else { b.random.range(0, 6) };
        last = match kind {
            3 => {
                let pool = b.pool(last, true);
                // Neurons of the same scale or of another one, or none at all.
                if b.random.chance(40) { b.quantise(pool) } else { pool }
            }
            4 => {
                let pool = b.pool(last, false);
                b.quantise(pool)
            }
            5 if recipe.sums => b.residual(last),
            6 if recipe.sums => b.concatenated(last),
            _ => {
                let depthwise = kind == 2;
                let sum = b.convolution(last, depthwise);
                let sum = if b.random.chance(30) { b.normalise(sum) } else { sum };
                let sum = if b.random.chance(30) { b.add(Op::Relu, &[sum]) } else { sum };
                let sum = if b.random.chance(25) { b.pool(sum, true) } else { sum };
                b.quantise(sum)
            }
        };
    }
    if recipe.seed % 5 < 2 {
        last = b.resampled(last);
    }
    if recipe.seed.is_multiple_of(3) {
        last = b.gated(last);
    }
    b.finish(last)
}

impl Builder<'_> {
    fn add(&mut self, op: Op, inputs: &[NodeId]) -> NodeId {
        self.count += 1;
        self.network.add(format!("node{}", self.count), op, inputs).expect("fits")
    }

    fn shape(&self, id: NodeId) -> Vec<usize> {
        self.network.node(id).shape.0.clone()
    }

    /// An operator on channels-last maps.
    fn last(&mut self, id: NodeId, op: Op) -> NodeId {
        let map = self.add(Op::Transpose(vec![1, 2, 0]), &[id]);
        let result = self.add(op, &[map]);
        self.add(Op::Transpose(vec![2, 0, 1]), &[result])
    }

    fn quantise(&mut self, id: NodeId) -> NodeId {
        let (low, high) = self.random.pick(&self.recipe.levels);
        let scale = self.random.pick(&[0.5, 0.25, 1.0, 0.75]);
        let rounding = self.random.pick(&[Rounding::HalfUp, Rounding::HalfEven]);
        self.add(Op::Quantise(Quantiser::uniform(scale, low, high, rounding)), &[id])
    }

    fn window(&mut self, id: NodeId, groups: usize, pads: bool) -> Window {
        let shape = self.shape(id);
        let (channels, size) = (shape[0], [shape[1], shape[2]]);
        loop {
            let mut pair = |low, high| [0; 2].map(|_| self.random.range(low, high) as usize);
            let most = i64::from(pads) * 2;
            let window = Window {
                frames: 1,
                size,
                channels,
                kernel: pair(1, 3),
                stride: pair(1, 2),
                dilation: pair(1, 2),
                before: pair(0, most),
                after: pair(0, most),
                groups,
                places: None,
            };
            // No place sees padding only.
            let sees = |d: usize| (0..window.output()[d]).all(|o| window.clipped(d, o).count > 0);
            if window.check().is_ok() && sees(0) && sees(1) {
                return window;
            }
        }
    }

    fn weights(&mut self, inputs: usize, outputs: usize) -> Weights {
        let level = |random: &mut Random| if random.chance(15) { 0 } else { random.range(-8, 7) as i32 };
        let levels = (0..inputs * outputs).map(|_| level(self.random)).collect();
        let count = if self.random.chance(50) { outputs } else { 1 };
        let scale = (0..count).map(|_| self.random.pick(&[0.125, 0.0625])).collect();
        Weights { inputs, outputs, levels, scale }
    }

    fn bias(&mut self, outputs: usize) -> Vec<f64> {
        if self.random.chance(30) {
            return Vec::new();
        }
        (0..outputs).map(|_| self.random.range(-16, 16) as f64 / 16.0).collect()
    }

    fn convolution(&mut self, id: NodeId, depthwise: bool) -> NodeId {
        let channels = self.shape(id)[0];
        let divisors: Vec<usize> = (1..=channels).filter(|d| channels.is_multiple_of(*d)).collect();
        let groups = match (depthwise, self.random.chance(25)) {
            (true, _) => channels,
            (false, true) => self.random.pick(&divisors),
            (false, false) => 1,
        };
        let window = self.window(id, groups, true);
        let outputs = groups * self.random.range(1, 6.max(12 / groups as i64)).min(12) as usize;
        let weights = self.weights(window.inputs(), outputs);
        let bias = self.bias(outputs);
        self.last(id, Op::Convolution { window, weights, bias })
    }

    fn pool(&mut self, id: NodeId, max: bool) -> NodeId {
        let window = self.window(id, 1, true);
        self.last(id, if max { Op::MaxPool(window) } else { Op::AveragePool(window) })
    }

    /// A map whose places read what they like of the one before; a quantiser or a convolution reads it.
    fn resampled(&mut self, id: NodeId) -> NodeId {
        let shape = self.shape(id);
        // A quantiser reads a sum divided once, which float64 rounds right; sums of thirds that meet a tie it does not.
        let quantised = self.random.chance(50);
        let (mut window, mut divisor) = (Window::pixel(1, shape[0], 1), 1);
        let mut places = [Vec::new(), Vec::new()];
        let mut weights = [Vec::new(), Vec::new()];
        for d in 0..2 {
            let size = shape[1 + d];
            let own = if quantised { self.random.range(2, 4) as i32 } else { self.random.pick(&[2, 4]) };
            let mut lists = Vec::new();
            for _ in 0..self.random.range(1, 3) {
                let count = self.random.range(1, 2.min(size as i64)) as usize;
                lists.push((weights[d].len(), count));
                let first = if count == 1 { own } else { self.random.range(0, own.into()) as i32 };
                weights[d].extend([first, own - first].into_iter().take(count));
            }
            for _ in 0..self.random.range(1, 7) {
                let (tap, count) = self.random.pick(&lists);
                let at = self.random.range(0, (size - count) as i64) as usize;
                places[d].push(Clipped { tap, at, count });
            }
            (window.size[d], window.kernel[d]) = (size, weights[d].len());
            divisor *= own.unsigned_abs();
        }
        window.places = Some(places);
        let [lines, columns] = weights;
        let weights = lines.iter().flat_map(|y| columns.iter().map(move |x| x * y)).collect();
        let map = self.last(id, Op::Resample { window, weights, divisor });
        if quantised {
            return self.quantise(map);
        }
        let sum = self.convolution(map, false);
        self.quantise(sum)
    }

    fn normalise(&mut self, id: NodeId) -> NodeId {
        let channels = self.shape(id)[0];
        let gain = (0..channels).map(|_| self.random.pick(&[0.5, -0.5, 2.0, 1.0])).collect();
        let offset = (0..channels).map(|_| self.random.range(-8, 8) as f64 / 8.0).collect();
        self.last(id, Op::Affine { gain, offset })
    }

    /// `x` and `f(x)` side by side, quantised or both of one scale.
    fn concatenated(&mut self, id: NodeId) -> NodeId {
        let inner = self.same_size(id);
        let inner = self.quantise(inner);
        let both = if self.random.chance(50) { [id, inner] } else { [inner, id] };
        let both = self.add(Op::Concat(0), &both);
        self.half_up(both)
    }

    /// Neurons of a sum: the overlay computes those that have a threshold for a level.
    fn half_up(&mut self, id: NodeId) -> NodeId {
        let (low, high) = self.random.pick(&self.recipe.levels);
        self.add(Op::Quantise(Quantiser::uniform(0.25, low, high, Rounding::HalfUp)), &[id])
    }

    /// `x + f(x)`, quantised; the map keeps its size.
    fn residual(&mut self, id: NodeId) -> NodeId {
        let inner = self.same_size(id);
        let sum = self.add(Op::Add, &[id, inner]);
        self.half_up(sum)
    }

    /// A map times one gate for each channel, made of the means of its pixels; times one for each pixel; or times another map.
    fn gated(&mut self, id: NodeId) -> NodeId {
        let map = self.same_size(id);
        let map = self.quantise(map);
        let shape = self.shape(map);
        let gate = match self.recipe.seed % 7 {
            0..3 => {
                let size = [shape[1], shape[2]];
                let all = Window { kernel: size, ..Window { size, ..Window::pixel(1, shape[0], 1) } };
                let mean = self.last(map, Op::AveragePool(all));
                let mean = self.quantise(mean);
                let window = Window::pixel(1, shape[0], 1);
                let weights = self.weights(shape[0], shape[0]);
                let bias = self.bias(shape[0]);
                self.last(mean, Op::Convolution { window, weights, bias })
            }
            3..5 => {
                let window = Window { size: [shape[1], shape[2]], ..Window::pixel(1, shape[0], 1) };
                let weights = self.weights(shape[0], 1);
                self.last(map, Op::Convolution { window, weights, bias: Vec::new() })
            }
            _ => self.same_size(map),
        };
        let gate = self.quantise(gate);
        let product = self.add(Op::Mul, &[map, gate]);
        self.quantise(product)
    }

    /// A convolution that keeps the size of the map.
    fn same_size(&mut self, id: NodeId) -> NodeId {
        let shape = self.shape(id);
        let one = [1, 1];
        let window = Window {
            kernel: [3, 3],
            before: one,
            after: one,
            ..Window { size: [shape[1], shape[2]], ..Window::pixel(1, shape[0], 1) }
        };
        let weights = self.weights(window.inputs(), shape[0]);
        let bias = self.bias(shape[0]);
        self.last(id, Op::Convolution { window, weights, bias })
    }

    /// Logits from all elements, or from the mean of the pixels.
    fn finish(mut self, last: NodeId) -> Network {
        let shape = self.shape(last);
        let mut inputs = shape.iter().product();
        let mut row = self.add(Op::Reshape(Shape(vec![inputs])), &[last]);
        if self.random.chance(30) {
            let pixels = inputs / shape[0];
            let map = self.add(Op::Reshape(Shape(vec![shape[0], pixels])), &[last]);
            let rows = self.add(Op::Transpose(vec![1, 0]), &[map]);
            let mean = self.add(Op::Mean, &[rows]);
            inputs = shape[0];
            row = self.add(Op::Reshape(Shape(vec![inputs])), &[mean]);
            if self.random.chance(50) {
                row = self.quantise(row);
            }
        }
        let weights = Weights { scale: vec![0.125], ..self.weights(inputs, 3) };
        let logits = self.add(Op::Linear { weights, bias: Vec::new() }, &[row]);
        self.add(Op::Output, &[logits]);
        self.network
    }
}

/// A raw sample; dark images have many zeros.
pub fn sample(network: &Network, random: &mut Random) -> Vec<i32> {
    let input = network.topological()[0];
    let percent = random.pick(&[20, 60, 100]);
    let element = |random: &mut Random| if random.chance(percent) { random.range(0, 255) as i32 } else { 0 };
    (0..network.node(input).shape.len()).map(|_| element(random)).collect()
}
