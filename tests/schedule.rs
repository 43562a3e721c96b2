//! The scheduler's cycles against those of co-simulation.

use std::path::Path;

use crate::common;
use crate::generator::{Recipe, network};
use snn2rtl::advice::advise;
use snn2rtl::architecture::Design;
use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::data::Inputs;
use snn2rtl::emit::read_folding;
use snn2rtl::flow::Silent;
use snn2rtl::flow::explore::{Schedule, candidates};
use snn2rtl::golden::Golden;
use snn2rtl::graph::Band;
use snn2rtl::hardware::{Activity, Figures};
use snn2rtl::import::{self, import};
use snn2rtl::lower::{Lowered, lower};
use snn2rtl::overlay;
use snn2rtl::quant::{Element, InputSpec, Scaling};
use snn2rtl::streaming::design::{self, Joins, LayerFolding, Options};
use snn2rtl::streaming::schedule::{cycles, estimate, lut_offload, lut_offloaded, nearest};
use snn2rtl::target::{Device, Target};

/// Model, how its input is read, samples, lanes of all layers and of some, and cycles per sample as `snn2rtl cosim` counted
/// them on the first `samples` of the example.
type Seen = (&'static str, &'static str, usize, usize, &'static [(&'static str, usize)], f64);

const SEEN: &[Seen] = &[
    ("mnist_vit", "images", 16, 16, &[], 78_001.3),
    ("review_encoder", "ids", 16, 16, &[], 123_108.0),
    ("mnist_mlp", "images", 64, 16, &[], 1_178.1),
    ("mnist_mlp", "images", 16, 16, &[("act1", 2), ("fc2", 2)], 2_325.0),
    ("mnist_mlp", "images", 16, 1, &[], 18_060.0),
];

/// Designs of mnist_vit whose stages are nearly equally busy, from `build --calibrate … --fps N`: the folding in
/// `tests/schedule/`, and the cycles from the end of the first image's result to that of the second.
const BALANCED: &[(&str, f64)] = &[("mnist_vit_1280", 67_321.0), ("mnist_vit_640", 156_894.0)];

/// An example, and what its first samples make it do.
fn measured(name: &str, file: &str, samples: usize) -> (Lowered, Activity) {
    let decimal = |text: &str| vec![text.parse().expect("a decimal number")];
    let normalise = |mean, std| InputSpec {
        element: Element::U8,
        scaling: Scaling::Normalise { mean: decimal(mean), std: decimal(std) },
        channel_axis: None,
    };
    let input = match name {
        "mnist_vit" => normalise("0.5", "0.5"),
        "mnist_mlp" => normalise("0.1307", "0.3081"),
        _ => InputSpec::tokens(),
    };
    let path = common::repository(&format!("examples/{name}/{name}.onnx"));
    let imported = import(&path, &import::Options { input, weight_bits: None }).expect("imports");
    let (model, _) =
        convert(&imported.network, name, &imported.producer, EncodingChoice::Analog).expect("converts");
    let lowered = lower(&model).expect("lowers");
    let golden = Golden::new(&lowered.network).expect("compiles");
    let location = common::repository(&format!("examples/{name}/sample/{file}.npy"));
    let shape = &golden.input().shape;
    let inputs = Inputs::read(&location.display().to_string(), shape, golden.input().element).expect("read");
    let activity = Activity::measure(&golden, (0..samples).map(|n| inputs.sample(n)));
    (lowered, activity)
}

fn check(what: &str, lowered: &Lowered, activity: &Activity, options: &Options, seen: f64) {
    let design = design::plan("example", &lowered.network, options).expect("planned");
    let told = cycles(&design, activity).per_sample;
    println!("{what}: {told:.1} cycles, {seen} seen, {:+.1} %", 100.0 * (told / seen - 1.0));
    assert!((told / seen - 1.0).abs() < 0.05, "{what}: {told} cycles, {seen} seen");
}

