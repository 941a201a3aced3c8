"""Subjects by name: the zoo, torchvision, timm, or a function of the user's own; and the untrained twin of each."""

import difflib
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import nn

from hierfeat._values import Given, whole
from hierfeat.errors import HierfeatError, warn
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.guard import undisturbed
from hierfeat.subjects.hierarchy import Hierarchy, replace_model
from hierfeat.subjects.own_data import Images
from hierfeat.zoo import ZOO
from hierfeat.zoo._factories import from_factory
from hierfeat.zoo._libraries import of_timm, of_torchvision
from hierfeat.zoo._twin import calibrate, copied, draw_weights, noise_like_data, running
from hierfeat.zoo.state import State, fit, read_states

WEIGHTS = Path(__file__).parent / "weights"
_FORMS = (
    "a zoo name, torchvision:NAME, timm:NAME, package.module:factory or file.py:factory "
    "(a factory takes no argument and returns a Hierarchy, or a module with an attribute input_shape = (C, H, W))"
)


def _ref(value: Any, name: str, _: Given) -> str:
    if isinstance(value, nn.Module):
        raise HierfeatError(
            f"expected {name} as a network's name, got the module {type(value).__name__}; "
            "write hf.Hierarchy(model, (channels, height, width))"
        )
    if not isinstance(value, str):
        raise HierfeatError(f"expected {name} as {_FORMS}; got {type(value).__name__}")
    return value


def _weights(value: Any, name: str, _: Given) -> str | Path:
    if not isinstance(value, str | Path):
        hint = "; h.model.load_state_dict takes a state_dict" if isinstance(value, Mapping) else ""
        raise HierfeatError(f"expected {name} as the path of a file, or 'DEFAULT'; got {type(value).__name__}{hint}")
    return value


