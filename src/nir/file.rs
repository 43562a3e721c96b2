//! HDF5: groups of nodes, their parameters, edges.

use std::collections::BTreeMap;

use hdf5_reader::group::Group;
use hdf5_reader::{Dataset, Datatype, Hdf5File, OpenOptions};

use super::array::Array;
use crate::error::{Error, Result, printable};

/// A parameter of a node.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Parameter {
    Text(String),
    Numbers(Array),
    /// Something else, named.
    Other(String),
}

/// A node of the graph; nodes of graphs in graphs have the names of both, with a dot.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RawNode {
    pub name: String,
    pub kind: String,
    pub parameters: BTreeMap<String, Parameter>,
}

/// A file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct File {
    pub version: String,
    pub nodes: Vec<RawNode>,
    /// Positions of the nodes by which it is entered and left.
    pub input: usize,
    pub output: usize,
    /// Positions of nodes.
    pub edges: Vec<(usize, usize)>,
}

/// More nodes, levels of graphs, and bytes of an array than any network that hardware can hold.
const MOST_NODES: usize = 10_000;
const MOST_DEPTH: usize = 8;
const MOST_BYTES: usize = 1 << 30;

const EXPORT: &str =
    "write it with nir.write; docs/spiking-networks.md says how to export from each framework";

/// A failure of the HDF5 reader.
fn damaged(error: impl std::fmt::Display) -> Error {
    Error::input(format!(
        "this HDF5 file is damaged or not read by this program: {}",
        printable(&error.to_string())
    ))
    .fix(EXPORT)
}

/// Reads a file.
///
/// # Errors
/// If it is not HDF5, is damaged, or has no graph.
pub(super) fn read(bytes: &[u8]) -> Result<File> {
    if !bytes.starts_with(super::SIGNATURE) {
        return Err(Error::input("this is not a NIR file: it is not HDF5").fix(EXPORT));
    }
    let options = OpenOptions::default().with_max_read_bytes(MOST_BYTES).with_max_chunk_bytes(MOST_BYTES);
    let hdf5 = Hdf5File::from_bytes_with_options(bytes, options).map_err(damaged)?;
    let root = hdf5.root_group().map_err(damaged)?;
    let (groups, datasets) = root.members().map_err(damaged)?;
    let graph = groups.iter().find(|group| group.name() == "node");
    let graph =
        graph.ok_or_else(|| Error::input("this HDF5 file has no NIR graph: no group /node").fix(EXPORT))?;
    let version = datasets.iter().find(|dataset| dataset.name() == "version");
    let version = version.and_then(|dataset| dataset.read_string().ok()).unwrap_or_default();
    let mut file = File { version: printable(&version), ..File::default() };
    let ends = read_graph(&mut file, graph, "", 0)?;
    let end = |name: &str, end: Option<usize>| {
        let missing = || Error::input(format!("the graph has no node of the type {name}")).fix(EXPORT);
        end.ok_or_else(missing)
    };
    file.input = end("Input", ends.input)?;
    file.output = end("Output", ends.output)?;
    Ok(file)
}

/// The nodes by which a graph is entered and left.
#[derive(Default)]
struct Ends {
    input: Option<usize>,
    output: Option<usize>,
}

fn read_graph(file: &mut File, group: &Group, prefix: &str, depth: usize) -> Result<Ends> {
    let named = if prefix.is_empty() { "node" } else { prefix.trim_end_matches('.') };
    let wrong = |problem: &str| Error::input(problem.to_owned()).at_node(named).fix(EXPORT);
    if depth > MOST_DEPTH {
        return Err(wrong("graphs in graphs are nested too deeply"));
    }
    let (groups, datasets) = group.members().map_err(damaged)?;
    let nodes = groups.iter().find(|group| group.name() == "nodes");
    let (nodes, _) =
        nodes.ok_or_else(|| wrong("this graph has no group of nodes"))?.members().map_err(damaged)?;
    let mut ends = Ends::default();
    // Where edges to and from a name of this graph go.
    let mut entries: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for node in &nodes {
        if file.nodes.len() >= MOST_NODES {
            return Err(wrong("this graph has too many nodes"));
        }
        let own = node.name();
        let name = format!("{prefix}{own}");
        let (inner, parameters) = node.members().map_err(damaged)?;
        let mut list = BTreeMap::new();
        // The edges of a graph in the graph are read with it.
        for dataset in parameters.iter().filter(|dataset| dataset.name() != "edges") {
            let key = dataset.name().to_owned();
            list.insert(key, parameter(dataset).map_err(|e| e.at_node(&name))?);
        }
        let Some(Parameter::Text(kind)) = list.remove("type") else {
            return Err(Error::input("this node has no type").at_node(name).fix(EXPORT));
        };
        if kind == "NIRGraph" {
            let inner = read_graph(file, node, &format!("{name}."), depth + 1)?;
            let (Some(input), Some(output)) = (inner.input, inner.output) else {
                return Err(Error::input("this graph has no Input or no Output").at_node(name).fix(EXPORT));
            };
            entries.insert(own.to_owned(), (input, output));
            continue;
        }
        if inner.iter().any(|group| group.name() != "metadata" && group.name() != "input_type") {
            list.insert("group".to_owned(), Parameter::Other("a group".to_owned()));
        }
        let index = file.nodes.len();
        for (end, is) in [(&mut ends.input, kind == "Input"), (&mut ends.output, kind == "Output")] {
            if is && end.replace(index).is_some() {
                return Err(Error::input(format!("the graph has two nodes of the type {kind}"))
                    .at_node(name)
                    .fix("export a network with one input and one output"));
            }
        }
        entries.insert(own.to_owned(), (index, index));
        file.nodes.push(RawNode { name, kind, parameters: list });
    }
    let edges = datasets.iter().find(|dataset| dataset.name() == "edges");
    let edges = edges.ok_or_else(|| wrong("this graph has no edges"))?;
    let names =
        if edges.shape().first() == Some(&0) { Vec::new() } else { edges.read_strings().map_err(damaged)? };
    if edges.shape().len() != 2 || edges.shape()[1] != 2 || !names.len().is_multiple_of(2) {
        return Err(wrong("the list of edges is no list of pairs of names"));
    }
    for pair in names.as_chunks::<2>().0 {
        let at = |name: &String| {
            let unknown =
                || wrong(&format!("an edge has the node {:?}, which is not there", printable(name)));
            entries.get(name).copied().ok_or_else(unknown)
        };
        let (from, to) = (at(&pair[0])?.1, at(&pair[1])?.0);
        if !file.edges.contains(&(from, to)) {
            file.edges.push((from, to));
        }
    }
    Ok(ends)
}

