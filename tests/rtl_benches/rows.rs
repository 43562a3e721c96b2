//! Neurons that decide by whole rows.

use super::runner::Group;
use super::{layer_norm, softmax};

#[test]
fn rows() {
    let mut group = Group::new("rows");
    layer_norm::add(&mut group);
    softmax::add(&mut group);
    group.run();
}
