//! One description of the registers: what is made from it is what the repository and a build folder hold.

mod common;

use std::collections::BTreeMap;
use std::fs;

use common::{fixture, mnist_mlp, repository};
use serde_json::{Value, json};
use snn2rtl::architecture::Options as Architecture;
use snn2rtl::convert::EncodingChoice::Analog;
use snn2rtl::emit;
use snn2rtl::overlay;
use snn2rtl::registers::{self, PACKAGE, PYTHON_BEGIN, PYTHON_END};
use snn2rtl::streaming::design::Options;
use snn2rtl::tool::{Tool, Toolbox};

/// Compares a file of the repository; with `UPDATE_GOLDENS=1` writes it.
fn assert_made(path: &str, made: &str) {
    let file = repository(path);
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        fs::write(&file, made).expect("written");
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(found == made, "{path} differs from the output of src/registers; UPDATE_GOLDENS=1 rewrites it");
}

#[test]
fn the_files_of_the_repository_are_made_from_the_description() {
    assert_made(&format!("rtl/{PACKAGE}"), &registers::package());
    assert_made("docs/registers.md", &registers::page());
    let host = fs::read_to_string(repository("host/host.py")).expect("the host's program");
    let (before, rest) = host.split_once(PYTHON_BEGIN).expect("where the constants begin");
    let (_, after) = rest.split_once(PYTHON_END).expect("where they end");
    let made = registers::python();
    assert_made("host/host.py", &format!("{before}{PYTHON_BEGIN}{made}{PYTHON_END}{after}"));
}

/// Nobody writes an address by hand beside the description: neither the hardware nor what talks to it.
#[test]
fn no_address_stands_anywhere_else() {
    let core = fs::read_to_string(repository("rtl/axi_lite_regs.sv")).expect("the registers");
    let addresses = core.lines().filter(|line| line.contains("] Reg") && line.contains("IndexWidth'("));
    for line in addresses {
        let from_package = line.contains("axi_lite_regs_pkg::")
            || line.contains("(FirstStage")
            || line.contains("(EndIndex");
        assert!(from_package, "{line}");
    }
    let simulation = fs::read_to_string(repository("src/cosim/registers.rs")).expect("the comparison");
    let code = simulation.lines().filter(|line| !line.trim_start().starts_with("//"));
    assert!(code.clone().all(|line| !line.contains("0x") || line.contains("0xffff_ffff")), "an address");
}

/// Every number of the header as the C compiler and the C++ compiler see it, and of the JSON file.
#[test]
fn header_and_json_say_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let hostile = {
        let mut model = fixture("qdq_ties", Analog);
        let names = ["\"; \\ ??/ */", "na\u{ef}ve\n", "9 lives", "/* // */"];
        let ids = model.network.topological();
        for (index, id) in ids.into_iter().enumerate() {
            model.network.node_mut(id).name = format!("{} {index}", names[index % names.len()]);
        }
        model.name = "*/ #error ??/".into();
        model
    };
    let network = snn2rtl::lower::lower(&mnist_mlp(Analog)).expect("lowered").network;
    let machine = overlay::Loadable::for_networks(&[&network], &overlay::Options::default());
    let loadable = Architecture::Loadable(Box::new(machine.expect("a machine")));
    let streaming = Architecture::Streaming(Options::default());
    for (name, model, options) in [
        ("mnist_mlp", mnist_mlp(Analog), &streaming),
        ("hostile", hostile, &streaming),
        ("loadable", mnist_mlp(Analog), &loadable),
    ] {
        let build = folder.path().join(name);
        let manifest = emit::emit(&model, options, &build).expect("written");
        let text = fs::read_to_string(build.join("registers.json")).expect("registers.json");
        let map: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(map, emit::registers(&manifest).json());
        assert_eq!(map["address_bits"], manifest.address_bits);
        let expected = expected(&map);
        for language in [["-x", "c", "-std=c99"], ["-x", "c++", "-std=c++17"]] {
            let mut program = String::from("#include \"snn2rtl_regs.h\"\n#include <stdio.h>\n");
            program += "static const char *const names[] = SNN2RTL_STAGE_NAMES;\nint main(void) {\n";
            for macro_name in expected.keys() {
                program += &format!("  printf(\"%s=%u\\n\", \"{macro_name}\", (unsigned)({macro_name}));\n");
            }
            program += "  for (unsigned i = 0; i < sizeof names / sizeof *names; i++) printf(\"name=%s;\", names[i]);\n";
            program += "  return 0;\n}\n";
            fs::write(build.join("regs.c"), program).expect("written");
            let compiler = Toolbox::from_env().get(Tool::Cxx).expect("a compiler").command().cwd(&build);
            let compiler =
                compiler.args(language).args(["-Wall", "-Wextra", "-pedantic", "-Werror", "-Isoftware"]);
            compiler.args(["regs.c", "-o", "regs"]).run().unwrap_or_else(|e| panic!("{e}"));
            let printed = snn2rtl::tool::Command::new("regs", build.join("regs")).run().expect("runs").output;
            let found: BTreeMap<String, u64> = printed
                .lines()
                .filter_map(|line| line.strip_prefix("SNN2RTL_").and(line.split_once('=')))
                .map(|(name, value)| (name.to_owned(), value.parse().expect("a number")))
                .collect();
            assert_eq!(found, expected, "{name} {language:?}");
            let nodes = map["stages"].as_array().expect("stages").iter();
            let nodes: String =
                nodes.map(|s| format!("name={};", s["node"].as_str().expect("a name"))).collect();
            assert!(printed.contains(&nodes), "{printed}");
        }
    }
}

