//! Networks that `scripts/make_vit.py` writes, and what is said where they do not fit.

use std::fs;
use std::process::Command;

use crate::common::repository;
use crate::session::{Done, Session};

/// A session with a Vision Transformer of these sizes, `vit.snn`.
fn vit(arguments: &str) -> Session {
    let s = Session::new();
    let mut command = Command::new("python3");
    command.arg(repository("scripts/make_vit.py")).arg(s.path("vit.onnx")).args(arguments.split_whitespace());
    let done = command.output().expect("python3 starts");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    s.run("convert vit.onnx -o vit.snn --input u8 --mean 0.5 --std 0.5").ok();
    s
}

const SMALL: &str = "--image 32 --patch 8 --channels 48 --heads 3 --blocks 2 --classes 10";

/// The row of the table of estimates that begins with `name`: its numbers.
fn row(done: &Done, name: &str) -> Vec<u64> {
    let text = done.stdout();
    let mut lines = text.lines().filter(|line| line.trim_start_matches(['│', ' ']).starts_with(name));
    let line = lines.next_back().unwrap_or_else(|| panic!("no row {name}\n{}", done.all()));
    let cells = line.split(['│', '┆']).map(|cell| cell.trim().replace(',', ""));
    cells.filter_map(|cell| cell.parse().ok()).collect()
}

#[test]
fn a_vision_transformer_of_the_script_goes_through_all_stages() {
    let s = vit(SMALL);
    let bytes = |name: &str| fs::read(s.path(name)).expect("written");
    assert_eq!(bytes("vit.onnx"), {
        let again = vit(SMALL);
        fs::read(again.path("vit.onnx")).expect("written")
    });
    let text = s.run("inspect vit.snn").ok().stdout();
    for word in ["blocks.1.attn.attn_quan", "softmax", "layer_norm", "w -7…7 (4 bits)"] {
        assert!(text.contains(word), "{word}\n{text}");
    }
    // It lives: neurons fire, and the network without time says the same.
    let mut npy =
        b"\x93NUMPY\x01\x00v\x00{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3, 32, 32), }".to_vec();
    npy.resize(127, b' ');
    npy.push(b'\n');
    npy.extend((0..2 * 3 * 32 * 32_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8));
    s.write("x.npy", npy);
    let found = s.run("run vit.snn --inputs x.npy --json").ok().json();
    assert_eq!(found["one_shot_mismatches"], 0, "{found}");
    assert!(found["spikes_per_neuron"].as_f64().is_some_and(|spikes| spikes > 1.0), "{found}");

    let done = s.run("build vit.snn -o b --lanes 16 --device xcu250").ok();
    let parts = ["registers and input", "patch", "blocks.0", "blocks.1", "norm_quan", "head", "tokens"];
    let all = parts.iter().filter(|part| done.stdout().contains(*part));
    assert!(all.count() > 4, "{}", done.all());
    let total = row(&done, "in total");
    let of = |name: &str| row(&done, name);
    let block = of("blocks.0");
    assert!(block.iter().zip(&total).take(4).all(|(part, all)| 3 * part < 2 * all && 5 * part > *all));
    // Block memory suffices: nothing is in UltraRAM.
    assert_eq!((block[4], total[4]), (0, 0));
    assert_eq!(of("there on xcu250"), [1_728_000, 3_456_000, 5376, 12288, 1280]);
    assert!(!done.stderr().contains("does not fit"), "{}", done.all());
}

#[test]
fn what_would_fit_is_true() {
    let s = vit(SMALL);
    let done = s.run("build vit.snn -o b --architecture streaming --lanes 16 --device xc7a35t").ok();
    let text = done.stderr();
    for words in [
        "does not fit xc7a35t (LUT ",
        "% too many",
        "the same network, ",
        "at most, smallest FIFOs: does not fit, ",
        "with weights of 2 bits",
        "levels",
    ] {
        assert!(text.contains(words), "{words}\n{}", done.all());
    }
    // The device that is named holds it, in the lanes that were tried.
    let holder = text.split("smallest device that holds it as it is: ").nth(1).expect("a device");
    let holder = holder.split([';', '\n']).next().expect("a name");
    let fits = |device: &str, lanes: usize| {
        let line = format!("build vit.snn -o b --device {device} --lanes {lanes} --join-fifos minimal");
        !s.run(&line).ok().stderr().contains("does not fit")
    };
    assert!([32, 16, 8, 4, 2, 1].into_iter().any(|lanes| fits(holder, lanes)), "{holder}\n{text}");
    assert!(![32, 16, 8, 4, 2, 1].into_iter().any(|lanes| fits("xc7a35t", lanes)));

    // What fewer bits of a weight are said to need is what such a network needs.
    let line = text.lines().find(|line| line.contains("with weights of 2 bits,")).expect("a line");
    let lanes = line.split("bits, ").nth(1).and_then(|rest| rest.split(' ').next()).expect("lanes");
    let said = line.split("LUT ").nth(1).and_then(|rest| rest.split(" of").next()).expect("a number");
    let said: f64 = said.replace(',', "").parse().expect("a number");
    let narrow = vit(&format!("{SMALL} --weight-bits 2"));
    let line = format!("build vit.snn -o b --device xc7a35t --lanes {lanes} --join-fifos minimal");
    let needs = row(&narrow.run(&line).ok(), "in total")[0];
    assert!((said / needs as f64 - 1.0).abs() < 0.05, "{said} said, {needs} needed\n{text}");
}

#[test]
fn explore_says_what_would_fit() {
    let s = Session::new().mlp();
    let images = crate::session::example("sample/images.npy");
    let done = s.run(&format!("explore mlp.snn --calibrate {images} --device ice40up5k"));
    assert_eq!(done.output.status.code(), Some(1), "{}", done.all());
    for words in ["no design fits", "with weights of", "smallest device that holds it"] {
        assert!(done.stderr().contains(words), "{words}\n{}", done.all());
    }
}

/// The plan of docs/large-networks.md: all memories of a ViT-Small whose weights are outside the chip are in a KV260.
#[test]
#[ignore = "takes a minute"]
fn a_vit_small_fits_a_kv260() {
    let s = vit("");
    let machine = "--loadable --weights external --weight-ring 2048 --lanes 384 --spikes 4 --fire-lanes 32 --fetch-width 128";
    let done = s.run(&format!("build vit.snn -o b {machine} --row-lanes 8 --target kv260")).ok();
    // LUT, FF, RAMB18, DSP48E2, URAM288.
    let (needed, there) = (row(&done, "in total"), row(&done, "there on xck26"));
    assert!(needed.iter().zip(&there).all(|(needed, there)| needed <= there), "{}", done.all());
    assert_eq!((needed.len(), needed[2], needed[4]), (5, 288, 64), "{}", done.all());
}

/// Takes minutes: `cargo test --test cli full_size -- --ignored`. docs/large-networks.md has its figures.
#[test]
#[ignore = "takes minutes and a gigabyte"]
fn full_size() {
    let s = vit("");
    s.run("inspect vit.snn").ok();
    let start = std::time::Instant::now();
    let done = s.run("build vit.snn -o b --architecture streaming --target u250").ok();
    println!("{} s\n{}", start.elapsed().as_secs(), done.all());
    assert!(done.stderr().contains("does not fit xcu250"), "{}", done.all());
}
