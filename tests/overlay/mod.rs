//! The overlay's compiler: programs, run by an interpreter of their own, against the settled golden model.

mod bounds;
mod interpreter;
mod spiking;
mod unusual;

use proptest::prelude::*;
use snn2rtl::architecture::{OverlayPlace, OverlayTask, overlay_point};
use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::data;
use snn2rtl::golden::{Settled, SpikeCode, Unobserved};
use snn2rtl::hardware::Activity;
use snn2rtl::integer::{Network, Op, Rounding, Rule};
use snn2rtl::lower::lower;
use snn2rtl::overlay::cycles::estimate;
use snn2rtl::overlay::plan::Unit;
use snn2rtl::overlay::{External, Loadable, Options, Plan, compile, compile_for};
use snn2rtl::overlay::{image, isa};
use snn2rtl::quant::{Element, InputSpec, Scaling};
use snn2rtl::streaming::design as streaming;
use snn2rtl::target::Family;

use crate::cnn::generator as cnn;
use crate::common::{fixture, mnist_mlp, repository, text_fixture, vit_small};
use crate::generator;
use crate::random::{self, Random};
use interpreter::{Interpreter, Outcome, STAGES, Schedule, Stage};

/// Every order of stages that favours one of them, or holds it back.
fn adversarial() -> Vec<Schedule> {
    let mut all = Vec::new();
    for first in STAGES {
        for last in STAGES.into_iter().filter(|&last| last != first) {
            let rest = STAGES.into_iter().filter(|&stage| stage != first && stage != last);
            for reversed in [false, true] {
                let mut rest: Vec<Stage> = rest.clone().collect();
                if reversed {
                    rest.reverse();
                }
                let order: Vec<Stage> = std::iter::once(first).chain(rest).chain([last]).collect();
                all.push(Schedule::Priority(order.try_into().expect("all stages")));
            }
        }
    }
    all
}

/// Compares a sample's outcome with the golden model.
fn compare(plan: &Plan, settled: &Settled, raw: &[i32], outcome: &Outcome) {
    let golden = settled.run(&mut settled.state(), raw, &mut Unobserved);
    assert_eq!(outcome.totals, golden.totals, "accumulated logits");
    assert_eq!(outcome.values, golden.values, "logits");
    assert_eq!(plan.layers.len(), settled.layers().len(), "layers of neurons");
    for (layer, levels) in settled.layers().iter().zip(&golden.levels) {
        let place =
            plan.layers.iter().find(|place| place.node == layer.node).expect("a place for each layer");
        let list = usize::from(place.unit == Unit::Vector);
        for (row, expected) in levels.chunks(layer.channels).take(place.rows).enumerate() {
            let own = |&position: &usize| {
                let (instruction, at) = place.locate(position);
                outcome.levels[&(list, instruction, row)][at]
            };
            let own: Vec<i64> = place.positions.iter().map(own).collect();
            let expected: Vec<i64> = expected.iter().map(|&l| l.into()).collect();
            assert_eq!(own, expected, "{} row {row}", layer.name);
        }
    }
}

/// Compiles and runs samples one after the other.
pub fn check(network: &Network, options: &Options, samples: &[Vec<i32>], schedules: &[Schedule]) -> Plan {
    let plan = compile(network, options).expect("compiles");
    run(&plan, network, options, samples, schedules);
    plan
}

fn run(plan: &Plan, network: &Network, options: &Options, samples: &[Vec<i32>], schedules: &[Schedule]) {
    bounds::reached(plan).unwrap_or_else(|problem| panic!("{problem}\n{}", plan.text()));
    let settled = Settled::new(network, options.code).expect("a golden model");
    let mut interpreter = Interpreter::new(plan);
    for schedule in schedules {
        for (n, raw) in samples.iter().enumerate() {
            let next = &samples[(n + 1) % samples.len()];
            let outcome = interpreter.run(raw, next, schedule).unwrap_or_else(|fault| {
                panic!("{schedule:?}: {fault}\n{}", plan.text());
            });
            compare(plan, &settled, raw, &outcome);
        }
    }
    let text = plan.text();
    let lists = Plan::parse(&text).expect("a listing");
    assert_eq!(lists, (plan.fetch.clone(), plan.fire.clone(), plan.vector.clone()));
}

