//! Two cores joined by a stream, simulated in place of one: every word of the result frames is that of the whole network.

use std::fs;
use std::path::{Path, PathBuf};

use snn2rtl::emit;
use snn2rtl::overlay::Options;
use snn2rtl::snn::Model;
use snn2rtl::split::{self, Boundary, Kind};
use snn2rtl::tool::{Command, Tool};

use crate::common::{mnist_vit, repository, vit_small};
use crate::programs::{path_with, program, wrap};

/// The ports of a core that nothing is connected to.
const REGISTERS: &str =
    ".s_axi_awvalid_i(1'b0), .s_axi_awready_o(), .s_axi_awaddr_i('0), .s_axi_wvalid_i(1'b0),
    .s_axi_wready_o(), .s_axi_wdata_i('0), .s_axi_wstrb_i('0), .s_axi_bvalid_o(), .s_axi_bready_i(1'b1),
    .s_axi_bresp_o(), .s_axi_arvalid_i(1'b0), .s_axi_arready_o(), .s_axi_araddr_i('0), .s_axi_rvalid_o(),
    .s_axi_rready_i(1'b1), .s_axi_rdata_o(), .s_axi_rresp_o(), .busy_o()";

/// The body of a top level with both cores and what is between them.
fn body(tops: [&str; 2], boundary: &Boundary, words: usize) -> String {
    let [first, second] = tops;
    let (values, digits, bits) = (boundary.values(), boundary.digits, boundary.element.bits());
    let sign = if boundary.low < 0 { "-" } else { "" };
    let low = boundary.low.unsigned_abs();
    format!(
        "
  logic a_valid, a_ready, a_last, f_valid, f_ready, f_last, e_valid, e_ready, e_last;
  logic [31:0] a_data, f_data;
  logic [{bits}-1:0] e_data;
  /* verilator lint_off PINCONNECTEMPTY */
  {first} #(.RomPath({{RomPath, \"a/\"}})) u_a (
    .clk_i, .rst_i, .s_axis_tvalid_i, .s_axis_tready_o, .s_axis_tdata_i, .s_axis_tlast_i,
    .m_axis_tvalid_o(a_valid), .m_axis_tready_i(a_ready), .m_axis_tdata_o(a_data), .m_axis_tlast_o(a_last),
    {REGISTERS}
  );
  ram_fifo #(.Width(33), .Depth({depth})) u_frames (
    .clk_i, .rst_i, .in_valid_i(a_valid), .in_ready_o(a_ready), .in_data_i({{a_last, a_data}}),
    .out_valid_o(f_valid), .out_ready_i(f_ready), .out_data_o({{f_last, f_data}})
  );
  frame_elements #(
    .Values({values}), .ValueWords({words}), .Digits({digits}), .ElementWidth({bits}), .Low({sign}64'sd{low})
  ) u_between (
    .clk_i, .rst_i, .s_axis_tvalid_i(f_valid), .s_axis_tready_o(f_ready), .s_axis_tdata_i(f_data),
    .s_axis_tlast_i(f_last), .m_axis_tvalid_o(e_valid), .m_axis_tready_i(e_ready), .m_axis_tdata_o(e_data),
    .m_axis_tlast_o(e_last)
  );
  {second} #(.RomPath({{RomPath, \"b/\"}})) u_b (
    .clk_i, .rst_i, .s_axis_tvalid_i(e_valid), .s_axis_tready_o(e_ready), .s_axis_tdata_i(e_data),
    .s_axis_tlast_i(e_last), .m_axis_tvalid_o, .m_axis_tready_i, .m_axis_tdata_o, .m_axis_tlast_o,
    {REGISTERS}
  );
  // Registers and `busy` are those of the cores.
  assign {{s_axi_awready_o, s_axi_wready_o, s_axi_bvalid_o, s_axi_bresp_o, s_axi_arready_o, s_axi_rvalid_o}} = '0;
  assign {{s_axi_rdata_o, s_axi_rresp_o, busy_o}} = '0;
endmodule

`default_nettype wire
",
        depth = values * words + 3,
    )
}

/// Copies files that are not there.
fn add(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
    if !to.exists() {
        fs::copy(from, to).expect("copied");
    }
}

/// The last line of the self-checking simulation of the whole network, with its core and with those of its parts.
fn simulate(model: &Model, place: usize, options: &Options, arguments: &[&str]) -> [String; 2] {
    let folder = tempfile::tempdir().expect("a folder");
    let programs = tempfile::tempdir().expect("a folder");
    wrap(programs.path(), "verilator", &program(Tool::Verilator));
    let path = path_with(programs.path());
    let at = |name: &str| folder.path().join(name);
    let parts = split::split(model, &[split::places(&model.network)[place]]).expect("parts");
    let boundary = parts[0].boundary.as_ref().expect("a boundary");
    let whole = emit::emit(model, options, &at("whole")).expect("written");
    let manifests: Vec<_> = ["a", "b"]
        .iter()
        .zip(&parts)
        .map(|(name, part)| emit::emit(&part.model, options, &at(name)).expect("written"))
        .collect();
    let run = || {
        let script = Command::new("simulate.sh", PathBuf::from("/bin/sh"));
        let script = script.arg(at("whole").join("scripts/simulate.sh")).args(arguments);
        let script = script.env("PATH", &path).env_remove("MAKEFLAGS").env_remove("MAKELEVEL").cwd("/");
        let finished = script.run().expect("started");
        finished.output.lines().last().unwrap_or_default().to_owned()
    };
    let one = run();

    let listed = fs::read_to_string(at("whole").join("sim/self_check.f")).expect("a list");
    let mut more = vec!["rtl/axi/frame_elements.sv".to_owned()];
    add(&repository("rtl/axi/frame_elements.sv"), &at("whole").join(&more[0]));
    for name in ["a", "b"] {
        for file in fs::read_to_string(at(name).join("rtl/files.f")).expect("a list").lines() {
            add(&at(name).join(file), &at("whole").join(file));
            if !listed.lines().any(|line| line == file) && !more.iter().any(|line| line == file) {
                more.push(file.to_owned());
            }
        }
        for image in fs::read_dir(at(name).join("rom")).expect("images") {
            let image = image.expect("an image").path();
            let target = at("whole").join("rom").join(name).join(image.file_name().expect("a name"));
            add(&image, &target);
        }
    }
    let top = format!("rtl/{}.sv", whole.top);
    let list = listed.replace(&format!("{top}\n"), &format!("{}\n{top}\n", more.join("\n")));
    assert_ne!(list, listed, "{listed}");
    fs::write(at("whole").join("sim/self_check.f"), list).expect("written");
    let text = fs::read_to_string(at("whole").join(&top)).expect("a top level");
    let module = text.find(&format!("module {}", whole.top)).expect("a module");
    let ports = module + text[module..].find("\n);").expect("ports") + 3;
    let words = manifests[0].output.words_per_value;
    let tops = [manifests[0].top.as_str(), manifests[1].top.as_str()];
    fs::write(at("whole").join(&top), text[..ports].to_owned() + &body(tops, boundary, words))
        .expect("written");
    [one, run()]
}

/// Cut at a sum and at levels, with pauses at both ends.
#[test]
fn two_cores_give_the_frames_of_one() {
    let model = vit_small();
    let options = Options { lanes: 16, fire_lanes: 4, fetch_width: 16, row_lanes: 1, ..Options::default() };
    let kinds: Vec<Kind> = split::places(&model.network)
        .into_iter()
        .map(|id| split::split(&model, &[id]).expect("parts")[0].boundary.as_ref().expect("a boundary").kind)
        .collect();
    let sums = kinds.iter().rposition(|kind| *kind == Kind::Sums).expect("a sum");
    for line in simulate(&model, sums, &options, &["+stall"]) {
        assert!(line.starts_with("PASS: 4 samples"), "{line}");
    }
}

/// The trained Vision Transformer on two devices; prints the cycles.
#[test]
#[ignore = "long: Verilator on three cores of the trained example"]
fn the_trained_transformer_on_two_devices() {
    let model = mnist_vit();
    let places = split::places(&model.network);
    for (n, &place) in places.iter().enumerate() {
        println!("{n}: {}", model.network.node(place).name);
    }
    let sums = places.iter().enumerate().filter(|(_, id)| {
        let parts = split::split(&model, &[**id]).expect("parts");
        parts[0].boundary.as_ref().is_some_and(|boundary| boundary.kind == Kind::Sums)
    });
    for (n, _) in sums {
        let [one, two] = simulate(&model, n, &Options::default(), &[]);
        println!("cut {n}: one core: {one}; two: {two}");
        assert!(one.starts_with("PASS") && two.starts_with("PASS"), "{one}\n{two}");
    }
}
