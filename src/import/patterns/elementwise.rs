//! Operators that act element by element, as steps of a function.

use std::collections::HashMap;

use super::{Context, bias};
use crate::error::{Error, Result as Outcome};
use crate::import::decode::{Node, ValueId};
use crate::quant::{Binary, Function, Step, Unary};

/// A value inside a function.
#[derive(Clone, Copy)]
pub enum Result {
    /// The result with this index.
    Number(usize),
    /// Whether the first position's result is greater than the second one's; or, of `false`, whether it is not.
    Greater(usize, usize, bool),
}

/// Sums, products and operators that do nothing.
const STRAIGHT: &[&str] = &["Add", "Sub", "Mul", "Div", "Neg", "Identity", "Cast", "CastLike"];

/// The others.
const CURVED: &[&str] = &[
    "Abs",
    "Celu",
    "Clip",
    "Elu",
    "Erf",
    "Exp",
    "Gelu",
    "Greater",
    "GreaterOrEqual",
    "HardSigmoid",
    "HardSwish",
    "LeakyRelu",
    "Less",
    "LessOrEqual",
    "Log",
    "Max",
    "Min",
    "Mish",
    "Not",
    "PRelu",
    "Pow",
    "Reciprocal",
    "Relu",
    "Selu",
    "Sigmoid",
    "Softplus",
    "Softsign",
    "Sqrt",
    "Swish",
    "Tanh",
    "ThresholdedRelu",
    "Where",
];

/// Whether a function may have this node.
pub fn is_known(node: &Node) -> bool {
    // Casts are checked one by one.
    node.standard_op()
        .is_some_and(|op| !op.starts_with("Cast") && (STRAIGHT.contains(&op) || CURVED.contains(&op)))
}

/// Whether this node does more than to add a number or to multiply by one; `several` of its inputs are computed, or the
/// first one is.
pub fn is_curved(node: &Node, several: bool, first: bool) -> bool {
    let product = node.is("Mul") || node.is("Div");
    node.standard_op().is_some_and(|op| CURVED.contains(&op))
        || product && several
        || node.is("Div") && !first
}

/// The value of a constant that is equal everywhere; `None` if it differs between elements.
pub fn number(context: &Context, value: ValueId) -> Outcome<Option<f64>> {
    Ok(bias::number(context, value)?.filter(|v| v.is_finite()))
}

