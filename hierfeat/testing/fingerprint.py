"""The fingerprint of a network: its chain of layers, and in numbers what each layer outputs."""

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hierfeat._files import write_text
from hierfeat._progress import with_bar
from hierfeat._result import Result, drawn
from hierfeat.anatomy.receptive_fields import receptive_fields
from hierfeat.errors import HierfeatError
from hierfeat.physiology.tuning.orientation_tuning import orientation_tuning
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.call import Call
from hierfeat.subjects.checks import checked_images
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.provenance import provenance
from hierfeat.testing._sketch import Floats
from hierfeat.testing._traits import STATISTICS, Traits

FORM = 1
"""Of the file: a reader refuses those that it does not know."""
IMAGES, INPUT = "(images)", "(input)"
STRUCTURE = (
    "kind", "op", "in_shape", "out_shape", "kernel", "stride", "padding", "dilation", "groups", "parameters",
    "field", "field_stride", "field_start", "field_status",
)  # fmt: skip
"""What must be equal."""
TEXTS = tuple(name for name in STRUCTURE if name not in ("groups", "parameters"))
"""Of these, words and tuples."""
TUNING = ("responsive", "osi", "gosi", "half_width", "preferred_frequency", "f1_f0")
_DIGITS = 7


@dataclass(frozen=True, eq=False)
class Fingerprint(Result):
    """What a network is and outputs, in some kilobytes.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per layer, in call order, after ``(images)`` and ``(input)``, the images before and after normalisation:
        ``layer, kind, op, in_shape, out_shape, kernel, stride, padding, dilation, groups, parameters`` as in
        :attr:`hierfeat.Hierarchy.layers`; ``field, field_stride, field_start`` (rows and columns, in pixels) and
        ``field_status`` as in :func:`hierfeat.receptive_fields`; ``mean, sd, min, max`` over the channels, alike;
        ``active``, the share of values above 1 % of their image's root mean square; ``lifetime_sparseness,
        population_sparseness`` as in :class:`hierfeat.Sparseness`, channels and places weighted by their energy. With
        ``tuning=True`` also ``responsive`` (share of units) and the medians ``osi, gosi, half_width,
        preferred_frequency, f1_f0`` of :func:`hierfeat.orientation_tuning`, for convolutions and pools.
    sketches : dict of numpy.ndarray
        By layer (3, 4): the channels' means, the channels' standard deviations, and the mean map (channels, rows,
        columns), each as its sums under four fixed random signs, over the root of its size. A change of any one
        element changes them.
    normalisation : dict
        ``mean`` and ``std`` of the hierarchy.
    """

    sketches: dict[str, Floats]
    normalisation: dict[str, list[float] | None]

    plot = drawn("guard.plot_fingerprint")

    def write(self, path: str | Path) -> Path:
        """Write the fingerprint as one JSON file, a line per layer, numbers with seven digits; return its path.

        Raises
        ------
        HierfeatError
            If nothing can be written there.
        """
        layers = [
            {name: _for_json(value) for name, value in row.items()}
            | {"sketches": _for_json(self.sketches.get(row["layer"]))}
            for row in self.table.to_dict("records")
        ]
        head = {"fingerprint": FORM, "normalisation": self.normalisation, "provenance": self.provenance}
        lines = [f'"{name}": {json.dumps(value, ensure_ascii=False)}' for name, value in head.items()]
        rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in layers)
        write_text(path, "{\n" + ",\n".join([*lines, f'"layers": [\n{rows}\n]']) + "\n}\n")
        return Path(path)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read what :meth:`write` wrote.

        Raises
        ------
        HierfeatError
            If there is no such file, or it is no fingerprint, or one of a form that this version does not know.
        """
        try:
            found = json.loads(Path(path).read_text(encoding="utf-8"))
            form, layers = found["fingerprint"], found["layers"]
        except OSError as error:
            raise HierfeatError(f"cannot read a fingerprint from {path}: {error.strerror}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise HierfeatError(f"{path} is no fingerprint of hierfeat ({error!r}): write it anew") from error
        if form != FORM:
            raise HierfeatError(f"{path} is a fingerprint of form {form}, expected {FORM}: write it anew")
        sketches = {row["layer"]: row.pop("sketches") for row in layers}
        table = pd.DataFrame([{name: _from_json(name, value) for name, value in row.items()} for row in layers])
        for column in TEXTS:
            table[column] = pd.Series(table[column].tolist(), dtype=object)
        table["groups"] = table["groups"].astype("Int64")
        return cls(
            table=table,
            provenance=found["provenance"],
            sketches={name: np.asarray(value, dtype=float) for name, value in sketches.items() if value is not None},
            normalisation=found["normalisation"],
        )


@checked()
def fingerprint(
    h: Hierarchy,
    images: Tensor | None = None,
    *,
    tuning: bool = False,
    batch_size: int = 64,
    progress: bool = True,
) -> Fingerprint:
    """Take down what a network is and outputs, layer by layer, small enough to be stored beside a test.

    Parameters
    ----------
    h
        The network.
    images
        (N, C, H, W), in [0, 1]; those of :func:`hierfeat.testing.probe_images` by default. Their order does not matter.
    tuning
        Take down how units are tuned to gratings, too: it takes some seconds more.
    batch_size
        Images per forward pass.
    progress
        Show a progress bar, on a terminal, after two seconds.

    Returns
    -------
    Fingerprint
        A row per layer, and sketches of all channels and places.

    Raises
    ------
    HierfeatError
        If images do not fit the model, or the model fails.

    Notes
    -----
    A sketch of a vector v of n numbers is Σ s v/√n for four sets of fixed random signs s: the root mean square
    difference of two sketches estimates that of the vectors, and is exact where a single element differs.

    References
    ----------
    Alon, N., Matias, Y. and Szegedy, M. (1996). The space complexity of approximating the frequency moments. STOC '96,
    20-29.

    Examples
    --------
    >>> import hierfeat as hf
    >>> found = hf.testing.fingerprint(hf.load("lenet5-digits"))
    >>> found.table["layer"].tolist()[:4]
    ['(images)', '(input)', 'conv1', 'act1']
    """
    shown = probe_images(h.input_shape) if images is None else images
    traits = _traits(h, shown, batch_size, progress)
    table = _chain(h).merge(traits.table(), on="layer", how="left")
    if tuning:
        table = table.merge(_tuning(h), on="layer", how="left")
    about = provenance(h, images=len(shown), probe=images is None, tuning=tuning)
    given = {name: None if value is None else list(value) for name, value in (("mean", h.mean), ("std", h.std))}
    return Fingerprint(table=table, provenance=about, sketches=traits.sketches(), normalisation=given)


@checked(shape=None, count=None)
def probe_images(shape: tuple[int, int, int], count: int = 32) -> Tensor:
    """Make images that are bit for bit the same on every machine: noise in blocks of 1, 2, 4, ... pixels.

    Parameters
    ----------
    shape
        (channels, height, width).
    count
        How many.

    Returns
    -------
    torch.Tensor
        (N, C, H, W), multiples of 1/255.

    Raises
    ------
    HierfeatError
        If the shape is none.

    Notes
    -----
    The bytes are those of SHAKE-128 and nothing is interpolated: no generator and no rounding that a later version of
    a library could change.

    Examples
    --------
    >>> from hierfeat.testing import probe_images
    >>> images = probe_images((1, 28, 28))
    >>> images.shape, [round(255 * float(value)) for value in images[0, 0, 0, :4]]
    (torch.Size([32, 1, 28, 28]), [122, 251, 226, 237])
    """
    sizes = tuple(shape)
    if len(sizes) != 3 or min(sizes) < 1 or count < 1:
        raise HierfeatError(f"expected (channels, height, width) and a count, got {shape!r} and {count!r}")
    channels, height, width = sizes
    blocks = 1 + int(math.log2(max(min(height, width) // 2, 1)))
    pictures = [_noise(index, channels, height, width, 2 ** (index % blocks)) for index in range(count)]
    return torch.from_numpy(np.stack(pictures).astype(np.float32) / 255)


def _noise(index: int, channels: int, height: int, width: int, block: int) -> np.ndarray:
    rows, cols = -(-height // block), -(-width // block)
    stream = hashlib.shake_128(f"hierfeat image {index}".encode()).digest(channels * rows * cols)
    coarse = np.frombuffer(stream, dtype=np.uint8).reshape(channels, rows, cols)
    return coarse.repeat(block, 1).repeat(block, 2)[:, :height, :width]


def _traits(h: Hierarchy, images: Tensor, batch_size: int, progress: bool) -> Traits:
    """Show the images once; every layer's output is taken down as it arises."""
    traits = Traits()

    def after(call: Call, output: Tensor) -> None:
        traits.update(call.name, output)

    batches = range(0, len(images), batch_size)
    with torch.no_grad():
        for start in with_bar(batches, h.name, total=len(batches), progress=progress):
            shown = checked_images(h, images[start : start + batch_size])
            normalised = h.normalise(shown)
            traits.update(IMAGES, shown)
            traits.update(INPUT, normalised)
            with h.watching(after=after):
                h.run(normalised)
    return traits


