"""What a training is made of, in one frozen dataclass: by gradient descent, or by self-organisation."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from reprlib import repr as shorter
from typing import Any

from hierfeat.errors import HierfeatError
from hierfeat.stimuli.warps.distortions import Distortion
from hierfeat.subjects.values import Check, Given, choice, flag, real, whole
from hierfeat.zoo.neocognitron.estimator import Neocognitron


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

    Attributes
    ----------
    model : str
        A name of the zoo.
    data : str
        ``digits``, ``mnist``, ``fashion_mnist`` or ``cifar10``.
    epochs, batch_size : int
        Passes over the training images, images per step; the last incomplete batch of an epoch is left out.
    learning_rate : float
        The highest; it rises linearly from 0 over the first `warmup` of all steps and falls to 0 on a cosine.
    optimizer : str
        ``adamw``, or ``sgd`` (Nesterov momentum).
    momentum, weight_decay : float
        Of the optimiser; for ``adamw``, `momentum` is its first beta.
    warmup : float
        Fraction of all steps.
    label_smoothing : float
        Of the cross-entropy; a model with its own ``loss`` does not use it.
    flip : bool
        Mirror every second image, at random.
    shift : int
        Move each image by up to this many pixels, at random, along rows and columns; zeros enter.
    distortion : Distortion, optional
        Random affine and elastic distortion.
    split : str
        What is trained on: ``train``, so that ``validation`` is left to choose by, or ``train+validation``.
    limit : int, optional
        Train on the first so many images only, for a quick look.
    precision : str
        ``float32``, or ``bfloat16`` for autocast (on CUDA, autocast to bfloat16 is always on).
    seed : int
        Of the initial weights, the order of images and the augmentation.
    notes : str
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
    precision: str = "float32"
    seed: int = 0
    notes: str = ""

    def __post_init__(self) -> None:
        """Refuse what would be taken for something else, or fail only after the first epoch."""
        _check(self)
        if self.distortion is not None and not isinstance(self.distortion, Distortion):
            raise HierfeatError(f"expected a recipe's distortion as hf.Distortion(...), got {self.distortion!r}")

    def as_dict(self) -> dict[str, Any]:
        """Return the recipe as JSON can hold it."""
        return asdict(self)


@dataclass(frozen=True)
class NeocognitronRecipe:
    """Everything that, with the code, decides the weights of a Neocognitron, which is trained without a gradient.

    Attributes
    ----------
    model : str
        A name of the zoo.
    data : str
        ``digits``, ``mnist``, ``fashion_mnist``, or ``glyphs`` (the five digits of :func:`hierfeat.glyphs`).
    mode : str
        ``modern`` or ``1980``.
    settings : mapping
        Settings of :class:`hierfeat.Neocognitron` that differ from its defaults.
    split : str
        What is trained on: ``train``, so that ``validation`` is left to choose by, or ``train+validation``.
    limit : int, optional
        Train on the first so many images only, for a quick look.
    seed : int
        Of the draws of patterns and deformations; in 1980, of the random shifts.
    notes : str
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