#[test]
fn cycles_are_those_of_cosimulation_within_5_percent() {
    for &(name, file, samples, lanes, layers, seen) in SEEN {
        let (lowered, activity) = measured(name, file, samples);
        let layers =
            layers.iter().map(|&(name, lanes)| (name.to_owned(), LayerFolding::lanes(lanes))).collect();
        check(name, &lowered, &activity, &Options { lanes, layers, ..Options::default() }, seen);
    }
}

/// A stored folding.
fn folding(path: &Path) -> Options {
    let options = read_folding(path).expect("a folding");
    options.streaming().expect("of stages").clone()
}

#[test]
fn cycles_of_balanced_designs_are_those_of_cosimulation_within_5_percent() {
    let (lowered, activity) = measured("mnist_vit", "images", 2);
    for &(name, seen) in BALANCED {
        let path = common::repository(&format!("tests/schedule/{name}.json"));
        check(name, &lowered, &activity, &folding(&path), seen);
    }
}

#[test]
fn weights_go_to_look_up_tables_where_block_memory_is_short() {
    let (lowered, _) = measured("mnist_mlp", "images", 1);
    let plan = |options: &Options| design::plan("example", &lowered.network, options).expect("planned");
    let device = |name: &str| Device::find(name).expect("a device");
    let bram = |design: &design::Design, device: &Device| estimate(design, device.family).total.bram;
    let (small, large, tiny) = (device("gw2ar-18"), device("lfe5u-85f"), device("ice40up5k"));
    let options = Options::uniform(9);
    // The 256 words of fc2 fill their blocks badly and are in look-up tables from the start. Yosys 0.70 makes 44 blocks
    // of the second.
    let mut design = plan(&options);
    assert_eq!(bram(&design, &small), 48);
    assert!(lut_offload(&mut design, &small));
    let lut_offloaded = design.folding(&options);
    let words = |layer: &str| lut_offloaded.layers[layer].lut_words;
    assert_eq!((words("fc1"), words("fc2"), words("act1")), (Some(496), None, None));
    assert_eq!(bram(&design, &small), 44);
    assert_eq!(bram(&plan(&lut_offloaded), &small), 44);
    // Where there is enough, and where nothing helps, nothing changes.
    for (device, fits) in [(&large, true), (&tiny, false)] {
        let mut design = plan(&options);
        assert_eq!(lut_offload(&mut design, device), fits);
        assert!(design.folding(&options).layers.values().all(|layer| layer.lut_words.is_none()));
    }
}

#[test]
fn deeper_fifos_hold_nothing_up() {
    let (lowered, activity) = measured("mnist_vit", "images", 1);
    let path = common::repository("tests/schedule/mnist_vit_1280.json");
    let folding = folding(&path);
    let told = |fifo_depth| {
        let options = Options { fifo_depth, ..folding.clone() };
        let design = design::plan("example", &lowered.network, &options).expect("planned");
        cycles(&design, &activity)
    };
    let [shallow, deep] = [2, 32].map(told);
    assert_eq!(shallow.busy, deep.busy, "what stages do does not change");
    assert!(deep.per_sample < 0.95 * shallow.per_sample, "{} {}", deep.per_sample, shallow.per_sample);
    let busiest = deep.busiest().map_or(0.0, |stage| deep.busy[stage]);
    assert!(deep.per_sample > busiest, "{} {busiest}", deep.per_sample);
}

