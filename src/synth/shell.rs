//! What stands around the core when it is placed: a board's own shell, or a chain of registers.

use std::fmt::Write;

use super::rtlil::Port;
use crate::error::{Error, Result};

/// Name of the module that [`Shell::Chain`] makes.
pub const CHAIN: &str = "port_chain";

/// The module around the core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shell {
    /// Two shift registers: one feeds the core's inputs from the pin `scan_i`, the other catches its outputs while
    /// `load_i` is high and shifts them out to `scan_o`. Every port of the core is timed from and to a flip-flop, and
    /// four pins are enough for any core.
    Chain,
    /// A module of the build folder; `rtl/board.f` lists its sources and those of the core.
    Module(String),
}

/// The chain around a core with these ports, and the core as a black box.
pub(super) fn chain(core: &str, ports: &[Port]) -> Result<String> {
    let is_clock = |port: &Port| port.input && port.width == 1 && port.name == "clk_i";
    if !ports.iter().any(is_clock) {
        return Err(Error::input(format!("the module `{core}` has no clock `clk_i`")));
    }
    let mut connections = vec!["    .clk_i(clk_i)".to_owned()];
    let mut declared = vec!["input clk_i".to_owned()];
    let (mut inputs, mut outputs) = (0, 0);
    for port in ports.iter().filter(|port| !is_clock(port)) {
        let (register, bit, way) = match port.input {
            true => ("in_q", &mut inputs, "input"),
            false => ("core_out", &mut outputs, "output"),
        };
        connections.push(format!("    .{}({register}[{} +: {}])", port.name, *bit, port.width));
        declared.push(format!("{way} [{}:0] {}", port.width - 1, port.name));
        *bit += port.width;
    }
    let mut text = String::new();
    // Writing to a string cannot fail. One bit more than the ports need, so that each register has a next bit.
    let _ = write!(
        text,
        "// The core `{core}` between two shift registers, for place and route without a board.\n\
         module {CHAIN} (\n  input  clk_i,\n  input  load_i,\n  input  scan_i,\n  output scan_o\n);\n  \
         reg [{inputs}:0] in_q;\n  reg [{outputs}:0] out_q;\n  wire [{outputs}:0] core_out;\n  \
         assign core_out[{outputs}] = in_q[{inputs}];\n  \
         always @(posedge clk_i) begin\n    in_q <= {{in_q, scan_i}};\n    \
         out_q <= load_i ? core_out : {{out_q, in_q[{inputs}]}};\n  end\n  \
         assign scan_o = out_q[{outputs}];\n  \
         {core} u_core (\n{}\n  );\nendmodule\n\n(* blackbox *)\nmodule {core} (\n  {}\n);\nendmodule\n",
        connections.join(",\n"),
        declared.join(",\n  ")
    );
    Ok(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_port_has_its_bits_of_the_chain() {
        let port = |name: &str, width, input| Port { name: name.into(), width, input };
        let ports =
            [port("clk_i", 1, true), port("a_i", 8, true), port("b_i", 1, true), port("y_o", 3, false)];
        let text = chain("core", &ports).unwrap();
        for part in [
            ".a_i(in_q[0 +: 8])",
            ".b_i(in_q[8 +: 1])",
            ".y_o(core_out[0 +: 3])",
            "reg [9:0] in_q",
            "output [2:0] y_o",
        ] {
            assert!(text.contains(part), "{part} not in: {text}");
        }
        assert!(chain("core", &ports[1..]).unwrap_err().problem.contains("no clock `clk_i`"));
    }
}
