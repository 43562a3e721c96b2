//! A whole board at its pins: the host's own program, a serial line of bits, shell and core in Verilator, against the
//! golden model.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::common::{fixture, mnist_mlp, repository};
use crate::random::Random;
use serde_json::{Value, json};
use snn2rtl::architecture::{Design, Options as Architecture, image};
use snn2rtl::convert::EncodingChoice::Analog;
use snn2rtl::data::Inputs;
use snn2rtl::emit;
use snn2rtl::golden::{Golden, Limits, Settled, SpikeCode, Unobserved};
use snn2rtl::overlay;
use snn2rtl::snn::{Model, Op};
use snn2rtl::streaming::design::Options;
use snn2rtl::target::{Board, Target};
use snn2rtl::tool::verilated::{Compiler, Sources};
use snn2rtl::tool::{Command, Tool, Toolbox};

/// Clock cycles of a bit: as few as the shell takes.
const CLOCKS_PER_BIT: &str = "4";

/// The build folder, verilated.
static BOARD: LazyLock<PathBuf> =
    LazyLock::new(|| verilated("board", &mnist_mlp(Analog), &Options::default().into()));

/// The build folder of a model, verilated.
fn verilated(name: &str, model: &Model, options: &Architecture) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    let build = folder.join("build");
    let target = Target::Board(Box::new(Board::find("ulx3s-85f").expect("a board")));
    emit::emit_for(model, options, Some(&target), &build).expect("written");
    let compiler = Compiler::new(&Toolbox::from_env()).unwrap_or_else(|e| panic!("{e}"));
    let run = compiler.verilator().command().cwd(&build);
    let run = run.args(["--cc", "--exe", "--prefix", "Vboard", "-Wall", "--assert"]);
    let run = run.args(["--top-module", "board_top", "-O3", "--x-assign", "unique", "--x-initial", "unique"]);
    let run = run.arg(format!("-GClocksPerBit={CLOCKS_PER_BIT}"));
    let run = run.arg(format!("-GRomPath=\"{}/rom/\"", build.display()));
    let main = build.join("sim/board_main.cpp");
    let run = run.args(["-f", "rtl/board.f"]).arg(main).arg("--Mdir").arg(folder.join("obj"));
    run.run().unwrap_or_else(|e| panic!("{e}"));
    let variables = [("OPT_FAST", "-O1"), ("OPT_GLOBAL", "-O1")];
    let (folder, prefix) = (&folder.join("obj"), "Vboard");
    let sources = Sources { folder, prefix, variables: &variables, headers: &[] };
    compiler.compile(&sources, &mut |_, _| ()).unwrap_or_else(|e| panic!("{e}"));
    build
}

fn images() -> PathBuf {
    repository("examples/mnist_mlp/sample/images.npy")
}

/// The golden model's results, in the host's form.
fn expected(first: usize, count: usize, t_max: Option<u32>) -> Vec<Value> {
    let model = mnist_mlp(Analog);
    let lowered = snn2rtl::lower::lower(&model).expect("lowered");
    let input = model.network.topological().into_iter().find_map(|id| match &model.network.node(id).op {
        Op::Input(input) => Some(input),
        _ => None,
    });
    let input = input.expect("an input");
    let images = images();
    let inputs =
        Inputs::read(images.to_str().expect("Unicode"), &input.sample, input.spec.element).expect("images");
    let golden = Golden::new(&lowered.network).expect("a golden model");
    let limits = Limits { t_max, ..Limits::default() };
    let mut state = golden.state();
    let result = |index: usize| {
        let outcome = golden.run(&mut state, &inputs.sample(index), &limits, &mut Unobserved);
        let values: Vec<i64> = outcome.values.iter().map(|&v| v.try_into().expect("64 bits")).collect();
        let logits: Vec<f64> = values.iter().map(|&v| v as f64 * lowered.readout.unit).collect();
        let flags = if outcome.quiescent { ["quiescent"] } else { ["stopped by T_max"] };
        json!({
            "index": index, "class": outcome.class, "values": values, "logits": logits,
            "time_steps": outcome.time_steps, "flags": flags,
        })
    };
    (first..first + count).map(result).collect()
}

