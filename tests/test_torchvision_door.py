"""A torchvision whose compiled operators do not fit the torch beside it: hierfeat lives with it."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(code: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, capture_output=True, text=True, timeout=120
    )


def test_models_datasets_and_transforms_work():
    done = run(
        """
        import torch
        from hierfeat._torchvision import datasets, models, transforms
        assert models.squeezenet1_0(weights=None).eval()(torch.rand(1, 3, 64, 64)).shape == (1, 1000)
        assert transforms.Resize(8)(torch.rand(3, 16, 16)).shape == (3, 8, 8)
        assert datasets.MNIST
        """
    )
    assert done.returncode == 0, done.stderr


def fake_torchvision(folder: Path, error: str) -> None:
    """A package that fails as the mismatched one does, until the schema is declared."""
    package = folder / "torchvision"
    for sub in ("models", "datasets", "transforms/v2"):
        (package / sub).mkdir(parents=True, exist_ok=True)
        (package / sub / "__init__.py").write_text("")
    (package / "transforms" / "__init__.py").write_text("")
    (package / "__init__.py").write_text(
        "import torch\n"
        "from torchvision import models\n"
        "if not hasattr(torch.ops.torchvision, 'nms'):\n"
        f"    raise RuntimeError({error!r})\n"
    )


def import_with(folder: Path) -> subprocess.CompletedProcess:
    code = "import hierfeat._torchvision as door; print(door.torchvision.__file__)"
    return run(f"import sys; sys.path.insert(0, {str(folder)!r}); {code}")


def test_the_mismatch_is_mended(tmp_path):
    fake_torchvision(tmp_path, "operator torchvision::nms does not exist")
    done = import_with(tmp_path)
    assert done.returncode == 0, done.stderr
    assert str(tmp_path) in done.stdout


def test_any_other_failure_is_passed_on(tmp_path):
    fake_torchvision(tmp_path, "libcudart.so.13: cannot open shared object file")
    done = import_with(tmp_path)
    assert done.returncode != 0
    assert "libcudart" in done.stderr


TIMM = """
import torchvision
from torch import nn

def create_model(name, pretrained):
    if name != "tiny":
        raise RuntimeError(f"Unknown model ({name})")
    model = nn.Sequential(nn.Conv2d(3, 2, 3))
    model.input_shape = (3, 8, 8)  # for the door of factories
    model.pretrained_cfg = {"input_size": (3, 8, 8), "mean": (0.4, 0.5, 0.6), "std": (0.2, 0.3, 0.4)}
    return model

def factory():
    return create_model("tiny", False)
"""


@pytest.mark.parametrize(("form", "expected"), [("timm:tiny", "(0.4, 0.5, 0.6)"), ("{file}:factory", "None")])
def test_it_is_open_for_timm_and_for_factories_too(form, expected, tmp_path):
    fake_torchvision(tmp_path, "operator torchvision::nms does not exist")
    (tmp_path / "timm.py").write_text(TIMM)
    ref = form.format(file=tmp_path / "timm.py")
    done = run(
        f"""
        import sys; sys.path.insert(0, {str(tmp_path)!r})
        import hierfeat as hf
        h = hf.load({ref!r})
        print(h.input_shape, h.mean, len(h.layers))
        try:
            hf.load("timm:large")
        except hf.HierfeatError as error:
            print(error)
        """
    )
    assert done.returncode == 0, done.stderr
    assert f"(3, 8, 8) {expected} 1" in done.stdout
    assert "timm cannot make 'large': Unknown model (large)" in done.stdout