fn transformer(path: &str, spec: snn2rtl::quant::InputSpec) -> Network {
    let options = snn2rtl::import::Options { input: spec, weight_bits: None };
    let imported = snn2rtl::import::import(&repository(path), &options).expect("imports");
    let (model, _) =
        convert(&imported.network, "test", &imported.producer, EncodingChoice::Analog).expect("converts");
    lower(&model).expect("lowers").network
}

fn mnist_vit() -> Network {
    use snn2rtl::quant::{Element, InputSpec, Scaling};
    let half = || vec!["0.5".parse().expect("a decimal number")];
    let scaling = Scaling::Normalise { mean: half(), std: half() };
    let spec = InputSpec { element: Element::U8, scaling, channel_axis: None };
    transformer("examples/mnist_vit/mnist_vit.onnx", spec)
}

fn review_encoder() -> Network {
    use snn2rtl::quant::{Element, InputSpec, Scaling};
    let scaling = Scaling::Affine { scale: vec!["1".parse().expect("a number")], zero_point: 0 };
    let spec = InputSpec { element: Element::U16, scaling, channel_axis: None };
    transformer("examples/review_encoder/review_encoder.onnx", spec)
}

fn samples(file: &str, count: usize) -> Vec<Vec<i32>> {
    let path = repository(file).display().to_string();
    let (shape, values) = data::read_integers(&path).expect("samples");
    let size: usize = shape.0[1..].iter().product();
    values.chunks(size).take(count).map(|s| s.iter().map(|&q| q as i32).collect()).collect()
}

#[test]
fn mnist_mlp_in_every_form() {
    let network = lower(&mnist_mlp(EncodingChoice::Analog)).expect("lowers").network;
    let samples = samples("examples/mnist_mlp/sample/images.npy", 3);
    for code in SpikeCode::ALL {
        for (lanes, spikes, fire_lanes, fetch_width) in [(64, 2, 8, 64), (16, 1, 4, 8), (96, 4, 32, 128)] {
            let row_lanes = fire_lanes / 4;
            let options = Options { lanes, spikes, fire_lanes, fetch_width, row_lanes, code };
            check(&network, &options, &samples, &[Schedule::Random(1)]);
        }
    }
}

#[test]
fn mnist_vit_in_several_forms() {
    let network = mnist_vit();
    let samples = samples("examples/mnist_vit/sample/images.npy", 2);
    for (lanes, spikes, fire_lanes, fetch_width, row_lanes, code) in [
        (64, 2, 8, 64, 2, SpikeCode::Radix),
        (16, 2, 8, 32, 1, SpikeCode::Radix),
        (24, 1, 4, 16, 1, SpikeCode::Unary),
        (64, 4, 32, 128, 8, SpikeCode::Radix),
    ] {
        let options = Options { lanes, spikes, fire_lanes, fetch_width, row_lanes, code };
        check(&network, &options, &samples, &[Schedule::Random(3), Schedule::Priority(STAGES)]);
    }
}

#[test]
fn vit_small_and_every_adversarial_schedule() {
    let network = lower(&vit_small()).expect("lowers").network;
    let mut random = Random(5);
    let samples: Vec<Vec<i32>> =
        (0..2).map(|_| (0..784).map(|_| random.range(0, 255) as i32).collect()).collect();
    let options = Options { lanes: 16, ..Options::default() };
    check(&network, &options, &samples, &adversarial());
}

/// Three groups of neurons of each head in words of four: a head's scores begin at a word.
#[test]
fn scores_that_begin_at_words() {
    let mut random = Random(8);
    let recipe = generator::Recipe {
        tokens: 9,
        heads: 3,
        depth: 4,
        blocks: 1,
        words: true,
        ..generator::Recipe::any(8, &mut random)
    };
    let (model, _) =
        convert(&generator::network(&recipe), "random", "test", EncodingChoice::Analog).expect("converts");
    let network = lower(&model).expect("lowers").network;
    let samples: Vec<Vec<i32>> = (0..2).map(|_| generator::sample(&recipe, &mut random)).collect();
    let options = Options { lanes: 16, fire_lanes: 4, fetch_width: 16, row_lanes: 1, ..Options::default() };
    let plan = compile(&network, &options).expect("compiles");
    assert!(plan.fire.iter().any(|fire| fire.serial == 2 && fire.apart == 1), "{:?}", plan.fire);
    check(&network, &options, &samples, &adversarial());
}

