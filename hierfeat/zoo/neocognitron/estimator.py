"""The Neocognitron as a scikit-learn estimator (fit, predict, score), and as a subject of every analysis."""

import difflib
import json
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from hierfeat._files import write_with
from hierfeat._values import choice, whole
from hierfeat.errors import HierfeatError
from hierfeat.subjects.checks import checked_labels, known
from hierfeat.subjects.own_data import as_images
from hierfeat.zoo.neocognitron.modern import ModernNetwork, ModernSettings
from hierfeat.zoo.neocognitron.neocognitron_1980 import SIZE, Network1980
from hierfeat.zoo.neocognitron.self_organisation import in_parts
from hierfeat.zoo.neocognitron.settings_1980 import PROTOCOL_1980, Settings1980
from hierfeat.zoo.neocognitron.training import BATCH, train_1980, train_modern

if TYPE_CHECKING:
    from hierfeat.subjects.hierarchy import Hierarchy

SETTINGS: dict[str, type[Settings1980] | type[ModernSettings]] = {"1980": Settings1980, "modern": ModernSettings}
NO_ANSWER = -1
"""What ``predict`` returns for a pattern to which no cell of the top layer responds (1980)."""

Images = Tensor | np.ndarray
_SLACK = 1e-3  # resampling may overshoot [0, 1] by a rounding error


