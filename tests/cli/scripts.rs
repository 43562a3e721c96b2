//! Scripts of a build folder, without the programs that they start.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};

use crate::session::Session;

/// A program that shows how it was called.
fn program(path: &Path) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("created");
    fs::write(path, "#!/bin/sh\necho \"called $0 with root ${VERILATOR_ROOT:-none}: $*\"\n")
        .expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("executable");
}

#[test]
fn lint_finds_verilator_by_variable_then_path_then_cache() {
    let session = Session::new().mlp();
    session.run("build mlp.snn -o build --lanes 4").ok();
    // A search path with nothing but what the script itself needs.
    let search = session.path("bin");
    fs::create_dir(&search).expect("created");
    let dirname = ["/usr/bin/dirname", "/bin/dirname"].into_iter().find(|path| Path::new(path).exists());
    symlink(dirname.expect("dirname"), search.join("dirname")).expect("linked");
    let (cache, home) = (session.path("cache"), session.path("home"));
    let lint = |variables: &[(&str, &Path)]| -> Output {
        let mut command = Command::new("/bin/sh");
        command.arg(session.path("build/scripts/lint.sh")).current_dir("/").env_clear().env("PATH", &search);
        command.envs(variables.iter().copied()).output().expect("started")
    };
    let found = |variables: &[(&str, &Path)], place: &Path, root: &Path| {
        let output = lint(variables);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        let called = format!("called {} with root {}: --lint-only", place.display(), root.display());
        assert!(
            text.starts_with(&called) && text.contains("PASS: lint of snn_mnist_mlp"),
            "{called}\n{text}"
        );
    };
    let none = Path::new("none");

    let missing = lint(&[("HOME", &home)]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("set VERILATOR to its path"));
    assert_eq!(lint(&[]).status.code(), Some(2), "without a home");

    // In the default place, then in the place of the variable, then on the path, then chosen.
    let provided = |cache: &Path| cache.join("tools/verilator-5.052-99fb1ea65be4/verilator");
    let usual = provided(&home.join(".cache/snn2rtl"));
    program(&usual.join("bin/verilator"));
    found(&[("HOME", &home)], &usual.join("bin/verilator"), &usual.join("share/verilator"));
    let own = provided(&cache);
    assert_eq!(lint(&[("HOME", &home), ("SNN2RTL_CACHE", &cache)]).status.code(), Some(2));
    program(&own.join("bin/verilator"));
    let variables = [("HOME", home.as_path()), ("SNN2RTL_CACHE", cache.as_path())];
    found(&variables, &own.join("bin/verilator"), &own.join("share/verilator"));
    program(&search.join("verilator"));
    found(&variables, &search.join("verilator"), none);
    let chosen = session.path("chosen verilator");
    program(&chosen);
    found(&[("HOME", &home), ("VERILATOR", &chosen)], &chosen, none);
}
