//! The driver for PYNQ on a simulated board: the top level of the packaged IP in Verilator behind stand-ins for PYNQ's overlay,
//! MMIO, DMA and buffers, against the golden model.

use std::path::Path;

use crate::common::{mnist_mlp, repository};
use serde_json::{Value, json};
use snn2rtl::architecture::{Design, Options as Folding};
use snn2rtl::convert::EncodingChoice::Analog;
use snn2rtl::data::Inputs;
use snn2rtl::emit::{self, Manifest};
use snn2rtl::golden::{Confidence, Golden, Limits, Outcome, Unobserved};
use snn2rtl::overlay::{External, Loadable, Options as OverlayOptions};
use snn2rtl::snn::{Model, Op};
use snn2rtl::streaming::design::Options;
use snn2rtl::target::{Board, Target};
use snn2rtl::tool::verilated::{Compiler, Sources};
use snn2rtl::tool::{Tool, Toolbox};

/// Logits by which a class stands out.
const MARGIN: f64 = 3.0;

/// The pins that `sim/shim.cpp` drives, around the top level of the IP: what is tested is what is packaged.
fn adapter(manifest: &Manifest) -> String {
    let lanes = manifest.input.beat_lanes.next_power_of_two();
    let width = lanes * if manifest.input.element == "u16" { 16 } else { 8 };
    let (top, addr) = (&manifest.top, manifest.address_bits - 1);
    let ports = [
        ("input", "s_axis_tvalid", String::new()),
        ("output", "s_axis_tready", String::new()),
        ("input", "s_axis_tdata", format!("[{}:0]", width - 1)),
        ("input", "s_axis_tlast", String::new()),
        ("output", "m_axis_tvalid", String::new()),
        ("input", "m_axis_tready", String::new()),
        ("output", "m_axis_tdata", "[31:0]".into()),
        ("output", "m_axis_tlast", String::new()),
        ("input", "s_axi_awvalid", String::new()),
        ("output", "s_axi_awready", String::new()),
        ("input", "s_axi_awaddr", format!("[{addr}:0]")),
        ("input", "s_axi_wvalid", String::new()),
        ("output", "s_axi_wready", String::new()),
        ("input", "s_axi_wdata", "[31:0]".into()),
        ("input", "s_axi_wstrb", "[3:0]".into()),
        ("output", "s_axi_bvalid", String::new()),
        ("input", "s_axi_bready", String::new()),
        ("output", "s_axi_bresp", "[1:0]".into()),
        ("input", "s_axi_arvalid", String::new()),
        ("output", "s_axi_arready", String::new()),
        ("input", "s_axi_araddr", format!("[{addr}:0]")),
        ("output", "s_axi_rvalid", String::new()),
        ("input", "s_axi_rready", String::new()),
        ("output", "s_axi_rdata", "[31:0]".into()),
        ("output", "s_axi_rresp", "[1:0]".into()),
    ];
    let memory = |name: &str| {
        let width = manifest.memory_port_bits.max(1) - 1;
        [
            ("output", "arvalid", String::new()),
            ("input", "arready", String::new()),
            ("output", "arid", "[0:0]".into()),
            ("output", "araddr", "[39:0]".into()),
            ("output", "arlen", "[7:0]".into()),
            ("output", "arsize", "[2:0]".into()),
            ("output", "arburst", "[1:0]".into()),
            ("output", "arlock", String::new()),
            ("output", "arcache", "[3:0]".into()),
            ("output", "arprot", "[2:0]".into()),
            ("output", "arqos", "[3:0]".into()),
            ("input", "rvalid", String::new()),
            ("output", "rready", String::new()),
            ("input", "rid", "[0:0]".into()),
            ("input", "rdata", format!("[{width}:0]")),
            ("input", "rresp", "[1:0]".into()),
            ("input", "rlast", String::new()),
        ]
        .map(|(direction, signal, range)| (direction, format!("{name}_{signal}"), range))
    };
    let count = if manifest.memory_port_bits > 0 { manifest.memory_ports.max(1) } else { 0 };
    let names = (0..count).map(|n| if n == 0 { "m_axi".to_owned() } else { format!("m_axi_{n}") });
    let memory: Vec<_> = names.flat_map(|name| memory(&name)).collect();
    // A card has a memory for each port, one behind the other; the simulation has one.
    let stride = manifest.pcie.as_ref().map_or(0, |pcie| pcie.channel_bytes);
    let moved = |name: &str| {
        let port = name.strip_prefix("m_axi_")?.strip_suffix("_araddr")?.parse::<u64>().ok()?;
        Some(stride * port)
    };
    let ports = ports.iter().map(|(direction, name, range)| (*direction, (*name).to_owned(), range.clone()));
    let ports: Vec<_> = ports.chain(memory).collect();
    let suffix = |direction: &str| if direction == "input" { "i" } else { "o" };
    let declared =
        ports.iter().map(|(d, name, range)| format!("  {d} logic {range} {name}_{},\n", suffix(d)));
    let connected = ports.iter().map(|(d, name, _)| match moved(name) {
        Some(_) => format!("    .{name}({name}),\n"),
        None => format!("    .{name}({name}_{}),\n", suffix(d)),
    });
    let places = ports.iter().filter_map(|(_, name, range)| {
        Some(format!("  logic {range} {name};\n  assign {name}_o = {name} - 40'd{};\n", moved(name)?))
    });
    format!(
        "module adapter (\n  input logic clk_i,\n  input logic rst_i,\n{}  output logic busy_o\n);\n{}  {top}_ip u_ip (\n    \
         .aclk(clk_i),\n    .aresetn(!rst_i),\n{}    .s_axi_awprot(3'd0),\n    .s_axi_arprot(3'd0),\n    .busy(busy_o)\n  \
         );\nendmodule\n",
        declared.collect::<String>(),
        places.collect::<String>(),
        connected.collect::<String>(),
    )
}

