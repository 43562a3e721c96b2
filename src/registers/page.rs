//! `docs/registers.md`.

use std::fmt::Write;

use super::table::RULES;
use super::{FIRST_STAGE, LOAD_REGISTERS, REGISTERS, Register, Reset, STAGE_BYTES, STAGE_REGISTERS};

/// The page, for cores with any number of stages.
pub fn page() -> String {
    let mut text = String::from(
        "# Registers\n\n\
         The AXI4-Lite registers of a core. This page is generated from `src/registers/table.rs`, like \
         `rtl/axi_lite_regs_pkg.sv`, which the hardware uses, the constants of `host/host.py`, and `registers.json` and \
         `software/snn2rtl_regs.h` in every build folder. `UPDATE_GOLDENS=1 cargo test --test registers` \
         rewrites the files in the repository.\n\n\
         | address | register | bits | access | after reset | meaning |\n|---|---|---|---|---|---|\n",
    );
    // Writing to a string cannot fail.
    for register in &REGISTERS {
        let _ = rows(&mut text, &format!("0x{:02X}", register.offset), register);
    }
    let _ = write!(
        text,
        "\n## Stages\n\n\
         Each stage with counters has a block of {STAGE_BYTES} bytes; the block of stage s begins at \
         0x{FIRST_STAGE:02X} + {STAGE_BYTES} s. `registers.json` maps s to the stage of the model. The names of the \
         registers are `stageS_` followed by:\n\n\
         | address in the block | register | bits | access | after reset | meaning |\n|---|---|---|---|---|---|\n"
    );
    for register in &STAGE_REGISTERS {
        let _ = rows(&mut text, &format!("+0x{:X}", register.offset), register);
    }
    text.push_str(
        "\n## Loading\n\n\
         A core that networks are loaded into (`build --loadable`) has these, too; docs/model-image.md has the procedure:\n\n\
         | address | register | bits | access | after reset | meaning |\n|---|---|---|---|---|---|\n",
    );
    for register in &LOAD_REGISTERS {
        let _ = rows(&mut text, &format!("0x{:02X}", register.offset), register);
    }
    text.push_str("\n## Rules\n\n");
    for rule in RULES {
        let _ = writeln!(text, "- {rule}");
    }
    text
}

/// A row for the register and, if it has several fields, one for each field.
fn rows(text: &mut String, address: &str, register: &Register) -> std::fmt::Result {
    let Register { name, fields, .. } = register;
    let reset = |reset: Reset| match reset {
        Reset::Value(value) if value > 9 => format!("0x{value:08X}"),
        Reset::Value(value) => value.to_string(),
        Reset::Stages => "number of stages".to_owned(),
        Reset::Machine => "identifier".to_owned(),
    };
    if let ([field], true) = (fields, register.is_number()) {
        let (access, after) = (field.access.name(), reset(field.reset));
        return writeln!(
            text,
            "| {address} | `{name}` | {} | {access} | {after} | {} |",
            span(field.low, field.bits),
            register.text
        );
    }
    writeln!(text, "| {address} | `{name}` | | {} | | {} |", register.access(), register.text)?;
    for field in *fields {
        writeln!(
            text,
            "| | `{name}.{}` | {} | {} | {} | {} |",
            field.name,
            span(field.low, field.bits),
            field.access.name(),
            reset(field.reset),
            field.text
        )?;
    }
    Ok(())
}

/// `0` or `15–0`.
fn span(low: u32, bits: u32) -> String {
    if bits == 1 { low.to_string() } else { format!("{}–{low}", low + bits - 1) }
}
