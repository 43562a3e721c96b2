//! Speed of the golden model: samples and synaptic operations (SOPs) a second on a 784-128-10 network with random
//! weights and a fifth of the input not 0; samples per second of both schedules on `examples/mnist_vit`.
//! `cargo bench --bench golden`.

use std::time::Instant;

use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::data;
use snn2rtl::golden::{Golden, Limits, Settled, SpikeCode};
use snn2rtl::graph::Shape;
use snn2rtl::import::{Options, import};
use snn2rtl::integer::{Input, Linear, Network, Neuron, Op, Range, Readout, Rule};
use snn2rtl::lower::lower;
use snn2rtl::quant::{Element, InputSpec, Scaling};

#[path = "../tests/random/mod.rs"]
mod random;
use random::Random;

const SAMPLES: usize = 20_000;
const RUNS: usize = 5;

/// Weights of ±127 and ranges that hold for events in `event` whose sum stays in `sum`.
fn linear(random: &mut Random, inputs: usize, outputs: usize, event: Range, sum: Range) -> Linear {
    let weights: Vec<i64> = (0..inputs * outputs).map(|_| random.range(-127, 127)).collect();
    let bound = |r: Range| 127 * r.high.max(-r.low) * inputs as i64;
    let range = |r: Range| Range::new(-bound(r), bound(r));
    let weight = Range::new(-127, 127);
    let weights = weights.into();
    Linear {
        inputs,
        outputs,
        weights,
        weight,
        delta: range(event),
        partial: range(event),
        total: range(sum),
        window: None,
    }
}

/// 16 levels over about the inner half of what accumulates in practice.
fn neuron(channels: usize, total: Range, theta: i64) -> Neuron {
    let thresholds = (0..channels).flat_map(|_| (1..=15).map(|k| theta * k - theta / 2)).collect();
    let membrane = Range::new(total.low - 15 * theta, total.high + theta);
    let rule = Rule::Affine { fraction: 0, theta: vec![theta; channels], start: vec![theta / 2; channels] };
    Neuron { low: 0, high: 15, thresholds, non_monotone: None, rule, total, membrane }
}

fn network(hidden: &[usize]) -> Network {
    let random = &mut Random(1);
    let mut network = Network::new();
    let range = Range::new(0, 255);
    let shape = Shape::matrix(1, 784);
    let input = Input { shape, element: Element::U8, zero_point: 0, range, steps: 1 };
    let mut last = network.add("input", Op::Input(input), &[]).expect("an input");
    let (mut event, mut sum, mut inputs, mut theta) = (range, range, 784, 10_000);
    for (n, &outputs) in hidden.iter().enumerate() {
        let layer = linear(random, inputs, outputs, event, sum);
        let own = neuron(outputs, layer.total, theta);
        last = network.add(format!("linear{n}"), Op::Linear(layer), &[last]).expect("fits");
        last = network.add(format!("neuron{n}"), Op::Neuron(own), &[last]).expect("fits");
        (event, sum, inputs, theta) = (Range::new(-1, 1), Range::new(0, 15), outputs, 500);
    }
    let layer = linear(random, inputs, 10, event, sum);
    let total = layer.total;
    last = network.add("head", Op::Linear(layer), &[last]).expect("fits");
    let readout =
        Readout { channels: 10, multiplier: vec![1; 10], offset: vec![0; 10], total, value_width: 64 };
    network.add("logits", Op::Readout(readout), &[last]).expect("fits");
    network
}

/// The integer network of `examples/mnist_vit` and its images.
fn vision_transformer() -> (Network, Vec<Vec<i32>>) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/mnist_vit");
    let half = || vec!["0.5".parse().expect("a number")];
    let scaling = Scaling::Normalise { mean: half(), std: half() };
    let input = InputSpec { element: Element::U8, scaling, channel_axis: None };
    let path = format!("{folder}/mnist_vit.onnx");
    let imported = import(path.as_ref(), &Options { input, weight_bits: None }).expect("imported");
    let converted = convert(&imported.network, "mnist_vit", &imported.producer, EncodingChoice::Analog);
    let lowered = lower(&converted.expect("converted").0).expect("lowered");
    let (shape, pixels) = data::read_integers(&format!("{folder}/sample/images.npy")).expect("images");
    let size: usize = shape.0[1..].iter().product();
    let images = pixels.chunks(size).map(|image| image.iter().map(|&q| q as i32).collect()).collect();
    (lowered.network, images)
}

