//! The description: every register, field, address, reset value and text.

use super::{Access, Field, Register, Reset, VALUE, Wide};

/// A read-only number of this many bits.
const fn count(bits: u32) -> Field {
    Field { name: VALUE, low: 0, bits, access: Access::Read, reset: Reset::Value(0), text: "" }
}

/// A read-write number of this many bits, 0 after reset.
const fn setting(bits: u32) -> Field {
    Field { access: Access::ReadWrite, ..count(bits) }
}

/// A number that never changes.
const fn fixed(reset: Reset) -> Field {
    Field { reset, ..count(32) }
}

/// A single bit.
const fn bit(name: &'static str, low: u32, access: Access, reset: u32, text: &'static str) -> Field {
    Field { name, low, bits: 1, access, reset: Reset::Value(reset), text }
}

/// Which core this is.
pub const IDENTITY: Register = Register {
    name: "identity",
    offset: 0x00,
    text: "identifies the core: \"SNN1\", the first letter in the high byte",
    fields: &[fixed(Reset::Value(0x534e_4e31))],
};

/// Version of this map.
pub const VERSION: Register = Register {
    name: "version",
    offset: 0x04,
    text: "version of this register map",
    fields: &[fixed(Reset::Value(1))],
};

/// Run and clear.
pub const CONTROL: Register = Register {
    name: "control",
    offset: 0x08,
    text: "control of the core",
    fields: &[
        bit(
            "run",
            0,
            Access::ReadWrite,
            1,
            "1: new samples are accepted; 0: samples inside are completed, no new ones are accepted",
        ),
        bit("clear", 1, Access::Act, 0, "clears all counters"),
    ],
};

/// State and error flags.
pub const STATUS: Register = Register {
    name: "status",
    offset: 0x0c,
    text: "state and error flags",
    fields: &[
        bit("busy", 0, Access::Read, 0, "a sample is inside"),
        bit(
            "short_frame",
            1,
            Access::Clear,
            0,
            "a frame ended before its last beat; missing elements count as 0",
        ),
        bit(
            "long_frame",
            2,
            Access::Clear,
            0,
            "a frame continued after its last beat; the rest up to TLAST was dropped",
        ),
    ],
};

/// Limit of time-steps.
pub const T_MAX: Register = Register {
    name: "t_max",
    offset: 0x10,
    text: "maximum number of time-steps of a sample, 0 for no limit",
    fields: &[setting(16)],
};

/// Samples begun.
pub const SAMPLES_IN: Register =
    Register { name: "samples_in", offset: 0x14, text: "samples begun", fields: &[count(32)] };

/// Samples completed.
pub const SAMPLES_OUT: Register =
    Register { name: "samples_out", offset: 0x18, text: "result frames sent", fields: &[count(32)] };

/// Number of stages with registers.
pub const STAGES: Register = Register {
    name: "stages",
    offset: 0x1c,
    text: "number of stages that have counters",
    fields: &[fixed(Reset::Stages)],
};

/// Cycles, low half.
const CYCLES_LOW: Register = Register {
    name: "cycles_low",
    offset: 0x20,
    text: "cycles in which a sample was inside, bits 31 to 0",
    fields: &[count(32)],
};

/// Cycles, high half.
const CYCLES_HIGH: Register =
    Register { name: "cycles_high", offset: 0x24, text: "its bits 47 to 32", fields: &[count(16)] };

/// Stalls of the input.
pub const IN_STALLS: Register = Register {
    name: "in_stalls",
    offset: 0x28,
    text: "cycles in which a beat waited at the input while a sample was inside",
    fields: &[count(32)],
};

/// Stalls of the output.
pub const OUT_STALLS: Register = Register {
    name: "out_stalls",
    offset: 0x2c,
    text: "cycles in which a word of a result waited to be taken",
    fields: &[count(32)],
};

/// Margin of the confidence rule, low half.
pub const MARGIN_LOW: Register = Register {
    name: "margin_low",
    offset: 0x30,
    text: "confidence rule: minimum difference between the best value and every other, bits 31 to 0",
    fields: &[setting(32)],
};

/// Margin of the confidence rule, high half.
pub const MARGIN_HIGH: Register = Register {
    name: "margin_high",
    offset: 0x34,
    text: "its bits from 32 on; a margin wider than any difference of two values is answered with SLVERR",
    fields: &[setting(32)],
};

