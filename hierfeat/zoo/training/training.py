"""A finished training: its learning curve, weights and card."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from hierfeat._result import Result, drawn
from hierfeat.errors import HierfeatError
from hierfeat.subjects.hierarchy import Hierarchy, replace_model
from hierfeat.zoo import ZOO
from hierfeat.zoo._twin import copied


@dataclass(frozen=True, eq=False)
class Training(Result):
    """A finished training.

    ``.table`` is the learning curve: ``epoch, learning_rate, train_loss, train_accuracy, seconds, cpu_seconds,
    validation_accuracy`` (training numbers are means over the epoch, on augmented images; validation is NaN where its
    images are trained on).

    Attributes
    ----------
    weights : dict of ndarray
        The state_dict.
    card : dict
        Model, recipe, accuracy on the test set, times; and what it was started from and what was frozen.
    """

    weights: dict[str, np.ndarray]
    card: dict[str, Any]

    def hierarchy(self, start: Hierarchy | None = None) -> Hierarchy:
        """Return the trained model as a subject for the analyses.

        Parameters
        ----------
        start
            The network that the training was started from, for its architecture; not touched.

        Raises
        ------
        HierfeatError
            If the training was started from a network, and it is not given.
        """
        name = self.card["model"]
        if start is not None or "start" in self.card:
            if start is None:
                raise HierfeatError(f"expected the network that {name} was started from: training.hierarchy(start)")
            model = copied(start)
            model.load_state_dict({key: torch.from_numpy(value) for key, value in self.weights.items()})
            return replace_model(start, model.eval(), name)
        species = ZOO[name]
        model = species.build()
        model.load_state_dict({key: torch.from_numpy(value) for key, value in self.weights.items()})
        options: dict[str, Any] = {"mean": species.mean, "std": species.std, "classes": species.classes, "name": name}
        made = Hierarchy(model.eval(), species.input_shape, **options)
        made.range_known = True
        return made

    plot = drawn("zoo.plot_train")
