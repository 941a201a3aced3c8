"""The atlas: one self-contained HTML file that a person opens and browses."""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache, partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import torch
from markupsafe import Markup
from torch import Tensor

from hierfeat._files import write_text
from hierfeat._values import choice, file_path, flag, words
from hierfeat.atlas.beside import beside_of
from hierfeat.atlas.blocks import blocks
from hierfeat.atlas.inline import Page
from hierfeat.atlas.language import LANGUAGES, attributes, sentence, spanish, told
from hierfeat.atlas.overview import chosen_layers
from hierfeat.atlas.payload import Running, build
from hierfeat.atlas.writing import breakable, facts, first, grouped, pretty, rounded, sample_name
from hierfeat.errors import HierfeatError
from hierfeat.subjects.arguments import checked, unknown_too
from hierfeat.subjects.own_data import Images, Labels

if TYPE_CHECKING:
    from hierfeat.atlas.live.bundle import Live
    from hierfeat.subjects.hierarchy import Hierarchy

#: The overview shows no more columns than this.
COLUMNS = 24
#: A page with the network in it is no larger than this, unless it is asked for.
PAGE_BYTES = 10_000_000
#: Of these, what the rest of a page takes, about.
REST_BYTES = 2_000_000


@checked(labels=unknown_too, names=words, out=file_path, live=flag, cards=flag, language=choice(*LANGUAGES))
def atlas(
    h: "Hierarchy",
    images: Images,
    labels: Labels | None = None,
    *,
    out: str | Path,
    names: Sequence[str] | None = None,
    live: bool | None = None,
    cards: bool = False,
    language: str = "en",
    beside: "Hierarchy | None" = None,
    progress: bool = True,
) -> Path:
    """Write an atlas of `h`: one HTML file with everything in it, that needs no network.

    Parameters
    ----------
    h
        The network.
    images
        Images (N, C, H, W) in [0, 1]. A few of them become the samples that the reader chooses from;
        the statistics, the strongest patches and the invariances are measured on (a part of) all of them.
    labels
        Their classes (N,), -1 where unknown; the samples are then taken from different classes.
    out
        The file to write.
    names
        What the labels mean where they are no classes of the network (folders of images, say): names by label.
    live
        Whether the network itself is in the page and computes there, for any drawing. By default it is where the page's
        engine has all operations and the page stays under 10 MB; True raises where the engine lacks an operation, and
        takes whatever size it needs.
    cards
        Whether the channels' cards also show what takes long: for the first channels of every convolution and dense
        layer the image of :func:`hierfeat.synthesize`; and the tuning to gratings where the network does not run in the
        page. Some minutes for a small network.
    language
        What the page speaks when it opens: "en" or "es" (Spanish). Its readers can change that at any time.
    beside
        Another network that answers to the same pictures, layer beside layer: an untrained twin, another checkpoint, an
        ancestor. Its input may have another size, and its classes other names. Both then run in the page.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    Path
        The file. At the end of a notebook's cell it is shown as the page itself, which goes into the notebook.

    Raises
    ------
    HierfeatError
        If `images` or `labels` do not fit the network, `out` cannot be written, or ``live=True`` or `beside` asks for a
        network that cannot run in the page.

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
    _check_names(labels, names)
    path = _writable(Page(out))
    text = _text(h, images, labels, names, live, cards, language, beside)
    try:
        write_text(path, text)
    except OSError as error:
        raise HierfeatError(f"cannot write the atlas to {path}: {error.strerror}; choose another `out`") from error
    return path


def _text(
    h: "Hierarchy",
    images: Tensor,
    labels: Tensor | None,
    names: Sequence[str] | None,
    live: bool | None,
    cards: bool,
    language: str,
    beside: "Hierarchy | None",
) -> str:
    """The page, with the network in it where that is wanted and can be."""
    _check_names(labels, names)
    network, reason = (None, "it was not asked for") if live is False else _network(h, images, live)
    if beside is not None and network is None:
        raise HierfeatError(f"`beside` shows two networks that run in the page, and {h.name} does not: {reason}")
    if network is not None:
        facts, other = (None, None) if beside is None else beside_of(beside, images)
        running = Running(on=True, half_error=network.graph["half_error"])
        payload = build(h, images, labels, names=names, running=running, cards=cards) | {"beside": facts}
        text = render(payload, network, language, other)
        size = len(text.encode())
        if live or size <= PAGE_BYTES:
            return text
        reason = _too_large(size)
        if beside is not None:
            raise HierfeatError(f"`beside` shows two networks that run in the page: {reason}")
    return render(build(h, images, labels, names=names, running=Running(reason=reason), cards=cards), language=language)


def _network(h: "Hierarchy", images: Tensor, live: bool | None) -> tuple["Live | None", str | None]:
    """The network as the page's engine takes it; or None, and why."""
    from hierfeat.atlas.live.bundle import live as bundled
    from hierfeat.atlas.live.export import CannotRun
    from hierfeat.subjects.checks import checked_images

    images = checked_images(h, images)
    held = {id(tensor): tensor for tensor in (*h.model.parameters(), *h.model.buffers())}
    least = sum(tensor.numel() for tensor in held.values()) * 2 * 4 // 3
    if not live and least > 1.25 * PAGE_BYTES:
        return None, _too_large(least)
    try:
        network = bundled(h, images)
    except CannotRun as error:
        if live:
            raise
        return None, str(error)
    size = len(network.text)
    return (None, _too_large(size + REST_BYTES)) if not live and size > PAGE_BYTES - REST_BYTES else (network, None)


