//! State of a node's first output from the states of its inputs: extents and type.

use super::blocks;
use super::decode::Node;
use super::dims;
use super::flow::Flow;
use super::tensor::Type;
use super::transposed;
use super::window;

impl Flow<'_> {
    /// Extents of a node's first output, for the operators that are known.
    pub(super) fn infer(&self, node: &Node) -> Result<Option<Vec<usize>>, String> {
        let get = |port: usize| -> Result<Vec<usize>, String> {
            let value = node.optional_input(port).ok_or_else(|| format!("input {port} is missing"))?;
            self.extents(value)
                .map_err(|e| e.problem)?
                .ok_or_else(|| format!("input {port} has unknown extents"))
        };
        let list = |name: &str, port: usize| -> Result<Option<Vec<i64>>, String> {
            match (node.ints(name), node.optional_input(port)) {
                (Some(list), _) => Ok(Some(list.to_vec())),
                (None, Some(v)) => Ok(Some(self.constant(v).map_err(|e| e.problem)?.as_ints()?.to_vec())),
                (None, None) => Ok(None),
            }
        };
        let dims = match (node.standard_op(), node.op.as_str()) {
            (None, "Quant" | "IntQuant") => get(0)?,
            (Some(_), op) if LIKE_FIRST_INPUT.contains(&op) => get(0)?,
            (Some(_), op) if BROADCAST.contains(&op) => {
                let mut result = get(0)?;
                for port in 1..node.inputs.len() {
                    result = dims::broadcast(&result, &get(port)?)?;
                }
                result
            }
            (Some("Expand"), _) => {
                let target = list("shape", 1)?.ok_or("an Expand without a shape")?;
                dims::broadcast(&get(0)?, &sizes(&target)?)?
            }
            (Some("Tile"), _) => {
                let (dims, repeats) = (get(0)?, list("repeats", 1)?.ok_or("a Tile without repeats")?);
                let repeats = sizes(&repeats)?;
                if repeats.len() != dims.len() {
                    return Err(format!("repeats {repeats:?} of {dims:?}"));
                }
                let product = |(d, r): (&usize, &usize)| d.checked_mul(*r).ok_or("a huge extent");
                dims.iter().zip(&repeats).map(product).collect::<Result<_, _>>()?
            }
            (Some("GatherElements"), _) => get(1)?,
            (Some("ReduceMean" | "ReduceMax"), _) => {
                let dims = get(0)?;
                let reduced = self.reduced(node, dims.len())?;
                let keep = node.int("keepdims", 1) != 0;
                (0..dims.len())
                    .filter(|&i| keep || !reduced[i])
                    .map(|i| if reduced[i] { 1 } else { dims[i] })
                    .collect()
            }
            (Some("Reshape"), _) => {
                let target = list("shape", 1)?.ok_or("a Reshape without a shape")?;
                dims::reshape(&get(0)?, &target, node.int("allowzero", 0) != 0)?
            }
            (Some("Flatten"), _) => dims::flatten(&get(0)?, node.int("axis", 1))?,
            (Some("Squeeze"), _) => dims::squeeze(&get(0)?, list("axes", 1)?.as_deref())?,
            (Some("Unsqueeze"), _) => {
                dims::unsqueeze(&get(0)?, &list("axes", 1)?.ok_or("an Unsqueeze without axes")?)?
            }
            (Some("Transpose"), _) => {
                let dims = get(0)?;
                dims::order(node.ints("perm"), dims.len())?.into_iter().map(|i| dims[i]).collect()
            }
            (Some("Gemm"), _) if !self.is_constant(node.input(1).map_err(|e| e.problem)?) => {
                return Ok(None);
            }
            (Some("MatMul"), _) if !self.is_constant(node.input(1).map_err(|e| e.problem)?) => {
                dims::product(&get(0)?, &get(1)?)?
            }
            (Some("Split"), _) => match self.parts(node)?.into_iter().next() {
                Some(dims) => dims,
                None => return Ok(None),
            },
            (Some("Concat"), _) => {
                let parts = (0..node.inputs.len()).map(get).collect::<Result<Vec<_>, _>>()?;
                dims::concat(&parts, node.int("axis", 0))?
            }
            (Some("Gather"), _) => {
                let (data, indices) = (get(0)?, get(1)?);
                let axis = dims::axis(node.int("axis", 0), data.len())?;
                [&data[..axis], &indices[..], &data[axis + 1..]].concat()
            }
            (Some("Slice"), _) => {
                let mut dims = get(0)?;
                for cut in self.slices(node, &dims)? {
                    dims[cut.axis] = cut.count(dims[cut.axis])?;
                }
                dims
            }
            (Some("Conv"), _) => window::extents(node, &get(0)?, Some(&get(1)?))?,
            (Some("ConvTranspose"), _) => transposed::extents(node, &get(0)?, &get(1)?)?,
            (Some("MaxPool" | "AveragePool"), _) => window::extents(node, &get(0)?, None)?,
            (Some("GlobalAveragePool" | "GlobalMaxPool"), _) => global(get(0)?),
            (Some("Pad"), _) => {
                let (dims, pads) = (get(0)?, self.signed_pads(node)?);
                let (before, after) = pads.split_at(dims.len());
                let padded = |(i, &d): (usize, &usize)| {
                    let all = i128::try_from(d).ok()? + i128::from(before[i]) + i128::from(after[i]);
                    usize::try_from(all).ok().filter(|&all| all > 0 || d == 0)
                };
                dims.iter()
                    .enumerate()
                    .map(padded)
                    .collect::<Option<_>>()
                    .ok_or("a padding that is too large, or takes everything away")?
            }
            (Some("DepthToSpace" | "SpaceToDepth"), _) => blocks::extents(node, &get(0)?)?,
            (Some("Resize" | "Upsample"), _) => self.resized(node, &get(0)?)?,
            (Some("MatMul"), _) => matmul(&get(0)?, &get(1)?)?,
            (Some("Gemm"), _) => {
                let mut b = get(1)?;
                if node.int("transB", 0) != 0 {
                    b.reverse();
                }
                matmul(&get(0)?, &b)?
            }
            _ => return Ok(None),
        };
        Ok(Some(dims))
    }

    /// Which of `rank` extents a reduction reduces.
    pub fn reduced(&self, node: &Node, rank: usize) -> Result<Vec<bool>, String> {
        let axes = match (node.ints("axes"), node.optional_input(1)) {
            (Some(list), _) => list.to_vec(),
            (None, Some(v)) => self.constant(v).map_err(|e| e.problem)?.as_ints()?.to_vec(),
            (None, None) => vec![],
        };
        let mut reduced = vec![axes.is_empty() && node.int("noop_with_empty_axes", 0) == 0; rank];
        for axis in axes {
            reduced[dims::axis(axis, rank)?] = true;
        }
        Ok(reduced)
    }

    /// Extents of the outputs of a `Split`.
    pub(super) fn parts(&self, node: &Node) -> Result<Vec<Vec<usize>>, String> {
        if !node.is("Split") {
            return Err("only a Split has several outputs here".into());
        }
        let source = node.input(0).map_err(|e| e.problem)?;
        let whole = self.extents(source).map_err(|e| e.problem)?.ok_or("input 0 has unknown extents")?;
        let axis = dims::axis(node.int("axis", 0), whole.len())?;
        let sizes: Vec<usize> = match (node.ints("split"), node.optional_input(1)) {
            (Some(list), _) => sizes(list)?,
            (None, Some(v)) => sizes(self.constant(v).map_err(|e| e.problem)?.as_ints()?)?,
            (None, None) => {
                let count = node.outputs.len().max(1);
                let size = whole[axis].div_ceil(count);
                (0..count).map(|i| size.min(whole[axis].saturating_sub(i * size))).collect()
            }
        };
        if sizes.iter().sum::<usize>() != whole[axis] || sizes.contains(&0) {
            return Err(format!("parts {sizes:?} of an extent of {}", whole[axis]));
        }
        let part = |size: usize| {
            let mut dims = whole.clone();
            dims[axis] = size;
            dims
        };
        Ok(sizes.into_iter().map(part).collect())
    }

    /// Extents of a node's first output by the definition of its operator, for operators that are not supported.
    pub(super) fn defined(&self, node: &Node) -> Option<Vec<usize>> {
        let dims = self.extents(node.optional_input(0)?).ok()??;
        let op = node.standard_op()?;
        if LIKE_FIRST_INPUT_UNSUPPORTED.contains(&op) {
            return Some(dims);
        }
        match op {
            "GlobalLpPool" => Some(global(dims)),
            "LpPool" => window::extents(node, &dims, None).ok(),
            _ => None,
        }
    }

    /// Numbers that a `Pad` puts before each extent, then behind each.
    pub fn pads(&self, node: &Node) -> Result<Vec<usize>, String> {
        let own = |value: i64| {
            usize::try_from(value)
                .map_err(|_| format!("a padding of {value}; supported are numbers from 0 on"))
        };
        self.signed_pads(node)?.into_iter().map(own).collect()
    }

    /// The same; numbers below 0 take away what is there.
    pub fn signed_pads(&self, node: &Node) -> Result<Vec<i64>, String> {
        let problem = |e: crate::error::Error| e.problem;
        let rank = self.extents(node.input(0).map_err(problem)?).map_err(problem)?.unwrap_or_default().len();
        let list = match (node.ints("pads"), node.optional_input(1)) {
            (Some(list), _) => list.to_vec(),
            (None, Some(v)) => self.constant(v).map_err(problem)?.as_ints()?.to_vec(),
            (None, None) => return Err("a Pad without pads".into()),
        };
        let axes = match node.optional_input(3) {
            Some(v) => self.constant(v).map_err(problem)?.as_ints()?.to_vec(),
            None => (0..).take(rank).collect(),
        };
        if list.len() != 2 * axes.len() {
            return Err(format!("{} numbers of padding for {} extents", list.len(), axes.len()));
        }
        let mut pads = vec![0; 2 * rank];
        for (n, &axis) in axes.iter().enumerate() {
            let axis = dims::axis(axis, rank)?;
            for (at, value) in [(axis, list[n]), (rank + axis, list[axes.len() + n])] {
                pads[at] = value;
            }
        }
        Ok(pads)
    }

    /// Type of a node's first output; none if it is not known.
    pub(super) fn infer_type(&self, node: &Node) -> Option<Type> {
        let input = |port: usize| self.element_type(node.optional_input(port)?);
        let named = |name: &str| {
            node.attribute(name).and_then(|a| Type::from_onnx(i32::try_from(a.i.unwrap_or(0)).ok()?).ok())
        };
        match node.standard_op()? {
            "Constant" | "ConstantOfShape" => match node.attributes.first() {
                Some(a) if a.name == "value" => Type::from_onnx(a.t.as_ref()?.data_type).ok(),
                Some(a) if a.name.starts_with("value_int") => Some(Type::I64),
                Some(a) if !a.name.starts_with("value_float") => None,
                _ => Some(Type::F32),
            },
            "Cast" => named("to"),
            "CastLike" | "Where" | "DequantizeLinear" => input(1),
            "QuantizeLinear" => match node.optional_input(2) {
                Some(_) => input(2),
                None => named("output_dtype").or(Some(Type::Int { bits: 8, signed: false })),
            },
            "Shape" | "Size" => Some(Type::I64),
            "Equal" | "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual" | "Not" | "And" | "Or"
            | "Xor" | "IsNaN" | "IsInf" => Some(Type::Bool),
            _ => input(0),
        }
    }
}

