//! Descriptions of boards and devices: all of `constraints/`.

use std::collections::BTreeSet;

use snn2rtl::target::{Board, Family, Target, boards, placements};

#[test]
fn every_board_places_every_port_once() {
    let all = boards().expect("every description is right");
    assert!(all.len() >= 8);
    for board in all {
        let placed = placements(board.device.family, &board.pins);
        let ports: BTreeSet<&str> = placed.iter().map(|p| p.port.as_str()).collect();
        let pins: BTreeSet<&str> = placed.iter().map(|p| p.pin.as_str()).collect();
        assert_eq!(ports, BTreeSet::from_iter(board.ports()), "{}", board.name);
        assert_eq!((ports.len(), pins.len()), (placed.len(), placed.len()), "{}", board.name);
        let whole = board.serial.is_some();
        assert_eq!(ports.contains("clk_i") && ports.contains("uart_rx_i"), whole, "{}", board.name);
        assert_eq!(ports.contains("rst_ni"), board.reset.is_some(), "{}", board.name);
        // A port that is named anywhere else in the file is one of these, too.
        let named = board.pins.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        for word in named.filter(|word| word.ends_with("_i") || word.ends_with("_ni") || word.ends_with("_o"))
        {
            assert!(ports.contains(word), "{}: {word}", board.name);
        }
        // A symbol lasts a whole number of cycles, within what a receiver takes.
        if let Some(serial) = &board.serial {
            let cycles = board.clock_hz as f64 / serial.baud as f64;
            assert!((cycles.round() / cycles - 1.0).abs() < 0.01, "{}: {cycles}", board.name);
        }
    }
}

#[test]
fn boards_cover_every_family() {
    let families: BTreeSet<&str> =
        boards().expect("boards").iter().map(|board| board.device.family.name()).collect();
    assert_eq!(families, BTreeSet::from_iter(Family::ALL.map(Family::name)));
}

/// Pins as the makers' files have them.
#[test]
fn known_pins_are_where_they_are() {
    for (board, port, pin) in [
        ("ulx3s-85f", "clk_i", "G2"),
        ("ulx3s-85f", "uart_rx_i", "M1"),
        ("ulx3s-85f", "uart_tx_o", "L4"),
        ("arty-a7-100t", "clk_i", "E3"),
        ("arty-a7-100t", "uart_rx_i", "A9"),
        ("arty-a7-35t", "uart_tx_o", "D10"),
        ("icebreaker", "clk_i", "35"),
        ("icebreaker", "uart_rx_i", "6"),
        ("tang-nano-20k", "clk_i", "4"),
        ("tang-nano-20k", "uart_tx_o", "69"),
    ] {
        let board = Board::find(board).expect("known");
        let placed = placements(board.device.family, &board.pins);
        assert!(placed.iter().any(|p| p.port == port && p.pin == pin), "{}: {port} at {pin}", board.name);
    }
}

/// The serial shell takes its share of a board; a device alone is whole.
#[test]
fn a_core_gets_what_the_shell_leaves() {
    let tang = Target::Board(Box::new(Board::find("tang-nano-20k").expect("known")));
    let (room, device) = (tang.room(), tang.device());
    let [luts, ffs, blocks] = Family::Gowin.serial_shell();
    assert_eq!((room.luts + luts, room.ffs + ffs), (device.luts, device.ffs));
    assert_eq!((room.brams[0].count, device.brams[0].count), (46 - blocks, 46));
    assert_eq!(room.dsps, device.dsps);
    let u250 = Target::Board(Box::new(Board::find("u250").expect("known")));
    assert_eq!(&u250.room(), u250.device());
    let alone = Target::Device(Box::new(device.clone()));
    assert_eq!(&alone.room(), alone.device());
}
