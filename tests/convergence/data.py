"""Real data that come with Python packages: ((x, y) for training, (x, y) held out).

A series is split in time, everything else by a permutation of its own seed.
"""

import functools

import numpy as np


def split(x, y, held_out, order=None):
    if order is None:
        order = np.random.default_rng(0).permutation(len(y))
    x, y = x[order], y[order]
    return (x[held_out:], y[held_out:]), (x[:held_out], y[:held_out])


def standard(x):
    """Each column with mean 0 and standard deviation 1."""
    return ((x - x.mean(0)) / (x.std(0) + 1e-6)).astype("float32")


def digits():
    """scikit-learn's 1797 scanned digits [8, 8, 1], 360 of them held out."""
    from sklearn.datasets import load_digits

    data = load_digits()
    return split((data.images[..., None] / 16).astype("float32"), data.target, 360)


def fewer_digits():
    """700 for training."""
    (x, y), held_out = digits()
    return (x[:700], y[:700]), held_out


def breast_cancer():
    """569 tumours by 30 measures; y is 1 for the benign."""
    from sklearn.datasets import load_breast_cancer

    x, y = load_breast_cancer(return_X_y=True)
    return split(standard(x), y.astype("float32")[:, None], 140)


def wine():
    """178 wines by 13 measures, of three growers."""
    from sklearn.datasets import load_wine

    x, y = load_wine(return_X_y=True)
    return split(standard(x), y, 45)


def iris():
    """150 flowers by 4 measures, of three species."""
    from sklearn.datasets import load_iris

    x, y = load_iris(return_X_y=True)
    return split(standard(x), y, 45)


def diabetes():
    """442 patients by 10 measures; y is the disease's progress, standardized."""
    from sklearn.datasets import load_diabetes

    x, y = load_diabetes(return_X_y=True)
    return split(standard(x), standard(y)[:, None], 110)


def windows(series, past, future=1):
    """x [n, past, 1], y [n, future]: every stretch of a series and what follows it."""
    series = np.asarray(series, "float32")
    both = np.lib.stride_tricks.sliding_window_view(series, past + future)
    return np.ascontiguousarray(both[:, :past, None]), np.ascontiguousarray(both[:, past:])


def in_time(x, y, held_out):
    return (x[:-held_out], y[:-held_out]), (x[-held_out:], y[-held_out:])


def sunspots():
    """Sunspots of each year from 1700 to 2008, as 24 years and the one after; in hundreds."""
    import statsmodels.api

    activity = statsmodels.api.datasets.sunspots.load_pandas().data["SUNACTIVITY"]
    return in_time(*windows(activity / 100, 24), 60)


def carbon_dioxide(future=1):
    """CO2 on Mauna Loa, 1958 to 2001: a year in steps of two weeks, and the steps after.

    The change since a year before, less its mean, plus the season: the series less its yearly rise.
    """
    import statsmodels.api

    weekly = statsmodels.api.datasets.co2.load_pandas().data["co2"].interpolate().to_numpy()[::2]
    trend = np.poly1d(np.polyfit(np.arange(len(weekly)), weekly, 2))(np.arange(len(weekly)))
    x, y = windows((weekly - trend) / 2, 26, future)
    return in_time(x[::2], y[::2], 120)


@functools.cache
def documentation(*topics):
    """Text of the Python language reference, which comes with Python."""
    from pydoc_data.topics import topics as texts

    return "\n".join(texts[topic] for topic in topics)


CHARACTERS = "abcdefghijklmnopqrstuvwxyz .,()\n"


def characters(length=24, stride=3):
    """Stretches of text and each one's next character, as numbers below len(CHARACTERS)."""
    import re

    text = documentation("strings", "formatstrings").lower()
    text = re.sub(r"[ \t]+", " ", re.sub(r"[^a-z .,()\n]", " ", text))[:6000]
    codes = np.array([CHARACTERS.index(c) for c in text], "int32")
    both = np.lib.stride_tricks.sliding_window_view(codes, length + 1)[::stride]
    return both[:, :-1].copy(), both[:, 1:].copy()


def next_character():
    x, y = characters()
    return in_time(x, y[:, -1].copy(), 400)


def next_characters():
    """The next character at each place."""
    return in_time(*characters(stride=6), 200)


SUBJECTS = ("debugger", "formatstrings", "specialnames", "import")
WORDS = 800


@functools.cache
def subjects(length=24):
    """Stretches of 24 words, and which chapter of Python's reference they are from."""
    import re

    chapters = [re.findall(r"[a-z_]{2,}", documentation(s).lower()) for s in SUBJECTS]
    names, counts = np.unique(np.concatenate(chapters), return_counts=True)
    common = {
        w: i + 1 for i, w in enumerate(names[np.argsort(-counts, kind="stable")][: WORDS - 1])
    }
    x, y = [], []
    for i, words in enumerate(chapters):
        codes = [common.get(w, 0) for w in words]
        rows = [codes[k : k + length] for k in range(0, len(codes) - length, length)]
        x += rows
        y += [i] * len(rows)
    y = np.array(y)
    return split(np.array(x, "int32"), y, len(y) // 4)


def patches(image, size, stride):
    """[n, size, size, 1] out of an image [h, w]."""
    view = np.lib.stride_tricks.sliding_window_view(image, (size, size))[::stride, ::stride]
    return view.reshape(-1, size, size, 1).astype("float32")


def noisy_photograph():
    """scikit-image's photograph of a cameraman in pieces [16, 16, 1] with noise, and without."""
    from skimage import data

    clean = patches(data.camera() / 255.0, 16, 16)
    noise = np.random.default_rng(1).normal(0, 0.15, clean.shape).astype("float32")
    return split(clean + noise, clean, 224)


def coins():
    """scikit-image's photograph of coins in pieces [32, 32, 1], and where the coins are.

    The mask is a threshold by Otsu, closed and filled. The right quarter is held out.
    """
    from scipy import ndimage
    from skimage import data, filters, morphology

    image = data.coins() / 255.0
    mask = ndimage.binary_fill_holes(
        morphology.closing(image > filters.threshold_otsu(image), morphology.disk(3))
    )
    edge = 288
    left = patches(image[:, :edge], 32, 16), patches(mask[:, :edge], 32, 16)
    return left, (patches(image[:, edge:], 32, 16), patches(mask[:, edge:], 32, 16))


def faces():
    """scikit-image's 200 pieces of photographs [25, 25, 1]; y is 1 for the 100 faces."""
    from skimage import data

    images = data.lfw_subset().astype("float32")
    return split(images[..., None], np.repeat(np.float32([[1], [0]]), 100, axis=0), 60)


def pairs_of_digits():
    """Two images each; y is 1 where they show the same digit."""

    def pair(x, y, seed):
        rng = np.random.default_rng(seed)
        other = rng.permutation(len(y))
        same = rng.random(len(y)) < 0.5
        for i in np.flatnonzero(same):
            other[i] = rng.choice(np.flatnonzero(y == y[i]))
        return (x, x[other]), (y == y[other]).astype("float32")[:, None]

    (x, y), (held_x, held_y) = digits()
    return pair(x[:1000], y[:1000], 1), pair(held_x, held_y, 2)
