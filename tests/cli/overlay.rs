//! The overlay architecture on the command line: options, refusals, files, listings.

use std::fs;

use snn2rtl::emit::read_folding;

use crate::common::repository;
use crate::session::{Session, example, fixture};

/// A folding of an overlay.
const FOLDING: &str = r#"  "folding": {
    "architecture": "overlay",
    "lanes": 16,
    "spikes": 1,
    "fire_lanes": 4,
    "fetch_width": 16,
    "row_lanes": 1,
    "code": "unary"
  }"#;

#[test]
fn options_of_the_other_architecture_are_refused_by_name() {
    let s = Session::new().mlp();
    for option in ["--fifo-depth 4", "--join-fifos minimal", "--no-confidence"] {
        let name = option.split(' ').next().unwrap_or_default();
        s.refused(
            &format!("build mlp.snn -o b --architecture overlay {option}"),
            &[&format!("{name} is an option of the streaming architecture")],
        );
    }
    for option in
        ["--spikes 2", "--code unary", "--fire-lanes 4", "--fetch-width 32", "--row-lanes 2", "--loadable"]
    {
        let name = option.split(' ').next().unwrap_or_default();
        s.refused(
            &format!("build mlp.snn -o b --architecture streaming {option}"),
            &[&format!("{name} is an option of the overlay architecture"), "--architecture overlay"],
        );
    }
    let overlay = "build mlp.snn -o b --architecture overlay";
    s.refused(&format!("{overlay} --lanes 12"), &["12 lanes", "multiple of the 8 neurons of a group"]);
    s.refused(&format!("{overlay} --spikes 0"), &["0 spikes"]);
    s.refused(&format!("{overlay} --fire-lanes 6"), &["6 fire lanes", "power of two"]);
    s.refused(&format!("{overlay} --fetch-width 24"), &["fetch width of 24"]);
    s.refused(&format!("{overlay} --row-lanes 3"), &["3 row lanes", "power of two"]);
    s.refused(&format!("{overlay} --row-lanes 4"), &["4 row lanes", "a quarter of the 8 neurons of a group"]);
    s.refused(&format!("{overlay} --code binary"), &["binary", "unary, radix"]);
    s.refused("build mlp.snn -o b --architecture systolic", &["systolic", "auto, streaming, overlay"]);
}

