//! Graphs that are wrong, and what is said about them.

use std::collections::BTreeMap;

use super::array::Array;
use super::file::{File, Parameter, RawNode};
use super::{Options, build, chain};

fn array(shape: &[usize], values: &[f64]) -> Parameter {
    Parameter::Numbers(Array { shape: shape.to_vec(), values: values.to_vec(), single: false })
}

fn node(name: &str, kind: &str, parameters: &[(&str, Parameter)]) -> RawNode {
    let list: BTreeMap<String, Parameter> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    RawNode { name: name.into(), kind: kind.into(), parameters: list }
}

fn affine(name: &str, outputs: usize, inputs: usize) -> RawNode {
    node(name, "Linear", &[("weight", array(&[outputs, inputs], &vec![0.5; outputs * inputs]))])
}

fn lif(name: &str, tau: f64) -> RawNode {
    let one = |v: f64| array(&[], &[v]);
    let list = [("tau", one(tau)), ("r", one(1.0)), ("v_leak", one(0.0)), ("v_threshold", one(1.0))];
    node(name, "LIF", &list)
}

/// A graph of these nodes, one after the other between input and output.
fn graph(inputs: &[usize], nodes: Vec<RawNode>) -> File {
    let extents: Vec<f64> = inputs.iter().map(|&d| d as f64).collect();
    let mut all = vec![node("in", "Input", &[("shape", array(&[extents.len()], &extents))])];
    all.extend(nodes);
    all.push(node("out", "Output", &[]));
    let edges = (1..all.len()).map(|n| (n - 1, n)).collect();
    File { version: String::new(), input: 0, output: all.len() - 1, nodes: all, edges }
}

/// Problem and node.
fn refused(file: &File, options: &Options) -> (String, String) {
    let error = match chain::order(file) {
        Err(error) => error,
        Ok(order) => {
            let built = build::build(file, &order, "test", "test", options);
            assert!(built.model.is_none());
            built.problems.into_iter().next().expect("a problem")
        }
    };
    assert_eq!(error.exit_code(), 2);
    assert!(error.fix.is_some() || !error.problem.is_empty());
    (error.problem, error.node.unwrap_or_default())
}

fn options() -> Options {
    Options { time_steps: Some(4), ..Options::default() }
}

#[test]
fn a_good_graph() {
    let file = graph(&[3], vec![affine("fc", 2, 3), lif("lif", 1e-3)]);
    let order = chain::order(&file).expect("an order");
    let built = build::build(&file, &order, "test", "test", &options());
    assert!(built.problems.is_empty() && built.model.is_some(), "{:?}", built.problems);
}

#[test]
fn graphs_that_are_no_chain() {
    let mut cycle = graph(&[3], vec![affine("fc", 3, 3), lif("lif", 1e-3)]);
    cycle.edges.push((2, 1));
    let (problem, node) = refused(&cycle, &options());
    assert!(problem.contains("recurrent") && node == "lif", "{problem} {node}");
    let mut own = graph(&[3], vec![affine("fc", 3, 3), lif("lif", 1e-3)]);
    own.edges.push((2, 2));
    assert!(refused(&own, &options()).0.contains("recurrent"));
    let mut branch = graph(&[3], vec![affine("fc", 3, 3), lif("lif", 1e-3), affine("last", 2, 3)]);
    branch.edges.push((1, 3));
    assert_eq!(
        refused(&branch, &options()),
        ("2 nodes read this one (lif, last); supported is one after the other".into(), "fc".into())
    );
    let mut island = graph(&[3], vec![affine("fc", 3, 3), lif("lif", 1e-3)]);
    island.nodes.push(affine("alone", 1, 1));
    assert_eq!(refused(&island, &options()), ("the input does not reach this node".into(), "alone".into()));
    let mut back = graph(&[3], vec![affine("fc", 3, 3), lif("lif", 1e-3), affine("rec", 3, 3)]);
    // fc → lif → out, lif → rec → fc
    back.edges = vec![(0, 1), (1, 2), (2, 4), (2, 3), (3, 1)];
    let (problem, node) = refused(&back, &options());
    assert!(problem.contains("through \"rec\"") && node == "lif", "{problem} {node}");
}

