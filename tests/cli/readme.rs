//! The commands of README.md, as they stand there.

use std::fs;

use crate::common::repository;
use crate::session::{Session, example};

fn readme() -> String {
    fs::read_to_string(repository("README.md")).expect("README.md")
}

/// The arguments of every `snn2rtl …` under "Your own model", in their order: first the block, then the table.
fn commands() -> Vec<String> {
    let text = readme();
    let section = text.split("\n## ").find(|part| part.starts_with("Your own model")).expect("the section");
    let block = section.lines().filter_map(|line| line.strip_prefix("    snn2rtl "));
    let cells = section.lines().filter(|line| line.starts_with('|'));
    let table = cells.flat_map(|line| line.split('`')).flat_map(|code| code.split("&&"));
    let table = table.filter_map(|code| code.trim().strip_prefix("snn2rtl "));
    block.chain(table).map(|line| line.trim().to_owned()).collect()
}

/// Whether a name at the top of the repository is ignored by git, by the simple patterns of our `.gitignore`.
fn ignored(name: &str) -> bool {
    let patterns = fs::read_to_string(repository(".gitignore")).expect(".gitignore");
    patterns.lines().any(|line| match line.strip_prefix('/') {
        Some(pattern) => match pattern.split_once('*') {
            Some((before, after)) => name.starts_with(before) && name.ends_with(after),
            None => name == pattern,
        },
        None => false,
    })
}

#[test]
fn the_commands_work_in_their_order_in_one_folder() {
    let session = Session::new();
    std::os::unix::fs::symlink(repository("examples"), session.path("examples")).expect("a link");
    // What the demo leaves there.
    session.write("demo", "");
    let commands = commands();
    assert!(commands.len() > 10, "{commands:?}");
    let mut run = Vec::new();
    for line in &commands {
        let name = line.split(' ').next().unwrap_or_default();
        // Minutes of Verilator, Yosys or nextpnr; and what they need.
        if ["cosim", "synth", "cocotb", "compact"].contains(&name) {
            continue;
        }
        let line = line.replace("IMAGES.npy", &example("sample/images.npy"));
        session.run(&line.replace("LABELS.npy", &example("sample/labels.npy"))).ok();
        run.push(name);
    }
    for name in ["convert", "inspect", "run", "build", "report", "explore", "verify", "targets"] {
        assert!(run.contains(&name), "README has no command {name:?} under \"Your own model\"");
    }
    for path in session.listing().iter().filter(|path| !path.contains('/') && *path != "examples") {
        assert!(ignored(path), "{path} is not in .gitignore");
    }
}

#[test]
fn outputs_do_not_lie_in_each_other() {
    let commands = commands();
    let outputs: Vec<&str> = commands
        .iter()
        .filter_map(|line| {
            line.split_once(" -o ").map(|(_, rest)| rest.split(' ').next().unwrap_or_default())
        })
        .chain(["demo"])
        .collect();
    for output in &outputs {
        assert!(!output.contains('/') && ignored(output), "{output}");
    }
    let help = Session::new().run("demo --help").ok().stdout();
    assert!(help.contains("[default: demo]"), "{help}");
}
