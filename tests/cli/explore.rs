//! Designs from the smallest to the fastest, and the one that meets a goal.

use std::fs;

use crate::session::{Session, example};

#[test]
fn the_frontier_and_what_is_taken_of_it() {
    let s = Session::new().mlp();
    let images = example("sample/images.npy");
    let line = format!(
        "explore mlp.snn --architecture streaming --calibrate {images} --fps 60000 --svg f.svg --json"
    );
    let found = s.run(&line).ok().json();
    assert_eq!((&found["model"], &found["clock_hz"]), (&"mnist_mlp".into(), &1e8.into()));
    let designs = found["designs"].as_array().expect("a list");
    let cycles: Vec<f64> =
        designs.iter().map(|d| d["cycles_per_sample"].as_f64().expect("a number")).collect();
    assert!(cycles.windows(2).all(|pair| pair[1] < pair[0]), "{cycles:?}");
    assert!(10.0 * cycles[cycles.len() - 1] < cycles[0], "{cycles:?}");
    // The slowest of those that are fast enough.
    let chosen: Vec<usize> = (0..designs.len()).filter(|&n| designs[n]["chosen"] == true).collect();
    let [chosen] = chosen[..] else { panic!("{chosen:?}") };
    assert!(cycles[chosen] <= 1e8 / 60_000.0 && cycles[chosen - 1] > 1e8 / 60_000.0, "{cycles:?}");
    let picture = fs::read_to_string(s.path("f.svg")).expect("a picture");
    assert!(picture.starts_with("<svg") && picture.contains("clock cycles per sample"), "{picture}");

    // What is built is that design.
    let line = format!(
        "build mlp.snn -o out --architecture streaming --calibrate {images} --fps 60000 --device xc7a35t --json"
    );
    let manifest = s.run(&line).ok().json();
    let lanes = |node: &str| manifest["folding"]["layers"][node]["lanes"].clone();
    for node in ["fc1", "act1", "fc2"] {
        assert_eq!(lanes(node), designs[chosen]["folding"]["layers"][node]["lanes"], "{node}");
    }
    // And the report of the build shows it.
    let kept = s.run("report out --json").ok().json()["explorations"][0]["designs"].clone();
    let cycles = |designs: &serde_json::Value| -> Vec<f64> {
        let designs = designs.as_array().expect("a list").iter();
        designs.map(|design| design["cycles_per_sample"].as_f64().expect("a number")).collect()
    };
    assert!(cycles(&kept) == cycles(&found["designs"]) && kept[chosen]["chosen"] == true, "{kept}");
    // Of a small device the largest part that fits, not the fastest there is.
    let line = format!("explore mlp.snn --calibrate {images} --device xc7a35t --json");
    let small = s.run(&line).ok().json();
    // Of a build folder it stays there.
    let line = format!("explore out --architecture streaming --calibrate {images} --device lfe5u-85f --json");
    let other = s.run(&line).ok().json();
    let text = fs::read_to_string(s.path("out/reports/explore_ecp5.json")).expect("kept");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&text).expect("JSON"), other);
    for design in small["designs"].as_array().expect("a list") {
        let short = design["short"].as_array().expect("a list");
        assert_eq!(design["fits"], short.is_empty(), "{design}");
        assert!(short.iter().all(|s| s["needed"].as_u64() > s["available"].as_u64()), "{design}");
    }
    // Each design that does not fit says why, in JSON and in the table.
    let line = format!("explore mlp.snn --calibrate {images} --device ice40up5k");
    let table = s.run(&line).stdout();
    assert!(table.contains("no: SB_RAM40_4K +") && !table.contains("no │"), "{table}");
}