#[test]
fn nodes_that_do_not_fit() {
    let with = |nodes| graph(&[3], nodes);
    let four = [1.0, 2.0, 3.0, 4.0];
    for (file, problem, name) in [
        (with(vec![node("d", "Delay", &[])]), "nodes of the type Delay are not supported", "d"),
        (
            with(vec![node("x\u{7}", "Ev\u{1b}il", &[])]),
            "nodes of the type Ev\\u{1b}il are not supported",
            "x\u{7}",
        ),
        (with(vec![affine("fc", 2, 4)]), "4 inputs, but it reads 3 features", "fc"),
        (with(vec![node("fc", "Affine", &[])]), "the parameter weight is missing", "fc"),
        (
            with(vec![node("fc", "Linear", &[("weight", array(&[3], &four[..3]))])]),
            "weights of the extents [3]; expected two",
            "fc",
        ),
        (
            with(vec![node("fc", "Linear", &[("weight", array(&[1, 3], &[1.0, f64::NAN, 0.0]))])]),
            "weight has the element NaN",
            "fc",
        ),
        (
            with(vec![affine("a", 2, 3), affine("b", 2, 2)]),
            "it reads the layer \"a\" without neurons between them",
            "b",
        ),
        (
            with(vec![affine("a", 2, 3), lif("n", 1e-6)]),
            "the time constant tau = 0.000001 with time-steps of 0.0001",
            "n",
        ),
        (
            with(vec![affine("a", 2, 3), lif("n", -1.0)]),
            "the time constant tau = -1 with time-steps of 0.0001",
            "n",
        ),
        (
            with(vec![affine("a", 2, 3), lif("n", 0.0)]),
            "the time constant tau = 0 with time-steps of 0.0001",
            "n",
        ),
        (
            with(vec![node("c", "Conv2d", &[("weight", array(&[1, 1, 2, 2], &four))])]),
            "it reads 3 features, which are no map",
            "c",
        ),
        (graph(&[1, 1, 1, 2, 2], vec![]), "an input of the extents [1, 1, 1, 2, 2]", "in"),
        (graph(&[1 << 31, 1 << 31], vec![]), "have no elements, or too many", "in"),
        (graph(&[1 << 31, 1 << 31, 4], vec![]), "have no elements, or too many", "in"),
        (graph(&[0], vec![]), "have no elements, or too many", "in"),
        (with(vec![]), "the network has no neurons", "out"),
    ] {
        let found = refused(&file, &options());
        assert!(found.0.contains(problem) && found.1 == name, "{found:?} instead of {problem} at {name}");
    }
    let pool = |kernel: f64| node("p", "AvgPool2d", &[("kernel_size", array(&[], &[kernel]))]);
    for kernel in [0.0, 9.0, -1.0, 0.5, 1e300] {
        assert_eq!(refused(&graph(&[1, 4, 4], vec![pool(kernel)]), &options()).1, "p", "{kernel}");
    }
    let conv = |stride: f64| {
        node("c", "Conv2d", &[("weight", array(&[1, 1, 2, 2], &four)), ("stride", array(&[], &[stride]))])
    };
    assert_eq!(refused(&graph(&[1, 4, 4], vec![conv(0.0)]), &options()).1, "c");
    // A convolution and a pool as wide as the map would be one layer of 2^28 weights.
    let wide = node("c", "Conv2d", &[("weight", array(&[16, 16, 1, 1], &[0.5; 256]))]);
    assert_eq!(refused(&graph(&[16, 1024, 1024], vec![wide, pool(1024.0)]), &options()).1, "p");
    assert_eq!(refused(&graph(&[3, 4, 4], vec![conv(1.0)]), &options()).1, "c");
}

#[test]
fn options_that_do_not_fit() {
    let file = graph(&[3], vec![affine("fc", 2, 3), lif("lif", 1e-3)]);
    for (steps, problem) in [
        (None, "NIR files do not say how many time-steps a network runs for"),
        (Some(0), "0 time-steps"),
        (Some(usize::MAX), "time-steps"),
    ] {
        let found = refused(&file, &Options { time_steps: steps, ..options() });
        assert!(found.0.contains(problem) && found.1 == "in", "{found:?}");
    }
    for bits in [0, 40] {
        let found = refused(&file, &Options { membrane_bits: bits, ..options() });
        assert!(found.0.contains("bits"), "{found:?}");
    }
}
