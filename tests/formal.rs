//! The jobs of `sim/formal`: properties of the RTL library, proven or checked to a bound, one test a job.
//!
//! `docs/formal.md` says what each of them shows. Two run at a time.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, LazyLock, Mutex};

use snn2rtl::cache::{Key, Store};
use snn2rtl::tool::{Finished, Origin, Program, Tool, Toolbox};

/// How many jobs may still begin.
static FREE: (Mutex<usize>, Condvar) = (Mutex::new(2), Condvar::new());

/// A test for each job, and their names.
macro_rules! jobs {
    ($($job:ident)*) => {
        $(#[test]
        fn $job() {
            let finished = run(&repository(), stringify!($job), &[]);
            assert_eq!(finished.code, Some(0), "{}", summary(&finished));
        })*

        const JOBS: &[&str] = &[$(stringify!($job)),*];
    };
}

jobs! {
    axi_read_master
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
    overlay_sequencer
    overlay_fetch
    overlay_events
    overlay_accumulate
    overlay_fire
    overlay_lif
    overlay_row_fire
    overlay_vector
    overlay_gather
    axi_read_join
    overlay_memory
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

/// A spiking neuron that keeps what its reset should subtract.
#[test]
fn a_spiking_neuron_that_does_not_reset_is_refuted() {
    let (before, after) = ("assign subtracts = reset_i == 2'd1;", "assign subtracts = reset_i == 2'd3;");
    refuted("overlay_lif", "overlay/overlay_lif.sv", before, after, "whole");
}

/// A fetch unit that looks at one of its two conditions only.
#[test]
fn a_row_that_begins_too_early_is_refuted() {
    refuted("overlay_fetch", "overlay/overlay_fetch.sv", "have1 >= need1_q", "have1 >= need0_q", "search");
}

/// A fetch unit whose rows are one word too far apart.
#[test]
fn a_read_outside_of_the_source_is_refuted() {
    let (before, after) =
        ("row_addr_q <= row_addr_q + row_stride", "row_addr_q <= row_addr_q + row_stride + 1'b1");
    refuted("overlay_fetch", "overlay/overlay_fetch.sv", before, after, "search");
}

/// A gather unit that reads the row of a token one beyond its table.
#[test]
fn a_token_outside_of_its_table_is_refuted() {
    let (before, after) = ("32'(raw_data_i) < limit_i", "32'(raw_data_i) <= limit_i");
    refuted("overlay_gather", "overlay/overlay_gather.sv", before, after, "entries");
}

/// A check of bounds that lets a row begin anywhere in the tables.
#[test]
fn a_row_that_leaves_the_tables_is_refuted() {
    let (before, after) = ("cmd_offset_i <= bytes_i - cmd_bytes_i", "cmd_offset_i <= bytes_i");
    refuted("overlay_gather", "overlay/overlay_row_reader.sv", before, after, "wild");
}

/// Ports of which one goes on without the other.
#[test]
fn parts_of_different_beats_are_refuted() {
    let (before, after) = (
        "goes = beat_ready_i && out_valid && more_valid",
        "goes = beat_ready_i && (out_valid || more_valid)",
    );
    refuted("overlay_memory", "overlay/overlay_memory.sv", before, after, "fair");
}

/// Runs a task of a job on the library with one change and asks for a counterexample.
fn refuted(job: &str, file: &str, before: &str, after: &str, task: &str) {
    let folder = copied();
    change(&folder.path().join("rtl").join(file), before, after);
    let finished = run(folder.path(), job, &[task]);
    // 2: a property was refuted; other failures have other numbers.
    assert_eq!(finished.code, Some(2), "{}", summary(&finished));
}

/// A copy of the library and the jobs.
fn copied() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for part in ["rtl", "rtl/axi", "rtl/overlay", "sim/formal"] {
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
    folder
}

/// Changes the one occurrence of a text in a file.
fn change(path: &Path, before: &str, after: &str) {
    let text = fs::read_to_string(path).expect("a file");
    assert_eq!(text.matches(before).count(), 1, "{} no longer has the text to change", path.display());
    fs::write(path, text.replace(before, after)).expect("writes a file");
}

/// A job is not run again while nothing changes, and is run again after a change of one byte in any of its inputs.
#[test]
fn results_are_kept_by_their_inputs() {
    if SBY.origin != Origin::Cache {
        println!("SKIPPED: nothing is kept of a SymbiYosys that is not provided");
        return;
    }
    let (folder, cache) = (copied(), tempfile::tempdir().expect("a folder"));
    let store = Store::results(Some(cache.path()));
    if store.is_none() {
        println!("SKIPPED: the cache is switched off");
        return;
    }
    let run = |task: &str| run_with(store.as_ref(), folder.path(), "stream_fork", &[task]);
    let task = "cover";
    let first = run(task);
    assert!(first.code == Some(0) && !first.kept, "{}", summary(&first));
    let again = run(task);
    assert!(again.code == Some(0) && again.kept && again.output == first.output);
    for file in ["rtl/stream_fork.sv", "sim/formal/stream_fork_props.sv", "sim/formal/stream_fork.sby"] {
        let path = folder.path().join(file);
        let text = fs::read_to_string(&path).expect("a file");
        let comment = if file.ends_with(".sv") { "//" } else { "#" };
        fs::write(&path, format!("{comment}\n{text}")).expect("written");
        let key_of = || key(folder.path(), "stream_fork", &[task]);
        let with_comment = key_of();
        fs::write(&path, format!("{comment}x\n{text}")).expect("written");
        assert_ne!(with_comment, key_of(), "{file}");
        assert!(!run(task).kept, "{file}");
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// What a job ended with.
struct Ended {
    /// Exit code: 0 proven, 2 refuted; others are errors.
    code: Option<i32>,
    output: String,
    /// Whether it was not run, because the result was kept.
    kept: bool,
}

/// SymbiYosys, provided if need be.
static SBY: LazyLock<Program> =
    LazyLock::new(|| Toolbox::from_env().get(Tool::Sby).unwrap_or_else(|error| panic!("{error}")));

/// The key of a job's result: its description, all files that it lists, the tasks, and the folder of the programs, whose
/// name holds the hash of its content. Programs of the user have none.
fn key(root: &Path, job: &str, tasks: &[&str]) -> Option<String> {
    let folder = root.join("sim/formal");
    let file = folder.join(format!("{job}.sby"));
    let text = fs::read_to_string(&file).expect("a job");
    let mut key = Key::new("formal").text("programs", SBY.location().to_string_lossy());
    key = key.text("version", SBY.version.to_string()).text("job", &text).text("tasks", tasks.join(" "));
    let list = text.split("\n[files]\n").nth(1).expect("a list of files");
    for name in list.lines().map(str::trim).take_while(|line| !line.starts_with('[')) {
        if !name.is_empty() && !name.starts_with('#') {
            key = key.file(name, &folder.join(name)).unwrap_or_else(|error| panic!("{error}"));
        }
    }
    (SBY.origin == Origin::Cache).then(|| key.finish())
}

/// Runs a job, or some of its tasks, of the repository at `root`, if its result is not known.
fn run(root: &Path, job: &str, tasks: &[&str]) -> Ended {
    run_with(Store::results(Toolbox::from_env().cache.as_deref()).as_ref(), root, job, tasks)
}

fn run_with(store: Option<&Store>, root: &Path, job: &str, tasks: &[&str]) -> Ended {
    let entry = store.and_then(|store| Some((store, key(root, job, tasks)?)));
    if let Some((store, key)) = &entry
        && let Some(content) = store.get(key)
    {
        let text = String::from_utf8_lossy(&content);
        let (code, output) = text.split_once('\n').expect("a code and the output");
        println!("{job}: not run again");
        return Ended { code: Some(code.parse().expect("a code")), output: output.to_owned(), kept: true };
    }
    let finished = start(root, job, tasks);
    // Failures of other kinds may have gone away the next time.
    if let (Some(code @ (0 | 2)), Some((store, key))) = (finished.status.code(), entry) {
        store.put(&key, format!("{code}\n{}", finished.output).as_bytes()).expect("kept");
    }
    Ended { code: finished.status.code(), output: finished.output, kept: false }
}

fn start(root: &Path, job: &str, tasks: &[&str]) -> Finished {
    let folder = tempfile::tempdir().expect("a folder");
    let mut free = FREE.0.lock().expect("no test panics with it");
    while *free == 0 {
        free = FREE.1.wait(free).expect("no test panics with it");
    }
    *free -= 1;
    drop(free);
    let finished = SBY
        .command()
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
fn summary(finished: &Ended) -> String {
    let wanted = ["DONE (", "ERROR", "Assert failed", "failed assertion", "Unreached cover"];
    let lines = finished.output.lines().filter(|line| wanted.iter().any(|word| line.contains(word)));
    lines.collect::<Vec<_>>().join("\n")
}
