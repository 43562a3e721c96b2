//! A real function of one number, as a list of steps, which is applied to every element of a value before its
//! quantiser.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A function of `x`.
///
/// Operands are indices: 0 is `x`, `n` is the result of step `n − 1`. The result of the last step is the function's;
/// without steps it is `x`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Function {
    steps: Vec<Step>,
}

/// A step of a [`Function`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// A finite number.
    Constant(f64),
    /// A function of an earlier result.
    Unary(Unary, usize),
    /// A function of two earlier results.
    Binary(Binary, usize, usize),
    /// `a > b ? c : d` of earlier results `[a, b, c, d]`.
    Select([usize; 4]),
}

/// A function of one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unary {
    /// −x
    Neg,
    /// |x|
    Abs,
    /// eˣ
    Exp,
    /// Natural logarithm.
    Log,
    /// √x
    Sqrt,
    /// `2/√π·∫ exp(−t²) dt` from 0 to x.
    Erf,
    /// Hyperbolic tangent.
    Tanh,
    /// `1/(1 + exp(−x))`
    Sigmoid,
    /// `ln(1 + exp(x))`
    Softplus,
    /// The nearest integer, ties to even.
    Round,
}

/// A function of two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Binary {
    /// a + b
    Add,
    /// a − b
    Sub,
    /// a·b
    Mul,
    /// a/b
    Div,
    /// The smaller one.
    Min,
    /// The larger one.
    Max,
}

/// Numbers on which a function can be evaluated: floats, intervals, intervals with slopes, fixed-point intervals.
pub trait Arithmetic {
    /// A number.
    type Number: Clone;
    /// A constant of the function.
    fn constant(&self, value: f64) -> Self::Number;
    /// A function of one operand.
    fn unary(&self, op: Unary, a: &Self::Number) -> Self::Number;
    /// A function of two operands.
    fn binary(&self, op: Binary, a: &Self::Number, b: &Self::Number) -> Self::Number;
    /// `a > b ? c : d`.
    fn select(&self, of: [&Self::Number; 4]) -> Self::Number;
}

impl Function {
    /// Maximum number of steps of a function.
    pub const MOST_STEPS: usize = 128;

    /// The function `x`, to be extended.
    pub fn identity() -> Self {
        Self::default()
    }

    /// The steps.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Adds a step; returns the index of its result.
    pub fn push(&mut self, step: Step) -> usize {
        self.steps.push(step);
        self.steps.len()
    }

    /// Adds a constant; returns its index.
    pub fn constant(&mut self, value: f64) -> usize {
        self.push(Step::Constant(value))
    }

    /// Adds a function of one operand; returns the index of its result.
    pub fn unary(&mut self, op: Unary, a: usize) -> usize {
        self.push(Step::Unary(op, a))
    }

    /// Adds a function of two operands; returns the index of its result.
    pub fn binary(&mut self, op: Binary, a: usize, b: usize) -> usize {
        self.push(Step::Binary(op, a, b))
    }

    /// `factor·x`
    pub fn times(factor: f64) -> Self {
        let mut f = Self::identity();
        let factor = f.constant(factor);
        f.binary(Binary::Mul, 0, factor);
        f
    }

    /// `max(x, 0)`
    pub fn relu() -> Self {
        let mut f = Self::identity();
        let zero = f.constant(0.0);
        f.binary(Binary::Max, 0, zero);
        f
    }

    /// `x·(1 + erf(x/√2))/2`
    pub fn gelu() -> Self {
        let mut f = Self::identity();
        let half = f.constant(0.5);
        let root = f.unary(Unary::Sqrt, half);
        let scaled = f.binary(Binary::Mul, 0, root);
        let erf = f.unary(Unary::Erf, scaled);
        let one = f.constant(1.0);
        let sum = f.binary(Binary::Add, erf, one);
        let part = f.binary(Binary::Mul, half, sum);
        f.binary(Binary::Mul, 0, part);
        f
    }

    /// `x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2`
    pub fn gelu_tanh() -> Self {
        let mut f = Self::identity();
        let square = f.binary(Binary::Mul, 0, 0);
        let third = f.constant(0.044_715);
        let grown = f.binary(Binary::Mul, square, third);
        let one = f.constant(1.0);
        let grown = f.binary(Binary::Add, grown, one);
        // x + 0.044715·x³ = x·(1 + 0.044715·x²), which rises with x in interval arithmetic too.
        let cubic = f.binary(Binary::Mul, 0, grown);
        let root = f.constant(std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2);
        let scaled = f.binary(Binary::Mul, cubic, root);
        let tanh = f.unary(Unary::Tanh, scaled);
        let sum = f.binary(Binary::Add, tanh, one);
        let half = f.constant(0.5);
        let part = f.binary(Binary::Mul, half, sum);
        f.binary(Binary::Mul, 0, part);
        f
    }

