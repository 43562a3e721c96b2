//! Constants while they are evaluated: a type, extents and elements.

use super::external::Folder;
use super::proto::TensorProto;
use crate::graph::Shape;

/// Type of an element, as ONNX numbers them; only those that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// IEEE single.
    F32,
    /// IEEE double.
    F64,
    /// An integer type of this number of bits, two's complement if signed.
    Int {
        /// Width.
        bits: u8,
        /// Whether negative values exist.
        signed: bool,
    },
    /// Truth values, kept as 0 and 1.
    Bool,
}

impl Type {
    /// 64-bit integers: what shapes and axes are.
    pub const I64: Self = Self::Int { bits: 64, signed: true };

    /// The type behind ONNX's number; the message of an error names the type.
    pub fn from_onnx(number: i32) -> Result<Self, String> {
        let int = |bits, signed| Ok(Self::Int { bits, signed });
        let name = match number {
            // Halves are floats: each of them is one exactly.
            1 | 10 | 16 => return Ok(Self::F32),
            2 => return int(8, false),
            3 => return int(8, true),
            4 => return int(16, false),
            5 => return int(16, true),
            6 => return int(32, true),
            7 => return int(64, true),
            9 => return Ok(Self::Bool),
            11 => return Ok(Self::F64),
            12 => return int(32, false),
            13 => return int(64, false),
            21 => return int(4, false),
            22 => return int(4, true),
            25 => return int(2, false),
            26 => return int(2, true),
            8 => "string",
            14 | 15 => "complex",
            17..=20 | 24 => "float8",
            23 => "float4",
            _ => return Err(format!("element type number {number} is unknown")),
        };
        Err(format!("element type {name} is not supported; export the model in float32"))
    }

    /// Smallest and largest value of an integer type.
    pub fn range(self) -> Option<(i64, i64)> {
        match self {
            Self::F32 | Self::F64 => None,
            Self::Bool => Some((0, 1)),
            Self::Int { bits: 64.., signed: true } => Some((i64::MIN, i64::MAX)),
            Self::Int { bits: 64.., signed: false } => Some((0, i64::MAX)),
            Self::Int { bits, signed: true } => Some((-(1 << (bits - 1)), (1 << (bits - 1)) - 1)),
            Self::Int { bits, signed: false } => Some((0, (1 << bits) - 1)),
        }
    }

    /// Number of bits of an element in raw bytes.
    fn bits(self) -> usize {
        match self {
            Self::F32 => 32,
            Self::F64 => 64,
            Self::Bool => 8,
            Self::Int { bits, .. } => usize::from(bits),
        }
    }
}

/// Elements, row-major.
#[derive(Clone, Debug, PartialEq)]
pub enum Elements {
    /// Of type [`Type::F32`].
    F32(Vec<f32>),
    /// Of type [`Type::F64`].
    F64(Vec<f64>),
    /// Of an integer type, or truth values.
    Int(Vec<i64>),
}

impl Elements {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(v) => v.len(),
            Self::F64(v) => v.len(),
            Self::Int(v) => v.len(),
        }
    }
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Type of its elements.
    pub ty: Type,
    /// Extents; empty for a scalar.
    pub dims: Vec<usize>,
    /// Elements.
    pub data: Elements,
}

/// No exporter writes more extents than this.
const MOST_EXTENTS: usize = 64;

/// Number of elements, when it is within what a constant may have. Unlike a value, a constant may be empty.
pub fn count(dims: &[usize]) -> Result<usize, String> {
    if dims.len() > MOST_EXTENTS {
        return Err(format!("{} extents; supported are {MOST_EXTENTS}", dims.len()));
    }
    let bound = dims.iter().try_fold(1usize, |n, &d| n.checked_mul(d.max(1)));
    match bound {
        Some(n) if n <= Shape::MAX_ELEMENTS => Ok(if dims.contains(&0) { 0 } else { n }),
        _ => Err(format!("extents {dims:?} are more than {} elements", Shape::MAX_ELEMENTS)),
    }
}

impl Tensor {
    /// A float constant.
    pub fn f32(dims: Vec<usize>, data: Vec<f32>) -> Self {
        Self { ty: Type::F32, dims, data: Elements::F32(data) }
    }

