//! The cost model of area against what Yosys made of the examples. `tests/cost/examples.json` is written by
//! `scripts/calibrate_cost.py totals`.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use crate::common::{fixture, mnist_mlp, repository};
use serde::Deserialize;
use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::hardware::Figures;
use snn2rtl::import::{self, import};
use snn2rtl::lower::lower;
use snn2rtl::quant::{Element, InputSpec, Scaling};
use snn2rtl::snn::Model;
use snn2rtl::streaming::design::{Design, Options, in_blocks, plan};
use snn2rtl::streaming::schedule::estimate;
use snn2rtl::target::Family;
use snn2rtl::tool::{Tool, Toolbox};

/// What synthesis made of an example.
#[derive(Deserialize)]
struct Made {
    example: String,
    family: Family,
    folding: Options,
    #[serde(flatten)]
    figures: Figures,
}

fn made() -> Vec<Made> {
    serde_json::from_str(include_str!("cost/examples.json")).unwrap()
}

fn design(example: &str, options: &Options) -> Design {
    let decimal = |text: &str| vec![text.parse().unwrap()];
    let pixels = |mean: &str, std: &str| InputSpec {
        element: Element::U8,
        scaling: Scaling::Normalise { mean: decimal(mean), std: decimal(std) },
        channel_axis: None,
    };
    let input = match example {
        "mnist_mlp" => pixels("0.1307", "0.3081"),
        "mnist_vit" => pixels("0.5", "0.5"),
        _ => InputSpec::tokens(),
    };
    let path = repository(&format!("examples/{example}/{example}.onnx"));
    let imported = import(&path, &import::Options { input, weight_bits: None }).unwrap();
    let (model, _) = convert(&imported.network, example, &imported.producer, EncodingChoice::Analog).unwrap();
    plan(example, &lower(&model).unwrap().network, options).unwrap()
}

#[test]
fn totals_are_those_of_synthesis_within_15_percent() {
    let within = |told: u64, made: u64, percent: u64| told.abs_diff(made) * 100 <= made * percent;
    for family in [Family::Xc7, Family::Ecp5] {
        for example in ["mnist_mlp", "mnist_vit", "review_encoder"] {
            assert!(made().iter().any(|made| made.example == example && made.family == family), "{example}");
        }
    }
    for Made { example, family, folding, figures } in made() {
        let told = estimate(&design(&example, &folding), family).total;
        let what = format!("{example} for {family}, {} lanes: {told:?} against {figures:?}", folding.lanes);
        for (told, made) in [
            (told.lut, figures.lut),
            (told.ff, figures.ff),
            (told.bram, figures.bram),
            (told.dsp, figures.dsp),
        ] {
            assert!(within(told, made, 15), "{what}");
        }
    }
}

#[test]
fn instances_add_up_in_every_family() {
    let design = design("mnist_mlp", &Options::uniform(8));
    for family in Family::ALL {
        let estimate = estimate(&design, family);
        assert_eq!(estimate.instances.len(), 2 + design.stages.len() + design.streams.len());
        let sum = estimate.instances.iter().fold(Figures::default(), |sum, i| sum + i.figures);
        assert_eq!(sum, estimate.total, "{family}");
        assert!(sum.lut > 500 && sum.ff > 500 && sum.bram > 0, "{family}: {sum:?}");
        assert_eq!(estimate.calibrated, matches!(family, Family::Xc7 | Family::Ecp5));
    }
}

/// A module that the coefficients do not know would be free.
#[test]
fn every_module_costs_something() {
    let rate =
        |model: &Model| plan(&model.name, &lower(model).unwrap().network, &Options::uniform(2)).unwrap();
    let mut designs = vec![
        rate(&mnist_mlp(EncodingChoice::Rate(Some(4)))),
        rate(&fixture("qdq_input_quantiser", EncodingChoice::Rate(Some(4)))),
    ];
    designs.extend(["mnist_vit", "review_encoder"].map(|example| design(example, &Options::uniform(2))));
    for family in [Family::Xc7, Family::Ecp5] {
        let mut most = BTreeMap::new();
        for instance in designs.iter().flat_map(|design| estimate(design, family).instances) {
            let lut = most.entry(instance.module).or_insert(0);
            *lut = instance.figures.lut.max(*lut);
        }
        for module in ["analog_pass", "rate_encoder", "token_mask", "token_embedding", "row_select"] {
            assert!(most.contains_key(module), "no design has {module}");
        }
        assert!(most.values().all(|&lut| lut > 0), "{family}: {most:?}");
    }
}

#[test]
fn more_lanes_cost_more_logic() {
    for family in [Family::Xc7, Family::Ecp5] {
        let total = |lanes| estimate(&design("mnist_mlp", &Options::uniform(lanes)), family).total;
        assert!(total(2).lut < total(16).lut && total(2).ff < total(16).ff, "{family}");
    }
}

/// Whatever the coefficients were fitted to, no kind of stage may look as if its lanes were free.
#[test]
fn more_lanes_cost_more_logic_in_every_module_that_has_them() {
    let modules = ["layer_norm_neurons", "softmax_neurons", "spike_product", "spike_neurons", "spike_matmul"];
    // Twice the lanes; with many more, softmax gets fewer, which have to divide its groups.
    let [few, many] = [8, 16].map(|lanes| design("mnist_vit", &Options::uniform(lanes)));
    for family in [Family::Xc7, Family::Ecp5] {
        let [few, many] = [&few, &many].map(|design| estimate(design, family));
        for module in modules {
            let sum = |estimate: &snn2rtl::hardware::Estimate| {
                let own = estimate.instances.iter().filter(|instance| instance.module == module);
                own.fold(Figures::default(), |sum, instance| sum + instance.figures)
            };
            let [few, many] = [sum(&few), sum(&many)];
            assert!(20 * many.lut > 21 * few.lut, "{module} in {family}: {few:?}, {many:?}");
            assert!(20 * many.ff > 21 * few.ff, "{module} in {family}: {few:?}, {many:?}");
        }
    }
}

