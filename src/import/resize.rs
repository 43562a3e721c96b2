//! Extents of `Resize` and `Upsample`.

use super::decode::Node;
use super::flow::Flow;
use super::resample::Exact;

/// What a node says about the extents of its result.
enum Given {
    Scales(Vec<f64>),
    Sizes(Vec<f64>),
}

impl Flow<'_> {
    /// The factor of each extent.
    ///
    /// # Errors
    /// If the node has attributes that change the meaning of its factors, or none for each extent.
    pub(super) fn scales(&self, node: &Node, dims: &[usize]) -> Result<Vec<f64>, String> {
        #[expect(clippy::cast_precision_loss)]
        let scales = match self.given(node)? {
            Given::Scales(scales) => scales,
            Given::Sizes(sizes) => sizes.iter().zip(dims).map(|(s, &d)| s / d as f64).collect(),
        };
        match scales.len() == dims.len() && scales.iter().all(|s| s.is_finite() && *s > 0.0) {
            true => Ok(scales),
            false => Err(format!("factors {scales:?} for extents {dims:?}")),
        }
    }

    /// The factor of each extent, without rounding.
    ///
    /// # Errors
    /// As [`Flow::scales`].
    pub(super) fn exact_scales(&self, node: &Node, dims: &[usize]) -> Result<Vec<Exact>, String> {
        let rounded = self.scales(node, dims)?;
        let exact = |value: f64| Exact::from_float(value).ok_or_else(|| format!("the factor {value}"));
        let integer = |n: usize| Exact::from_integer(n.into());
        match self.given(node)? {
            Given::Scales(_) => rounded.into_iter().map(exact).collect(),
            Given::Sizes(sizes) => {
                sizes.into_iter().zip(dims).map(|(size, &d)| Ok(exact(size)? / integer(d))).collect()
            }
        }
    }

    fn given(&self, node: &Node) -> Result<Given, String> {
        if node.ints("axes").is_some() || node.string("keep_aspect_ratio_policy", "stretch") != "stretch" {
            return Err("a Resize of some axes, or that keeps the aspect ratio".into());
        }
        let list = |port: usize| -> Result<Option<Vec<f64>>, String> {
            let Some(value) = node.optional_input(port) else { return Ok(None) };
            let values = self.constant(value).map_err(|e| e.problem)?.to_f64();
            Ok(Some(values).filter(|values| !values.is_empty()))
        };
        let early = node.is("Upsample") || node.inputs.len() == 2;
        let scales = list(if early { 1 } else { 2 })?;
        let sizes = if early { None } else { list(3)? };
        scales
            .map(Given::Scales)
            .or_else(|| sizes.map(Given::Sizes))
            .ok_or_else(|| "a Resize without constant factors or sizes".into())
    }

    /// Extents of the result.
    ///
    /// # Errors
    /// As [`Flow::scales`]; if an extent is 0 or huge.
    pub(super) fn resized(&self, node: &Node, dims: &[usize]) -> Result<Vec<usize>, String> {
        let scales = self.scales(node, dims)?;
        let extent = |(&d, s): (&usize, f64)| {
            // The quotient of two extents, times one of them, may lie just below the other.
            #[expect(clippy::cast_precision_loss)]
            let real = d as f64 * s;
            let nearest = if (real - real.round()).abs() < 1e-6 { real.round() } else { real.floor() };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let extent = nearest as usize;
            (1..=1 << 20).contains(&extent).then_some(extent)
        };
        let all: Option<Vec<usize>> = dims.iter().zip(scales.iter().copied()).map(extent).collect();
        all.ok_or_else(|| format!("factors {scales:?} of extents {dims:?}"))
    }
}
