//! Block designs with several ports to memory: a processor's, and cards in a PCI Express slot.

use std::path::PathBuf;

use snn2rtl::architecture::Options as Folding;
use snn2rtl::convert::EncodingChoice::Analog;
use snn2rtl::error::Result;
use snn2rtl::overlay::{External, Loadable, Options};
use snn2rtl::snn::Model;
use snn2rtl::target::{Board, Target};
use snn2rtl::{emit, lower};

use super::scripts::{breaks, right, tclsh};
use crate::common::{fixture, mnist_mlp};

/// A build folder for a board, with so many ports of 64 bits.
fn build(model: &Model, board: &str, ports: usize) -> Result<(tempfile::TempDir, PathBuf)> {
    let network = lower::lower(model)?.network;
    let external = External { bus: 64, ports, ring: None };
    let machine = Loadable::with_external_weights(&[&network], &Options::default(), external)?;
    let target = Target::Board(Box::new(Board::find(board)?));
    let folder = tempfile::tempdir().expect("a folder");
    let build = folder.path().join("b");
    emit::emit_for(model, &Folding::Loadable(Box::new(machine)), Some(&target), &build)?;
    Ok((folder, build))
}

/// Every port of the core has a way of its own to the memory, and its own channel where there are several.
#[test]
fn every_port_leads_to_memory() {
    let Some(tclsh) = tclsh() else { return };
    let model = mnist_mlp(Analog);
    let connects = |calls: &str, from: &str, to: &str| {
        let line = format!("CALL connect_bd_intf_net pin:{from} pin:{to}");
        assert!(calls.lines().any(|call| call == line), "{line}\n{calls}");
    };
    for (board, counts) in
        [("kv260", &[2][..]), ("zcu104", &[2]), ("u250", &[1, 4]), ("u280", &[1, 8]), ("u55c", &[2])]
    {
        for &ports in counts {
            let (_folder, build) = build(&model, board, ports).expect("written");
            let calls = right(&tclsh, &build, "vivado_bd.tcl", "0.5", &[]);
            let manifest = emit::read_manifest(&build).expect("a manifest");
            let wrapper = std::fs::read_to_string(build.join(format!("rtl/{}_ip.v", manifest.top)));
            let wrapper = wrapper.expect("the top level of the IP");
            for port in 0..ports {
                let name = if port == 0 { "snn/m_axi".to_owned() } else { format!("snn/m_axi_{port}") };
                let Some(pcie) = &manifest.pcie else {
                    let way = if port == 0 { "weights".to_owned() } else { format!("weights_{}", port + 1) };
                    connects(&calls, &name, &format!("{way}/S00_AXI"));
                    connects(&calls, &format!("{way}/M00_AXI"), &format!("ps/S_AXI_HP{}_FPD", port + 1));
                    continue;
                };
                let (slave, segment) = match board {
                    "u250" => (
                        format!("ddr4_{port}/C0_DDR4_S_AXI"),
                        format!("ddr4_{port}/C0_DDR4_MEMORY_MAP/C0_DDR4_ADDRESS_BLOCK"),
                    ),
                    _ => {
                        let large = if board == "u55c" { "_8HI" } else { "" };
                        let slave = format!("hbm/SAXI_{port:02}{large}");
                        (slave.clone(), format!("{slave}/HBM_MEM{port:02}"))
                    }
                };
                connects(&calls, &format!("channel_{port}/M00_AXI"), &slave);
                // Where the block design has the channel is where the port reads.
                let base = pcie.channel_bytes * port as u64;
                let placed = format!("-offset {base:#x} -range {:#x} ", pcie.channel_bytes);
                let placed = calls.lines().any(|call| {
                    call.starts_with("CALL assign_bd_address")
                        && call.contains(&placed)
                        && call.contains(&format!("space:{name} seg:{segment} "))
                });
                assert!(placed, "{board}: {name} has no {segment} at {base:#x}\n{calls}");
                let added = format!("_araddr = m_axi_{port}_offset + 40'd{base};");
                assert_eq!(wrapper.contains(&added), port > 0, "{board}, {name}");
            }
        }
    }
    for (board, ports, words) in
        [("kv260", 4, "has 3"), ("u250", 8, "has 4 channels"), ("zcu104", 8, "has 3")]
    {
        let refused = build(&model, board, ports).expect_err("refused").to_string();
        assert!(refused.contains(words), "{board}: {refused}");
    }
}