/// The rule for read-only memories is the same in the design and in `rtl/sync_rom.sv` and `rtl/threshold_rom.sv`, and Yosys
/// follows their attributes.
#[test]
fn read_only_memories_are_where_the_design_says() {
    let toolbox = Toolbox::from_env();
    let yosys = toolbox.get_at_least(Tool::Yosys, Family::Xc7.oldest_yosys()).unwrap();
    // Words that no logic makes smaller.
    let mut state = 1_u64;
    let mut digit = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from_digit(u32::try_from(state >> 60).unwrap(), 16).unwrap()
    };
    for (module, ports, parameters, width, depth, expected) in [
        ("sync_rom", 1, "", 36, 171, true),
        ("sync_rom", 1, "", 36, 170, false),
        ("sync_rom", 1, "", 40, 256, false),
        ("sync_rom", 1, ", .Style(1)", 8, 20, true),
        ("sync_rom", 1, ", .Style(2)", 36, 512, false),
        ("threshold_rom", 2, "", 16, 192, true),
        ("threshold_rom", 2, "", 16, 191, false),
    ] {
        let what = format!("{module} of {depth} words of {width} bits{parameters}");
        if parameters.is_empty() {
            assert_eq!(in_blocks(width, depth, ports), expected, "{what}");
        }
        let folder = tempfile::tempdir().unwrap();
        for file in ["lut_rom.sv", "sync_rom.sv", "threshold_rom.sv"] {
            std::fs::copy(repository(&format!("rtl/{file}")), folder.path().join(file)).unwrap();
        }
        let word = |_| (0..width / 4).map(|_| digit()).collect::<String>() + "\n";
        std::fs::write(folder.path().join("words.hex"), (0..depth).map(word).collect::<String>()).unwrap();
        let read = match ports {
            1 => ".addr_i(x_i), .data_o(p_o)",
            _ => ".addr_a_i(x_i), .addr_b_i(y_i), .data_a_o(p_o), .data_b_o(q_o)",
        };
        let address = usize::next_power_of_two(depth).trailing_zeros() - 1;
        let top = format!(
            "module top (input wire logic clk_i, input wire logic [{address}:0] x_i, y_i,\n\
             output logic [{0}:0] p_o, q_o);\n\
             {module} #(.Width({width}), .Depth({depth}), .File(\"words.hex\"){parameters}) u_rom\n\
             (.clk_i, .enable_i(1'b1), {read});\nendmodule\n",
            width - 1
        );
        std::fs::write(folder.path().join("top.sv"), top).unwrap();
        let script = format!(
            "read_verilog -sv -defer lut_rom.sv sync_rom.sv threshold_rom.sv top.sv\nhierarchy -top top\n\
             {} -top top -run begin:fine\ntee -q -o stat.json stat -json\n",
            Family::Xc7.command(false)
        );
        std::fs::write(folder.path().join("script.ys"), script).unwrap();
        yosys.command().args(["-s", "script.ys"]).cwd(folder.path()).run().unwrap();
        let text = std::fs::read_to_string(folder.path().join("stat.json")).unwrap();
        let blocks = text.contains("\"RAMB18E1\"") || text.contains("\"RAMB36E1\"");
        assert_eq!(blocks, expected, "{what}: {text}");
    }
}

/// The rule of `rtl/xcup/sync_ram.sv`, which the estimate has too, is what Yosys makes of it.
#[test]
fn large_state_becomes_ultra_ram() {
    let toolbox = Toolbox::from_env();
    let oldest = Family::Xcup.oldest_yosys();
    let yosys = toolbox.get_at_least(Tool::Yosys, oldest).unwrap();
    let module = repository("rtl/xcup/sync_ram.sv");
    for (width, depth, ultra, blocks) in [(72, 1024, 1, 0), (72, 1023, 0, 4), (74, 4096, 2, 0)] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(&module, folder.path().join("sync_ram.sv")).unwrap();
        let script = format!(
            "read_verilog -sv -defer sync_ram.sv\n\
             hierarchy -top sync_ram -chparam Width {width} -chparam Depth {depth}\n\
             {} -top sync_ram -run begin:fine\ntee -q -o stat.json stat -json\n",
            Family::Xcup.command(true)
        );
        std::fs::write(folder.path().join("script.ys"), script).unwrap();
        yosys.command().args(["-s", "script.ys"]).cwd(folder.path()).run().unwrap();
        let text = std::fs::read_to_string(folder.path().join("stat.json")).unwrap();
        let stat: serde_json::Value = serde_json::from_str(&text).unwrap();
        let cells = &stat["design"]["num_cells_by_type"];
        let count = |cell: &str| cells[cell].as_u64().unwrap_or(0);
        let found = (count("URAM288"), count("RAMB18E2") + 2 * count("RAMB36E2"));
        assert_eq!(found, (ultra, blocks), "{width}x{depth}: {cells}");
    }
}