/// Adds a node to a function; `None` if the function cannot contain it.
pub fn apply(
    context: &Context,
    node: &Node,
    f: &mut Function,
    results: &HashMap<ValueId, Result>,
) -> Outcome<Option<Result>> {
    let mut operands = Vec::new();
    for &input in &node.inputs {
        operands.push(match input {
            None => None,
            Some(input) => match results.get(&input) {
                Some(&result) => Some(result),
                None => match number(context, input)? {
                    Some(value) => Some(Result::Number(f.constant(value))),
                    None => return Ok(None),
                },
            },
        });
    }
    if node.is("Not") || node.is("Where") {
        let Some(Some(Result::Greater(a, b, is))) = operands.first().copied() else { return Ok(None) };
        let [_, Some(Result::Number(then)), Some(Result::Number(otherwise))] = operands[..] else {
            return Ok(node.is("Not").then_some(Result::Greater(a, b, !is)));
        };
        let (then, otherwise) = if is { (then, otherwise) } else { (otherwise, then) };
        return Ok(Some(Result::Number(f.push(Step::Select([a, b, then, otherwise])))));
    }
    let mut numbers = Vec::new();
    for operand in operands {
        numbers.push(match operand {
            Some(Result::Number(position)) => Some(position),
            Some(Result::Greater(..)) => return Ok(None),
            None => None,
        });
    }
    let &[Some(x), ref rest @ ..] = &numbers[..] else { return Ok(None) };
    let result = match (node.op.as_str(), rest) {
        ("Greater", &[Some(y)]) => return Ok(Some(Result::Greater(x, y, true))),
        ("Less", &[Some(y)]) => return Ok(Some(Result::Greater(y, x, true))),
        ("GreaterOrEqual", &[Some(y)]) => return Ok(Some(Result::Greater(y, x, false))),
        ("LessOrEqual", &[Some(y)]) => return Ok(Some(Result::Greater(x, y, false))),
        ("Min" | "Max", _) => {
            let op = if node.is("Min") { Binary::Min } else { Binary::Max };
            rest.iter().flatten().fold(x, |a, &b| f.binary(op, a, b))
        }
        ("Pow", &[Some(exponent)]) => match power(f, x, exponent) {
            Some(result) => result,
            None => {
                return Err(Error::input("a power of a computed value with this exponent is not supported")
                    .at_node(&node.name)
                    .fix("use 0.5, -1, or a whole number from 1 to 8"));
            }
        },
        ("Clip", _) => clip(node, f, x, rest),
        (op, &[Some(y)]) => match binary(f, op, x, y) {
            Some(result) => result,
            None => return Ok(None),
        },
        (_, []) => match unary(node, f, x) {
            Some(result) => result,
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    Ok(Some(Result::Number(result)))
}

/// A node with two operands.
fn binary(f: &mut Function, op: &str, x: usize, y: usize) -> Option<usize> {
    Some(match op {
        "Add" => f.binary(Binary::Add, x, y),
        "Sub" => f.binary(Binary::Sub, x, y),
        "Mul" => f.binary(Binary::Mul, x, y),
        "Div" => f.binary(Binary::Div, x, y),
        "PRelu" => leaky(f, x, y),
        "CastLike" => x,
        _ => return None,
    })
}

/// A node with one operand.
fn unary(node: &Node, f: &mut Function, x: usize) -> Option<usize> {
    let alpha = |default: f32| f64::from(node.float("alpha", default));
    Some(match node.op.as_str() {
        "Identity" | "Cast" => x,
        "Neg" => f.unary(Unary::Neg, x),
        "Abs" => f.unary(Unary::Abs, x),
        "Exp" => f.unary(Unary::Exp, x),
        "Log" => f.unary(Unary::Log, x),
        "Sqrt" => f.unary(Unary::Sqrt, x),
        "Erf" => f.unary(Unary::Erf, x),
        "Tanh" => f.unary(Unary::Tanh, x),
        "Sigmoid" => f.unary(Unary::Sigmoid, x),
        "Softplus" => f.unary(Unary::Softplus, x),
        "Reciprocal" => {
            let one = f.constant(1.0);
            f.binary(Binary::Div, one, x)
        }
        "Relu" => with(f, Binary::Max, x, 0.0),
        "Gelu" if node.string("approximate", "none") == "none" => f.append(&Function::gelu(), x),
        "Gelu" if node.string("approximate", "none") == "tanh" => f.append(&Function::gelu_tanh(), x),
        "Mish" => {
            let soft = f.unary(Unary::Softplus, x);
            let gate = f.unary(Unary::Tanh, soft);
            f.binary(Binary::Mul, x, gate)
        }
        "Swish" => {
            let scaled = with(f, Binary::Mul, x, alpha(1.0));
            let gate = f.unary(Unary::Sigmoid, scaled);
            f.binary(Binary::Mul, x, gate)
        }
        "Softsign" => {
            let size = f.unary(Unary::Abs, x);
            let sum = with(f, Binary::Add, size, 1.0);
            f.binary(Binary::Div, x, sum)
        }
        "HardSigmoid" => {
            let scaled = with(f, Binary::Mul, x, alpha(0.2));
            let sum = with(f, Binary::Add, scaled, f64::from(node.float("beta", 0.5)));
            unit(f, sum)
        }
        "HardSwish" => {
            let scaled = with(f, Binary::Div, x, 6.0);
            let sum = with(f, Binary::Add, scaled, 0.5);
            let gate = unit(f, sum);
            f.binary(Binary::Mul, x, gate)
        }
        "LeakyRelu" => {
            let slope = f.constant(alpha(0.01));
            leaky(f, x, slope)
        }
        "ThresholdedRelu" => {
            let threshold = f.constant(alpha(1.0));
            let zero = f.constant(0.0);
            f.push(Step::Select([x, threshold, x, zero]))
        }
        "Elu" => elu(f, x, alpha(1.0), 1.0),
        "Celu" => elu(f, x, alpha(1.0), alpha(1.0)),
        "Selu" => {
            let elu = elu(f, x, alpha(1.673_263_2), 1.0);
            with(f, Binary::Mul, elu, f64::from(node.float("gamma", 1.050_701)))
        }
        _ => return None,
    })
}

/// An operation with a number.
fn with(f: &mut Function, op: Binary, x: usize, number: f64) -> usize {
    let number = f.constant(number);
    f.binary(op, x, number)
}

/// `x` between 0 and 1.
fn unit(f: &mut Function, x: usize) -> usize {
    let below = with(f, Binary::Min, x, 1.0);
    with(f, Binary::Max, below, 0.0)
}

/// `max(x, 0) + slope·min(x, 0)`
fn leaky(f: &mut Function, x: usize, slope: usize) -> usize {
    let (above, below) = (with(f, Binary::Max, x, 0.0), with(f, Binary::Min, x, 0.0));
    let below = f.binary(Binary::Mul, below, slope);
    f.binary(Binary::Add, above, below)
}

/// `max(x, 0) + alpha·(exp(min(x, 0)/width) − 1)`
fn elu(f: &mut Function, x: usize, alpha: f64, width: f64) -> usize {
    let (above, below) = (with(f, Binary::Max, x, 0.0), with(f, Binary::Min, x, 0.0));
    let below = if width == 1.0 { below } else { with(f, Binary::Div, below, width) };
    let exp = f.unary(Unary::Exp, below);
    let curve = with(f, Binary::Sub, exp, 1.0);
    let curve = with(f, Binary::Mul, curve, alpha);
    f.binary(Binary::Add, above, curve)
}

/// `Clip`, its bounds inputs or attributes.
fn clip(node: &Node, f: &mut Function, x: usize, bounds: &[Option<usize>]) -> usize {
    let mut bound = |port: usize, name: &str| -> Option<usize> {
        let value = node.float(name, f32::NAN);
        bounds.get(port).copied().flatten().or_else(|| value.is_finite().then(|| f.constant(value.into())))
    };
    let (low, high) = (bound(0, "min"), bound(1, "max"));
    // As in ONNX, the upper bound has priority.
    let x = low.map_or(x, |low| f.binary(Binary::Max, x, low));
    high.map_or(x, |high| f.binary(Binary::Min, x, high))
}

/// `x` to a constant power.
fn power(f: &mut Function, x: usize, exponent: usize) -> Option<usize> {
    let Some(Step::Constant(exponent)) =
        exponent.checked_sub(1).and_then(|step| f.steps().get(step)).copied()
    else {
        return None;
    };
    if exponent == 0.5 {
        return Some(f.unary(Unary::Sqrt, x));
    }
    if exponent == -1.0 {
        let one = f.constant(1.0);
        return Some(f.binary(Binary::Div, one, x));
    }
    let times = (1u8..=8).find(|&n| f64::from(n) == exponent)?;
    Some((1..times).fold(x, |power, _| f.binary(Binary::Mul, power, x)))
}