#[test]
fn review_encoder_masks() {
    let network = review_encoder();
    let mut samples = samples("examples/review_encoder/sample/ids.npy", 2);
    samples.push(vec![0; samples[0].len()]);
    let options = Options { lanes: 32, ..Options::default() };
    check(&network, &options, &samples, &[Schedule::Random(7)]);
}

/// With weights outside the chip, tables of rows are there, too.
#[test]
fn tables_in_memory() {
    let network = review_encoder();
    let mut samples = samples("examples/review_encoder/sample/ids.npy", 2);
    samples.push(vec![0; samples[0].len()]);
    for (lanes, bus) in [(32, 64), (64, 512)] {
        let options = Options { lanes, ..Options::default() };
        let external = External { bus, ports: 1, ring: None };
        let machine = Loadable::with_external_weights(&[&network], &options, external).expect("a machine");
        let plan = compile_for(&network, &machine).expect("compiles");
        let tables = plan.tables.as_ref().expect("tables");
        assert_eq!((plan.own.table_depth, tables.tables.len()), (0, 1));
        assert!(bounds::reached(&plan).expect("in bounds").contains_key("tables"));
        run(&plan, &network, &options, &samples, &[Schedule::Random(7)]);
        // A table of another network that is one row longer, and a row that reaches into the next one.
        for spoil in [|v: &mut isa::Vector| v.epsilon += 1, |v: &mut isa::Vector| v.row_stride -= 1] {
            let mut spoilt = plan.clone();
            spoilt.vector.iter_mut().filter(|v| v.op == 2).for_each(spoil);
            assert!(bounds::reached(&spoilt).is_err());
        }
    }
}

fn options() -> impl Strategy<Value = Options> {
    (1usize..6, 1usize..4, 2u32..6, 0u32..3, 0u32..4, any::<bool>()).prop_map(
        |(lanes, spikes, w, f, r, radix)| {
            let fire_lanes = 1 << w;
            Options {
                lanes: lanes * fire_lanes,
                spikes,
                fire_lanes,
                fetch_width: fire_lanes << f,
                row_lanes: 1 << r.min(w - 2),
                code: if radix { SpikeCode::Radix } else { SpikeCode::Unary },
            }
        },
    )
}

/// Schedules for a small network.
pub fn schedules(seed: u64) -> Vec<Schedule> {
    let all = adversarial();
    let mut list = vec![Schedule::Random(seed)];
    list.extend(
        (0..3).map(|n| all[(seed.wrapping_mul(31).wrapping_add(n * 17) % all.len() as u64) as usize].clone()),
    );
    list
}

#[test]
fn the_package_is_made_from_the_instructions() {
    for (name, made) in [("overlay_isa_pkg", isa::package()), ("overlay_image_pkg", image::package())] {
        let file = repository(&format!("rtl/overlay/{name}.sv"));
        if std::env::var_os("UPDATE_GOLDENS").is_some() {
            std::fs::write(&file, &made).expect("written");
        }
        let found = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(found == made, "{name} differs from src/overlay/; UPDATE_GOLDENS=1 rewrites it");
    }
}

