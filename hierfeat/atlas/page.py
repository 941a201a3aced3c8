"""The atlas: one self-contained HTML file that a person opens and browses."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from torch import Tensor

from hierfeat._files import write_text
from hierfeat.atlas.payload import build
from hierfeat.errors import HierfeatError
from hierfeat.subjects.arguments import checked, unknown_too

if TYPE_CHECKING:
    from hierfeat.subjects.hierarchy import Hierarchy

#: The overview shows no more columns than this.
COLUMNS = 24


@checked(labels=unknown_too)
def atlas(h: "Hierarchy", images: Tensor, labels: Tensor | None = None, *, out: str | Path) -> Path:
    """Write an atlas of `h`: one HTML file with everything in it, that needs no network.

    Parameters
    ----------
    h : Hierarchy
        The network.
    images : Tensor
        Images (N, C, H, W) in [0, 1]. A few of them become the samples that the reader chooses from;
        the statistics, the strongest patches and the invariances are measured on (a part of) all of them.
    labels : Tensor, optional
        Their classes (N,); the samples are then taken from different classes.
    out : str or Path
        The file to write.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    HierfeatError
        If `images` or `labels` do not fit the network, or `out` cannot be written.

    Notes
    -----
    The page has, for each layer, its kernels, feature maps, receptive field, strongest patches, distribution,
    sparsity and shift tolerance, and for each pool the invariance before and after. It is made of a payload
    (`hierfeat.atlas.payload` says what is in it) and of a presentation that computes nothing but what is drawn.

    Examples
    --------
    >>> import hierfeat as hf, tempfile
    >>> images, labels = hf.digits(split="test")
    >>> page = hf.atlas(hf.load("lenet5-digits"), images[:40], labels[:40], out=tempfile.mkdtemp() + "/lenet5.html")
    >>> page.name
    'lenet5.html'
    """
    path = _writable(Path(out))
    text = render(build(h, images, labels))
    try:
        write_text(path, text)
    except OSError as error:
        raise HierfeatError(f"cannot write the atlas to {path}: {error.strerror}; choose another `out`") from error
    return path


def render(payload: dict[str, Any]) -> str:
    """Return the page that shows a payload, as the text of an HTML file."""
    loader = jinja2.PackageLoader("hierfeat.atlas")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters |= {"grouped": _grouped, "rounded": _rounded, "pretty": _pretty}
    mapped = [layer["index"] for layer in payload["layers"] if layer["maps"]]
    return environment.get_template("page.html.j2").render(
        payload=payload,
        model=payload["model"],
        layers=payload["layers"],
        samples=payload["samples"],
        provenance=payload["provenance"],
        left_out=payload["left_out"],
        measured=payload["measured"],
        facts=_facts(payload["model"], payload["measured"]),
        overview=_spread(mapped, COLUMNS),
        mapped=len(mapped),
        depth=_by_depth(payload["layers"]),
        opened=mapped[0] if mapped else None,
    )


def _by_depth(layers: list[dict[str, Any]]) -> list[str]:
    """Sections that enough layers have to be drawn along the hierarchy."""
    return [name for name in ("field", "channels", "shift") if sum(bool(layer[name]) for layer in layers) > 2]


def _writable(path: Path) -> Path:
    """Find out before the work, not after it, that there is no place for the page."""
    if path.is_dir():
        raise HierfeatError(
            f"`out` is to be a file, but {path} is a folder: write for instance out='{path / 'atlas.html'}'"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HierfeatError(f"cannot make the folder of {path}: {error.strerror}; choose another `out`") from error
    return path


def _facts(model: dict[str, Any], measured: int) -> list[tuple[str, str]]:
    """What the header says about the model, in order; what is not known is left out."""
    card = model["card"]
    accuracy = card.get("test_accuracy")
    facts = [
        ("Input", " × ".join(map(str, model["input_shape"]))),
        ("Classes", str(len(model["classes"])) if model["classes"] else None),
        ("Layers", str(model["layers"])),
        ("Parameters", _grouped(model["parameters"])),
        ("Multiply-adds per image", _grouped(model["macs"])),
        ("Test accuracy", f"{100 * accuracy:.2f} %" if isinstance(accuracy, float) else None),
        ("Licence", card.get("licence")),
        ("Weights' sha256", model["weights_sha256"][:12] + "…"),
        ("Measured on", f"{measured} images"),
    ]
    return [(name, str(value)) for name, value in facts if value]


def _spread(items: list[int], most: int) -> list[int]:
    """Return all of `items`, or `most` of them, evenly spaced with the first and the last."""
    if len(items) <= most:
        return items
    return [items[round(place * (len(items) - 1) / (most - 1))] for place in range(most)]


def _grouped(number: int | None) -> str:
    return f"{number:,}".replace(",", "\u202f") if number else ""


def _rounded(number: float | None) -> str:
    return "unknown" if number is None else f"{number:.3g}".replace("-", "−")


def _pretty(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)