/// The build folder as a shared library with the interface of `sim/shim.h`.
fn verilate(build: &Path, manifest: &Manifest, folder: &Path) {
    let adapter_file = folder.join("adapter.sv");
    std::fs::write(&adapter_file, adapter(manifest)).expect("written");
    let shim = build.join("sim");
    let compiler = Compiler::new(&Toolbox::from_env()).unwrap_or_else(|e| panic!("{e}"));
    let objects = folder.join("obj");
    let run = compiler.verilator().command().cwd(build);
    let run = run.args(["--cc", "--exe", "--prefix", "Vsnn", "--top-module", "adapter", "-Wall"]);
    let run =
        run.args(["--assert", "-O3", "--x-assign", "unique", "--x-initial", "unique", "-f", "sim/files.f"]);
    let run = run.arg(format!("rtl/{}_ip.v", manifest.top)).arg(&adapter_file).arg(shim.join("shim.cpp"));
    let run = run.arg("--Mdir").arg(&objects).args(["-o", "libsnn.so", "-LDFLAGS", "-shared"]);
    run.args(["-CFLAGS", "-fPIC -fvisibility=hidden"]).run().unwrap_or_else(|e| panic!("{e}"));
    // By a name that does not depend on where the work is done.
    let header = folder.join("shim.h");
    std::fs::copy(shim.join("shim.h"), &header).expect("copied");
    let variables = [("OPT_FAST", "-Og"), ("OPT_GLOBAL", "-O1 -include ../shim.h")];
    let headers = [header];
    let sources = Sources { folder: &objects, prefix: "Vsnn", variables: &variables, headers: &headers };
    compiler.compile(&sources, &mut |_, _| ()).unwrap_or_else(|e| panic!("{e}"));
}

/// A result in the words of the driver.
fn result(outcome: &Outcome, unit: f64) -> Value {
    let values: Vec<i64> = outcome.values.iter().map(|&v| v.try_into().expect("64 bits")).collect();
    let logits: Vec<f64> = values.iter().map(|&v| v as f64 * unit).collect();
    let flags = match (outcome.quiescent, outcome.confident) {
        (true, _) => 1,
        (false, false) => 2,
        (false, true) => 4,
    };
    json!({
        "class": outcome.class, "values": values, "logits": logits, "time_steps": outcome.time_steps, "flags": flags,
    })
}

/// The samples of a file, as the input of a model.
fn inputs(model: &Model, images: &Path) -> Inputs {
    let input = model.network.topological().into_iter().find_map(|id| match &model.network.node(id).op {
        Op::Input(input) => Some(input),
        _ => None,
    });
    let input = input.expect("an input");
    Inputs::read(images.to_str().expect("Unicode"), &input.sample, input.spec.element).expect("images")
}

/// What the golden model says.
fn expected(images: &Path, manifest: &Manifest) -> Value {
    let model = mnist_mlp(Analog);
    let lowered = snn2rtl::lower::lower(&model).expect("lowered");
    let inputs = inputs(&model, images);
    let golden = Golden::new(&lowered.network).expect("a golden model");
    let unit = lowered.readout.unit;
    let run = |limits: Limits, count: usize| -> Vec<Outcome> {
        let mut state = golden.state();
        (0..count).map(|n| golden.run(&mut state, &inputs.sample(n), &limits, &mut Unobserved)).collect()
    };
    let results = |outcomes: &[Outcome]| outcomes.iter().map(|o| result(o, unit)).collect::<Vec<_>>();
    let plain = run(Limits::default(), 6);
    let confidence = Confidence::new(MARGIN, unit, 2).expect("a rule");
    let neurons = manifest.stages.iter().filter(|stage| stage.module == "spike_neurons");
    let spikes = neurons.enumerate().map(|(layer, stage)| {
        (stage.node.clone(), json!(plain.iter().map(|outcome| outcome.spikes[layer]).sum::<u64>()))
    });
    json!({
        "plain": results(&plain),
        "t_max": results(&run(Limits { t_max: Some(2), ..Limits::default() }, 4)),
        "confident": results(&run(Limits { confidence: Some(confidence), ..Limits::default() }, 4)),
        "margin": MARGIN,
        "margin_value": confidence.margin,
        "spikes": spikes.collect::<serde_json::Map<_, _>>(),
    })
}

