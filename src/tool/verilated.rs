//! Compiles what Verilator has written.
//!
//! The objects of Verilator's own run time are the same for every model; compiling them takes longer than compiling a
//! small model. They are kept in the user's cache folder, by a hash of their sources, options and compiler, and put
//! where make finds them up to date.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Program, Tool, Toolbox};
use crate::cache::{Key, Store};
use crate::error::{Error, Result};

/// Most bytes that kept objects take: about 100 sets.
const LIMIT: u64 = 64 << 20;

/// Most bytes of C++ that are compiled as one file. In parts, the compiler reads the model's headers once for each, and
/// precompiles them twice, which takes as long as all else together. Larger models are compiled in parts, in parallel.
const ONE_FILE: u64 = 12 << 20;

/// Environment variables that the compiler or Verilator's makefiles read.
const ENVIRONMENT: [&str; 8] = [
    "CXXFLAGS",
    "CPPFLAGS",
    "OPT",
    "USER_CPPFLAGS",
    "CPATH",
    "C_INCLUDE_PATH",
    "CPLUS_INCLUDE_PATH",
    "GCC_EXEC_PREFIX",
];

/// Compiler and make for what Verilator writes.
#[derive(Debug)]
pub struct Compiler {
    verilator: Program,
    cxx: Program,
    make: Program,
    objects: Option<Store>,
    /// What the programs print as their versions.
    versions: String,
}

/// A verilated model that is to be compiled.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// The folder that Verilator has written, `--Mdir`.
    pub folder: &'a Path,
    /// The prefix of its files, `--prefix`.
    pub prefix: &'a str,
    /// Variables for make.
    pub variables: &'a [(&'a str, &'a str)],
    /// Files that the run time is compiled with beside its own.
    pub headers: &'a [PathBuf],
}

impl Compiler {
    /// Finds Verilator, compiler and make, and provides Verilator if need be.
    ///
    /// # Errors
    /// When one of them is missing.
    pub fn new(toolbox: &Toolbox) -> Result<Self> {
        let verilator = toolbox.get(Tool::Verilator)?;
        let cxx = toolbox.get(Tool::Cxx)?;
        let make = toolbox.get(Tool::Make)?;
        let mut versions = String::new();
        for program in [&verilator, &cxx] {
            versions += &program.command().arg(program.tool.version_argument()).run()?.output;
            versions += &program.path.to_string_lossy();
        }
        let objects = Store::open(toolbox.cache.as_deref(), "objects", LIMIT);
        Ok(Self { verilator, cxx, make, objects, versions })
    }

    /// Verilator.
    pub fn verilator(&self) -> &Program {
        &self.verilator
    }

    /// Begins the key of something that these programs make: their versions, and the environment that they read.
    pub fn key(&self, kind: &str) -> Key {
        ENVIRONMENT.iter().fold(Key::new(kind).text("versions", &self.versions), |key, name| {
            key.text(name, std::env::var(name).unwrap_or_default())
        })
    }

