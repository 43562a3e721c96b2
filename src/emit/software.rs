//! The registers for programs that talk to the core: `registers.json` and `software/snn2rtl_regs.h`.

use super::manifest::Manifest;
use crate::architecture::Loadable;
use crate::error::{Error, Result};
use crate::hardware::name::identifier;
use crate::registers::{Block, Core};

/// The registers of the core in a build folder.
pub fn registers(manifest: &Manifest) -> Core {
    let counted = manifest.stages.iter().enumerate().filter(|(_, entry)| entry.register.is_some());
    let block = |(stage, entry): (usize, &super::StageEntry)| Block {
        stage,
        node: entry.node.clone(),
        module: entry.module.clone(),
        identifier: identifier(&format!("s{stage}"), &entry.node),
    };
    Core {
        generator: manifest.generator.clone(),
        model: manifest.model.clone(),
        top: manifest.top.clone(),
        margin_bits: match manifest.folding.has_confidence() {
            true => manifest.output.value_bits.min(u64::BITS),
            false => 0,
        },
        blocks: counted.map(block).collect(),
        machine: manifest.folding.loadable().map(Loadable::identifier),
    }
}

/// The files, with their paths from the build folder.
pub(super) fn files(manifest: &Manifest) -> Result<[(&'static str, String); 2]> {
    let core = registers(manifest);
    let json = serde_json::to_string_pretty(&core.json())
        .map_err(|e| Error::input(format!("cannot write the registers: {e}")))?;
    Ok([("registers.json", json + "\n"), ("software/snn2rtl_regs.h", core.c_header())])
}
