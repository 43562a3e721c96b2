//! What is known of a node's first output from what is known of its inputs: extents and type.

use super::decode::Node;
use super::dims;
use super::flow::Flow;
use super::tensor::Type;

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
            // A product of two computed values has a pattern of its own or none.
            (Some("MatMul" | "Gemm"), _) if !self.is_constant(node.input(1).map_err(|e| e.problem)?) => {
                return Ok(None);
            }
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
            "Equal" | "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual" | "Not" => Some(Type::Bool),
            _ => input(0),
        }
    }
}

/// Operators whose first output has the extents of their first input.
const LIKE_FIRST_INPUT: &[&str] = &[
    "Identity",
    "Dropout",
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
];

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
];

/// Extents of a product with a matrix on the right.
fn matmul(a: &[usize], b: &[usize]) -> Result<Vec<usize>, String> {
    match (a.split_last(), b) {
        (Some((inner, rows)), [k, n]) if inner == k => Ok([rows, &[*n]].concat()),
        _ => Err(format!("extents {a:?} times {b:?}; supported is a product with a matrix on the right")),
    }
}
