//! Constants whose elements are in external files.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use super::proto::StringStringEntryProto;

/// The folder of the model: the only folder that is read.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder that holds this model.
    pub fn of(model: &Path) -> Self {
        let parent = model.parent().filter(|p| !p.as_os_str().is_empty());
        Self(parent.unwrap_or(Path::new(".")).to_owned())
    }

    /// Reads `bytes` bytes from where the entries `location`, `offset` and `length` say.
    pub fn read(&self, entries: &[StringStringEntryProto], bytes: usize) -> Result<Vec<u8>, String> {
        let entry = |key: &str| entries.iter().find(|e| e.key == key).map(|e| e.value.as_str());
        let number = |key: &str| match entry(key) {
            None => Ok(None),
            Some(text) => text
                .parse::<u64>()
                .map(Some)
                .map_err(|_| format!("the {key} {text:?} of a constant in another file is not a number")),
        };
        let location = entry("location").ok_or("a constant in another file without a location")?;
        let offset = number("offset")?.unwrap_or(0);
        let expected = u64::try_from(bytes).unwrap_or(u64::MAX);
        if let Some(length) = number("length")?
            && length != expected
        {
            return Err(format!("{length} bytes in {location:?} for a constant that needs {bytes}"));
        }
        let path = self.resolve(location)?;
        let failed = |e: std::io::Error| format!("cannot read the constants in {location:?}: {e}");
        let mut file = File::open(&path).map_err(failed)?;
        let available = file.metadata().map_err(failed)?.len();
        if offset.checked_add(expected).is_none_or(|end| end > available) {
            return Err(format!(
                "{location:?} has {available} bytes; a constant needs {bytes} bytes from {offset} on"
            ));
        }
        file.seek(SeekFrom::Start(offset)).map_err(failed)?;
        let mut data = vec![0; bytes];
        file.read_exact(&mut data).map_err(failed)?;
        Ok(data)
    }

    /// The file at a relative path without `..`; links may not lead out of the folder either.
    fn resolve(&self, location: &str) -> Result<PathBuf, String> {
        let relative = Path::new(location);
        let outside = || format!("the file {location:?} with constants is not inside the model's folder");
        let normal = |c: Component| matches!(c, Component::Normal(_) | Component::CurDir);
        if location.is_empty() || location.contains(['\\', '\0']) || !relative.components().all(normal) {
            return Err(outside());
        }
        let failed = |e: std::io::Error| format!("cannot find the file {location:?} with constants: {e}");
        let folder = self.0.canonicalize().map_err(failed)?;
        let path = folder.join(relative).canonicalize().map_err(failed)?;
        if !path.starts_with(&folder) {
            return Err(outside());
        }
        if path.is_file() { Ok(path) } else { Err(format!("{location:?} with constants is not a file")) }
    }
}
