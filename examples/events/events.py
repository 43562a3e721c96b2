"""Events of moving digits: differences of two images in a row, above a threshold, as two channels.

A digit of MNIST at half its size moves over a field of 16×16 pixels with a constant velocity and comes back at the edges.
A pixel that becomes brighter by more than the threshold gives an event in channel 0, one that becomes darker in channel 1:
what an event camera sees.
"""

import numpy as np

STEPS, SIZE = 10, 16
THRESHOLD = 0.12


def halved(images):
    """Images [N, 28, 28] u8 as [N, 14, 14] between 0 and 1."""
    return images.reshape(len(images), 14, 2, 14, 2).mean((2, 4)) / 255


def shifted(image, dy, dx):
    """The image on the field, moved by whole and parts of pixels."""
    field = np.zeros((SIZE + 2, SIZE + 2))
    y, x = int(np.floor(dy)), int(np.floor(dx))
    a, b = dy - y, dx - x
    for oy, ox, weight in [(0, 0, (1 - a) * (1 - b)), (1, 0, a * (1 - b)), (0, 1, (1 - a) * b), (1, 1, a * b)]:
        field[y + oy : y + oy + 14, x + ox : x + ox + 14] += weight * image
    return field[:SIZE, :SIZE]


def events(images, seed):
    """Event frames [N, STEPS, 2, 16, 16] of 0 and 1."""
    rng = np.random.default_rng(seed)
    frames = np.zeros((len(images), STEPS, 2, SIZE, SIZE), np.uint8)
    room = SIZE - 14
    for n, image in enumerate(halved(images)):
        place, angle = rng.uniform(0, room, 2), rng.uniform(0, 2 * np.pi)
        velocity = rng.uniform(0.5, 0.9) * np.array([np.sin(angle), np.cos(angle)])
        last = shifted(image, *place)
        for t in range(STEPS):
            place = place + velocity
            for axis in (0, 1):
                if not 0 <= place[axis] <= room:
                    velocity[axis] *= -1
                    place[axis] = np.clip(place[axis], 0, room)
            now = shifted(image, *place)
            frames[n, t, 0] = now - last > THRESHOLD
            frames[n, t, 1] = last - now > THRESHOLD
            last = now
    return frames


def from_tonic(path):
    """Event frames of N-MNIST files (.bin, or AEDAT through the other data sets of tonic), at a quarter of their size.

    Needs `pip install tonic`, which is no dependency of this example.
    """
    import tonic
    from tonic import transforms

    size = tonic.datasets.NMNIST.sensor_size
    frames = transforms.ToFrame(sensor_size=size, n_time_bins=STEPS)
    data = tonic.datasets.NMNIST(save_to=path, train=False, transform=frames)
    padded = lambda x: x[:, :, 1:33, 1:33].reshape(STEPS, 2, SIZE, 2, SIZE, 2).sum((3, 5)) > 0
    return np.stack([padded(x) for x, _ in data]).astype(np.uint8), np.array([y for _, y in data])
