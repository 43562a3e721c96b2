//! Activation functions that PyTorch's exporters have written before quantisers, against float64 runs in PyTorch.

use snn2rtl::import::{Imported, Options};
use snn2rtl::qann::Op;
use snn2rtl::quant::{Element, Function, InputSpec, Scaling};

use crate::transformers::{check_in, tokens};

fn chain(name: &str, tolerance: f64) -> Imported {
    let scaling = Scaling::Affine { scale: vec!["0.015625".parse().unwrap()], zero_point: 128 };
    let input = InputSpec { element: Element::U8, scaling, channel_axis: None };
    check_in("functions", name, &Options { input, weight_bits: None }, tolerance)
}

/// The functions of a network in topological order.
fn functions(imported: &Imported) -> Vec<Function> {
    let network = &imported.network;
    let op = |id| match &network.node(id).op {
        Op::Function(function) => Some(function.clone()),
        _ => None,
    };
    network.topological().into_iter().filter_map(op).collect()
}

/// Constants such as √2 are floats in the file, but doubles in the run that it is compared with.
const CONSTANTS: f64 = 1e-5;
/// The same of logits of several hundred, after PyTorch's quantiser has multiplied in single precision.
const LARGE: f64 = 1e-3;

#[test]
fn in_single_operations() {
    for name in ["chain_13", "chain_17"] {
        // `relu6` and `hardtanh` are parts of their quantisers.
        assert_eq!(functions(&chain(name, CONSTANTS)).len(), 22, "{name}");
    }
}

#[test]
fn gelu_as_an_operator() {
    let found = functions(&chain("chain_20", CONSTANTS));
    assert_eq!(
        (&found[0], &found[1], &found[2]),
        (&Function::gelu(), &Function::gelu_tanh(), &Function::silu())
    );
}

#[test]
fn the_other_exporter() {
    let found = functions(&chain("chain_dynamo", CONSTANTS));
    assert_eq!(
        (&found[0], &found[1], &found[2]),
        (&Function::gelu(), &Function::gelu_tanh(), &Function::silu())
    );
}

#[test]
fn before_quantize_linear() {
    assert_eq!(functions(&chain("chain_qdq", LARGE)).len(), 6);
}

#[test]
fn gelu_in_transformers() {
    let found = check_in("functions", "text_gelu", &tokens(), CONSTANTS);
    assert_eq!(functions(&found).len(), 1);
    let found = check_in("functions", "text_gelu_dynamo", &tokens(), CONSTANTS);
    assert_eq!(functions(&found), [Function::gelu()]);
}
