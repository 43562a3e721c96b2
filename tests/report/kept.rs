//! Files as the other commands leave them, with figures that are easy to tell apart.

use std::fs;
use std::path::Path;

use snn2rtl::cosim::{self, Spread, StageWork, Stops};
use snn2rtl::emit;
use snn2rtl::place::{self, Clock, CriticalPath, Leg, Location, Placement, Resource};
use snn2rtl::report::{Exploration, Explored, Spikes};
use snn2rtl::streaming::design::{LayerFolding, Options};
use snn2rtl::synth::{self, Figures, ModuleUse, Utilisation};
use snn2rtl::target::{Family, Short};

/// All of them, of the folder's own stages.
pub fn write(build: &Path) {
    fs::create_dir_all(build.join("reports")).expect("a folder");
    let manifest = emit::read_manifest(build).expect("a build folder");
    let stages: Vec<_> = manifest.stages.iter().map(|s| (s.node.clone(), s.module.clone())).collect();
    for stall in [None, Some(7)] {
        cosim::save(build, &run(&stages, stall)).expect("kept");
    }
    let json = |name: &str, value: serde_json::Value| {
        fs::write(build.join("reports").join(name), value.to_string()).expect("written");
    };
    for (family, lut) in [(Family::Xc7, 12_345), (Family::Ecp5, 23_456)] {
        let value = serde_json::to_value(utilisation(&stages, family, lut)).expect("JSON");
        json(&format!("utilisation_{family}.json"), value);
    }
    let node = &stages[0].0;
    json("place_ecp5.json", serde_json::to_value(placement(node)).expect("JSON"));
    exploration(node).save(build).expect("kept");
}

/// A co-simulation in which stage n works 100 n + 111 cycles of 2,222.
pub fn run(stages: &[(String, String)], stall: Option<u64>) -> cosim::Report {
    let spread = |mean, max| Spread { mean, max };
    let work = |(stage, (node, module)): (usize, &(String, String))| StageWork {
        stage,
        node: node.clone(),
        module: module.clone(),
        cycles: 100.0 * stage as f64 + 111.0,
        spikes: 3.0,
    };
    cosim::Report {
        memory_port: None,
        samples: 9,
        time_steps: spread(6.5, 8),
        neurons_checked: 4_321,
        spikes_checked: if stall.is_some() { 77_777 } else { 54_321 },
        spikes_fired: 999,
        registers_checked: 40,
        mismatches: 0,
        first_mismatch: None,
        stall,
        t_max: None,
        stops: Stops { quiescent: 9, ..Stops::default() },
        cycles_per_sample: spread(2_222.0, 3_333),
        latency_cycles: spread(4_444.0, 5_555),
        first_latency_cycles: None,
        cycles_lower_bound: 1_999.0,
        busiest_engine: stages[0].0.clone(),
        busiest_utilisation: Some(0.8765),
        adders: None,
        stages: stages.iter().enumerate().map(work).collect(),
        per_sample: Vec::new(),
        simulated_cycles: 20_000,
        simulated_cycles_per_second: 1e5,
    }
}

fn utilisation(stages: &[(String, String)], family: Family, lut: u64) -> Utilisation {
    let figures = |lut| Figures { lut, ff: lut / 2 + 1, bram: 17, dsp: 4, lutram: 88, ..Figures::default() };
    let module = |(n, (_, module)): (usize, &(String, String))| ModuleUse {
        instance: format!("u_s{n}_x"),
        module: module.clone(),
        figures: figures(1_000 + n as u64),
    };
    Utilisation {
        format_version: synth::FORMAT_VERSION,
        family,
        tool: "yosys".into(),
        tool_version: "0.70".into(),
        top: "snn".into(),
        command: family.command(false).into(),
        seconds: 1.0,
        bram_unit: family.bram_unit().into(),
        logic_depth: None,
        total: figures(lut),
        modules: stages.iter().enumerate().map(module).collect(),
    }
}

fn placement(node: &str) -> Placement {
    let at = |cell: &str| Location {
        instance: "u_s0_x".into(),
        module: Some("spike_matmul".into()),
        node: Some(node.to_owned()),
        cell: cell.into(),
    };
    let path = CriticalPath {
        launch: "posedge clk_i".into(),
        capture: "posedge clk_i".into(),
        from: at("a"),
        to: at("b"),
        delay_ns: 11.27,
        legs: vec![Leg {
            instance: "u_s0_x".into(),
            node: Some(node.to_owned()),
            levels: 5,
            logic_ns: 4.17,
            routing_ns: 7.13,
        }],
        hops: Vec::new(),
    };
    Placement {
        format_version: place::FORMAT_VERSION,
        family: Family::Ecp5,
        device: "LFE5U-85F-6BG381C".into(),
        tool: "nextpnr-ecp5".into(),
        tool_version: "0.11.1".into(),
        top: "port_chain".into(),
        core: "snn".into(),
        seed: 3,
        target_mhz: 80.0,
        seconds: 1.0,
        clocks: vec![Clock { name: "clk_i".into(), achieved_mhz: 88.7, target_mhz: 80.0 }],
        slack: None,
        synthesised: Figures::default(),
        resources: vec![Resource { cell: "TRELLIS_COMB".into(), used: 8_400, available: 84_000 }],
        critical_paths: vec![path],
        bitstream: None,
    }
}

pub fn exploration(node: &str) -> Exploration {
    // The third design is larger and slower than the fourth, and lacks multipliers.
    let design = |n: u64| Explored {
        cycles: if n == 3 { 15_000.0 } else { 40_960.0 / n as f64 },
        samples_per_second: 1e8 * n as f64 / 40_960.0,
        lut: if n == 3 { 9_999 } else { 3_000 + 1_357 * n },
        ff: 2_000,
        bram: 5,
        dsp: 1,
        busiest: node.to_owned(),
        fits: Some(n != 3),
        short: if n == 3 { Short::of([("DSP", 99, 90)]) } else { Vec::new() },
        on_frontier: false,
        chosen: n == 2,
        memory: None,
        folding: Options {
            layers: [(node.to_owned(), LayerFolding::lanes(n as usize))].into(),
            ..Options::default()
        }
        .into(),
    };
    let mut found = Exploration {
        model: "m".into(),
        family: Family::Xc7,
        calibrated: true,
        clock_hz: 1e8,
        spikes: Spikes::Measured { samples: 4 },
        sized_for: None,
        designs: (1..5).map(design).collect(),
    };
    found.mark_frontier();
    found
}
