//! ONNX bytes to plain structs: values with one origin each, nodes in an order in which sources come first.

use std::collections::HashMap;
use std::path::Path;

use prost::Message;

use super::external::Folder;
use super::proto::{
    AttributeProto, DimensionProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto,
};
use super::rewrite::{self, Adjustments};
use super::tensor::Type;
use crate::error::{Error, Result};

/// Index of a value in [`Model::values`].
pub type ValueId = usize;

/// Index of a node in [`Model::nodes`].
pub type NodeIndex = usize;

/// A decoded model.
#[derive(Debug)]
pub struct Model {
    /// The graph's name.
    pub name: String,
    /// The program that wrote it, with version.
    pub producer: String,
    /// Nodes, sources first.
    pub nodes: Vec<Node>,
    /// Values: outputs of nodes, constants, the input.
    pub values: Vec<Value>,
    /// The one input that is not a constant.
    pub input: ValueId,
    /// Extents of the input: none for a symbolic one.
    pub input_dims: Vec<Option<usize>>,
    /// Type of the input's elements: floats or integers.
    pub input_type: Type,
    /// The one output.
    pub output: ValueId,
    /// Extents that the exporter recorded for computed values: none for a symbolic one.
    pub declared: HashMap<ValueId, Vec<Option<usize>>>,
    /// Folder of constants in external files.
    pub folder: Folder,
    /// What was assumed of inputs: names and texts.
    pub notes: Vec<(String, String)>,
}

/// A value.
#[derive(Debug)]
pub struct Value {
    /// Its name.
    pub name: String,
    /// Its origin.
    pub origin: Origin,
}

/// Origin of a value.
#[derive(Debug)]
pub enum Origin {
    /// The model's input.
    Input,
    /// A constant of the file.
    Constant(Box<TensorProto>),
    /// An output of a node.
    Node {
        /// Which node.
        node: NodeIndex,
        /// Which of its outputs.
        port: usize,
    },
}

/// An operator.
#[derive(Debug)]
pub struct Node {
    /// Its name; the operator's name and an index when the file has none.
    pub name: String,
    /// The operator.
    pub op: String,
    /// The operator set; empty for ONNX itself.
    pub domain: String,
    /// Inputs; none for an omitted one.
    pub inputs: Vec<Option<ValueId>>,
    /// Outputs; none for an omitted one.
    pub outputs: Vec<Option<ValueId>>,
    /// Parameters.
    pub attributes: Vec<AttributeProto>,
    /// The module path that the exporter recorded, outermost first.
    pub scopes: Vec<String>,
}

impl Node {
    /// Whether it is ONNX's own operator of this name.
    pub fn is(&self, op: &str) -> bool {
        self.op == op && (self.domain.is_empty() || self.domain == "ai.onnx")
    }

    /// ONNX's own operator's name; none for operators of other sets.
    pub fn standard_op(&self) -> Option<&str> {
        (self.domain.is_empty() || self.domain == "ai.onnx").then_some(self.op.as_str())
    }

    /// A parameter.
    pub fn attribute(&self, name: &str) -> Option<&AttributeProto> {
        self.attributes.iter().find(|a| a.name == name)
    }

    /// An integer parameter.
    pub fn int(&self, name: &str, default: i64) -> i64 {
        self.attribute(name).map_or(default, |a| a.i.unwrap_or(0))
    }

    /// A float parameter.
    pub fn float(&self, name: &str, default: f32) -> f32 {
        self.attribute(name).map_or(default, |a| a.f.unwrap_or(0.0))
    }

    /// A list of integers.
    pub fn ints(&self, name: &str) -> Option<&[i64]> {
        self.attribute(name).map(|a| a.ints.as_slice())
    }

    /// A string parameter; bytes that are not text are replaced.
    pub fn string(&self, name: &str, default: &str) -> String {
        self.attribute(name).map_or_else(
            || default.to_owned(),
            |a| String::from_utf8_lossy(a.s.as_deref().unwrap_or_default()).into_owned(),
        )
    }

    /// An input that must be there.
    pub fn input(&self, port: usize) -> Result<ValueId> {
        self.optional_input(port).ok_or_else(|| {
            Error::input(format!("{}: input {port} is missing", self.op)).at_node(&self.name).fix(DAMAGED)
        })
    }

    /// An input that may be left out.
    pub fn optional_input(&self, port: usize) -> Option<ValueId> {
        self.inputs.get(port).copied().flatten()
    }
}

impl Model {
    /// Decodes a file's bytes.
    ///
    /// # Errors
    /// When the bytes are not an ONNX model, or the model is not one well-formed graph with one input and one output.
    pub fn decode(bytes: &[u8], path: &Path, adjustments: &Adjustments) -> Result<Self> {
        let not_onnx = |why: String| {
            Error::input(format!("this is not an ONNX model: {why}"))
                .fix("export the network with torch.onnx.export or another ONNX exporter, and check that the file is complete")
        };
        let proto = ModelProto::decode(bytes).map_err(|e| not_onnx(e.to_string()))?;
        let mut graph = proto.graph.ok_or_else(|| not_onnx("it has no graph".into()))?;
        let producer = format!("{} {}", proto.producer_name, proto.producer_version).trim().to_owned();
        let notes = rewrite::apply(&mut graph, adjustments)?;
        Ok(Self { notes, ..from_graph(graph, producer, Folder::of(path))? })
    }

