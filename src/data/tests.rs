//! Files as NumPy writes them, and files that no program should write.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::graph::Shape;
use crate::quant::{Decimal, Element, InputSpec, Scaling};

/// A `.npy` file with this header text and data.
fn npy(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

fn write(folder: &TempDir, name: &str, bytes: &[u8]) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a writable folder");
    path.display().to_string()
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn archive(folder: &TempDir) -> (PathBuf, String) {
    let path = folder.path().join("all.npz");
    let mut writer = NpzWriter::create(&path).expect("a writable folder");
    writer.add("levels/block.0:q", &[2, 3], &[-8i8, 7, 0, 1, -1, 3]).expect("written");
    writer.add("logits", &[2, 2], &[0.5f64, -1.25, 1e300, 0.1]).expect("written");
    writer.add("totals", &[3], &[i64::MIN, 0, i64::MAX]).expect("written");
    writer.add("scalar", &[], &[5u16]).expect("written");
    let mut spool = Spool::<i8>::new(&path).expect("a writable folder");
    (0..10).for_each(|n| spool.push(&[n, -n]).expect("written"));
    writer.add_spool("spool", &[10, 2], spool).expect("written");
    writer.finish().expect("written");
    let location = path.display().to_string();
    (path, location)
}

#[test]
fn what_is_written_is_read_back() {
    let folder = folder();
    let (path, location) = archive(&folder);
    let read = |name: &str| read_integers(&format!("{location}:{name}")).expect("readable");
    assert_eq!(read("levels/block.0:q"), (Shape(vec![2, 3]), vec![-8, 7, 0, 1, -1, 3]));
    assert_eq!(read("totals"), (Shape(vec![3]), vec![i64::MIN, 0, i64::MAX]));
    assert_eq!(read("scalar"), (Shape(vec![]), vec![5]));
    let (shape, spool) = read("spool");
    assert_eq!(shape, Shape(vec![10, 2]));
    assert_eq!(spool[18..], [9, -9]);
    let floats = read_floats(&format!("{location}:logits")).expect("readable");
    assert_eq!(floats, (Shape(vec![2, 2]), vec![0.5, -1.25, 1e300, 0.1]));
    // Nothing but the archive remains in the folder, and the same arrays give the same bytes.
    assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 1);
    let bytes = std::fs::read(&path).expect("readable");
    archive(&folder);
    assert_eq!(bytes, std::fs::read(&path).expect("readable"));
}

#[test]
fn a_missing_name_lists_those_there_are() {
    let folder = folder();
    let (_, location) = archive(&folder);
    for wrong in [format!("{location}:logit"), location.clone(), format!("{location}:")] {
        let error = Array::read(&wrong).expect_err("no such array");
        let fix = error.fix.clone().unwrap_or_default();
        assert!(fix.contains("levels/block.0:q, logits, scalar, spool, totals"), "{error}");
        assert_eq!(error.file.as_deref(), Some(Path::new(&location)));
    }
    let error = Array::read(&folder.path().join("no.npz:x").display().to_string()).expect_err("no such file");
    assert!(error.file.expect("a file").ends_with("no.npz"));
}

#[test]
fn samples_of_every_type_and_of_fitting_shapes() {
    let folder = folder();
    let image = Shape(vec![1, 2, 2]);
    let data: Vec<u8> = (250..=255).chain(0..6).collect();
    for shape in ["(3, 1, 2, 2)", "(3, 2, 2)", "(3, 4)", "(3, 2, 1, 2)"] {
        let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}\n");
        let location = write(&folder, "x.npy", &npy(&header, &data));
        let inputs = Inputs::read(&location, &image, Element::U8).expect("fits");
        assert_eq!((inputs.len(), inputs.elements()), (3, 4));
        assert_eq!(inputs.sample(1), [254, 255, 0, 1]);
    }
    let header = "{'descr': '|i1', 'fortran_order': False, 'shape': (3, 4)}";
    let location = write(&folder, "x.npy", &npy(header, &data));
    let inputs = Inputs::read(&location, &image, Element::I8).expect("fits");
    assert_eq!(inputs.sample(1), [-2, -1, 0, 1]);
    for (order, expected) in [('<', 0xFBFA), ('>', 0xFAFB)] {
        let header = format!("{{'descr': '{order}u2', 'fortran_order': False, 'shape': (6,1)}}");
        let location = write(&folder, "x.npy", &npy(&header, &data));
        let inputs = Inputs::read(&location, &Shape(vec![]), Element::U16).expect("fits");
        assert_eq!(inputs.sample(0), [expected]);
    }
}

