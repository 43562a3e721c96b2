//! Data goes one way: each module uses only those that come before it, and what is delicate lives in one module.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each module and what it may use, in the order of the data.
const MODULES: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("interrupt", &["error"]),
    ("folder", &["error", "interrupt"]),
    ("cache", &["error", "folder"]),
    ("graph", &["error"]),
    ("operators", &["graph"]),
    ("quant", &["error"]),
    ("float", &["graph", "quant"]),
    ("data", &["error", "folder", "graph", "quant"]),
    ("qann", &["error", "float", "graph", "quant"]),
    ("import", &["error", "graph", "qann", "quant"]),
    ("snn", &["error", "float", "folder", "graph", "operators", "quant"]),
    ("convert", &["error", "graph", "qann", "quant", "snn"]),
    ("integer", &["error", "graph", "operators", "quant"]),
    ("lower", &["error", "graph", "integer", "quant", "snn"]),
    ("nir", &["error", "graph", "quant", "snn"]),
    ("golden", &["error", "graph", "integer"]),
    ("compact", &["data", "error", "golden", "integer", "lower", "quant", "snn"]),
    ("split", &["error", "graph", "integer", "lower", "quant", "snn"]),
    ("target", &["error", "folder"]),
    ("registers", &[]),
    ("hardware", &["error", "golden", "quant", "target"]),
    (
        "streaming",
        &["data", "error", "golden", "graph", "hardware", "integer", "quant", "registers", "target"],
    ),
    ("overlay", &["data", "error", "golden", "graph", "hardware", "integer", "registers", "target"]),
    ("architecture", &["data", "error", "golden", "hardware", "integer", "overlay", "streaming", "target"]),
    ("advice", &["architecture", "error", "hardware", "integer", "lower", "quant", "snn", "target"]),
    ("tool", &["cache", "error", "folder", "interrupt"]),
    (
        "emit",
        &[
            "architecture",
            "error",
            "folder",
            "golden",
            "hardware",
            "integer",
            "lower",
            "quant",
            "registers",
            "snn",
            "target",
            "tool",
        ],
    ),
    (
        "cosim",
        &[
            "architecture",
            "cache",
            "data",
            "emit",
            "error",
            "folder",
            "golden",
            "hardware",
            "interrupt",
            "lower",
            "quant",
            "registers",
            "snn",
            "tool",
        ],
    ),
    ("synth", &["error", "folder", "interrupt", "target", "tool"]),
    ("place", &["error", "folder", "interrupt", "synth", "target", "tool"]),
    (
        "report",
        &[
            "architecture",
            "cosim",
            "data",
            "emit",
            "error",
            "folder",
            "golden",
            "integer",
            "lower",
            "place",
            "quant",
            "snn",
            "synth",
            "target",
        ],
    ),
    (
        "flow",
        &[
            "advice",
            "architecture",
            "compact",
            "convert",
            "cosim",
            "data",
            "emit",
            "error",
            "folder",
            "golden",
            "graph",
            "hardware",
            "import",
            "integer",
            "lower",
            "nir",
            "place",
            "qann",
            "quant",
            "report",
            "snn",
            "split",
            "synth",
            "target",
            "tool",
        ],
    ),
];

/// Words that only these modules may use.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("num_bigint", &["import", "lower"]),
    ("num_rational", &["import", "lower"]),
    ("unsafe {", &["cosim"]),
    ("process::Command", &["interrupt", "tool"]),
    ("signal_hook::", &["interrupt"]),
    ("rustix::", &["interrupt"]),
    ("prost::", &["import"]),
    ("askama::", &["emit", "overlay", "report", "streaming"]),
    ("safetensors::", &["snn"]),
    ("hdf5_reader::", &["nir"]),
    ("zip::ZipArchive", &["data"]),
    ("toml::", &["target", "tool"]),
    ("roxmltree::", &["cosim"]),
    ("clap::", &["cli", "main"]),
    ("plotters::", &["report"]),
    ("indicatif::", &["cli", "tool"]),
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every Rust file of `src/` with the module it belongs to.
fn files() -> Vec<(String, PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![source()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let relative = path.strip_prefix(source()).expect("below src");
                let first = relative.components().next().expect("a name").as_os_str().to_string_lossy();
                let text = fs::read_to_string(&path).expect("text");
                found.push((first.trim_end_matches(".rs").to_owned(), path, text));
            }
        }
    }
    found
}

/// The modules that a text names after `crate::`, `use crate::{a::b, c}` included.
fn used(text: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    let name = |s: &str| -> String {
        s.trim_start().chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect()
    };
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            used.insert(name(rest));
            continue;
        };
        let mut depth = 0;
        let mut start = 0;
        for (i, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => {
                    used.insert(name(&group[start..i]));
                    break;
                }
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    used.insert(name(&group[start..i]));
                    start = i + 1;
                }
                _ => {}
            }
        }
    }
    used.remove("");
    used
}

