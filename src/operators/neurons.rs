//! ST-BIF+ neurons.

/// Checks that the levels `low…high` of a tracer contain its start value 0.
///
/// # Errors
/// Names the levels.
pub fn contains_zero(low: i32, high: i32) -> Result<(), String> {
    if low > 0 || high < 0 {
        return Err(format!("tracer range {low}…{high} without 0"));
    }
    Ok(())
}