#[test]
fn the_driver_runs_the_simulated_board() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("driver");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    let build = folder.join("build");
    let target = Target::Board(Box::new(Board::find("zcu104").expect("a board")));
    let manifest =
        emit::emit_for(&mnist_mlp(Analog), &Options::default(), Some(&target), &build).expect("written");
    verilate(&build, &manifest, &folder);
    let images = repository("examples/mnist_mlp/sample/images.npy");
    let expected_file = folder.join("expected.json");
    std::fs::write(&expected_file, expected(&images, &manifest).to_string()).expect("written");
    let python = Toolbox::from_env().get(Tool::NumPy).expect("Python with NumPy");
    // The images of the memories are found by their names, as in a packaged IP.
    let run = python.command().cwd(build.join("rom")).arg(repository("tests/driver/driver_test.py"));
    let run = run.arg(&build).arg(folder.join("obj/libsnn.so")).arg(&images).arg(&expected_file);
    let finished = run.run().unwrap_or_else(|e| panic!("{e}"));
    assert!(finished.output.contains("all is right"), "{}", finished.output);
}

/// What the golden model says of a network in the settled schedule, and the unit of its logits.
fn settled(model: &Model, images: &Path) -> (Value, f64) {
    let lowered = snn2rtl::lower::lower(model).expect("lowered");
    let golden = Golden::new(&lowered.network).expect("a golden model");
    let (inputs, unit) = (inputs(model, images), lowered.readout.unit);
    let mut state = golden.state();
    let results: Vec<Value> = (0..4)
        .map(|n| golden.run(&mut state, &inputs.sample(n), &Limits::default(), &mut Unobserved))
        .map(|outcome| result(&outcome, unit))
        .collect();
    (json!(results), unit)
}

#[test]
fn the_driver_loads_images_from_the_memory_of_the_simulated_board() {
    driver_with_memory("driver_memory", "kv260", 128, 1, "memory_test.py");
}

/// A card in a PCI Express slot: registers, DMA and memory behind it, two ports of the core to two channels.
#[test]
fn the_driver_of_a_card_runs_the_simulated_card() {
    driver_with_memory("driver_card", "u55c", 64, 2, "card_test.py");
}

fn driver_with_memory(folder: &str, board: &str, bus: usize, ports: usize, test: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    let build = folder.join("build");
    let target = Target::Board(Box::new(Board::find(board).expect("a board")));
    let own = mnist_mlp(Analog);
    // The same network with other weights.
    let mut other = own.clone();
    for id in other.network.topological() {
        if let Op::Linear(linear) = &mut other.network.node_mut(id).op {
            linear.weights.levels.rotate_left(1);
        }
    }
    let networks = [&own, &other].map(|model| snn2rtl::lower::lower(model).expect("lowered").network);
    let external = External { bus, ports, ring: None };
    let machine = Loadable::with_external_weights(
        &networks.iter().collect::<Vec<_>>(),
        &OverlayOptions::default(),
        external,
    );
    let folding = Folding::Loadable(Box::new(machine.expect("a machine")));
    let manifest = emit::emit_for(&own, &folding, Some(&target), &build).expect("written");
    verilate(&build, &manifest, &folder);
    let words = Design::plan("other", &networks[1], &folding).expect("a design").image().expect("an image");
    let image = folder.join("other.bin");
    let bytes: Vec<u8> = words.expect("loadable").iter().flat_map(|word| word.to_le_bytes()).collect();
    std::fs::write(&image, bytes).expect("written");
    let images = repository("examples/mnist_mlp/sample/images.npy");
    let ((own, _), (other, unit)) = (settled(&own, &images), settled(&other, &images));
    assert_ne!(own, other);
    let expected_file = folder.join("expected.json");
    let expected = json!({"own": own, "other": other, "other_unit": unit});
    std::fs::write(&expected_file, expected.to_string()).expect("written");
    let python = Toolbox::from_env().get(Tool::NumPy).expect("Python with NumPy");
    let run = python.command().arg(repository("tests/driver").join(test)).arg(&build);
    let run = run.arg(folder.join("obj/libsnn.so")).arg(&images).arg(&expected_file).arg(&image);
    let finished = run.run().unwrap_or_else(|e| panic!("{e}"));
    assert!(finished.output.contains("all is right"), "{}", finished.output);
}