/// Operators whose first output has the extents of their first input.
const LIKE_FIRST_INPUT: &[&str] = &[
    "Identity",
    "Dropout",
    "IsNaN",
    "CumSum",
    "Mod",
    "Cast",
    "CastLike",
    "Relu",
    "Neg",
    "Abs",
    "Floor",
    "Ceil",
    "Round",
    "Sqrt",
    "Sign",
    "Clip",
    "QuantizeLinear",
    "DequantizeLinear",
    "Not",
    "Reciprocal",
    "Exp",
    "Log",
    "LayerNormalization",
    "RMSNormalization",
    "Softmax",
    "BatchNormalization",
    "Celu",
    "Elu",
    "Erf",
    "Gelu",
    "HardSigmoid",
    "HardSwish",
    "LeakyRelu",
    "Mish",
    "PRelu",
    "Selu",
    "Sigmoid",
    "Softplus",
    "Softsign",
    "Swish",
    "Tanh",
    "ThresholdedRelu",
];

/// Operators that are not supported and whose first output has the extents of their first input.
const LIKE_FIRST_INPUT_UNSUPPORTED: &[&str] = &[
    "Acos",
    "Asin",
    "Atan",
    "Cos",
    "Cosh",
    "GroupNormalization",
    "InstanceNormalization",
    "LRN",
    "LogSoftmax",
    "LpNormalization",
    "Sin",
    "Sinh",
    "Tan",
];

