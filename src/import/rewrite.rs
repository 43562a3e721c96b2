//! Changes of a graph before it is read: extents and values of inputs that the user gives, and `Einsum` as the product that it
//! is.

use std::collections::HashMap;

use super::proto::{AttributeProto, DimensionProto, GraphProto, NodeProto, TensorProto, ValueInfoProto};
use crate::error::{Error, Result, printable};

/// What an input of the model is that is not the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binding {
    /// The same number everywhere.
    Number(i64),
    /// 1 where the token is not this one, 0 where it is: an attention mask.
    NotToken(i64),
}

/// What the user says of the graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adjustments {
    /// Extents of inputs, the batch included.
    pub shapes: Vec<(String, Vec<i64>)>,
    /// Inputs that are not the data.
    pub bindings: Vec<(String, Binding)>,
}

/// ONNX's number of 64-bit integers.
const INT64: i32 = 7;

/// Applies all of it. Notes say what was assumed: names of nodes and texts.
///
/// # Errors
/// When a name is no input of the model, or extents do not fit.
pub fn apply(graph: &mut GraphProto, adjustments: &Adjustments) -> Result<Vec<(String, String)>> {
    let mut notes = Vec::new();
    for (name, dims) in &adjustments.shapes {
        shape(graph, name, dims)?;
    }
    bind_all(graph, &adjustments.bindings, &mut notes)?;
    let mut nodes = Vec::with_capacity(graph.node.len());
    for node in std::mem::take(&mut graph.node) {
        match einsum(&node) {
            Some(product) => nodes.extend(product),
            None => nodes.push(node),
        }
    }
    graph.node = nodes;
    Ok(notes)
}

/// The error for a name that is no input.
fn no_input(graph: &GraphProto, name: &str) -> Error {
    let names: Vec<String> = graph.input.iter().take(8).map(|i| printable(&i.name)).collect();
    Error::input(format!("the model has no input {:?}; its inputs are {}", printable(name), names.join(", ")))
        .fix("give the name of an input of the model")
}