#[test]
fn each_module_uses_only_those_before_it() {
    for (index, (module, allowed)) in MODULES.iter().enumerate() {
        let before: Vec<&str> = MODULES[..index].iter().map(|(name, _)| *name).collect();
        assert!(allowed.iter().all(|name| before.contains(name)), "the table's order, at {module}");
    }
    for (module, path, text) in files() {
        if ["cli", "lib", "main"].contains(&module.as_str()) {
            continue;
        }
        let row = MODULES.iter().find(|(name, _)| *name == module);
        let (_, allowed) = row.unwrap_or_else(|| panic!("{module} is not in the table"));
        for name in used(&text) {
            assert!(
                name == module || allowed.contains(&name.as_str()),
                "{} uses crate::{name}",
                path.display()
            );
        }
    }
}

/// Only one module knows which architectures there are: stages, streams and the like are nobody else's business.
#[test]
fn an_architecture_is_reached_through_its_interface() {
    let architectures = ["overlay", "streaming"];
    for (module, path, text) in files() {
        for name in architectures.iter().filter(|name| used(&text).contains(**name)) {
            assert!(
                module == *name || module == "architecture",
                "{} uses crate::{name}; that belongs behind crate::architecture",
                path.display()
            );
        }
    }
}

/// The module path of a file: `emit::vivado::tcl`.
fn module_path(path: &Path) -> Vec<String> {
    let relative = path.strip_prefix(source()).expect("below src").with_extension("");
    let mut parts: Vec<String> = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    parts.pop_if(|last| last == "mod");
    parts
}

/// The names after `super::`, with the number of times that it stands before them.
fn above(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("super::") {
        if text[..at].ends_with("super::") {
            continue;
        }
        let mut rest = &text[at..];
        let mut up = 0;
        while let Some(after) = rest.strip_prefix("super::") {
            (rest, up) = (after, up + 1);
        }
        let names = match rest.strip_prefix('{') {
            Some(group) => group.split(';').next().unwrap_or(group),
            None => rest,
        };
        let end = if rest.starts_with('{') { names.len() } else { 0 };
        let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
        match end {
            0 => found.push((up, names.split(word).next().unwrap_or_default().to_owned())),
            end => found.extend(names[..end].split(word).map(|name| (up, name.to_owned()))),
        }
    }
    found
}

/// Files and folders beside each other that use each other: of each, whom it uses.
fn neighbours() -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
    let files = files();
    let known: BTreeSet<Vec<String>> = files.iter().map(|(_, path, _)| module_path(path)).collect();
    let mut uses: BTreeMap<Vec<String>, BTreeSet<Vec<String>>> = BTreeMap::new();
    for (_, path, text) in &files {
        let own = module_path(path);
        let code = text.split("#[cfg(test)]").next().unwrap_or(text);
        for (up, name) in above(code).into_iter().filter(|(up, _)| (1..=own.len()).contains(up)) {
            let (folder, below) = own.split_at(own.len() - up);
            let [used, user] = [&name, &below[0]].map(|last| [folder, std::slice::from_ref(last)].concat());
            if used != user && !folder.is_empty() && known.contains(&used) {
                uses.entry(user).or_default().insert(used);
            }
        }
    }
    uses
}

/// A circle that can be reached from a file, if there is one.
fn circle(uses: &BTreeMap<Vec<String>, BTreeSet<Vec<String>>>, way: &mut Vec<Vec<String>>) -> bool {
    let Some(next) = way.last().and_then(|last| uses.get(last)) else { return false };
    for used in next {
        let again = way.contains(used);
        way.push(used.clone());
        if again || circle(uses, way) {
            return true;
        }
        way.pop();
    }
    false
}

#[test]
fn files_of_a_module_do_not_use_each_other_in_circles() {
    let uses = neighbours();
    assert!(uses.len() > 50, "{} files use others", uses.len());
    for file in uses.keys() {
        let mut way = vec![file.clone()];
        assert!(!circle(&uses, &mut way), "a circle: {way:?}");
    }
}

#[test]
fn circles_are_found() {
    let file = |name: &str| vec!["m".to_owned(), name.to_owned()];
    let of = |pairs: &[(&str, &str)]| {
        let mut uses: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (user, used) in pairs {
            uses.entry(file(user)).or_default().insert(file(used));
        }
        circle(&uses, &mut vec![file("a")])
    };
    assert!(of(&[("a", "b"), ("b", "c"), ("c", "b")]));
    assert!(!of(&[("a", "b"), ("a", "c"), ("b", "c")]));
}

#[test]
fn names_above_are_read() {
    let text = "use super::{a::{self, B}, c};\nsuper::super::d::E; super::f()";
    let expected = [(1, "a"), (1, "c"), (2, "d"), (1, "f")].map(|(up, name)| (up, name.to_owned()));
    let found = above(text);
    assert!(expected.iter().all(|name| found.contains(name)), "{found:?}");
}

#[test]
fn what_is_delicate_lives_in_one_module() {
    for (module, path, text) in files() {
        for (word, modules) in ONLY_IN {
            assert!(
                modules.contains(&module.as_str()) || !text.contains(word),
                "{} contains {word:?}, which belongs into {modules:?}",
                path.display()
            );
        }
    }
}

#[test]
fn groups_of_names_are_read() {
    let text = "use crate::{folder, lower::{a, b}, snn};\nuse crate::error::Error; crate::graph::X";
    let expected = ["error", "folder", "graph", "lower", "snn"].map(String::from);
    assert_eq!(used(text), BTreeSet::from(expected));
}