/// What to do about a node whose extents are not supported.
pub fn remedy(node: &Node) -> &'static str {
    match node.standard_op().unwrap_or_default() {
        "Conv" | "ConvTranspose" | "MaxPool" | "AveragePool" => {
            "use one or two directions, strides and dilations from 1, paddings from 0, a kernel within the padded image, and groups \
             that divide the channels"
        }
        "Pad" => super::patterns::convolution::PAD,
        "MatMul" | "Gemm" => {
            "write layers as x·W with a constant matrix on the right, and products of two computed values as Q·Kᵀ and P·V"
        }
        "Slice" => "cut parts that are not empty, with constant bounds",
        "Split" => "split into constant sizes that add up to the extent",
        "Reshape" | "Expand" => "export with fixed extents, so that the target shape is a constant",
        _ => {
            "export with fixed extents, and check the model with onnx.checker.check_model(model, full_check=True)"
        }
    }
}

/// Operators whose output has the extents of all inputs broadcast.
const BROADCAST: &[&str] = &[
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Pow",
    "Min",
    "Max",
    "Where",
    "Equal",
    "Greater",
    "GreaterOrEqual",
    "Less",
    "LessOrEqual",
    "And",
    "Or",
    "Xor",
];

/// Extents of a product with a matrix on the right.
fn matmul(a: &[usize], b: &[usize]) -> Result<Vec<usize>, String> {
    match (a.split_last(), b) {
        (Some((inner, rows)), [k, n]) if inner == k => Ok([rows, &[*n]].concat()),
        (Some((inner, _)), [_, .., k, _]) if inner == k && b.len() > 2 => Err(format!(
            "extents {a:?} times {b:?}: a constant matrix for each index of the first extents, as of relative positions in \
             attention (DeBERTa), is not supported"
        )),
        _ => Err(format!("extents {a:?} times {b:?}; supported is a product with a matrix on the right")),
    }
}

/// A list of lengths.
fn sizes(list: &[i64]) -> Result<Vec<usize>, String> {
    list.iter().map(|&n| usize::try_from(n).map_err(|_| format!("a length of {n}"))).collect()
}

/// Extents of a pool of all pixels.
fn global(mut dims: Vec<usize>) -> Vec<usize> {
    dims.iter_mut().skip(2).for_each(|d| *d = 1);
    dims
}