/// What the macros of the header must be, from the JSON file.
fn expected(map: &Value) -> BTreeMap<String, u64> {
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let text = |value: &Value| value.as_str().expect("a text").to_uppercase();
    let number = |value: &Value| value.as_u64().expect("a number");
    let mut macros = BTreeMap::from([
        ("SNN2RTL_ADDRESS_BITS".to_owned(), number(&map["address_bits"])),
        ("SNN2RTL_STAGE_COUNT".to_owned(), list(&map["stages"]).len() as u64),
    ]);
    for wide in list(&map["wide"]).iter().filter(|wide| wide["name"] == "margin") {
        macros.insert("SNN2RTL_MARGIN_BITS".into(), number(&wide["bits"]));
    }
    for register in list(&map["registers"]) {
        // A register of stage 3 is one of any stage, given 3.
        let (name, argument) = match register.get("stage_register") {
            Some(stage) => {
                let name = text(&register["name"]);
                let name = name.strip_prefix(&format!("STAGE{stage}_")).expect("the stage").to_owned();
                (format!("STAGE_{name}"), format!("({stage})"))
            }
            None => (text(&register["name"]), String::new()),
        };
        macros.insert(format!("SNN2RTL_{name}_OFFSET{argument}"), number(&register["offset"]));
        if argument.is_empty() {
            macros.insert(format!("SNN2RTL_{name}_RESET"), number(&register["reset"]));
        }
        for field in list(&register["fields"]) {
            let (low, bits) = (number(&field["lsb"]), number(&field["bits"]));
            let mask = ((1u64 << bits) - 1) << low;
            if field["name"] == "value" {
                macros.insert(format!("SNN2RTL_{name}_MASK"), mask);
            } else {
                let name = format!("SNN2RTL_{name}_{}", text(&field["name"]));
                macros.extend([(format!("{name}_LSB"), low), (format!("{name}_MASK"), mask)]);
            }
        }
    }
    for stage in list(&map["stages"]) {
        macros.insert(format!("SNN2RTL_STAGE_{}", text(&stage["identifier"])), number(&stage["register"]));
    }
    macros
}

/// The addresses that programs outside this repository may rely on.
#[test]
fn addresses_stay() {
    let map =
        emit::registers(&emit::render(&mnist_mlp(Analog), &Options::default()).expect("rendered").0).json();
    let registers = map["registers"].as_array().expect("registers");
    let found: BTreeMap<&str, u64> = registers
        .iter()
        .map(|r| (r["name"].as_str().expect("a name"), r["offset"].as_u64().expect("a number")))
        .collect();
    let stay = json!({
        "identity": 0x00, "version": 0x04, "control": 0x08, "status": 0x0c, "t_max": 0x10,
        "samples_in": 0x14, "samples_out": 0x18, "stages": 0x1c, "cycles_low": 0x20, "cycles_high": 0x24,
        "in_stalls": 0x28, "out_stalls": 0x2c, "margin_low": 0x30, "margin_high": 0x34, "patience": 0x38,
        "stage0_spikes_low": 0x40, "stage0_spikes_high": 0x44, "stage0_work_low": 0x48, "stage0_work_high": 0x4c,
        "stage1_spikes_low": 0x50,
    });
    for (name, offset) in stay.as_object().expect("an object") {
        assert_eq!(found.get(name.as_str()).copied(), offset.as_u64(), "{name}");
    }
}
