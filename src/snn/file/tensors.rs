//! `weights.safetensors`: named arrays of integers and floats.

use std::collections::BTreeSet;

use safetensors::tensor::{Metadata, TensorInfo, TensorView};
use safetensors::{Dtype, SafeTensorError};

use crate::error::{Error, Result, printable};

/// Collects tensors for writing.
#[derive(Default)]
pub(super) struct Writer {
    tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)>,
}

impl Writer {
    /// Adds integers in the smallest type that holds them.
    pub(super) fn smallest(&mut self, name: String, shape: Vec<usize>, values: &[i32]) {
        let narrow8: Option<Vec<u8>> =
            values.iter().map(|&v| i8::try_from(v).ok().map(i8::cast_unsigned)).collect();
        let narrow16 =
            || values.iter().map(|&v| i16::try_from(v).map(i16::to_le_bytes)).collect::<Result<Vec<_>, _>>();
        if let Some(bytes) = narrow8 {
            self.tensors.push((name, Dtype::I8, shape, bytes));
        } else if let Ok(pairs) = narrow16() {
            self.tensors.push((name, Dtype::I16, shape, pairs.concat()));
        } else {
            self.integers(name, shape, values);
        }
    }

    /// Adds 32-bit integers.
    pub(super) fn integers(&mut self, name: String, shape: Vec<usize>, values: &[i32]) {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.tensors.push((name, Dtype::I32, shape, bytes));
    }

    /// Adds a list of floats.
    pub(super) fn floats(&mut self, name: String, values: &[f32]) {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.tensors.push((name, Dtype::F32, vec![values.len()], bytes));
    }

    /// Adds a list of doubles, as floats if that is exact for all.
    pub(super) fn doubles(&mut self, name: String, values: &[f64]) {
        #[expect(clippy::cast_possible_truncation)]
        let narrow = |&v: &f64| Some(v as f32).filter(|&x| f64::from(x) == v);
        if let Some(floats) = values.iter().map(narrow).collect::<Option<Vec<f32>>>() {
            return self.floats(name, &floats);
        }
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.tensors.push((name, Dtype::F64, vec![values.len()], bytes));
    }

    /// The file's contents.
    pub(super) fn encode(&self) -> Result<Vec<u8>> {
        let error = |e: SafeTensorError| Error::input(format!("the weights cannot be written: {e}"));
        let views = self.tensors.iter().map(|(name, dtype, shape, bytes)| {
            Ok((name.as_str(), TensorView::new(*dtype, shape.clone(), bytes).map_err(error)?))
        });
        let views: Vec<(&str, TensorView<'_>)> = views.collect::<Result<_>>()?;
        safetensors::serialize(views, None).map_err(error)
    }
}

/// Returns tensors by name, and records which were used.
pub(super) struct Reader<'a> {
    metadata: Metadata,
    data: &'a [u8],
    unused: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    /// Reads the list of tensors.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self> {
        let damaged = |what: &str| {
            Error::input(format!("the file of the weights is damaged: {what}"))
                .fix("write or copy the model again")
        };
        let (length, rest) =
            bytes.split_first_chunk().ok_or_else(|| damaged("it ends within the first 8 bytes"))?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok().filter(|&n| n <= rest.len());
        let (header, data) = rest.split_at(length.ok_or_else(|| damaged("it ends within its header"))?);
        // Checks that the tensors are contiguous and that their sizes match their shapes.
        let metadata: Metadata =
            serde_json::from_slice(header).map_err(|e| damaged(&printable(&e.to_string())))?;
        if metadata.data_len() != data.len() {
            return Err(damaged(&format!(
                "it holds {} bytes of data; its header says {}",
                data.len(),
                metadata.data_len()
            )));
        }
        let unused = metadata.offset_keys().into_iter().collect();
        Ok(Self { metadata, data, unused })
    }

    fn take(&mut self, name: &str, extents: usize) -> Result<(&TensorInfo, &'a [u8])> {
        let info = self.metadata.info(name).ok_or_else(|| {
            Error::input(format!("the tensor {name:?} is missing from weights.safetensors"))
        })?;
        if info.shape.len() != extents {
            return Err(Error::input(format!(
                "the tensor {name:?} has the shape {:?}; expected {extents} extent(s)",
                info.shape
            )));
        }
        self.unused.remove(name);
        let (start, end) = info.data_offsets;
        let bytes =
            self.data.get(start..end).ok_or_else(|| Error::input("a tensor lies outside its file"))?;
        Ok((info, bytes))
    }

    /// A matrix of 8-, 16- or 32-bit integers: rows, columns, values.
    pub(super) fn matrix(&mut self, name: &str) -> Result<(usize, usize, Vec<i32>)> {
        let (info, bytes) = self.take(name, 2)?;
        #[expect(clippy::wildcard_enum_match_arm, reason = "the types of tensors are of another crate")]
        let values = match info.dtype {
            Dtype::I8 => bytes.iter().map(|&b| i32::from(b.cast_signed())).collect(),
            Dtype::I16 => bytes.as_chunks().0.iter().map(|&b| i16::from_le_bytes(b).into()).collect(),
            Dtype::I32 => bytes.as_chunks().0.iter().map(|&b| i32::from_le_bytes(b)).collect(),
            other => return Err(wrong_type(name, other, "I8, I16 or I32")),
        };
        Ok((info.shape[0], info.shape[1], values))
    }

    /// A list of 32-bit integers.
    pub(super) fn integers(&mut self, name: &str) -> Result<Vec<i32>> {
        match self.take(name, 1)? {
            (TensorInfo { dtype: Dtype::I32, .. }, bytes) => {
                Ok(bytes.as_chunks().0.iter().map(|&b| i32::from_le_bytes(b)).collect())
            }
            (info, _) => Err(wrong_type(name, info.dtype, "I32")),
        }
    }

    /// A list of floats.
    pub(super) fn floats(&mut self, name: &str) -> Result<Vec<f32>> {
        match self.take(name, 1)? {
            (TensorInfo { dtype: Dtype::F32, .. }, bytes) => {
                Ok(bytes.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect())
            }
            (info, _) => Err(wrong_type(name, info.dtype, "F32")),
        }
    }

    /// A list of floats or doubles.
    pub(super) fn doubles(&mut self, name: &str) -> Result<Vec<f64>> {
        match self.take(name, 1)? {
            (TensorInfo { dtype: Dtype::F32, .. }, bytes) => {
                Ok(bytes.as_chunks().0.iter().map(|&b| f64::from(f32::from_le_bytes(b))).collect())
            }
            (TensorInfo { dtype: Dtype::F64, .. }, bytes) => {
                Ok(bytes.as_chunks().0.iter().map(|&b| f64::from_le_bytes(b)).collect())
            }
            (info, _) => Err(wrong_type(name, info.dtype, "F32 or F64")),
        }
    }

    /// Checks that every tensor was used.
    pub(super) fn finish(self) -> Result<()> {
        match self.unused.first() {
            None => Ok(()),
            Some(name) => {
                let name = printable(name);
                Err(Error::input(format!("the tensor {name:?} in weights.safetensors belongs to no node")))
            }
        }
    }
}

fn wrong_type(name: &str, found: Dtype, expected: &str) -> Error {
    Error::input(format!("the tensor {name:?} has the type {found:?}; expected {expected}"))
}
