//! Finding and reading one array.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result, printable};
use crate::graph::Shape;

use super::npy::{Header, ScalarType};

/// An array in row-major order, as stored in its file.
#[derive(Clone, Debug)]
pub struct Array {
    /// Type of an element.
    pub scalar: ScalarType,
    /// Extents, outermost first.
    pub shape: Vec<usize>,
    /// Elements, little-endian.
    bytes: Vec<u8>,
}

/// Upper bound of the compression factor of Deflate.
const BEST_COMPRESSION: u64 = 1032;

impl Array {
    /// Reads `file.npy`, `file.npz:name`, or the only array of `file.npz`.
    ///
    /// # Errors
    /// If the file or the name does not exist, or the file is damaged or not of NumPy's format.
    pub fn read(location: &str) -> Result<Self> {
        let (path, name) = split_location(location);
        let result = match name {
            None if !is_archive(&path) => Self::read_npy(&path),
            name => Self::read_npz(&path, name),
        };
        result.map_err(|e| e.at_file(path))
    }

    fn read_npy(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|e| Error::io("open", path, &e))?;
        let meta = file.metadata().map_err(|e| Error::io("open", path, &e))?;
        if !meta.is_file() {
            return Err(Error::input("this is not a file"));
        }
        Self::read_from(&mut BufReader::new(file), meta.len())
    }

    fn read_npz(path: &Path, name: Option<&str>) -> Result<Self> {
        let file = File::open(path).map_err(|e| Error::io("open", path, &e))?;
        let damaged =
            |e: zip::result::ZipError| Error::input(format!("this .npz archive is not readable: {e}"));
        let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
        let mut names: Vec<String> =
            archive.file_names().filter_map(|n| n.strip_suffix(".npy")).map(str::to_owned).collect();
        names.sort_unstable();
        let name = match (name, names.as_slice()) {
            (Some(name), _) if names.iter().any(|n| n == name) => name,
            (None, [only]) => only,
            (Some(name), _) => {
                return Err(choose(format!("no array is named {:?}", printable(name)), &names));
            }
            (None, []) => return Err(Error::input("this .npz archive holds no array")),
            (None, _) => return Err(choose("this .npz archive holds several arrays".into(), &names)),
        };
        let mut entry = archive.by_name(&format!("{name}.npy")).map_err(damaged)?;
        let most = entry.compressed_size().saturating_mul(BEST_COMPRESSION);
        Self::read_from(&mut entry, most).map_err(|e| e.at_node(name))
    }

    /// Reads header and data; there cannot be more than `most` bytes.
    fn read_from(reader: &mut impl Read, most: u64) -> Result<Self> {
        let header = Header::read(reader)?;
        let shape = Shape(header.shape.clone());
        let size = header.len().and_then(|n| n.checked_mul(header.scalar.size()));
        let size = size.filter(|&s| s as u64 <= most).ok_or_else(|| {
            Error::input(format!(
                "the header says {shape} elements of type {}, more than the file can hold",
                header.scalar.name()
            ))
            .fix("the file is truncated or damaged: write it again")
        })?;
        if header.fortran && header.shape.iter().filter(|&&d| d != 1).count() > 1 {
            return Err(Error::input("the array is stored column by column (Fortran order)")
                .fix("save numpy.ascontiguousarray(array)"));
        }
        let mut bytes = Vec::new();
        // Grows with the data that is present, so that a false header costs nothing.
        let mut limited = reader.take(size as u64);
        limited
            .read_to_end(&mut bytes)
            .map_err(|e| Error::input(format!("the data is not readable: {e}")))?;
        if bytes.len() != size {
            let problem = format!("the data ends after {} of {size} bytes", bytes.len());
            return Err(Error::input(problem).fix("the file is truncated: write it again"));
        }
        let mut after = [0];
        if limited.into_inner().read(&mut after).is_ok_and(|n| n > 0) {
            return Err(Error::input(format!("there is more data than the {size} bytes of the array")));
        }
        if header.big_endian {
            bytes.chunks_mut(header.scalar.size()).for_each(<[u8]>::reverse);
        }
        Ok(Self { scalar: header.scalar, shape: header.shape, bytes })
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.bytes.len() / self.scalar.size()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The bytes of the elements, little-endian.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The elements as integers, whatever the type: floats may hold integers, too.
    ///
    /// # Errors
    /// The first element that is none, with its index.
    pub(super) fn integers(&self) -> Result<Vec<i64>, NoInteger> {
        macro_rules! read {
            ($native:ty) => {
                self.each(|bytes| {
                    let x = <$native>::from_le_bytes(bytes);
                    i64::try_from(x).map_err(|_| x.to_string())
                })
            };
        }
        match self.scalar {
            ScalarType::Bool | ScalarType::U8 => read!(u8),
            ScalarType::I8 => read!(i8),
            ScalarType::I16 => read!(i16),
            ScalarType::U16 => read!(u16),
            ScalarType::I32 => read!(i32),
            ScalarType::U32 => read!(u32),
            ScalarType::I64 => read!(i64),
            ScalarType::U64 => read!(u64),
            ScalarType::F16 => self.each(|bytes| whole(half(u16::from_le_bytes(bytes)))),
            ScalarType::F32 => self.each(|bytes| {
                let x = f32::from_le_bytes(bytes);
                whole(x.into()).map_err(|_| x.to_string())
            }),
            ScalarType::F64 => self.each(|bytes| whole(f64::from_le_bytes(bytes))),
        }
    }

    /// All elements as integers, or the first that is none.
    fn each<const N: usize>(
        &self,
        integer: impl Fn([u8; N]) -> Result<i64, String>,
    ) -> Result<Vec<i64>, NoInteger> {
        let element = |(n, bytes)| integer(bytes).map_err(|value| NoInteger { value, index: self.index(n) });
        self.elements().enumerate().map(element).collect()
    }

    /// The index of element `n`, as NumPy writes it: `[3, 0, 5]`.
    pub(super) fn index(&self, n: usize) -> String {
        let mut rest = n;
        let mut index: Vec<usize> = Vec::new();
        for &extent in self.shape.iter().rev() {
            index.push(rest % extent.max(1));
            rest /= extent.max(1);
        }
        index.reverse();
        format!("{index:?}")
    }

    /// The elements' bytes, one by one.
    fn elements<const N: usize>(&self) -> impl Iterator<Item = [u8; N]> {
        self.bytes.as_chunks().0.iter().copied()
    }
}