/// The simulated board as a port.
fn port(clocks_per_bit: &str, options: &str) -> String {
    port_of(&BOARD, clocks_per_bit, options)
}

fn port_of(build: &Path, clocks_per_bit: &str, options: &str) -> String {
    let board = build.parent().expect("a folder").join("obj/Vboard");
    format!("exec:'{}' --clocks-per-bit {clocks_per_bit} {options}", board.display())
}

fn python() -> Command {
    Toolbox::from_env().get(Tool::Python).expect("Python").command()
}

/// The host's program.
fn host(port: &str) -> Command {
    python().arg(BOARD.join("host/host.py")).args(["--port", port]).args(["--timeout", "10"])
}

/// What the host's program reports.
fn report(command: &Command) -> Value {
    let finished = command.run().unwrap_or_else(|e| panic!("{e}"));
    let json = finished.output.lines().find(|line| line.starts_with('{')).expect("JSON");
    serde_json::from_str(json).expect("JSON")
}

#[test]
fn samples_go_in_and_results_come_out() {
    let host = host(&port(CLOCKS_PER_BIT, "")).arg(images()).arg("--json");
    let report_of = |command: Command| report(&command);
    let all = report_of(host.clone().args(["--count", "12"]).args(["--read", "0x14", "--read", "0x00"]));
    assert_eq!(all["samples"], json!(expected(0, 12, None)));
    assert_eq!(all["registers"], json!({"0x14": 12, "0x00": 0x534e_4e31}));
    assert_eq!(all["line"], json!({"repeated": 0, "framing_errors": 0, "bad_packets": 0}));
    assert_eq!(all["model"], "mnist_mlp");
    let cut = report_of(host.args(["--first", "20", "--count", "3", "--t-max", "2"]));
    assert_eq!(cut["samples"], json!(expected(20, 3, Some(2))));
}

/// A core without a network: nothing goes in before the host has loaded one; images that are damaged or of another machine
/// are refused.
#[test]
fn a_model_image_is_loaded_over_the_line() {
    let model = fixture("qdq_ties", Analog);
    let network = snn2rtl::lower::lower(&model).expect("lowered").network;
    let sizes = |lanes| overlay::Options {
        lanes,
        spikes: 1,
        fire_lanes: 4,
        fetch_width: 8,
        row_lanes: 1,
        code: SpikeCode::Radix,
    };
    let machine = |lanes| {
        let machine = overlay::Loadable::for_networks(&[&network], &sizes(lanes)).expect("a machine");
        Architecture::Loadable(Box::new(machine))
    };
    let build = verilated("loadable_board", &model, &machine(8));
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    };
    let (low, high) = model.raw_range();
    let count = network.topological().into_iter().find_map(|id| match &network.node(id).op {
        snn2rtl::integer::Op::Input(_) => Some(network.node(id).shape.len()),
        _ => None,
    });
    let random = &mut Random(3);
    let raw: Vec<Vec<i32>> = (0..4)
        .map(|_| {
            (0..count.expect("an input")).map(|_| random.range(low.into(), high.into()) as i32).collect()
        })
        .collect();
    let bytes: Vec<u8> = raw.iter().flatten().map(|&q| (q & 255) as u8).collect();
    let samples = write("samples.raw", &bytes);
    let settled = Settled::new(&network, SpikeCode::Radix).expect("a golden model");
    let expected: Vec<Vec<i64>> = raw
        .iter()
        .map(|raw| settled.run(&mut settled.state(), raw, &mut Unobserved).values)
        .map(|values| values.iter().map(|&v| v.try_into().expect("64 bits")).collect())
        .collect();
    let image = std::fs::read(build.join("model.bin")).expect("an image");
    let mut torn = image.clone();
    torn[image.len() / 2] ^= 4;
    let torn = write("torn.bin", &torn);
    let cut = write("cut.bin", &image[..image.len() - 4]);
    let odd = write("odd.bin", &image[..image.len() - 1]);
    let other = Design::plan("other", &network, &machine(16)).expect("planned").image().expect("an image");
    let other = write("other.bin", &image::bytes(&other.expect("is loaded")));
    let host = |file: &Path| {
        let host =
            python().arg(build.join("host/host.py")).arg("--port").arg(port_of(&build, CLOCKS_PER_BIT, ""));
        host.args(["--timeout", "10", "--json", "--load"]).arg(file).arg(&samples)
    };
    for (file, part) in [
        (&torn, "its CRC is wrong"),
        (&cut, "it is not complete"),
        (&odd, "is no model image"),
        (&other, "it was made for another machine"),
    ] {
        let error = host(file).run().expect_err("an error");
        assert!(error.problem.contains(part), "'{part}' is not in: {error}");
    }
    let report = report(&host(&build.join("model.bin")));
    let values: Vec<Value> = report["samples"]
        .as_array()
        .expect("samples")
        .iter()
        .map(|sample| sample["values"].clone())
        .collect();
    assert_eq!(json!(values), json!(expected));
}

