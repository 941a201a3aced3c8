"""Which analysis answers for which kind of network: ``python -m tests.subjects.support`` writes the table anew."""

import inspect
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import torch

import hierfeat as hf
from hierfeat.errors import HierfeatError
from tests.subjects.kinds import CLASSES, KINDS, TIMM, subject

TABLE = Path(__file__).with_name("support.csv")
NO_SUBJECT = "refused as a subject"
COUNT = 20
SMALL = {
    "max_images": 8, "max_shift": 1, "max_shifts": 2, "orientations": 4, "frequencies": [0.1, 0.3], "phases": 5,
    "permutations": 3, "draws": 1, "rank": 2, "contrasts": 3, "diameters": 3, "lengths": 3, "n": 40, "steps": 2,
    "progress": False, "batch_size": 8, "max_iter": 5, "moved_images": 2, "gradient_images": 2, "copies": 1, "ways": 2,
    "firing": 0.2, "k": 2, "distortions": ("shift",), "directions": 4, "frames": 2,
}  # fmt: skip
"""Small settings of what would take long."""


def analyses() -> dict[str, Callable[..., object]]:
    """Every public function of a hierarchy but the atlas, which has tests of its own on such networks."""
    names = [name for name in hf.__all__ if not name[0].isupper() and not name.startswith("_") and name != "atlas"]
    found = {name: getattr(hf, name) for name in names if callable(getattr(hf, name))}
    return {name: function for name, function in found.items() if "h" in inspect.signature(function).parameters}


def ask(name: str, h: hf.Hierarchy, folder: Path) -> object:
    """Put a question to a subject, about its last convolution where it asks for a layer."""
    generator = torch.Generator().manual_seed(1)
    images = torch.rand(COUNT, *h.input_shape, generator=generator)
    labels = torch.arange(COUNT) % CLASSES
    layers = h.layers.select("*") if len(h.layers) else []
    maps = [layer.name for layer in layers if layer.kind == "conv"] or [layer.name for layer in layers] or ["none"]
    given = SMALL | {
        "h": h, "images": images, "labels": labels, "train": (images, labels), "test": (images, labels),
        "layer": maps[-1], "channel": 0, "channels": [0], "unit": 0, "batches": images, "measures": [hf.Moments()],
        "out": folder / "page", "target": 0,
    }  # fmt: skip
    function = getattr(hf, name)
    parameters = inspect.signature(function).parameters
    if len(maps) > 4 and "layers" in parameters and name not in ("linear_regions", "nonnegativity"):
        given["layers"] = [maps[0], maps[len(maps) // 2]]
    if name == "profile":
        given["max_images"] = None  # it needs twenty
    if name in ("filters", "opposite_phase", "top_patches"):
        given["layers"] = maps[-1:]
    return function(**{key: value for key, value in given.items() if key in parameters})


def answer(name: str, h: hf.Hierarchy | HierfeatError) -> str:
    """``yes``, or the sentence that says why not. Anything else that is raised goes on to the caller."""
    if isinstance(h, HierfeatError):
        return str(h)
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        try:
            ask(name, h, Path(folder))
        except HierfeatError as error:
            return str(error)
    return "yes"


def table(kinds: list[str]) -> pd.DataFrame:
    """A row for each kind of network, a column for each analysis."""
    rows = {}
    for kind in kinds:
        h = subject(kind)
        rows[kind] = {name: answer(name, h) for name in analyses()}
    return pd.DataFrame.from_dict(rows, orient="index")


def brief(found: pd.DataFrame) -> pd.DataFrame:
    """Numbers of shapes and addresses may differ: what is kept is whether there was an answer."""
    return found.map(lambda said: "yes" if said == "yes" else "no")


if __name__ == "__main__":
    torch.set_num_threads(1)
    kept = pd.read_csv(TABLE, index_col="network") if TABLE.exists() else pd.DataFrame()
    new = table(list(KINDS))
    kept = kept.loc[[name for name in kept.index if name in TIMM and name not in KINDS]] if len(kept) else kept
    pd.concat([new, kept]).to_csv(TABLE, index_label="network", lineterminator="\n")