/// Time-steps of the confidence rule.
pub const PATIENCE: Register = Register {
    name: "patience",
    offset: 0x38,
    text: "confidence rule: number of consecutive time-steps with this margin, 0 to disable the rule",
    fields: &[setting(16)],
};

/// Begins a model image.
pub const LOAD_CONTROL: Register = Register {
    name: "load_control",
    offset: 0x80,
    text: "control of loading",
    fields: &[bit(
        "start",
        0,
        Access::Act,
        0,
        "begins a model image: what was loaded does not count any more, samples inside are completed, no new ones are accepted; a core with a port to memory reads the image",
    )],
};

/// State of loading.
pub const LOAD_STATUS: Register = Register {
    name: "load_status",
    offset: 0x84,
    text: "state of loading",
    fields: &[
        bit("loaded", 0, Access::Read, 0, "a good image is in; samples are accepted"),
        bit("ready", 1, Access::Read, 0, "an image was begun, the core is empty: words are taken"),
        Field {
            name: "error",
            low: 4,
            bits: 4,
            access: Access::Read,
            reset: Reset::Value(0),
            text: "why the last image was refused, 0 if it was not (docs/model-image.md)",
        },
    ],
};

/// A word of an image.
pub const LOAD_DATA: Register = Register {
    name: "load_data",
    offset: 0x88,
    text: "the next word of a model image; dropped while `load_status.ready` is 0; reads as 0",
    fields: &[Field { access: Access::Act, ..count(32) }],
};

/// Identifier of the machine.
pub const LOAD_MACHINE: Register = Register {
    name: "load_machine",
    offset: 0x8c,
    text: "identifies the machine that images must be made for",
    fields: &[fixed(Reset::Machine)],
};

/// Where an image is in memory.
pub const LOAD_ADDRESS_LOW: Register = Register {
    name: "load_address_low",
    offset: 0x90,
    text: "byte address of a model image in memory, low half; 0 without a port to memory, as the next four",
    fields: &[setting(32)],
};

/// High half.
pub const LOAD_ADDRESS_HIGH: Register =
    Register { name: "load_address_high", offset: 0x94, text: "high half", fields: &[setting(32)] };

/// Its length.
pub const LOAD_LENGTH: Register = Register {
    name: "load_length",
    offset: 0x98,
    text: "bytes of the model image: nothing beyond is read",
    fields: &[setting(32)],
};

/// Cycles lost to memory.
pub const MEMORY_LOST: Register = Register {
    name: "memory_lost",
    offset: 0x9c,
    text: "cycles since reset in which the engine waited for weights from memory",
    fields: &[count(32)],
};

/// Beats read.
pub const MEMORY_BEATS: Register = Register {
    name: "memory_beats",
    offset: 0xa0,
    text: "beats that were read from memory since reset",
    fields: &[count(32)],
};

/// The registers of a core that networks are loaded into.
pub const LOAD_REGISTERS: [Register; 9] = [
    LOAD_CONTROL,
    LOAD_STATUS,
    LOAD_DATA,
    LOAD_MACHINE,
    LOAD_ADDRESS_LOW,
    LOAD_ADDRESS_HIGH,
    LOAD_LENGTH,
    MEMORY_LOST,
    MEMORY_BEATS,
];

/// Address of the first of them.
pub const FIRST_LOAD: u32 = LOAD_CONTROL.offset;

/// Address behind the last register that such a core may have.
pub const END_LOAD: u32 = 0xc0;

/// Cycles in which a sample was inside.
pub const CYCLES: Wide = Wide { name: "cycles", low: CYCLES_LOW, high: CYCLES_HIGH };

/// Margin of the confidence rule.
pub const MARGIN: Wide = Wide { name: "margin", low: MARGIN_LOW, high: MARGIN_HIGH };

/// The registers before those of the stages.
pub const REGISTERS: [Register; 15] = [
    IDENTITY,
    VERSION,
    CONTROL,
    STATUS,
    T_MAX,
    SAMPLES_IN,
    SAMPLES_OUT,
    STAGES,
    CYCLES_LOW,
    CYCLES_HIGH,
    IN_STALLS,
    OUT_STALLS,
    MARGIN_LOW,
    MARGIN_HIGH,
    PATIENCE,
];

