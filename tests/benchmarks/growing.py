"""What is measured as it grows: nets that grow in one thing at a time, and a call of every analysis."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

POINTS = {
    "images": (128, 512, 2048, 8192),
    "channels": (64, 256, 1024, 4096),
    "layers": (10, 32, 100, 316, 1000),
    "side": (32, 64, 128, 256, 512, 1024),
}
MANY = (100, 1000, 10_000, 100_000, 1_000_000)  # images of what streams them
STREAMS = ("sweep", "record to a file")
FEWEST = {"invariance_score": 100, "profile": 32}  # images, where fewer are refused
BASE = {"images": 8, "channels": 8, "layers": 6, "side": 16}


def net(channels: int, layers: int, side: int, frames: int = 1) -> Any:
    """A chain of depthwise convolutions that hand on what they are given, so that 1,000 of them keep it in range."""
    import torch
    from torch import nn

    import hierfeat as hf

    torch.manual_seed(0)
    first = nn.Conv2d(frames, channels, 3, padding=1)
    nn.init.dirac_(first.weight[:1])  # a channel that sees the image, however many there are and however deep
    modules: list[nn.Module] = [first, nn.ReLU()]
    for _ in range((layers - 4) // 2):
        conv = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        nn.init.dirac_(conv.weight, groups=channels)
        with torch.no_grad():
            conv.weight += 0.02 * torch.randn_like(conv.weight)
            nn.init.zeros_(conv.bias)
        modules += [conv, nn.ReLU()]
    model = nn.Sequential(*modules, nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 4))
    h = hf.Hierarchy(model, (frames, side, side), mean=[0.0] * frames, std=[1.0] * frames)
    _ = h.layers
    return h


def _last(h: Any, kind: str = "conv") -> str:
    return str(h.layers.select(kind)[-1].name)


def calls() -> dict[str, tuple[Callable[..., object], bool]]:
    """Every analysis of a net, images and labels, and whether it shows the images."""
    import hierfeat as hf
    from hierfeat.testing import fingerprint

    tune = {"orientations": 4, "frequencies": 2, "phases": 5}
    shown: dict[str, Callable[..., object]] = {
        "additive_parts": lambda h, x, y: hf.additive_parts(h, x, _last(h), rank=2, max_images=None),
        "additivity": lambda h, x, y: hf.additivity(h, x, max_images=None),
        "attribute": lambda h, x, y: hf.attribute(h, x, _last(h), 0),
        "class_selectivity": lambda h, x, y: hf.class_selectivity(h, x, y, permutations=5),
        "distortion_tolerance": lambda h, x, y: hf.distortion_tolerance(h, x, y, distortions=["shift"]),
        "effective_field": lambda h, x, y: hf.effective_field(h, x, _last(h), channels=[0]),
        "evaluate": lambda h, x, y: hf.evaluate(h, x, y),
        "fingerprint": lambda h, x, y: fingerprint(h, x),
        "gradient_flow": lambda h, x, y: hf.gradient_flow(h, x, y),
        "invariance_score": lambda h, x, y: hf.invariance_score(h, x, amounts=(1.0,), max_images=None, firing=0.2),
        "layer_probes": lambda h, x, y: hf.layer_probes(h, (x, y), (x, y), max_iter=5),
        "lesion": lambda h, x, y: hf.lesion(h, _last(h), [0, 1], x, y),
        "linear_regions": lambda h, x, y: hf.linear_regions(h, x, ways=len(x) - 1, steps=4),
        "nonnegativity": lambda h, x, y: hf.nonnegativity(h, x),
        "participation_ratio": lambda h, x, y: hf.participation_ratio(h, x),
        "pooling_invariance": lambda h, x, y: hf.pooling_invariance(h, x, max_images=None),
        "profile": lambda h, x, y: hf.profile(h, x, y),
        "record": lambda h, x, y: hf.record(h, x),
        "record to a file": _to_file,
        "sensitivity_map": lambda h, x, y: hf.sensitivity_map(h, x, max_shift=1, max_images=None),
        "shift_consistency": lambda h, x, y: hf.shift_consistency(h, x, max_shift=1, max_images=None),
        "similarity": lambda h, x, y: hf.similarity(h, x),
        "sweep": lambda h, x, y: hf.sweep(
            h, x, [hf.Moments(), hf.ActiveFraction(), hf.Sparseness(), hf.Histogram(), hf.TopPatches(3)]
        ),
        "top_patches": lambda h, x, y: hf.top_patches(h, x, k=3),
        "transformation_invariance": lambda h, x, y: hf.transformation_invariance(
            h, x, transformations={"shift": (1.0,)}, max_images=None
        ),
        "translation_invariance": lambda h, x, y: hf.translation_invariance(h, x, max_shift=1, max_images=None),
        "ten forward passes": lambda h, x, y: [h(x) for _ in range(10)],  # what the machine makes of the nets alone
    }
    wired: dict[str, Callable[..., object]] = {
        "bar_sweep": lambda h, x, y: hf.bar_sweep(h, _last(h), 0, orientations=2, steps=5),
        "cell_pairs": lambda h, x, y: hf.cell_pairs(h, **tune),
        "contrast_response": lambda h, x, y: hf.contrast_response(h, layers=[_last(h)], channels=[0], contrasts=3),
        "dimensions": lambda h, x, y: hf.dimensions(h),
        "direction_tuning": lambda h, x, y: hf.direction_tuning(
            h, frames=2, layers=[_last(h)], directions=4, channels=[0]
        ),
        "end_stopping": lambda h, x, y: hf.end_stopping(h, layers=[_last(h)], channels=[0], lengths=3),
        "filters": lambda h, x, y: hf.filters(h, "0"),
        "guidelines": lambda h, x, y: hf.guidelines(h),
        "layer table": lambda h, x, y: hf.Hierarchy(h.model, h.input_shape).layers,
        "map_field": lambda h, x, y: hf.map_field(h, _last(h), 0, probe="spot", cell=4),
        "opposite_phase": lambda h, x, y: hf.opposite_phase(h, layers="0", draws=3),
        "orientation_tuning": lambda h, x, y: hf.orientation_tuning(h, **tune),
        "population": lambda h, x, y: hf.population(h, layers=[_last(h)], draws=3),
        "receptive_fields": lambda h, x, y: hf.receptive_fields(h),
        "size_tuning": lambda h, x, y: hf.size_tuning(h, layers=[_last(h)], channels=[0], diameters=3, phases=5),
        "synthesize": lambda h, x, y: hf.synthesize(h, _last(h), [0], steps=2),
    }
    return {name: (call, True) for name, call in shown.items()} | {name: (call, False) for name, call in wired.items()}


def _to_file(h: Any, x: Any, y: Any) -> object:
    import hierfeat as hf

    with tempfile.TemporaryDirectory() as folder:
        return len(hf.record(h, x, out=Path(folder) / "acts.safetensors", layers="pool"))


def data(count: int, side: int, *, streamed: bool) -> Any:
    """Images and labels; a data set that makes them where they are streamed."""
    import torch
    from torch.utils.data import Dataset

    generator = torch.Generator().manual_seed(0)
    if not streamed:
        return torch.rand(count, 1, side, side, generator=generator), torch.arange(count) % 4
    some = torch.rand(64, 1, side, side, generator=generator)

    class Made(Dataset):  # type: ignore[type-arg]
        def __len__(self) -> int:
            return count

        def __getitem__(self, index: int) -> Any:
            return some[index % 64]

    return Made(), None


def subject(name: str, size: dict[str, int]) -> tuple[Any, Any, Any]:
    """The net, the images and the labels of one point, where some analyses ask for more than others."""
    size = BASE | {"images": FEWEST.get(name, BASE["images"])} | size
    frames = 2 if name == "direction_tuning" else 1
    h = net(size["channels"], size["layers"], size["side"], frames)
    if not calls()[name][1]:
        return h, None, None
    return h, *data(size["images"], size["side"], streamed=name in STREAMS)
