//! A signal at any time leaves no half-written folder, no temporary folder and no child.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::session::{INPUT, Session, example, fixture};

/// SIGINT, unless this program ignores it, as the program that it starts would, too.
fn signal() -> Signal {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or("0").trim().to_owned();
    let ignored = u64::from_str_radix(&mask, 16).expect("a mask") & (1 << (Signal::INT.as_raw() - 1)) != 0;
    if ignored { Signal::TERM } else { Signal::INT }
}

/// Starts a command with a temporary folder and a mark in its environment.
fn start(session: &Session, temporary: &Path, line: &str) -> Child {
    fs::create_dir_all(temporary).expect("created");
    Command::new(env!("CARGO_BIN_EXE_snn2rtl"))
        .args(line.split_whitespace())
        .current_dir(session.folder.path())
        .env("TMPDIR", temporary)
        .env("SNN2RTL_TEST_MARK", temporary)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started")
}

/// Processes that have inherited the mark: the command and all that it started.
fn marked(mark: &Path) -> Vec<String> {
    let mark = format!("SNN2RTL_TEST_MARK={}", mark.display());
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").expect("processes").flatten() {
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        if environment.split(|&byte| byte == 0).any(|variable| variable == mark.as_bytes()) {
            found.push(fs::read_to_string(entry.path().join("comm")).unwrap_or_default().trim().to_owned());
        }
    }
    found
}

/// Waits until something is so; not for ever.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(300), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Sends the signal and checks that the command dies of it, with nothing left.
fn interrupt(child: Child, temporary: &Path) {
    assert!(interrupted(child, temporary), "the command had ended");
}

/// Sends the signal and checks that nothing is left; whether the command dies of it, or had ended with success.
fn interrupted(mut child: Child, temporary: &Path) -> bool {
    use std::os::unix::process::ExitStatusExt;
    let signal = signal();
    kill_process(Pid::from_child(&child), signal).expect("sent");
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("waited") {
            break status;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "the command does not end");
        std::thread::sleep(Duration::from_millis(10));
    };
    assert!(status.success() || status.signal() == Some(signal.as_raw()), "{status}");
    // A process that has been killed is gone once its parent, or init, has taken notice.
    until("children are still running", || marked(temporary).is_empty());
    let left: Vec<_> = fs::read_dir(temporary).expect("there").flatten().map(|e| e.path()).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
    !status.success()
}

#[test]
fn a_build_is_there_as_a_whole_or_not_at_all() {
    let session = Session::new().mlp();
    let temporary = session.path("tmp");
    let before = {
        session.run("build mlp.snn -o old").ok();
        fs::create_dir(&temporary).expect("created");
        session.listing()
    };
    let mut count = 0;
    for wait in (0..).map(|n| Duration::from_millis(3 * n)) {
        let mut child = start(&session, &temporary, "build mlp.snn -o new");
        // From when its folder is being written on, at ever later moments.
        let begun = || session.listing().iter().any(|name| name.ends_with(".snn2rtl-tmp") || name == "new");
        until("nothing is written", begun);
        std::thread::sleep(wait);
        if child.try_wait().expect("waited").is_some() {
            break;
        }
        // It may have ended just now.
        count += u32::from(interrupted(child, &temporary));
        if session.path("new").exists() {
            session.run("verify new").ok();
            fs::remove_dir_all(session.path("new")).expect("removed");
        }
        assert_eq!(session.listing(), before);
        if count == 12 {
            break;
        }
    }
    assert!(count > 0, "no build was interrupted");
    session.run("verify old").ok();
}

#[test]
fn an_interrupted_co_simulation_leaves_nothing() {
    let session = Session::new().mlp();
    session.run("build mlp.snn -o build --lanes 4").ok();
    let temporary = session.path("tmp");
    fs::create_dir(&temporary).expect("created");
    let before = session.listing();
    let line = format!("cosim build --inputs {} --samples 8", example("sample/images.npy"));
    // While Verilator or the compiler is at work.
    let child = start(&session, &temporary, &line);
    until("no compiler is running", || marked(&temporary).iter().any(|name| name.starts_with("cc1plus")));
    interrupt(child, &temporary);
    assert_eq!(session.listing(), before);
}

#[test]
fn an_interrupted_synthesis_leaves_nothing() {
    let session = Session::new().mlp();
    session.run("build mlp.snn -o build --lanes 4").ok();
    let temporary = session.path("tmp");
    fs::create_dir(&temporary).expect("created");
    let before = session.listing();
    let child = start(&session, &temporary, "synth build");
    let work = session.path("build/reports/yosys_xc7");
    // In the middle: several modules are at work.
    until("no module is being synthesised", || {
        fs::read_dir(&work).is_ok_and(|entries| entries.flatten().count() > 8)
    });
    interrupt(child, &temporary);
    assert_eq!(session.listing(), before);
    session.run("verify build").ok();
}

