//! The files that do not depend on the model, carried inside the program, and which of them a design needs.

use std::collections::BTreeSet;
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
    "bind_spike_neurons.sv",
    "bind_row_taps.sv",
    "overlay_fire_taps.sv",
    "bind_overlay_row_fire.sv",
    "overlay_layer_norm_taps.sv",
    "overlay_sum_neurons_taps.sv",
    "overlay_softmax_taps.sv",
    "overlay_logits_taps.sv",
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

/// A file of the library: its name and its text.
type Source = (&'static str, &'static str);

/// The files of the library that a design needs, and the lists of them, with paths from the build folder.
pub(super) struct Sources<'a> {
    /// Top-level module of the core.
    top: &'a str,
    /// Modules, in the order of the library.
    pub rtl: Vec<Source>,
    /// The simulation side.
    pub sim: Vec<Source>,
}

impl<'a> Sources<'a> {
    /// What the text of the top level names, and what that names in turn; with `shell` also what the serial shell needs.
    pub fn new(top: &'a str, text: &str, shell: bool) -> Self {
        let mut needed = BTreeSet::new();
        let mut open: Vec<&str> = vec![text];
        if shell {
            open.extend(SHELL.iter().map(|(_, text)| *text));
        }
        while let Some(text) = open.pop() {
            let words = words(text);
            for (name, text) in RTL.iter().filter(|(name, _)| words.contains(stem(name))) {
                if needed.insert(*name) {
                    open.push(text);
                    // What replaces it in simulation or with UltraRAM may need other modules.
                    let others = SIM.iter().chain(ULTRA_RAM).filter(|(other, _)| other == name);
                    open.extend(others.map(|(_, text)| *text));
                }
            }
        }
        let rtl = RTL.iter().copied().filter(|(name, _)| needed.contains(name)).collect();
        // Taps that are bound to a module are there where the module is.
        let is_module = |module: &&str| RTL.iter().any(|(name, _)| stem(name) == *module);
        let bound = |name: &str| {
            let bound = stem(name).strip_prefix("bind_").or(stem(name).strip_suffix("_taps"));
            bound.filter(is_module).is_none_or(|module| needed.iter().any(|name| stem(name) == module))
        };
        let sim = SIM.iter().copied().filter(|(name, _)| bound(name)).collect();
        Self { top, rtl, sim }
    }

    /// The list that synthesis and lint read.
    pub fn rtl_list(&self) -> String {
        let library = self.rtl.iter().map(|(name, _)| format!("rtl/{name}\n"));
        library.chain([format!("rtl/{}.sv\n", self.top)]).collect()
    }

    /// The list of the stand-alone simulation.
    pub fn self_check_list(&self) -> String {
        self.rtl_list() + "sim/self_check_tb.sv\n"
    }

    /// The list for a whole board: core, shell, and the top level that holds both.
    pub fn board_list(&self, board: &str) -> String {
        let shell = SHELL.iter().map(|(name, _)| format!("rtl/{name}\n"));
        [self.rtl_list()].into_iter().chain(shell).chain([format!("rtl/{board}.sv\n")]).collect()
    }

    /// The list that co-simulation reads.
    pub fn sim_list(&self) -> String {
        let library = self.rtl.iter().map(|(name, _)| {
            let folder = if SIM.iter().any(|(sim, _)| sim == name) { "sim" } else { "rtl" };
            format!("{folder}/{name}\n")
        });
        let only_sim = |name: &&str| name.ends_with(".sv") && RTL.iter().all(|(rtl, _)| rtl != name);
        let taps = self.sim.iter().map(|(name, _)| *name).filter(only_sim);
        let taps = taps.map(|name| format!("sim/{name}\n"));
        library.chain([format!("rtl/{}.sv\n", self.top)]).chain(taps).collect()
    }
}

/// The name of the module in a file.
fn stem(file: &str) -> &str {
    let file = file.rsplit_once('/').map_or(file, |(_, file)| file);
    file.strip_suffix(".sv").unwrap_or(file)
}

/// Identifiers outside of comments that run to the end of a line.
fn words(text: &str) -> BTreeSet<&str> {
    let code = text.lines().filter_map(|line| line.split("//").next());
    code.flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')).collect()
}

#[cfg(test)]
mod tests {
    use super::{FOLDER, RTL, SHELL, Sources, stem, words};

    #[test]
    fn every_module_in_the_folder_is_listed_once() {
        let listed = RTL.iter().chain(SHELL.iter()).map(|(name, _)| *name);
        let mut listed: Vec<&str> = listed.collect();
        let folders = ["axi", "overlay"].map(|name| FOLDER.get_dir(name).expect("a folder"));
        let folders = folders.into_iter().flat_map(include_dir::Dir::files);
        let there = FOLDER.files().chain(folders).filter_map(|file| file.path().to_str());
        let mut there: Vec<&str> = there.filter(|name| name.ends_with(".sv")).collect();
        listed.sort_unstable();
        there.sort_unstable();
        assert_eq!(listed, there);
        assert!(RTL.len() > 50 && SHELL.len() > 10);
    }

    #[test]
    fn a_design_has_the_modules_that_it_names_and_no_others() {
        let sources =
            Sources::new("top", "module top; // spike_product\n  spike_matmul #() u_a ();\nendmodule", false);
        let names: Vec<&str> = sources.rtl.iter().map(|(name, _)| stem(name)).collect();
        assert!(names.contains(&"spike_matmul") && names.contains(&"matmul_engine"), "{names:?}");
        assert!(!names.contains(&"spike_product") && !names.contains(&"layer_norm_neurons"), "{names:?}");
        assert!(!sources.sim_list().contains("bind_row_taps"));
        // Nothing that is named is missing, and the order is the library's.
        for (name, text) in &sources.rtl {
            let words = words(text);
            let missing =
                RTL.iter().map(|(name, _)| stem(name)).find(|m| words.contains(m) && !names.contains(m));
            assert_eq!(missing, None, "{name}");
        }
        let order: Vec<&str> = RTL.iter().map(|(name, _)| stem(name)).filter(|n| names.contains(n)).collect();
        assert_eq!(names, order);
    }
}
