//! Ctrl-C: SIGINT, SIGTERM and SIGHUP end the program without leaving anything behind.
//!
//! A thread waits for the signals. When one comes, it kills the process groups of all children, removes every path that is
//! registered as temporary or unfinished, and lets the signal have its usual effect. While it does so it holds the one lock
//! that is needed to register anything, so that nothing new can come into being.
//!
//! Without [`install`] (in tests, in other programs that use the library) signals have their usual effect, and children
//! stay in the process group of the caller.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::error::{Error, Result};

/// Everything that a signal ends or removes.
struct State {
    installed: bool,
    next: u64,
    paths: BTreeMap<u64, PathBuf>,
    groups: BTreeMap<u64, Pid>,
}

static STATE: Mutex<State> =
    Mutex::new(State { installed: false, next: 0, paths: BTreeMap::new(), groups: BTreeMap::new() });

fn lock() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

/// Handles signals from now on. Those that the caller of the program ignores (`nohup`) stay ignored.
///
/// # Errors
/// When the system refuses.
pub fn install() -> Result<()> {
    let mut state = lock();
    if state.installed {
        return Ok(());
    }
    let refused = |e: io::Error| Error::input(format!("signals cannot be handled: {e}"));
    let ignored = ignored();
    let taken = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored & (1 << (signal - 1)) == 0);
    let mut signals = Signals::new(taken).map_err(refused)?;
    let wait = move || {
        if let Some(signal) = signals.forever().next() {
            end(signal);
        }
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait).map_err(refused)?;
    state.installed = true;
    Ok(())
}

/// A mask of the signals that are ignored, where the system tells.
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Kills, removes, and ends the program by the signal.
fn end(signal: i32) {
    // Never released: no other thread can register, create or start anything from here on.
    let state = lock();
    for group in state.groups.values() {
        // One that has just ended needs no killing.
        let _ = kill_process_group(*group, Signal::KILL);
    }
    // A child that is being killed may still finish a write: look again until all stays away.
    let mut clean = 0;
    for _ in 0..100 {
        let there: Vec<&PathBuf> =
            state.paths.values().rev().filter(|path| path.symlink_metadata().is_ok()).collect();
        clean = if there.is_empty() { clean + 1 } else { 0 };
        if clean == 2 {
            break;
        }
        for path in there {
            let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    eprintln!("\ninterrupted");
    let _ = signal_hook::low_level::emulate_default_handler(signal);
    signal_hook::low_level::exit(128 + signal);
}

/// While this lives, a signal has to wait: for steps that belong together, such as two renames.
pub struct Hold {
    _state: MutexGuard<'static, State>,
}

/// Makes signals wait. If one is being handled, this never returns.
pub fn hold() -> Hold {
    Hold { _state: lock() }
}

/// A path that a signal removes while this lives. Dropping it removes nothing.
#[derive(Debug)]
pub struct Unfinished {
    id: u64,
}

impl Unfinished {
    /// Creates something and registers its path, as one step.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn create<T>(
        create: impl FnOnce() -> io::Result<T>,
        path: impl FnOnce(&T) -> &Path,
    ) -> io::Result<(T, Self)> {
        let mut state = lock();
        let made = create()?;
        let path = std::path::absolute(path(&made))?;
        let id = state.id();
        state.paths.insert(id, path);
        Ok((made, Self { id }))
    }

    /// Creates a folder with those above it that are missing. A signal removes all that was created, with all that is in it
    /// then.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn folder(path: &Path) -> Result<Self> {
        let path = std::path::absolute(path).map_err(|e| Error::io("create", path, &e))?;
        // The topmost folder that is missing.
        let missing = path.ancestors().take_while(|above| !above.exists()).last();
        let top = missing.unwrap_or(&path).to_owned();
        let create = || fs::create_dir_all(&path).map(|()| top);
        let (_, unfinished) =
            Self::create(create, |top| top.as_path()).map_err(|e| Error::io("create", &path, &e))?;
        Ok(unfinished)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        lock().paths.remove(&self.id);
    }
}

/// A child process with its process group, if signals are handled.
#[derive(Debug)]
pub struct Child {
    child: std::process::Child,
    id: Option<u64>,
}

impl Child {
    /// Starts a program: in a process group of its own, which a signal kills.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn(command: &mut std::process::Command) -> io::Result<Self> {
        let mut state = lock();
        if !state.installed {
            return Ok(Self { child: command.spawn()?, id: None });
        }
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let child = command.spawn()?;
        let id = state.id();
        state.groups.insert(id, Pid::from_child(&child));
        Ok(Self { child, id: Some(id) })
    }

    /// Kills it.
    pub fn kill(&mut self) {
        // Its own end may have come first.
        let _ = self.child.kill();
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn wait(&mut self) -> io::Result<std::process::ExitStatus> {
        if self.id.is_some() {
            // Until it is reaped its number belongs to it: a signal cannot kill another process.
            let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            let ask = || waitid(WaitId::Pid(Pid::from_child(&self.child)), ended);
            while matches!(ask(), Err(rustix::io::Errno::INTR)) {}
        }
        let mut state = lock();
        if let Some(id) = self.id.take() {
            state.groups.remove(&id);
        }
        self.child.wait()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            lock().groups.remove(&id);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_created_is_registered_with_all_folders_above() {
        let outside = tempfile::tempdir().unwrap();
        let deep = outside.path().join("a/b/c");
        let unfinished = Unfinished::folder(&deep).unwrap();
        assert!(deep.is_dir());
        let id = unfinished.id;
        assert_eq!(lock().paths.get(&id), Some(&outside.path().join("a")));
        drop(unfinished);
        assert!(!lock().paths.contains_key(&id) && deep.is_dir());
        let again = Unfinished::folder(&deep).unwrap();
        assert_eq!(lock().paths.get(&again.id), Some(&deep));
    }
}