/// Where block memory is short, state goes to UltraRAM first; without such, weights to look-up tables.
#[test]
fn state_goes_to_ultra_ram_where_block_memory_is_short() {
    let recipe = Recipe {
        seed: 3,
        tokens: 64,
        heads: 2,
        depth: 16,
        blocks: 1,
        hidden: 128,
        levels: 16,
        mixed: false,
        weight_bits: 4,
        words: true,
        mask: false,
        band: Band::ALL,
        rms: false,
        fused: false,
        post_norm: false,
        quantised_sums: false,
        exact_sums: false,
        linear_attention: false,
        two_softmaxes: false,
        gated: false,
        mean: true,
        all: false,
        rotary: false,
        function: None,
    };
    let (model, _) = convert(&network(&recipe), "wide", "test", EncodingChoice::Analog).expect("converts");
    let design = design::plan("wide", &lower(&model).expect("lowers").network, &Options::uniform(4))
        .expect("a design");
    let mut device = Device::find("xczu7ev").expect("known");
    assert!(lut_offloaded(&design, &device).is_none(), "nothing is short");
    let needed = estimate(&design, device.family).total.bram;
    device.brams[0].count = needed - 1;
    let moved = lut_offloaded(&design, &device).expect("fits so");
    let total = estimate(&moved, device.family).total;
    assert!(moved.ultra_ram && total.uram > 0 && total.bram < needed, "{total:?}");
    assert_eq!(
        design.folding(&Options::uniform(4)),
        Options { ultra_ram: false, ..moved.folding(&Options::uniform(4)) }
    );
    // One too few of them, and it is weights that move.
    for large in [Some(total.uram - 1), None] {
        let mut device = device.clone();
        match large {
            Some(count) => device.brams[1].count = count,
            None => drop(device.brams.pop()),
        }
        if let Some(moved) = lut_offloaded(&design, &device) {
            let total = estimate(&moved, device.family).total;
            assert!(!moved.ultra_ram && total.uram == 0 && total.bram < needed, "{total:?}");
        }
    }
}

/// A device that holds a network only with the smallest FIFOs where paths join gets such a design, not a refusal.
#[test]
fn fifos_at_joins_shrink_where_nothing_else_fits() {
    let recipe = Recipe {
        seed: 3,
        tokens: 64,
        heads: 2,
        depth: 16,
        blocks: 1,
        hidden: 64,
        levels: 16,
        mixed: false,
        weight_bits: 4,
        words: true,
        mask: false,
        band: Band::ALL,
        rms: false,
        fused: false,
        post_norm: false,
        quantised_sums: false,
        exact_sums: false,
        linear_attention: false,
        two_softmaxes: false,
        gated: false,
        mean: true,
        all: false,
        rotary: false,
        function: None,
    };
    let (model, _) = convert(&network(&recipe), "wide", "test", EncodingChoice::Analog).expect("converts");
    let found = |joins: Joins, target: Option<&Target>, keep_joins: bool| {
        let folding = Options { joins, ..Options::default() };
        let schedule = Schedule { keep_joins, ..Schedule::default() };
        candidates(&model, &schedule, target, &folding, &Silent).expect("designs")
    };
    let smallest = |joins: Joins| {
        let designs = found(joins, None, false).designs;
        designs.into_iter().map(|d| d.estimate.total).min_by_key(|total| total.bram).expect("a design")
    };
    let (deep, shallow) = (smallest(Joins::Overlapped), smallest(Joins::Minimal));
    assert!(shallow.bram < deep.bram, "{deep:?} {shallow:?}");
    // No look-up table is left for weights.
    let mut device = Device::find("xc7a200t").expect("known");
    (device.luts, device.brams[0].count) = (shallow.lut, shallow.bram);
    let target = Target::Device(Box::new(device));
    let choice = |keep_joins| {
        let found = found(Joins::Overlapped, Some(&target), keep_joins);
        found.choice.map(|index| found.designs[index].clone())
    };
    let design = choice(false).expect("a design");
    assert!(design.point.options.joins == Joins::Minimal && design.short(&target.room()).is_empty());
    // What was asked for is kept, and advice says what would do.
    let error = choice(true).expect_err("too large").to_string();
    assert!(error.contains("no design fits"), "{error}");
}

