//! Models on disk after random changes: they load or are refused, and what loads goes through all later stages without a
//! panic, its proofs hold, and the golden model still agrees with one-pass evaluation.

use crate::generator;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::generator::Recipe;
use crate::random::Random;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Map, Value, json};
use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::error::Kind;
use snn2rtl::golden::{Golden, Limits, Unobserved};
use snn2rtl::import::{Options, import};
use snn2rtl::integer::Op;
use snn2rtl::integer::eval::evaluate;
use snn2rtl::lower::lower;
use snn2rtl::quant::{Element, InputSpec, Scaling};
use snn2rtl::snn::Model;
use snn2rtl::snn::file::{load, save};

const GRAPH: &str = "graph.json";
const TENSORS: &str = "weights.safetensors";

/// The two files of a model.
#[derive(Clone)]
struct Files {
    graph: Value,
    header: Value,
    data: Vec<u8>,
}

impl Files {
    fn read(path: &Path) -> Self {
        let bytes = fs::read(path.join(TENSORS)).expect("readable");
        let length = u64::from_le_bytes(bytes[..8].try_into().expect("8 bytes")) as usize;
        let json = |bytes: &[u8]| serde_json::from_slice(bytes).expect("JSON");
        Self {
            graph: json(&fs::read(path.join(GRAPH)).expect("readable")),
            header: json(&bytes[8..8 + length]),
            data: bytes[8 + length..].to_vec(),
        }
    }

    fn write(&self, path: &Path) {
        let header = self.header.to_string();
        let length = (header.len() as u64).to_le_bytes();
        let tensors = [&length, header.as_bytes(), &self.data].concat();
        fs::create_dir_all(path).expect("writable");
        fs::write(path.join(GRAPH), self.graph.to_string()).expect("writable");
        fs::write(path.join(TENSORS), tensors).expect("writable");
    }
}

/// Models with everything that the format has.
static SEEDS: LazyLock<Vec<Files>> = LazyLock::new(|| {
    let scaling = |count: usize| Scaling::Normalise {
        mean: vec!["0.1307".parse().expect("a decimal"); count],
        std: vec!["0.3081".parse().expect("a decimal"); count],
    };
    let files = |model: &Model| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("m.snn");
        save(model, &path).expect("saved");
        Files::read(&path)
    };
    let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/onnx");
    let perceptron = |(name, axis, count, encoding): (&str, Option<usize>, usize, EncodingChoice)| {
        let input = InputSpec { element: Element::U8, scaling: scaling(count), channel_axis: axis };
        let path = fixtures.join(format!("{name}.onnx"));
        let network = import(&path, &Options { input, weight_bits: None }).expect("imports").network;
        files(&convert(&network, name, "test", encoding).expect("converts").0)
    };
    let perceptrons = [
        ("qdq_activation_per_channel", None, 1, EncodingChoice::Analog),
        ("qdq_per_channel_weights", Some(0), 12, EncodingChoice::Rate(Some(3))),
        ("qdq_tokens_flatten", Some(1), 6, EncodingChoice::Analog),
        ("qdq_quantised_output", None, 1, EncodingChoice::Analog),
        ("qonnx_zero_point", None, 1, EncodingChoice::Rate(None)),
        ("runtime_static_i8", None, 1, EncodingChoice::Analog),
    ];
    // Words with and without padding, patches; layers before and after norms.
    let transformer = |seed| {
        let recipe = Recipe::any(seed, &mut Random(seed));
        let network = generator::network(&recipe);
        files(&convert(&network, "transformer", "test", EncodingChoice::Analog).expect("converts").0)
    };
    perceptrons.map(perceptron).into_iter().chain((0..6).map(transformer)).collect()
});

