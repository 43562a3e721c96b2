//! Builds and runs benches.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use snn2rtl::cache::Store;
use snn2rtl::tool::verilated::{Compiler, Sources};
use snn2rtl::tool::{Command, Toolbox};

/// Seeds that every bench is run with.
const SEEDS: [u32; 3] = [1, 2, 3];

/// What every bench is made of beside its own module.
const HELPERS: [&str; 7] = [
    "bench_reset.sv",
    "bench_source.sv",
    "bench_player.sv",
    "bench_checker.sv",
    "bench_observer.sv",
    "bench_batches.sv",
    "axi_memory.sv",
];

/// How Verilator builds a group, without the names of files. Most of the time is the compiler's: unrolled, the loops of
/// the benches make up to ten times as much C++.
const OPTIONS: [&str; 13] = [
    "--cc",
    "--exe",
    "--assert",
    "-Wno-lint",
    "-Wno-style",
    "--x-assign",
    "unique",
    "--x-initial",
    "unique",
    "--unroll-count",
    "1",
    "--prefix",
    "Vbench",
];

/// Variables for make. The run time is compiled once for all groups.
const VARIABLES: [(&str, &str); 3] = [("OPT_FAST", "-O0"), ("OPT_SLOW", "-O0"), ("OPT_GLOBAL", "-O1")];

/// Options of a run beside its seed.
const RUN: [&str; 2] = ["+verilator+rand+reset+2", "+report"];

/// Verilator, compiler and make.
pub static COMPILER: LazyLock<Compiler> = LazyLock::new(|| Compiler::new(&Toolbox::from_env()).unwrap());

/// Results of earlier runs, by all that they depend on.
pub static RESULTS: LazyLock<Option<Store>> =
    LazyLock::new(|| Store::results(Toolbox::from_env().cache.as_deref()));

/// A call of Verilator.
pub fn verilator() -> Command {
    COMPILER.verilator().command()
}

