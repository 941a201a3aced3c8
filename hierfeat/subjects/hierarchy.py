"""The subject of every analysis: a trained image CNN with what must be known to show it images."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from hierfeat.subjects._inputs import structure_of
from hierfeat.subjects.call import After, Before
from hierfeat.subjects.calls import Watch
from hierfeat.subjects.checks import checked_images
from hierfeat.subjects.guard import settled, undisturbed
from hierfeat.subjects.layer_table import Layers, LayerTable
from hierfeat.subjects.precision import device as known_device
from hierfeat.subjects.provenance import provenance
from hierfeat.subjects.scores import checked_classes
from hierfeat.subjects.subject import Subject
from hierfeat.subjects.submodel import Submodel
from hierfeat.subjects.trace import trace
from hierfeat.subjects.watching import Watching


class Hierarchy(Subject):
    """A model to be examined: which input it takes, how images are normalised for it, and what its layers are.

    Parameters
    ----------
    model
        Any image network: modules, functional calls, reused blocks and control flow that depends on the data.
        A compiled or data-parallel model is examined as the model that it wraps.
    input_shape
        (channels, height, width) of one image, in pixels.
    mean, std
        Per channel, on images in [0, 1]; the hierarchy computes (image - mean)/std before the model.
    classes
        Names of the model's outputs.
    name
        For tables and figures; the class name of the model by default.
    example
        What the model needs beside the images: further positional inputs as a tuple (a tensor with a first axis of 1
        is repeated for each image), keyword inputs as a dict, or a function that makes either of them. The function is
        given the normalised images, or nothing if it takes no argument: ``lambda images: (images,)`` shows both eyes
        of a siamese network the same.
    output
        Which part of the model's output is its scores, where that is a tuple, list or dict: an index, a key, or a
        function of the whole output. By default its first tensor, with a warning where several are (N, numbers).

    Raises
    ------
    HierfeatError
        If the model is not a module, is a TorchScript or quantised one, or a shape or normalisation makes no sense.

    Examples
    --------
    >>> import torch, hierfeat as hf
    >>> net = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2))
    >>> h = hf.Hierarchy(net, (1, 28, 28), mean=[0.5], std=[0.5])
    >>> list(h.layers.table.layer)
    ['0', '1', '2']
    """

    _table: tuple[object, LayerTable] | None = None
    _may_end = False  # whether every image takes the same way through the model
    _last: dict[Layers, str | None]  # see last_of

    def __repr__(self) -> str:
        return f"Hierarchy({self.name!r}, input_shape={self.input_shape}, {len(self.layers)} layers)"

    @property
    def layers(self) -> LayerTable:
        """Every layer call, in call order; found by running the model once (for shapes only, where it can be).

        Found again when the model's modules, the shapes of their parameters or their settings have changed since (of
        modules that are not torch's: flags and texts; after a change of a number there, make a new Hierarchy).
        """
        structure = (structure_of(self.model), self.input_shape)
        if self._table is None or self._table[0] != structure:
            traced = settled(lambda: trace(self))
            rest = traced.uncounted(self)
            table = LayerTable.of(traced.layers, provenance(self), folded=traced.folded, uncounted=rest)
            self._table, self._may_end, self._last = (structure, table), not traced.needs_values, {}
        return self._table[1]

    def last_of(self, layers: Layers) -> str | None:
        """The last of some layers in call order, for ``watching(until=)``: behind it nothing more need run.

        None where layers may come behind it that no table knows: the model's control flow depends on what it is shown.

        Examples
        --------
        >>> import hierfeat as hf
        >>> hf.load("lenet5-digits").last_of("pool")
        'pool2'
        """
        table, items = self.layers, layers if isinstance(layers, str) else tuple(layers)
        if items not in self._last:
            self._last[items] = table.select(layers)[-1].name if self._may_end else None
        return self._last[items]

    def to(self, *args: Any, **kwargs: Any) -> "Hierarchy":
        """Move the model to a device or type, as ``torch.nn.Module.to`` does; images follow it by themselves.

        Raises
        ------
        HierfeatError
            If this torch has no such device.

        Examples
        --------
        >>> import hierfeat as hf
        >>> hf.load("lenet5-digits").to("cpu").device
        device(type='cpu')
        """
        for given in (*args[:1], kwargs.get("device")):
            if isinstance(given, str | torch.device):
                known_device(given, "device", {})
        self.model.to(*args, **kwargs)
        return self

    def class_scores(self, images: Tensor) -> Tensor:
        """The scores, if they are one for each class, (N, classes); as :meth:`scores` otherwise.

        Raises
        ------
        HierfeatError
            If they have another shape, or fewer than two classes.
        """
        return checked_classes(self, self.scores(images), len(images))

    def __call__(self, images: Tensor) -> Tensor:
        """The model's output (class scores, as a rule) for images in [0, 1], in eval mode and without gradients."""
        images = checked_images(self, images)

        def run() -> Tensor:
            found: list[Tensor] = []
            with undisturbed(self.model), torch.no_grad(), Watch(self.model):
                found.append(self.scores(images))
            return found[0]

        return settled(run)

    def watching(
        self,
        *,
        before: Before | None = None,
        after: After | None = None,
        writing: Callable[[Tensor], None] | None = None,
        until: str | None = None,
    ) -> "Watching":
        """Within the block the model is in eval mode and `before` and `after` see each of its layer calls.

        Parameters
        ----------
        before
            ``before(call)``; a tensor that it returns is the call's output, and the operation is skipped.
        after
            ``after(call, output)``; a tensor that it returns takes the output's place.
        writing
            ``writing(tensor)``, just before a function that says so in its name or arguments writes into `tensor`.
        until
            The layer behind which a forward pass ends: :meth:`run` and :meth:`forward` then return None.

        Notes
        -----
        A callback may raise :class:`hierfeat.Stop` to end the block there.
        Modes, buffers, ``requires_grad``, hooks and the global RNG are restored on exit, also after
        an exception. The gradient mode is the caller's.

        Examples
        --------
        What the class scores become without the third map of a layer, and with another one in its place:

        >>> import torch, hierfeat as hf
        >>> h, images = hf.load("lenet5-digits"), hf.digits(split="test")[0][:8]
        >>> def without(call: hf.Call, output: torch.Tensor) -> torch.Tensor | None:
        ...     if call.name == "conv1":
        ...         output = output.clone()
        ...         output[:, 2] = 0
        ...         return output
        >>> with torch.no_grad(), h.watching(after=without):
        ...     scores = h.forward(images)
        >>> bool((scores != h(images)).any())
        True
        """
        return Watching(self.model, before=before, after=after, writing=writing, until=until)

    def submodel(self, layer: str) -> nn.Module:
        """The network up to and with a layer, as a module: for other libraries, and for loops of one's own.

        Parameters
        ----------
        layer
            A layer's name, a repeated or functional call among them.

        Returns
        -------
        torch.nn.Module
            Takes images in [0, 1], (N, C, H, W), and returns the layer's output. Weights are shared with the model,
            which runs in eval mode and is left as it was; the gradient mode is the caller's, and gradients flow to
            images and weights.

        Raises
        ------
        HierfeatError
            If there is no such layer.

        Examples
        --------
        >>> import torch, hierfeat as hf
        >>> hf.load("lenet5-digits").submodel("pool1")(torch.rand(2, 1, 32, 32)).shape
        torch.Size([2, 6, 14, 14])
        """
        return Submodel(self, self.layers[layer].name)


def replace_model(h: Hierarchy, model: nn.Module, name: str) -> Hierarchy:
    """A hierarchy of another model that is shown images, and read, as that of `h`."""
    options: dict[str, Any] = {"mean": h.mean, "std": h.std, "classes": h.classes}
    made = Hierarchy(model, h.input_shape, name=name, example=h.example, output=h.output, **options)
    made.range_known = h.range_known
    return made