/// A core that reads no memory has a channel of it for samples and results.
#[test]
fn a_card_without_weights_in_memory_has_a_channel() {
    let Some(tclsh) = tclsh() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    for board in ["u250", "u55c"] {
        let target = Target::Board(Box::new(Board::find(board).expect("a board")));
        let build = folder.path().join(board);
        let options = snn2rtl::streaming::design::Options::default();
        emit::emit_for(&fixture("qdq_ties", Analog), &options, Some(&target), &build).expect("written");
        let calls = right(&tclsh, &build, "vivado_bd.tcl", "0.5", &[]);
        assert!(calls.contains("pin:host/M00_AXI pin:channel_0/S00_AXI"), "{calls}");
        assert!(build.join("software/xdma.py").is_file());
    }
}

#[test]
fn the_stub_finds_mistakes_in_designs_of_cards() {
    let Some(tclsh) = tclsh() else { return };
    let model = mnist_mlp(Analog);
    let (_ddr4, ddr4) = build(&model, "u250", 2).expect("written");
    let (_hbm, hbm) = build(&model, "u55c", 2).expect("written");
    let bd = "vivado_bd.tcl";
    breaks(
        &tclsh,
        &[
            (&ddr4, bd, "  snn/m_axi_1 channel_1/S01_AXI\n", "", "snn/m_axi_1 leads nowhere"),
            (&ddr4, bd, "ddr4_0/C0_DDR4_S_AXI_CTRL", "ddr4_0/C0_DDR4_CTRL", "has no pin C0_DDR4_CTRL"),
            (&ddr4, bd, "[get_bd_pins ddr4_1/sys_rst]", "[get_bd_pins ddr4_0/sys_rst]", "has two sources"),
            (&ddr4, bd, "channel_1/aclk1 control/aclk2", "control/aclk2", "channel_1/aclk1 is not connected"),
            (&ddr4, bd, "NUM_CLKS 3", "NUM_CLKS 2", "control/aclk2 is not there"),
            (&ddr4, bd, "place snn/m_axi_1 0x400000000", "place snn/m_axi_1 0x0", "is at two places"),
            (&ddr4, bd, "place dma/Data_S2MM 0x400000000", "#", "has no address for ddr4_1/C0_DDR4_S_AXI"),
            (&ddr4, bd, "place snn/m_axi_1 0x4", "place snn/m_axi 0x4", "does not reach"),
            (&ddr4, bd, "0x300000 0x100000 ddr4_1", "0x200000 0x100000 ddr4_1", "at the same addresses"),
            (
                &ddr4,
                bd,
                "CONFIG.PCIE_BOARD_INTERFACE pci",
                "CONFIG.PCIE_BOARD pci",
                "has no CONFIG.PCIE_BOARD",
            ),
            (
                &ddr4,
                bd,
                "C0_CLOCK_BOARD_INTERFACE default_300mhz_clk1",
                "C0_CLOCK_BOARD_INTERFACE Custom",
                "has no pin",
            ),
            (&ddr4, bd, "ddr4_1/c0_ddr4_ui_clk]", "ddr4_1/sys_rst]", "is no source"),
            (&hbm, bd, "hbm/SAXI_01_8HI\n", "hbm/SAXI_01\n", "hbm/SAXI_01 is not there"),
            (&hbm, bd, "USER_SAXI_02 false", "USER_SAXI_02 true", "hbm/AXI_02_ACLK is not connected"),
            (&hbm, bd, "USER_HBM_DENSITY 8GB", "USER_HBM_DENSITY 16GB", "takes 4GB 8GB"),
            (&hbm, bd, "axilite_master_en true", "axilite_master_en false", "is not there without"),
            (&hbm, bd, " hbm/AXI_01_ARESET_N", "", "hbm/AXI_01_ARESET_N is not connected"),
            (
                &hbm,
                bd,
                "create_bd_port -dir O hbm_cattrip_o",
                "create_bd_port -dir O cattrip_o",
                "there is no port",
            ),
            (
                &hbm,
                bd,
                "hbm_clk] [get_bd_intf_pins clocks/CLK_IN1_D]",
                "hbm_clk] [get_bd_intf_pins clocks/CLK]",
                "has no pin CLK",
            ),
        ],
    );
}
