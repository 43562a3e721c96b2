//! Comparison of a build folder with its manifest: missing, changed and additional files.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::path::Path;

use serde::Serialize;

use super::manifest::{FileEntry, Manifest, sha256};
use super::{Files, MANIFEST};
use crate::error::{Error, Result, printable};
use crate::folder;

/// Outputs of commands and scripts in a build folder, which are not in the manifest; folders have a final slash.
pub const OUTPUTS: &[&str] = &[
    // `snn2rtl synth`, `cosim`, `report` and others.
    "reports/",
    "bitstream/",
    "sim/mismatch.vcd",
    // The scripts of the folder, and FuseSoC when it is started there.
    "work/",
    "build/",
    // The benches in Python.
    "cocotb_work/",
    // Vivado.
    "checkpoints/",
    "vivado/",
    "vivado_ip/",
    "vivado_bd/",
    "ip/",
    "vivado.log",
    "vivado.jou",
    ".Xil/",
];

/// Result of the comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// The model's name.
    pub model: String,
    /// The program that wrote the folder.
    pub generator: String,
    /// SHA-256 of the manifest: two verified folders with the same value are identical.
    pub fingerprint: String,
    /// Files that the manifest lists.
    pub files: usize,
    /// Listed but missing.
    pub missing: Vec<String>,
    /// Present but changed.
    pub changed: Vec<Change>,
    /// Present but not listed.
    pub additional: Vec<String>,
    /// Whether the model's own build was compared with the manifest.
    pub rebuilt: bool,
    /// Files in which a build of the model differs from the manifest.
    pub differs: Vec<String>,
}

/// A changed file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Path from the build folder.
    pub path: String,
    /// The difference.
    pub problem: String,
}

impl Verification {
    /// Whether the folder matches the manifest and the build of the model.
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty()
            && self.changed.is_empty()
            && self.additional.is_empty()
            && self.differs.is_empty()
    }
}

/// Checks what a program relies on when it reads a manifest: the top level is a plain name, and every path is one in
/// the folder.
///
/// # Errors
/// Names the problem.
pub(super) fn check(manifest: &Manifest) -> Result<(), String> {
    let tops = [Some(&manifest.top), manifest.serial.as_ref().map(|serial| &serial.top)];
    for top in tops.into_iter().flatten() {
        let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !top.chars().all(letter) || !top.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(format!("the top level in the manifest is not a name: '{}'", printable(top)));
        }
    }
    let mut seen = BTreeSet::new();
    for FileEntry { path, sha256, .. } in &manifest.files {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
        let step = |name: &str| !name.is_empty() && name != "." && name != "..";
        let in_folder = path.chars().all(plain) && path.split('/').all(step) && path != MANIFEST;
        if !in_folder || is_output(path) {
            return Err(format!("the manifest lists '{}', which no build writes", printable(path)));
        }
        if !seen.insert(path) {
            return Err(format!("the manifest lists '{path}' twice"));
        }
        if sha256.len() != 64 || !sha256.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c)) {
            return Err(format!("the manifest has no SHA-256 of '{path}'"));
        }
    }
    Ok(())
}