/// Numbers that take two of these registers.
pub const WIDE: [Wide; 2] = [CYCLES, MARGIN];

/// Address of the first stage's block.
pub const FIRST_STAGE: u32 = 0x40;

/// Bytes of a stage's block.
pub const STAGE_BYTES: u32 = 16;

/// Spikes of a stage.
pub const STAGE_SPIKES: Wide = Wide {
    name: "spikes",
    low: Register {
        name: "spikes_low",
        offset: 0x0,
        text: "spikes that the stage has sent, bits 31 to 0",
        fields: &[count(32)],
    },
    high: Register { name: "spikes_high", offset: 0x4, text: "its bits 47 to 32", fields: &[count(16)] },
};

/// Work of a stage.
pub const STAGE_WORK: Wide = Wide {
    name: "work",
    low: Register {
        name: "work_low",
        offset: 0x8,
        text: "cycles in which the stage worked, bits 31 to 0",
        fields: &[count(32)],
    },
    high: Register { name: "work_high", offset: 0xc, text: "its bits 47 to 32", fields: &[count(16)] },
};

/// The registers of a stage's block.
pub const STAGE_REGISTERS: [Register; 4] =
    [STAGE_SPIKES.low, STAGE_SPIKES.high, STAGE_WORK.low, STAGE_WORK.high];

/// Numbers that take two of these registers.
pub const STAGE_WIDE: [Wide; 2] = [STAGE_SPIKES, STAGE_WORK];

/// Rules for all registers, one paragraph each.
pub(super) const RULES: [&str; 6] = [
    "All registers are 32 bits wide at addresses that are multiples of 4; the two lowest bits of an address are ignored. \
     Bytes whose strobe is 0 are not changed.",
    "An address without a register is answered with DECERR, a write to a read-only register with SLVERR.",
    "Reads and writes are independent; the address and the data of a write may arrive in any order. One read and one \
     write can be in progress at a time.",
    "Counters of 48 bits take two registers. A read of a low half stores the high half for the next read of a high half: \
     read low, then high, without another reader in between. All counters wrap.",
    "`t_max`, `margin` and `patience` may be written at any time. If a sample is inside, no further one is started, and \
     the new values take effect when the core is empty. A read returns the value that was written last. The halves of \
     `margin` are two writes: write 0 to `patience` first, and `patience` again last. In a design without these \
     settings, as in every overlay, they are read-only zeros.",
    "Reset clears all counters and settings.",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Ascending, aligned, nothing on top of anything, halves side by side.
    fn check(registers: &[Register], wide: &[Wide], end: u32) {
        for pair in registers.windows(2) {
            assert!(pair[0].offset + 4 <= pair[1].offset, "{}", pair[1].name);
        }
        for register in registers {
            assert!(register.offset.is_multiple_of(4) && register.offset < end, "{}", register.name);
            assert!(!register.text.is_empty() && !register.fields.is_empty(), "{}", register.name);
            let mut used = 0;
            for field in register.fields {
                let mask = field.mask();
                assert!(field.bits > 0 && field.low + field.bits <= 32 && used & mask == 0, "{}", field.name);
                if let Reset::Value(value) = field.reset {
                    assert_eq!(value << field.low & !mask, 0, "{}", field.name);
                }
                used |= mask;
                let named = register.is_number() || (field.name != VALUE && !field.text.is_empty());
                assert!(named, "{} {}", register.name, field.name);
            }
            let others = registers.iter().filter(|other| other.name == register.name);
            assert_eq!(others.count(), 1, "{}", register.name);
        }
        for wide in wide {
            assert!(registers.contains(&wide.low) && registers.contains(&wide.high));
            assert_eq!(wide.low.name, format!("{}_low", wide.name));
            assert_eq!(wide.high.name, format!("{}_high", wide.name));
        }
    }

    #[test]
    fn the_description_is_one_of_a_register_map() {
        check(&REGISTERS, &WIDE, FIRST_STAGE);
        check(&STAGE_REGISTERS, &STAGE_WIDE, STAGE_BYTES);
        check(&LOAD_REGISTERS, &[], END_LOAD);
        assert_eq!(LOAD_REGISTERS[0].offset, FIRST_LOAD);
    }
}
