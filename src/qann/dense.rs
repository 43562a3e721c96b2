//! Operators of Transformers in float64.

/// The parts, each with its extents, one after the other along extent `axis`.
pub(super) fn concat(parts: &[(&[usize], &[f64])], axis: usize) -> Vec<f64> {
    let outer: usize = parts.first().map_or(0, |(shape, _)| shape[..axis].iter().product());
    let block = |shape: &[usize]| shape[axis..].iter().product::<usize>();
    (0..outer)
        .flat_map(|i| parts.iter().map(move |(shape, x)| &x[i * block(shape)..(i + 1) * block(shape)]))
        .flatten()
        .copied()
        .collect()
}

/// `count` indices from `first` on along extent `axis`.
pub(super) fn slice(x: &[f64], shape: &[usize], axis: usize, first: usize, count: usize) -> Vec<f64> {
    let inner: usize = shape[axis + 1..].iter().product();
    x.chunks(shape[axis] * inner)
        .flat_map(|block| &block[first * inner..(first + count) * inner])
        .copied()
        .collect()
}

/// `[…, m, k] × […, k, n]`.
pub(super) fn matmul(a: &[f64], b: &[f64], k: usize, n: usize) -> Vec<f64> {
    let batches = b.len() / (k * n);
    let m = a.len() / (batches * k);
    let mut out = Vec::with_capacity(batches * m * n);
    for (a, b) in a.chunks(m * k).zip(b.chunks(k * n)) {
        for row in a.chunks(k) {
            out.extend((0..n).map(|j| row.iter().enumerate().map(|(i, a)| a * b[i * n + j]).sum::<f64>()));
        }
    }
    out
}

/// LayerNorm of one row.
pub(super) fn layer_norm(row: &[f64], gamma: &[f32], beta: &[f32], epsilon: f32) -> Vec<f64> {
    let count = row.len() as f64;
    let mean = row.iter().sum::<f64>() / count;
    let variance = row.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count;
    let deviation = (variance + f64::from(epsilon)).sqrt();
    let channel = |((x, &g), &b): ((&f64, &f32), &f32)| (x - mean) / deviation * f64::from(g) + f64::from(b);
    row.iter().zip(gamma).zip(beta).map(channel).collect()
}

/// Softmax of one row; a row of −∞ alone gives zeros.
pub(super) fn softmax(row: &[f64]) -> Vec<f64> {
    let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if most == f64::NEG_INFINITY {
        return vec![0.0; row.len()];
    }
    let exps: Vec<f64> = row.iter().map(|x| (x - most).exp()).collect();
    let sum: f64 = exps.iter().sum();
    exps.iter().map(|e| e / sum).collect()
}
