//! An estimate by the blocks of the network.

use super::{Estimate, Figures};

/// Area of a block, including the streams that its stages write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its name: the common prefix of the names of its nodes.
    pub name: String,
    /// Its area.
    pub figures: Figures,
}

/// Block by block in the order of the data; registers and input come first.
///
/// A block is all nodes whose names begin alike up to the first number between dots or slashes: `blocks.0.attn.q` and
/// `/blocks.0/Add` are both of `blocks.0`. Where there is no number, it is the first part of the name.
#[must_use]
pub fn blocks(estimate: &Estimate) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for instance in &estimate.instances {
        let name = instance.node.as_deref().map_or_else(|| "registers and input".to_owned(), block);
        match blocks.iter_mut().find(|block| block.name == name) {
            Some(block) => block.figures = block.figures + instance.figures,
            None => blocks.push(Block { name, figures: instance.figures }),
        }
    }
    blocks
}

/// The block of a node.
fn block(node: &str) -> String {
    let node = node.trim_start_matches(['/', '.']);
    let mut end = 0;
    let mut first = None;
    for part in node.split(['/', '.']) {
        end += part.len();
        first = first.or(Some(end));
        if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) {
            return node[..end].to_owned();
        }
        end += 1;
    }
    node[..first.unwrap_or(node.len())].to_owned()
}

#[cfg(test)]
mod tests {
    use super::block;

    #[test]
    fn names_tell_the_block() {
        for (node, name) in [
            ("blocks.0.attn.q", "blocks.0"),
            ("/blocks.11/Add_1", "blocks.11"),
            ("encoder/layer.3/output/dense", "encoder/layer.3"),
            ("fc1", "fc1"),
            ("head.rows", "head"),
            ("/", ""),
            ("patch_quan", "patch_quan"),
        ] {
            assert_eq!(block(node), name);
        }
    }
}
