//! From a model to a build folder.

use std::fs;

use snn2rtl::data;

use crate::common::repository;
use crate::session::{INPUT, Session, example, fixture};

#[test]
fn a_model_from_onnx_to_a_build_folder() {
    let s = Session::new().mlp();
    let inspected = s.run("inspect mlp.snn --json").ok().json();
    assert_eq!(inspected["neurons"], 128);
    assert_eq!(inspected["parameters"].as_u64().expect("a number"), 100_352 + 256 + 1280 + 20);

    let line = format!(
        "run mlp.snn --inputs {} --labels {} --reference {} --float --json --dump all.npz",
        example("sample/images.npy"),
        example("sample/labels.npy"),
        example("sample/reference.npz")
    );
    let run = s.run(&line).ok().json();
    for key in [
        "format_version",
        "samples",
        "accuracy",
        "accuracy_per_step",
        "time_steps",
        "one_shot_mismatches",
        "neurons_checked",
        "spikes_per_neuron",
        "sops_per_sample",
        "samples_per_second",
        "float_mismatched_samples",
        "float_mismatched_neurons",
    ] {
        assert!(!run[key].is_null(), "{key}");
    }
    assert_eq!((run["samples"].as_u64(), run["accuracy"].as_f64()), (Some(1500), Some(0.98)));
    assert_eq!(run["neurons_checked"], 192_000);
    for zero in ["one_shot_mismatches", "float_mismatched_neurons", "reference_mismatched_neurons"] {
        assert_eq!(run[zero], 0, "{zero}");
    }
    assert_eq!(
        run["accuracy_per_step"].as_array().expect("a list").last().and_then(|a| a.as_f64()),
        Some(0.98)
    );

    // What was dumped is what the reference says, and spikes add up to levels.
    let dump =
        |name: &str| data::read_integers(&format!("{}:{name}", s.path("all.npz").display())).expect(name);
    let (shape, levels) = dump("level/act1");
    assert_eq!(shape.0, [1500, 128]);
    assert_eq!(
        levels,
        data::read_integers(&format!("{}:level/act1", example("sample/reference.npz"))).expect("levels").1
    );
    let (shape, spikes) = dump("spike/act1");
    assert_eq!(shape.0[1..], [1500, 128]);
    let sums = spikes.chunks(1500 * 128).fold(vec![0; 1500 * 128], |mut sums, step| {
        sums.iter_mut().zip(step).for_each(|(sum, s)| *sum += s);
        sums
    });
    assert_eq!(sums, levels);
    let floats =
        |name: &str| data::read_floats(&format!("{}:{name}", s.path("all.npz").display())).expect(name);
    let (steps, logits) = (floats("logits_per_step"), floats("logits"));
    assert_eq!(steps.0.0, [shape.0[0], 1500, 10]);
    assert_eq!(steps.1[steps.1.len() - 15_000..], logits.1);

    s.run("build mlp.snn -o build --lanes 8").ok();
    let manifest = s.run("build mlp.snn -o build --json").ok().json();
    assert_eq!(manifest["top"], "snn_mnist_mlp");
    assert_eq!(s.run("inspect build --json").ok().json()["neurons"], 128);
}

#[test]
fn converting_twice_gives_the_same_bytes() {
    let s = Session::new().mlp();
    let files = ["graph.json", "weights.safetensors"].map(|f| s.path("mlp.snn").join(f));
    let before = files.clone().map(|f| fs::read(f).expect("there"));
    let s = s.mlp();
    assert_eq!(files.map(|f| fs::read(f).expect("there")), before);
    assert_eq!(s.listing().len(), 3);
}