/// An element that is not an integer of 64 bits.
pub(super) struct NoInteger {
    /// The element.
    pub value: String,
    /// Its index.
    pub index: String,
}

/// A float as the integer that it is, or its text.
fn whole(x: f64) -> Result<i64, String> {
    // Beyond this, floats do not hold every integer.
    const LARGEST: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation)]
    let integer = x as i64;
    if x.fract() == 0.0 && x.abs() <= LARGEST { Ok(integer) } else { Err(x.to_string()) }
}

/// The value of a number of half precision.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    let magnitude = match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -magnitude } else { magnitude }
}

/// Reads an array of integers, of whatever type that holds them.
///
/// # Errors
/// As [`Array::read`], or when an element is not an integer of 64 bits.
pub fn read_integers(location: &str) -> Result<(Shape, Vec<i64>)> {
    let array = Array::read(location)?;
    let values = array.integers().map_err(|NoInteger { value, index }| {
        let (path, _) = split_location(location);
        let problem = format!("the element {value} at index {index} is not an integer of 64 bits");
        Error::input(problem).at_file(path).fix("save the integers themselves, of any integer or float type")
    })?;
    Ok((Shape(array.shape), values))
}

/// Reads an array of floating-point numbers.
///
/// # Errors
/// As [`Array::read`], or if it is of another type.
pub fn read_floats(location: &str) -> Result<(Shape, Vec<f64>)> {
    let array = Array::read(location)?;
    let values = match array.scalar {
        ScalarType::F16 => array.elements().map(|b| half(u16::from_le_bytes(b))).collect(),
        ScalarType::F32 => array.elements().map(|b| f32::from_le_bytes(b).into()).collect(),
        ScalarType::F64 => array.elements().map(f64::from_le_bytes).collect(),
        other => {
            let problem = format!("elements of type {}; expected float16, float32 or float64", other.name());
            return Err(Error::input(problem).at_file(location).fix("save array.astype(numpy.float64)"));
        }
    };
    Ok((Shape(array.shape), values))
}

/// Lists the existing names.
fn choose(problem: String, names: &[String]) -> Error {
    const MOST: usize = 24;
    let mut list: Vec<String> = names.iter().take(MOST).map(|n| printable(n)).collect();
    if names.len() > MOST {
        list.push(format!("… ({} in all)", names.len()));
    }
    Error::input(problem).fix(format!("append ':' and one of: {}", list.join(", ")))
}

fn is_archive(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("npz"))
}

/// Path, and name within the archive. A colon separates them only after `.npz`, and only if no file has the whole name.
pub fn split_location(location: &str) -> (PathBuf, Option<&str>) {
    let whole = PathBuf::from(location);
    if !whole.exists() {
        let archives = location.match_indices(".npz:").map(|(at, _)| location.split_at(at + 4));
        let candidates: Vec<(&str, &str)> = archives.collect();
        let found = candidates.iter().find(|(path, _)| Path::new(path).exists()).or(candidates.first());
        if let Some((path, name)) = found {
            return (PathBuf::from(path), name.strip_prefix(':'));
        }
    }
    (whole, None)
}