/// A machine of a perceptron, and networks that fit it or do not.
#[test]
fn networks_are_compiled_for_a_machine() {
    let s = Session::new().mlp();
    s.run("build mlp.snn -o machine --architecture overlay --lanes 16 --loadable").ok();
    let image = fs::read(s.path("machine/model.bin")).expect("an image");
    assert_eq!(&image[..4], b"SNNM");
    assert_eq!(
        image.len() as u64 / 4,
        u64::from(u32::from_le_bytes(image[12..16].try_into().expect("a word")))
    );
    assert!(!s.path("machine/rom").exists());
    s.run("verify machine --model mlp.snn").ok();
    s.run("image mlp.snn --machine machine -o own.bin").ok();
    assert_eq!(fs::read(s.path("own.bin")).ok().as_deref(), Some(&image[..]));
    let listing = s.run("inspect machine").ok().stdout();
    assert!(listing.contains("weights"), "{listing}");

    // The same folding gives the same machine, and other sizes another one.
    s.run("build mlp.snn -o again --folding machine/folding.json").ok();
    assert_eq!(fs::read(s.path("again/model.bin")).ok().as_deref(), Some(&image[..]));
    s.run("build mlp.snn -o other --architecture overlay --lanes 8 --loadable").ok();
    assert_ne!(fs::read(s.path("other/model.bin")).expect("an image")[8..12], image[8..12]);

    // A Transformer lacks much in the machine of a perceptron.
    let vit = repository("tests/fixtures/vit_small/vit_small.onnx").display().to_string();
    s.run(&format!("convert {vit} -o vit.snn --input u8 --mean 0.5 --std 0.5")).ok();
    s.refused(
        "image vit.snn --machine machine -o vit.bin",
        &[
            "does not fit the machine",
            "LayerNorm: there are none",
            "words of thresholds: ",
            " needed, ",
            " there",
            "--also",
        ],
    );
    assert!(!s.path("vit.bin").exists());
    s.run("build mlp.snn -o both --architecture overlay --lanes 16 --loadable --also vit.snn").ok();
    s.run("image vit.snn --machine both -o vit.bin").ok();
    assert!(s.path("vit.bin").is_file());

    // The shift of LayerNorm's root is a constant of the machine.
    let pow2 = repository("examples/mnist_vit/pow2/mnist_vit.onnx").display().to_string();
    s.run(&format!("convert {pow2} -o pow2.snn --input u8 --mean 0.5 --std 0.5")).ok();
    let roots =
        ["the roots of LayerNorm have", "fraction bits in one network or machine", "for each of them"];
    s.refused("image pow2.snn --machine both -o pow2.bin", &roots);
    s.refused("build vit.snn -o c --architecture overlay --lanes 16 --loadable --also pow2.snn", &roots);
    assert!(!s.path("pow2.bin").exists() && !s.path("c").exists());

    s.run("build mlp.snn -o fixed --architecture overlay --lanes 16").ok();
    s.refused("image mlp.snn --machine fixed -o b.bin", &["cannot be loaded", "--loadable"]);
    let images = example("sample/images.npy");
    s.refused(&format!("cosim fixed --model mlp.snn --inputs {images}"), &["cannot be loaded", "--loadable"]);
    s.refused(&format!("cosim fixed --image own.bin --inputs {images}"), &["cannot be loaded", "--loadable"]);
    s.refused("build mlp.snn -o b --architecture overlay --loadable --clock 50", &["--clock without a goal"]);
    s.refused("build mlp.snn -o b --architecture overlay --also mlp.snn", &["--loadable"]);
    s.refused(
        "build mlp.snn -o b --architecture overlay --loadable --also none.snn",
        &["this is not a model", "none.snn", "snn2rtl convert"],
    );
    fs::write(s.path("cut.bin"), &image[..image.len() / 8 * 4]).expect("written");
    let images = example("sample/images.npy");
    s.refused(
        &format!("cosim machine --image cut.bin --inputs {images} --samples 1"),
        &["refuses the model image: it is not complete\n"],
    );
    let folding = fs::read_to_string(s.path("machine/folding.json")).expect("a folding");
    for (from, to, problem) in [
        ("\"weight_depth\"", "\"weights\"", "unknown field `weights`"),
        ("\"weight_width\": ", "\"weight_width\": 99", "not the sizes of a machine"),
        ("\"element_bits\": 8", "\"element_bits\": 7", "not the sizes of a machine"),
        ("\"norm_fraction\"", "\"root_fraction\": 99, \"norm_fraction\"", "not the sizes of a machine"),
    ] {
        s.write("wrong.json", folding.replacen(from, to, 1));
        s.refused("build mlp.snn -o b --folding wrong.json", &[problem]);
    }
}

#[test]
fn a_build_is_repeated_from_its_folding() {
    let s = Session::new().mlp();
    let sizes = "--lanes 16 --spikes 1 --fire-lanes 4 --fetch-width 16 --code unary";
    s.run(&format!("build mlp.snn -o first --architecture overlay {sizes}")).ok();
    let folding = fs::read_to_string(s.path("first/folding.json")).expect("a folding");
    assert!(folding.contains(FOLDING), "{folding}");
    assert!(read_folding(&s.path("first/folding.json")).expect("read").streaming().is_none());
    s.run("build mlp.snn -o second --folding first/folding.json").ok();
    for file in
        ["folding.json", "rtl/snn_mnist_mlp.sv", "rom/fetch.hex", "rom/weights_0.hex", "registers.json"]
    {
        assert_eq!(
            fs::read(s.path("first").join(file)).ok(),
            fs::read(s.path("second").join(file)).ok(),
            "{file}"
        );
        assert!(s.path("first").join(file).is_file(), "{file}");
    }
    s.run("verify first --model mlp.snn").ok();

    for (from, to, problem) in [
        ("\"unary\"", "\"binary\"", "expected `unary` or `radix`"),
        ("\"spikes\"", "\"fifo_depth\"", "unknown field `fifo_depth`"),
        ("\"overlay\"", "\"systolic\"", "expected `streaming` or `overlay`"),
        ("\"spikes\": 1", "\"spikes\": 1000", "1000 spikes"),
    ] {
        s.write("wrong.json", folding.replacen(from, to, 1));
        s.refused("build mlp.snn -o b --folding wrong.json", &[problem]);
    }
}