/// A parameter.
fn parameter(dataset: &Dataset) -> Result<Parameter> {
    let shape = dataset.shape().iter().map(|&d| usize::try_from(d).unwrap_or(usize::MAX));
    let shape: Vec<usize> = shape.collect();
    let numbers = |values: Vec<f64>, single| {
        let array = Array { shape: shape.clone(), values, single };
        match shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d)) == Some(array.values.len()) {
            true => Ok(Parameter::Numbers(array)),
            false => Err(damaged(format!("an array of extents {shape:?}"))),
        }
    };
    macro_rules! read {
        ($($ty:ty),*) => {{
            #[expect(clippy::allow_attributes, reason = "not all types lose bits")]
            #[allow(clippy::cast_precision_loss, clippy::cast_lossless, clippy::unnecessary_cast)]
            {
                $(if let Ok(array) = dataset.read_array::<$ty>() {
                    return numbers(array.iter().map(|&v| v as f64).collect(), false);
                })*
            }
        }};
    }
    match dataset.dtype() {
        Datatype::FloatingPoint { size: 4, .. } => {
            let array = dataset.read_array::<f32>().map_err(damaged)?;
            numbers(array.iter().map(|&v| f64::from(v)).collect(), true)
        }
        Datatype::FloatingPoint { size: 8, .. } => {
            let array = dataset.read_array::<f64>().map_err(damaged)?;
            numbers(array.iter().copied().collect(), false)
        }
        Datatype::FixedPoint { .. } | Datatype::Enum { .. } => {
            read!(i64, u64, i32, u32, i16, u16, i8, u8);
            Ok(Parameter::Other("an array of another type".to_owned()))
        }
        Datatype::String { .. } | Datatype::VarLen { .. } => {
            Ok(Parameter::Text(dataset.read_string().map_err(damaged)?))
        }
        Datatype::FloatingPoint { .. }
        | Datatype::Compound { .. }
        | Datatype::Array { .. }
        | Datatype::Opaque { .. }
        | Datatype::Reference { .. }
        | Datatype::Bitfield { .. } => Ok(Parameter::Other("an array of another type".to_owned())),
    }
}

impl RawNode {
    /// Numbers of this name.
    ///
    /// # Errors
    /// If there are none, or they are not finite.
    pub fn array(&self, name: &str) -> Result<&Array> {
        match self.parameters.get(name) {
            Some(Parameter::Numbers(array)) => array.finite(name).map(|()| array),
            Some(Parameter::Text(_) | Parameter::Other(_)) => {
                Err(Error::input(format!("the parameter {name} is no array of numbers")).fix(EXPORT))
            }
            None => Err(Error::input(format!("the parameter {name} is missing")).fix(EXPORT)),
        }
    }

    /// Numbers of this name, if it is there.
    ///
    /// # Errors
    /// As [`Self::array`].
    pub fn optional(&self, name: &str) -> Result<Option<&Array>> {
        match self.parameters.contains_key(name) {
            true => self.array(name).map(Some),
            false => Ok(None),
        }
    }

    /// Text of this name.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.parameters.get(name) {
            Some(Parameter::Text(text)) => Some(text),
            Some(Parameter::Numbers(_) | Parameter::Other(_)) | None => None,
        }
    }
}
