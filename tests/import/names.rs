//! Names: from the model's scopes, unique, hostile ones kept.

use snn2rtl::import::proto::StringStringEntryProto;

use crate::builder::{Builder, floats, int};

fn names(builder: &Builder) -> Vec<String> {
    let network = builder.import().unwrap_or_else(|e| panic!("{e}")).network;
    network.topological().into_iter().map(|id| network.node(id).name.clone()).collect()
}

#[test]
fn scopes_of_torchscript() {
    let mut b = Builder::new(&[4]);
    b.scalar("s", 0.5).spikezip("blocks.0/mlp/act/act.0", "x", "s", -8.0, 7.0, "v");
    b.spikezip("blocks.0/attn/quan_q", "v", "s", -8.0, 7.0, "y");
    assert_eq!(names(&b), ["x", "blocks.0.mlp.act.0", "blocks.0.attn.quan_q", "y"]);
}

#[test]
fn scopes_of_dynamo() {
    let mut b = Builder::new(&[4]);
    b.scalar("s", 0.5).spikezip("q", "x", "s", -8.0, 7.0, "y");
    for (i, node) in b.graph.node.iter_mut().enumerate() {
        node.name = format!("node_{i}");
        node.metadata_props = vec![StringStringEntryProto {
            key: "pkg.torch.onnx.name_scopes".into(),
            value: format!("['', 'encoder', 'encoder.act', 'op_{i}']"),
        }];
    }
    assert_eq!(names(&b), ["x", "encoder.act", "y"]);
}

#[test]
fn linear_layers_are_named_after_their_module() {
    let mut b = Builder::new(&[1]);
    b.constant(floats("w", &[1, 1], &[0.5])).scalar("s", 0.5).spikezip("fc1/wq", "w", "s", -8.0, 7.0, "wq");
    b.node("MatMul", &["x", "wq"], "/fc1/MatMul").node("Add", &["/fc1/MatMul", "s"], "/fc1/Add");
    b.node("Relu", &["/fc1/Add"], "y");
    assert_eq!(names(&b), ["x", "fc1", "y", "y_1"]);
}

#[test]
fn hostile_names_are_kept_and_made_unique() {
    let long = "n".repeat(300);
    for name in ["a\"b\n'c", long.as_str(), "/", "é\u{202e}"] {
        let mut b = Builder::new(&[4]);
        b.node("Relu", &["x"], "v").node("Relu", &["v"], "y");
        for node in &mut b.graph.node {
            node.name = name.into();
        }
        assert_eq!(names(&b), ["x", name, &format!("{name}_1"), "y"]);
        assert!(b.import().unwrap().explanation[1].detail.contains("is taken"));
    }
    let mut b = Builder::new(&[4]);
    b.node("Relu", &["x"], "v").node("Relu", &["v"], "y").with(int("unknown", 1));
    for node in &mut b.graph.node {
        node.name = String::new();
    }
    assert_eq!(names(&b), ["x", "Relu_0", "Relu_1", "y"]);
}
