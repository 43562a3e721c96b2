//! The registers for the address map of an IP.

use super::tcl;
use crate::emit::manifest::Manifest;
use crate::emit::software;
use crate::registers::MappedRegister;

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
    /// Its description, as a Tcl word.
    pub description: String,
}

/// Every register of a core, in the order of the addresses; those of a stage say which node it is.
pub(super) fn registers(manifest: &Manifest) -> Vec<Register> {
    let core = software::registers(manifest);
    let stages = u32::try_from(core.blocks.len()).unwrap_or(u32::MAX);
    let of = |mapped: MappedRegister| {
        let MappedRegister { name, offset, block, register } = mapped;
        let text = match block.and_then(|block| core.blocks.get(block)) {
            Some(block) => format!("{}: {}", block.node, register.text),
            None => register.text.to_owned(),
        };
        Register {
            name,
            offset: format!("{offset:#05x}"),
            access: register.access(),
            reset: format!("{:#x}", register.reset(stages)),
            description: tcl::display(&text),
        }
    };
    core.registers().into_iter().map(of).collect()
}
