"""Buffers are copied and compared together, and put back one by one."""

import pytest
import torch
from torch import nn

from hierfeat.subjects.guard import undisturbed


class Buffered(nn.Module):
    """Buffers of several types and shapes, one of them NaN, one without a number, one that is no contiguous memory."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.arange(6.0).view(2, 3))
        self.register_buffer("unset", torch.full((4,), torch.nan))
        self.register_buffer("empty", torch.zeros(0))
        self.register_buffer("turned", torch.arange(12.0).view(3, 4).T)
        self.register_buffer("count", torch.tensor(7))
        self.register_buffer("mask", torch.tensor([True, False]))
        self.register_buffer("sparse", torch.eye(3).to_sparse())
        self.register_buffer("none", None)


def values(model):
    return {name: buffer.to_dense().clone() for name, buffer in model.named_buffers()}


def same(one, other):
    return one.keys() == other.keys() and all(
        torch.equal(a.nan_to_num(-9), other[name].nan_to_num(-9)) for name, a in one.items()
    )


CHANGES = {
    "counted": lambda m: m.mean.add_(1),
    "behind the counter": lambda m: m.mean.data.add_(1),
    "a number": lambda m: m.count.data.add_(1),
    "a turned one": lambda m: m.turned.data.mul_(2),
    "resized": lambda m: m.mean.resize_(8).zero_(),
    "several": lambda m: (m.mean.zero_(), m.mask.data.logical_not_(), m.unset.data.zero_()),
    "another tensor": lambda m: setattr(m, "mean", torch.zeros(1)),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_written_into_is_put_back(change):
    model = Buffered()
    before, tensors = values(model), dict(model.named_buffers())
    with undisturbed(model), torch.no_grad():
        CHANGES[change](model)
    assert same(values(model), before)
    assert all(buffer is tensors[name] for name, buffer in model.named_buffers())


def test_what_was_not_written_into_is_not_written_now():
    model = Buffered()
    versions = {name: buffer._version for name, buffer in model.named_buffers()}
    with undisturbed(model), torch.no_grad():
        model.mean.data.add_(1)
    now = {name: buffer._version for name, buffer in model.named_buffers()}
    assert {name for name in now if now[name] != versions[name]} <= {"mean", "unset"}  # NaN differs from itself