    /// A vector of 64-bit integers.
    pub fn ints(data: Vec<i64>) -> Self {
        Self { ty: Type::I64, dims: vec![data.len()], data: Elements::Int(data) }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// All elements as integers; an error for floats.
    pub fn as_ints(&self) -> Result<&[i64], String> {
        match &self.data {
            Elements::Int(v) => Ok(v),
            Elements::F32(_) | Elements::F64(_) => Err("a float constant where integers are expected".into()),
        }
    }

    /// All elements as they are in `f32`; an error when that would change one.
    pub fn as_f32(&self) -> Result<Vec<f32>, String> {
        match &self.data {
            Elements::F32(v) => Ok(v.clone()),
            Elements::F64(v) => v
                .iter()
                .map(|&x| {
                    #[expect(clippy::cast_possible_truncation)]
                    let y = x as f32;
                    if f64::from(y) == x || x.is_nan() {
                        Ok(y)
                    } else {
                        Err(format!("the double {x} is not a float"))
                    }
                })
                .collect(),
            Elements::Int(v) => v
                .iter()
                .map(|&x| {
                    i16::try_from(x)
                        .map(f32::from)
                        .map_err(|_| format!("the integer {x} where a float is due"))
                })
                .collect(),
        }
    }

    /// All elements as `f32`, doubles rounded to the nearest float.
    pub fn rounded_f32(&self) -> Result<Vec<f32>, String> {
        #[expect(clippy::cast_possible_truncation)]
        match &self.data {
            Elements::F64(v) => Ok(v.iter().map(|&x| x as f32).collect()),
            Elements::F32(_) | Elements::Int(_) => self.as_f32(),
        }
    }

    /// All elements as `f64`: exact for all but huge integers.
    pub fn to_f64(&self) -> Vec<f64> {
        match &self.data {
            Elements::F32(v) => v.iter().map(|&x| f64::from(x)).collect(),
            Elements::F64(v) => v.clone(),
            #[expect(clippy::cast_precision_loss)]
            Elements::Int(v) => v.iter().map(|&x| x as f64).collect(),
        }
    }

    /// The one value that all elements have.
    pub fn uniform(&self) -> Option<f64> {
        let first = |v: &[f64]| v.first().copied();
        match &self.data {
            Elements::F32(v) if v.windows(2).all(|w| w[0] == w[1]) => v.first().map(|&x| f64::from(x)),
            Elements::F64(v) if v.windows(2).all(|w| w[0] == w[1]) => first(v),
            #[expect(clippy::cast_precision_loss)]
            Elements::Int(v) if v.windows(2).all(|w| w[0] == w[1]) => v.first().map(|&x| x as f64),
            _ => None,
        }
    }

    /// Decodes ONNX's form; elements in another file are read from `folder`.
    pub fn decode(proto: &TensorProto, folder: &Folder) -> Result<Self, String> {
        let ty = Type::from_onnx(proto.data_type)?;
        let dims: Vec<usize> = proto
            .dims
            .iter()
            .map(|&d| usize::try_from(d).map_err(|_| format!("extent {d} of a constant is negative")))
            .collect::<Result<_, _>>()?;
        let len = count(&dims)?;
        if let 10 | 16 = proto.data_type {
            return halves(proto, dims, len, folder);
        }
        let bytes = (len * ty.bits()).div_ceil(8);
        let data = if proto.data_location == 1 {
            from_raw(ty, len, &folder.read(&proto.external_data, bytes)?)?
        } else if let Some(raw) = &proto.raw_data {
            from_raw(ty, len, raw)?
        } else {
            from_fields(ty, len, proto)
        };
        if data.len() == len {
            Ok(Self { ty, dims, data })
        } else {
            Err(format!("{} elements of a constant with extents {dims:?}", data.len()))
        }
    }
}

/// Elements of 16 bits, as floats.
fn halves(proto: &TensorProto, dims: Vec<usize>, len: usize, folder: &Folder) -> Result<Tensor, String> {
    let ty = Type::Int { bits: 16, signed: false };
    let words = if proto.data_location == 1 {
        from_raw(ty, len, &folder.read(&proto.external_data, len * 2)?)?
    } else if let Some(raw) = &proto.raw_data {
        from_raw(ty, len, raw)?
    } else {
        from_fields(ty, len, proto)
    };
    let Elements::Int(words) = words else { return Err("elements of 16 bits".into()) };
    if words.len() != len {
        return Err(format!("{} elements of a constant with extents {dims:?}", words.len()));
    }
    let is_brain = proto.data_type == 16;
    let float = |&word: &i64| {
        let word = u32::try_from(word).unwrap_or(0);
        if is_brain { f32::from_bits(word << 16) } else { half(word) }
    };
    Ok(Tensor::f32(dims, words.iter().map(float).collect()))
}

/// The float of a half's bits.
fn half(word: u32) -> f32 {
    let (exponent, mantissa) = (word >> 10 & 0x1f, word & 0x3ff);
    let sign = (word & 0x8000) << 16;
    match exponent {
        // Subnormal halves are multiples of 2^-24.
        0 => {
            let size = f32::from(u16::try_from(mantissa).unwrap_or(0)) * 2f32.powi(-24);
            f32::from_bits(size.to_bits() | sign)
        }
        31 => f32::from_bits(sign | 0x7f80_0000 | mantissa << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | mantissa << 13),
    }
}

/// Elements from little-endian bytes.
fn from_raw(ty: Type, len: usize, raw: &[u8]) -> Result<Elements, String> {
    let expected = (len * ty.bits()).div_ceil(8);
    if raw.len() != expected {
        return Err(format!("{} bytes of a constant that needs {expected}", raw.len()));
    }
    let word = |chunk: &[u8]| {
        let mut bytes = [0; 8];
        bytes[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(bytes)
    };
    #[expect(clippy::cast_possible_truncation)]
    Ok(match ty {
        Type::F32 => Elements::F32(raw.chunks_exact(4).map(|c| f32::from_bits(word(c) as u32)).collect()),
        Type::F64 => Elements::F64(raw.chunks_exact(8).map(|c| f64::from_bits(word(c))).collect()),
        Type::Bool => Elements::Int(raw.iter().map(|&b| i64::from(b != 0)).collect()),
        Type::Int { bits: bits @ (2 | 4), signed } => {
            Elements::Int(unpack(raw.iter().copied(), len, bits, signed))
        }
        Type::Int { bits, signed } => Elements::Int(
            raw.chunks_exact(usize::from(bits / 8)).map(|c| extend(word(c), bits, signed)).collect(),
        ),
    })
}

/// Elements from the typed fields; their number is checked by the caller.
fn from_fields(ty: Type, len: usize, proto: &TensorProto) -> Elements {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    match ty {
        Type::F32 => Elements::F32(proto.float_data.clone()),
        Type::F64 => Elements::F64(proto.double_data.clone()),
        Type::Bool => Elements::Int(proto.int32_data.iter().map(|&x| i64::from(x != 0)).collect()),
        Type::Int { bits: 64, signed: true } => Elements::Int(proto.int64_data.clone()),
        Type::Int { bits: bits @ (32 | 64), signed: false } => {
            Elements::Int(proto.uint64_data.iter().map(|&x| extend(x, bits, false)).collect())
        }
        Type::Int { bits: bits @ (2 | 4), signed } => {
            Elements::Int(unpack(proto.int32_data.iter().map(|&x| x as u8), len, bits, signed))
        }
        Type::Int { bits, signed } => {
            Elements::Int(proto.int32_data.iter().map(|&x| extend(x as u32 as u64, bits, signed)).collect())
        }
    }
}

/// Elements of 2 or 4 bits, the first in the lowest bits of a byte.
fn unpack(bytes: impl Iterator<Item = u8>, len: usize, bits: u8, signed: bool) -> Vec<i64> {
    bytes
        .flat_map(|b| (0..8 / bits).map(move |i| extend(u64::from(b >> (i * bits)), bits, signed)))
        .take(len)
        .collect()
}

/// The low `bits` of a word as a number. Numbers beyond the range of `i64` become its largest.
fn extend(word: u64, bits: u8, signed: bool) -> i64 {
    let unused = 64 - u32::from(bits);
    #[expect(clippy::cast_possible_wrap)]
    if signed {
        ((word << unused) as i64) >> unused
    } else {
        i64::try_from((word << unused) >> unused).unwrap_or(i64::MAX)
    }
}