/// Runs all images; spikes and additions.
type Way<'a> = &'a (dyn Fn() -> (u64, u64) + Sync);

/// Both schedules, one after the other, several times: the machine may have other work.
fn schedules() {
    let (network, images) = vision_transformer();
    let fill = |index: usize, raw: &mut Vec<i32>| raw.clone_from(&images[index]);
    let golden = Golden::new(&network).expect("compiles");
    let settled = SpikeCode::ALL.map(|code| Settled::new(&network, code).expect("compiles"));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("threads");
    let timed = |run: Way<'_>| {
        let start = Instant::now();
        let (spikes, additions) = pool.install(run);
        (start.elapsed().as_secs_f64(), spikes, additions)
    };
    let synchronous = || {
        let all = golden.run_all(images.len(), fill, &Limits::default(), |_| ());
        (all.iter().flat_map(|o| &o.spikes).sum(), all.iter().map(|o| o.sops).sum())
    };
    let layers = |model: &Settled| {
        let all = model.run_all(images.len(), fill, |_| ());
        (all.iter().flat_map(|o| &o.spikes).sum(), all.iter().flat_map(|o| &o.additions).sum())
    };
    let [unary, radix] = &settled;
    let (unary, radix) = (|| layers(unary), || layers(radix));
    let ways: [(&str, Way<'_>); 3] =
        [("synchronous", &synchronous), ("settled, unary", &unary), ("settled, radix", &radix)];
    println!("\nmnist_vit, 1 thread   samples/s  spikes/sample  additions/sample");
    let mut best = [(f64::INFINITY, 0, 0); 3];
    for _ in 0..RUNS {
        for (best, (_, way)) in best.iter_mut().zip(&ways) {
            let run = timed(way);
            *best = if run.0 < best.0 { run } else { *best };
        }
    }
    let count = images.len() as f64;
    for ((name, _), (seconds, spikes, additions)) in ways.iter().zip(best) {
        let (rate, spikes, additions) = (count / seconds, spikes as f64 / count, additions as f64 / count);
        println!("{name:20} {rate:10.0} {spikes:14.0} {additions:17.0}");
    }
}

fn main() {
    schedules();
    println!("\nnetwork            threads  samples/s   MSOP/s  M input MAC/s  steps  SOPs/sample");
    for hidden in [&[128][..], &[512, 512, 512]] {
        let golden = Golden::new(&network(hidden)).expect("compiles");
        let count = SAMPLES * 128 / hidden.iter().map(|h| h * h / 128).sum::<usize>();
        let samples: Vec<Vec<i32>> =
            (0..256).map(|seed| random::sample(&mut Random(seed), golden.input(), 20)).collect();
        for threads in [1, 2] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            let run = || {
                let fill = |index: usize, raw: &mut Vec<i32>| raw.clone_from(&samples[index % samples.len()]);
                golden.run_all(count, fill, &Limits::default(), |_| ())
            };
            // The best of several runs: the machine may have other work.
            let timed = || {
                let start = Instant::now();
                (pool.install(run), start.elapsed())
            };
            let results = (0..RUNS).map(|_| timed());
            let Some((outcomes, best)) = results.min_by_key(|(_, time)| *time) else { continue };
            let seconds = best.as_secs_f64();
            let sum = |f: fn(&snn2rtl::golden::Outcome) -> u64| outcomes.iter().map(f).sum::<u64>() as f64;
            let samples = count as f64;
            println!(
                "{:18} {threads:7} {:10.0} {:8.0} {:14.0} {:6.1} {:12.0}",
                format!("784-{}-10", hidden.iter().map(ToString::to_string).collect::<Vec<_>>().join("-")),
                samples / seconds,
                sum(|o| o.sops) / seconds / 1e6,
                sum(|o| o.input_macs) / seconds / 1e6,
                sum(|o| o.time_steps.into()) / samples,
                sum(|o| o.sops) / samples,
            );
        }
    }
}
