"""Gradients through a model, taken in one way by every analysis that needs them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hierfeat.errors import HierfeatError
from hierfeat.subjects._inputs import is_quantised

if TYPE_CHECKING:
    from hierfeat.subjects.hierarchy import Hierarchy


def leaf(h: "Hierarchy", images: Tensor, *, copies: int = 1) -> Tensor:
    """Normalised images, repeated `copies` times, that require a gradient: for :meth:`hierfeat.Hierarchy.run`."""
    inputs = h.normalise(images).detach()
    return (inputs.repeat(copies, 1, 1, 1) if copies > 1 else inputs).requires_grad_()


def gradients(
    h: "Hierarchy", value: Tensor, inputs: Sequence[Tensor], *, what: str, again: bool = False
) -> list[Tensor | None]:
    """The gradient of the scalar `value` with respect to each of `inputs`; None where it does not depend on it.

    Parameters
    ----------
    h
        Whose forward pass led from `inputs` to `value`.
    value
    inputs
    what
        What `value` is, for messages: ``"layer 'conv2'"``.
    again
        Whether other gradients of the same forward pass are to follow.

    Raises
    ------
    HierfeatError
        If the model computes without gradients, or a gradient is NaN or infinite.

    Notes
    -----
    To be called inside the block that leaves the model undisturbed: a backward pass may run modules again.
    """
    if not value.requires_grad:
        raise HierfeatError(without_gradient(h, what))
    try:
        found = torch.autograd.grad(value, list(inputs), allow_unused=True, retain_graph=again)
    except RuntimeError as error:
        raise HierfeatError(f"no gradient can be taken of {what} of {h.name}: {error}") from error
    if any(gradient is None for gradient in found) and any(map(is_quantised, h.model.modules())):
        raise HierfeatError(without_gradient(h, what))  # the packed layer passes no gradient on
    for gradient in found:
        if gradient is not None:
            checked_gradient(h, gradient, what)
    return list(found)


def checked_gradient(h: "Hierarchy", gradient: Tensor, what: str) -> Tensor:
    """The gradient itself, or an error that names NaN and infinity."""
    if not bool(gradient.isfinite().all()):
        raise HierfeatError(f"the gradient of {what} of {h.name} holds NaN or infinity: check its weights")
    return gradient


def without_gradient(h: "Hierarchy", what: str) -> str:
    """Why `what` has no gradient with respect to the images, and what to do."""
    if any(map(is_quantised, h.model.modules())):
        return f"{what} of {h.name} has no gradient: it is quantised; pass the floating-point model it was made from"
    return (
        f"{what} of {h.name} has no gradient with respect to the images: its forward pass runs under torch.no_grad or "
        "inference_mode, or detaches its activations; this analysis needs a forward pass with gradients"
    )
