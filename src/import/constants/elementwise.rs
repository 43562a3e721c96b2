//! Elementwise operators on constants.

use super::Call;
use crate::import::dims::{broadcast, broadcast_index};
use crate::import::tensor::{Elements, Tensor, Type};

/// Evaluates the elementwise operator `op`.
pub fn evaluate(call: &Call, op: &str) -> Result<Tensor, String> {
    match op {
        "Clip" => clip(call),
        "Where" => select(call),
        "Min" | "Max" => {
            let mut result = call.get(0)?.clone();
            for port in 1..call.inputs.len() {
                result = binary(call, op, &result, call.get(port)?)?;
            }
            Ok(result)
        }
        "Neg" | "Abs" | "Floor" | "Ceil" | "Round" | "Sqrt" | "Exp" | "Log" | "Reciprocal" | "Relu"
        | "Sign" | "Not" | "Tanh" | "Erf" | "Sigmoid" | "Sin" | "Cos" => unary(op, call.get(0)?),
        "IsNaN" | "IsInf" => test(op, call.get(0)?),
        _ => binary(call, op, call.get(0)?, call.get(1)?),
    }
}

fn unary(op: &str, x: &Tensor) -> Result<Tensor, String> {
    let unknown = || format!("cannot evaluate {op} on constants of this type");
    macro_rules! float {
        ($x:expr, $exact:expr) => {
            match op {
                "Neg" => -$x,
                "Abs" => $x.abs(),
                "Floor" => $x.floor(),
                "Ceil" => $x.ceil(),
                "Round" => $x.round_ties_even(),
                "Sqrt" => $x.sqrt(),
                "Exp" => $exact($x, f64::exp),
                "Log" => $exact($x, f64::ln),
                "Tanh" => $exact($x, f64::tanh),
                "Erf" => $exact($x, libm::erf),
                "Sigmoid" => $exact($x, |x: f64| 1.0 / (1.0 + (-x).exp())),
                "Sin" => $exact($x, f64::sin),
                "Cos" => $exact($x, f64::cos),
                "Reciprocal" => 1.0 / $x,
                "Relu" => {
                    if $x < 0.0 {
                        0.0
                    } else {
                        $x
                    }
                }
                "Sign" => {
                    if $x == 0.0 {
                        $x
                    } else {
                        $x.signum()
                    }
                }
                _ => return Err(unknown()),
            }
        };
    }
    let data = match &x.data {
        Elements::F32(v) => {
            let mut out = Vec::with_capacity(v.len());
            for &x in v {
                out.push(float!(x, rounded));
            }
            Elements::F32(out)
        }
        Elements::F64(v) => {
            let mut out = Vec::with_capacity(v.len());
            for &x in v {
                out.push(float!(x, |x: f64, f: fn(f64) -> f64| f(x)));
            }
            Elements::F64(out)
        }
        Elements::Int(v) => {
            let one = |x: i64| match op {
                "Neg" => x.checked_neg(),
                "Abs" => x.checked_abs(),
                "Sign" => Some(x.signum()),
                "Relu" => Some(x.max(0)),
                "Not" => Some(i64::from(x == 0)),
                _ => None,
            };
            Elements::Int(v.iter().map(|&x| one(x)).collect::<Option<_>>().ok_or_else(unknown)?)
        }
    };
    Ok(Tensor { ty: x.ty, dims: x.dims.clone(), data })
}

/// Whether elements are no number, or infinite.
fn test(op: &str, x: &Tensor) -> Result<Tensor, String> {
    let is = |x: f64| i64::from(if op == "IsNaN" { x.is_nan() } else { x.is_infinite() });
    let data = Elements::Int(x.to_f64().into_iter().map(is).collect());
    Ok(Tensor { ty: Type::Bool, dims: x.dims.clone(), data })
}

/// A function of a float, computed in double and rounded once.
#[expect(clippy::cast_possible_truncation)]
fn rounded(x: f32, f: fn(f64) -> f64) -> f32 {
    f(f64::from(x)) as f32
}