/// Sizes of overlays: explored beside streaming designs, and chosen for a goal.
#[test]
fn overlays_are_explored_and_chosen() {
    let s = Session::new().mlp();
    let images = example("sample/images.npy");
    let found =
        s.run(&format!("explore mlp.snn --architecture both --calibrate {images} --svg b.svg --json"));
    let found = found.ok().json();
    let designs = found["designs"].as_array().expect("a list");
    let is_overlay = |design: &serde_json::Value| design["folding"]["architecture"] == "overlay";
    let of = |overlay: bool| designs.iter().filter(|design| is_overlay(design) == overlay).count();
    assert!(of(true) > 4 && of(false) > 4, "{found}");
    assert_eq!(designs.iter().filter(|design| design["chosen"] == true).count(), 1);
    let cycles: Vec<f64> =
        designs.iter().map(|d| d["cycles_per_sample"].as_f64().expect("a number")).collect();
    assert!(cycles.windows(2).all(|pair| pair[1] <= pair[0]), "{cycles:?}");
    let picture = fs::read_to_string(s.path("b.svg")).expect("a picture");
    assert!(picture.contains("squares: streaming"), "{picture}");
    let table =
        s.run(&format!("explore mlp.snn --architecture overlay --calibrate {images} --luts 3000")).ok();
    assert!(table.stdout().contains("P, G, W, F"), "{}", table.all());
    let chosen = table.stdout().lines().find(|line| line.contains('→')).expect("chosen").to_owned();

    // What is built has these sizes, and at most so many look-up tables.
    let line = format!("build mlp.snn -o out --architecture overlay --calibrate {images} --luts 3000");
    let built = s.run(&line).ok().stdout();
    let sizes = built.lines().find_map(|line| line.strip_prefix("sizes P, G, W, F: ")).expect("sizes");
    let sizes = sizes.trim_end_matches(" chosen");
    assert!(chosen.contains(&format!("overlay {sizes} ")), "{chosen}\n{built}");
    let kept = s.run("report out --json").ok().json()["explorations"][0]["designs"].clone();
    let kept =
        kept.as_array().expect("a list").iter().find(|d| d["chosen"] == true).cloned().expect("chosen");
    assert!(kept["lut"].as_u64().expect("a number") <= 3000, "{kept}");
    // Sizes that are given stay; the others are chosen.
    let line = format!(
        "build mlp.snn -o fast --architecture overlay --calibrate {images} --fps 20000 --clock 50 --spikes 1 --json"
    );
    let folding = s.run(&line).ok().json()["folding"].clone();
    assert_eq!(folding["spikes"], 1, "{folding}");

    for (arguments, code, problem) in [
        ("--luts 900", 1, "the smallest overlay ("),
        ("--fps 900000", 1, "the fastest overlay ("),
        ("--device ice40up5k --fit", 1, "no overlay fits"),
        ("--fit", 2, "--fit needs something to fit"),
        ("--luts 5 --fps 5", 2, "cannot be used with"),
        ("--lanes 6 --luts 5000", 2, "6 lanes"),
    ] {
        let before = s.listing();
        let done =
            s.run(&format!("build mlp.snn -o no --architecture overlay --calibrate {images} {arguments}"));
        assert_eq!(done.output.status.code(), Some(code), "{}", done.all());
        assert!(done.stderr().contains(problem) && done.listing == before, "{}", done.all());
    }
    let line =
        format!("build mlp.snn -o no --architecture streaming --lanes 4 --calibrate {images} --luts 5000");
    let done = s.run(&line);
    assert!(done.stderr().contains("--lanes cannot be used with --calibrate"), "{}", done.all());
}

#[test]
fn goals_that_cannot_be_met_are_said() {
    let s = Session::new().mlp();
    let images = example("sample/images.npy");
    // Without a name of an architecture, the streaming one tells what would fit.
    for (arguments, code, problem) in [
        ("--fps 900000000".to_owned(), 1, "the fastest design takes"),
        ("--device ice40up5k".to_owned(), 1, "no design fits"),
        ("--fit".to_owned(), 2, "--fit needs something to fit"),
        ("--fps -1".to_owned(), 2, "must be above 0"),
        ("--fps 5 --clock 0".to_owned(), 2, "must be above 0"),
    ] {
        let line = format!("build mlp.snn -o out --calibrate {images} {}", arguments.replace(" -1", "=-1"));
        let before = s.listing();
        let done = s.run(&line);
        assert_eq!(done.output.status.code(), Some(code), "{}", done.all());
        assert!(done.stderr().contains(problem) && done.listing == before, "{}", done.all());
    }
    // Without samples random ones are taken, and that is said.
    let done = s.run("explore mlp.snn").ok();
    assert!(done.stdout().contains("spikes: of 2 random samples (--calibrate"), "{}", done.all());
}