    /// Compiles and links. `progress` is called with the number of files that the compiler has begun, and of all files.
    ///
    /// # Errors
    /// When make or the compiler fail.
    pub fn compile(&self, sources: &Sources, progress: &mut dyn FnMut(usize, usize)) -> Result<()> {
        let runtime = self.objects.as_ref().and_then(|store| Some((store, self.runtime(sources)?)));
        let mut missing = Vec::new();
        if let Some((store, objects)) = &runtime {
            for (object, key) in objects {
                match store.get(key) {
                    Some(content) => {
                        fs::write(object, content).map_err(|e| Error::io("write", object, &e))?;
                    }
                    None => missing.push((store, object, key)),
                }
            }
        }
        let jobs = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).to_string();
        let mut run = self.make.command().cwd(sources.folder);
        run = run.args(["-f", &format!("{}.mk", sources.prefix), "-j", &jobs]);
        // What an enclosing make has said is not meant for this one.
        run = run.env_remove("MAKEFLAGS").env_remove("MAKELEVEL").env_remove("MFLAGS").env_remove("MAKE");
        if let Some(compiler) = plain(&self.cxx.path) {
            run = run.args([format!("CXX={compiler}"), format!("LINK={compiler}")]);
        }
        let parts = parts(sources);
        let mut all = parts.len();
        if parts.iter().map(|(_, size)| size).sum::<u64>() <= ONE_FILE {
            // What Verilator's makefile would call a Python program for.
            let file = sources.folder.join(format!("{}__ALL.cpp", sources.prefix));
            let includes: String = parts.iter().map(|(name, _)| format!("#include \"{name}\"\n")).collect();
            fs::write(&file, includes).map_err(|e| Error::io("write", &file, &e))?;
            run = run.arg("VM_PARALLEL_BUILDS=0");
            all = 1 + missing.len();
        }
        let mut begun = 0;
        // Make prints the call of the compiler when it starts on a file.
        run.args(sources.variables.iter().map(|(name, value)| format!("{name}={value}"))).run_with(
            &mut |line| {
                if line.contains(" -c ") {
                    begun += 1;
                    progress(begun.min(all), all.max(1));
                }
            },
        )?;
        for (store, object, key) in missing {
            // What cannot be kept is compiled again the next time.
            let _ = fs::read(object).is_ok_and(|content| store.put(key, &content).is_ok());
        }
        Ok(())
    }

    /// The objects of the run time and their keys; none where Verilator's makefiles are not as they are expected to be.
    fn runtime(&self, sources: &Sources) -> Option<Vec<(PathBuf, String)>> {
        let read = |name: String| fs::read_to_string(sources.folder.join(name)).ok();
        let main = read(format!("{}.mk", sources.prefix))?;
        let classes = read(format!("{}_classes.mk", sources.prefix))?;
        let root = main.lines().find_map(|line| line.strip_prefix("VERILATOR_ROOT = "))?;
        let mut key = self.key("object of the run time");
        key = key.folder("include", &Path::new(root).join("include")).ok()?;
        for header in sources.headers {
            key = key.file("header", header).ok()?;
        }
        // These two are for the model alone.
        let model = ["OPT_FAST", "OPT_SLOW"];
        for (name, value) in sources.variables.iter().filter(|(name, _)| !model.contains(name)) {
            key = key.text(name, value);
        }
        // Switches: `VM_TRACE = 1`. How the model is split has no effect on the run time.
        let switch = |line: &&str| line.starts_with("VM_") && line.contains(" = ");
        for line in classes.lines().filter(switch).filter(|line| !line.starts_with("VM_PARALLEL_BUILDS")) {
            key = key.text("switch", line);
        }
        for word in list(&main, "VM_USER_CFLAGS") {
            key = key.text("flag", word);
        }
        let names = ["VM_GLOBAL_FAST", "VM_GLOBAL_SLOW"].iter().flat_map(|variable| list(&classes, variable));
        let object = |name: &str| {
            (sources.folder.join(format!("{name}.o")), key.clone().text("object", name).finish())
        };
        Some(names.map(object).collect())
    }
}

/// The files of C++ that the model consists of, in the order of their names, with their sizes.
fn parts(sources: &Sources) -> Vec<(String, u64)> {
    let size = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        let own = name.starts_with(sources.prefix) && name.ends_with(".cpp");
        own.then_some((name, entry.metadata().ok()?.len()))
    };
    let mut parts: Vec<_> =
        fs::read_dir(sources.folder).into_iter().flatten().flatten().filter_map(size).collect();
    parts.sort();
    parts
}

/// The words of a variable in one of Verilator's makefiles: one a line, with a backslash at each end.
fn list<'a>(text: &'a str, variable: &str) -> Vec<&'a str> {
    let mut lines = text.lines();
    let begins = |line: &str| {
        line.strip_prefix(variable).is_some_and(|rest| [" = \\", " += \\"].contains(&rest.trim_end()))
    };
    if !lines.any(begins) {
        return Vec::new();
    }
    lines.map_while(|line| line.trim().strip_suffix('\\')).flat_map(str::split_whitespace).collect()
}

/// The path, if make, shells and Verilog strings take it as it is.
pub fn plain(path: &Path) -> Option<&str> {
    let taken = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    path.to_str().filter(|text| text.starts_with('/') && text.chars().all(taken))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_paths_are_plain() {
        assert_eq!(plain(Path::new("/tmp/build-1.0/a_b")), Some("/tmp/build-1.0/a_b"));
        for bad in ["relative", "/a b", "/a\"b", "/a\\b", "/a$b", "/é", "/a'b", "/a\nb"] {
            assert_eq!(plain(Path::new(bad)), None, "{bad}");
        }
    }

    #[test]
    fn lists_of_makefiles_are_read() {
        let text = "VM_USER_CFLAGS = \\\n  -fPIC -O1 \\\n\n# Others\nVM_GLOBAL_FAST += \\\n  verilated \\\n  \
                    verilated_dpi \\\n\nVM_GLOBAL_SLOW += \\\n\n";
        assert_eq!(list(text, "VM_USER_CFLAGS"), ["-fPIC", "-O1"]);
        assert_eq!(list(text, "VM_GLOBAL_FAST"), ["verilated", "verilated_dpi"]);
        assert!(list(text, "VM_GLOBAL_SLOW").is_empty() && list(text, "VM_GLOBAL").is_empty());
    }
}
