//! Sums in which all but one value cancel, for example straight-through estimators.

use super::{Context, Found, Site, linear_form};
use crate::error::Result;

/// The pattern.
pub fn find(context: &Context, site: Site) -> Result<Option<Found>> {
    if !["Add", "Sub", "Neg"].iter().any(|op| site.node.is(op)) {
        return Ok(None);
    }
    let found = linear_form::resolve(context, site.value, &mut Vec::new())?;
    Ok(found.filter(|f| f.offset == 0.0 && f.value != site.value).map(|f| Found::Same(f.value)))
}
