//! Build folder → shared library.
//!
//! Libraries are kept in the user's cache folder, by a hash of every file that Verilator and the compiler read, all
//! options, and the versions of the programs. Memory images are no part of a library: it reads them when a run begins,
//! from a folder that it is given.

use std::path::{Path, PathBuf};

use super::Progress;
use crate::cache::Store;
use crate::emit::Manifest;
use crate::error::{Error, Result};
use crate::folder::Scratch;
use crate::tool::Toolbox;
use crate::tool::verilated::{Compiler, Sources, plain};

/// Most bytes that kept libraries take.
const LIMIT: u64 = 512 << 20;

/// The hooks and the C interface, in `sim/` of a build folder.
const SHIM: [&str; 2] = ["shim.h", "shim.cpp"];

/// Variables for make. Compiling takes longer than most runs: with `-Og`, half as long as with `-O1`, for the same speed.
/// The run time is compiled with the hooks of the shim, whose name does not depend on where the work is done.
const VARIABLES: [(&str, &str); 2] = [("OPT_FAST", "-Og"), ("OPT_GLOBAL", "-O1 -include ../shim.h")];

/// What stands for the folder of memory images in the design: `kImages` in `sim/shim.cpp`.
const IMAGES: &str = "snn2rtl-images:";

/// A verilated model, in a temporary folder that is deleted on drop.
pub(super) struct Verilated {
    /// The shared library. It is this model's own copy: the library holds the state of one simulation.
    pub library: PathBuf,
    /// The folder it is in.
    pub folder: Scratch,
    /// The folder of the memory images.
    pub images: PathBuf,
}

/// Verilates and compiles the design in `build`, unless the library is in the cache. Nothing is written into the build
/// folder.
///
/// # Errors
/// If a tool is missing or reports a problem with the design: lint warnings are errors.
pub(super) fn build(
    build: &Path,
    manifest: &Manifest,
    waveform: bool,
    progress: &mut dyn FnMut(Progress),
) -> Result<Verilated> {
    let tools = Toolbox::from_env();
    let store = Store::open(tools.cache.as_deref(), "cosim", LIMIT);
    build_with(&tools, store.as_ref(), build, &manifest.top, waveform, progress)
}

fn build_with(
    tools: &Toolbox,
    store: Option<&Store>,
    build: &Path,
    top: &str,
    waveform: bool,
    progress: &mut dyn FnMut(Progress),
) -> Result<Verilated> {
    // Verilator, make and the model itself run elsewhere.
    let build = &std::fs::canonicalize(build).map_err(|e| Error::io("open", build, &e))?;
    let compiler = Compiler::new(tools)?;
    let folder = Scratch::new("snn2rtl-cosim-")?;
    let library = folder.path().join("libsnn.so");
    let model = |folder| Verilated { library: library.clone(), folder, images: build.join("rom") };

    let options = options(top, waveform);
    let key = store.map(|store| Ok((store, key(&compiler, build, &options)?))).transpose()?;
    if let Some((store, key)) = &key
        && let Some(content) = store.get(key)
    {
        std::fs::write(&library, content).map_err(|e| Error::io("write", &library, &e))?;
        return Ok(model(folder));
    }

    if plain(folder.path()).is_none() {
        return Err(Error::input(
            "make cannot work in a folder with a space or a special character in its path",
        )
        .at_file(folder.path())
        .fix("set TMPDIR to a folder with a plain name"));
    }
    for file in SHIM {
        let source = build.join("sim").join(file);
        std::fs::copy(&source, folder.path().join(file)).map_err(|e| Error::io("read", &source, &e))?;
    }
    let objects = folder.path().join("obj");
    let run = compiler.verilator().command().cwd(build).args(&options);
    run.arg(folder.path().join("shim.cpp")).arg("--Mdir").arg(&objects).run()?;
    let headers = [folder.path().join(SHIM[0])];
    let sources = Sources { folder: &objects, prefix: "Vsnn", variables: &VARIABLES, headers: &headers };
    compiler.compile(&sources, &mut |done, files| progress(Progress::Compiling { done, files }))?;

    if let Some((store, key)) = &key
        && reads_known_files(&objects)
        && let Ok(content) = std::fs::read(objects.join("libsnn.so"))
    {
        // What cannot be kept is built again the next time.
        let _ = store.put(key, &content);
    }
    let built = objects.join("libsnn.so");
    std::fs::rename(&built, &library).map_err(|e| Error::io("move", &built, &e))?;
    Ok(model(folder))
}

/// Options for Verilator, without those that say where the work is done.
fn options(top: &str, waveform: bool) -> Vec<String> {
    let mut options = vec!["--cc", "--exe", "--prefix", "Vsnn", "--top-module", top];
    options.extend(["-Wall", "--assert", "-O3", "--x-assign", "unique", "--x-initial", "unique"]);
    if waveform {
        // Memories stay out of it, but the state of a whole chunk is in.
        options.extend(["--trace", "--trace-max-width", "65536"]);
    }
    // Files that one compiler is not at work on for minutes.
    options.extend(["--output-split", "8000"]);
    let images = format!("-GRomPath=\"{IMAGES}\"");
    options.extend([&images, "-f", "sim/files.f", "-o", "libsnn.so"]);
    options.extend(["-CFLAGS", "-fPIC -fvisibility=hidden", "-LDFLAGS", "-shared"]);
    options.into_iter().map(str::to_owned).collect()
}