/// Every model of the repository's tests is computed, or refused for a reason that is written here.
#[test]
fn every_fixture() {
    let scaling = |scale: &str, zero_point: i32| Scaling::Affine {
        scale: vec![scale.parse().expect("a decimal number")],
        zero_point,
    };
    let half = || vec!["0.5".parse().expect("a decimal number")];
    let spec = |element: Element, scaling: Scaling| InputSpec { element, scaling, channel_axis: None };
    let refusals: &[(&str, &str)] = &[];
    let (mut computed, mut tables) = (0, 0);
    for folder in ["functions", "onnx", "transformers", "vit_small"] {
        let all = std::fs::read_dir(repository("tests/fixtures").join(folder)).expect("fixtures");
        let paths = all.map(|entry| entry.expect("a file").path());
        let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|e| e == "onnx")).collect();
        paths.sort();
        for path in paths {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let adjustments = snn2rtl::import::Adjustments::default();
            let examined = snn2rtl::import::examine(&path, None, None, &adjustments)
                .unwrap_or_else(|e| panic!("{name}: {e:?}"));
            let told = examined.samples.map(|samples| samples.spec);
            let tokens = told.filter(|spec| *spec == InputSpec::tokens());
            let words = tokens.is_some();
            let input = match folder {
                _ if words => InputSpec::tokens(),
                "vit_small" => spec(Element::U8, Scaling::Normalise { mean: half(), std: half() }),
                _ => spec(Element::U8, scaling("0.015625", 128)),
            };
            let weight_bits = name.starts_with("float_weights").then_some(8);
            let options = snn2rtl::import::Options { input, weight_bits };
            let imported =
                snn2rtl::import::import(&path, &options).unwrap_or_else(|e| panic!("{name}: {e:?}"));
            let converted = convert(&imported.network, &name, &imported.producer, EncodingChoice::Analog);
            let (model, _) = converted.unwrap_or_else(|e| panic!("{name}: {e:?}"));
            let network = lower(&model).expect("lowers").network;
            let Op::Input(input) = &network.node(network.topological()[0]).op else {
                panic!("an input first")
            };
            let (count, high) = (input.shape.len(), if words { 9 } else { 255 });
            let mut random = Random(11);
            let samples: Vec<Vec<i32>> =
                (0..2).map(|_| (0..count).map(|_| random.range(0, high) as i32).collect()).collect();
            for code in SpikeCode::ALL {
                let options = Options { code, ..Options::sensible(&network) };
                match compile(&network, &options) {
                    Ok(plan) => {
                        run(&plan, &network, &options, &samples, &[Schedule::Random(5)]);
                        computed += 1;
                        tables += usize::from(plan.machine.piece_depth > 0);
                    }
                    Err(error) => {
                        let known = refusals.iter().find(|(own, _)| *own == name);
                        println!("{name}: {error:?}");
                        assert!(
                            known.is_some_and(|(_, why)| error.problem.contains(why)),
                            "{name}: {error:?}"
                        );
                    }
                }
            }
        }
    }
    println!("{computed} computed, {tables} with tables");
    assert!(computed > 80 && tables > 10, "{computed} computed, {tables} with tables");
}

/// Files of other tools: layouts, roundings, masks.
#[test]
fn fixtures_of_other_tools() {
    let mut models = vec![];
    for name in [
        "qdq_tokens_flatten",
        "qdq_tokens_transpose_reshape",
        "qdq_transpose_flatten",
        "qdq_input_quantiser",
        "qdq_activation_per_channel",
        "qdq_quantised_output",
        "qdq_signed_activations",
        "qonnx_unsigned_narrow",
        "runtime_static_i8",
    ] {
        models.push((name, fixture(name, EncodingChoice::Analog)));
    }
    for name in ["text_dynamo", "text_masked_fill", "text_minus_10000", "text_qdq", "text_smallest_float"] {
        models.push((name, text_fixture(name)));
    }
    let mut half_even = false;
    for (name, model) in models {
        let network = lower(&model).expect("lowers").network;
        let Op::Input(input) = &network.node(network.topological()[0]).op else { panic!("an input first") };
        let mut random = Random(3);
        // Words of the small vocabularies.
        let high = if name.starts_with("text") { 9 } else { 255 };
        let samples: Vec<Vec<i32>> =
            (0..3).map(|_| (0..input.shape.len()).map(|_| random.range(0, high) as i32).collect()).collect();
        let options = Options { lanes: 8, fire_lanes: 4, fetch_width: 8, row_lanes: 1, ..Options::default() };
        let plan = check(&network, &options, &samples, &schedules(7));
        half_even |=
            plan.fire.iter().any(|f| f.half_even == 1) && plan.vector.iter().any(|v| v.half_even == 1);
    }
    assert!(half_even, "a file rounds half to even");
}

