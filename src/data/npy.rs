//! The header of a `.npy` file: type, order and shape of an array.

use std::io::{Read, Write};

use crate::error::{Error, Result, printable};

/// Element type of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum ScalarType {
    Bool,
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F16,
    F32,
    F64,
}

/// NumPy's letter and size of every type, its usual name, and ours.
const TYPES: [(&str, &str, ScalarType); 12] = [
    ("b1", "bool", ScalarType::Bool),
    ("i1", "int8", ScalarType::I8),
    ("u1", "uint8", ScalarType::U8),
    ("i2", "int16", ScalarType::I16),
    ("u2", "uint16", ScalarType::U16),
    ("i4", "int32", ScalarType::I32),
    ("u4", "uint32", ScalarType::U32),
    ("i8", "int64", ScalarType::I64),
    ("u8", "uint64", ScalarType::U64),
    ("f2", "float16", ScalarType::F16),
    ("f4", "float32", ScalarType::F32),
    ("f8", "float64", ScalarType::F64),
];

impl ScalarType {
    fn entry(self) -> (&'static str, &'static str) {
        TYPES.iter().find(|t| t.2 == self).map_or(("", ""), |t| (t.0, t.1))
    }

    /// NumPy's name, e.g. `uint8`.
    pub fn name(self) -> &'static str {
        self.entry().1
    }

    /// Size in bytes.
    pub fn size(self) -> usize {
        self.entry().0.as_bytes().last().map_or(1, |digit| usize::from(digit - b'0'))
    }

    /// Whether it is an integer type.
    pub fn is_integer(self) -> bool {
        !matches!(self, Self::Bool | Self::F16 | Self::F32 | Self::F64)
    }
}

/// An element type that can be written.
pub trait Scalar: Copy {
    /// Its name in files.
    const TYPE: ScalarType;

    /// Appends its bytes, little-endian.
    fn append(self, bytes: &mut Vec<u8>);
}

