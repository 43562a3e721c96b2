use super::*;
use crate::graph::Shape;

fn of(rows: usize, channels: usize) -> Shape {
    Shape::matrix(rows, channels)
}

/// Each shape rule at the edge of what it accepts.
#[test]
fn shapes() {
    assert_eq!(linear(4, 3, 12, None, &of(2, 8)), Ok(of(4, 3)), "a wide row is several narrow ones");
    assert_eq!(embedding(3, 6, &of(1, 5)), Ok(of(5, 3)));
    assert_eq!(layer_norm(4, 4, &of(2, 4)), Ok(of(2, 4)));
    assert_eq!(sum(3, 4, &[0, 1], &[], &[&of(3, 4), &of(2, 4)]), Ok(of(3, 4)));
    assert_eq!(product(Form::Scores, 2, &of(3, 8), &of(5, 8)), Ok(of(3, 10)));
    assert_eq!(product(Form::Mix, 2, &of(3, 10), &of(5, 8)), Ok(of(3, 8)));
    assert_eq!(product(Form::Gate, 1, &of(3, 8), &of(3, 8)), Ok(of(3, 8)));
    assert_eq!(product(Form::Gate, 1, &of(3, 8), &of(1, 8)), Ok(of(3, 8)), "one gate for all rows");
    assert_eq!(softmax(2, true, &of(3, 10), &[&of(1, 5)]), Ok(of(3, 10)));
    assert_eq!(Select { first: 1, count: 2 }.shape(&of(3, 4)), Ok(of(2, 4)));
    assert_eq!(Arrange { shape: of(2, 2), order: vec![3, 1, 0, 2] }.shape(&of(1, 4)), Ok(of(2, 2)));
    assert_eq!(contains_zero(0, 0), Ok(()));
}

/// One step beyond the edge, and sizes whose product overflows.
#[test]
fn refusals() {
    let whole = &of(2, 8);
    for (what, shape) in [
        ("a weight too many", linear(4, 3, 13, None, whole)),
        ("weights that overflow", linear(usize::MAX, 2, usize::MAX - 1, None, whole)),
        ("half a row", linear(3, 1, 3, None, whole)),
        ("no outputs", linear(4, 0, 0, None, whole)),
        ("half a row of a table", embedding(4, 6, whole)),
        ("no table", embedding(4, 0, whole)),
        ("a γ for each channel but one", layer_norm(7, 8, whole)),
        ("a β for each channel but one", layer_norm(8, 7, whole)),
        ("no input of a sum", sum(2, 8, &[], &[], &[])),
        ("a row beyond a sum", sum(2, 8, &[1], &[], &[whole])),
        ("a row whose number overflows", sum(2, 8, &[usize::MAX], &[], &[whole])),
        ("a sum with other channels", sum(2, 4, &[0], &[], &[whole])),
        ("a sum that is too large", sum(usize::MAX, 8, &[0], &[], &[whole])),
        ("no head", product(Form::Scores, 0, whole, whole)),
        ("half a head", product(Form::Scores, 3, whole, whole)),
        ("scores of different depths", product(Form::Scores, 2, whole, &of(2, 4))),
        ("a mix of other tokens", product(Form::Mix, 2, whole, &of(5, 8))),
        ("scores that overflow", product(Form::Scores, 2, whole, &of(usize::MAX, 2))),
        ("gates with heads", product(Form::Gate, 2, whole, whole)),
        ("gates of other rows", product(Form::Gate, 1, &of(3, 8), whole)),
        ("one gate for all channels", product(Form::Gate, 1, whole, &of(2, 1))),
        ("no group", softmax(0, false, whole, &[])),
        ("half a group", softmax(3, false, whole, &[])),
        ("a mask that is too short", softmax(2, true, whole, &[&of(1, 3)])),
        ("no mask", softmax(2, true, whole, &[])),
        ("a mask that nothing reads", softmax(2, false, whole, &[&of(1, 4)])),
        ("no rows", Select { first: 0, count: 0 }.shape(whole)),
        ("a row beyond", Select { first: 1, count: 2 }.shape(whole)),
        ("an element twice", Arrange { shape: of(1, 2), order: vec![0, 0] }.shape(&of(1, 2))),
        ("an element beyond", Arrange { shape: of(1, 2), order: vec![0, 2] }.shape(&of(1, 2))),
        ("an order of other elements", Arrange { shape: of(1, 3), order: vec![0, 1, 2] }.shape(&of(1, 2))),
        ("an order without rows", Arrange { shape: Shape(vec![2]), order: vec![0, 1] }.shape(&of(1, 2))),
    ] {
        assert!(shape.is_err(), "{what}: {shape:?}");
    }
    assert!(contains_zero(1, 2).is_err() && contains_zero(-2, -1).is_err());
    assert!(finite("γ", &[1.0, f32::NAN]).is_err() && finite("γ", &[1.0]).is_ok());
}