#[test]
fn samples_that_do_not_fit_say_what_is_expected_and_found() {
    let folder = folder();
    let image = Shape(vec![1, 2, 2]);
    let error = |header: &str, data: &[u8]| {
        let location = write(&folder, "x.npy", &npy(header, data));
        Inputs::read(&location, &image, Element::U8).expect_err("does not fit").to_string()
    };
    let text = error(
        "{'descr': '<i8', 'fortran_order': False, 'shape': (1, 4)}",
        &[[0u8; 24], [1; 24]].concat()[16..48],
    );
    assert!(text.contains("int64") && text.contains("at index [0, 1] is out of range"), "{text}");
    let text = error("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3)}", &[0; 6]);
    assert!(text.contains("[2×3]") && text.contains("[samples×1×2×2]"), "{text}");
    error("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2)}", &[0; 4]);
    error("{'descr': '|u1', 'fortran_order': False, 'shape': ()}", &[0; 1]);
    let text = error("{'descr': '|u1', 'fortran_order': False, 'shape': (0, 2, 2)}", &[]);
    assert!(text.contains("no samples"), "{text}");
    let text = error("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2, 2)}", &[0; 8]);
    assert!(text.contains("Fortran") && text.contains("ascontiguousarray"), "{text}");
}

/// Samples of the values 0, 7, 255 and 3 in any type that holds them.
#[test]
fn any_type_that_holds_the_elements_is_taken() {
    let folder = folder();
    let values = [0u8, 7, 255, 3];
    let wide =
        |size: usize| values.iter().flat_map(|&v| u64::from(v).to_le_bytes()[..size].to_vec()).collect();
    let halves = [0u16, 0x4700, 0x5bf8, 0x4200];
    let cases: [(&str, Vec<u8>); 9] = [
        ("|u1", wide(1)),
        ("<i2", wide(2)),
        ("<u4", wide(4)),
        ("<i8", wide(8)),
        ("<u8", wide(8)),
        ("<f2", halves.iter().flat_map(|h| h.to_le_bytes()).collect()),
        ("<f4", values.iter().flat_map(|&v| f32::from(v).to_le_bytes()).collect()),
        ("<f8", values.iter().flat_map(|&v| f64::from(v).to_le_bytes()).collect()),
        (">f8", values.iter().flat_map(|&v| f64::from(v).to_be_bytes()).collect()),
    ];
    for (descr, data) in cases {
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (2, 2)}}");
        let location = write(&folder, "x.npy", &npy(&header, &data));
        let pair = Shape(vec![2]);
        for element in [Element::U8, Element::U16] {
            let inputs = Inputs::read(&location, &pair, element).unwrap_or_else(|e| panic!("{descr}: {e}"));
            assert_eq!([inputs.sample(0), inputs.sample(1)].concat(), [0, 7, 255, 3], "{descr}");
        }
        let error = Inputs::read(&location, &pair, Element::I8).expect_err("255");
        assert!(error.problem.contains("255 at index [1, 0]"), "{descr}: {error}");
        assert!(error.problem.contains("the model expects int8"), "{descr}: {error}");
        assert_eq!(read_integers(&location).expect("integers").1, [0, 7, 255, 3], "{descr}");
    }
}

#[test]
fn real_numbers_are_told_how_to_become_raw_elements() {
    let folder = folder();
    let data: Vec<u8> = [1.0f32, -0.4242, 2.0, 3.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)}";
    let location = write(&folder, "x.npy", &npy(header, &data));
    let list = |text: &[&str]| text.iter().map(|t| t.parse().expect("a number")).collect::<Vec<Decimal>>();
    let advice = |scaling, channel_axis| {
        let spec = InputSpec { element: Element::U8, scaling, channel_axis };
        let error = Inputs::read_for(&location, &Shape(vec![2]), &spec).expect_err("no integers");
        assert!(error.problem.contains("-0.4242") && error.problem.contains("[0, 1]"), "{error}");
        error.fix.expect("advice")
    };
    let normalised = Scaling::Normalise { mean: list(&["0.1307"]), std: list(&["0.3081"]) };
    let text = advice(normalised, None);
    assert!(text.contains("numpy.rint((array * 0.3081 + 0.1307) * 255).astype(numpy.uint8)"), "{text}");
    let two = Scaling::Normalise { mean: list(&["0.1", "0.2"]), std: list(&["0.3", "0.4"]) };
    let text = advice(two, Some(0));
    assert!(text.contains("numpy.array([0.3, 0.4]).reshape(-1) + numpy.array([0.1, 0.2])"), "{text}");
    let text = advice(Scaling::Affine { scale: list(&["0.5"]), zero_point: 128 }, None);
    assert!(text.contains("numpy.rint(array / 0.5 + 128).astype(numpy.uint8)"), "{text}");
}

