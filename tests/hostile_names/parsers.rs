//! A parser for every kind of file in a build folder.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use snn2rtl::tool::{Command, Program, Tool};

use crate::common::repository;
use crate::programs::program;

/// The parsers, and what they have read before: the same bytes are read once.
pub struct Parsers {
    verilator: Program,
    compiler: Program,
    make: Program,
    python: Program,
    tclsh: Option<PathBuf>,
    read: RefCell<HashSet<(String, Vec<u8>)>>,
}

/// Asks Tcl whether each file is a complete script.
const COMPLETE: &str =
    "foreach f $argv { set c [open $f]; if {![info complete [read $c]]} { puts $f; exit 1 } }\n";

impl Parsers {
    pub fn new() -> Self {
        let tclsh = which::which("tclsh").ok();
        assert!(
            tclsh.is_some() || std::env::var_os("CI").is_none(),
            "tclsh is missing: install the package tcl"
        );
        Self {
            verilator: program(Tool::Verilator),
            compiler: program(Tool::Cxx),
            make: program(Tool::Make),
            python: program(Tool::Python),
            tclsh,
            read: RefCell::default(),
        }
    }

    /// Reads every file of a build folder, and its hardware as a whole.
    pub fn read_all(&self, build: &Path) {
        let mut folders = vec![build.to_owned()];
        while let Some(inside) = folders.pop() {
            for entry in fs::read_dir(inside).expect("readable") {
                let path = entry.expect("readable").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    self.read(build, &path);
                }
            }
        }
        // The largest lists that are there: they have the others in them.
        let board = build.join("rtl/board.f").is_file();
        for list in ["sim/self_check.f", if board { "rtl/board.f" } else { "rtl/files.f" }] {
            let Ok(files) = fs::read_to_string(build.join(list)) else { continue };
            let top = Path::new(files.lines().last().expect("files")).file_stem().expect("a name");
            let lint = self.verilator.command().args(["--lint-only", "--top-module"]).arg(top);
            let lint = if list.starts_with("rtl") { lint.args(["-Wall", "--assert"]) } else { lint };
            let lint = lint.args(["-f", list]).cwd(build);
            lint.run().unwrap_or_else(|e| panic!("{list}: {e}"));
        }
    }

    /// Reads one file.
    pub fn read(&self, build: &Path, path: &Path) {
        let bytes = fs::read(path).expect("readable");
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let kind = match path.extension() {
            Some(extension) => extension.to_string_lossy().into_owned(),
            None => name.clone(),
        };
        if !self.read.borrow_mut().insert((kind.clone(), bytes.clone())) {
            return;
        }
        let text = || String::from_utf8(bytes.clone()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let wrong = |problem: &dyn std::fmt::Display| -> ! { panic!("{}: {problem}", path.display()) };
        let ok = |command: Command| {
            command.run().unwrap_or_else(|e| wrong(&e));
        };
        // Files that are in the repository as they are, and need others to be compiled.
        let fixed = ["sim", "host", "rtl"]
            .iter()
            .any(|folder| fs::read(repository(folder).join(&name)).is_ok_and(|ours| ours == bytes));
        match kind.as_str() {
            "json" => {
                serde_json::from_slice::<serde_json::Value>(&bytes).unwrap_or_else(|e| wrong(&e));
            }
            "toml" => {
                toml::from_str::<toml::Table>(&text()).unwrap_or_else(|e| wrong(&e));
            }
            "core" | "yml" | "yaml" => {
                yaml_rust2::YamlLoader::load_from_str(&text()).unwrap_or_else(|e| wrong(&e));
            }
            "svg" | "xml" => {
                roxmltree::Document::parse(&text()).unwrap_or_else(|e| wrong(&e));
            }
            "md" | "html" => {
                let text = text();
                for bad in ["<script>alert", "[link](", "\u{202e}"] {
                    let in_code = kind == "md" && text.contains(&format!("`{bad}"));
                    assert!(in_code || !text.contains(bad), "{bad} in {}", path.display());
                }
            }
            "sh" => ok(Command::new("sh", "/bin/sh").arg("-n").arg(path)),
            "mk" | "Makefile" => ok(self.make.command().arg("-n").arg("-f").arg(path).cwd(build)),
            "py" => {
                let parse = "import ast, sys; ast.parse(open(sys.argv[1], encoding='utf-8').read())";
                ok(self.python.command().args(["-c", parse]).arg(path));
            }
            "h" | "hpp" | "c" | "cpp" => {
                if !fixed {
                    let language = if kind == "c" { "c" } else { "c++" };
                    let options =
                        ["-fsyntax-only", "-Wall", "-Wno-pragma-once-outside-header", "-x", language];
                    ok(self.compiler.command().args(options).arg(path));
                }
            }
            "tcl" | "xdc" | "sdc" => {
                if let Some(tclsh) = &self.tclsh {
                    let folder = tempfile::tempdir().expect("a folder");
                    let script = folder.path().join("complete.tcl");
                    fs::write(&script, COMPLETE).expect("written");
                    ok(Command::new("tclsh", tclsh).arg(script).arg(path));
                }
            }
            // Those of the lists are read as a whole.
            "sv" => {}
            "v" => {
                let lint = self.verilator.command().args(["--lint-only", "-Wno-fatal", "-f", "rtl/files.f"]);
                // Verilator takes `$` in the name of a file for that of a variable.
                ok(lint.arg(path.strip_prefix(build).unwrap_or(path)).cwd(build));
            }
            "hex" => {
                let digits = |c: char| c.is_ascii_hexdigit() || c == '\n';
                assert!(text().chars().all(digits), "{}", path.display());
            }
            "f" => {
                let plain = |c: char| c.is_ascii_alphanumeric() || "_-./\n".contains(c);
                assert!(text().chars().all(plain), "{}", path.display());
            }
            "ys" => {
                let plain = |c: char| c.is_ascii_alphanumeric() || "_-./ \n\\#:+".contains(c);
                assert!(text().chars().all(plain), "{}", path.display());
            }
            // Arrays of numbers, and pins as the board's files have them.
            "safetensors" | "npy" | "npz" | "lpf" | "pcf" | "cst" => {}
            other => wrong(&format!("there is no parser for files of the kind '{other}': add one")),
        }
    }
}