fn binary(call: &Call, op: &str, a: &Tensor, b: &Tensor) -> Result<Tensor, String> {
    let dims = broadcast(&a.dims, &b.dims)?;
    call.room_for(&dims)?;
    let (ia, ib) = (broadcast_index(&a.dims, &dims)?, broadcast_index(&b.dims, &dims)?);
    let pairs = || ia.iter().zip(&ib);
    if matches!(op, "Equal" | "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual" | "And" | "Or" | "Xor") {
        let compare = |x: f64, y: f64| match op {
            "Equal" => x == y,
            "Greater" => x > y,
            "GreaterOrEqual" => x >= y,
            "Less" => x < y,
            "And" => x != 0.0 && y != 0.0,
            "Or" => x != 0.0 || y != 0.0,
            "Xor" => (x != 0.0) != (y != 0.0),
            _ => x <= y,
        };
        let (a, b) = (a.to_f64(), b.to_f64());
        let data = pairs().map(|(&i, &j)| i64::from(compare(a[i], b[j]))).collect();
        return Ok(Tensor { ty: Type::Bool, dims, data: Elements::Int(data) });
    }
    let unknown = || format!("cannot evaluate {op} on constants of these types");
    let data = match (&a.data, &b.data) {
        (Elements::F32(a), Elements::F32(b)) => Elements::F32(
            pairs().map(|(&i, &j)| single(op, a[i], b[j])).collect::<Option<_>>().ok_or_else(unknown)?,
        ),
        (Elements::F64(a), Elements::F64(b)) => Elements::F64(
            pairs().map(|(&i, &j)| double(op, a[i], b[j])).collect::<Option<_>>().ok_or_else(unknown)?,
        ),
        (Elements::Int(x), Elements::Int(y)) if a.ty == b.ty => {
            let range = a.ty.range().unwrap_or((i64::MIN, i64::MAX));
            let remainder = call.node.int("fmod", 0) != 0;
            let integer = |op: &str, x: i64, y: i64| match op {
                "Mod" if remainder => x.checked_rem(y),
                // The sign is the divisor's.
                "Mod" => x.checked_rem(y).map(|r| if r != 0 && (r < 0) != (y < 0) { r + y } else { r }),
                _ => integer(op, x, y),
            };
            let one = |x, y| integer(op, x, y).filter(|r| (range.0..=range.1).contains(r));
            let data: Option<Vec<i64>> = pairs().map(|(&i, &j)| one(x[i], y[j])).collect();
            Elements::Int(data.ok_or_else(|| format!("{op} of integer constants leaves their type"))?)
        }
        _ => return Err(unknown()),
    };
    Ok(Tensor { ty: a.ty, dims, data })
}

fn single(op: &str, x: f32, y: f32) -> Option<f32> {
    #[expect(clippy::cast_possible_truncation)]
    Some(match op {
        "Add" => x + y,
        "Sub" => x - y,
        "Mul" => x * y,
        "Div" => x / y,
        "Pow" => f64::from(x).powf(f64::from(y)) as f32,
        "Min" => {
            if x.is_nan() || x < y {
                x
            } else {
                y
            }
        }
        "Max" => {
            if x.is_nan() || x > y {
                x
            } else {
                y
            }
        }
        _ => return None,
    })
}

fn double(op: &str, x: f64, y: f64) -> Option<f64> {
    Some(match op {
        "Add" => x + y,
        "Sub" => x - y,
        "Mul" => x * y,
        "Div" => x / y,
        "Pow" => x.powf(y),
        "Min" => {
            if x.is_nan() || x < y {
                x
            } else {
                y
            }
        }
        "Max" => {
            if x.is_nan() || x > y {
                x
            } else {
                y
            }
        }
        _ => return None,
    })
}

fn integer(op: &str, x: i64, y: i64) -> Option<i64> {
    match op {
        "Add" => x.checked_add(y),
        "Sub" => x.checked_sub(y),
        "Mul" => x.checked_mul(y),
        "Div" => x.checked_div(y),
        "Pow" => u32::try_from(y).ok().and_then(|y| x.checked_pow(y)),
        "Min" => Some(x.min(y)),
        "Max" => Some(x.max(y)),
        _ => None,
    }
}

/// `Clip`: bounds are parameters in old operator sets and inputs in new ones.
fn clip(call: &Call) -> Result<Tensor, String> {
    let mut x = call.get(0)?.clone();
    for (port, name, op) in [(1, "min", "Max"), (2, "max", "Min")] {
        if let Some(bound) = call.optional(port) {
            x = binary(call, op, &x, bound)?;
        } else if call.node.attribute(name).is_some() {
            x = binary(call, op, &x, &Tensor::f32(vec![], vec![call.node.float(name, 0.0)]))?;
        }
    }
    Ok(x)
}

/// `Where`.
fn select(call: &Call) -> Result<Tensor, String> {
    let (condition, a, b) = (call.get(0)?, call.get(1)?, call.get(2)?);
    if a.ty != b.ty {
        return Err("Where of constants of two types".into());
    }
    let dims = broadcast(&broadcast(&condition.dims, &a.dims)?, &b.dims)?;
    call.room_for(&dims)?;
    let index = |t: &Tensor| broadcast_index(&t.dims, &dims);
    let (ic, ia, ib) = (index(condition)?, index(a)?, index(b)?);
    let condition = condition.as_ints()?;
    macro_rules! choose {
        ($a:expr, $b:expr) => {
            (0..ic.len()).map(|e| if condition[ic[e]] != 0 { $a[ia[e]] } else { $b[ib[e]] }).collect()
        };
    }
    let data = match (&a.data, &b.data) {
        (Elements::F32(a), Elements::F32(b)) => Elements::F32(choose!(a, b)),
        (Elements::F64(a), Elements::F64(b)) => Elements::F64(choose!(a, b)),
        (Elements::Int(a), Elements::Int(b)) => Elements::Int(choose!(a, b)),
        _ => return Err("Where of constants of two types".into()),
    };
    Ok(Tensor { ty: a.ty, dims, data })
}