    /// `x·sigmoid(x)`
    pub fn silu() -> Self {
        let mut f = Self::identity();
        let gate = f.unary(Unary::Sigmoid, 0);
        f.binary(Binary::Mul, 0, gate);
        f
    }

    /// Adds another function of an earlier result; returns the index of its result.
    pub fn append(&mut self, other: &Self, x: usize) -> usize {
        let first = self.steps.len();
        let moved = |p: usize| if p == 0 { x } else { p + first };
        for step in &other.steps {
            self.steps.push(match *step {
                Step::Constant(value) => Step::Constant(value),
                Step::Unary(op, a) => Step::Unary(op, moved(a)),
                Step::Binary(op, a, b) => Step::Binary(op, moved(a), moved(b)),
                Step::Select(of) => Step::Select(of.map(moved)),
            });
        }
        if other.steps.is_empty() { x } else { self.steps.len() }
    }

    /// The function of `x` that applies `self` first, then `next`.
    #[must_use]
    pub fn then(mut self, next: &Self) -> Self {
        let last = self.steps.len();
        self.append(next, last);
        self
    }

    /// The function of a number.
    ///
    /// # Panics
    /// If the function was not checked.
    pub fn evaluate<A: Arithmetic>(&self, arithmetic: &A, x: A::Number) -> A::Number {
        let mut results = vec![x];
        for step in &self.steps {
            let at = |p: usize| &results[p];
            let result = match *step {
                Step::Constant(value) => arithmetic.constant(value),
                Step::Unary(op, a) => arithmetic.unary(op, at(a)),
                Step::Binary(op, a, b) => arithmetic.binary(op, at(a), at(b)),
                Step::Select(of) => arithmetic.select(of.map(at)),
            };
            results.push(result);
        }
        results.swap_remove(self.steps.len())
    }

    /// Checks the number of steps, their operands and their constants.
    ///
    /// # Errors
    /// Names the violated property.
    pub fn check(&self) -> Result<(), String> {
        if self.steps.len() > Self::MOST_STEPS {
            let most = Self::MOST_STEPS;
            return Err(format!("a function of {} steps; supported are {most}", self.steps.len()));
        }
        for (n, step) in self.steps.iter().enumerate() {
            let operands: &[usize] = match step {
                Step::Constant(value) if !value.is_finite() => {
                    return Err(format!("the constant {value} of a function is not finite"));
                }
                Step::Constant(_) => &[],
                Step::Unary(_, a) => &[*a],
                Step::Binary(_, a, b) => &[*a, *b],
                Step::Select(of) => of,
            };
            if let Some(bad) = operands.iter().find(|&&p| p > n) {
                return Err(format!("step {n} of a function reads {bad}, which is not before it"));
            }
        }
        Ok(())
    }
}

impl fmt::Display for Function {
    /// The steps by name, constants by value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, step) in self.steps.iter().enumerate() {
            if n > 0 {
                f.write_str(" ")?;
            }
            match step {
                Step::Constant(value) => write!(f, "{value}"),
                Step::Unary(op, _) => write!(f, "{}", format!("{op:?}").to_lowercase()),
                Step::Binary(op, ..) => write!(f, "{}", format!("{op:?}").to_lowercase()),
                Step::Select(_) => f.write_str("select"),
            }?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_come_before_their_readers() {
        let mut f = Function::identity();
        f.unary(Unary::Exp, 1);
        assert!(f.check().expect_err("wrong").contains("reads 1"));
        assert_eq!(Function::gelu().then(&Function::silu()).check(), Ok(()));
        let mut f = Function::identity();
        f.constant(f64::NAN);
        assert!(f.check().is_err());
        let long = (0..17).fold(Function::identity(), |f, _| f.then(&Function::gelu()));
        assert!(long.check().expect_err("wrong").contains("136 steps"));
    }

    #[test]
    fn text_form() {
        assert_eq!(Function::silu().to_string(), "sigmoid mul");
        let text = serde_json::to_string(&Function::relu()).expect("JSON");
        assert_eq!(text, r#"[{"constant":0.0},{"binary":["max",0,1]}]"#);
        assert_eq!(serde_json::from_str::<Function>(&text).expect("a function"), Function::relu());
    }
}