    /// The node that writes this value, and which of its outputs it is.
    pub fn writer_of(&self, value: ValueId) -> Option<(NodeIndex, usize, &Node)> {
        match &self.values[value].origin {
            Origin::Node { node, port } => Some((*node, *port, &self.nodes[*node])),
            Origin::Input | Origin::Constant(_) => None,
        }
    }

    /// The node whose first output this value is.
    pub fn producer_of(&self, value: ValueId) -> Option<(NodeIndex, &Node)> {
        self.writer_of(value).filter(|&(_, port, _)| port == 0).map(|(index, _, node)| (index, node))
    }
}

/// Fix for an invalid graph.
const DAMAGED: &str = "the file is not a valid ONNX model: export it again, and check it with onnx.checker";

/// Resolves names.
fn from_graph(graph: GraphProto, producer: String, folder: Folder) -> Result<Model> {
    if graph.node.is_empty() {
        return Err(Error::input("this ONNX model has no nodes").fix(DAMAGED));
    }
    if !graph.sparse_initializer.is_empty() {
        return Err(Error::input("this model has sparse constants").fix("export it with dense constants"));
    }
    let mut table = Table::default();
    for tensor in graph.initializer {
        let name = tensor.name.clone();
        table.define(&name, Origin::Constant(Box::new(tensor)))?;
    }
    let inputs: Vec<&ValueInfoProto> =
        graph.input.iter().filter(|i| !table.ids.contains_key(&i.name)).collect();
    let input_info = only(&inputs, "inputs")?;
    let input = table.define(&input_info.name, Origin::Input)?;
    let outputs: Vec<&ValueInfoProto> = graph.output.iter().collect();
    let output_info = only(&outputs, "outputs")?;
    let order = table.order(&graph.node)?;
    let output = *table.ids.get(&output_info.name).ok_or_else(|| {
        Error::input("no node writes the model's output").at_node(&output_info.name).fix(DAMAGED)
    })?;
    let mut protos: Vec<Option<NodeProto>> = graph.node.into_iter().map(Some).collect();
    let mut nodes = Vec::with_capacity(protos.len());
    for index in order {
        let Some(proto) = protos[index].take() else { continue };
        let node = nodes.len();
        for (port, name) in proto.output.iter().enumerate() {
            if let Some(&id) = table.ids.get(name) {
                table.values[id].origin = Origin::Node { node, port };
            }
        }
        nodes.push(resolve(proto, index, &table.ids));
    }
    let (input_dims, input_type) = input_form(input_info)?;
    let declared = |info: &ValueInfoProto| {
        let shape = info.r#type.as_ref()?.tensor_type.as_ref()?.shape.as_ref()?;
        let extent =
            |d: &DimensionProto| d.dim_value.and_then(|v| usize::try_from(v).ok()).filter(|&v| v > 0);
        Some((*table.ids.get(&info.name)?, shape.dim.iter().map(extent).collect()))
    };
    let declared = graph.value_info.iter().filter_map(declared).collect();
    Ok(Model {
        name: graph.name,
        producer,
        input_dims,
        input_type,
        nodes,
        values: table.values,
        input,
        output,
        declared,
        folder,
        notes: Vec::new(),
    })
}

/// The only element of a list of inputs or outputs.
fn only<'a>(list: &[&'a ValueInfoProto], what: &str) -> Result<&'a ValueInfoProto> {
    if let [one] = list {
        return Ok(one);
    }
    let names: Vec<String> = list.iter().take(8).map(|v| crate::error::printable(&v.name)).collect();
    let problem = format!("the model has {} {what} ({}); supported is 1", list.len(), names.join(", "));
    let fix = if what == "inputs" && list.iter().any(|v| v.name.contains("mask")) {
        "say what the others are: --bind attention_mask=padding:ID makes the mask of the token ids (0 where the token is ID), \
         --bind attention_mask=1 takes all tokens, --bind NAME=N takes a number everywhere"
    } else if what == "inputs" {
        "export a model with one input tensor, or say what the others are: --bind NAME=N takes a number everywhere"
    } else {
        "export a model with one output tensor: the logits"
    };
    Err(Error::input(problem).fix(fix))
}

