//! `model.snn` on disk: stable under round trip, and hostile files are errors.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use snn2rtl::error::Error;
use snn2rtl::graph::Shape;
use snn2rtl::quant::{
    Decimal, Element, Encoding, Function, InputSpec, Padding, Precision, Quantiser, Rounding, Scaling,
    Weights,
};
use snn2rtl::snn::file::{load, save};
use snn2rtl::snn::{Input, Linear, Model, Network, Op};
use tempfile::TempDir;

const TENSORS: &str = "weights.safetensors";

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

fn spec(scaling: Scaling) -> InputSpec {
    InputSpec { element: Element::U8, scaling, channel_axis: None }
}

fn linear(outputs: usize, levels: &[i32], scale: &[f64], bias: &[f64]) -> Op {
    let inputs = levels.len() / outputs;
    let weights = Weights { inputs, outputs, levels: levels.to_vec(), scale: scale.to_vec() };
    Op::Linear(Linear::plain(weights, bias.to_vec()))
}

/// The example of `docs/model-format.md`.
fn tiny() -> Model {
    let mut network = Network::new();
    let scaling = Scaling::Affine { scale: vec![decimal("0.5")], zero_point: 0 };
    let input = Input { sample: Shape(vec![2]), spec: spec(scaling), encoding: Encoding::Analog };
    let id = network.add("pixels", Op::Input(input), &[]).expect("an input");
    let op = linear(3, &[1, -2, 3, 0, -128, 127], &[0.25], &[0.5, 0.0, -1.0]);
    let id = network.add("hidden", op, &[id]).expect("fits");
    let id = network
        .add("hidden.act", Op::Neuron(Quantiser::uniform(0.5, 0, 15, Rounding::HalfUp)), &[id])
        .expect("fits");
    let id = network.add("head", linear(2, &[1, 0, -1, 2, 1, 0], &[1.0], &[]), &[id]).expect("fits");
    network.add("logits", Op::Readout, &[id]).expect("fits");
    Model {
        network,
        name: "tiny".into(),
        producer: "by hand".into(),
        views: Default::default(),
        precision: Default::default(),
        padding: None,
    }
}

