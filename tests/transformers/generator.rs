//! Random small Transformers as a person would export them.

use snn2rtl::graph::{Band, NodeId, Shape};
use snn2rtl::qann::{Network, Op};
use snn2rtl::quant::{Binary, Element, Function, InputSpec, Quantiser, Rounding, Scaling, Unary, Weights};

use crate::random::Random;

/// What is to be made.
#[derive(Clone, Debug)]
pub struct Recipe {
    pub seed: u64,
    pub tokens: usize,
    pub heads: usize,
    /// Channels of a head.
    pub depth: usize,
    pub blocks: usize,
    /// Channels between the two layers of the perceptron.
    pub hidden: usize,
    /// Levels of activations.
    pub levels: i32,
    /// Each quantiser has its own number of levels, 2…256, and rounds halves up or to even.
    pub mixed: bool,
    pub weight_bits: u32,
    /// Words of a table instead of patches with a class token.
    pub words: bool,
    /// Whether word 0 is padding.
    pub mask: bool,
    /// Which keys a query sees.
    pub band: Band,
    /// RMSNorm instead of LayerNorm.
    pub rms: bool,
    /// Q, K and V from one layer.
    pub fused: bool,
    pub post_norm: bool,
    /// Sums of the residual stream are quantised, as tools do that quantise every result.
    pub quantised_sums: bool,
    /// All scales are s·2^k and all constants of the residual stream multiples of s·2^k, so its sums are exact.
    pub exact_sums: bool,
    /// Scores are quantised as they are, without softmax; not with a mask.
    pub linear_attention: bool,
    /// Two softmaxes of the same scores, with different levels, are added; not with linear attention.
    pub two_softmaxes: bool,
    /// The activations between the layers of the perceptron are multiplied with gates of another layer.
    pub gated: bool,
    /// The mean of all tokens is classified, not the first one.
    pub mean: bool,
    /// Every token is classified.
    pub all: bool,
    /// Queries and keys are rotated by angles of their positions.
    pub rotary: bool,
    /// What is applied between the two layers of the perceptron; ReLU if nothing else.
    pub function: Option<Function>,
}

/// Functions that rise and fall, and some that do not.
pub fn functions() -> Vec<Option<Function>> {
    let one = |op| {
        let mut f = Function::identity();
        f.unary(op, 0);
        f
    };
    let bump = {
        let mut f = Function::identity();
        let square = f.binary(Binary::Mul, 0, 0);
        let negative = f.unary(Unary::Neg, square);
        f.unary(Unary::Exp, negative);
        f
    };
    let all =
        [Function::gelu(), Function::gelu_tanh(), Function::silu(), bump, one(Unary::Tanh), one(Unary::Abs)];
    std::iter::once(None).chain(all.into_iter().map(Some)).collect()
}

/// Rows of the table of words.
const VOCABULARY: usize = 11;
/// Elements of a patch.
pub const PATCH: usize = 3;

impl Recipe {
    pub fn any(seed: u64, random: &mut Random) -> Self {
        let mut size = |low: i64, high: i64| random.range(low, high) as usize;
        let (tokens, heads, depth, blocks, hidden) =
            (size(1, 5), size(1, 3), size(1, 4), size(1, 2), size(1, 8));
        let words = random.chance(50);
        Self {
            seed,
            tokens,
            heads,
            depth,
            blocks,
            hidden,
            levels: random.pick(&[4, 8, 16, 32]),
            mixed: false,
            weight_bits: random.range(2, 8) as u32,
            words,
            mask: words && random.chance(50),
            band: Band::ALL,
            rms: false,
            fused: random.chance(50),
            post_norm: random.chance(50),
            quantised_sums: false,
            exact_sums: seed % 3 == 1,
            linear_attention: false,
            two_softmaxes: false,
            gated: false,
            mean: random.chance(50),
            all: false,
            rotary: false,
            function: functions().swap_remove(random.range(0, 6) as usize),
        }
    }

    /// With masks by position, RMSNorm, gates, rotary positions and logits of all rows in some networks, which the seed selects.
    pub fn varied(self) -> Self {
        let band = match self.seed % 7 {
            0 => Band::near(None, Some(0)),
            1 => Band::near(Some(1), Some(0)),
            2 => Band::near(Some(2), Some(1)),
            3 => Band { always: 2, ..Band::near(Some(1), Some(0)) },
            4 => Band { ahead_block: 3, behind_block: 2, ..Band::near(Some(1), Some(2)) },
            _ => Band::ALL,
        };
        Self {
            band,
            rms: self.seed % 5 == 2,
            gated: self.seed % 4 == 1,
            all: self.seed % 6 == 3,
            rotary: self.seed % 5 == 3,
            ..self
        }
    }