/// Extents and type of the input; an error when they are missing, empty or not numbers.
fn input_form(info: &ValueInfoProto) -> Result<(Vec<Option<usize>>, Type)> {
    let wrong = |problem: &str| {
        Error::input(format!("the model's input {problem}"))
            .at_node(&info.name)
            .fix("export with a fixed input shape; only the first extent, the batch, may be dynamic")
    };
    let tensor = info.r#type.as_ref().and_then(|t| t.tensor_type.as_ref());
    let tensor = tensor.ok_or_else(|| wrong("is not a tensor"))?;
    let shape = tensor.shape.as_ref().ok_or_else(|| wrong("has no shape"))?;
    let ty = match Type::from_onnx(tensor.elem_type) {
        Ok(Type::F32 | Type::F64) => Type::F32,
        Ok(ty @ Type::Int { .. }) => ty,
        _ => {
            return Err(wrong("is neither of floats nor of an integer type")
                .fix("export the model in float32: model.float() before torch.onnx.export"));
        }
    };
    let dims: Vec<Option<usize>> = shape
        .dim
        .iter()
        .map(|d| d.dim_value.filter(|&v| v != 0).map(usize::try_from).transpose())
        .collect::<Result<_, _>>()
        .map_err(|_| wrong("has a negative extent"))?;
    if dims.len() < 2 {
        return Err(wrong("has no extent beside the batch"));
    }
    if dims[1..].iter().any(Option::is_none) {
        return Err(wrong("has a dynamic extent beside the batch")
            .fix("fix it with --shape NAME=1,N, or export with a fixed input shape; only the first extent, the batch, may be dynamic"));
    }
    Ok((dims, ty))
}

/// Names of values and their values.
#[derive(Default)]
struct Table {
    ids: HashMap<String, ValueId>,
    values: Vec<Value>,
}

impl Table {
    fn define(&mut self, name: &str, origin: Origin) -> Result<ValueId> {
        let id = self.values.len();
        if name.is_empty() {
            return Err(Error::input("an input or a constant of the model has no name").fix(DAMAGED));
        }
        if self.ids.insert(name.to_owned(), id).is_some() {
            return Err(Error::input("two values of the model have this name").at_node(name).fix(DAMAGED));
        }
        self.values.push(Value { name: name.to_owned(), origin });
        Ok(id)
    }

    /// Defines the outputs of all nodes; returns the nodes in an order in which sources come first.
    fn order(&mut self, nodes: &[NodeProto]) -> Result<Vec<usize>> {
        let mut writer: HashMap<&str, usize> = HashMap::new();
        for (index, node) in nodes.iter().enumerate() {
            for (port, name) in node.output.iter().enumerate().filter(|(_, n)| !n.is_empty()) {
                self.define(name, Origin::Node { node: index, port })?;
                writer.insert(name, index);
            }
        }
        let mut readers: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
        let mut missing = vec![0usize; nodes.len()];
        for (index, node) in nodes.iter().enumerate() {
            for name in node.input.iter().filter(|n| !n.is_empty()) {
                if let Some(&source) = writer.get(name.as_str()) {
                    readers[source].push(index);
                    missing[index] += 1;
                } else if !self.ids.contains_key(name) {
                    let problem = format!("reads {:?}, which nothing writes", crate::error::printable(name));
                    return Err(Error::input(problem).at_node(display_name(node, index)).fix(DAMAGED));
                }
            }
        }
        let mut ready: std::collections::BinaryHeap<std::cmp::Reverse<usize>> =
            (0..nodes.len()).filter(|&i| missing[i] == 0).map(std::cmp::Reverse).collect();
        let mut order = Vec::with_capacity(nodes.len());
        while let Some(std::cmp::Reverse(index)) = ready.pop() {
            order.push(index);
            for &reader in &readers[index] {
                missing[reader] -= 1;
                if missing[reader] == 0 {
                    ready.push(std::cmp::Reverse(reader));
                }
            }
        }
        if let Some(stuck) = (0..nodes.len()).find(|&i| missing[i] > 0) {
            let name = display_name(&nodes[stuck], stuck);
            return Err(Error::input("this node reads its own result: the graph has a cycle")
                .at_node(name)
                .fix(DAMAGED));
        }
        Ok(order)
    }
}

/// The name of the node, or a substitute.
fn display_name(node: &NodeProto, index: usize) -> String {
    if node.name.is_empty() { format!("{}_{index}", node.op_type) } else { node.name.clone() }
}

fn resolve(proto: NodeProto, index: usize, ids: &HashMap<String, ValueId>) -> Node {
    let name = display_name(&proto, index);
    let id = |n: &String| ids.get(n).copied();
    let scopes = proto
        .metadata_props
        .iter()
        .find(|p| p.key == "pkg.torch.onnx.name_scopes")
        .map(|p| super::scopes::scope_list(&p.value))
        .unwrap_or_default();
    // ONNX Runtime's own set has these two for widths that the file's version of ONNX does not know.
    let borrowed = proto.domain == "com.microsoft"
        && matches!(proto.op_type.as_str(), "QuantizeLinear" | "DequantizeLinear");
    Node {
        name,
        inputs: proto.input.iter().map(id).collect(),
        outputs: proto.output.iter().map(id).collect(),
        op: proto.op_type,
        domain: if borrowed { String::new() } else { proto.domain },
        attributes: proto.attribute,
        scopes,
    }
}
