"""Draws small colour images of ten kinds: five shapes and five textures, in random colours, with noise."""

import numpy as np

SIZE = 16
CLASSES = ["disc", "ring", "square", "triangle", "cross", "rows", "columns", "diagonals", "chequers", "dots"]


def colours(random):
    """Foreground and background, which differ clearly."""
    while True:
        pair = random.uniform(0, 255, (2, 3))
        if np.abs(pair[0] - pair[1]).sum() > 150:
            return pair


def pattern(random, kind):
    """How much of each pixel is foreground, 0 to 1, [SIZE, SIZE]."""
    # Four points in each pixel soften the edges.
    at = (np.arange(2 * SIZE) + 0.5) / 2
    y, x = np.meshgrid(at, at, indexing="ij")
    if kind < 5:
        size = random.uniform(3.5, 6.5)
        cy, cx = random.uniform(size, SIZE - size, 2)
        y, x = y - cy, x - cx
        radius = np.hypot(y, x)
        width = size * random.uniform(0.25, 0.4)
        inside = [
            radius < size,
            (radius < size) & (radius > size - width),
            np.maximum(np.abs(y), np.abs(x)) < 0.85 * size,
            (y < 0.7 * size) & (y > 1.9 * np.abs(x) - size),
            (np.minimum(np.abs(y), np.abs(x)) < width / 2) & (np.maximum(np.abs(y), np.abs(x)) < size),
        ][kind]
    else:
        period = random.uniform(3, 6)
        y, x = y + random.uniform(0, period), x + random.uniform(0, period)
        half = period / 2
        slope = random.choice([-1, 1])
        inside = [
            y % period < half,
            x % period < half,
            (y + slope * x) % (1.4 * period) < 0.7 * period,
            (y % period < half) ^ (x % period < half),
            np.hypot(y % period - half, x % period - half) < 0.3 * period,
        ][kind - 5]
    return inside.reshape(SIZE, 2, SIZE, 2).mean((1, 3))


def draw(count, seed):
    """`count` images, u8 [count, 3, SIZE, SIZE], and their classes, u8 [count]."""
    random = np.random.default_rng(seed)
    labels = random.permutation(np.arange(count) % len(CLASSES)).astype(np.uint8)
    images = np.empty((count, 3, SIZE, SIZE), np.uint8)
    for image, label in zip(images, labels):
        foreground, background = colours(random)
        part = pattern(random, label)
        value = background[:, None, None] + part * (foreground - background)[:, None, None]
        value += random.normal(0, 22, value.shape)
        image[:] = value.clip(0, 255).round()
    return images, labels
