//! NIR files that are damaged: an error or a network, never a panic.

use std::fs;

use proptest::prelude::*;
use snn2rtl::nir::{Options, examine_bytes};

use crate::common::repository;

fn bytes(name: &str) -> Vec<u8> {
    fs::read(repository(&format!("tests/fixtures/spiking/{name}.nir"))).expect("a fixture")
}

fn read(bytes: &[u8]) -> Result<usize, String> {
    let options = Options { time_steps: Some(4), ..Options::default() };
    let examined = examine_bytes(bytes, "damaged", &options).map_err(|e| e.problem)?;
    assert_eq!(examined.model.is_some(), examined.problems.is_empty());
    // What is not refused can be lowered, or is refused then.
    if let Some(model) = &examined.model {
        let _ = snn2rtl::lower::lower(model);
    }
    Ok(examined.nodes.len())
}

#[test]
fn what_is_no_hdf5_is_refused() {
    for bytes in [&b""[..], b"this is text", b"\x89HDF", b"PK\x03\x04"] {
        assert_eq!(read(bytes), Err("this is not a NIR file: it is not HDF5".to_owned()));
    }
    let error = read(b"\x89HDF\r\n\x1a\n").expect_err("a signature alone");
    assert!(error.starts_with("this HDF5 file is damaged"), "{error}");
}

#[test]
fn cut_files_are_refused() {
    for name in ["snntorch_mlp", "nir_nodes"] {
        let whole = bytes(name);
        assert!(read(&whole).is_ok());
        for part in 1..40 {
            let _ = read(&whole[..whole.len() * part / 40]);
        }
        assert!(read(&whole[..whole.len() / 2]).is_err(), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn changed_bytes_do_no_harm(
        name in prop::sample::select(vec!["snntorch_mlp", "nir_nodes", "spikingjelly_cuba"]),
        changes in prop::collection::vec((0usize..1 << 16, any::<u8>()), 1..6),
    ) {
        let mut all = bytes(name);
        for (at, byte) in changes {
            let at = at % all.len();
            all[at] = byte;
        }
        let _ = read(&all);
    }
}