#[test]
fn the_program_is_printed() {
    let s = Session::new().mlp();
    let of_model = s.run("inspect mlp.snn --program").stdout();
    assert!(of_model.starts_with("# fetch: 2 instructions"), "{of_model}");
    assert!(
        of_model.contains("\nfetch last=1 ") && of_model.contains("\nfire last=1 serial=3 "),
        "{of_model}"
    );

    s.run("build mlp.snn -o overlay --architecture overlay --lanes 16").ok();
    let of_build = s.run("inspect overlay --program").stdout();
    assert!(of_build.contains("inner=8") && !of_model.contains("inner=8"), "{of_build}");
    let tables = s.run("inspect overlay").stdout();
    for word in ["fire lanes", "thresholds", "fetch program", "cycles, estimated"] {
        assert!(tables.contains(word), "{word}: {tables}");
    }

    s.run("build mlp.snn -o streaming --lanes 1").ok();
    s.refused("inspect streaming --program", &["streaming architecture", "--architecture overlay"]);
    assert!(!s.run("inspect streaming").stdout().contains("fire lanes"));
}

#[test]
fn samples_of_an_overlay_cannot_be_ended_early() {
    let s = Session::new().mlp();
    let images = example("sample/images.npy");
    s.run("build mlp.snn -o b --architecture overlay").ok();
    let line = format!("cosim b --inputs {images} --samples 1");
    s.refused(&format!("{line} --t-max 4"), &["T_max", "layer by layer", "no time-steps"]);
    s.refused(&format!("{line} --margin 1"), &["the confidence rule", "layer by layer"]);
}

#[test]
fn the_report_shows_the_program_in_place_of_the_pipeline() {
    let s = Session::new().mlp();
    let images = example("sample/images.npy");
    s.run("build mlp.snn -o b --architecture overlay").ok();
    s.run(&format!("report b --inputs {images} --samples 2")).ok();
    let page = fs::read_to_string(s.path("b/reports/report.html")).expect("a page");
    for there in ["id=\"program\"", "Memory of spikes", "thresholds", "overlay: one engine of 64 lanes"] {
        assert!(page.contains(there), "{there}");
    }
    for absent in ["id=\"pipeline\"", "id=\"spikes\"", "id=\"folding\"", "id=\"accuracy\""] {
        assert!(!page.contains(absent), "{absent}");
    }
}

/// Gates are computed by the overlay whose weights are in the chip, and refused by name elsewhere.
#[test]
fn gates_by_architecture() {
    let s = Session::new();
    let model = fixture("../strangers/cnn_mobile_squeeze_ts.onnx");
    s.run(&format!("convert {model} -o g.snn --input u8 --mean 0 --std 1")).ok();
    s.refused("build g.snn -o b --architecture streaming", &["no stage for", "--architecture overlay"]);
    let overlay = "build g.snn -o b --architecture overlay --lanes 16 --fetch-width 16";
    s.refused(&format!("{overlay} --loadable --weights external"), &["a gate needs operands", "in the chip"]);
    s.run(overlay).ok();
    let program = s.run("inspect b --program").ok().stdout();
    assert!(program.contains("diagonal=1"), "{program}");
}

/// The core as a whole and its units by themselves: the same block memories and multipliers, a few more look-up tables.
#[test]
#[ignore = "long: Yosys twice"]
fn units_are_synthesised_by_themselves() {
    let s = Session::new().mlp();
    s.run("build mlp.snn -o b --architecture overlay --lanes 8 --spikes 1 --fire-lanes 4 --fetch-width 16")
        .ok();
    let whole = s.run("synth b --family xc7 --core whole --json").ok().json();
    let units = s.run("synth b --family xc7 --core units --json").ok().json();
    assert_eq!(s.run("synth b --family xc7 --json").ok().json()["total"], whole["total"], "8 lanes are few");
    let instances = |found: &serde_json::Value| -> Vec<String> {
        let modules = found["modules"].as_array().expect("modules");
        modules.iter().map(|module| module["instance"].as_str().expect("a name").to_owned()).collect()
    };
    assert!(instances(&whole).contains(&"u_core".to_owned()), "{whole}");
    for unit in ["u_core.u_fetch", "u_core.u_accumulate", "u_core.u_fire"] {
        assert!(instances(&units).contains(&unit.to_owned()), "{units}");
    }
    for name in ["bram", "dsp"] {
        assert_eq!(units["total"][name], whole["total"][name], "{name}");
    }
    let luts = [&units, &whole].map(|found| found["total"]["lut"].as_f64().expect("a count"));
    assert!((0.98..1.15).contains(&(luts[0] / luts[1])), "{luts:?}");
}