class Neocognitron:
    """Fukushima's network of S- and C-cells, self-organised, without a gradient.

    Parameters
    ----------
    mode
        ``"modern"`` (2003-2013: contrast cells, add-if-silent, subtractive inhibition, square-root C-cells, a top
        stage with labels) or ``"1980"`` (shunting inhibition, reinforcement without a teacher).
    seed
        Of the draws of patterns and deformations; in 1980, of the random shifts.
    **settings
        Constants of the mode, each an attribute of the same name: see `ModernSettings` and `Settings1980` in
        ``hierfeat.zoo.neocognitron``.

    Attributes
    ----------
    network_ : torch.nn.Module
        The network, after `fit`.
    classes_ : numpy.ndarray
        The labels, in the order of the network's outputs.

    Raises
    ------
    HierfeatError
        If the mode or a setting is unknown, or a setting has a value that it cannot take.

    Notes
    -----
    Cells, sizes and reinforcement of the 1980 mode are the paper's equations 1 to 6 with its constants. By default its
    learning is **not** the paper's: the layers learn one after the other, from patterns that keep their place, starting
    from connections that differ in strength alone, and neighbouring cells stand one cell of the layer below apart. In
    the paper all layers learn at every presentation, patterns are shifted at random, planes start weakly selective for
    different orientations, and the density of cells falls from layer to layer. ``Neocognitron("1980",
    **Neocognitron.PROTOCOL_1980)`` learns in that way, with constants that we searched for where the paper gives none.
    Of 30 alphabets of jittered digits that the search did not see, it learns 18 apart (exactly one cell of U_C3
    responds above 0.01 to each digit, a different one to each; 9 if no other may respond at all), and the default 26
    (26); without falling density it learns none, and with shifts of ±3 in place of ±2 only 4 (none). LIMITATIONS.md has
    the whole table.

    References
    ----------
    Fukushima, K. (1980). Neocognitron: a self-organizing neural network model for a mechanism of pattern recognition
    unaffected by shift in position. Biological Cybernetics 36, 193-202.
    Fukushima, K. (2013). Artificial vision by multi-layered neural networks: Neocognitron and its advances. Neural
    Networks 37, 103-119.

    Examples
    --------
    >>> from hierfeat.zoo.neocognitron import Neocognitron, glyphs
    >>> images, labels = glyphs()
    >>> net = Neocognitron("1980").fit(images, labels)
    >>> net.score(images, labels)
    1.0
    """

    PROTOCOL_1980: ClassVar[dict[str, Any]] = PROTOCOL_1980
    _estimator_type = "classifier"
    seed: int

    def __init__(self, mode: str = "modern", *, seed: int = 0, **settings: Any) -> None:
        self.mode = choice(*SETTINGS)(mode, "mode", {})
        self.set_params(seed=seed, **(_defaults(mode) | settings))

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002 - scikit-learn passes it
        """Mode, seed and every setting, by name."""
        names = ("mode", "seed", *(field.name for field in fields(SETTINGS[self.mode])))
        return {name: getattr(self, name) for name in names}

    def set_params(self, **params: Any) -> Self:
        """Change settings; they take effect at the next `fit`.

        Raises
        ------
        HierfeatError
            If one is unknown (the message names the nearest), or has a value that it cannot take; all settings are
            then as they were.
        """
        known = ["seed", *(field.name for field in fields(SETTINGS[self.mode]))]
        for name, value in params.items():
            if name not in known and (name, value) != ("mode", self.mode):
                close = difflib.get_close_matches(name, known, 1)
                hint = f"; did you mean {close[0]!r}?" if close else ""
                raise HierfeatError(f"the {self.mode} Neocognitron has no setting {name!r}{hint} It has {known}")
        wanted: dict[str, Any] = {name: params.get(name, getattr(self, name, None)) for name in known}
        whole(0, 2**32 - 1)(wanted.pop("seed"), "seed", {})
        SETTINGS[self.mode](**wanted)  # raises if a value is out of range
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def __sklearn_tags__(self) -> Any:
        """Declare to scikit-learn that this is a classifier."""
        from sklearn.utils import Tags
        from sklearn.utils._tags import ClassifierTags, TargetTags

        return Tags(
            estimator_type="classifier", target_tags=TargetTags(required=False), classifier_tags=ClassifierTags()
        )

    def __repr__(self) -> str:
        default = _defaults(self.mode)
        changed = {name: value for name, value in self.get_params().items() if default.get(name, value) != value}
        return (
            f"Neocognitron({', '.join([repr(self.mode), *(f'{name}={value!r}' for name, value in changed.items())])})"
        )

    def fit(self, images: Images, labels: Tensor | np.ndarray) -> Self:
        """Self-organise on images; labels reach the top stage only (1980: they name the cells afterwards).

        Parameters
        ----------
        images
            (N, 1, H, W) or (N, H, W) in [0, 1]; 1980: 16x16.
        labels
            Whole numbers from 0, (N,). Images with label -1 (class not known) are left out.

        Raises
        ------
        HierfeatError
            If shapes, types or numbers do not fit, or nothing in the images is active.
        """
        images = self._checked(images, any_size=True)
        images, own = known(images, checked_labels(labels, len(images)))
        names, numbers = np.unique(own.numpy(), return_inverse=True)
        classes = torch.from_numpy(numbers)
        if self.mode == "1980":
            settings = self._settings_1980()
            self.network_: Network1980 | ModernNetwork = train_1980(images, classes, settings, seed=self.seed)
        else:
            self.network_ = train_modern(images, classes, self._settings_modern(), seed=self.seed)
        self.classes_ = names
        return self

    def decision_function(self, images: Images) -> np.ndarray:
        """Scores of the classes, (N, classes), in the order of `classes_`."""
        network, images = self._fitted(), self._checked(images)
        with torch.no_grad():
            return torch.cat([network(part) for part in in_parts(images, BATCH)]).numpy()

    def predict(self, images: Images) -> np.ndarray:
        """Label of each image, (N,); 1980: -1 where no cell of U_C3 responds."""
        scores = self.decision_function(images)
        labels: np.ndarray = self.classes_[scores.argmax(1)]
        return np.where(scores.max(1) > 0, labels, NO_ANSWER) if self.mode == "1980" else labels

    def score(self, images: Images, labels: Tensor | np.ndarray) -> float:
        """Share of images whose predicted label is right, of those whose class is known."""
        images = self._checked(images)
        images, own = known(images, checked_labels(labels, len(images)))
        return float((self.predict(images) == own.numpy()).mean())

    def hierarchy(self, *, name: str | None = None) -> "Hierarchy":
        """The trained network as a subject: S-layers of kind ``conv``, C-layers of kind ``pool``."""
        from hierfeat.subjects.hierarchy import Hierarchy

        network = self._fitted()
        classes, name = [str(c) for c in self.classes_], name or f"neocognitron-{self.mode}"
        made = Hierarchy(network, self.input_shape_, classes=classes, name=name)
        made.range_known = True
        return made

    @property
    def input_shape_(self) -> tuple[int, int, int]:
        """(1, H, W) of the images it was trained on."""
        return self._fitted().input_shape

    def save(self, path: str | Path) -> Path:
        """Write weights, settings and labels to one safetensors file, and return its path."""
        network, path = self._fitted(), Path(path)
        card = {"params": self.get_params(), "classes": self.classes_.tolist(), "input_shape": list(self.input_shape_)}
        tensors = {name: value.contiguous() for name, value in network.state_dict().items()}
        write_with(path, lambda partial: save_file(tensors, partial, metadata={"neocognitron": json.dumps(card)}))
        return path

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what :meth:`save` wrote.

        Raises
        ------
        HierfeatError
            If the file is absent, or holds no Neocognitron.
        """
        path = Path(path)
        if not path.is_file():
            raise HierfeatError(f"expected a file written by Neocognitron.save; there is no {path}")
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if "neocognitron" not in metadata:
                raise HierfeatError(f"{path} holds no Neocognitron: its header lacks the settings that save writes")
            card = json.loads(metadata["neocognitron"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        params: dict[str, Any] = card["params"]
        mode, seed = str(params.pop("mode")), int(params.pop("seed"))
        settings = {name: tuple(value) if isinstance(value, list) else value for name, value in params.items()}
        self = cls(mode, seed=seed, **settings)
        self.classes_ = np.asarray(card["classes"])
        with torch.random.fork_rng(devices=[]):
            self.network_ = self.empty_network(tuple(card["input_shape"]), len(self.classes_))
        self.network_.load_state_dict(tensors)
        return self

    def empty_network(self, input_shape: tuple[int, int, int], classes: int) -> Network1980 | ModernNetwork:
        """A network with these settings that has learned nothing; random parts draw from torch's global state."""
        if self.mode == "1980":
            return Network1980(self._settings_1980(), classes=classes)
        return ModernNetwork(self._settings_modern(), input_shape, classes)

    def _settings_1980(self) -> Settings1980:
        return Settings1980(**{field.name: getattr(self, field.name) for field in fields(Settings1980)})

    def _settings_modern(self) -> ModernSettings:
        return ModernSettings(**{field.name: getattr(self, field.name) for field in fields(ModernSettings)})

    def _fitted(self) -> Network1980 | ModernNetwork:
        if not hasattr(self, "network_"):
            raise HierfeatError("this Neocognitron has learned nothing yet: call fit(images, labels), or load a file")
        return self.network_

    def _checked(self, images: Images, *, any_size: bool = False) -> Tensor:
        """Images as the network takes them; with `any_size`, as a network yet to be trained might."""
        if isinstance(images, Tensor | np.ndarray) and images.ndim == 3:
            images = images[:, None]
        tensor = as_images(images, "images")
        trained = None if any_size else getattr(getattr(self, "network_", None), "input_shape", None)
        expected = (1, SIZE, SIZE) if self.mode == "1980" else trained
        if tensor.ndim != 4 or tensor.shape[1] != 1 or (expected and tuple(tensor.shape[1:]) != tuple(expected)):
            shape = "x".join(map(str, expected)) if expected else "1xHxW"
            raise HierfeatError(f"expected images of shape N x {shape}; got {tuple(tensor.shape)}")
        if not len(tensor) or tensor.is_meta or not bool(torch.isfinite(tensor).all()):
            raise HierfeatError("expected at least one image, of finite floating-point numbers in [0, 1]")
        if bool((tensor < 0).any()):
            raise HierfeatError("expected non-negative images: firing rates of the input cells; got negative pixels")
        if bool((tensor > 1 + _SLACK).any()):
            raise HierfeatError(f"expected images in [0, 1], got pixels up to {float(tensor.max()):.3g}; rescale them")
        return tensor.detach().cpu().float()


def _defaults(mode: str) -> dict[str, Any]:
    return {field.name: field.default for field in fields(SETTINGS[mode])}
