//! The registers in the words of an IP's address map.

use super::tcl;
use crate::emit::manifest::Manifest;

/// A register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Register {
    /// Its name in the address map.
    pub name: String,
    /// Byte address.
    pub offset: String,
    /// `read-only` or `read-write`.
    pub access: &'static str,
    /// Value after reset.
    pub reset: String,
    /// What it is, as a word of Tcl.
    pub description: String,
}

/// Name, address, whether it is written, and text of those before the stages.
const FIRST: [(&str, u32, bool, &str); 15] = [
    ("identity", 0x00, false, "says that this is such a core"),
    ("version", 0x04, false, "version of this register map"),
    ("control", 0x08, true, "bit 0 run, bit 1 clears all counters"),
    ("status", 0x0c, true, "bit 0 busy, bit 1 short frame, bit 2 long frame"),
    ("t_max", 0x10, true, "most time-steps of a sample, 0 for no limit"),
    ("samples_in", 0x14, false, "samples begun"),
    ("samples_out", 0x18, false, "result frames sent"),
    ("stages", 0x1c, false, "number of stages that have counters"),
    ("cycles_low", 0x20, false, "cycles in which a sample was inside"),
    ("cycles_high", 0x24, false, "its bits 47 to 32"),
    ("in_stalls", 0x28, false, "cycles in which a beat waited at the input"),
    ("out_stalls", 0x2c, false, "cycles in which a word of a result waited"),
    ("margin_low", 0x30, true, "margin of the rule of confidence"),
    ("margin_high", 0x34, true, "its bits from 32 on"),
    ("hold", 0x38, true, "time-steps that the margin must hold, 0 for no such rule"),
];

/// Name, place in the block and text of those of a stage.
const STAGE: [(&str, u32, &str); 4] = [
    ("spikes_low", 0x0, "spikes that the stage has sent"),
    ("spikes_high", 0x4, "its bits 47 to 32"),
    ("work_low", 0x8, "cycles in which the stage worked"),
    ("work_high", 0xc, "its bits 47 to 32"),
];

/// Every register of a core, in the order of the addresses.
pub(super) fn registers(manifest: &Manifest) -> Vec<Register> {
    let counted = manifest.stages.iter().filter(|stage| stage.register.is_some());
    let stages = u32::try_from(counted.clone().count()).unwrap_or(u32::MAX);
    let register = |name: String, offset: u32, written: bool, text: &str| {
        let reset = match name.as_str() {
            "identity" => 0x534e_4e31,
            "version" | "control" => 1,
            "stages" => stages,
            _ => 0,
        };
        Register {
            name,
            offset: format!("{offset:#05x}"),
            access: if written { "read-write" } else { "read-only" },
            reset: format!("{reset:#x}"),
            description: tcl::display(text),
        }
    };
    let first =
        FIRST.iter().map(|&(name, offset, written, text)| register(name.into(), offset, written, text));
    let blocks = (0..stages).zip(counted).flat_map(|(block, stage)| {
        let of = move |&(name, at, text): &(&str, u32, &str)| {
            let name = format!("stage{block}_{name}");
            register(name, 0x40 + 16 * block + at, false, &format!("{}: {text}", stage.node))
        };
        STAGE.iter().map(of).collect::<Vec<_>>()
    });
    first.chain(blocks).collect()
}
