//! Atomic writing of files and folders: they are written next to their destination and renamed into place, so that no
//! incomplete file is ever visible.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::{NamedTempFile, TempDir};

use crate::error::{Error, Result, printable};
use crate::interrupt::{self, Unfinished};

/// Reads a file of at most [`LONGEST`] bytes.
///
/// # Errors
/// If it is missing, too long or not a file.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let error = |e: std::io::Error| Error::io("read", path, &e);
    // Devices and pipes have no end.
    let meta = fs::metadata(path).map_err(error)?;
    if !meta.is_file() {
        return Err(Error::input("this is not a file").at_file(path));
    }
    if meta.len() > LONGEST {
        return Err(
            Error::input(format!("a file of {} bytes; possible are {LONGEST}", meta.len())).at_file(path)
        );
    }
    fs::read(path).map_err(error)
}

/// A file under another name, until [`finish_file`] puts it in its place. It goes away with this, and when the program is
/// interrupted.
#[derive(Debug)]
pub struct Draft {
    // Removed before it is forgotten.
    file: NamedTempFile,
    _unfinished: Unfinished,
}

impl Draft {
    /// Where it is for now.
    pub fn path(&self) -> &Path {
        self.file.path()
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for Draft {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// A temporary folder. It goes away with this, and when the program is interrupted.
#[derive(Debug)]
pub struct Scratch {
    // Removed before it is forgotten.
    folder: TempDir,
    _unfinished: Unfinished,
}

impl Scratch {
    /// In the system's folder for temporary files; its name begins with `prefix`.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn new(prefix: &str) -> Result<Self> {
        let place = std::env::temp_dir();
        Self::of(tempfile::Builder::new().prefix(prefix), &place).map_err(|e| {
            Error::io("create a folder in", &place, &e).fix("set TMPDIR to a folder that can be written")
        })
    }

    /// In a folder; its name begins with `prefix`.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn new_in(folder: &Path, prefix: &str) -> Result<Self> {
        Self::of(tempfile::Builder::new().prefix(prefix), folder)
            .map_err(|e| Error::io("create a folder in", folder, &e))
    }

    fn of(builder: &tempfile::Builder<'_, '_>, folder: &Path) -> io::Result<Self> {
        let (folder, unfinished) = Unfinished::create(|| builder.tempdir_in(folder), TempDir::path)?;
        Ok(Self { folder, _unfinished: unfinished })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Creates a temporary file for `path` in the same folder, so that [`finish_file`] only has to rename it.
///
/// # Errors
/// If its folder is missing or not writable.
pub fn begin_file(path: &Path) -> Result<Draft> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(".snn2rtl-tmp");
    // Normal permissions; the umask of the user applies.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let (file, unfinished) = Unfinished::create(|| builder.tempfile_in(folder), NamedTempFile::path)
        .map_err(|e| Error::io("create", path, &e))?;
    Ok(Draft { file, _unfinished: unfinished })
}

/// Renames a complete file to its destination.
///
/// # Errors
/// If the destination exists and cannot be replaced.
pub fn finish_file(draft: Draft, path: &Path) -> Result<()> {
    draft.file.persist(path).map_err(|e| Error::io("write", path, &e.error))?;
    Ok(())
}

/// Writes a value as JSON to `path`; creates its folder if it is missing.
///
/// # Errors
/// When it cannot be written.
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let mut text = serde_json::to_vec_pretty(value)
        .map_err(|e| Error::input(format!("this cannot be written as JSON: {e}")).at_file(path))?;
    text.push(b'\n');
    write_whole(path, &text)
}

/// Writes a file to `path`; creates its folder if it is missing.
///
/// # Errors
/// When it cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, &e))?;
    }
    let mut file = begin_file(path)?;
    file.write_all(bytes).map_err(|e| Error::io("write", path, &e))?;
    finish_file(file, path)
}

/// Reads JSON of one version, an object with the field `format_version`.
///
/// # Errors
/// If it cannot be read, is damaged or of another version.
pub fn read_json<T: DeserializeOwned>(path: &Path, version: u32) -> Result<T> {
    let damaged = |problem: String| Error::input(problem).at_file(path);
    let value: serde_json::Value = serde_json::from_slice(&read(path)?)
        .map_err(|e| damaged(format!("this JSON cannot be read: {e}")))?;
    match value.get("format_version").and_then(serde_json::Value::as_u64) {
        Some(found) if found == u64::from(version) => {}
        Some(found) => return Err(damaged(format!("this file is of version {found}, not {version}"))),
        None => return Err(damaged("this file has no version: format_version".to_owned())),
    }
    serde_json::from_value(value).map_err(|e| damaged(format!("this JSON cannot be read: {e}")))
}

/// Removes a file if it exists.
///
/// # Errors
/// If it exists and cannot be removed.
pub fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(Error::io("remove", path, &e)),
        _ => Ok(()),
    }
}

