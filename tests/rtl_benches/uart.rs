//! Both ends of a serial line.

use super::runner::{Group, Set};

#[test]
fn uart() {
    let mut group = Group::new("uart");
    let sets: Vec<[(&str, i64); 1]> = [4, 5, 8, 13, 25, 104].map(|clocks| [("ClocksPerBit", clocks)]).into();
    let sets: Vec<Set> = sets.iter().map(|set| &set[..]).collect();
    group.add("uart_rx", &sets, |_, _| Vec::new());
    group.add("uart_tx", &sets, |_, _| Vec::new());
    group.run();
}