/// Without any one condition, or with one that holds a row too early, some schedule goes wrong: none is superfluous, and
/// these schedules find races.
#[test]
fn every_condition_is_needed() {
    let network = lower(&vit_small()).expect("lowers").network;
    let mut random = Random(9);
    // Whether a word that is read too early matters depends on the spikes of the one row that is classified.
    let samples: Vec<Vec<i32>> =
        (0..8).map(|_| (0..784).map(|_| random.range(0, 255) as i32).collect()).collect();
    let options = Options { lanes: 16, ..Options::default() };
    let plan = compile(&network, &options).expect("compiles");
    let settled = Settled::new(&network, options.code).expect("a golden model");
    let totals = |raw: &Vec<i32>| settled.run(&mut settled.state(), raw, &mut Unobserved).totals;
    let golden: Vec<_> = samples.iter().map(totals).collect();
    let goes_wrong = |spoil: &dyn Fn(&mut Interpreter<'_>)| {
        samples.iter().zip(&golden).any(|(raw, golden)| {
            adversarial().iter().any(|schedule| {
                let mut interpreter = Interpreter::new(&plan);
                spoil(&mut interpreter);
                match interpreter.run(raw, raw, schedule) {
                    Ok(outcome) => outcome.totals != *golden,
                    Err(_) => true,
                }
            })
        })
    };
    assert!(!goes_wrong(&|_| ()));
    let (mut conditions, mut missed) = (0, Vec::new());
    macro_rules! each {
        ($list:tt, $instructions:expr, $name:literal) => {
            for (n, instruction) in $instructions.iter().enumerate() {
                for (second, unit) in [(false, instruction.wait0_unit), (true, instruction.wait1_unit)] {
                    for early in [false, true] {
                        let base = if second { instruction.wait1_base } else { instruction.wait0_base };
                        if unit == 0 || (early && base == 0) {
                            continue;
                        }
                        conditions += 1;
                        let spoil = |interpreter: &mut Interpreter<'_>| {
                            let own = &mut interpreter.lists().$list[n];
                            let (unit, base) = match second {
                                false => (&mut own.wait0_unit, &mut own.wait0_base),
                                true => (&mut own.wait1_unit, &mut own.wait1_base),
                            };
                            match early {
                                true => *base = base.saturating_sub(1),
                                false => *unit = 0,
                            }
                        };
                        if !goes_wrong(&spoil) {
                            missed.push(format!("{} {n} {second} {early}", $name));
                        }
                    }
                }
            }
        };
    }
    each!(0, plan.fetch, "fetch");
    each!(2, plan.vector, "vector");
    assert!(conditions > 20, "{conditions} conditions");
    assert!(missed.is_empty(), "of {conditions} conditions: {missed:#?}\n{}", plan.text());
}

/// What has no lowering is refused by its name, with what to do instead.
#[test]
fn refusals_name_node_and_fix() {
    let refused = |network: &Network, problem: &str, node: &str| {
        let error = compile(network, &Options::sensible(network)).expect_err(problem);
        assert!(error.problem.contains(problem), "{error:?}");
        assert_eq!(error.node.as_deref(), Some(node), "{error:?}");
        assert!(error.fix.is_some(), "{error:?}");
    };
    let rate = lower(&mnist_mlp(EncodingChoice::Rate(None))).expect("lowers").network;
    refused(&rate, "a rate-encoded input", "input");
    let recipe = generator::Recipe { hidden: 5, blocks: 1, ..generator::Recipe::any(1, &mut Random(1)) };
    let residual = generator::residual_perceptron(&recipe);
    let (residual, _) = convert(&residual, "residual", "test", EncodingChoice::Analog).expect("converts");
    let mut sums = lower(&residual).expect("lowers").network;
    let quan = sums.find("quan0").expect("neurons of a sum");
    let Op::Neuron(neuron) = &mut sums.node_mut(quan).op else { panic!("neurons") };
    let Rule::Affine { theta, .. } = &mut neuron.rule else { panic!("a line") };
    theta[1] += 1;
    refused(&sums, "thresholds of neurons of a sum differ", "quan0");
    let Op::Neuron(neuron) = &mut sums.node_mut(quan).op else { panic!("neurons") };
    neuron.rule = Rule::Table;
    refused(&sums, "neurons of a sum decide by a table", "quan0");
    let gated = generator::Recipe { gated: true, hidden: 5, ..recipe };
    let (gated, _) =
        convert(&generator::network(&gated), "gated", "test", EncodingChoice::Analog).expect("converts");
    let gated = lower(&gated).expect("lowers").network;
    let error = streaming::plan("gated", &gated, &streaming::Options::default()).expect_err("a gate");
    assert!(error.problem.contains("a gate") && error.node.is_some() && error.fix.is_some(), "{error:?}");
    let network = lower(&mnist_mlp(EncodingChoice::Analog)).expect("lowers").network;
    for (options, problem) in [
        (Options { lanes: 12, ..Options::default() }, "12 lanes"),
        (Options { lanes: 0, ..Options::default() }, "0 lanes"),
        (Options { spikes: 0, ..Options::default() }, "0 spikes"),
        (Options { fire_lanes: 0, ..Options::default() }, "0 fire lanes"),
        (Options { fire_lanes: 2, code: SpikeCode::Unary, ..Options::default() }, "2 fire lanes: unary"),
        (Options { fire_lanes: 12, ..Options::default() }, "12 fire lanes"),
        (Options { fetch_width: 4, ..Options::default() }, "a fetch width of 4"),
        (Options { fetch_width: 96, ..Options::default() }, "a fetch width of 96"),
    ] {
        let error = compile(&network, &options).expect_err(problem);
        assert!(error.problem.contains(problem), "{error:?}");
    }
    let sensible = Options::sensible(&network);
    assert_eq!((sensible.lanes, sensible.spikes, sensible.fire_lanes, sensible.fetch_width), (64, 2, 8, 64));
    assert_eq!(Options::sensible(&random::chain(1, &[(0, 3)], 0)).lanes, 8);
}

