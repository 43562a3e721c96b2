//! `registers.json`: the register map of a core for other programs.

use serde_json::{Value, json};

use super::map::MappedRegister;
use super::{Core, Register};

/// Version of the format of `registers.json`.
pub const FORMAT_VERSION: u32 = 1;

impl Core {
    /// The map as JSON, all addresses in bytes.
    pub fn json(&self) -> Value {
        let blocks = self.blocks.iter().enumerate().map(|(index, block)| {
            json!({
                "register": index,
                "stage": block.stage,
                "node": block.node,
                "module": block.module,
                "identifier": block.identifier,
            })
        });
        let wide = self.wide().into_iter().map(|wide| {
            let [low, high] = wide.halves;
            json!({ "name": wide.name, "bits": wide.bits, "low": low, "high": high })
        });
        json!({
            "format_version": FORMAT_VERSION,
            "generator": self.generator,
            "model": self.model,
            "top": self.top,
            "bus": { "protocol": "AXI4-Lite", "prefix": "s_axi" },
            "address_bits": Self::address_bits(self.blocks.len(), self.machine.is_some()),
            "data_bits": u32::BITS,
            "registers": self.registers().iter().map(|mapped| register(mapped, self.reset(&mapped.register))).collect::<Vec<_>>(),
            "wide": wide.collect::<Vec<_>>(),
            "stages": blocks.collect::<Vec<_>>(),
        })
    }
}

fn register(mapped: &MappedRegister, reset: u32) -> Value {
    let MappedRegister { name, offset, block, register } = mapped;
    let mut value = json!({
        "name": name,
        "offset": offset,
        "access": register.access(),
        "reset": reset,
        "description": register.text,
        "fields": fields(register, reset),
    });
    if let Some(block) = block {
        value["stage_register"] = json!(block);
    }
    value
}

fn fields(register: &Register, reset: u32) -> Vec<Value> {
    let field = |field: &super::Field| {
        json!({
            "name": field.name,
            "lsb": field.low,
            "bits": field.bits,
            "access": field.access.name(),
            "reset": (reset & field.mask()) >> field.low,
            "description": field.text,
        })
    };
    register.fields.iter().map(field).collect()
}