macro_rules! scalar {
    ($($native:ty => $name:ident),*) => {$(
        impl Scalar for $native {
            const TYPE: ScalarType = ScalarType::$name;

            fn append(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}
scalar!(i8 => I8, u8 => U8, i16 => I16, u16 => U16, i32 => I32, u32 => U32, i64 => I64, u64 => U64, f32 => F32, f64 => F64);

/// Contents of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub scalar: ScalarType,
    /// Whether elements are big-endian.
    pub big_endian: bool,
    /// Whether the first extent varies fastest.
    pub fortran: bool,
    pub shape: Vec<usize>,
}

/// Maximum length of a header; NumPy's own are below 200 characters.
const LONGEST: usize = 1 << 16;

const MAGIC: &[u8; 6] = b"\x93NUMPY";

impl Header {
    /// Reads a header; the data follows it.
    pub(super) fn read(reader: &mut impl Read) -> Result<Self> {
        let truncated = |e: std::io::Error| Error::input(format!("the array's header is not readable: {e}"));
        let mut start = [0; 8];
        reader.read_exact(&mut start).map_err(truncated)?;
        if &start[..6] != MAGIC {
            return Err(Error::input("this is not an array in NumPy's format: it starts with other bytes")
                .fix("write it with numpy.save or numpy.savez_compressed"));
        }
        let length = match start[6] {
            1 => {
                let mut bytes = [0; 2];
                reader.read_exact(&mut bytes).map_err(truncated)?;
                usize::from(u16::from_le_bytes(bytes))
            }
            2 | 3 => {
                let mut bytes = [0; 4];
                reader.read_exact(&mut bytes).map_err(truncated)?;
                u32::from_le_bytes(bytes) as usize
            }
            version => {
                return Err(Error::input(format!(
                    "version {version} of NumPy's array format; supported are 1 to 3"
                )));
            }
        };
        if length > LONGEST {
            return Err(Error::input(format!(
                "the array's header has {length} bytes; at most {LONGEST} are read"
            )));
        }
        let mut text = vec![0; length];
        reader.read_exact(&mut text).map_err(truncated)?;
        let text = String::from_utf8_lossy(&text);
        Self::parse(&text).map_err(|problem| {
            Error::input(format!("the array's header {:?}: {problem}", printable(text.trim())))
        })
    }

    /// Parses `{'descr': '|u1', 'fortran_order': False, 'shape': (3, 4), }`.
    fn parse(text: &str) -> Result<Self, String> {
        let inner = text.trim().strip_prefix('{').and_then(|t| t.strip_suffix('}'));
        let mut rest = inner.ok_or("it is not a dictionary")?.trim();
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        while !rest.is_empty() {
            let (key, after) = quoted(rest).ok_or("a key is not a string")?;
            let value = after.trim_start().strip_prefix(':').ok_or("a key without a value")?.trim_start();
            rest = match key {
                "descr" => {
                    let (name, after) = quoted(value).ok_or("structured types are not supported")?;
                    descr = Some(name);
                    after
                }
                "fortran_order" => {
                    let (word, after) = value.split_at(value.find([',', ' ']).unwrap_or(value.len()));
                    fortran = match word {
                        "True" => Some(true),
                        "False" => Some(false),
                        _ => return Err("'fortran_order' is neither True nor False".into()),
                    };
                    after
                }
                "shape" => {
                    let inner = value.strip_prefix('(').and_then(|v| v.split_once(')'));
                    let (extents, after) = inner.ok_or("'shape' is not a tuple")?;
                    shape = Some(parse_shape(extents)?);
                    after
                }
                _ => return Err(format!("the key {:?} is unknown", printable(key))),
            };
            rest = rest.trim_start();
            rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        }
        let descr = descr.ok_or("'descr' is missing")?;
        let (order, name) = descr.split_at(descr.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(0));
        let scalar = TYPES.iter().find(|t| t.0 == name).map(|t| t.2);
        Ok(Self {
            scalar: scalar
                .filter(|_| matches!(order, "" | "|" | "<" | ">" | "="))
                .ok_or_else(|| format!("elements of type {:?} are not supported", printable(descr)))?,
            big_endian: order == ">",
            fortran: fortran.ok_or("'fortran_order' is missing")?,
            shape: shape.ok_or("'shape' is missing")?,
        })
    }

    /// Number of elements; `None` on overflow.
    pub(super) fn len(&self) -> Option<usize> {
        self.shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d))
    }

    /// Writes a header for data in row-major order, little-endian.
    pub(super) fn write(writer: &mut impl Write, scalar: ScalarType, shape: &[usize]) -> std::io::Result<()> {
        const ALIGNMENT: usize = 64;
        const BEFORE: usize = 10;
        let order = if scalar.size() == 1 { '|' } else { '<' };
        let extents: String = shape.iter().map(|d| format!("{d}, ")).collect();
        let extents = if shape.len() == 1 { extents.trim_end() } else { extents.trim_end_matches(", ") };
        let mut text = format!(
            "{{'descr': '{order}{}', 'fortran_order': False, 'shape': ({extents}), }}",
            scalar.entry().0
        );
        let length = (BEFORE + text.len() + 1).next_multiple_of(ALIGNMENT) - BEFORE;
        while text.len() + 1 < length {
            text.push(' ');
        }
        text.push('\n');
        let length = u16::try_from(length).map_err(|_| std::io::Error::other("too many extents"))?;
        writer.write_all(MAGIC)?;
        writer.write_all(&[1, 0])?;
        writer.write_all(&length.to_le_bytes())?;
        writer.write_all(text.as_bytes())
    }
}

/// A string without escapes at the start of `text`, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    text[1..].split_once(quote)
}

/// `3, 4` or `3,` or nothing.
fn parse_shape(text: &str) -> Result<Vec<usize>, String> {
    /// NumPy's own limit.
    const MOST_EXTENTS: usize = 64;
    let text = text.trim();
    let text = text.strip_suffix(',').unwrap_or(text);
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let extents: Result<Vec<usize>, _> = text.split(',').map(|d| d.trim().parse()).collect();
    let extents = extents.map_err(|_| format!("the shape ({}) is not readable", printable(text)))?;
    if extents.len() > MOST_EXTENTS { Err(format!("{} extents", extents.len())) } else { Ok(extents) }
}