#[test]
fn a_disturbed_line_costs_time_alone() {
    let mut repeated = 0;
    for seed in ["1", "2"] {
        let port = port(CLOCKS_PER_BIT, &format!("--corrupt 900 --seed {seed}"));
        let host = host(&port).arg(images()).args(["--json", "--count", "8", "--timeout", "1"]);
        let report = report(&host);
        assert_eq!(report["samples"], json!(expected(0, 8, None)));
        repeated += report["line"]["repeated"].as_u64().expect("a number");
    }
    assert!(repeated > 0, "no byte was spoilt");
}

#[test]
fn whatever_came_before_the_next_sample_is_right() {
    let folder = tempfile::tempdir().expect("a folder");
    let expected_file = folder.path().join("expected.json");
    let text = serde_json::to_string(&expected(0, 4, None)).expect("JSON");
    std::fs::write(&expected_file, text).expect("written");
    let script = python().arg(repository("tests/board/faults.py")).arg(BOARD.join("host/host.py"));
    let script = script.arg(port(CLOCKS_PER_BIT, "")).arg(images()).arg(expected_file);
    let finished = script.run().unwrap_or_else(|e| panic!("{e}"));
    assert!(finished.output.contains("all is right"), "{}", finished.output);
}

#[test]
fn what_is_wrong_is_said() {
    let good = port(CLOCKS_PER_BIT, "");
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    };
    let other = r#"{"serial": {"baud": 1000000, "model_id": "0123456789abcdef"}}"#;
    let other = write("manifest.json", other.as_bytes());
    let short = write("short.raw", &[0; 783]);
    let labels = repository("examples/mnist_mlp/sample/labels.npy");
    let cases = [
        (host(&good).arg(images()).arg("--manifest").arg(&other), "holds another model: 'mnist_mlp'"),
        (host(&good).arg(&short), "783 bytes"),
        (host(&good).arg(&labels), "of samples; a sample of model 'mnist_mlp' has 784 elements of type u8"),
        (host(&good).args(["--read", "0x2000"]), "there is no such register"),
        (host(&good).args(["--write", "0x14=1"]), "this register does not take that"),
        (host(&port("9", "")).args(["--timeout", "0.1"]), "baud rate"),
        (host("exec:false"), "has ended"),
        (host("exec:sleep 30").args(["--timeout", "0.02"]), "no reply to 'reset'"),
        (host("tcp:127.0.0.1:1"), "cannot be opened"),
    ];
    for (command, part) in cases {
        let error = command.run().expect_err("an error");
        assert!(error.problem.contains(part), "'{part}' is not in: {error}");
        assert!(error.problem.contains("error: ") && !error.problem.contains("Traceback"), "{error}");
    }
    // Another model may be asked for.
    host(&good).arg("--manifest").arg(&other).arg("--any-model").run().expect("taken as it is");
}
