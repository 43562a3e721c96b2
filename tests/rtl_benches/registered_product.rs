//! Products with registers, in plain SystemVerilog and in multiplier blocks of ECP5.

use super::runner::{Group, Set};

/// Factors of one piece of 18 bits and of several, products that are whole and that are cut off.
const CASES: [Set; 8] = [
    &[("AWidth", 8), ("BWidth", 8), ("Width", 16)],
    &[("AWidth", 1), ("BWidth", 2), ("Width", 5)],
    &[("AWidth", 18), ("BWidth", 18), ("Width", 36)],
    &[("AWidth", 19), ("BWidth", 18), ("Width", 40)],
    &[("AWidth", 26), ("BWidth", 30), ("Width", 51)],
    &[("AWidth", 36), ("BWidth", 36), ("Width", 69)],
    &[("AWidth", 28), ("BWidth", 37), ("Width", 80)],
    &[("AWidth", 40), ("BWidth", 55), ("Width", 33)],
];

#[test]
fn registered_product() {
    let mut group = Group::new("registered_product");
    group.add("registered_product", &CASES, |_, _| Vec::new());
    group.run();
}

#[test]
fn registered_product_in_blocks_of_ecp5() {
    let group = Group::new("registered_product_ecp5");
    let mut group = group.with_variant("SNN2RTL_MULT18X18D", "mult18x18d.sv");
    group.add("registered_product", &CASES, |_, _| Vec::new());
    group.run();
}
