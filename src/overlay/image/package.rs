//! The SystemVerilog package of images, `rtl/overlay/overlay_image_pkg.sv`.

use super::memories::{MemoryKind, STREAM_NUMBERS};
use super::scalars::{Flag, Scalar};
use super::{LEAST_WORDS, LoadError, MAGIC, VERSION};

/// The package.
pub fn package() -> String {
    let mut text = String::from(
        "// Generated from src/overlay/image/; do not edit. tests/overlay/mod.rs compares.\n\
         \n\
         `default_nettype none\n\
         \n\
         /// Model images (docs/model-image.md): numbers of memories, words of the scalars, errors.\n\
         package overlay_image_pkg;\n\n  // Not every design is loaded at run time.\n  \
         /* verilator lint_off UNUSEDPARAM */\n\n",
    );
    let mut line = |line: String| text.push_str(&format!("  localparam {line};\n"));
    line(format!("bit [31:0] Magic = 32'h{MAGIC:08X}"));
    line(format!("bit [31:0] Version = 32'd{VERSION}"));
    line(format!("bit [31:0] LeastWords = 32'd{LEAST_WORDS}"));
    line(format!("int unsigned Memories = {}", MemoryKind::ALL.len()));
    for kind in MemoryKind::ALL {
        line(format!("int unsigned Memory{} = {}", kind.identifier(), kind.number()));
    }
    line(format!("bit [31:0] StreamNumbers = 32'd{STREAM_NUMBERS}"));
    line(format!("int unsigned Scalars = {}", Scalar::ALL.len()));
    for (n, scalar) in Scalar::ALL.iter().enumerate() {
        line(format!("int unsigned Scalar{scalar:?} = {n}"));
    }
    for (n, flag) in Flag::ALL.iter().enumerate() {
        line(format!("int unsigned Flag{flag:?} = {n}"));
    }
    for error in LoadError::ALL {
        line(format!("bit [3:0] Error{error:?} = 4'd{}", error.code()));
    }
    text.push_str("\n  /* verilator lint_on UNUSEDPARAM */\n\nendpackage\n\n`default_nettype wire\n");
    text
}