/// One of everything the format has, with these names.
fn rich(names: &[String; 6]) -> Model {
    let mut network = Network::new();
    let mean = vec![decimal("0.1307"), decimal("-1.5e-3")];
    let scaling = Scaling::Normalise { mean, std: vec![decimal("1")] };
    let spec = InputSpec { channel_axis: Some(0), ..spec(scaling) };
    let input = Input { sample: Shape(vec![2, 3, 1]), spec, encoding: Encoding::Rate { steps: 7 } };
    let mut id = network.add(&names[0], Op::Input(input), &[]).expect("an input");
    let levels: Vec<i32> = (0..12).map(|n| n * 3000 - 15_000).collect();
    let weights =
        linear(4, &levels, &[1e-38, 0.1, 3.0, f64::from(f32::MAX)], &[0.1, -0.0, f64::MIN_POSITIVE, 5e-324]);
    id = network.add(&names[1], weights, &[id]).expect("fits");
    let quantiser = Quantiser {
        scale: vec![0.1, 0.2, 0.3, 0.4],
        low: vec![-8, 0, -1, -65536],
        high: vec![7],
        rounding: Rounding::HalfEven,
    };
    id = network.add(&names[2], Op::Neuron(quantiser), &[id]).expect("fits");
    let levels: Vec<i32> = (0..16).map(|n| i32::MAX - n * 100_000_000).collect();
    let Op::Linear(mut mean) = linear(2, &levels, &[1.0, 2.0], &[]) else { panic!("not linear") };
    mean.divisor = 49;
    id = network.add(&names[3], Op::Linear(mean), &[id]).expect("fits");
    let quantiser = Quantiser::uniform(1.0, -1, 1, Rounding::Truncate);
    id = network.add(&names[4], Op::Neuron(quantiser), &[id]).expect("fits");
    network.add(&names[5], Op::Readout, &[id]).expect("fits");
    Model {
        network,
        name: "a \"name\"\n".into(),
        producer: "π/\\".into(),
        views: Default::default(),
        precision: Default::default(),
        padding: None,
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn bytes(path: &Path) -> [Vec<u8>; 2] {
    ["graph.json", TENSORS].map(|name| fs::read(path.join(name)).expect("a file of the model"))
}

fn assert_same(a: &Model, b: &Model) {
    assert_eq!((&a.name, &a.producer, a.precision), (&b.name, &b.producer, b.precision));
    let nodes = |m: &Model| -> Vec<_> {
        let network = &m.network;
        network.topological().into_iter().map(|id| (network.node(id).clone(), network.inputs(id))).collect()
    };
    assert_eq!(nodes(a), nodes(b));
}

/// Saves, loads, saves again: the same model, the same bytes.
fn round_trip(model: &Model) {
    let folder = folder();
    let (first, second) = (folder.path().join("a.snn"), folder.path().join("b.snn"));
    save(model, &first).expect("saved");
    let loaded = load(&first).expect("loaded");
    assert_same(model, &loaded);
    save(&loaded, &second).expect("saved");
    assert_eq!(bytes(&first), bytes(&second));
}

#[test]
fn hostile_names_survive_the_round_trip() {
    round_trip(&tiny());
    let long = "x".repeat(300);
    let names = [
        "\"quoted\" 'twice'".to_owned(),
        "line\nfeed\r\0\u{1b}[31m".to_owned(),
        "[brackets]{braces}(0)".to_owned(),
        long,
        "слой/层/🧠 \u{202e}\u{feff}".to_owned(),
        String::new(),
    ];
    round_trip(&rich(&names));
    round_trip(&rich(&["../..", "nodes.0.weight", "__metadata__", "%s", "\\", "/etc"].map(str::to_owned)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_names_survive_the_round_trip(names in prop::collection::hash_set(".{0,20}|\\PC{0,8}", 6)) {
        let names: Vec<String> = names.into_iter().collect();
        round_trip(&rich(&names.try_into().expect("six names")));
    }

    #[test]
    fn damaged_files_never_panic(
        which: bool,
        cuts in prop::collection::vec((0usize..4000, 0usize..60), 0..3),
        changes in prop::collection::vec((0usize..4000, any::<u8>()), 0..6),
        splices in prop::collection::vec((0usize..4000, 0usize..4000, 0usize..60), 0..3),
        end in 0usize..4000,
    ) {
        let folder = folder();
        let path = folder.path().join("m.snn");
        save(&tiny(), &path).expect("saved");
        let file = path.join(if which { "graph.json" } else { TENSORS });
        let mut bytes = fs::read(&file).expect("readable");
        for (at, len) in cuts {
            let at = at % bytes.len();
            let end = bytes.len().min(at + len);
            if end - at < bytes.len() {
                bytes.drain(at..end);
            }
        }
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        for (from, to, len) in splices {
            let (from, to) = (from % bytes.len(), to % bytes.len());
            let piece = bytes[from..bytes.len().min(from + len)].to_vec();
            bytes.splice(to..to, piece);
        }
        if end % 2 == 0 {
            bytes.truncate(end);
        }
        fs::write(&file, bytes).expect("writable");
        if let Ok(model) = load(&path) {
            round_trip(&model);
        }
    }
}

/// Saves the tiny model, changes one file, and loads it.
fn damaged(file: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Error {
    let folder = folder();
    let path = folder.path().join("m.snn");
    save(&tiny(), &path).expect("saved");
    let file = path.join(file);
    let bytes = fs::read(&file).expect("readable");
    let changed = change(bytes.clone());
    assert_ne!(bytes, changed, "the change does nothing");
    fs::write(&file, changed).expect("writable");
    load(&path).map(|_| ()).expect_err("a damaged file")
}

fn graph_with(from: &str, to: &str) -> Error {
    let error = damaged("graph.json", |bytes| {
        String::from_utf8(bytes).expect("text").replacen(from, to, 1).into_bytes()
    });
    assert!(error.file.as_ref().is_some_and(|f| f.ends_with("graph.json")), "{error}");
    error
}

#[test]
fn what_is_wrong_in_the_graph_is_named() {
    for (from, to, node, problem) in [
        ("\"name\": \"tiny\"", "\"name\": \"tiny\", \"extra\": 1", None, "extra"),
        ("\"bias\": true", "\"bias\": true, \"extra\": 1", None, "extra"),
        ("\"bias\": true", "\"bias\": true, \"divisor\": 0", Some("hidden"), "divisor"),
        ("\"bias\": true", "\"bias\": true, \"divisor\": -1", None, "-1"),
        ("\"kind\": \"linear\"", "\"kind\": \"conv\"", None, "conv"),
        ("\"format_version\": 1", "\"format_version\": 3", None, "version 3"),
        ("snn2rtl.model", "other", None, "other"),
        ("\"head\"", "\"hidden\"", Some("hidden"), "two nodes"),
        ("\"pixels\"\n      ]", "\"logits\"\n      ]", Some("hidden"), "before it"),
        ("\"pixels\"\n      ]", "\"hidden\"\n      ]", Some("hidden"), "before it"),
        ("\"pixels\"\n      ]", "\"nobody\"\n      ]", Some("hidden"), "nobody"),
        ("\"pixels\"\n      ]", "\"pixels\", \"pixels\"\n      ]", Some("hidden"), "2 inputs"),
        ("        1,\n        3\n", "        1,\n        4\n", Some("hidden"), "[1×4]"),
        ("        1,\n        3\n", "        3\n", Some("hidden"), "[3]"),
        ("        1,\n        3\n", "        -1\n", None, "-1"),
        ("          2\n", "          18446744073709551615, 2\n", Some("pixels"), "too large"),
        ("          2\n", "          0\n", Some("pixels"), "empty"),
        ("\"0.5\"", "\"-0.5\"", Some("pixels"), "not positive"),
        ("\"0.5\"", "\"nan\"", None, "decimal"),
        ("\"0.5\"", "0.5", None, "string"),
        ("\"zero_point\": 0", "\"zero_point\": 256", Some("pixels"), "256"),
        ("half_up", "half_way", None, "half_way"),
        ("\"readout\"", "\"neuron\", \"rounding\": \"floor\"", Some("logits"), "missing"),
    ] {
        let error = graph_with(from, to);
        assert!(error.problem.contains(problem), "{from} → {to}: {error}");
        assert_eq!(error.node.as_deref(), node, "{from} → {to}: {error}");
    }
    assert!(damaged("graph.json", |_| vec![b'['; 100_000]).problem.contains("graph.json"));
    assert!(damaged("graph.json", |mut b| b.split_off(b.len() / 2)).problem.contains("graph.json"));
}

#[test]
fn the_rule_of_padding_is_saved() {
    let folder = folder();
    let path = folder.path().join("a.snn");
    for padding in [Padding::Absent(1), Padding::Last(0)] {
        let model = Model { padding: Some(padding), ..tiny() };
        round_trip(&model);
        save(&model, &path).expect("saved");
        assert_eq!(load(&path).expect("loaded").padding, Some(padding));
    }
    let text = fs::read_to_string(path.join("graph.json")).expect("text");
    fs::write(path.join("graph.json"), text.replace("\"last\"", "\"first\"")).expect("written");
    assert!(load(&path).expect_err("loaded").problem.contains("graph.json"));
}

#[test]
fn fraction_bits_are_saved_and_checked() {
    let precision = Precision { residual: 11, affine: 1, exponent: 32, scale: 9 };
    let model = Model { precision, ..tiny() };
    round_trip(&model);
    let folder = folder();
    let path = folder.path().join("a.snn");
    save(&model, &path).expect("saved");
    assert_eq!(load(&path).expect("loaded").precision, precision);
    let text = fs::read_to_string(path.join("graph.json")).expect("text");
    assert!(text.contains("\"format_version\": 2") && text.contains("\"residual\": 11"), "{text}");
    for (from, to, problem) in [
        ("\"format_version\": 2", "\"format_version\": 1", "version 1 has no 'precision'"),
        ("\"format_version\": 2", "\"format_version\": 3", "version 3"),
        ("\"precision\": {", "\"precision\": null, \"name\": {", "name"),
        ("\"residual\": 11", "\"residual\": 0", "fraction bits 0, 1, 32, 9"),
        ("\"residual\": 11", "\"residual\": 33", "fraction bits 33"),
        ("\"residual\": 11", "\"residual\": 4294967295", "fraction bits 4294967295"),
        ("\"residual\": 11", "\"residual\": 4294967296", "4294967296"),
        ("\"residual\": 11", "\"residual\": -1", "-1"),
        ("\"residual\": 11", "\"residual\": 11.5", "11.5"),
        ("\"residual\": 11", "\"residual\": 11, \"extra\": 1", "extra"),
        ("\"residual\": 11,", "", "residual"),
    ] {
        assert!(text.contains(from), "{from}");
        fs::write(path.join("graph.json"), text.replacen(from, to, 1)).expect("written");
        let error = load(&path).expect_err("accepted");
        assert!(error.problem.contains(problem), "{from} → {to}: {error}");
        assert!(error.file.as_ref().is_some_and(|f| f.ends_with("graph.json")), "{error}");
    }
    // Without them, a file of version 2 says nothing of its widths.
    let error = graph_with("\"format_version\": 1", "\"format_version\": 2");
    assert!(error.problem.contains("needs 'precision'"), "{error}");
    // Exact ones need no words: the file is one that earlier programs read.
    let folder = self::folder();
    save(&tiny(), &folder.path().join("a.snn")).expect("saved");
    let text = fs::read_to_string(folder.path().join("a.snn/graph.json")).expect("text");
    assert!(text.contains("\"format_version\": 1") && !text.contains("precision"), "{text}");
    let hostile = Precision { scale: 0, ..precision };
    let error = save(&Model { precision: hostile, ..tiny() }, &path).expect_err("saved");
    assert!(error.problem.contains("fraction bits 11, 1, 32, 0"), "{error}");
}

/// Puts a safetensors file together from its header and data.
fn safetensors(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

fn parts(bytes: &[u8]) -> (String, Vec<u8>) {
    let length = u64::from_le_bytes(bytes[..8].try_into().expect("8 bytes")) as usize;
    (String::from_utf8(bytes[8..8 + length].to_vec()).expect("text"), bytes[8 + length..].to_vec())
}

#[test]
fn what_is_wrong_in_the_weights_is_named() {
    let with = |from: &str, to: &str| {
        damaged(TENSORS, |bytes| {
            let (header, data) = parts(&bytes);
            safetensors(&header.replacen(from, to, 1), &data)
        })
    };
    for (from, to, node, problem) in [
        ("nodes.1.bias", "nodes.1.base", Some("hidden"), "\"nodes.1.bias\" is missing"),
        ("\"I8\",\"shape\":[3,2]", "\"U8\",\"shape\":[3,2]", Some("hidden"), "U8"),
        ("\"I8\",\"shape\":[3,2]", "\"I8\",\"shape\":[2,3]", Some("hidden"), "bias values for 2"),
        ("\"I8\",\"shape\":[3,2]", "\"I8\",\"shape\":[6]", Some("hidden"), "[6]"),
        ("\"I8\",\"shape\":[3,2]", "\"I8\",\"shape\":[1,6]", Some("hidden"), "outputs"),
        ("\"I8\",\"shape\":[3,2]", "\"I8\",\"shape\":[6,1]", Some("hidden"), "bias values for 6"),
        ("\"I8\",\"shape\":[3,2]", "\"I8\",\"shape\":[3,3]", None, "damaged"),
        ("[3,2]", "[4294967296,4294967296,4294967296]", None, "damaged"),
        ("\"data_offsets\":[0,", "\"data_offsets\":[18446744073709551615,", None, "damaged"),
        ("{", "{\"__metadata__\":3,", None, "damaged"),
        ("{", "[", None, "damaged"),
    ] {
        let error = with(from, to);
        assert!(error.problem.contains(problem), "{from} → {to}: {error}");
        assert_eq!(error.node.as_deref(), node, "{from} → {to}: {error}");
    }
    let extra = damaged(TENSORS, |bytes| {
        let (header, mut data) = parts(&bytes);
        let (start, end) = (data.len(), data.len() + 4);
        data.extend([0; 4]);
        let tensor =
            format!(",\"more\\n\":{{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[{start},{end}]}}}}");
        safetensors(&(header.trim_end().trim_end_matches('}').to_owned() + "}" + &tensor), &data)
    });
    assert!(extra.problem.contains("belongs to no node"), "{extra}");
    for end in [0, 7, 8, 20] {
        assert!(damaged(TENSORS, |b| b[..end].to_vec()).problem.contains("damaged"));
    }
    assert!(damaged(TENSORS, |b| b[..b.len() - 1].to_vec()).problem.contains("damaged"));
    assert!(damaged(TENSORS, |b| [&b[..], &[0]].concat()).problem.contains("damaged"));
    assert!(damaged(TENSORS, |b| [&[255; 8], &b[8..]].concat()).problem.contains("damaged"));
    for (bad, problem) in [(f32::NAN, "NaN"), (0.0, "scale 0"), (-1.0, "-1"), (f32::INFINITY, "inf")] {
        let error = damaged(TENSORS, |bytes| {
            let (header, mut data) = parts(&bytes);
            // The bias of node 1 lies first (12 bytes), then its scale.
            data[12..16].copy_from_slice(&bad.to_le_bytes());
            safetensors(&header, &data)
        });
        assert!(error.problem.contains(problem), "{error}");
        assert_eq!(error.node.as_deref(), Some("hidden"));
    }
}

#[test]
fn a_model_without_one_input_and_one_readout_is_refused() {
    let mut model = tiny();
    let head = model.network.find("head").expect("a node");
    model.network.add("second", Op::Readout, &[head]).expect("fits");
    let folder = folder();
    let error = save(&model, &folder.path().join("m.snn")).expect_err("two readouts");
    assert!(error.problem.contains("2 readouts"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 0);
}

#[test]
fn only_a_model_is_ever_replaced() {
    let folder = folder();
    let path = folder.path().join("m.snn");
    save(&tiny(), &path).expect("saved");
    let mut other = tiny();
    other.name = "other".into();
    save(&other, &path).expect("replaced");
    assert_eq!(load(&path).expect("loaded").name, "other");
    assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 1);

    fs::write(path.join("notes.txt"), "mine").expect("writable");
    let error = save(&tiny(), &path).expect_err("somebody's notes");
    assert!(error.problem.contains("notes.txt"), "{error}");
    assert_eq!(load(&path).expect("still there").name, "other");
    assert!(path.join("notes.txt").exists());

    let file = folder.path().join("file");
    fs::write(&file, "mine").expect("writable");
    assert!(save(&tiny(), &file).is_err());
    assert_eq!(fs::read(&file).expect("readable"), b"mine");
    assert!(load(&file).is_err());
    assert!(load(&folder.path().join("nothing")).is_err());
    assert!(load(folder.path()).expect_err("no model").fix.is_some());

    assert!(save(&tiny(), &folder.path().join("none/m.snn")).is_err());
    for name in ["", "/", ".."] {
        assert!(save(&tiny(), &PathBuf::from(name)).is_err(), "{name:?}");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 2);
}

#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_cannot_be_written_is_an_error() {
    // No process may create folders there.
    assert!(save(&tiny(), Path::new("/proc/m.snn")).is_err());
}

/// The contents of the code blocks of the page, by the word after the language.
fn block(page: &str, label: &str) -> String {
    let fence = format!("```{label}\n");
    let start = page.find(&fence).unwrap_or_else(|| panic!("no block {label:?}")) + fence.len();
    let end = page[start..].find("```").expect("the block ends") + start;
    page[start..end].to_owned()
}

#[test]
fn the_example_of_the_documentation_loads() {
    let page =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/model-format.md")).expect("the page");
    let folder = folder();
    let path = folder.path().join("tiny.snn");
    fs::create_dir(&path).expect("writable");
    fs::write(path.join("graph.json"), block(&page, "json graph")).expect("writable");
    let hex: String = block(&page, "text data").split_whitespace().collect();
    let data: Vec<u8> = (0..hex.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).expect("two hexadecimal digits"))
        .collect();
    let header = block(&page, "json header");
    fs::write(path.join(TENSORS), safetensors(&header, &data)).expect("writable");
    let model = load(&path).expect("the example loads");
    assert_same(&model, &tiny());

    // The program of the page writes the same model.
    let script = folder.path().join("write.py");
    fs::write(&script, block(&page, "python")).expect("writable");
    fs::remove_file(path.join(TENSORS)).expect("it was there");
    match std::process::Command::new("python3").arg(&script).current_dir(folder.path()).status() {
        Ok(status) => {
            assert!(status.success());
            assert_same(&load(&path).expect("what the program wrote loads"), &tiny());
        }
        Err(error) => eprintln!("python3 is not here ({error}): its part of the page was not tried"),
    }
}

/// The tiny model with a function before its neurons, one string of its graph replaced, loaded and lowered.
fn function_with(from: &str, to: &str) -> Result<(), Error> {
    let mut model = tiny();
    let mut network = Network::new();
    let mut last = None;
    for id in model.network.topological() {
        let node = model.network.node(id);
        if node.name == "hidden.act" {
            let inputs: Vec<_> = last.into_iter().collect();
            last = Some(network.add("silu", Op::Function(Function::silu()), &inputs).expect("fits"));
        }
        let inputs: Vec<_> = last.into_iter().collect();
        last = Some(network.add(&node.name, node.op.clone(), &inputs).expect("fits"));
    }
    model.network = network;
    round_trip(&model);
    let folder = folder();
    let path = folder.path().join("m.snn");
    save(&model, &path).expect("saved");
    let file = path.join("graph.json");
    let graph: serde_json::Value = serde_json::from_slice(&fs::read(&file).expect("readable")).expect("JSON");
    let text = graph.to_string();
    assert!(text.contains(from), "{from} is not in {text}");
    fs::write(&file, text.replacen(from, to, 1)).expect("writable");
    snn2rtl::lower::lower(&load(&path)?).map(|_| ())
}

#[test]
fn functions_are_checked() {
    let sigmoid = r#"{"unary":["sigmoid",0]}"#;
    function_with(sigmoid, sigmoid).expect("a model");
    let many = [sigmoid; 129].join(",");
    for (to, node, problem) in [
        (r#"{"unary":["sigmoid",1]}"#, Some("silu"), "reads 1"),
        (r#"{"unary":["sigmoid",99999999999]}"#, Some("silu"), "99999999999"),
        (r#"{"unary":["sigmoid",-1]}"#, None, "-1"),
        (r#"{"unary":["gamma",0]}"#, None, "gamma"),
        (r#"{"unary":["sigmoid",0,0]}"#, None, "graph.json"),
        (r#"{"constant":1e999}"#, None, "graph.json"),
        (r#"{"constant":null}"#, None, "graph.json"),
        (r#"{"select":[0,0,0]}"#, None, "graph.json"),
        (&many, Some("silu"), "130 steps"),
        // Valid, but without a value in the range of what is accumulated, or with levels that cannot be separated.
        (r#"{"unary":["log",0]}"#, Some("hidden.act"), "has no value"),
        (r#"{"binary":["div",0,0]}"#, Some("hidden.act"), "has no value"),
    ] {
        let error = function_with(sigmoid, to).expect_err(to);
        assert!(error.problem.contains(problem), "{to}: {error}");
        assert_eq!(error.node.as_deref(), node, "{to}: {error}");
    }
    // Only neurons read a function.
    let error = function_with(r#"{"kind":"neuron","rounding":"half_up"}"#, r#"{"kind":"readout"}"#);
    assert!(error.is_err());
}