/// A change to a tree of JSON; positions are counted in the order of the text.
#[derive(Clone, Debug)]
enum Change {
    Replace(Index, Value),
    /// Puts a copy of another part here.
    Copy(Index, Index),
    Swap(Index, Index),
    Remove(Index),
    /// Adds an entry to an object or a list.
    Insert(Index, String, Value),
    /// Adds a small number to a number.
    Move(Index, i64),
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => (-3i64..20).prop_map(|n| json!(n)),
        1 => prop::sample::select(vec![i64::MIN, i64::MAX, 1 << 30, (1 << 30) + 1, 65535, 65536, -65537, 1 << 31, 1 << 53])
            .prop_map(|n| json!(n)),
        1 => Just(json!(u64::MAX)),
        1 => any::<f64>().prop_map(|x| json!(x)),
        1 => prop::sample::select(vec![json!(null), json!(true), json!({}), json!([]), json!("")]),
        2 => prop::sample::select(vec![
            "0", "-0", "1e-200", "1e200", "1e201", "-1", "0.1307", ".5", "nan", "inf", "1e", "half_even", "truncate",
            "floor", "input", "linear", "neuron", "readout", "u8", "i8", "u16", "analog", "rate", "F32", "F64", "I8",
            "I16", "I32", "input.", "fc1", "act1", "nodes.1.weight",
        ])
        .prop_map(|s| json!(s)),
        1 => ".{0,6}".prop_map(|s| json!(s)),
        1 => prop::collection::vec(0u32..9, 0..4).prop_map(|l| json!(l)),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    let index = any::<Index>;
    prop_oneof![
        4 => (index(), value()).prop_map(|(at, v)| Change::Replace(at, v)),
        2 => (index(), index()).prop_map(|(at, from)| Change::Copy(at, from)),
        1 => (index(), index()).prop_map(|(a, b)| Change::Swap(a, b)),
        2 => index().prop_map(Change::Remove),
        1 => (index(), "[a-z_]{1,12}", value()).prop_map(|(at, key, v)| Change::Insert(at, key, v)),
        4 => (index(), prop_oneof![-3i64..=3, Just(1000)]).prop_map(|(at, by)| Change::Move(at, by)),
    ]
}

/// JSON pointers to everything in a tree.
fn pointers(tree: &Value, at: String, list: &mut Vec<String>) {
    match tree {
        Value::Object(map) => {
            for (key, value) in map {
                pointers(value, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), list);
            }
        }
        Value::Array(array) => {
            for (index, value) in array.iter().enumerate() {
                pointers(value, format!("{at}/{index}"), list);
            }
        }
        _ => {}
    }
    list.push(at);
}

fn apply(tree: &mut Value, change: &Change) {
    let mut list = Vec::new();
    pointers(tree, String::new(), &mut list);
    let pick = |index: &Index| list[index.index(list.len())].clone();
    let copy = |tree: &Value, at: &str| tree.pointer(at).cloned().unwrap_or_default();
    let put = |tree: &mut Value, at: &str, value: Value| {
        if let Some(slot) = tree.pointer_mut(at) {
            *slot = value;
        }
    };
    match change {
        Change::Replace(at, value) => put(tree, &pick(at), value.clone()),
        Change::Copy(at, from) => {
            let value = copy(tree, &pick(from));
            put(tree, &pick(at), value);
        }
        Change::Swap(a, b) => {
            let (a, b) = (pick(a), pick(b));
            let (x, y) = (copy(tree, &a), copy(tree, &b));
            put(tree, &a, y);
            put(tree, &b, x);
        }
        Change::Remove(at) => {
            let at = pick(at);
            let Some((parent, key)) = at.rsplit_once('/') else { return };
            match tree.pointer_mut(parent) {
                Some(Value::Object(map)) => drop(map.remove(&key.replace("~1", "/").replace("~0", "~"))),
                Some(Value::Array(array)) => drop(array.remove(key.parse().expect("an index"))),
                _ => {}
            }
        }
        Change::Insert(at, key, value) => match tree.pointer_mut(&pick(at)) {
            Some(Value::Object(map)) => drop(map.insert(key.clone(), value.clone())),
            Some(Value::Array(array)) => array.push(value.clone()),
            Some(other) => *other = Value::Object(Map::from_iter([(key.clone(), value.clone())])),
            None => {}
        },
        Change::Move(at, by) => {
            // Of the numbers only.
            let numbers: Vec<&String> =
                list.iter().filter(|p| tree.pointer(p).is_some_and(Value::is_i64)).collect();
            if let Some(&at) = numbers.get(at.index(numbers.len().max(1))) {
                let moved = copy(tree, at).as_i64().unwrap_or(0).saturating_add(*by);
                put(tree, at, json!(moved));
            }
        }
    }
}

/// A change to a number in a tensor: to a float or an integer, as its type is.
#[derive(Clone, Debug)]
struct Number {
    tensor: Index,
    element: Index,
    float: f32,
    integer: i32,
}

fn number() -> impl Strategy<Value = Number> {
    let extremes =
        vec![0.0, -0.0, 1e-45, f32::MIN_POSITIVE, f32::MAX, f32::MIN, f32::INFINITY, f32::NAN, 1.0, -1.0];
    let float = prop_oneof![prop::sample::select(extremes), any::<f32>(), 1e-4f32..10.0];
    let extremes = vec![0, 1, -1, 127, -128, 32767, 65536, -65536, 65537, i32::MAX, i32::MIN];
    let integer = prop_oneof![prop::sample::select(extremes), any::<i32>(), -20i32..20];
    (any::<Index>(), any::<Index>(), float, integer).prop_map(|(tensor, element, float, integer)| Number {
        tensor,
        element,
        float,
        integer,
    })
}

