//! Results of long work, kept in the user's cache folder by a hash of everything they depend on.
//!
//! An entry is one file: the hash of its content, then the content. It is written beside its final name and renamed, so
//! several processes may use one store. An entry whose content does not have its hash counts as missing. Each store has a
//! largest size; the entries that were used longest ago are removed first.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::folder;

/// With this environment variable set, nothing that was kept is used, and nothing is kept.
pub const OFF: &str = "SNN2RTL_NO_CACHE";

/// Changes when the meaning of keys or entries changes.
const VERSION: &str = "1";

/// Length of a hash in hexadecimal digits.
const HASH_LENGTH: usize = 64;

/// What a result depends on, hashed piece by piece. The order of the pieces matters.
#[derive(Clone)]
pub struct Key(Sha256);

impl Key {
    /// Begins the key of a kind of result.
    pub fn new(kind: &str) -> Self {
        Self(Sha256::new()).bytes(VERSION, kind.as_bytes())
    }

    /// Adds some bytes under a name.
    #[must_use]
    pub fn bytes(mut self, name: &str, bytes: &[u8]) -> Self {
        // With their lengths, so that no two sequences of pieces give the same stream.
        for piece in [name.as_bytes(), bytes] {
            self.0.update((piece.len() as u64).to_le_bytes());
            self.0.update(piece);
        }
        self
    }

    /// Adds a text under a name.
    #[must_use]
    pub fn text(self, name: &str, text: impl AsRef<str>) -> Self {
        self.bytes(name, text.as_ref().as_bytes())
    }

    /// Adds the content of a file under a name.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn file(self, name: &str, path: &Path) -> Result<Self> {
        Ok(self.bytes(name, &folder::read(path)?))
    }

    /// Adds the names and contents of all files in a folder and below, in the order of their names.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn folder(mut self, name: &str, path: &Path) -> Result<Self> {
        let entries = fs::read_dir(path).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
        let mut paths: Vec<PathBuf> =
            entries.map_err(|e| Error::io("read", path, &e))?.iter().map(fs::DirEntry::path).collect();
        paths.sort();
        for path in paths {
            let inner = format!("{name}/{}", path.file_name().unwrap_or_default().to_string_lossy());
            self = if path.is_dir() { self.folder(&inner, &path)? } else { self.file(&inner, &path)? };
        }
        Ok(self)
    }

    /// The key as a name.
    pub fn finish(self) -> String {
        hexadecimal(self.0)
    }
}

fn hexadecimal(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A folder of entries.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
    limit: u64,
}

impl Store {
    /// The store of a kind of result below a cache folder, of at most `limit` bytes; none if there is no cache folder or
    /// the user has switched it off with [`OFF`].
    pub fn open(cache: Option<&Path>, kind: &str, limit: u64) -> Option<Self> {
        let off = std::env::var_os(OFF).is_some_and(|value| !value.is_empty());
        cache.filter(|_| !off).map(|cache| Self { folder: cache.join(kind), limit })
    }

    /// The store for the results of jobs of other programs: reports of at most a few kilobytes.
    pub fn results(cache: Option<&Path>) -> Option<Self> {
        Self::open(cache, "results", 16 << 20)
    }