/// The key of a library: everything that is read to make it.
fn key(compiler: &Compiler, build: &Path, options: &[String]) -> Result<String> {
    let mut key = compiler.key("library of a design");
    for option in options {
        key = key.text("option", option);
    }
    for (name, value) in VARIABLES {
        key = key.text(name, value);
    }
    key = key.folder("rtl", &build.join("rtl"))?;
    // Of `sim/` the sources: waveforms lie there, too.
    let sim = build.join("sim");
    let list = std::fs::read_dir(&sim).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
    let mut files: Vec<PathBuf> =
        list.map_err(|e| Error::io("read", &sim, &e))?.iter().map(std::fs::DirEntry::path).collect();
    let read = ["sv", "v", "vlt", "svh", "vh", "h", "cpp", "f"];
    files.retain(|path| path.extension().is_some_and(|end| read.iter().any(|known| end == *known)));
    files.sort();
    for path in files {
        key = key.file(&path.file_name().unwrap_or_default().to_string_lossy(), &path)?;
    }
    Ok(key.finish())
}

/// Whether Verilator has read files of `rtl/`, `sim/` and its own installation only: what the key covers.
fn reads_known_files(objects: &Path) -> bool {
    let read = |name: &str| std::fs::read_to_string(objects.join(name)).ok();
    let (Some(list), Some(makefile)) = (read("Vsnn__ver.d"), read("Vsnn.mk")) else { return false };
    let root = makefile.lines().find_map(|line| line.strip_prefix("VERILATOR_ROOT = "));
    let (Some(root), Some((_, inputs))) = (root, list.split_once(" : ")) else { return false };
    inputs.split_whitespace().all(|file| {
        let own = file.starts_with(root) || file.rsplit('/').next() == Some("verilator_bin");
        let ours = (file.starts_with("rtl/") || file.starts_with("sim/")) && !file.contains("..");
        own || ours
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;

    use super::*;

    /// A library is used again for the same files elsewhere with other images; one changed byte builds another; a damaged
    /// entry is built again.
    #[test]
    fn libraries_are_kept_by_their_inputs() {
        let work = tempfile::tempdir().unwrap();
        let tools = Toolbox::from_env();
        let Some(store) = Store::open(Some(work.path()), "cosim", LIMIT) else {
            println!("SKIPPED: the cache is switched off");
            return;
        };
        let design = |name: &str, image: &str| {
            let build = work.path().join(name);
            for part in ["rtl", "sim", "rom"] {
                fs::create_dir_all(build.join(part)).unwrap();
            }
            fs::write(build.join("rtl/top.sv"), TOP).unwrap();
            fs::write(build.join("sim/files.f"), "rtl/top.sv\n").unwrap();
            fs::write(build.join("sim/shim.h"), "").unwrap();
            fs::write(build.join("sim/shim.cpp"), SHIM).unwrap();
            fs::write(build.join("rom/x.hex"), image).unwrap();
            build
        };
        let entries = || {
            let list = fs::read_dir(work.path().join("cosim")).unwrap();
            let mut names: Vec<PathBuf> = list.map(|entry| entry.unwrap().path()).collect();
            names.sort();
            names
        };
        let make = |build: &Path| {
            let made = build_with(&tools, Some(&store), build, "top", false, &mut |_| ()).unwrap();
            // Built, or taken from the store.
            (fs::read(&made.library).unwrap(), made.folder.path().join("obj").exists())
        };
        let first = design("first", "0\n");
        let (library, built) = make(&first);
        assert!(built && entries().len() == 1);
        assert_eq!(make(&first), (library.clone(), false));
        assert_eq!(make(&design("another folder", "1\n")), (library.clone(), false));

        fs::write(first.join("rtl/top.sv"), TOP.replace("y_o = a_i", "y_o =!a_i")).unwrap();
        let (other, built) = make(&first);
        assert!(built && other != library && entries().len() == 2);
        fs::write(first.join("sim/shim.cpp"), format!("{SHIM}\n")).unwrap();
        assert!(make(&first).1, "the shim is part of the key");
        assert_eq!(entries().len(), 3);

        fs::write(first.join("rtl/top.sv"), TOP).unwrap();
        fs::write(first.join("sim/shim.cpp"), SHIM).unwrap();
        assert!(!make(&first).1);
        for entry in entries() {
            let mut bytes = fs::read(&entry).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(entry, bytes).unwrap();
        }
        assert!(make(&first).1, "a damaged entry is not used");
        assert!(!make(&first).1, "and is replaced");

        // A file from elsewhere is not in the key, so the result is not kept.
        fs::write(work.path().join("inner.svh"), "// nothing\n").unwrap();
        fs::write(first.join("rtl/top.sv"), format!("`include \"inner.svh\"\n{TOP}")).unwrap();
        let list = format!("+incdir+{}\nrtl/top.sv\n", work.path().display());
        fs::write(first.join("sim/files.f"), list).unwrap();
        let before = entries().len();
        assert!(make(&first).1 && make(&first).1);
        assert_eq!(entries().len(), before);
    }

    /// A library without a reference to the model would not contain it.
    const SHIM: &str =
        "#include \"Vsnn.h\"\n__attribute__((visibility(\"default\"))) Vsnn* make() { return new Vsnn; }\n";

    const TOP: &str = "module top #(\n  parameter RomPath = \"\"\n) (\n  input  logic a_i,\n  output logic y_o\n);\n  \
                       initial if (RomPath == \"\") $stop;\n  assign y_o = a_i;\nendmodule\n";
}