/// A memory that is a word shorter than what addresses reach is noticed; so are more rows, and a later first word.
#[test]
fn addresses_outside_of_a_memory_are_noticed() {
    let options = Options { lanes: 16, ..Options::default() };
    let plans = [
        compile(&lower(&vit_small()).expect("lowers").network, &options),
        compile(&review_encoder(), &options),
        compile(&lower(&mnist_mlp(EncodingChoice::Analog)).expect("lowers").network, &options),
    ];
    let mut noticed = std::collections::BTreeSet::new();
    for plan in plans {
        let plan = plan.expect("compiles");
        let reached = bounds::reached(&plan).expect("within its memories");
        println!("{reached:?}");
        let mut shrink = |memory: &'static str, change: &dyn Fn(&mut Plan)| {
            if reached.contains_key(memory) {
                let mut less = plan.clone();
                change(&mut less);
                let problem = bounds::reached(&less).expect_err(memory);
                assert!(problem.contains(memory), "{problem}");
                noticed.insert(memory);
            }
        };
        shrink("spikes", &|p| p.machine.spike_depth = reached["spikes"] as usize);
        shrink("operands", &|p| p.machine.operand_depth = reached["operands"] as usize);
        shrink("sums", &|p| p.machine.sum_depth = reached["sums"] as usize);
        shrink("weights", &|p| p.machine.weight_depth = reached["weights"] as usize);
        shrink("thresholds", &|p| p.machine.threshold_depth = reached["thresholds"] as usize);
        shrink("starts", &|p| p.machine.start_depth = reached["starts"] as usize);
        shrink("constants", &|p| p.machine.constant_depth = reached["constants"] as usize);
        shrink("exponentials", &|p| p.machine.exp_depth = reached["exponentials"] as usize);
        shrink("mask", &|p| p.machine.mask_depth = reached["mask"] as usize);
        for n in 0..plan.fetch.len() {
            let mut more = plan.clone();
            more.fetch[n].source = plan.machine.spike_depth as u128;
            assert!(bounds::reached(&more).is_err(), "fetch {n}");
            let mut more = plan.clone();
            more.fetch[n].words += plan.machine.weight_depth.max(plan.machine.operand_depth) as u128;
            assert!(bounds::reached(&more).is_err(), "fetch {n}");
            let mut more = plan.clone();
            more.fire[n].rows += plan.machine.max_rows as u128;
            assert!(bounds::reached(&more).is_err(), "fire {n}");
        }
    }
    assert_eq!(noticed.len(), 9, "{noticed:?}");
}