#[test]
fn what_was_found_where() {
    let s = Session::new();
    let line = format!("convert {} -o m.snn {INPUT} --explain", fixture("qdq_per_channel_weights.onnx"));
    let told = s.run(&line).ok().stdout();
    assert!(told.contains("quantiser") && told.contains("per output channel"), "{told}");
    let floats = format!("convert {} -o f.snn {INPUT}", fixture("float_weights.onnx"));
    let told = s.run(&floats).ok().stdout();
    assert!(told.contains("float weights, taken to 24 bits") && told.contains("--weight-bits 8"), "{told}");
    let told = s.run(&format!("{floats} --weight-bits 6 --json")).ok().json();
    let patterns = told["patterns"].to_string();
    assert!(patterns.contains("rounded at import"), "{patterns}");
    // What the rounding costs, layer by layer and in total.
    let inputs = fixture("float_weights.npz");
    let told = s.run(&format!("{floats} --weight-bits 2 --calibrate {inputs}:inputs --json")).ok().json();
    let layers = told["rounding"]["layers"].as_array().expect("a list of layers");
    let names: Vec<Option<&str>> = layers.iter().map(|layer| layer["layer"].as_str()).collect();
    assert!(names.len() >= 2 && names.last() == Some(&None), "{told}");
    assert!(layers.iter().any(|layer| layer["classes_changed"].as_u64() > Some(0)), "{told}");
    let table = s.run(&format!("{floats} --weight-bits 2 --calibrate {inputs}:inputs")).ok().stdout();
    assert!(table.contains("all of them to 2 bits"), "{table}");
    s.refused(&format!("{floats} --calibrate {inputs}:inputs"), &["--weight-bits"]);
}

#[test]
fn rate_encoding_ends_at_the_same_levels() {
    let s = Session::new();
    for encoding in ["analog", "rate", "rate:5"] {
        s.run(&format!(
            "convert {} -o m.snn {INPUT} --encoding {encoding}",
            fixture("qdq_signed_activations.onnx")
        ))
        .ok();
        let inputs = fixture("qdq_signed_activations.npz");
        let run =
            s.run(&format!("run m.snn --inputs {inputs}:inputs --reference {inputs} --json")).ok().json();
        assert_eq!(run["reference_mismatched_neurons"], 0, "{encoding}");
        assert!(run["reference_neurons_checked"].as_u64().is_some_and(|n| n > 0));
    }
}

#[test]
fn fraction_bits_are_those_that_are_given() {
    let s = Session::new();
    let vit = |file: &str| repository(&format!("examples/mnist_vit/{file}")).display().to_string();
    let convert = |bits: &str| {
        format!(
            "convert {} -o vit.snn --mean 0.5 --std 0.5 --input u8 --fraction-bits {bits}",
            vit("mnist_vit.onnx")
        )
    };
    s.refused(&convert("26,24,24"), &["3 numbers of fraction bits", "four"]);
    s.refused(&convert("26,24,24,x"), &["\"x\" is not a number of bits"]);
    s.refused(&convert("26,24,24,33"), &["26, 24, 24, 33", "1…32"]);
    s.run(&convert("30,28,28,32")).ok();
    let text = s.run("inspect vit.snn").ok().stdout();
    let words = "profile wide: fraction bits of residual sums 30, of γ and β 28, of the exponential 28, of the softmax scale 32";
    assert!(text.contains(words), "{text}");
    let line = format!("run vit.snn --inputs {} --samples 8 --float --json", vit("sample/images.npy"));
    let found = s.run(&line).ok().json();
    assert_eq!(
        (&found["one_shot_mismatches"], &found["float_mismatched_neurons"]),
        (&0.into(), &0.into()),
        "{found}"
    );
    s.run(&convert("5,3,3,9")).ok();
    assert!(
        s.run("inspect vit.snn").ok().stdout().contains("profile compact: fraction bits of residual sums 5")
    );
    let found = s.run(&line).ok().json();
    assert_eq!(found["one_shot_mismatches"], 0, "{found}");
    assert!(found["float_mismatched_neurons"].as_u64().is_some_and(|neurons| neurons > 0), "{found}");
}