#[test]
fn extents_that_do_not_fit_are_told_how_to_be_mended() {
    let folder = folder();
    let image = Shape(vec![3, 2, 4]);
    for (shape, length, fix) in [
        ("(5, 2, 4, 3)", 120, "transpose(0, 3, 1, 2)"),
        ("(3, 2, 4)", 24, "array[numpy.newaxis]"),
        ("(5, 4, 6)", 120, "reshape(5, 3, 2, 4)"),
        ("(5, 3, 3, 3)", 135, "3×2×4"),
        ("(5, 3, 3, 3)", 135, "a sample here has 3×3×3"),
        ("(24,)", 24, "reshape(1, 3, 2, 4)"),
    ] {
        let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}}}");
        let location = write(&folder, "x.npy", &npy(&header, &vec![0; length]));
        let error = Inputs::read(&location, &image, Element::U8).expect_err("does not fit");
        assert!(error.problem.contains("[samples×3×2×4]"), "{error}");
        assert!(error.fix.as_ref().is_some_and(|text| text.contains(fix)), "{error}");
    }
    for (shape, fix) in [("(3, 2)", "argmax"), ("(1, 6)", "reshape(-1)"), ("(6,)", "labels[:2]")] {
        let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}}}");
        let location = write(&folder, "y.npy", &npy(&header, &[0; 6]));
        let error = read_labels(&location, 2, 1).expect_err("does not fit");
        assert!(error.fix.as_ref().is_some_and(|text| text.contains(fix)), "{error}");
    }
}

#[test]
fn labels_are_one_integer_a_sample() {
    let folder = folder();
    for (descr, size) in [("|u1", 1), ("<i4", 4), ("<i8", 8), ("<u8", 8)] {
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (2,)}}");
        let mut data = vec![0; 2 * size];
        data[size] = 9;
        let location = write(&folder, "y.npy", &npy(&header, &data));
        assert_eq!(read_labels(&location, 2, 1).expect("readable"), [0, 9]);
        let error = read_labels(&location, 3, 1).expect_err("one is missing");
        assert!(error.problem.contains("[2]") && error.problem.contains("[3]"), "{error}");
    }
    for (descr, data) in [("<f4", vec![0, 0, 0, 63]), ("<u8", vec![255; 8]), ("<f8", vec![255; 8])] {
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (1,)}}");
        let location = write(&folder, "y.npy", &npy(&header, &data));
        assert!(read_labels(&location, 1, 1).is_err(), "{descr}");
    }
}

#[test]
fn hostile_headers_are_errors() {
    let folder = folder();
    let huge = usize::MAX;
    for header in [
        &format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({huge},)}}"),
        &format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({huge}, {huge})}}"),
        "{'descr': '|u1', 'fortran_order': False, 'shape': (100000000000,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1e3,)}",
        "{'descr': '|u1', 'fortran_order': 0, 'shape': (1,)}",
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '|u1', 'shape': (1,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'more': 1}",
        "{}",
        "",
        "{'é",
        &format!("{{'descr': {}", "(".repeat(60_000)),
    ] {
        let location = write(&folder, "x.npy", &npy(header, &[7]));
        assert!(Array::read(&location).is_err(), "{header:.80}");
    }
    let mut long = b"\x93NUMPY\x02\x00".to_vec();
    long.extend(u32::MAX.to_le_bytes());
    for bytes in [&long[..], b"", b"\x93NUMPY", b"PK\x03\x04 and so on", b"\x93NUMPY\x09\x00\x00\x00"] {
        for name in ["x.npy", "x.npz"] {
            assert!(Array::read(&write(&folder, name, bytes)).is_err());
        }
    }
    let short = npy("{'descr': '<i4', 'fortran_order': False, 'shape': (2,)}", &[0; 7]);
    let long = npy("{'descr': '<i4', 'fortran_order': False, 'shape': (2,)}", &[0; 9]);
    assert!(Array::read(&write(&folder, "x.npy", &short)).is_err());
    assert!(Array::read(&write(&folder, "x.npy", &long)).is_err());
    assert!(Array::read(&folder.path().display().to_string()).is_err());
}

#[test]
fn an_unwritable_place_is_an_error_and_a_dropped_writer_leaves_nothing() {
    let folder = folder();
    assert!(NpzWriter::create(&folder.path().join("none/x.npz")).is_err());
    let mut writer = NpzWriter::create(&folder.path().join("x.npz")).expect("a writable folder");
    writer.add("a", &[1], &[1i8]).expect("written");
    assert!(writer.add("a", &[1], &[1i8]).is_err(), "the name is taken");
    drop(writer);
    assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_files_never_panic(
        cut in 0usize..1000, changes in prop::collection::vec((0usize..2000, any::<u8>()), 0..8), zipped: bool,
    ) {
        let folder = folder();
        let mut bytes = if zipped {
            std::fs::read(archive(&folder).0).expect("readable")
        } else {
            npy("{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }\n", &[1; 12])
        };
        if cut < bytes.len() {
            bytes.truncate(bytes.len() - cut);
        }
        for (at, byte) in changes {
            let len = bytes.len();
            if len > 0 {
                bytes[at % len] = byte;
            }
        }
        let location = write(&folder, if zipped { "x.npz" } else { "x.npy" }, &bytes);
        let _ = Array::read(&location);
        for name in ["logits", "totals", "spool"] {
            let _ = Array::read(&format!("{location}:{name}"));
        }
    }
}