impl Files {
    fn set(&mut self, number: &Number) {
        let Value::Object(tensors) = &self.header else { panic!("an object") };
        let tensors: Vec<&Value> = tensors.values().filter(|t| t.get("dtype").is_some()).collect();
        let tensor = tensors[number.tensor.index(tensors.len())];
        let at = |n: usize| tensor["data_offsets"][n].as_u64().expect("an offset") as usize;
        let bytes: Vec<u8> = match tensor["dtype"].as_str() {
            Some("F32") => number.float.to_le_bytes().to_vec(),
            Some("F64") => f64::from(number.float).to_le_bytes().to_vec(),
            Some("I8") => number.integer.to_le_bytes()[..1].to_vec(),
            Some("I16") => number.integer.to_le_bytes()[..2].to_vec(),
            Some("I32") => number.integer.to_le_bytes().to_vec(),
            other => panic!("{other:?}"),
        };
        let count = (at(1) - at(0)) / bytes.len();
        let start = at(0) + number.element.index(count) * bytes.len();
        self.data[start..start + bytes.len()].copy_from_slice(&bytes);
    }
}

/// Loads a model and takes it through all stages, unless it is refused somewhere. Returns how far it came.
fn exercise(files: &Files) -> &'static str {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("m.snn");
    files.write(&path);
    let model = match load(&path) {
        Ok(model) => model,
        Err(error) => {
            assert_eq!(error.kind, Kind::Input, "{error}");
            assert!(error.file.is_some(), "{error}");
            return "refused";
        }
    };
    model.network.check("test").expect("what loads is a network");
    let elements: usize =
        model.network.topological().iter().map(|&id| model.network.node(id).shape.len()).sum();
    if elements > 100_000 {
        return "large";
    }
    run(&model)
}

fn run(model: &Model) -> &'static str {
    let lowered = match lower(model) {
        Ok(lowered) => lowered,
        Err(error) => {
            // A proof that fails would be a mistake of the program, not of the model.
            assert_eq!(error.kind, Kind::Input, "{error}");
            return "not lowered";
        }
    };
    let network = &lowered.network;
    let golden = match Golden::checked(network) {
        Ok(golden) => golden,
        Err(error) => {
            assert_eq!(error.kind, Kind::Input, "{error}");
            return "no golden model";
        }
    };
    let input = network.topological().into_iter().find_map(|id| match &network.node(id).op {
        Op::Input(input) => Some(input),
        _ => None,
    });
    let input = input.expect("an input");
    let (low, high) = model.raw_range();
    let limits = Limits { t_max: Some(300), ..Limits::default() };
    for step in [1, 37] {
        let raw: Vec<i32> =
            (0..input.shape.len() as i32).map(|e| low + (e * step * 11).rem_euclid(high - low + 1)).collect();
        let outcome = golden.run(&mut golden.state(), &raw, &limits, &mut Unobserved);
        let once = evaluate(network, &raw);
        if outcome.quiescent {
            assert!(outcome.levels.iter().eq(once.levels.iter().map(|(_, levels)| levels)));
            assert_eq!((outcome.values, outcome.class), (once.values.clone(), once.class()));
        }
    }
    "ran"
}

/// Says how far models came, where somebody wants to know.
fn report(outcome: &str) {
    if std::env::var_os("REPORT_OUTCOMES").is_some() {
        eprintln!("outcome: {outcome}");
    }
}

#[test]
fn the_seeds_run() {
    for seed in SEEDS.iter() {
        assert_eq!(exercise(seed), "ran");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_graphs(seed in any::<Index>(), changes in prop::collection::vec(change(), 1..4)) {
        let mut files = SEEDS[seed.index(SEEDS.len())].clone();
        for change in &changes {
            apply(&mut files.graph, change);
        }
        report(exercise(&files));
    }

    #[test]
    fn changed_headers(seed in any::<Index>(), changes in prop::collection::vec(change(), 1..4)) {
        let mut files = SEEDS[seed.index(SEEDS.len())].clone();
        for change in &changes {
            apply(&mut files.header, change);
        }
        report(exercise(&files));
    }

    #[test]
    fn changed_numbers(seed in any::<Index>(), numbers in prop::collection::vec(number(), 1..5)) {
        let mut files = SEEDS[seed.index(SEEDS.len())].clone();
        for number in &numbers {
            files.set(number);
        }
        report(exercise(&files));
    }
}
