//! The header for programs in C and C++.

use std::fmt::Write;

use super::{Core, FIRST_STAGE, REGISTERS, Register, STAGE_BYTES, STAGE_REGISTERS};

impl Core {
    /// `software/snn2rtl_regs.h`. Only definitions: it needs no other header and makes no code.
    pub fn c_header(&self) -> String {
        let mut text = format!(
            "/* Registers of {}. Written by {}; do not edit. */\n\
             #ifndef SNN2RTL_REGS_H\n#define SNN2RTL_REGS_H\n\n\
             /* NAME_OFFSET: address in bytes from the core's base. NAME_RESET: value after reset. NAME_FIELD_LSB and\n   \
             NAME_FIELD_MASK: lowest bit and bits of a field in the register; NAME_MASK where it is one number.\n   \
             Of a number in two registers read the low one first. */\n\
             #define SNN2RTL_ADDRESS_BITS {}u\n",
            self.top,
            self.generator,
            Self::address_bits(self.blocks.len())
        );
        let stages = u32::try_from(self.blocks.len()).unwrap_or(u32::MAX);
        // Writing to a string cannot fail.
        for register in &REGISTERS {
            let name = register.name.to_uppercase();
            let _ = write!(text, "\n/* {} ({}) */\n", register.text, register.access());
            let _ = writeln!(text, "#define SNN2RTL_{name}_OFFSET 0x{:02x}u", register.offset);
            let _ = writeln!(text, "#define SNN2RTL_{name}_RESET 0x{:08x}u", register.reset(stages));
            masks(&mut text, &name, register);
        }
        let _ = write!(
            text,
            "\n#define SNN2RTL_MARGIN_BITS {}u\n\n/* Registers of a stage; s is one of the SNN2RTL_STAGE_S... */\n\
             #define SNN2RTL_STAGE_COUNT {stages}u\n\
             #define SNN2RTL_STAGE_OFFSET(s) (0x{FIRST_STAGE:02x}u + 0x{STAGE_BYTES:02x}u * (s))\n",
            self.margin_bits,
        );
        for register in &STAGE_REGISTERS {
            let name = register.name.to_uppercase();
            let _ = writeln!(
                text,
                "/* {} */\n#define SNN2RTL_STAGE_{name}_OFFSET(s) (SNN2RTL_STAGE_OFFSET(s) + 0x{:02x}u)",
                register.text, register.offset
            );
            masks(&mut text, &format!("STAGE_{name}"), register);
        }
        text.push('\n');
        for (index, block) in self.blocks.iter().enumerate() {
            let name = block.identifier.to_uppercase();
            let _ = writeln!(text, "#define SNN2RTL_STAGE_{name} {index}u");
        }
        text.push_str("\n/* Initialises an array: the model's node of each stage. */\n#define SNN2RTL_STAGE_NAMES \\\n  { ");
        let names: Vec<String> = self.blocks.iter().map(|block| quoted(&block.node)).collect();
        text.push_str(&names.join(", \\\n    "));
        text.push_str(" }\n\n#endif\n");
        text
    }
}

fn masks(text: &mut String, name: &str, register: &Register) {
    for field in register.fields {
        if register.is_number() {
            let _ = writeln!(text, "#define SNN2RTL_{name}_MASK 0x{:08x}u", field.mask());
            continue;
        }
        let part = field.name.to_uppercase();
        let _ = writeln!(text, "#define SNN2RTL_{name}_{part}_LSB {}u /* {} */", field.low, field.text);
        let _ = writeln!(text, "#define SNN2RTL_{name}_{part}_MASK 0x{:08x}u", field.mask());
    }
}

/// A string of C, whatever the name holds.
fn quoted(name: &str) -> String {
    let mut text = String::from("\"");
    for byte in name.bytes() {
        match byte {
            // A question mark could be the beginning of a trigraph.
            b'"' | b'\\' | b'?' => {
                text.push('\\');
                text.push(char::from(byte));
            }
            b' '..=b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("\\{byte:03o}")),
        }
    }
    text.push('"');
    text
}
