//! Hostile bytes: whatever is read, there is a result or an error, no panic.

use std::path::PathBuf;

use proptest::prelude::*;
use snn2rtl::convert::{EncodingChoice, convert};
use snn2rtl::import::Options;

use crate::builder::{
    Builder, floats, import_bytes, int, int64s, ints, options, small_ints, string, value_info,
};
use crate::masks::text;
use crate::transformers::tokens;

/// A change to bytes.
#[derive(Clone, Debug)]
enum Change {
    Truncate(prop::sample::Index),
    Flip(prop::sample::Index, u8),
    Set(prop::sample::Index, u8),
    Delete(prop::sample::Index, usize),
    /// Copies a stretch to another offset.
    Splice(prop::sample::Index, prop::sample::Index, usize),
    /// Puts a large varint over what is there.
    Huge(prop::sample::Index),
}

fn change() -> impl Strategy<Value = Change> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        1 => index().prop_map(Change::Truncate),
        6 => (index(), 0u8..8).prop_map(|(i, b)| Change::Flip(i, b)),
        4 => (index(), any::<u8>()).prop_map(|(i, b)| Change::Set(i, b)),
        2 => (index(), 1usize..9).prop_map(|(i, n)| Change::Delete(i, n)),
        2 => (index(), index(), 1usize..200).prop_map(|(a, b, n)| Change::Splice(a, b, n)),
        1 => index().prop_map(Change::Huge),
    ]
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    if bytes.is_empty() {
        return;
    }
    let len = bytes.len();
    match change {
        Change::Truncate(i) => bytes.truncate(i.index(len)),
        Change::Flip(i, bit) => bytes[i.index(len)] ^= 1 << bit,
        Change::Set(i, b) => bytes[i.index(len)] = *b,
        Change::Delete(i, n) => {
            let start = i.index(len);
            bytes.drain(start..(start + n).min(len));
        }
        Change::Splice(from, to, n) => {
            let start = from.index(len);
            let part = bytes[start..(start + n).min(len)].to_vec();
            let at = to.index(len);
            bytes.splice(at..at, part);
        }
        Change::Huge(i) => {
            let start = i.index(len);
            let end = (start + 9).min(len);
            bytes[start..end].fill(0xFF);
        }
    }
}

/// Real files, and a small model with every operator.
fn seeds() -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut files: Vec<PathBuf> = ["onnx", "transformers"]
        .into_iter()
        .filter_map(|kind| std::fs::read_dir(folder.join(kind)).ok())
        .flat_map(|entries| entries.filter_map(|e| Some(e.ok()?.path())))
        .collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "onnx"));
    files.sort();
    let mut seeds: Vec<Vec<u8>> = files.iter().map(|f| std::fs::read(f).unwrap()).collect();
    // Small ones often: most of their bytes mean something.
    seeds.retain(|s| s.len() < 200_000);
    for model in [everything(), shapes(), text()] {
        seeds.extend(vec![model.encode(); 4]);
    }
    seeds
}

fn everything() -> Builder {
    let mut b = Builder::new(&[3]);
    b.constant(floats("w", &[2, 3], &[0.25, -0.5, 0.74, 0.125, -0.126, 9.0])).scalar("s", 0.25);
    b.spikezip("fc/wq", "w", "s", -8.0, 7.0, "wq").constant(floats("b", &[2], &[0.1, 0.2]));
    b.node("Transpose", &["wq"], "wt").with(ints("perm", &[1, 0]));
    b.node("MatMul", &["x", "wt"], "m").node("Add", &["b", "m"], "fc").node("Relu", &["fc"], "r");
    b.spikezip("act", "r", "s", 0.0, 15.0, "a").scalar("z", 1.0).scalar("bits", 4.0);
    b.node("Quant", &["a", "s", "z", "bits"], "qq").domain("qonnx.custom_op.general");
    b.with(int("signed", 0)).with(string("rounding_mode", "ROUND"));
    b.constant(small_ints("wi", &[2, 2], 3, &[1, -2, 3, 4])).constant(floats("ws", &[2], &[0.5, 0.25]));
    b.node("DequantizeLinear", &["wi", "ws"], "wd").with(int("axis", 0));
    b.node("Gemm", &["qq", "wd"], "g").with(int("transB", 1));
    b.constant(small_ints("zi", &[], 3, &[3]));
    b.node("QuantizeLinear", &["g", "s", "zi"], "ql").node("Clip", &["ql", "zi"], "qc");
    b.node("DequantizeLinear", &["qc", "s", "zi"], "y");
    b
}

