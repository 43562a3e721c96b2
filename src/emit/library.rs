//! The files that do not depend on the model, which are part of the program.

use std::sync::LazyLock;

use include_dir::{Dir, File, include_dir};

/// `name => contents` of files in a folder of the repository.
macro_rules! files {
    ($folder:literal: $($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../", $folder, "/", $name)))),*]
    };
}

/// The folder of the module library.
static FOLDER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rtl");

/// Files with their contents.
type Listed = LazyLock<Vec<(&'static str, &'static str)>>;

/// The module library: what `rtl/files.f` lists, in its order.
pub(super) static RTL: Listed = LazyLock::new(|| listed("files.f"));

/// The modules of the serial shell: what `rtl/shell.f` lists, in its order.
pub(super) static SHELL: Listed = LazyLock::new(|| listed("shell.f"));

/// The files that a list in `rtl/` names. Both are part of the program; a test reads them.
fn listed(list: &str) -> Vec<(&'static str, &'static str)> {
    let text = |name: &str| FOLDER.get_file(name).and_then(File::contents_utf8);
    let lines = text(list).unwrap_or_default().lines();
    lines.map(|name| (name, text(name).unwrap_or_else(|| panic!("rtl/{list} names {name}")))).collect()
}

/// Modules that replace those of the same name in [`RTL`] if large state memories are UltraRAM.
pub(super) const ULTRA_RAM: &[(&str, &str)] = files!("rtl/xcup": "sync_ram.sv");

/// The program that talks to the shell.
pub(super) const HOST: &[(&str, &str)] = files!("host": "host.py");

/// The simulation of the shell at its pins.
pub(super) const SHELL_SIM: &[(&str, &str)] = files!("sim": "board_main.cpp");

/// The simulation side. A file here replaces the one of the same name in [`RTL`].
pub(super) const SIM: &[(&str, &str)] = files!("sim":
    "stream_link.sv",
    "neuron_taps.sv",
    "readout_taps.sv",
    "shim.h",
    "shim.cpp",
);

/// Tests of the interfaces with clients of cocotbext-axi.
pub(super) const COCOTB: &[(&str, &str)] = files!("sim/cocotb":
    "run.py",
    "bench.py",
    "test_frames.py",
    "test_malformed.py",
    "test_registers.py",
    "test_rules.py",
);
/// The clock of the stand-alone simulation.
pub(super) const SELF_CHECK: &[(&str, &str)] = files!("sim": "self_check.cpp");

/// Timing constraints.
pub(super) const CONSTRAINTS: &[(&str, &str)] = files!("constraints": "core.xdc");

/// The file list of synthesis and lint, with paths from the build folder.
pub(super) fn rtl_list(top: &str) -> String {
    let library = RTL.iter().map(|(name, _)| format!("rtl/{name}\n"));
    library.chain([format!("rtl/{top}.sv\n")]).collect()
}

/// The file list of the stand-alone simulation.
pub(super) fn self_check_list(top: &str) -> String {
    rtl_list(top) + "sim/self_check_tb.sv\n"
}

/// The file list of a complete board design: core, shell, and top level.
pub(super) fn board_list(top: &str, board: &str) -> String {
    let shell = SHELL.iter().map(|(name, _)| format!("rtl/{name}\n"));
    [rtl_list(top)].into_iter().chain(shell).chain([format!("rtl/{board}.sv\n")]).collect()
}

/// The file list of co-simulation.
pub(super) fn sim_list(top: &str) -> String {
    let library = RTL.iter().map(|(name, _)| {
        let folder = if SIM.iter().any(|(sim, _)| sim == name) { "sim" } else { "rtl" };
        format!("{folder}/{name}\n")
    });
    let only_sim = |name: &&str| name.ends_with(".sv") && RTL.iter().all(|(rtl, _)| rtl != name);
    let taps = SIM.iter().map(|(name, _)| *name).filter(only_sim).map(|name| format!("sim/{name}\n"));
    library.chain([format!("rtl/{top}.sv\n")]).chain(taps).collect()
}

#[cfg(test)]
mod tests {
    use super::{FOLDER, RTL, SHELL};

    #[test]
    fn every_module_in_the_folder_is_listed_once() {
        let listed = RTL.iter().chain(SHELL.iter()).map(|(name, _)| *name);
        let mut listed: Vec<&str> = listed.collect();
        let there = FOLDER.files().filter_map(|file| file.path().to_str());
        let mut there: Vec<&str> = there.filter(|name| name.ends_with(".sv")).collect();
        listed.sort_unstable();
        there.sort_unstable();
        assert_eq!(listed, there);
        assert!(RTL.len() > 50 && SHELL.len() > 10);
    }
}
