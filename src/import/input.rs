//! What raw samples are, as far as the model itself tells.

use super::decode::ValueId;
use super::find::Findings;
use super::find::sources;
use super::flow::Flow;
use super::patterns::{Found, Part, is_identity};
use super::tensor::Type;
use crate::error::{Error, Result};
use crate::qann::Op;
use crate::quant::{Element, InputSpec, Quantiser, Scaling};

/// A table is looked for behind this many nodes.
const MOST_NODES: usize = 64;

/// The raw samples and how it is known what they are.
#[derive(Clone, Debug)]
pub struct Samples {
    /// What they are.
    pub spec: InputSpec,
    /// The reason, where the model tells it; none where the user does.
    pub inferred: Option<String>,
}

impl Samples {
    /// What the user says they are.
    ///
    /// # Errors
    /// When the model's input cannot be that.
    pub fn given(flow: &Flow, spec: &InputSpec) -> Result<Self> {
        let model = flow.model;
        if model.input_type != Type::F32 && !is_identity(spec) {
            let problem = "the model's input are integers, so raw elements must be the input itself";
            let name = &model.values[model.input].name;
            return Err(Error::input(problem)
                .at_node(name)
                .fix("leave --input, --mean, --std and --scale out, or give --input tokens or --scale 1"));
        }
        Ok(Self { spec: spec.clone(), inferred: None })
    }

    /// What integers are: indices into a table, or elements of their own type. None for an input of floats.
    ///
    /// # Errors
    /// When they are neither.
    pub fn of_integers(flow: &Flow) -> Option<Result<Self>> {
        let ty = flow.model.input_type;
        let Type::Int { bits, signed } = ty else { return None };
        if let Some(table) = indexed(flow) {
            let inferred = Some(format!("tokens, for the input is an index into the table of {table:?}"));
            return Some(Ok(Self { spec: InputSpec::tokens(), inferred }));
        }
        let element = match (bits, signed) {
            (8, false) => Element::U8,
            (8, true) => Element::I8,
            (16, false) => Element::U16,
            _ => return Some(Err(unknown(flow, "its integers index no table, and are wider than 16 bits"))),
        };
        let inferred = Some(format!("{}, for that is the type of the model's input", element.name()));
        Some(Ok(Self { spec: InputSpec { element, ..InputSpec::tokens() }, inferred }))
    }

    /// What floats are: the levels of the quantiser that reads them, if nothing else does.
    ///
    /// # Errors
    /// When something else reads them.
    pub fn of_quantiser(flow: &Flow, findings: &Findings) -> Result<Self> {
        // The input, and what only passes it on.
        let mut input = vec![flow.model.input];
        let mut levels: Option<&Quantiser> = None;
        let mut node = "";
        for (value, _, found) in findings.found.values() {
            if !sources(found).iter().any(|source| input.contains(source)) {
                continue;
            }
            match found {
                Found::Same(_) => input.push(*value),
                // The quantiser has one scale, whatever the view.
                Found::Chain { steps, .. } if is_view(steps) => input.push(*value),
                Found::Operator { op: Op::Quantise(q), name, .. }
                    if levels.is_none_or(|other| other == q) =>
                {
                    levels = Some(q);
                    node = name;
                }
                _ => return Err(unknown(flow, "it is float32, and not only a quantiser reads it")),
            }
        }
        let levels = levels.ok_or_else(|| unknown(flow, "it is float32, and no quantiser reads it"))?;
        let (&[scale], &[low], &[high]) = (&levels.scale[..], &levels.low[..], &levels.high[..]) else {
            return Err(unknown(flow, "its quantiser has a scale for each channel"));
        };
        let (element, zero_point) = match (low, high) {
            (0.., ..=255) => (Element::U8, 0),
            (-128.., ..=127) => (Element::I8, 0),
            _ if high - low == 255 && low < 0 && high >= 0 => (Element::U8, -low),
            (0.., ..=65535) => (Element::U16, 0),
            _ if high - low == 65535 && low < 0 && high >= 0 => (Element::U16, -low),
            _ => return Err(unknown(flow, &format!("its quantiser has the levels {low}…{high}"))),
        };
        let exact = scale.to_string().parse().map_err(Error::input)?;
        let scaling = Scaling::Affine { scale: vec![exact], zero_point };
        let (name, minus) =
            (element.name(), if zero_point == 0 { String::new() } else { format!(" − {zero_point}") });
        let inferred = Some(format!(
            "{name}, the levels of the quantiser {node:?} that reads the input: x = {scale}·(q{minus})"
        ));
        Ok(Self { spec: InputSpec { element, scaling, channel_axis: None }, inferred })
    }
}

/// Whether operators only put the elements under another shape, or in another order.
fn is_view(steps: &[(Op, Vec<Part>)]) -> bool {
    steps.iter().all(|(op, _)| matches!(op, Op::Reshape(_) | Op::Transpose(_)))
}

/// The error for raw samples of which the model does not tell what they are.
fn unknown(flow: &Flow, why: &str) -> Error {
    let name = &flow.model.values[flow.model.input].name;
    Error::input(format!("the model does not tell what raw samples are: {why}")).at_node(name).fix(
        "give --input u8 --mean M --std S for images that were normalised as (pixel/255 − M)/S in training, \
         --input i8 --scale S or --input u8 --scale S --zero-point Z for quantised data, --input tokens for token ids",
    )
}

/// The node that reads rows of a constant table with the model's input as the index, directly or after casts and views.
fn indexed<'a>(flow: &'a Flow) -> Option<&'a str> {
    let mut open: Vec<ValueId> = vec![flow.model.input];
    for _ in 0..MOST_NODES {
        let value = open.pop()?;
        for &index in flow.readers(value) {
            let node = &flow.model.nodes[index];
            match node.standard_op() {
                Some("Gather")
                    if node.optional_input(1) == Some(value)
                        && node.optional_input(0).is_some_and(|table| flow.is_constant(table)) =>
                {
                    return Some(&node.name);
                }
                Some("Identity" | "Cast" | "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" | "Slice") => {
                    open.extend(node.outputs.first().copied().flatten());
                }
                _ => {}
            }
        }
    }
    None
}