fn shapes() -> Builder {
    let mut b = Builder::new(&[2, 3, 4]);
    b.node("Shape", &["x"], "shape").constant(int64s("i0", &[1], &[0])).constant(int64s("i1", &[1], &[1]));
    b.constant(int64s("m1", &[1], &[-1]));
    b.node("Slice", &["shape", "i0", "i1"], "n").node("Concat", &["n", "m1"], "t").with(int("axis", 0));
    b.node("Reshape", &["x", "t"], "flat").node("Unsqueeze", &["flat", "i1"], "u");
    b.node("ConstantOfShape", &["i1"], "c").node("Cast", &["c"], "ci").with(int("to", 7));
    b.node("Sub", &["ci", "m1"], "one").node("Squeeze", &["u", "one"], "q").node(
        "Range",
        &["i0", "i1", "i1"],
        "k",
    );
    b.node("Gather", &["shape", "k"], "first").node("Expand", &["first", "i1"], "e");
    b.node("Where", &["e", "e", "m1"], "w").node("Concat", &["w", "m1"], "t2").with(int("axis", 0));
    b.node("Reshape", &["q", "t2"], "f").node("Flatten", &["f"], "y");
    b
}

#[test]
fn the_seeds_import() {
    for model in [everything(), shapes()] {
        model.import().unwrap_or_else(|e| panic!("{e}"));
    }
    text().import_with(&tokens()).unwrap_or_else(|e| panic!("{e}"));
}

/// A change to a model that leaves it readable, so that the later stages meet it.
#[derive(Clone, Debug)]
enum Edit {
    /// A node reads another value.
    Rewire(prop::sample::Index, prop::sample::Index, prop::sample::Index),
    Operator(prop::sample::Index, prop::sample::Index),
    Extent(prop::sample::Index, prop::sample::Index, i64),
    Rank(prop::sample::Index, Option<i64>),
    Type(prop::sample::Index, i32),
    Float(prop::sample::Index, prop::sample::Index, f32),
    Integer(prop::sample::Index, prop::sample::Index, i64),
    Attribute(prop::sample::Index, prop::sample::Index, i64),
    Remove(prop::sample::Index),
    Input(prop::sample::Index, Option<i64>),
}

const OPERATORS: [&str; 48] = [
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Pow",
    "Min",
    "Max",
    "Equal",
    "Greater",
    "Less",
    "Neg",
    "Abs",
    "Floor",
    "Ceil",
    "Round",
    "Sqrt",
    "Exp",
    "Log",
    "Reciprocal",
    "Relu",
    "Sign",
    "Not",
    "Clip",
    "Where",
    "Reshape",
    "Flatten",
    "Transpose",
    "Squeeze",
    "Unsqueeze",
    "Gather",
    "Concat",
    "Slice",
    "Expand",
    "ConstantOfShape",
    "Range",
    "QuantizeLinear",
    "DequantizeLinear",
    "Identity",
    "Cast",
    "Shape",
    "Size",
    "MatMul",
    "Gemm",
    "Dropout",
    "ReduceMean",
    "Softmax",
    "And",
    "Or",
];

fn edit() -> impl Strategy<Value = Edit> {
    let index = any::<prop::sample::Index>;
    let number = || {
        prop_oneof![
            8 => -4i64..20,
            1 => Just(i64::MIN),
            1 => Just(i64::MAX),
            1 => Just(1 << 31),
            1 => Just(1 << 60),
            1 => Just(1 << 20),
        ]
    };
    prop_oneof![
        4 => (index(), index(), index()).prop_map(|(n, p, v)| Edit::Rewire(n, p, v)),
        3 => (index(), index()).prop_map(|(n, o)| Edit::Operator(n, o)),
        2 => (index(), index(), number()).prop_map(|(t, d, x)| Edit::Extent(t, d, x)),
        1 => (index(), prop::option::of(number())).prop_map(|(t, x)| Edit::Rank(t, x)),
        1 => (index(), 0i32..30).prop_map(|(t, x)| Edit::Type(t, x)),
        2 => (index(), index(), prop::num::f32::ANY).prop_map(|(t, e, x)| Edit::Float(t, e, x)),
        2 => (index(), index(), number()).prop_map(|(t, e, x)| Edit::Integer(t, e, x)),
        2 => (index(), index(), number()).prop_map(|(n, a, x)| Edit::Attribute(n, a, x)),
        1 => index().prop_map(Edit::Remove),
        1 => (index(), prop::option::of(number())).prop_map(|(d, x)| Edit::Input(d, x)),
    ]
}