/// Results of an earlier build are linked into the new folder one by one: in the middle of that, both are there.
#[test]
fn an_interrupted_build_loses_no_result_that_it_was_keeping() {
    const RESULTS: usize = 20_000;
    let session = Session::new().mlp();
    session.run("build mlp.snn -o b --lanes 4").ok();
    let results = session.path("b/checkpoints");
    fs::create_dir(&results).expect("created");
    (0..RESULTS).for_each(|n| fs::write(results.join(n.to_string()), n.to_string()).expect("written"));
    let temporary = session.path("tmp");
    fs::create_dir(&temporary).expect("created");
    let before = session.listing();
    let child = start(&session, &temporary, "build mlp.snn -o b --lanes 4");
    // The folder that is being filled, and how many results are in it.
    let linked = || {
        let entries = fs::read_dir(session.folder.path()).expect("readable").flatten();
        let fresh = entries.map(|e| e.path()).find(|path| path.to_string_lossy().ends_with(".snn2rtl-tmp"));
        let place = fresh.map(|fresh| fresh.join("new/checkpoints"));
        place.and_then(|place| fs::read_dir(place).ok()).map_or(0, Iterator::count)
    };
    let mut seen = 0;
    until("no result is linked", || {
        seen = linked();
        seen > 0
    });
    assert!(seen < RESULTS, "all were linked at once: more results are needed");
    interrupt(child, &temporary);
    assert_eq!(session.listing(), before);
    let whole = |n: usize| fs::read_to_string(results.join(n.to_string())).is_ok_and(|t| t == n.to_string());
    assert!((0..RESULTS).all(whole), "a result was changed");
    session.run("verify b").ok();
    session.run("build mlp.snn -o b --lanes 4").ok();
    assert!((0..RESULTS).all(whole), "a result was not kept");
}

#[test]
fn a_model_is_there_as_a_whole_or_not_at_all() {
    let session = Session::new();
    let temporary = session.path("tmp");
    fs::create_dir(&temporary).expect("created");
    let before = session.listing();
    let line =
        format!("convert {} -o new.snn --input u8 --mean 0.1307 --std 0.3081", example("mnist_mlp.onnx"));
    let begun = Instant::now();
    session.run(&line).ok();
    let whole = begun.elapsed();
    fs::remove_dir_all(session.path("new.snn")).expect("removed");
    // At moments spread over a run.
    let mut count = 0;
    for moment in 1..=16 {
        let child = start(&session, &temporary, &line);
        std::thread::sleep(whole * moment / 16);
        count += u32::from(interrupted(child, &temporary));
        if session.path("new.snn").exists() {
            session.run("inspect new.snn").ok();
            fs::remove_dir_all(session.path("new.snn")).expect("removed");
        }
        assert_eq!(session.listing(), before);
    }
    assert!(count > 4, "{count} conversions were interrupted");
}

#[test]
fn an_interrupted_demo_leaves_nothing() {
    let session = Session::new();
    let temporary = session.path("tmp");
    fs::create_dir(&temporary).expect("created");
    let before = session.listing();
    // What an earlier demo compiled is not compiled again, so this is interrupted when its build folder is there.
    let child = start(&session, &temporary, "demo -o demo");
    until("no build folder is written", || session.path("demo/build/manifest.json").exists());
    interrupt(child, &temporary);
    assert_eq!(session.listing(), before);
}

#[test]
fn an_interrupted_place_and_route_leaves_nothing() {
    let session = Session::new();
    let convert = format!("convert {} -o m.snn {INPUT}", fixture("qdq_signed_activations.onnx"));
    session.run(&convert).ok();
    session.run("build m.snn -o build --lanes 1").ok();
    let temporary = session.path("tmp");
    fs::create_dir(&temporary).expect("created");
    let before = session.listing();
    let child = start(&session, &temporary, "synth build --tool nextpnr --family ecp5");
    // Once the router's folder is there: its netlist is being synthesised.
    let place = session.path("build/reports/nextpnr_ecp5");
    until("the folder of nextpnr is missing", || place.exists());
    interrupt(child, &temporary);
    assert_eq!(session.listing(), before);
    session.run("verify build").ok();
}

#[test]
fn interrupted_clients_of_cocotb_leave_nothing() {
    let session = Session::new().mlp();
    session.run("build mlp.snn -o build --lanes 4").ok();
    let temporary = session.path("tmp");
    fs::create_dir(&temporary).expect("created");
    let before = session.listing();
    let line = format!("cocotb build --inputs {} --samples 2 --frames 2", example("sample/images.npy"));
    let child = start(&session, &temporary, &line);
    until("no compiler is running", || marked(&temporary).iter().any(|name| name.starts_with("cc1plus")));
    interrupt(child, &temporary);
    assert_eq!(session.listing(), before);
}