    fn channels(&self) -> usize {
        self.heads * self.depth
    }

    /// Rows of the residual stream.
    fn rows(&self) -> usize {
        self.tokens + usize::from(!self.words)
    }
}

/// A raw sample.
pub fn sample(recipe: &Recipe, random: &mut Random) -> Vec<i32> {
    match recipe.words {
        true => (0..recipe.tokens).map(|_| random.range(0, VOCABULARY as i64 - 1) as i32).collect(),
        false => (0..recipe.tokens * PATCH).map(|_| random.range(0, 255) as i32).collect(),
    }
}

/// A perceptron with additions around its layers: nothing else reads the sums than quantisers after ReLU.
pub fn residual_perceptron(recipe: &Recipe) -> Network {
    let mut b = Builder { recipe, random: Random(recipe.seed), network: Network::new() };
    let decimal = |text: &str| vec![text.parse().expect("a decimal number")];
    let scaling = Scaling::Normalise { mean: decimal("0.5"), std: decimal("0.25") };
    let spec = InputSpec { element: Element::U8, scaling, channel_axis: None };
    let count = recipe.tokens * PATCH;
    let input = b.op("input", Op::Input { shape: Shape(vec![count]), spec }, &[]);
    let x = b.linear("first", input, recipe.hidden);
    let step = b.step(1.5);
    let mut x = b.quantise("first.quan", x, false, step);
    for n in 0..recipe.blocks {
        let branch = b.linear(&format!("branch{n}"), x, recipe.hidden);
        let sum = b.op(&format!("add{n}"), Op::Add, &[branch, x]);
        let sum = b.op(&format!("relu{n}"), Op::Relu, &[sum]);
        x = b.quantise(&format!("quan{n}"), sum, false, step);
    }
    let logits = b.linear("head", x, 3);
    b.op("output", Op::Output, &[logits]);
    b.network
}

/// A network in the making.
struct Builder<'a> {
    recipe: &'a Recipe,
    random: Random,
    network: Network,
}

/// Makes a network.
pub fn network(recipe: &Recipe) -> Network {
    let mut b = Builder { recipe, random: Random(recipe.seed), network: Network::new() };
    let (input, mut x) = b.stem();
    for n in 0..recipe.blocks {
        x = b.block(&format!("blocks.{n}"), input, x);
    }
    if !recipe.post_norm {
        x = b.layer_norm("layer_norm", x);
    }
    if recipe.all {
        let logits = b.linear("head", x, 3);
        b.op("output", Op::Output, &[logits]);
        return b.network;
    }
    let pool = if recipe.mean { Op::Mean } else { Op::Slice { axis: 0, first: 0, count: 1 } };
    let pooled = b.op("pool", pool, &[x]);
    let mut x = b.op("pooled", Op::Reshape(Shape(vec![recipe.channels()])), &[pooled]);
    if recipe.mean && b.random.chance(50) {
        let step = b.step(1.0);
        x = b.quantise("pool.quan", x, true, step);
    }
    let logits = b.linear("head", x, 3);
    b.op("output", Op::Output, &[logits]);
    b.network
}

