//! The constants in `host/host.py`, which is a single self-contained file.

use super::{FIRST_STAGE, LOAD_REGISTERS, REGISTERS, STAGE_BYTES, STAGE_REGISTERS, STAGE_WIDE, WIDE, Wide};

/// The line before the constants.
pub const PYTHON_BEGIN: &str = "# Generated from src/registers/table.rs; do not edit. Addresses in bytes.\n";

/// The line after the constants.
pub const PYTHON_END: &str = "# End of the generated constants.\n";

/// The constants.
pub fn python() -> String {
    let table = |name: &str, entries: Vec<(&str, u32)>| {
        let lines = entries.iter().map(|(key, offset)| format!("    \"{key}\": 0x{offset:02X},\n"));
        format!("{name} = {{\n{}}}\n", lines.collect::<String>())
    };
    let names = |wide: &[Wide]| {
        let quoted: Vec<String> = wide.iter().map(|wide| format!("\"{}\"", wide.name)).collect();
        quoted.join(", ")
    };
    let all = |registers: &[super::Register]| {
        registers.iter().map(|register| (register.name, register.offset)).collect()
    };
    format!(
        "{}{}FIRST_STAGE, STAGE_BYTES = 0x{FIRST_STAGE:02X}, 0x{STAGE_BYTES:02X}\n{}\
         # Numbers in two registers, NAME_low and NAME_high.\n\
         WIDE = [{}]\nSTAGE_WIDE = [{}]\n",
        table("REGISTERS", all(&REGISTERS)),
        table("LOAD_REGISTERS", all(&LOAD_REGISTERS)),
        table("STAGE_REGISTERS", all(&STAGE_REGISTERS)),
        names(&WIDE),
        names(&STAGE_WIDE)
    )
}
