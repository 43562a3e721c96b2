//! One-shot evaluation.