/// Weights from memory: cycles include the time of the port, and what memory limits is marked.
#[test]
fn designs_know_the_memory_of_their_weights() {
    let s = Session::new().mlp();
    let images = example("sample/images.npy");
    let line = format!("explore mlp.snn --architecture overlay --calibrate {images}");
    let inside = s.run(&format!("{line} --json")).ok().json();
    let external = format!("{line} --weights external --bus-width 32");
    let found = s.run(&format!("{external} --svg m.svg --json")).ok().json();
    let designs = found["designs"].as_array().expect("a list");
    let number = |value: &serde_json::Value| value.as_f64().expect("a number");
    for design in designs {
        let (cycles, memory) = (number(&design["cycles_per_sample"]), &design["memory"]);
        let [weights, compute] = ["weight_cycles", "compute_cycles"].map(|key| number(&memory[key]));
        assert!(cycles >= 0.999 * weights.max(compute), "{design}");
        assert_eq!(memory["limits"], weights > compute, "{design}");
        assert_eq!(number(&memory["weight_bytes"]), 4.0 * weights, "{design}");
        assert_eq!(design["folding"]["machine"]["bus_width"], 32, "{design}");
    }
    let fastest = |found: &serde_json::Value| {
        let designs = found["designs"].as_array().expect("a list").iter();
        designs.map(|design| number(&design["cycles_per_sample"])).fold(f64::INFINITY, f64::min)
    };
    // A perceptron uses each weight once: 101,632 bytes at 4 bytes a cycle.
    assert!(fastest(&found) > 25_000.0 && fastest(&inside) < 1_000.0, "{found}");
    assert!(designs.iter().any(|design| design["memory"]["limits"] == true), "{found}");
    assert!(inside["designs"][0].get("memory").is_none(), "{inside}");
    let picture = fs::read_to_string(s.path("m.svg")).expect("a picture");
    assert!(picture.contains("triangles: limited by memory"), "{picture}");
    let table = s.run(&external).ok().stdout();
    assert!(table.contains("limited by") && table.contains("memory: 25,"), "{table}");

    // A port of a board gives no more than its memory.
    let board = |clock: &str| {
        let line = format!("{line} --weights external --bus-width 512 --target u250 {clock} --json");
        let found = s.run(&line).ok().json();
        number(&found["designs"][0]["memory"]["bytes_per_cycle"])
    };
    assert_eq!((board("--clock 200"), board("--clock 400")), (64.0, 48.0));

    let build = |options: &str| {
        let line = format!("build mlp.snn -o e --architecture overlay --loadable --calibrate {images}");
        s.run(&format!("{line} {options}"))
    };
    let built = build("--weights external --bus-width 64 --fps 5000 --json").ok().json();
    assert_eq!(built["folding"]["machine"]["bus_width"], 64, "{built}");
    let kept = s.run("report e --json").ok().json()["explorations"][0]["designs"].clone();
    let chosen = kept.as_array().expect("a list").iter().find(|design| design["chosen"] == true);
    assert_eq!(chosen.expect("chosen")["folding"], built["folding"]);
    for (options, code, problem) in [
        ("--weights external --bus-width 32 --fps 9000", 1, "memory limits it: 10"),
        ("", 2, "--calibrate without a goal"),
        ("--weights external --target arty-a7-35t --fit", 2, "no memory that the core reaches"),
        ("--weights external --bus-width 33 --fps 9", 2, "a bus of 33 bits"),
        ("--bus-width 32 --fps 9", 2, "is for weights in memory"),
    ] {
        let done = build(options);
        assert_eq!(done.output.status.code(), Some(code), "{options}: {}", done.all());
        assert!(done.stderr().contains(problem), "{options}: {}", done.all());
    }
    let done = s.run("explore mlp.snn --architecture streaming --weights external");
    assert!(done.stderr().contains("an option of the overlay architecture"), "{}", done.all());
}
