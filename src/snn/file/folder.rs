//! Reading the files of a model, and replacing a model as a whole.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;

use crate::error::{Error, Result};

/// Reads a whole file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    let error = |e: std::io::Error| {
        let missing = e.kind() == ErrorKind::NotFound;
        let error = Error::io("read", path, &e);
        if missing {
            error.fix("the folder is not a complete model: make one with 'snn2rtl convert'")
        } else {
            error
        }
    };
    // Devices and pipes have no end.
    if !fs::metadata(path).map_err(error)?.is_file() {
        return Err(Error::input("this is not a file").at_file(path));
    }
    fs::read(path).map_err(error)
}

/// Puts a folder with these files at `path`: written beside it first, then renamed, so that nothing half-written is ever
/// there.
pub(super) fn replace(path: &Path, files: &[(&str, &[u8])]) -> Result<()> {
    let error = |e: std::io::Error| Error::io("write", path, &e);
    let parent = match (path.parent(), path.file_name()) {
        (Some(parent), Some(_)) if !parent.as_os_str().is_empty() => parent,
        (Some(_), Some(_)) => Path::new("."),
        _ => return Err(Error::input("this cannot be the name of a model").at_file(path)),
    };
    let existing = may_replace(path, files)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(".snn2rtl-tmp");
    // As any program would create it; the umask of the user applies.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
    // Removed with all that is in it when it goes out of scope.
    let fresh = builder.tempdir_in(parent).map_err(error)?;
    let (new, old) = (fresh.path().join("new"), fresh.path().join("old"));
    fs::create_dir(&new).map_err(error)?;
    for (name, bytes) in files {
        let mut file = File::create(new.join(name)).map_err(error)?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(error)?;
    }
    if existing {
        fs::rename(path, &old).map_err(error)?;
    }
    let Err(failure) = fs::rename(&new, path) else { return Ok(()) };
    if existing && fs::rename(&old, path).is_err() {
        let kept = fresh.keep().join("old");
        return Err(error(failure).fix(format!("the model that was here is now {}", kept.display())));
    }
    Err(error(failure))
}

/// Whether there is a folder to replace; an error if it could hold anything but a model.
fn may_replace(path: &Path, files: &[(&str, &[u8])]) -> Result<bool> {
    let refuse = |problem: String| {
        Error::input(problem).at_file(path).fix("choose another name, or remove it yourself")
    };
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(Error::io("write", path, &e)),
    };
    if !meta.is_dir() {
        return Err(refuse("something that is not a model is already here".into()));
    }
    for entry in fs::read_dir(path).map_err(|e| Error::io("read", path, &e))? {
        let entry = entry.map_err(|e| Error::io("read", path, &e))?;
        let is_file = entry.file_type().is_ok_and(|t| t.is_file());
        if !is_file || !files.iter().any(|(name, _)| entry.file_name() == *name) {
            let name = crate::error::printable(&entry.file_name().to_string_lossy());
            return Err(refuse(format!("a folder that is not a model is already here: it holds {name:?}")));
        }
    }
    Ok(true)
}