/// A refusal and the list of what would fit do not contradict each other, however little memory a device has.
#[test]
fn a_refusal_does_not_list_the_same_network_as_fitting() {
    let recipe = Recipe {
        seed: 3,
        tokens: 64,
        heads: 2,
        depth: 16,
        blocks: 1,
        hidden: 128,
        levels: 16,
        mixed: false,
        weight_bits: 4,
        words: true,
        mask: false,
        band: Band::ALL,
        rms: false,
        fused: false,
        post_norm: false,
        quantised_sums: false,
        exact_sums: false,
        linear_attention: false,
        two_softmaxes: false,
        gated: false,
        mean: true,
        all: false,
        rotary: false,
        function: None,
    };
    let (model, _) = convert(&network(&recipe), "wide", "test", EncodingChoice::Analog).expect("converts");
    let device = Device::find("xczu7ev").expect("known");
    let outcomes: Vec<bool> = [(624, 96), (64, 40), (40, 24), (24, 12), (8, 1)]
        .into_iter()
        .map(|(blocks, ultra)| {
            let mut device = device.clone();
            (device.brams[0].count, device.brams[1].count) = (blocks, ultra);
            let target = Target::Device(Box::new(device.clone()));
            let found = candidates(&model, &Schedule::default(), Some(&target), &Options::default(), &Silent)
                .expect("designs");
            for design in &found.designs {
                let again = estimate(
                    &design::plan("wide", &lower(&model).expect("lowers").network, &design.point.options)
                        .expect("planned"),
                    device.family,
                );
                assert_eq!(again.total, design.estimate.total, "the folding gives the same design again");
            }
            let chosen = match &found.choice {
                Ok(chosen) => *chosen,
                Err(error) => {
                    let text = error.to_string();
                    assert!(text.contains("the same network, ") && text.contains("no design fits"), "{text}");
                    let same = text.lines().find(|line| line.contains("the same network, "));
                    assert!(same.is_some_and(|line| line.contains(": does not fit, ")), "{text}");
                    let holders = text.split("as it is: ").nth(1).unwrap_or_default();
                    assert!(!holders.contains("xczu7ev"), "{text}");
                    nearest(&found.designs, &device)
                }
            };
            let design = &found.designs[chosen];
            let advice = advise(&model, &design.point.options, &device, &design.estimate.total);
            assert_eq!(advice.expect("estimates").is_none(), found.choice.is_ok());
            found.choice.is_ok()
        })
        .collect();
    assert!(outcomes[0] && !outcomes[outcomes.len() - 1], "{outcomes:?}");
    assert!(outcomes.is_sorted_by(|more, less| more >= less), "less memory holds no more: {outcomes:?}");
}

/// A device that synthesis found too small is not named as one that holds an overlay, nor is one that is too small in
/// proportion.
#[test]
fn the_synthesis_of_an_overlay_counts_in_the_advice() {
    let onnx = common::repository("examples/mnist_mlp/mnist_mlp.onnx");
    let decimal = |text: &str| vec![text.parse().expect("a decimal number")];
    let scaling = Scaling::Normalise { mean: decimal("0.1307"), std: decimal("0.3081") };
    let input = InputSpec { element: Element::U8, scaling, channel_axis: None };
    let imported = import(&onnx, &import::Options { input, weight_bits: None }).expect("imports");
    let (model, _) = convert(&imported.network, "mlp", "test", EncodingChoice::Analog).expect("converts");
    let options = overlay::Options { lanes: 16, ..overlay::Options::default() };
    let device = Device::find("xc7a35t").expect("known");
    let network = lower(&model).expect("lowers").network;
    let area = Design::plan("mlp", &network, &options).expect("planned").area(device.family).total;
    assert!(advise(&model, &options, &device, &area).expect("estimates").is_none(), "{area:?}");

    let luts = |factor: u64| {
        let used = Figures { lut: factor * device.luts, ..area };
        advise(&model, &options, &device, &used).expect("estimates").expect("too large").holders
    };
    let twice = luts(2);
    assert!(!twice.contains(&device.die) && twice.contains(&"xc7a200t".to_owned()), "{twice:?}");
    assert!(luts(1000).iter().all(|die| !die.starts_with("xc7")), "{:?}", luts(1000));
}
