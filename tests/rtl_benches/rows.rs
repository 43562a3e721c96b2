//! Neurons that decide by whole rows.

use super::runner::Group;
use super::{norm, softmax};

#[test]
fn rows() {
    let mut group = Group::new("rows");
    norm::add(&mut group);
    softmax::add(&mut group);
    group.run();
}