/// A parameter set: integers by name.
pub type Set<'a> = &'a [(&'a str, i64)];

/// Parameters as they are written in the source.
pub type Parameters = Vec<(&'static str, String)>;

/// A file's name as a parameter.
pub fn file(path: &Path) -> String {
    format!("\"{}\"", path.display())
}

/// Benches that are built as one program.
pub struct Group {
    name: &'static str,
    dir: PathBuf,
    benches: Vec<&'static str>,
    instances: Vec<String>,
    /// A macro that the library is read with, and the model in `sim/benches` of what it then names.
    variant: Option<(&'static str, &'static str)>,
}

impl Group {
    pub fn new(name: &'static str) -> Self {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rtl_benches").join(name);
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        Self { name, dir, benches: Vec::new(), instances: Vec::new(), variant: None }
    }

    /// Reads the library with a macro and a model of what it then names.
    pub fn with_variant(self, define: &'static str, model: &'static str) -> Self {
        Self { variant: Some((define, model)), ..self }
    }

    /// Adds the bench `name` for all `sets`; `images` writes a set's images and names them as parameters.
    pub fn add(
        &mut self,
        name: &'static str,
        sets: &[Set],
        mut images: impl FnMut(&dyn Fn(&str) -> i64, &Path) -> Parameters,
    ) {
        for set in sets {
            let get = |key: &str| {
                set.iter().find(|(k, _)| *k == key).unwrap_or_else(|| panic!("no parameter {key}")).1
            };
            let files = images(&get, &self.base(name));
            let integers = set.iter().map(|(key, value)| format!(".{key}({value})"));
            self.instance(name, integers.chain(files.iter().map(|(key, text)| format!(".{key}({text})"))));
        }
    }

    /// Adds the bench `name` once; `make` gets the beginning of the names of its images.
    pub fn add_one(&mut self, name: &'static str, make: impl FnOnce(&Path) -> Parameters) {
        let parameters = make(&self.base(name));
        self.instance(name, parameters.iter().map(|(key, text)| format!(".{key}({text})")));
    }

    /// Where the images of the next instance lie.
    fn base(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}_{}", self.instances.len()))
    }

    fn instance(&mut self, name: &'static str, parameters: impl Iterator<Item = String>) {
        if !self.benches.contains(&name) {
            self.benches.push(name);
        }
        let parameters = parameters.collect::<Vec<_>>().join(", ");
        let i = self.instances.len();
        self.instances
            .push(format!("  {name}_tb #({parameters}) u_{name}_{i} (.clk_i, .done_o(done[{i}]));\n"));
    }

    /// Writes the module that holds all benches.
    fn write(&self) {
        let mut top =
            String::from("module bench (\n  input  wire logic clk_i,\n  output      logic done_o\n);\n");
        writeln!(top, "  logic [{}:0] done;", self.instances.len() - 1).unwrap();
        top += "  assign done_o = &done;\n";
        top += &self.instances.concat();
        top += "endmodule\n";
        fs::write(self.dir.join("bench.sv"), top).unwrap();
    }

    /// The sources of the repository that the program is built from.
    fn sources(&self) -> Vec<String> {
        // The benches use the link that stalls.
        let folder = |file: &str| if file == "stream_link.sv" { "sim" } else { "rtl" };
        let library = library().into_iter().map(|file| format!("{}/{file}", folder(&file)));
        let helpers = HELPERS.iter().map(|&file| file.to_owned());
        let own = self.benches.iter().map(|name| format!("{name}_tb.sv"));
        let model = self.variant.map(|(_, model)| model.to_owned());
        let benches = helpers.chain(own).chain(model).chain(["bench_main.cpp".to_owned()]);
        library.chain(benches.map(|file| format!("sim/benches/{file}"))).collect()
    }

    /// The key of the result: everything that is read, and how the program is built and run.
    fn key(&self, more: &str) -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut key = COMPILER.key("bench").folder("group", &self.dir).unwrap();
        for folder in ["rtl", "sim"] {
            key = key.folder(folder, &root.join(folder)).unwrap();
        }
        for option in OPTIONS.into_iter().chain(RUN) {
            key = key.text("option", option);
        }
        for (name, value) in VARIABLES {
            key = key.text(name, value);
        }
        for source in self.sources() {
            key = key.text("source", source);
        }
        if let Some((define, _)) = self.variant {
            key = key.text("define", define);
        }
        key.text("seeds", format!("{SEEDS:?}")).text("cases", more).finish()
    }

    /// Builds the program and runs it with every seed.
    pub fn run(self) {
        self.run_cached("", |program, name| {
            let mut output = String::new();
            for seed in SEEDS {
                let bench = program.clone().arg(format!("+verilator+seed+{seed}")).args(RUN);
                writeln!(output, "{name}, seed {seed}: {}", finish(&bench).trim_end()).unwrap();
            }
            output
        });
    }

    /// Builds the program and runs it with each argument; the output contains the words beside it, and a run fails
    /// unless they begin with `PASS`.
    pub fn run_cases(self, cases: &[(&str, &str)]) {
        self.run_cached(&format!("{cases:?}"), |program, name| {
            let mut output = String::new();
            for (argument, words) in cases {
                let bench = program.clone().arg(argument).args(RUN);
                let finished = bench.attempt(&mut |_| ()).unwrap_or_else(|error| panic!("{error}"));
                let (passes, said) = (finished.status.success(), finished.output);
                assert!(said.contains(words), "{name} {argument}: {said}");
                assert_eq!(passes, words.starts_with("PASS"), "{name} {argument}: {said}");
                writeln!(output, "{name} {argument}: {words}").unwrap();
            }
            output
        });
    }

    /// Builds the program and calls `run` with it, unless the output of an earlier run with the same inputs is kept.
    fn run_cached(self, more: &str, run: impl FnOnce(&Command, &str) -> String) {
        self.write();
        // `scripts/mutate.py` builds the same benches itself, around a changed library.
        if std::env::var_os("SNN2RTL_BENCH_FILES_ONLY").is_some() {
            return;
        }

        let key = self.key(more);
        if let Some(output) = RESULTS.as_ref().and_then(|store| store.get(&key)) {
            print!("not run again: {}", String::from_utf8_lossy(&output));
            return;
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = &self.dir.join("obj");
        let build = verilator().args(OPTIONS).args(["--top-module", "bench", "--Mdir"]).arg(folder);
        let build = build.args(self.variant.map(|(define, _)| format!("+define+{define}")));
        let build = build.args(self.sources().iter().map(|file| root.join(file)));
        finish(&build.arg(self.dir.join("bench.sv")));
        let sources = Sources { folder, prefix: "Vbench", variables: &VARIABLES, headers: &[] };
        COMPILER.compile(&sources, &mut |_, _| ()).unwrap_or_else(|error| panic!("{error}"));
        let output = run(&Command::new(self.name, folder.join("Vbench")), self.name);
        print!("{output}");
        if let Some(store) = &*RESULTS {
            store.put(&key, output.as_bytes()).unwrap();
        }
    }
}

/// A result is found by the parameters and the images, whatever program asks for it.
#[test]
fn another_parameter_or_image_is_another_key() {
    let key = |depth, image: &str| {
        let mut group = Group::new("key");
        group.add("stream_fifo", &[&[("Width", 8), ("Depth", depth)]], |_, base| {
            fs::write(base.with_extension("hex"), image).unwrap();
            Vec::new()
        });
        group.write();
        let key = group.key("");
        fs::remove_dir_all(&group.dir).unwrap();
        key
    };
    let first = key(1, "0\n");
    assert_eq!(first, key(1, "0\n"));
    assert_ne!(first, key(2, "0\n"));
    assert_ne!(first, key(1, "1\n"));
}

/// The library's files and those of the serial shell, in order.
pub fn library() -> Vec<String> {
    let rtl = Path::new(env!("CARGO_MANIFEST_DIR")).join("rtl");
    let lists = ["files.f", "shell.f"].map(|list| fs::read_to_string(rtl.join(list)).unwrap());
    lists.iter().flat_map(|list| list.lines()).map(str::to_owned).collect()
}

/// Runs a command that must succeed and returns what it printed.
pub fn finish(command: &Command) -> String {
    command.run().unwrap_or_else(|error| panic!("{error}")).output
}