impl Builder<'_> {
    fn op(&mut self, name: &str, op: Op, inputs: &[NodeId]) -> NodeId {
        self.network.add(name, op, inputs).expect(name)
    }

    /// A float32 in ±`reach`.
    fn float(&mut self, reach: f64) -> f32 {
        (self.random.range(-1_000_000, 1_000_000) as f64 / 1e6 * reach) as f32
    }

    fn floats(&mut self, count: usize, reach: f64) -> Vec<f32> {
        (0..count).map(|_| self.float(reach)).collect()
    }

    fn quantise(&mut self, name: &str, x: NodeId, signed: bool, scale: f64) -> NodeId {
        self.quantise_to(self.recipe.levels, name, x, signed, scale)
    }

    fn quantise_to(&mut self, levels: i32, name: &str, x: NodeId, signed: bool, scale: f64) -> NodeId {
        let (mut levels, mut rounding, mut scale) = (levels, Rounding::HalfUp, scale);
        if self.recipe.mixed {
            levels = self.random.range(2, 256) as i32;
            rounding = self.random.pick(&[Rounding::HalfUp, Rounding::HalfEven]);
            scale *= f64::from(self.recipe.levels) / f64::from(levels);
        }
        let half = levels / 2;
        let (low, high) = if signed { (-half, levels - half - 1) } else { (0, levels - 1) };
        let mut scale = scale * (1.0 + f64::from(self.float(0.3)));
        if self.recipe.exact_sums {
            scale = self.factor() * (scale / self.factor()).log2().round().exp2();
        }
        let scale = scale as f32;
        self.op(name, Op::Quantise(Quantiser::uniform(scale, low, high, rounding)), &[x])
    }

    /// The common factor of scales.
    fn factor(&self) -> f64 {
        [1.0, 1.25, 1.406_25, 1.992_187_5][(self.recipe.seed / 3 % 4) as usize]
    }

    /// Constants of the residual stream.
    fn stream_constants(&mut self, count: usize) -> Vec<f32> {
        let values = self.floats(count, 1.0);
        if !self.recipe.exact_sums {
            return values;
        }
        let step = self.factor() as f32 / 64.0;
        values.into_iter().map(|value| (value / step).round() * step).collect()
    }

    fn linear(&mut self, name: &str, x: NodeId, outputs: usize) -> NodeId {
        let inputs = self.network.node(x).shape.channels();
        let high = (1i64 << (self.recipe.weight_bits - 1)) - 1;
        let levels = (0..inputs * outputs).map(|_| self.random.range(-high - 1, high) as i32).collect();
        let per_channel = self.random.chance(30);
        let reach = 1.2 / (high as f64 + 1.0) / (inputs as f64).sqrt();
        let count = if per_channel { outputs } else { 1 };
        let scale =
            (0..count).map(|_| f64::from((reach * (1.0 + f64::from(self.float(0.2)))) as f32)).collect();
        let bias = self.floats(outputs, 0.3).into_iter().map(f64::from).collect();
        let weights = Weights { inputs, outputs, levels, scale };
        self.op(name, Op::Linear { weights, bias }, &[x])
    }

    /// Distance of levels for values of about ±`reach`.
    fn step(&self, reach: f64) -> f64 {
        2.0 * reach / f64::from(self.recipe.levels)
    }

    fn layer_norm(&mut self, name: &str, x: NodeId) -> NodeId {
        let channels = self.recipe.channels();
        let gamma = self.floats(channels, 0.5).into_iter().map(|g| 1.0 + g).collect();
        let beta = if self.recipe.rms { vec![0.0; channels] } else { self.floats(channels, 0.3) };
        let op = Op::LayerNorm { gamma, beta, epsilon: 1e-5, centred: !self.recipe.rms };
        let norm = self.op(&format!("{name}.norm"), op, &[x]);
        let step = self.step(2.0);
        self.quantise(name, norm, true, step)
    }

    /// The input, and the residual stream.
    fn stem(&mut self) -> (NodeId, NodeId) {
        let (tokens, rows, channels) = (self.recipe.tokens, self.recipe.rows(), self.recipe.channels());
        let constants = |b: &mut Self, rows: usize| -> Op {
            let values = b.stream_constants(rows * channels).into_iter().map(f64::from).collect();
            Op::Constant { shape: Shape(vec![rows, channels]), values }
        };
        let decimal = |text: &str| vec![text.parse().expect("a decimal number")];
        let (input, x) = if self.recipe.words {
            let scaling = Scaling::Affine { scale: decimal("1"), zero_point: 0 };
            let spec = InputSpec { element: Element::U16, scaling, channel_axis: None };
            let input = self.op("ids", Op::Input { shape: Shape(vec![tokens]), spec }, &[]);
            let table = self.stream_constants(VOCABULARY * channels);
            (input, self.op("words", Op::Embedding { channels, table }, &[input]))
        } else {
            let scaling = Scaling::Normalise { mean: decimal("0.5"), std: decimal("0.25") };
            let spec = InputSpec { element: Element::U8, scaling, channel_axis: None };
            // The sample holds patches column by column.
            let input = self.op("image", Op::Input { shape: Shape(vec![PATCH, tokens]), spec }, &[]);
            let patches = self.op("patches", Op::Transpose(vec![1, 0]), &[input]);
            let x = self.linear("patch", patches, channels);
            let step = self.step(2.0);
            let x = self.quantise("patch.quan", x, true, step);
            let op = constants(self, 1);
            let class = self.op("class", op, &[]);
            (input, self.op("with_class", Op::Concat(0), &[class, x]))
        };
        let op = constants(self, rows);
        let positions = self.op("positions", op, &[]);
        let x = self.op("embedded", Op::Add, &[x, positions]);
        (input, if self.recipe.post_norm { self.layer_norm("embedding_norm", x) } else { x })
    }

    fn block(&mut self, name: &str, input: NodeId, x: NodeId) -> NodeId {
        let post = self.recipe.post_norm;
        let read = if post { x } else { self.layer_norm(&format!("{name}.norm1"), x) };
        let attended = self.attention(&format!("{name}.attn"), input, read);
        let x = self.op(&format!("{name}.add1"), Op::Add, &[x, attended]);
        let x = self.stream(&format!("{name}.sum1"), x);
        let x = if post { self.layer_norm(&format!("{name}.norm1"), x) } else { x };
        let read = if post { x } else { self.layer_norm(&format!("{name}.norm2"), x) };
        let h = self.linear(&format!("{name}.fc1"), read, self.recipe.hidden);
        let function = self.recipe.function.clone();
        let signed = function.is_some();
        let h = self.op(&format!("{name}.function"), function.map_or(Op::Relu, Op::Function), &[h]);
        let step = self.step(1.0);
        let h = self.quantise(&format!("{name}.act"), h, signed, step);
        let h = if self.recipe.gated { self.gate(name, read, h) } else { h };
        let h = self.linear(&format!("{name}.fc2"), h, self.recipe.channels());
        let step = self.step(2.0);
        let h = self.quantise(&format!("{name}.quan_mlp"), h, true, step);
        let x = self.op(&format!("{name}.add2"), Op::Add, &[h, x]);
        let x = self.stream(&format!("{name}.sum2"), x);
        if post { self.layer_norm(&format!("{name}.norm2"), x) } else { x }
    }

    /// The product with gates of another layer.
    fn gate(&mut self, name: &str, read: NodeId, h: NodeId) -> NodeId {
        let gate = self.linear(&format!("{name}.gate"), read, self.recipe.hidden);
        let signed = self.random.chance(50);
        let step = self.step(1.0);
        let gate = self.quantise(&format!("{name}.quan_gate"), gate, signed, step);
        let product = self.op(&format!("{name}.gated"), Op::Mul, &[h, gate]);
        self.quantise(&format!("{name}.quan_gated"), product, true, step)
    }

    fn stream(&mut self, name: &str, x: NodeId) -> NodeId {
        let step = self.step(4.0);
        if self.recipe.quantised_sums { self.quantise(name, x, true, step) } else { x }
    }

    fn attention(&mut self, name: &str, input: NodeId, x: NodeId) -> NodeId {
        let (rows, heads, depth) = (self.recipe.rows(), self.recipe.heads, self.recipe.depth);
        let channels = self.recipe.channels();
        let parts: Vec<NodeId> = if self.recipe.fused {
            let all = self.linear(&format!("{name}.qkv"), x, 3 * channels);
            let shape = Shape(vec![rows, 3, heads, depth]);
            let all = self.op(&format!("{name}.split"), Op::Reshape(shape), &[all]);
            let all = self.op(&format!("{name}.order"), Op::Transpose(vec![1, 2, 0, 3]), &[all]);
            (0..3)
                .map(|n| {
                    let slice = Op::Slice { axis: 0, first: n, count: 1 };
                    let part = self.op(&format!("{name}.part{n}"), slice, &[all]);
                    let shape = Shape(vec![heads, rows, depth]);
                    self.op(&format!("{name}.head{n}"), Op::Reshape(shape), &[part])
                })
                .collect()
        } else {
            ["q", "k", "v"]
                .map(|n| {
                    let part = self.linear(&format!("{name}.{n}"), x, channels);
                    let shape = Shape(vec![rows, heads, depth]);
                    let part = self.op(&format!("{name}.{n}.split"), Op::Reshape(shape), &[part]);
                    self.op(&format!("{name}.{n}.order"), Op::Transpose(vec![1, 0, 2]), &[part])
                })
                .into()
        };
        let step = self.step(1.5);
        let [q, k, v] = [0, 1, 2].map(|n| {
            let label = ["q", "k", "v"][n];
            let part = if n < 2 { self.rotated(&format!("{name}.{label}"), parts[n]) } else { parts[n] };
            self.quantise(&format!("{name}.quan_{label}"), part, true, step)
        });
        let k = self.op(&format!("{name}.kt"), Op::Transpose(vec![0, 2, 1]), &[k]);
        let scores = self.op(&format!("{name}.scores"), Op::MatMul, &[q, k]);
        let p = if self.recipe.linear_attention {
            let step = self.step(2.0 * depth as f64);
            self.quantise(&format!("{name}.quan_p"), scores, true, step)
        } else {
            self.probabilities(name, input, scores)
        };
        let mixed = self.op(&format!("{name}.mix"), Op::MatMul, &[p, v]);
        let mixed = self.op(&format!("{name}.join"), Op::Transpose(vec![1, 0, 2]), &[mixed]);
        let mixed = self.op(&format!("{name}.flat"), Op::Reshape(Shape(vec![rows, channels])), &[mixed]);
        let step = self.step(1.0);
        let mixed = self.quantise(&format!("{name}.quan_mix"), mixed, true, step);
        let out = self.linear(&format!("{name}.proj"), mixed, channels);
        let step = self.step(2.0);
        self.quantise(&format!("{name}.quan_proj"), out, true, step)
    }

    /// Heads of rows times cosines, and rows whose halves change places times sines; of levels or of the layer itself.
    fn rotated(&mut self, name: &str, x: NodeId) -> NodeId {
        let (rows, heads, depth) = (self.recipe.rows(), self.recipe.heads, self.recipe.depth);
        if !self.recipe.rotary || depth < 2 {
            return x;
        }
        let step = self.step(1.5);
        let x =
            if self.random.chance(50) { self.quantise(&format!("{name}.before"), x, true, step) } else { x };
        let half = depth / 2;
        let angle = |row: usize, c: usize| row as f64 / 3f64.powi((c % half.max(1)) as i32);
        let all = |of: fn(f64) -> f64| -> Op {
            let one = |e: usize| f64::from(of(angle(e / depth % rows, e % depth)) as f32);
            Op::Times((0..heads * rows * depth).map(one).collect())
        };
        let straight = self.op(&format!("{name}.cos"), all(f64::cos), &[x]);
        let slice = |first, count| Op::Slice { axis: 2, first, count };
        let low = self.op(&format!("{name}.low"), slice(0, half), &[x]);
        let high = self.op(&format!("{name}.high"), slice(half, depth - half), &[x]);
        let minus = Op::Line { factor: vec![-1.0], offset: vec![0.0] };
        let high = self.op(&format!("{name}.minus"), minus, &[high]);
        let turned = self.op(&format!("{name}.turned"), Op::Concat(2), &[high, low]);
        let turned = self.op(&format!("{name}.sin"), all(f64::sin), &[turned]);
        self.op(&format!("{name}.rotated"), Op::Add, &[straight, turned])
    }

    fn probabilities(&mut self, name: &str, input: NodeId, scores: NodeId) -> NodeId {
        let factor = 1.0 / (self.recipe.depth as f64).sqrt();
        let scores = self.op(&format!("{name}.scale"), Op::Scale(factor), &[scores]);
        let scores = match self.recipe.mask {
            true => self.op(&format!("{name}.mask"), Op::Mask(0), &[scores, input]),
            false => scores,
        };
        let scores = match self.recipe.band == Band::ALL {
            true => scores,
            false => self.op(&format!("{name}.band"), Op::Band(self.recipe.band), &[scores]),
        };
        let p = self.op(&format!("{name}.softmax"), Op::Softmax, &[scores]);
        let step = 1.0 / f64::from(self.recipe.levels);
        let p = self.quantise(&format!("{name}.quan_p"), p, false, step);
        if !self.recipe.two_softmaxes {
            return p;
        }
        // Fewer levels, so fewer local time-steps and other limits.
        let levels = (self.recipe.levels / 4).max(2);
        let other = self.op(&format!("{name}.softmax2"), Op::Softmax, &[scores]);
        let other = self.quantise_to(levels, &format!("{name}.quan_p2"), other, false, 4.0 * step);
        let both = self.op(&format!("{name}.both"), Op::Add, &[p, other]);
        self.quantise(&format!("{name}.quan_both"), both, false, 2.0 * step)
    }
}