@checked(ref=_ref, weights=_weights, num_classes=whole(1, 10**6), image_size=whole(1, 2**14))
def load(
    ref: str, *, weights: str | Path | None = None, num_classes: int | None = None, image_size: int | None = None
) -> Hierarchy:
    """Load a network by name, ready to be examined.

    Parameters
    ----------
    ref
        A zoo name (see :func:`list_models`); ``torchvision:NAME``; ``timm:NAME`` if timm is installed;
        ``package.module:factory`` or ``path/file.py:factory``. A factory takes no argument and returns a
        :class:`Hierarchy`, or a module with an attribute ``input_shape`` (and, if it likes, ``mean``, ``std``,
        ``classes``).
    weights
        A safetensors file, or a state_dict or checkpoint saved by torch, of which no code is run: the tensors are
        found wherever they lie in it, and what wraps their names (``module.``, ``_orig_mod.``, ``model.`` or any other
        shared prefix) is taken off. ``"DEFAULT"`` takes torchvision's or timm's own, which may download.
        Without it a zoo model has its shipped weights, and every other network weights drawn with seed 0. A warning
        says so, and the name of a network of torchvision or timm ends in "(random weights)".
    num_classes
        Outputs of a network of torchvision or timm, if not those it was made for. With ``"DEFAULT"`` timm's networks
        get a new last layer, whose weights are random.
    image_size
        Side of the images that a network of torchvision or timm is built for, in pixels.

    Returns
    -------
    Hierarchy
        In eval mode, on the CPU.

    Raises
    ------
    HierfeatError
        If the name is unknown (with the closest ones), the weights are damaged, do not fit or cannot be fetched, or
        the network cannot be built for so many classes or images of that size.

    Notes
    -----
    Networks of torchvision are given 3x224x224 images (inception_v3: 299) and ImageNet's normalisation. Names of
    classes are those of the library, where it has names for the outputs.

    Examples
    --------
    >>> load("lenet5-digits").input_shape
    (1, 32, 32)
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        hierarchy = _build(ref, weights == "DEFAULT", num_classes, image_size)
    if weights is not None and weights != "DEFAULT":
        fit(hierarchy.model, read_states(Path(weights)), str(weights))
    elif ref in ZOO and (WEIGHTS / f"{ref}.safetensors").exists():
        fit(hierarchy.model, _shipped(ref), f"the shipped weights of {ref}")
    elif ref in ZOO:
        warn(f"{ref} has no shipped weights: it is freshly initialised (seed 0); weights= loads a file")
    elif weights is None and ref.startswith(("torchvision:", "timm:")):
        hierarchy.name = f"{hierarchy.name} (random weights)"
        warn(f"{ref} has random weights (seed 0): weights='DEFAULT' takes those of its library, weights= loads a file")
    hierarchy.model.eval()
    return hierarchy


def list_models() -> list[str]:
    """Return the names of the zoo, in alphabetical order.

    Returns
    -------
    list of str
        Names that :func:`load` takes, with shipped weights or, where training them is left to the user, without.

    Examples
    --------
    >>> "lenet5-digits" in list_models()
    True
    """
    return sorted(ZOO)


def card(name: str) -> dict[str, Any]:
    """Return the model card of a zoo model: data, split, recipe, seed, accuracy, sha256 of its weights, licence.

    Parameters
    ----------
    name
        A name of :func:`list_models`.

    Returns
    -------
    dict
        The card. A model without shipped weights has a card of two entries, ``model`` and
        ``summary``.

    Raises
    ------
    HierfeatError
        If the zoo has no such model.

    Examples
    --------
    >>> card("lenet5-digits")["test_accuracy"] > 0.985
    True
    """
    if not isinstance(name, str) or name not in ZOO:
        raise HierfeatError(_unknown(str(name)))
    path = WEIGHTS / f"{name}.json"
    if not path.exists():
        return {"model": name, "summary": ZOO[name].summary}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def model_table() -> pd.DataFrame:
    """Return the zoo as a table, one row per model.

    Columns ``model, summary, data, parameters, accuracy, accuracy_std, seeds, cpu_minutes``: `accuracy` is the mean
    over the seeds on the whole test set, `cpu_minutes` the processor time of one training; both are missing where no
    weights are shipped.
    """
    rows = []
    for name in list_models():
        found = card(name)
        rows.append(
            {
                "model": name,
                "summary": found["summary"],
                "data": found.get("recipe", {}).get("data"),
                "parameters": found.get("parameters"),
                "accuracy": found.get("test_accuracy_mean"),
                "accuracy_std": found.get("test_accuracy_std"),
                "seeds": len(found.get("test_accuracy_by_seed", ())),
                "cpu_minutes": found["cpu_seconds"] / 60 if "cpu_seconds" in found else None,
            }
        )
    return pd.DataFrame(rows).astype(
        {"parameters": "Int64", "accuracy": float, "accuracy_std": float, "cpu_minutes": float}
    )


@checked()
def untrained(h: Hierarchy, *, seed: int = 0, images: Images | None = None) -> Hierarchy:
    """Return the same architecture, freshly initialised: the control beside every finding.

    Parameters
    ----------
    h
        The network; it is not touched.
    seed
        Of the initial weights; the global random state is left as found.
    images
        (N, C, H, W), in [0, 1], to which running statistics (those of batch norms) are fitted. By default pink noise
        (amplitude 1/frequency, as in natural scenes) with the mean and spread by which `h` normalises.

    Returns
    -------
    Hierarchy
        On the same device, with the same normalisation and classes. Its `notes`, which every provenance holds, say by
        which seed it was drawn and to which images its running statistics were fitted.

    Raises
    ------
    HierfeatError
        If the model has no weights, is quantised, or cannot be copied.

    Notes
    -----
    Each module's own ``reset_parameters`` is called, inner modules first. A parameter that it leaves alone, or whose
    module has none (a layer scale, a class token), is drawn from a normal distribution with the mean and standard
    deviation it had. Weight norms and spectral norms, old and new, are those of the fresh weights.

    A batch norm that is new has a running mean of 0 and a variance of 1, whatever goes into it: in eval mode it does
    not normalise, and activations fade from layer to layer as they do in no network that is about to be trained.
    Therefore each module with running statistics is given those of its own input, from the first to the last.

    Examples
    --------
    >>> h = load("lenet5-digits")
    >>> bool((untrained(h).model.conv1.weight == h.model.conv1.weight).any())
    False
    """
    with undisturbed(h.model):
        twin = replace_model(h, copied(h), f"{h.name} (untrained)")
        draw_weights(twin.model, seed)
        twin.model.to(h.device)
        twin.notes["untrained_seed"] = seed
        if running(twin.model):
            fitted = noise_like_data(h, seed) if images is None else images
            with undisturbed(twin.model, buffers=False):
                calibrate(twin, fitted)
            what = "images of pink noise" if images is None else "images given"
            twin.notes["running_statistics"] = f"{len(fitted)} {what}"
    return twin


def _build(ref: str, own: bool, num_classes: int | None, image_size: int | None) -> Hierarchy:
    """Make the network that `ref` names; `own` asks for the weights of its library."""
    source, _, name = ref.rpartition(":")
    if (num_classes or image_size) and source not in ("torchvision", "timm"):
        raise HierfeatError(f"num_classes and image_size are for torchvision:NAME and timm:NAME, not for {ref!r}")
    if ref in ZOO:
        species = ZOO[ref]
        options: dict[str, Any] = {"mean": species.mean, "std": species.std, "classes": species.classes, "name": ref}
        made = Hierarchy(species.build(), species.input_shape, **options)
        made.range_known = True
        return made
    if source == "torchvision":
        return of_torchvision(name, own, num_classes, image_size)
    if source == "timm":
        return of_timm(name, own, num_classes, image_size)
    if not source:
        raise HierfeatError(_unknown(ref))
    if own:
        raise HierfeatError(f"expected a file as the weights of {ref}: DEFAULT is for torchvision:NAME and timm:NAME")
    return from_factory(source, name, _FORMS)


def _unknown(ref: str) -> str:
    close = difflib.get_close_matches(ref, ZOO, n=3, cutoff=0.5)
    hint = f" (did you mean {' or '.join(close)}?)" if close else ""
    return f"the zoo has no {ref!r}{hint}; expected {_FORMS}; `hierfeat models` lists the zoo"


def _shipped(name: str) -> dict[str, State]:
    """Read the zoo's weights after checking them against their card."""
    path = WEIGHTS / f"{name}.safetensors"
    found, expected = hashlib.sha256(path.read_bytes()).hexdigest(), card(name)["sha256"]
    if found != expected:
        raise HierfeatError(f"{path} is damaged: its sha256 is {found}, its card says {expected}; reinstall hierfeat")
    return read_states(path)