    /// The content of an entry, if it is there and undamaged.
    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        let path = self.folder.join(key);
        let mut content = fs::read(&path).ok()?;
        let body = content.get(HASH_LENGTH..)?;
        if hexadecimal(Sha256::new_with_prefix(body)).as_bytes() != &content[..HASH_LENGTH] {
            return None;
        }
        content.drain(..HASH_LENGTH);
        // Used now. Where that cannot be noted, the entry may be removed sooner.
        let _ = File::options().write(true).open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        Some(content)
    }

    /// Keeps an entry, and removes old ones if there is too much.
    ///
    /// # Errors
    /// When it cannot be written. Callers may ignore that: the result is only not kept.
    pub fn put(&self, key: &str, content: &[u8]) -> Result<()> {
        fs::create_dir_all(&self.folder).map_err(|e| Error::io("create", &self.folder, &e))?;
        let path = self.folder.join(key);
        let error = |e: std::io::Error| Error::io("write", &path, &e);
        let mut file = folder::begin_file(&path)?;
        file.write_all(hexadecimal(Sha256::new_with_prefix(content)).as_bytes()).map_err(error)?;
        file.write_all(content).map_err(error)?;
        folder::finish_file(file, &path)?;
        self.evict(key);
        Ok(())
    }

    /// Removes the entries that were used longest ago until the rest fits. Files that another process has removed or
    /// is writing are no problem: what cannot be read or removed is left.
    fn evict(&self, newest: &str) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let mut files: Vec<(SystemTime, u64, PathBuf)> = entries
            .flatten()
            .filter_map(|entry| {
                let data = entry.metadata().ok()?;
                Some((data.modified().ok()?, data.len(), entry.path()))
            })
            .collect();
        let mut total: u64 = files.iter().map(|(_, size, _)| size).sum();
        files.sort();
        for (_, size, path) in files {
            if total <= self.limit {
                break;
            }
            if path.file_name().is_some_and(|name| name != newest) && fs::remove_file(&path).is_ok() {
                total -= size;
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn store(cache: &Path, limit: u64) -> Store {
        Store { folder: cache.join("kind"), limit }
    }

    #[test]
    fn an_entry_is_found_under_its_key_only() {
        let cache = tempfile::tempdir().unwrap();
        let store = store(cache.path(), 1000);
        assert_eq!(store.get("a"), None);
        store.put("a", b"content").unwrap();
        assert_eq!(store.get("a").unwrap(), b"content");
        assert_eq!(store.get("b"), None);
        store.put("a", b"other").unwrap();
        assert_eq!(store.get("a").unwrap(), b"other");
        assert_eq!(fs::read_dir(cache.path().join("kind")).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_damaged_entry_is_missing() {
        let cache = tempfile::tempdir().unwrap();
        let store = store(cache.path(), 1000);
        store.put("a", b"content").unwrap();
        let path = cache.path().join("kind/a");
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            assert_eq!(store.get("a"), None, "{length} bytes");
        }
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs::write(&path, bytes).unwrap();
            assert_eq!(store.get("a"), None, "byte {at}");
        }
    }

    #[test]
    fn what_was_used_longest_ago_is_removed() {
        let cache = tempfile::tempdir().unwrap();
        let size = HASH_LENGTH as u64 + 100;
        let store = store(cache.path(), 3 * size);
        for (age, key) in [(40, "a"), (30, "b"), (20, "c")] {
            store.put(key, &[0; 100]).unwrap();
            let file = File::options().write(true).open(cache.path().join("kind").join(key)).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
        }
        assert!(store.get("a").is_some());
        store.put("d", &[0; 100]).unwrap();
        let there = ["a", "b", "c", "d"].map(|key| store.get(key).is_some());
        assert_eq!(there, [true, false, true, true]);
        // One that is too large alone stays until the next.
        store.put("e", &[0; 1000]).unwrap();
        assert!(store.get("e").is_some() && store.get("a").is_none());
    }

    #[test]
    fn every_byte_and_every_name_is_part_of_the_key() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("inner")).unwrap();
        fs::write(folder.path().join("inner/a.sv"), "module a;").unwrap();
        fs::write(folder.path().join("b.sv"), "module b;").unwrap();
        let key = || Key::new("kind").folder("rtl", folder.path()).unwrap().finish();
        let first = key();
        assert_eq!(key(), first);
        assert_eq!(first.len(), HASH_LENGTH);
        fs::write(folder.path().join("inner/a.sv"), "module c;").unwrap();
        let second = key();
        fs::rename(folder.path().join("b.sv"), folder.path().join("c.sv")).unwrap();
        let third = key();
        assert!(first != second && second != third && first != third);
        let joined = |a: &str, b: &str| Key::new("kind").text("x", a).text("y", b).finish();
        assert_ne!(joined("ab", "c"), joined("a", "bc"));
        assert_ne!(Key::new("one").finish(), Key::new("other").finish());
    }
}