def _chain(h: Hierarchy) -> pd.DataFrame:
    """What the layers are, and which pixels their units see, after two rows for the images."""
    layers = h.layers.table.drop(columns=["macs", "connections", "formula"])
    fields = receptive_fields(h).table
    pairs = {"field": "size", "field_stride": "stride", "field_start": "start"}
    for name, source in pairs.items():
        both = zip(fields[f"{source}_h"], fields[f"{source}_w"], strict=True)
        fields[name] = pd.Series([_pair(*ends) for ends in both], dtype=object)
    fields = fields.rename(columns={"status": "field_status"})[["layer", *pairs, "field_status"]]
    ends = pd.DataFrame({"layer": [IMAGES, INPUT], "kind": "input", "op": "input", "parameters": 0})
    for column in ("in_shape", "out_shape"):
        ends[column] = pd.Series([h.input_shape] * 2, dtype=object)
    chain = pd.concat([ends, layers.merge(fields, on="layer", how="left")], ignore_index=True)
    for column in TEXTS:  # pandas says NaN where a layer has none
        chain[column] = pd.Series([v if isinstance(v, str | tuple) else None for v in chain[column]], dtype=object)
    chain["parameters"] = chain["parameters"].astype(int)
    return chain[["layer", *STRUCTURE]]


def _pair(high: float, wide: float) -> tuple[float, float] | None:
    return None if math.isnan(high) or math.isnan(wide) else (float(high), float(wide))


def _tuning(h: Hierarchy) -> pd.DataFrame:
    table = orientation_tuning(h).table
    grouped = table.groupby("layer", sort=False)
    medians = table[table["responsive"]].groupby("layer", sort=False)[list(TUNING[1:])].median()
    return grouped["responsive"].mean().to_frame().join(medians).reset_index()


def _for_json(value: Any) -> Any:
    """Lists for tuples and arrays, null for what is missing, seven digits."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_for_json(item) for item in value]
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float | np.floating):
        return float(f"{value:.{_DIGITS}g}")
    return int(value) if isinstance(value, np.integer) else value


def _from_json(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return math.nan if value is None and name in (*STATISTICS, *TUNING) else value
