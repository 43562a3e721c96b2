//! The same input gives the same bytes, whatever surrounds the program.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::repository;
use crate::session::{Session, example};

/// Every file below a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(inside) = open.pop() {
        for entry in fs::read_dir(inside).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below").display().to_string();
                found.insert(name, fs::read(path).expect("readable"));
            }
        }
    }
    found
}

/// Surroundings: umask, and what is set in the environment.
const SURROUNDINGS: [(&str, &[(&str, &str)]); 3] = [
    ("022", &[("RAYON_NUM_THREADS", "1"), ("LC_ALL", "C"), ("TZ", "UTC")]),
    (
        "077",
        &[
            ("RAYON_NUM_THREADS", "7"),
            ("LC_ALL", "tr_TR.UTF-8"),
            ("TZ", "Asia/Kathmandu"),
            ("HOME", "/nowhere"),
        ],
    ),
    ("000", &[("LANG", "de_DE.UTF-8"), ("LC_ALL", "ar_EG.UTF-8"), ("TMPDIR", "."), ("COLUMNS", "40")]),
];

/// Converts and builds in different surroundings and compares all bytes.
fn same_everywhere(convert: &str, build: &str) {
    let mut first: Option<BTreeMap<String, Vec<u8>>> = None;
    for (n, (umask, env)) in SURROUNDINGS.iter().enumerate() {
        let s = Session::new();
        let output = ["build", "deeper/other name", "ünïcode"][n];
        fs::create_dir_all(s.path(output).parent().expect("a folder")).expect("a folder");
        let program = env!("CARGO_BIN_EXE_snn2rtl");
        // The model has the same name whatever the folder it is written to is called.
        let line = format!(
            "umask {umask} && '{program}' convert {convert} -o m{n}.snn && '{program}' build m{n}.snn {build} -o '{output}'"
        );
        let mut command = Command::new("sh");
        command.args(["-c", &line]).envs(env.iter().copied());
        s.run_command(command, &line).ok();
        let found = files(&s.path(output));
        let here = s.folder.path().to_string_lossy().into_owned();
        for (name, bytes) in &found {
            let text = String::from_utf8_lossy(bytes);
            assert!(!text.contains(&here), "{name} names the folder that it was written in");
            assert!(!text.contains(env!("CARGO_MANIFEST_DIR")), "{name} names a folder of this machine");
        }
        match &first {
            None => first = Some(found),
            Some(first) => {
                assert!(first.keys().eq(found.keys()), "{line}");
                for (name, bytes) in first {
                    assert!(found[name] == *bytes, "{name} differs: {line}");
                }
            }
        }
    }
}

#[test]
fn a_perceptron_on_a_board() {
    let convert = format!("{} --input u8 --mean 0.1307 --std 0.3081", example("mnist_mlp.onnx"));
    same_everywhere(&convert, "--target ulx3s-85f");
    let calibrate = format!("--calibrate {} --device xc7a100t", example("sample/images.npy"));
    same_everywhere(&convert, &calibrate);
}

#[test]
fn a_transformer() {
    let fixture = |name: &str| repository("tests/fixtures/transformers").join(name).display().to_string();
    let convert = format!("{} --input tokens", fixture("text_masked_fill.onnx"));
    same_everywhere(&convert, "--lanes 4");
    same_everywhere(&convert, &format!("--calibrate {}:inputs --fps 1000", fixture("text_masked_fill.npz")));
}