fn edited(builder: &mut Builder, edit: &Edit) {
    let graph = &mut builder.graph;
    let values: Vec<String> = graph
        .initializer
        .iter()
        .map(|t| t.name.clone())
        .chain(graph.node.iter().flat_map(|n| n.output.clone()))
        .chain(["x".into(), String::new()])
        .collect();
    let tensor = |i: &prop::sample::Index, graph: &snn2rtl::import::proto::GraphProto| {
        i.index(graph.initializer.len())
    };
    match edit {
        Edit::Rewire(n, p, v) => {
            let n = n.index(graph.node.len());
            let node = &mut graph.node[n];
            let port = p.index(node.input.len() + 1);
            node.input.resize(node.input.len().max(port + 1), String::new());
            node.input[port].clone_from(&values[v.index(values.len())]);
        }
        Edit::Operator(n, o) => {
            let n = n.index(graph.node.len());
            graph.node[n].op_type = OPERATORS[o.index(OPERATORS.len())].into();
        }
        Edit::Extent(t, d, x) => {
            let t = tensor(t, graph);
            let dims = &mut graph.initializer[t].dims;
            if !dims.is_empty() {
                let d = d.index(dims.len());
                dims[d] = *x;
            }
        }
        Edit::Rank(t, x) => {
            let t = tensor(t, graph);
            let dims = &mut graph.initializer[t].dims;
            match x {
                Some(x) => dims.insert(0, *x),
                None => drop(dims.pop()),
            }
        }
        Edit::Type(t, x) => {
            let t = tensor(t, graph);
            graph.initializer[t].data_type = *x;
        }
        Edit::Float(t, e, x) => {
            let t = tensor(t, graph);
            let data = &mut graph.initializer[t].float_data;
            if !data.is_empty() {
                let e = e.index(data.len());
                data[e] = *x;
            }
        }
        Edit::Integer(t, e, x) => {
            let t = tensor(t, graph);
            let data = &mut graph.initializer[t].int64_data;
            if !data.is_empty() {
                let e = e.index(data.len());
                data[e] = *x;
            }
        }
        Edit::Attribute(n, a, x) => {
            let names =
                ["axis", "axes", "perm", "to", "transB", "transA", "min", "alpha", "block_size", "allowzero"];
            let n = n.index(graph.node.len());
            let name = names[a.index(names.len())];
            graph.node[n].attribute.retain(|a| a.name != name);
            graph.node[n].attribute.push(if ["axes", "perm"].contains(&name) {
                ints(name, &[*x, 0])
            } else {
                int(name, *x)
            });
        }
        Edit::Remove(n) => {
            if graph.node.len() > 1 {
                graph.node.remove(n.index(graph.node.len()));
            }
        }
        Edit::Input(d, x) => {
            let dims: Vec<Option<i64>> = vec![None, Some(3), Some(4)];
            let mut dims = dims;
            let d = d.index(dims.len());
            dims[d] = *x;
            graph.input[0] = value_info("x", &dims);
        }
    }
}

proptest! {
    #[test]
    fn changed_models_never_panic(
        which in 0usize..3,
        edits in prop::collection::vec(edit(), 1..8),
    ) {
        let mut model = [everything, shapes, text][which]();
        let options = if which == 2 { tokens() } else { options() };
        for edit in &edits {
            edited(&mut model, edit);
        }
        for weight_bits in [None, Some(4)] {
            if let Ok(imported) = model.import_with(&Options { weight_bits, ..options.clone() }) {
                imported.network.check("test").unwrap();
                let _ = convert(&imported.network, "test", "test", EncodingChoice::Analog);
            }
        }
    }

    #[test]
    fn changed_bytes_never_panic(
        seed in any::<prop::sample::Index>(),
        changes in prop::collection::vec(change(), 1..6),
    ) {
        static SEEDS: std::sync::LazyLock<Vec<Vec<u8>>> = std::sync::LazyLock::new(seeds);
        let mut bytes = SEEDS[seed.index(SEEDS.len())].clone();
        for change in &changes {
            apply(&mut bytes, change);
        }
        for (weight_bits, options) in [(None, options()), (Some(4), options()), (None, tokens())] {
            if let Ok(imported) = import_bytes(&bytes, &Options { weight_bits, ..options }) {
                imported.network.check("test").unwrap();
                let _ = convert(&imported.network, "test", "test", EncodingChoice::Analog);
            }
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = import_bytes(&bytes, &options());
    }
}
