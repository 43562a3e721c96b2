//! One instance of a library module: what its lines in the top level say.

use crate::design::{Carries, Stream};

/// A named connection or parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binding {
    /// Port or parameter.
    pub name: &'static str,
    /// What it is connected to.
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
    pub fn port(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.ports.push(Binding { name, value: value.into() });
        self
    }

    /// Adds a parameter.
    pub fn parameter(mut self, name: &'static str, value: impl ToString) -> Self {
        self.parameters.push(Binding { name, value: value.to_string() });
        self
    }

    /// Adds a wire.
    pub fn wire(mut self, width: usize, name: &str) -> Self {
        self.wires.push(declaration(width, name));
        self
    }

    /// Adds the ports of an incoming stream, which the link before it drives.
    pub fn reads(mut self, index: usize, stream: &Stream) -> Self {
        self =
            self.port("in_valid_i", format!("r{index}_valid")).port("in_ready_o", format!("r{index}_ready"));
        for field in fields(stream) {
            self = self.port(field.input, format!("r{index}_{}", field.name));
        }
        self
    }

    /// Adds the ports of an outgoing stream, and its wires.
    pub fn writes(mut self, index: usize, stream: &Stream) -> Self {
        self.wires.push(format!("w{index}_valid, w{index}_ready"));
        self = self
            .port("out_valid_o", format!("w{index}_valid"))
            .port("out_ready_i", format!("w{index}_ready"));
        self.wires.extend(declarations('w', index, stream));
        for field in fields(stream) {
            self = self.port(field.output, format!("w{index}_{}", field.name));
        }
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
    pub input: &'static str,
    pub output: &'static str,
    pub is_flag: bool,
}

/// The parts of a beat, most significant first.
pub(super) fn fields(stream: &Stream) -> Vec<Field> {
    let field = |name, width, input, output| Field { name, width, input, output, is_flag: false };
    let flag = |name, input, output| Field { name, width: 1, input, output, is_flag: true };
    let mut fields = match stream.carries {
        Carries::Values { .. } => return vec![field("value", stream.width(), "in_value_i", "out_value_o")],
        Carries::Deltas { .. } => {
            vec![field("delta", stream.width() - Stream::FLAGS, "in_delta_i", "out_delta_o")]
        }
        Carries::Spikes => vec![
            field("nz", stream.lanes, "in_nz_i", "out_nz_o"),
            field("neg", stream.lanes, "in_neg_i", "out_neg_o"),
        ],
    };
    fields.push(flag("skip", "in_skip_i", "out_skip_o"));
    fields.push(flag("last", "in_last_i", "out_last_o"));
    fields.push(flag("quiet", "in_quiet_i", "out_quiet_o"));
    fields
}
