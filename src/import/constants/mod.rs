//! Constant folding: evaluates operators on constants as ONNX defines them, floats in `f32` in the order of the graph.

mod algebra;
mod elementwise;
mod layout;
pub mod quantise;
mod reduce;

use std::rc::Rc;

use super::decode::Node;
use super::external::Folder;
use super::tensor::{Elements, Tensor, Type, count};

/// An operator whose inputs are all constant.
pub struct Call<'a> {
    /// The operator.
    pub node: &'a Node,
    /// Its inputs; none for an omitted one.
    pub inputs: Vec<Option<Rc<Tensor>>>,
    /// Where constants in other files are.
    pub folder: &'a Folder,
    /// How many elements the result may have.
    pub room: usize,
}

impl Call<'_> {
    /// An input that must be there.
    fn get(&self, port: usize) -> Result<&Tensor, String> {
        self.optional(port).ok_or_else(|| format!("input {port} is missing"))
    }

    /// An input that may be left out.
    fn optional(&self, port: usize) -> Option<&Tensor> {
        self.inputs.get(port).and_then(Option::as_deref)
    }

    /// A list of integers that is a parameter in old operator sets and an input in new ones.
    fn list(&self, name: &str, port: usize) -> Result<Option<&[i64]>, String> {
        match (self.node.ints(name), self.optional(port)) {
            (Some(list), _) => Ok(Some(list)),
            (None, Some(tensor)) => tensor.as_ints().map(Some),
            (None, None) => Ok(None),
        }
    }

    /// Checks that a result with these extents is not out of all proportion to the model; returns its length.
    fn room_for(&self, dims: &[usize]) -> Result<usize, String> {
        let len = count(dims)?;
        if len <= self.room {
            Ok(len)
        } else {
            Err(format!("a constant of {len} elements is out of proportion to this model"))
        }
    }
}

/// The first output of the operator.
///
/// # Errors
/// When the operator is not known here, or its inputs do not fit it.
pub fn evaluate(call: &Call) -> Result<Tensor, String> {
    let Some(op) = call.node.standard_op() else {
        return match call.node.op.as_str() {
            "Quant" | "IntQuant" => quantise::quant(call),
            op => Err(format!("cannot evaluate {op} of operator set {:?} on constants", call.node.domain)),
        };
    };
    match op {
        "Constant" => constant(call),
        "Identity" | "Dropout" => call.get(0).cloned(),
        "Cast" => cast(call),
        "Add" | "Sub" | "Mul" | "Div" | "Pow" | "Min" | "Max" | "Equal" | "Greater" | "GreaterOrEqual"
        | "Less" | "LessOrEqual" | "Neg" | "Abs" | "Floor" | "Ceil" | "Round" | "Sqrt" | "Exp" | "Log"
        | "Reciprocal" | "Relu" | "Sign" | "Not" | "And" | "Or" | "Xor" | "Clip" | "Where" | "Mod"
        | "Tanh" | "Erf" | "Sigmoid" | "Sin" | "Cos" | "IsNaN" | "IsInf" => elementwise::evaluate(call, op),
        "Reshape" | "Flatten" | "Transpose" | "Squeeze" | "Unsqueeze" | "Gather" | "Concat" | "Slice"
        | "Expand" | "ConstantOfShape" | "Range" | "DepthToSpace" | "SpaceToDepth" | "Resize"
        | "Upsample" => layout::evaluate(call, op),
        "ReduceProd" | "ReduceSum" | "ReduceMin" | "ReduceMax" | "ReduceMean" => reduce::evaluate(call, op),
        "CumSum" | "Trilu" | "MatMul" | "Tile" | "GatherElements" | "GatherND" | "Softmax" => {
            algebra::evaluate(call, op)
        }
        "QuantizeLinear" | "DequantizeLinear" => quantise::evaluate(call, op),
        _ => Err(format!("cannot evaluate {op} on constants")),
    }
}

/// `Constant`: one of several parameters holds the value.
fn constant(call: &Call) -> Result<Tensor, String> {
    let [attribute] = call.node.attributes.as_slice() else {
        return Err("a constant without exactly one value".into());
    };
    match attribute.name.as_str() {
        "value" => {
            let proto = attribute.t.as_ref().ok_or("a constant without a value")?;
            Tensor::decode(proto, call.folder)
        }
        "value_float" => Ok(Tensor::f32(vec![], vec![attribute.f.unwrap_or(0.0)])),
        "value_floats" => Ok(Tensor::f32(vec![attribute.floats.len()], attribute.floats.clone())),
        "value_int" => Ok(Tensor { dims: vec![], ..Tensor::ints(vec![attribute.i.unwrap_or(0)]) }),
        "value_ints" => Ok(Tensor::ints(attribute.ints.clone())),
        other => Err(format!("a constant given as {other:?} is not supported")),
    }
}

/// `Cast`: to another type, as C does.
fn cast(call: &Call) -> Result<Tensor, String> {
    convert(call.get(0)?, Type::from_onnx(i32::try_from(call.node.int("to", 0)).unwrap_or(0))?)
}

/// The elements in another type.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
pub fn convert(x: &Tensor, to: Type) -> Result<Tensor, String> {
    let data = match (&x.data, to) {
        (Elements::Int(v), Type::F32) => Elements::F32(v.iter().map(|&x| x as f32).collect()),
        (Elements::Int(v), Type::F64) => Elements::F64(v.iter().map(|&x| x as f64).collect()),
        (Elements::F32(v), Type::F32) => Elements::F32(v.clone()),
        (Elements::F64(v), Type::F32) => Elements::F32(v.iter().map(|&x| x as f32).collect()),
        (Elements::F32(_) | Elements::F64(_), Type::F64) => Elements::F64(x.to_f64()),
        (Elements::F32(_) | Elements::F64(_), Type::Bool) => {
            Elements::Int(x.to_f64().iter().map(|&x| i64::from(x != 0.0)).collect())
        }
        (Elements::F32(_) | Elements::F64(_), Type::Int { .. }) => {
            // ONNX does not define casts of infinities and NaN. Models have them where the result is not used, such as the
            // logarithm of distance 0; processors give the lowest number.
            let (low, _) = to.range().unwrap_or((i64::MIN, i64::MAX));
            let one = |&x: &f64| if x.is_finite() { x as i64 } else { low };
            Elements::Int(x.to_f64().iter().map(one).collect())
        }
        (Elements::Int(v), Type::Bool) => Elements::Int(v.iter().map(|&x| i64::from(x != 0)).collect()),
        (Elements::Int(v), Type::Int { .. }) => Elements::Int(v.clone()),
    };
    if let (Elements::Int(v), Some((low, high))) = (&data, to.range())
        && let Some(bad) = v.iter().find(|&&x| x < low || x > high)
    {
        return Err(format!("{bad} is cast to an integer type that has no such value"));
    }
    Ok(Tensor { ty: to, dims: x.dims.clone(), data })
}
