//! A fresh folder, commands in it, and what they did.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::common::repository;

/// A fresh folder to work in.
pub struct Session {
    pub folder: tempfile::TempDir,
}

/// What a command did.
pub struct Done {
    pub command: String,
    pub output: Output,
    pub listing: Vec<String>,
}

impl Session {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).expect("written");
    }

    pub fn listing(&self) -> Vec<String> {
        fn walk(folder: &Path, root: &Path, found: &mut Vec<String>) {
            for entry in fs::read_dir(folder).expect("readable") {
                let path = entry.expect("readable").path();
                found.push(path.strip_prefix(root).expect("below").display().to_string());
                if path.is_dir() {
                    walk(&path, root, found);
                }
            }
        }
        let mut found = Vec::new();
        walk(self.folder.path(), self.folder.path(), &mut found);
        found.sort();
        found
    }

    /// Runs the program with the words of a line.
    pub fn run(&self, line: &str) -> Done {
        let mut command = Command::new(env!("CARGO_BIN_EXE_snn2rtl"));
        command.args(line.split_whitespace());
        self.run_command(command, line)
    }

    pub fn run_command(&self, mut command: Command, line: &str) -> Done {
        let output = command.current_dir(self.folder.path()).output().expect("started");
        Done { command: line.to_owned(), output, listing: self.listing() }
    }

    /// The example, converted: `mlp.snn`.
    pub fn mlp(self) -> Self {
        let line =
            format!("convert {} -o mlp.snn --input u8 --mean 0.1307 --std 0.3081", example("mnist_mlp.onnx"));
        self.run(&line).ok();
        self
    }

    /// A command that must fail with exit code 2, say all of `words`, and leave the folder as it was.
    pub fn refused(&self, line: &str, words: &[&str]) {
        let before = self.listing();
        let done = self.run(line);
        done.refused(&before, words);
    }
}

impl Done {
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    pub fn all(&self) -> String {
        format!(
            "$ snn2rtl {}\nexit {:?}\n-- folder\n{}\n-- stdout\n{}\n-- stderr\n{}",
            self.command,
            self.output.status.code(),
            self.listing.join("\n"),
            self.stdout(),
            self.stderr()
        )
    }

    pub fn ok(self) -> Self {
        assert_eq!(self.output.status.code(), Some(0), "{}", self.all());
        self
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.output.stdout).unwrap_or_else(|e| panic!("{e}\n{}", self.all()))
    }

    pub fn refused(&self, before: &[String], words: &[&str]) {
        assert_eq!(self.output.status.code(), Some(2), "{}", self.all());
        let text = self.stderr();
        assert!(!text.contains("panicked"), "{}", self.all());
        if self.command.split(' ').any(|word| word == "--json") {
            let last: serde_json::Value =
                serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap_or_default();
            let error = &last["error"];
            assert!(error["problem"].is_string() && error["exit_code"] == 2, "{}", self.all());
        } else {
            assert!(text.starts_with("error: "), "{}", self.all());
        }
        for word in words {
            assert!(text.contains(word), "{word:?} is not said\n{}", self.all());
        }
        assert_eq!(self.listing, before, "{}", self.all());
    }
}

pub fn example(name: &str) -> String {
    repository("examples/mnist_mlp").join(name).display().to_string()
}

pub fn fixture(name: &str) -> String {
    repository("tests/fixtures/onnx").join(name).display().to_string()
}

pub const INPUT: &str = "--input u8 --scale 0.015625 --zero-point 128";