def _too_large(size: int) -> str:
    return (
        f"the page would have about {size / 1e6:.0f} MB with its weights, and is to stay under {PAGE_BYTES / 1e6:.0f} "
        "(live=True takes them all the same)"
    )


def _check_names(labels: Tensor | None, names: Sequence[str] | None) -> None:
    if names is None:
        return
    most = -1 if labels is None else int(torch.as_tensor(labels).max())
    if len(names) <= most:
        raise HierfeatError(f"expected a name for each label up to {most}, got names={names!r}")


def render(
    payload: dict[str, Any], network: "Live | None" = None, language: str = "en", beside: "Live | None" = None
) -> str:
    """Return the page that shows a payload, as the text of an HTML file; with the network in it, if one is given."""
    style = "".join(_asset("templates", name) for name in ("style.css", "hubel.css", "cards.css", "reach.css"))
    script = _asset("templates", "atlas.js")
    return (
        _environment(payload, language)
        .get_template("page.html.j2")
        .render(
            payload=payload,
            model=payload["model"],
            layers=payload["layers"],
            blocks=blocks(payload["layers"]),
            cautions=payload["cautions"],
            named=lambda those: first([payload["layers"][index]["name"] for index in those]),
            listed=lambda dead: first([f"{payload['layers'][index]['name']} ({count})" for index, count in dead]),
            samples=payload["samples"],
            provenance=payload["provenance"],
            left_out=payload["left_out"],
            measured=payload["measured"],
            live=payload["live"],
            facts=facts(payload["model"], payload["measured"]),
            overview=chosen_layers(payload["layers"], COLUMNS),
            mapped=sum(bool(layer["maps"]) for layer in payload["layers"]),
            tokens=_without_maps(payload["layers"]),
            depth=_by_depth(payload["layers"]),
            opened=next((layer["index"] for layer in payload["layers"] if layer["maps"]), None),
            policy=_policy(style, script),
            style=Markup(style),
            script=Markup(script),
            worker=Markup(_asset("templates", "worker.js")),
            kernel=base64.b64encode(_bytes("live", "engine", "kernel.wasm")).decode("ascii"),
            network=network,
            beside=beside,
        )
    )


def _environment(payload: dict[str, Any], language: str) -> jinja2.Environment:
    """What the templates know beside the payload: how names and numbers are written, and sentences in the language."""
    loader = jinja2.PackageLoader("hierfeat.atlas")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    environment.filters |= {"grouped": grouped, "rounded": rounded, "pretty": pretty, "breakable": breakable}
    environment.globals |= {
        "t": sentence(language),
        "a": attributes(language),
        "plain": partial(told, language),
        "sample_name": partial(sample_name, payload["model"], sentence(language)),
        "language": language,
        "spanish": spanish(),
    }
    return environment


@cache
def _asset(*parts: str) -> str:
    return _bytes(*parts).decode("utf-8")


def _bytes(*parts: str) -> bytes:
    return resources.files("hierfeat.atlas").joinpath(*parts).read_bytes()


def _policy(style: str, script: str) -> str:
    """What the browser lets the page do: run and look as these two texts say, and nothing else."""
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii") for text in (style, script)]
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{hashes[0]}'; "
        f"script-src 'sha256-{hashes[1]}' 'wasm-unsafe-eval'; worker-src blob:; base-uri 'none'; form-action 'none'"
    )


def _without_maps(layers: list[dict[str, Any]]) -> int:
    """Layers of tokens, or with their channels last: what they give is no stack of maps."""
    return sum(layer["maps"] is None and len(layer["out_shape"]) == 2 for layer in layers)


def _by_depth(layers: list[dict[str, Any]]) -> list[str]:
    """Sections that enough layers have to be drawn along the hierarchy."""
    return [name for name in ("field", "channels", "shift") if sum(bool(layer[name]) for layer in layers) > 2]


def _writable(path: Page) -> Page:
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
