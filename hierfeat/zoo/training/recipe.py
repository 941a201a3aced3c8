"""What a training is made of, in one frozen dataclass: by gradient descent, or by self-organisation."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import partial
from reprlib import repr as shorter
from typing import Any

from torch import Tensor

from hierfeat._values import Check, Given, choice, flag, real, whole
from hierfeat.errors import HierfeatError
from hierfeat.stimuli.warps.distortions import Distortion
from hierfeat.zoo.neocognitron.estimator import Neocognitron

Rearing = Callable[[Tensor, int], Tensor]
"""From a batch of training images and the number of the epoch, from 1, to what is seen of them."""


def _text(value: Any, name: str, _: Given) -> str:
    if not isinstance(value, str):
        raise HierfeatError(f"expected {name} as text, got {shorter(value)}")
    return value


_CHECKS: dict[str, Check] = {
    "model": _text,
    "data": _text,
    "mode": choice("modern", "1980"),
    "notes": _text,
    "optimizer": choice("adamw", "sgd"),
    "precision": choice("float32", "bfloat16"),
    "split": choice("train", "train+validation"),  # and never "test"
    "epochs": whole(1, 10**6),
    "batch_size": whole(1, 2**20),
    "learning_rate": real(above=0, high=1e6),
    "momentum": real(0, 1),
    "weight_decay": real(0, 1e6),
    "warmup": real(0, 1),
    "label_smoothing": real(0, 1),
    "flip": flag,
    "shift": whole(0, 512),
    "seed": whole(0, 2**32 - 1),
    "limit": whole(1, 10**9),
}


def _check(recipe: "Recipe | NeocognitronRecipe") -> None:
    """Check every setting by its name."""
    for setting in fields(recipe):
        value = getattr(recipe, setting.name)
        if setting.name in _CHECKS and not (value is None and setting.default is None):
            checked = _CHECKS[setting.name](value, f"a recipe's {setting.name}", {})
            object.__setattr__(recipe, setting.name, checked)


@dataclass(frozen=True)
class Recipe:
    """Everything that, with the code, decides the weights.

    Parameters
    ----------
    model
        A name of the zoo; or any name, if :func:`hierfeat.train` is given a network to start with.
    data
        ``digits``, ``mnist``, ``fashion_mnist`` or ``cifar10``.
    epochs, batch_size
        Passes over the training images, images per step; the last incomplete batch of an epoch is left out.
    learning_rate
        The highest; it rises linearly from 0 over the first `warmup` of all steps and falls to 0 on a cosine.
    optimizer
        ``adamw``, or ``sgd`` (Nesterov momentum).
    momentum, weight_decay
        Of the optimiser; for ``adamw``, `momentum` is its first beta.
    warmup
        Fraction of all steps.
    label_smoothing
        Of the cross-entropy; a model with its own ``loss`` does not use it.
    flip
        Mirror every second image, at random.
    shift
        Move each image by up to this many pixels, at random, along rows and columns; zeros enter.
    distortion
        Random affine and elastic distortion.
    split
        What is trained on: ``train``, so that ``validation`` is left to choose by, or ``train+validation``.
    limit
        Train on the first so many images only, for a quick look.
    classes
        Train, and measure, on images of these classes only; all by default.
    rearing
        ``rearing(images, epoch)`` is what the network sees of a batch of training images (N, C, H, W) in [0, 1] in the
        epoch of that number, from 1: an animal's upbringing. It comes last, after the augmentation, as goggles do, and
        may draw from torch's global random state. Test images are left as they are. Two functions of the same name
        count as the same recipe.
    precision
        ``float32``, or ``bfloat16`` for autocast (on CUDA, autocast to bfloat16 is always on).
    seed
        Of the initial weights, the order of images and the augmentation.
    notes
        How the choices were made; goes into the card.
    """

    model: str
    data: str
    epochs: int
    batch_size: int = 100
    learning_rate: float = 1e-3
    optimizer: str = "adamw"
    momentum: float = 0.9
    weight_decay: float = 0.0
    warmup: float = 0.1
    label_smoothing: float = 0.0
    flip: bool = False
    shift: int = 0
    distortion: Distortion | None = None
    split: str = "train"
    limit: int | None = None
    classes: tuple[int, ...] | None = None
    rearing: Rearing | None = None
    precision: str = "float32"
    seed: int = 0
    notes: str = ""

    def __post_init__(self) -> None:
        """Refuse what would be taken for something else, or fail only after the first epoch."""
        _check(self)
        if self.distortion is not None and not isinstance(self.distortion, Distortion):
            raise HierfeatError(f"expected a recipe's distortion as hf.Distortion(...), got {self.distortion!r}")
        if self.rearing is not None and not callable(self.rearing):
            raise HierfeatError(f"expected a recipe's rearing as a function, got {type(self.rearing).__name__}")
        if self.classes is not None and not all(isinstance(item, int) for item in self.classes or ("",)):
            raise HierfeatError(f"expected a recipe's classes as ints, at least one; got {self.classes!r}")

    def as_dict(self) -> dict[str, Any]:
        """Return the recipe as JSON can hold it: the rearing by its name, and what is not asked for left out."""
        found = asdict(replace(self, rearing=None))
        if self.rearing is not None:
            found["rearing"] = described(self.rearing)
        return {name: value for name, value in found.items() if value is not None or name not in ("classes", "rearing")}


def described(function: Any) -> str:
    """A function by its name, a partial by its function and arguments, an object by its own words.

    Examples
    --------
    >>> described(partial(max, 3))
    'builtins.max(3)'
    """
    if isinstance(function, partial):
        given = [*map(repr, function.args), *(f"{name}={value!r}" for name, value in function.keywords.items())]
        return f"{described(function.func)}({', '.join(given)})"
    if hasattr(function, "__qualname__"):
        return f"{function.__module__}.{function.__qualname__}"
    own_words = "__repr__" in {name for base in type(function).__mro__[:-1] for name in vars(base)}
    return repr(function) if own_words else type(function).__qualname__


@dataclass(frozen=True)
class NeocognitronRecipe:
    """Everything that, with the code, decides the weights of a Neocognitron, which is trained without a gradient.

    Parameters
    ----------
    model
        A name of the zoo.
    data
        ``digits``, ``mnist``, ``fashion_mnist``, or ``glyphs`` (the five digits of :func:`hierfeat.glyphs`).
    mode
        ``modern`` or ``1980``.
    settings
        Settings of :class:`hierfeat.Neocognitron` that differ from its defaults.
    split
        What is trained on: ``train``, so that ``validation`` is left to choose by, or ``train+validation``.
    limit
        Train on the first so many images only, for a quick look.
    seed
        Of the draws of patterns and deformations; in 1980, of the random shifts.
    notes
        How the choices were made; goes into the card.
    """

    model: str
    data: str
    mode: str = "modern"
    settings: Mapping[str, Any] = field(default_factory=dict)
    split: str = "train+validation"
    limit: int | None = None
    seed: int = 0
    notes: str = ""

    def __post_init__(self) -> None:
        """Refuse a split that would be taken for something else, and settings that the network does not have."""
        _check(self)
        if not isinstance(self.settings, Mapping):
            raise HierfeatError(f"expected a recipe's settings as a mapping, got {type(self.settings).__name__}")
        self.estimator()

    def estimator(self) -> Neocognitron:
        """The Neocognitron that this recipe trains, before it has learned."""
        return Neocognitron(self.mode, seed=self.seed, **self.settings)

    def as_dict(self) -> dict[str, Any]:
        """Return the recipe, with all settings of the network, as JSON can hold it."""
        settings = self.estimator().get_params()
        return asdict(self) | {"settings": {name: settings[name] for name in settings if name not in ("mode", "seed")}}
