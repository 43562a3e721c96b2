//! One instance of a library module in the top level.

use crate::streaming::design::{Carries, Stream};

/// A named connection or parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binding {
    /// Port or parameter.
    pub name: String,
    /// Its connection.
    pub value: String,
}

/// An instance, with the wires it drives.
#[derive(Clone, Debug, Default)]
pub(super) struct Instance {
    /// Headline before it; empty for none.
    pub title: String,
    /// Comment lines.
    pub comment: Vec<String>,
    /// Declarations of its wires without `logic`.
    pub wires: Vec<String>,
    /// Library module.
    pub module: &'static str,
    /// Instance name.
    pub name: String,
    /// Parameters in the order of the module.
    pub parameters: Vec<Binding>,
    /// Ports in the order of the module.
    pub ports: Vec<Binding>,
    /// Assignments after it.
    pub assignments: Vec<String>,
}

impl Instance {
    /// An instance with clock and reset.
    pub fn new(module: &'static str, name: String) -> Self {
        Self { module, name, ..Self::default() }.port("clk_i", "clk_i").port("rst_i", "rst_i")
    }

    /// Adds a port.
    pub fn port(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.ports.push(Binding { name: name.into(), value: value.into() });
        self
    }

    /// Adds a parameter.
    pub fn parameter(mut self, name: &str, value: impl ToString) -> Self {
        self.parameters.push(Binding { name: name.to_owned(), value: value.to_string() });
        self
    }

    /// Adds a wire.
    pub fn wire(mut self, width: usize, name: &str) -> Self {
        self.wires.push(declaration(width, name));
        self
    }

    /// Adds the ports of an incoming stream, which the link before it drives.
    pub fn reads(self, prefix: &str, index: usize, stream: &Stream) -> Self {
        let start = self
            .port(format!("{prefix}_valid_i"), format!("r{index}_valid"))
            .port(format!("{prefix}_ready_o"), format!("r{index}_ready"));
        let fields = fields(stream).into_iter();
        fields.fold(start, |i, f| i.port(format!("{prefix}_{}_i", f.name), format!("r{index}_{}", f.name)))
    }

    /// Adds the ports of an outgoing stream, and its wires.
    pub fn writes(self, index: usize, stream: &Stream) -> Self {
        let start = self
            .drives(index, stream)
            .port("out_valid_o", format!("w{index}_valid"))
            .port("out_ready_i", format!("w{index}_ready"));
        let fields = fields(stream).into_iter();
        fields.fold(start, |i, f| i.port(format!("out_{}_o", f.name), format!("w{index}_{}", f.name)))
    }

    /// Adds the wires of an outgoing stream.
    pub fn drives(mut self, index: usize, stream: &Stream) -> Self {
        self.wires.push(format!("w{index}_valid, w{index}_ready"));
        self.wires.extend(declarations('w', index, stream));
        self
    }
}

/// `[7:0] name`, or the name alone for one bit.
pub(super) fn declaration(width: usize, name: &str) -> String {
    if width == 1 { name.to_owned() } else { format!("[{}:0] {name}", width - 1) }
}

/// Declarations of the wires of a beat at the writer's or the reader's side; flags share a line.
pub(super) fn declarations(side: char, index: usize, stream: &Stream) -> Vec<String> {
    let (flags, lanes): (Vec<_>, Vec<_>) = fields(stream).into_iter().partition(|f| f.is_flag);
    let name = |f: &Field| format!("{side}{index}_{}", f.name);
    let mut lines: Vec<String> = lanes.iter().map(|f| declaration(f.width, &name(f))).collect();
    if !flags.is_empty() {
        lines.push(flags.iter().map(name).collect::<Vec<_>>().join(", "));
    }
    lines
}

/// A part of a beat.
pub(super) struct Field {
    pub name: &'static str,
    pub width: usize,
    pub is_flag: bool,
}

/// The parts of a beat, most significant first.
pub(super) fn fields(stream: &Stream) -> Vec<Field> {
    let field = |name, width| Field { name, width, is_flag: false };
    let flag = |name| Field { name, width: 1, is_flag: true };
    let mut fields = match stream.carries {
        Carries::Values { .. } => vec![field("value", stream.width())],
        Carries::Deltas { .. } => vec![field("delta", stream.data_width())],
        Carries::Spikes => vec![field("nz", stream.lanes), field("neg", stream.lanes)],
        Carries::Mask => vec![field("mask", stream.width())],
    };
    if stream.has_flags() {
        fields.extend(["skip", "last", "quiet"].map(flag));
    }
    fields
}

/// Some parts of a beat as one vector, at the writer's or the reader's side.
pub(super) fn beat<'a>(side: char, index: usize, fields: impl IntoIterator<Item = &'a Field>) -> String {
    concatenation(fields.into_iter().map(|f| format!("{side}{index}_{}", f.name)))
}

/// `{a, b}`, or `a` alone.
pub(super) fn concatenation(parts: impl IntoIterator<Item = String>) -> String {
    let parts: Vec<String> = parts.into_iter().collect();
    if parts.len() == 1 { parts.concat() } else { format!("{{{}}}", parts.join(", ")) }
}
