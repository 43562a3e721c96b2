//! Writing arrays into a compressed `.npz` archive.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufWriter, Read, Seek, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use zip::write::FileOptions;

use crate::error::{Error, Result};
use crate::folder::{Draft, begin_file, finish_file};

use super::npy::{Header, Scalar};

/// Writes a `.npz` archive beside its destination and renames it into place when it is complete. The same arrays give
/// the same bytes.
pub struct NpzWriter {
    path: PathBuf,
    zip: zip::ZipWriter<BufWriter<Draft>>,
    names: HashSet<String>,
}

/// An array whose number of elements is not known yet. It collects them in an unnamed temporary file, because an
/// archive takes only one array at a time.
pub struct Spool<T> {
    path: PathBuf,
    file: BufWriter<File>,
    count: usize,
    buffer: Vec<u8>,
    scalar: PhantomData<T>,
}

impl<T: Scalar> Spool<T> {
    /// An empty array for an archive at `path`.
    ///
    /// # Errors
    /// If the folder of `path` is not writable.
    pub fn new(path: &Path) -> Result<Self> {
        let file = tempfile::tempfile_in(folder(path)).map_err(|e| Error::io("write", path, &e))?;
        let file = BufWriter::new(file);
        Ok(Self { path: path.to_owned(), file, count: 0, buffer: Vec::new(), scalar: PhantomData })
    }

    /// Appends elements.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn push(&mut self, elements: &[T]) -> Result<()> {
        self.buffer.clear();
        elements.iter().for_each(|x| x.append(&mut self.buffer));
        self.count += elements.len();
        self.file.write_all(&self.buffer).map_err(|e| Error::io("write", &self.path, &e))
    }

    /// Number of elements so far.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are no elements yet.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl NpzWriter {
    /// Creates an archive at `path`.
    ///
    /// # Errors
    /// When its folder is not writable.
    pub fn create(path: &Path) -> Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            zip: zip::ZipWriter::new(BufWriter::new(begin_file(path)?)),
            names: HashSet::new(),
        })
    }

    /// Adds an array in row-major order.
    ///
    /// # Errors
    /// When the disk is full or the name is taken.
    ///
    /// # Panics
    /// If `shape` does not have as many elements as `elements`.
    pub fn add<T: Scalar>(&mut self, name: &str, shape: &[usize], elements: &[T]) -> Result<()> {
        const AT_ONCE: usize = 1 << 16;
        assert_eq!(shape.iter().product::<usize>(), elements.len(), "elements of the array {name:?}");
        self.begin::<T>(name, shape)?;
        let mut bytes = Vec::new();
        for chunk in elements.chunks(AT_ONCE) {
            bytes.clear();
            chunk.iter().for_each(|x| x.append(&mut bytes));
            self.zip.write_all(&bytes).map_err(|e| Error::io("write", &self.path, &e))?;
        }
        Ok(())
    }

    /// Adds an array that was collected.
    ///
    /// # Errors
    /// When the disk is full or the name is taken.
    ///
    /// # Panics
    /// If `shape` does not have as many elements as were collected.
    pub fn add_spool<T: Scalar>(&mut self, name: &str, shape: &[usize], spool: Spool<T>) -> Result<()> {
        assert_eq!(shape.iter().product::<usize>(), spool.count, "elements of the array {name:?}");
        self.begin::<T>(name, shape)?;
        let error = |e: std::io::Error| Error::io("write", &self.path, &e);
        let mut file = spool.file.into_inner().map_err(|e| error(e.into_error()))?;
        file.rewind().map_err(error)?;
        let size = (spool.count * T::TYPE.size()) as u64;
        let copied = std::io::copy(&mut file.take(size), &mut self.zip).map_err(error)?;
        if copied == size { Ok(()) } else { Err(error(std::io::ErrorKind::UnexpectedEof.into())) }
    }

    fn begin<T: Scalar>(&mut self, name: &str, shape: &[usize]) -> Result<()> {
        /// Beyond this size an entry needs the 64-bit form.
        const LARGE: u64 = 1 << 31;
        /// Longer names do not fit an archive.
        const LONGEST: usize = 60_000;
        if name.len() > LONGEST || !self.names.insert(name.to_owned()) {
            let problem = "an array's name is taken, or too long for an archive";
            return Err(Error::input(problem).at_node(name).at_file(&self.path));
        }
        let size = shape.iter().product::<usize>() as u64 * T::TYPE.size() as u64;
        let options = FileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated)
            .last_modified_time(zip::DateTime::default())
            .large_file(size > LARGE);
        self.zip
            .start_file(format!("{name}.npy"), options)
            .map_err(|e| Error::io("write", &self.path, &e.into()).at_node(name))?;
        Header::write(&mut self.zip, T::TYPE, shape).map_err(|e| Error::io("write", &self.path, &e))
    }

    /// Completes the archive and renames it into place.
    ///
    /// # Errors
    /// When the disk is full or the destination cannot be replaced.
    pub fn finish(mut self) -> Result<()> {
        let error = |e: std::io::Error| Error::io("write", &self.path, &e);
        let buffer = self.zip.finish().map_err(|e| error(e.into()))?;
        let file = buffer.into_inner().map_err(|e| error(e.into_error()))?;
        finish_file(file, &self.path)
    }
}

/// The folder of a file.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
