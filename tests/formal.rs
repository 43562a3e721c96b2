//! The jobs of `sim/formal`: properties of the RTL library, proven or checked to a bound, one test a job.
//!
//! `docs/formal.md` says what each of them shows. Two run at a time.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, LazyLock, Mutex};

use snn2rtl::tool::{Finished, Program, Tool, Toolbox};

/// How many jobs may still begin.
static FREE: (Mutex<usize>, Condvar) = (Mutex::new(2), Condvar::new());

/// A test for each job, and their names.
macro_rules! jobs {
    ($($job:ident)*) => {
        $(#[test]
        fn $job() {
            let finished = run(&repository(), stringify!($job), &[]);
            assert!(finished.status.success(), "{}", summary(&finished));
        })*

        const JOBS: &[&str] = &[$(stringify!($job)),*];
    };
}

jobs! {
    axi_lite_regs
    axis_input
    rate_encoder
    spike_encoder
    level_reached
    affine_threshold
    ram_fifo
    row_select
    sample_stop
    spike_neurons
    credit_fifo
    stream_fifo
    stream_fork
    stream_scale
    table_threshold
    permute_buffer
}

/// Every job of the folder is one of the tests above, and has a task of covers: what is assumed can happen.
#[test]
fn every_job_is_run_and_covers_something() {
    let folder = repository().join("sim/formal");
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).expect("the folder of the jobs") {
        let path = entry.expect("an entry of it").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if path.extension().is_some_and(|extension| extension == "sby") {
            let text = fs::read_to_string(&path).expect("a job");
            assert!(text.contains("cover: mode cover"), "{name} has no task of covers");
            found.insert(name);
        }
    }
    assert_eq!(found, JOBS.iter().map(|&job| job.to_owned()).collect::<BTreeSet<_>>());
}

/// A FIFO that takes a beat when it is full.
#[test]
fn a_fifo_that_overflows_is_refuted() {
    refuted("stream_fifo", "stream_fifo.sv", "in_ready_o = ready_q", "in_ready_o = 1'b1", "five");
}

/// A neuron that fires one short of its threshold.
#[test]
fn a_neuron_that_fires_early_is_refuted() {
    refuted("affine_threshold", "affine_threshold.sv", ": wide_v - theta", ": wide_v - theta + 1", "prove");
}

/// Runs a task of a job on the library with one change and asks for a counterexample.
fn refuted(job: &str, file: &str, before: &str, after: &str, task: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    for part in ["rtl", "sim/formal"] {
        let to = folder.path().join(part);
        fs::create_dir_all(&to).expect("a folder");
        for entry in fs::read_dir(repository().join(part)).expect("a folder of the repository") {
            let path = entry.expect("an entry of it").path();
            if path.is_dir() {
                continue;
            }
            fs::copy(&path, to.join(path.file_name().expect("a name"))).expect("copies a file");
        }
    }
    let path = folder.path().join("rtl").join(file);
    let text = fs::read_to_string(&path).expect("a module");
    assert_eq!(text.matches(before).count(), 1, "{file} has no longer the place to change");
    fs::write(&path, text.replace(before, after)).expect("writes a module");
    let finished = run(folder.path(), job, &[task]);
    // 2: a property was refuted; other failures have other numbers.
    assert_eq!(finished.status.code(), Some(2), "{}", summary(&finished));
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Runs a job, or some of its tasks, of the repository at `root`.
fn run(root: &Path, job: &str, tasks: &[&str]) -> Finished {
    static SBY: LazyLock<Program> =
        LazyLock::new(|| Toolbox::from_env().get(Tool::Sby).unwrap_or_else(|error| panic!("{error}")));
    let sby = SBY.command();
    let folder = tempfile::tempdir().expect("a folder");
    let mut free = FREE.0.lock().expect("no test panics with it");
    while *free == 0 {
        free = FREE.1.wait(free).expect("no test panics with it");
    }
    *free -= 1;
    drop(free);
    let finished = sby
        .cwd(root.join("sim/formal"))
        .args(["-f", "-j", "1", "--prefix"])
        .arg(folder.path().join(job))
        .arg(format!("{job}.sby"))
        .args(tasks)
        .attempt(&mut |_| ());
    *FREE.0.lock().expect("no test panics with it") += 1;
    FREE.1.notify_one();
    finished.unwrap_or_else(|error| panic!("{error}"))
}

/// What a person wants to know of a job that failed.
fn summary(finished: &Finished) -> String {
    let wanted = ["DONE (", "ERROR", "Assert failed", "failed assertion", "Unreached cover"];
    let lines = finished.output.lines().filter(|line| wanted.iter().any(|word| line.contains(word)));
    lines.collect::<Vec<_>>().join("\n")
}
