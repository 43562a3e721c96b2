//! Constants in files beside the model.

use std::path::Path;

use snn2rtl::error::Error;
use snn2rtl::import::import;
use snn2rtl::import::proto::{StringStringEntryProto, TensorProto};
use snn2rtl::qann::Op;

use crate::builder::{Builder, int, options};

/// A model whose bias lies in another file.
fn model(entries: &[(&str, &str)]) -> Builder {
    let mut b = Builder::new(&[1]);
    let external_data =
        entries.iter().map(|&(k, v)| StringStringEntryProto { key: k.into(), value: v.into() }).collect();
    let tensor = TensorProto {
        name: "b".into(),
        dims: vec![2],
        data_type: 1,
        data_location: 1,
        external_data,
        ..TensorProto::default()
    };
    let weights = crate::builder::small_ints("w", &[2, 1], 3, &[1, 2]);
    b.constant(tensor).constant(weights).scalar("s", 0.5).node("DequantizeLinear", &["w", "s"], "d");
    b.node("Gemm", &["x", "d", "b"], "y").with(int("transB", 1));
    b
}

fn bias(folder: &Path, entries: &[(&str, &str)]) -> Result<Vec<f64>, Error> {
    let path = model(entries).save(folder);
    let network = import(&path, &options())?.network;
    let id = network.find("y").unwrap();
    let Op::Linear { bias, .. } = &network.node(id).op else { panic!("not linear") };
    Ok(bias.clone())
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = [9.0f32, 0.5, -1.5].iter().flat_map(|x| x.to_le_bytes()).collect();
    std::fs::create_dir(folder.path().join("model")).unwrap();
    std::fs::create_dir(folder.path().join("model/deep")).unwrap();
    std::fs::write(folder.path().join("model/data.bin"), &bytes).unwrap();
    std::fs::write(folder.path().join("model/deep/data.bin"), &bytes).unwrap();
    std::fs::write(folder.path().join("outside.bin"), &bytes).unwrap();
    folder
}

#[test]
fn inside_the_folder() {
    let root = folder();
    let model = root.path().join("model");
    let read = |entries: &[(&str, &str)]| bias(&model, entries).unwrap();
    assert_eq!(read(&[("location", "data.bin")]), [9.0, 0.5]);
    assert_eq!(read(&[("location", "data.bin"), ("offset", "4"), ("length", "8")]), [0.5, -1.5]);
    assert_eq!(read(&[("location", "./deep/data.bin"), ("offset", "4")]), [0.5, -1.5]);
}

#[test]
fn everything_else_is_refused() {
    let root = folder();
    let model = root.path().join("model");
    let outside = root.path().join("outside.bin");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&outside, model.join("link.bin")).unwrap();
    let absolute = outside.to_str().unwrap();
    let cases: [(&[(&str, &str)], &str); 12] = [
        (&[("location", "../outside.bin")], "not inside the model's folder"),
        (&[("location", "deep/../../outside.bin")], "not inside the model's folder"),
        (&[("location", absolute)], "not inside the model's folder"),
        (&[("location", "link.bin")], "not inside the model's folder"),
        (&[("location", "")], "not inside the model's folder"),
        (&[("location", "deep")], "is not a file"),
        (&[("location", "missing.bin")], "cannot find the file"),
        (&[], "without a location"),
        (&[("location", "data.bin"), ("offset", "8")], "has 12 bytes; a constant needs 8 bytes from 8 on"),
        (&[("location", "data.bin"), ("offset", "18446744073709551615")], "a constant needs 8 bytes"),
        (&[("location", "data.bin"), ("offset", "-1")], "is not a number"),
        (
            &[("location", "data.bin"), ("length", "12")],
            "12 bytes in \"data.bin\" for a constant that needs 8",
        ),
    ];
    for (entries, expected) in cases {
        let error = bias(&model, entries).unwrap_err();
        assert!(error.problem.contains(expected), "{entries:?}: {error}");
        assert_eq!(error.node.as_deref(), Some("b"));
    }
}
