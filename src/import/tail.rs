//! Operators behind the logits that do not change which of them is largest: a softmax, a temperature, the choice itself.
//! They are dropped.

use super::decode::{Node, NodeIndex, ValueId};
use super::patterns::{Context, form_of};
use crate::error::{Result, printable};

/// What stays of the model's output.
pub struct Tail {
    /// The logits.
    pub logits: ValueId,
    /// Nodes that are dropped, the last one first, and why that may be.
    pub dropped: Vec<(NodeIndex, String)>,
}

/// Monotone functions of logits.
const RISING: &[&str] = &["Softmax", "LogSoftmax", "Sigmoid", "HardSigmoid", "LogSigmoid"];

/// Operators that pass every element on.
const PASSING: &[&str] = &["Identity", "Cast", "Squeeze", "Unsqueeze", "Reshape", "Flatten"];

/// At most this many nodes are dropped.
const MOST_NODES: usize = 16;

/// Finds the logits.
///
/// # Errors
/// When a constant cannot be evaluated.
pub fn of(context: &Context) -> Result<Tail> {
    let flow = context.flow;
    let mut tail = Tail { logits: flow.model.output, dropped: Vec::new() };
    for _ in 0..MOST_NODES {
        let Some((index, node)) = flow.model.producer_of(tail.logits) else { break };
        let form = form_of(context, tail.logits);
        if let Ok(Some(form)) = &form {
            // A quantiser of probabilities goes with them; one of logits is the last layer's.
            if !rises(context, form.source)? {
                break;
            }
            let why = "it quantises what is dropped before it".to_owned();
            tail.dropped.extend(form.nodes.iter().map(|&n| (n, why.clone())));
            tail.logits = form.source;
            continue;
        }
        if form.is_err() || node.inputs.is_empty() {
            break;
        }
        let Some((source, why)) = droppable(context, node)? else { break };
        tail.dropped.push((index, why));
        tail.logits = source;
    }
    // What only passes a value on is kept where nothing else is dropped before it.
    while let Some((index, _)) = tail.dropped.last()
        && is_one_of(&flow.model.nodes[*index], PASSING)
    {
        tail.logits = flow.model.nodes[*index].outputs.first().copied().flatten().unwrap_or(tail.logits);
        tail.dropped.pop();
    }
    Ok(tail)
}

/// Whether a monotone function writes a value, behind views and quantisers of it.
fn rises(context: &Context, mut value: ValueId) -> Result<bool> {
    for _ in 0..MOST_NODES {
        let Some((_, node)) = context.flow.model.producer_of(value) else { break };
        if is_one_of(node, RISING) {
            return Ok(true);
        }
        value = match form_of(context, value) {
            Ok(Some(form)) => form.source,
            Ok(None) if is_one_of(node, PASSING) => node.input(0)?,
            Ok(None) | Err(_) => break,
        };
    }
    Ok(false)
}

fn is_one_of(node: &Node, list: &[&str]) -> bool {
    node.standard_op().is_some_and(|op| list.contains(&op))
}

/// What a node reads that keeps the order of the logits, and the reason in words.
fn droppable(context: &Context, node: &Node) -> Result<Option<(ValueId, String)>> {
    let flow = context.flow;
    let source = node.input(0)?;
    let op = printable(&node.op);
    let Some(dims) = (if flow.is_constant(source) { None } else { flow.extents(source)? }) else {
        return scaled(context, node);
    };
    let last_only = |default: i64| {
        let axis = super::dims::axis(node.int("axis", default), dims.len());
        axis.is_ok_and(|axis| {
            let last = dims.iter().enumerate().all(|(i, &d)| (i == axis) == (i + 1 == dims.len()) || d == 1);
            // Classes of the pixels of a map.
            last || axis == 1 && flow.model.producer_of(source).is_some_and(|(_, node)| node.is("Conv"))
        })
    };
    if is_one_of(node, &["Softmax", "LogSoftmax"]) && last_only(-1)
        || is_one_of(node, &["Sigmoid", "HardSigmoid", "LogSigmoid"])
    {
        return Ok(Some((
            source,
            format!("{op} after the logits rises with them, so the largest one stays the largest"),
        )));
    }
    if node.is("ArgMax") && last_only(0) {
        return Ok(Some((
            source,
            "ArgMax of the logits is what the hardware computes as the class".to_owned(),
        )));
    }
    if is_one_of(node, PASSING) {
        return Ok(Some((source, format!("{op} after what is dropped"))));
    }
    scaled(context, node)
}

/// A product with or a quotient by a positive number.
fn scaled(context: &Context, node: &Node) -> Result<Option<(ValueId, String)>> {
    let flow = context.flow;
    if !is_one_of(node, &["Mul", "Div"]) {
        return Ok(None);
    }
    let (a, b) = (node.input(0)?, node.input(1)?);
    let (source, number) = match (flow.is_constant(a), flow.is_constant(b)) {
        (false, true) => (a, b),
        (true, false) if node.is("Mul") => (b, a),
        _ => return Ok(None),
    };
    let number = flow.constant(number)?.uniform().filter(|&x| x > 0.0 && x.is_finite());
    let why = |x: f64| {
        format!("the factor {} on the logits keeps their order", if node.is("Mul") { x } else { 1.0 / x })
    };
    Ok(number.map(|x| (source, why(x))))
}