/// Whether a path from the build folder is one of [`OUTPUTS`] or in one, or what Python keeps of its programs.
fn is_output(path: &str) -> bool {
    let cached = path.split('/').any(|name| name == "__pycache__");
    cached
        || OUTPUTS.iter().any(|output| match output.strip_suffix('/') {
            Some(folder) => {
                path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            None => path == *output,
        })
}

/// Compares a build folder with its manifest. Links are not followed: a listed file that is one is changed.
///
/// # Errors
/// When there is no manifest, it is damaged or of another version, or the folder cannot be read.
pub fn verify(build: &Path) -> Result<Verification> {
    let bytes = folder::read(&build.join(MANIFEST)).unwrap_or_default();
    let manifest = super::read_manifest(build)?;
    let (mut missing, mut changed) = (Vec::new(), Vec::new());
    for file in &manifest.files {
        match compare(build, file)? {
            Found::Same => {}
            Found::Missing => missing.push(file.path.clone()),
            Found::Changed(problem) => changed.push(Change { path: file.path.clone(), problem }),
        }
    }
    let listed = manifest.files.iter().map(|file| file.path.as_str()).chain([MANIFEST]).collect();
    Ok(Verification {
        model: manifest.model.clone(),
        generator: manifest.generator.clone(),
        fingerprint: sha256(&bytes),
        files: manifest.files.len(),
        missing,
        changed,
        additional: additional(build, &listed)?,
        rebuilt: false,
        differs: Vec::new(),
    })
}

/// State of a listed file.
enum Found {
    Same,
    Missing,
    Changed(String),
}

fn compare(build: &Path, file: &FileEntry) -> Result<Found> {
    // Neither the file nor a folder on the way to it may be a link.
    let mut path = build.to_owned();
    let mut found: Option<Metadata> = None;
    for name in file.path.split('/') {
        if found.as_ref().is_some_and(|above| !above.is_dir()) {
            return Ok(Found::Missing);
        }
        path.push(name);
        let data = match fs::symlink_metadata(&path) {
            Ok(data) => data,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Found::Missing),
            Err(e) => return Err(Error::io("read", &path, &e)),
        };
        if data.is_symlink() {
            let what = if path.ends_with(&file.path) { "this" } else { "a folder on the way" };
            return Ok(Found::Changed(format!("{what} is a link")));
        }
        found = Some(data);
    }
    let Some(data) = found.filter(Metadata::is_file) else {
        return Ok(Found::Changed("this is not a file".into()));
    };
    if data.len() != file.bytes as u64 {
        return Ok(Found::Changed(format!("{} bytes instead of {}", data.len(), file.bytes)));
    }
    if sha256(&folder::read(&path)?) != file.sha256 {
        return Ok(Found::Changed("other contents of the same length".into()));
    }
    Ok(Found::Same)
}

/// What is in the folder and not listed; of a folder in which nothing is listed, the folder alone.
fn additional(build: &Path, listed: &BTreeSet<&str>) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(inside) = folders.pop() {
        for entry in folder::entries(&build.join(&inside))? {
            let name = entry.file_name().unwrap_or_default().to_string_lossy();
            let path = format!("{inside}{name}");
            if listed.contains(path.as_str()) || is_output(&path) {
                continue;
            }
            let below = format!("{path}/");
            let is_folder = fs::symlink_metadata(&entry).is_ok_and(|data| data.is_dir());
            match listed.iter().any(|file| file.starts_with(&below)) {
                true if is_folder => folders.push(below),
                // A file or link instead of a folder: what is in it was found to be missing or changed.
                true => {}
                false => found.push(if is_folder { below } else { path }),
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Adds where a build of the model differs from the manifest. What the folder was made from is no difference in itself.
pub fn compare_builds(verification: &mut Verification, listed: &Manifest, own: &Manifest, files: &Files) {
    let mut differs = BTreeSet::new();
    let contents: Vec<FileEntry> = files.iter().map(|(path, bytes)| FileEntry::of(path, bytes)).collect();
    let mut ours: Vec<&FileEntry> = contents.iter().filter(|file| file.path != MANIFEST).collect();
    ours.sort_by(|a, b| a.path.cmp(&b.path));
    let theirs: Vec<&FileEntry> = listed.files.iter().collect();
    let odd = ours.iter().filter(|file| !theirs.contains(file));
    differs
        .extend(odd.chain(theirs.iter().filter(|file| !ours.contains(file))).map(|file| file.path.clone()));
    let rest = |manifest: &Manifest| Manifest { inputs: Vec::new(), files: Vec::new(), ..manifest.clone() };
    if rest(listed) != rest(own) {
        differs.insert(MANIFEST.to_owned());
    }
    verification.rebuilt = true;
    verification.differs = differs.into_iter().collect();
}