fn dims_of(info: &mut ValueInfoProto) -> Option<&mut Vec<DimensionProto>> {
    Some(&mut info.r#type.as_mut()?.tensor_type.as_mut()?.shape.as_mut()?.dim)
}

/// Fixes extents; inputs that share a symbolic extent get it, too.
fn shape(graph: &mut GraphProto, name: &str, dims: &[i64]) -> Result<()> {
    let position = graph.input.iter().position(|i| i.name == name).ok_or_else(|| no_input(graph, name))?;
    let own = dims_of(&mut graph.input[position]);
    let Some(own) = own.filter(|own| own.len() == dims.len()) else {
        return Err(Error::input(format!(
            "{} extents for the input {:?}, which has others",
            dims.len(),
            printable(name)
        ))
        .fix("give all extents of the input, the batch first: --shape input_ids=1,128"));
    };
    let mut symbols = HashMap::new();
    for (extent, &value) in own.iter_mut().zip(dims) {
        if let Some(symbol) = extent.dim_param.take().filter(|s| !s.is_empty()) {
            symbols.insert(symbol, value);
        }
        extent.dim_value = Some(value);
    }
    for input in &mut graph.input {
        for extent in dims_of(input).into_iter().flatten() {
            if let Some(&value) = extent.dim_param.as_ref().and_then(|symbol| symbols.get(symbol)) {
                (extent.dim_value, extent.dim_param) = (Some(value), None);
            }
        }
    }
    // What was recorded for other extents is out of date.
    graph.value_info.clear();
    Ok(())
}

/// Replaces inputs by constants or by what they are made of.
fn bind_all(
    graph: &mut GraphProto,
    bindings: &[(String, Binding)],
    notes: &mut Vec<(String, String)>,
) -> Result<()> {
    let stored: Vec<String> = graph.initializer.iter().map(|t| t.name.clone()).collect();
    let is_free = |name: &String| !stored.contains(name);
    let mut all = bindings.to_vec();
    // Segments of a single sentence.
    let free: Vec<String> = graph.input.iter().map(|i| i.name.clone()).filter(is_free).collect();
    for name in free.iter().filter(|_| free.len() > 1) {
        if name == "token_type_ids" && !all.iter().any(|(bound, _)| bound == name) {
            all.push((name.clone(), Binding::Number(0)));
            notes.push((
                name.clone(),
                "taken as 0, a single segment; --bind token_type_ids=N takes another".to_owned(),
            ));
        }
    }
    for (name, binding) in &all {
        let position =
            graph.input.iter().position(|i| i.name == *name).ok_or_else(|| no_input(graph, name))?;
        let mut info = graph.input.remove(position);
        let element =
            info.r#type.as_ref().and_then(|t| t.tensor_type.as_ref()).map_or(INT64, |t| t.elem_type);
        let data = graph.input.iter().find(|i| is_free(&i.name)).map(|i| i.name.clone());
        let data = data
            .ok_or_else(|| Error::input("every input of the model is bound").fix("leave the data unbound"))?;
        let first = format!("{name}.bound");
        let int = |name: &str, i: i64| AttributeProto {
            name: name.into(),
            i: Some(i),
            r#type: 2,
            ..AttributeProto::default()
        };
        let node = |op: &str, inputs: &[&str], output: &str, attribute: Vec<AttributeProto>| NodeProto {
            op_type: op.into(),
            name: output.into(),
            input: inputs.iter().map(|&s| s.into()).collect(),
            output: vec![output.into()],
            attribute,
            ..NodeProto::default()
        };
        match binding {
            Binding::Number(number) => {
                let dims: Vec<i64> = dims_of(&mut info)
                    .into_iter()
                    .flatten()
                    .map(|d| d.dim_value.filter(|&v| v > 0).unwrap_or(1))
                    .collect();
                let count: i64 = dims.iter().product();
                let count = usize::try_from(count).ok().filter(|&n| n <= 1 << 24).ok_or_else(|| {
                    Error::input(format!("the input {:?} of extents {dims:?} is too large", printable(name)))
                })?;
                let data = vec![*number; count];
                graph.initializer.push(TensorProto {
                    name: first.clone(),
                    dims,
                    data_type: INT64,
                    int64_data: data,
                    ..TensorProto::default()
                });
                graph.node.push(node("Cast", &[&first], name, vec![int("to", element.into())]));
            }
            Binding::NotToken(token) => {
                let own = graph.input.iter().find(|i| i.name == data);
                let own = own.and_then(|i| i.r#type.as_ref()?.tensor_type.as_ref().map(|t| t.elem_type));
                graph.initializer.push(TensorProto {
                    name: first.clone(),
                    dims: vec![],
                    data_type: INT64,
                    int64_data: vec![*token],
                    ..TensorProto::default()
                });
                let (id, equal, not) =
                    (format!("{name}.token"), format!("{name}.equal"), format!("{name}.not"));
                graph.node.push(node("Cast", &[&first], &id, vec![int("to", own.unwrap_or(INT64).into())]));
                graph.node.push(node("Equal", &[&data, &id], &equal, Vec::new()));
                graph.node.push(node("Not", &[&equal], &not, Vec::new()));
                graph.node.push(node("Cast", &[&not], name, vec![int("to", element.into())]));
                notes.push((
                    name.clone(),
                    format!("made of the token ids: 0 where the token is {token}, the padding"),
                ));
            }
        }
    }
    Ok(())
}

/// An `Einsum` of two operands as transpositions and a `MatMul`; none for others.
fn einsum(node: &NodeProto) -> Option<Vec<NodeProto>> {
    if node.op_type != "Einsum" || node.input.len() != 2 || !matches!(node.domain.as_str(), "" | "ai.onnx") {
        return None;
    }
    let equation = node.attribute.iter().find(|a| a.name == "equation")?.s.clone()?;
    let equation: String = String::from_utf8(equation).ok()?.chars().filter(|c| !c.is_whitespace()).collect();
    let (left, out) = equation.split_once("->")?;
    let (a, b) = left.split_once(',')?;
    let (a, b, out): (Vec<char>, Vec<char>, Vec<char>) =
        (a.chars().collect(), b.chars().collect(), out.chars().collect());
    let distinct = |list: &[char]| {
        list.iter().all(|c| c.is_ascii_alphabetic() && list.iter().filter(|d| *d == c).count() == 1)
    };
    if ![&a, &b, &out].iter().all(|list| distinct(list)) {
        return None;
    }
    // What one column is asked of is the right operand.
    let swapped = out.iter().filter(|c| !a.contains(c)).count() != 1;
    let (a, b, ports) = if swapped { (b, a, [1, 0]) } else { (a, b, [0, 1]) };
    let both = |c: &&char| a.contains(c) && b.contains(c);
    let batch: Vec<char> = out.iter().filter(both).copied().collect();
    let inner: Vec<char> = a.iter().filter(|c| both(c) && !out.contains(c)).copied().collect();
    let rows: Vec<char> = out.iter().filter(|c| !b.contains(c)).copied().collect();
    let columns: Vec<char> = out.iter().filter(|c| !a.contains(c)).copied().collect();
    let fits =
        inner.len() == 1 && columns.len() == 1 && (rows.len() == 1 || batch.is_empty() && !rows.is_empty());
    if !fits || a.len() != batch.len() + rows.len() + 1 || b.len() != batch.len() + 2 {
        return None;
    }
    let mut nodes = Vec::new();
    let named =
        |op: &str, what: &str, input: Vec<String>, output: String, perm: Option<Vec<i64>>| NodeProto {
            op_type: op.into(),
            name: format!("{}{what}", node.name),
            input,
            output: vec![output],
            attribute: perm
                .map(|ints| AttributeProto {
                    name: "perm".into(),
                    ints,
                    r#type: 7,
                    ..AttributeProto::default()
                })
                .into_iter()
                .collect(),
            metadata_props: node.metadata_props.clone(),
            ..NodeProto::default()
        };
    let order = |from: &[char], to: &[char]| -> Option<Vec<i64>> {
        let order = to.iter().map(|c| i64::try_from(from.iter().position(|d| d == c)?).ok());
        order.collect::<Option<Vec<i64>>>()
    };
    let mut operand = |port: usize, from: &[char], to: &[char]| -> Option<String> {
        if from == to {
            return Some(node.input[port].clone());
        }
        let name = format!("{}.operand{port}", node.output.first()?);
        nodes.push(named(
            "Transpose",
            &format!(".operand{port}"),
            vec![node.input[port].clone()],
            name.clone(),
            order(from, to),
        ));
        Some(name)
    };
    let left = operand(ports[0], &a, &[&batch[..], &rows, &inner].concat())?;
    let right = operand(ports[1], &b, &[&batch[..], &inner, &columns].concat())?;
    let plain = [&batch[..], &rows, &columns].concat();
    let result = node.output.first()?.clone();
    if plain == out {
        nodes.push(named("MatMul", "", vec![left, right], result, None));
    } else {
        let product = format!("{result}.product");
        nodes.push(named("MatMul", ".product", vec![left, right], product.clone(), None));
        nodes.push(named("Transpose", "", vec![product], result, order(&plain, &out)));
    }
    Some(nodes)
}
