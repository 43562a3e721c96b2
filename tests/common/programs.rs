//! A `PATH` with the programs that this project provides, for scripts that know nothing of it.
#![allow(dead_code, reason = "each test program uses a part")]

use std::fs;
use std::path::Path;

use snn2rtl::tool::{Program, Tool, Toolbox};

/// The program, provided if need be.
pub fn program(tool: Tool) -> Program {
    Toolbox::from_env().get(tool).unwrap_or_else(|e| panic!("{e}"))
}

/// A word for the shell.
pub fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A file that can be started.
pub fn executable(path: &Path, text: &str) {
    fs::write(path, text).expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("made executable");
    }
}

/// Puts a program into a folder under its usual name.
pub fn wrap(folder: &Path, name: &str, program: &Program) {
    let mut text = "#!/bin/sh\n".to_owned();
    for (key, value) in &program.env {
        text += &format!("export {key}={}\n", quoted(&value.to_string_lossy()));
    }
    text += &format!("exec {}", quoted(&program.path.to_string_lossy()));
    for arg in &program.args {
        text += &format!(" {}", quoted(&arg.to_string_lossy()));
    }
    executable(&folder.join(name), &(text + " \"$@\"\n"));
}

/// `PATH` with this folder first.
pub fn path_with(folder: &Path) -> std::ffi::OsString {
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let all = [folder.to_owned()].into_iter().chain(std::env::split_paths(&rest));
    std::env::join_paths(all).expect("a path")
}
