//! The SystemVerilog package of the register map.

use std::fmt::Write;

use super::{FIRST_STAGE, LOAD_REGISTERS, REGISTERS, Register, STAGE_BYTES, STAGE_REGISTERS, camel};

/// Its file in `rtl/`.
pub const PACKAGE: &str = "axi_lite_regs_pkg.sv";

/// The package. Names are `<Register>Offset`, `<Register><Field>Lsb` and, if it is not 0, `<Register>Reset`.
pub fn package() -> String {
    let mut text = String::from(
        "// Generated from src/registers/table.rs; do not edit. tests/registers.rs compares.\n\
         \n\
         `default_nettype none\n\
         \n\
         /// Byte addresses, field positions and reset values of the registers; the default reset value is 0.\n\
         package axi_lite_regs_pkg;\n",
    );
    // Writing to a string cannot fail.
    for (n, register) in REGISTERS.iter().chain(&LOAD_REGISTERS).enumerate() {
        if n == REGISTERS.len() {
            text.push_str("\n  // Not every core has these.\n  /* verilator lint_off UNUSEDPARAM */\n");
        }
        let _ = write!(text, "\n  // {}: {}.\n", register.name, register.access());
        let name = camel(register.name);
        let _ = writeln!(text, "  localparam int unsigned {name}Offset = {};", register.offset);
        bits(&mut text, &name, register);
        if register.reset(0) != 0 {
            let _ = writeln!(text, "  localparam bit [31:0] {name}Reset = 32'h{:08X};", register.reset(0));
        }
    }
    text.push_str("  /* verilator lint_on UNUSEDPARAM */\n");
    let _ = write!(
        text,
        "\n  // The block of stage s begins at FirstStageOffset + s * StageBytes.\n  \
         localparam int unsigned FirstStageOffset = {FIRST_STAGE};\n  \
         localparam int unsigned StageBytes = {STAGE_BYTES};\n"
    );
    for register in &STAGE_REGISTERS {
        let name = camel(register.name);
        let _ = writeln!(text, "  localparam int unsigned Stage{name}Offset = {};", register.offset);
    }
    text.push_str("\nendpackage\n\n`default_nettype wire\n");
    text
}

fn bits(text: &mut String, name: &str, register: &Register) {
    if register.is_number() {
        return;
    }
    for field in register.fields {
        let _ = writeln!(text, "  localparam int unsigned {name}{}Lsb = {};", camel(field.name), field.low);
    }
}
