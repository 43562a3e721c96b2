//! Files that an architecture generates for a network.

/// Generated SystemVerilog and the memory images that it reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Core {
    /// The text of the top level, without a newline at its end.
    pub text: String,
    /// File names below `rom/` and their contents.
    pub images: Vec<(String, String)>,
}
