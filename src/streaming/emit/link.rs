//! Links between stages.

use super::instance::{Instance, beat, declarations, fields};
use crate::streaming::design::Stream;

/// The link of stream `index`: reads the wires `w…` of the writer, drives the wires `r…` of the reader.
pub(super) fn instance(index: usize, stream: &Stream) -> Instance {
    let fields = fields(stream);
    let mut link = Instance::new("stream_link", format!("u_link_{index}"))
        .parameter("Width", stream.width())
        .parameter("Depth", stream.depth)
        .parameter("StreamId", index)
        .port("in_valid_i", format!("w{index}_valid"))
        .port("in_ready_o", format!("w{index}_ready"))
        .port("in_data_i", beat('w', index, &fields))
        .port("out_valid_o", format!("r{index}_valid"))
        .port("out_ready_i", format!("r{index}_ready"))
        .port("out_data_o", beat('r', index, &fields));
    link.wires.push(format!("r{index}_valid, r{index}_ready"));
    link.wires.extend(declarations('r', index, stream));
    link
}
