"""Modules of torch's own are seen from outside as they are from inside."""

import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.subjects._leaves import LEAVES
from hierfeat.subjects.calls import Watch


def made(kind: type) -> nn.Module:
    name = kind.__name__
    if name.startswith("Conv"):
        return kind(3, 3, 3, padding=1)
    if name.startswith("Adaptive"):
        return kind(2)
    if "Pool" in name:
        return kind(3, stride=1, padding=1)
    if name == "LayerNorm":
        return kind(8)
    if name == "Linear":
        return kind(8, 8)
    if name == "GroupNorm":
        return kind(3, 3)
    if name.startswith("BatchNorm"):
        return kind(3)
    return kind(inplace=True) if name in ("ReLU", "SiLU", "Dropout") else kind()


def seen(model: nn.Module, x: torch.Tensor, *, from_outside: bool) -> list[tuple]:
    """What a watch tells of each call; with a question to ask, it looks at torch's own modules from outside."""
    told: list[tuple] = []
    asked = {"only": lambda name, kind: True} if from_outside else {}

    def after(call, output):
        told.append((call.name, call.kind, call.op, call.module, tuple(call.input.shape), output.clone()))

    def writing(tensor):
        told.append(("written", tuple(tensor.shape)))

    with torch.no_grad(), Watch(model, after=after, writing=writing, **asked):
        model(x.clone())
    return told


def alike(one: list[tuple], other: list[tuple]) -> bool:
    def parts(told):
        return [item for call in told for item in call]

    pairs = zip(parts(one), parts(other), strict=True)
    return all(torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b for a, b in pairs)


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.__name__)
def test_every_leaf_is_seen_from_outside_as_from_inside(kind, monkeypatch):
    axes = int(kind.__name__[-2]) if kind.__name__[-2].isdigit() else 2
    x = torch.randn(2, 3, *([8] * axes), generator=torch.Generator().manual_seed(0))
    leaf = made(kind)
    model = nn.Sequential(leaf, nn.Identity(), leaf).eval()  # the second call has a name of its own
    if "Adaptive" in kind.__name__:
        model = nn.Sequential(leaf).eval()
    looked_away = []
    monkeypatch.setattr(Watch, "_look_away", lambda *a, real=Watch._look_away: looked_away.append(1) or real(*a))
    outside = seen(model, x, from_outside=True)
    assert len(looked_away) == len(model) // 2 + 1
    inside = seen(model, x, from_outside=False)
    assert len(looked_away) == len(model) // 2 + 1
    assert len(inside) >= len(looked_away)
    assert alike(inside, outside)


class Odd(nn.Module):
    """Functions beside modules, a block that fails and is caught, a hooked and a patched module, a parametrised one."""

    def __init__(self):
        super().__init__()
        self.conv, self.other = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 1)
        self.hooked, self.patched, self.bad = nn.ReLU(), nn.ReLU(), nn.Conv2d(5, 1, 1)
        self.hooked.register_forward_hook(lambda m, a, out: out + 1)
        self.patched.forward = lambda x: torch.tanh(torch.relu(x))
        torch.nn.utils.parametrizations.weight_norm(self.other)

    def forward(self, x):
        x = torch.relu(self.conv(x))
        try:
            self.bad(x)
        except RuntimeError:
            x = x + self.other(x)
        x += self.hooked(x)
        return self.patched(torch.nn.functional.max_pool2d(x, 2))


def test_what_is_no_plain_leaf_is_looked_into():
    model, x = Odd().eval(), torch.randn(2, 3, 8, 8)
    inside, outside = seen(model, x, from_outside=False), seen(model, x, from_outside=True)
    assert alike(inside, outside)
    assert [call[0] for call in inside if call[0] != "written"] == [
        "conv", "relu", "other", "add", "hooked", "add#2", "max_pool2d", "patched", "patched.tanh",
    ]  # fmt: skip
    assert torch._C._len_torch_function_stack() == 0


def test_a_callback_that_fails_or_stops_leaves_no_mode_behind():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2)).eval()

    def failing(call, output):
        raise ValueError(call.name) if call.name == "1" else None

    def stopping(call, output):
        raise hf.Stop

    for error, after in ((ValueError, failing), (None, stopping)):
        watch = Watch(model, after=after, only=lambda name, kind: kind != "conv")
        for _ in range(2):
            if error is None:
                with watch:
                    model(torch.zeros(1, 1, 8, 8))
            else:
                with pytest.raises(error), watch:
                    model(torch.zeros(1, 1, 8, 8))
            assert torch._C._len_torch_function_stack() == 0


def test_only_the_wanted_are_told_of():
    model, names = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2)).eval(), []
    with Watch(model, after=lambda call, output: names.append(call.name), only=lambda name, kind: kind == "pool"):
        model(torch.zeros(1, 1, 8, 8))
    assert names == ["2"]