/// Look-up tables and multipliers of designs that Yosys 0.70 has synthesised for xc7 (docs/overlay.md).
#[test]
fn areas_are_those_of_yosys_within_15_percent() {
    let perceptron = lower(&mnist_mlp(EncodingChoice::Analog)).expect("lowers").network;
    let transformer = mnist_vit();
    for (network, (lanes, spikes, fire_lanes, fetch_width, row_lanes), lut, dsp) in [
        (&perceptron, (8, 1, 1, 16, 1), 1349, 0),
        (&perceptron, (32, 2, 4, 64, 1), 3478, 0),
        (&perceptron, (32, 2, 8, 64, 1), 3678, 0),
        (&transformer, (8, 1, 1, 8, 1), 4618, 21),
        (&transformer, (8, 1, 4, 8, 1), 5014, 21),
        (&transformer, (16, 1, 4, 16, 1), 5208, 21),
        (&transformer, (32, 2, 8, 32, 1), 8185, 21),
        (&transformer, (64, 2, 8, 64, 1), 10_052, 21),
        (&transformer, (64, 2, 8, 64, 2), 12_992, 40),
    ] {
        let options = Options { lanes, spikes, fire_lanes, fetch_width, row_lanes, ..Options::default() };
        let settled = Settled::new(network, options.code).expect("a golden model");
        let activity = Activity::levels(&settled, samples("examples/mnist_vit/sample/images.npy", 1));
        let (place, device) = (OverlayPlace::Fixed, None);
        let (model, activity) = ("model", &activity);
        let task = OverlayTask { model, network, place, activity, family: Family::Xc7, device };
        let point = overlay_point(&task, &options).expect("an overlay");
        let total = point.estimate.total;
        for (what, estimated, yosys) in [("LUT", total.lut, lut), ("DSP", total.dsp, dsp)] {
            let off = estimated as f64 - f64::from(yosys);
            println!("{options:?}: {estimated} {what}, {off:+} of {yosys}");
            assert!(
                off.abs() <= 0.15 * f64::from(yosys),
                "{options:?}: {estimated} {what} instead of {yosys}"
            );
        }
    }
}

/// Cycles of a sample of the trained Vision Transformer.
#[test]
fn estimates_fall_with_lanes_and_spikes() {
    let network = mnist_vit();
    let raw = samples("examples/mnist_vit/sample/images.npy", 1).remove(0);
    let settled = Settled::new(&network, SpikeCode::Radix).expect("a golden model");
    let golden = settled.run(&mut settled.state(), &raw, &mut Unobserved);
    let cycles = |lanes: usize, spikes: usize| {
        let plan = compile(&network, &Options { lanes, spikes, ..Options::default() }).expect("compiles");
        let levels: Vec<&[i32]> = plan
            .layers
            .iter()
            .map(|place| {
                let own = settled.layers().iter().position(|layer| layer.node == place.node);
                golden.levels[own.expect("a layer")].as_slice()
            })
            .collect();
        let estimate = estimate(&plan, &raw, &levels, 1.0);
        let total = estimate.total;
        let busy: u64 = estimate.engine.iter().map(|b| b.fetch).sum();
        let (fire, words) = (estimate.engine.iter().map(|b| b.fire).sum::<u64>(), plan.machine.weight_depth);
        println!(
            "P {lanes}, G {spikes}: {total} cycles, fetch {busy}, fire {fire}, {words} words of weights"
        );
        assert!(estimate.total >= busy, "fetch alone takes {busy} of {} cycles", estimate.total);
        let ends = estimate.engine.iter().chain(&estimate.vector).map(|b| b.end).max();
        assert!(
            ends.is_some_and(|end| (estimate.total - 10..=estimate.total + 10).contains(&end)),
            "{ends:?}"
        );
        let parts = estimate.account.parts().map(|(_, cycles)| cycles);
        assert_eq!(parts.iter().sum::<u64>(), total, "{parts:?}");
        (estimate.total, estimate.engine.iter().map(|b| b.events).sum::<u64>())
    };
    let few = cycles(16, 1);
    let more = cycles(64, 1);
    let most = cycles(64, 4);
    assert!(most.0 < more.0 && more.0 < few.0, "{few:?} {more:?} {most:?}");
    assert_eq!(most.1, more.1, "as many events");
    // Each chunk reads all spikes again.
    assert!(few.1 > more.1);
    for (lanes, spikes) in [(16, 2), (32, 1), (32, 2), (32, 4), (64, 2), (64, 8), (128, 2), (128, 4)] {
        cycles(lanes, spikes);
    }
}