/// Maximum size of a file that is read.
pub const LONGEST: u64 = 8 << 30;

/// Puts a folder with these files (paths relative to it, with `/`) at `path`. A folder that is already there is
/// replaced if `stranger` finds nothing in it that this program did not write; anything else there is left alone. Of the
/// folder that is replaced, files and folders in `kept` (paths relative to it) are kept.
///
/// # Errors
/// When something else is there or the folder cannot be written; then nothing has changed on disk.
pub fn replace<N: AsRef<str>, B: AsRef<[u8]>>(
    path: &Path,
    what: &str,
    files: &[(N, B)],
    kept: &[String],
    stranger: impl Fn(&Path) -> Result<Option<PathBuf>>,
) -> Result<()> {
    let error = |e: std::io::Error| Error::io("write", path, &e);
    let parent = parent(path, what)?;
    let existing = may_replace(path, what, stranger)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(".snn2rtl-tmp");
    // Normal permissions; the umask of the user applies.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
    // Removed with all its contents when it is dropped.
    let fresh = Scratch::of(&builder, parent).map_err(error)?;
    let (new, old) = (fresh.path().join("new"), fresh.path().join("old"));
    fs::create_dir(&new).map_err(error)?;
    for (name, bytes) in files {
        let place = new.join(name.as_ref());
        let _whole = interrupt::hold();
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder).map_err(error)?;
        }
        let mut file = File::create(place).map_err(error)?;
        file.write_all(bytes.as_ref()).and_then(|()| file.sync_all()).map_err(error)?;
    }
    for name in kept {
        link(&path.join(name), &new.join(name))?;
    }
    // An interruption between the two would lose both.
    let _whole = interrupt::hold();
    if existing {
        fs::rename(path, &old).map_err(error)?;
    }
    let Err(failure) = fs::rename(&new, path) else { return Ok(()) };
    if existing && fs::rename(&old, path).is_err() {
        let kept = fresh.folder.keep().join("old");
        return Err(error(failure).fix(format!("the {what} that was here is now {}", kept.display())));
    }
    Err(error(failure))
}

/// Puts a file or folder in a second place, without copying where that is possible.
fn link(from: &Path, to: &Path) -> Result<()> {
    let error = |e: std::io::Error| Error::io("write", to, &e);
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(error)?;
    }
    let meta = fs::symlink_metadata(from).map_err(|e| Error::io("read", from, &e))?;
    if meta.is_dir() {
        fs::create_dir_all(to).map_err(error)?;
        for entry in entries(from)? {
            link(&entry, &to.join(entry.file_name().unwrap_or_default()))?;
        }
        return Ok(());
    }
    // Links and what is no file are not followed.
    if meta.is_file() && fs::hard_link(from, to).is_err() {
        fs::copy(from, to).map_err(error)?;
    }
    Ok(())
}

/// Checks a destination before long work, as far as possible without writing.
///
/// # Errors
/// As [`replace`], except for errors that only writing shows.
pub fn check_place(
    path: &Path,
    what: &str,
    stranger: impl Fn(&Path) -> Result<Option<PathBuf>>,
) -> Result<()> {
    fs::metadata(parent(path, what)?).map_err(|e| Error::io("write", path, &e))?;
    may_replace(path, what, stranger).map(|_| ())
}

/// The folder of a path.
fn parent<'a>(path: &'a Path, what: &str) -> Result<&'a Path> {
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(_)) if !parent.as_os_str().is_empty() => Ok(parent),
        (Some(_), Some(_)) => Ok(Path::new(".")),
        _ => Err(Error::input(format!("this cannot be the name of a {what}")).at_file(path)),
    }
}

/// Whether there is a folder to replace; an error if it could contain anything that this program did not write.
fn may_replace(path: &Path, what: &str, stranger: impl Fn(&Path) -> Result<Option<PathBuf>>) -> Result<bool> {
    let refuse = |problem: String| {
        Error::input(problem).at_file(path).fix("choose another name, or remove it yourself")
    };
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(Error::io("write", path, &e)),
    };
    if !meta.is_dir() {
        return Err(refuse(format!("something that is not a {what} is already here")));
    }
    match stranger(path)? {
        None => Ok(true),
        Some(entry) => {
            let name = printable(&entry.file_name().unwrap_or_default().to_string_lossy());
            Err(refuse(format!("a folder that is not a {what} is already here: it holds {name:?}")))
        }
    }
}

/// The entries of a folder, sorted by name.
///
/// # Errors
/// When it cannot be read.
pub fn entries(path: &Path) -> Result<Vec<PathBuf>> {
    let error = |e: std::io::Error| Error::io("read", path, &e);
    let mut found: Vec<PathBuf> = fs::read_dir(path)
        .map_err(error)?
        .map(|entry| entry.map(|e| e.path()).map_err(error))
        .collect::<Result<_>>()?;
    found.sort();
    Ok(found)
}
