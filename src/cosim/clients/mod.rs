//! Interface tests of a core with independent bus clients: those of cocotbext-axi, run by cocotb in
//! Verilator on the files that synthesis reads. The tests are in `sim/cocotb/` and in every build folder; what the core
//! must answer is the golden model's (`vectors.rs`). What counts is the file of results (`results.rs`): the simulator's
//! exit code does not tell a failed test.

mod results;
mod vectors;

use std::path::{Path, PathBuf};

use serde::Serialize;

pub use results::{Test, read};
pub use vectors::{Vectors, vectors};

use crate::error::{Error, Result};
use crate::interrupt::Unfinished;
use crate::tool::{Tool, Toolbox};

/// The oldest Verilator that these tests have passed with; older ones do not compile cocotb's part.
const VERILATOR: [u32; 2] = [5, 52];

/// Options of the tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Frames of the longest test.
    pub frames: usize,
    /// Seed of all random choices.
    pub seed: u32,
    /// Only tests whose name contains a match of this regular expression.
    pub only: Option<String>,
    /// Folder of the simulator and its logs.
    pub work: PathBuf,
    /// Use the simulator of an earlier run in that folder.
    pub again: bool,
}

/// Result of the tests.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Frames of the longest test.
    pub frames: usize,
    /// Seed of all random choices.
    pub seed: u32,
    /// Number of samples used for frames.
    pub samples: usize,
    /// Each test.
    pub tests: Vec<Test>,
}

/// Runs the tests of a build folder. A failed test is part of the report, not an error.
///
/// # Errors
/// If a program is missing, the simulator cannot be built, or it ends without results.
pub fn run(build: &Path, vectors: &Vectors, options: &Options) -> Result<Report> {
    let build = build.canonicalize().map_err(|e| Error::io("read", build, &e))?;
    let script = build.join("sim/cocotb/run.py");
    if !script.is_file() {
        return Err(Error::input("this build folder has no tests of its interfaces: sim/cocotb is missing")
            .at_file(&build)
            .fix("write the build folder again with 'snn2rtl build'"));
    }
    let work = &options.work;
    // A folder that was there before is the user's.
    let _unfinished = if work.exists() { None } else { Some(Unfinished::folder(work)?) };
    let work = work.canonicalize().map_err(|e| Error::io("read", work, &e))?;
    let (expected, results) = (work.join("vectors.json"), work.join("results.xml"));
    vectors.write(&expected)?;
    if results.exists() {
        std::fs::remove_file(&results).map_err(|e| Error::io("remove", &results, &e))?;
    }

    let tools = Toolbox::from_env();
    let verilator = tools.get_at_least(Tool::Verilator, &VERILATOR)?;
    let (compiler, make) = (tools.get(Tool::Cxx)?, tools.get(Tool::Make)?);
    let mut run = tools.get(Tool::Cocotb)?.command().arg(&script).arg(&expected);
    run = run.arg("--build").arg(&build).arg("--work").arg(&work).arg("--verilator").arg(&verilator.path);
    run = run.arg("--cxx").arg(&compiler.path);
    run = run.args(["--frames", &options.frames.to_string(), "--seed", &options.seed.to_string()]);
    if let Some(only) = &options.only {
        run = run.args(["--only", only]);
    }
    if options.again {
        run = run.arg("--again");
    }
    for (key, value) in &verilator.env {
        run = run.env(key, value);
    }
    // Settings of an enclosing make do not apply to this one.
    run = run.env_remove("MAKEFLAGS").env_remove("MAKELEVEL").env_remove("MFLAGS").env("MAKE", &make.path);
    run = run.log(work.join("cocotb.log"));
    let finished = run.attempt(&mut |_| ())?;
    let tests = match read(&results) {
        Ok(tests) => tests,
        Err(_) if !results.exists() => return Err(run.failure(&finished)),
        Err(error) => return Err(error),
    };
    if tests.is_empty() {
        return Err(Error::input("no test has been run")
            .at_file(&results)
            .fix("look at cocotb.log beside it"));
    }
    Ok(Report { frames: options.frames, seed: options.seed, samples: vectors.samples.len(), tests })
}