/// Instructions count 255 local time-steps: unary spikes of more levels are refused, radix ones have a few.
#[test]
fn more_levels_than_time_steps_that_are_counted() {
    let network = random::chain(3, &[(0, 300)], 0);
    let mut options = Options { code: SpikeCode::Unary, fire_lanes: 8, ..Options::sensible(&network) };
    let error = compile(&network, &options).expect_err("300 time-steps");
    assert!(error.problem.contains("300 local time-steps"), "{error}");
    assert_eq!(error.node.as_deref(), Some("neuron0"));
    assert!(error.fix.as_deref().is_some_and(|fix| fix.contains("--code radix")), "{error}");
    options.code = SpikeCode::Radix;
    let samples = vec![(0..12).map(|e| e * 20).collect()];
    check(&network, &options, &samples, &schedules(3));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_transformers(seed in any::<u64>(), options in options()) {
        let mut random = Random(seed);
        let quantised_sums = random.chance(30);
        let recipe = generator::Recipe { quantised_sums, ..generator::Recipe::any(seed, &mut random) };
        let linear_attention = !recipe.mask && seed % 3 == 0;
        let recipe = generator::Recipe { linear_attention, ..recipe }.varied();
        let network = generator::network(&recipe);
        let (model, _) = convert(&network, "random", "test", EncodingChoice::Analog).expect("converts");
        let lowered = lower(&model).expect("lowers");
        let samples: Vec<Vec<i32>> = (0..2).map(|_| generator::sample(&recipe, &mut random)).collect();
        check(&lowered.network, &options, &samples, &schedules(seed));
    }

    #[test]
    fn residual_perceptrons(seed in any::<u64>(), options in options()) {
        let mut random = Random(seed);
        let recipe = generator::Recipe::any(seed, &mut random);
        let recipe = generator::Recipe { blocks: random.range(1, 4) as usize, ..recipe };
        let network = generator::residual_perceptron(&recipe);
        let (model, _) = convert(&network, "random", "test", EncodingChoice::Analog).expect("converts");
        let network = lower(&model).expect("lowers").network;
        let count = generator::PATCH * recipe.tokens;
        let samples: Vec<Vec<i32>> =
            (0..2).map(|_| (0..count).map(|_| random.range(0, 255) as i32).collect()).collect();
        check(&network, &options, &samples, &schedules(seed));
    }

    #[test]
    fn random_convolutions(seed in any::<u64>(), options in options(), sums in any::<bool>()) {
        let levels = [vec![(0, 15)], vec![(-8, 7), (0, 3)], vec![(0, 1), (-2, 2), (0, 40)]];
        let recipe = cnn::Recipe { seed, levels: levels[(seed % 3) as usize].clone(), sums };
        let network = cnn::network(&recipe);
        let (model, _) = convert(&network, "random", "test", EncodingChoice::Analog).expect("converts");
        let lowered = lower(&model).expect("lowers");
        let mut random = Random(seed ^ 3);
        let samples: Vec<Vec<i32>> = (0..2).map(|_| cnn::sample(&network, &mut random)).collect();
        // Values between levels have up to 640 levels.
        let too_many = compile(&lowered.network, &options)
            .is_err_and(|error| error.problem.contains("one a level") && options.code == SpikeCode::Unary);
        let options = if too_many { Options { code: SpikeCode::Radix, ..options } } else { options };
        check(&lowered.network, &options, &samples, &schedules(seed));
    }

    #[test]
    fn unusual_networks(seed in any::<u64>(), options in options(), even in any::<bool>()) {
        let rounding = if even { Rounding::HalfEven } else { Rounding::HalfUp };
        let network = unusual::network(seed, rounding);
        let mut random = Random(seed ^ 2);
        // Small numbers: ties are frequent.
        let samples: Vec<Vec<i32>> =
            (0..3).map(|_| (0..18).map(|_| 100 + random.range(-2, 2) as i32).collect()).collect();
        check(&network, &options, &samples, &schedules(seed));
    }

    #[test]
    fn random_perceptrons(
        seed in any::<u64>(),
        rows in 1usize..5,
        channels in 1usize..40,
        widths in prop::collection::vec(1usize..40, 0..5),
        classes in 1usize..20,
        odd in any::<bool>(),
        tables in 0i64..100,
        options in options(),
    ) {
        let weight = [1i64, 127, 3000, 100_000, 1 << 28][(seed % 5) as usize];
        let recipe = random::Recipe { seed, rows, channels, widths, classes, steps: 1, weight, tables, odd };
        let network = random::network(&recipe);
        let mut random = Random(seed ^ 1);
        let Op::Input(input) = &network.node(network.topological()[0]).op else { panic!("an input first") };
        let samples: Vec<Vec<i32>> = (0..2).map(|_| random::sample(&mut random, input, 60)).collect();
        match compile(&network, &options) {
            Ok(plan) => run(&plan, &network, &options, &samples, &schedules(seed)),
            Err(error) => {
                println!("{}", error.problem);
                prop_assert!(odd, "{error:?}\n{}", network.text());
                prop_assert!(error.node.is_some() && error.fix.is_some());
            }
        }
    }
}
