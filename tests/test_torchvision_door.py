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


@pytest.mark.parametrize("first", ["from hierfeat._torchvision import datasets, models", "import hierfeat"])
def test_models_datasets_and_transforms_work(first):
    done = run(
        f"""
        {first}
        import torch
        from torchvision import datasets, models, ops
        from torchvision.transforms import v2 as transforms
        assert models.squeezenet1_0(weights=None).eval()(torch.rand(1, 3, 64, 64)).shape == (1, 1000)
        assert transforms.Resize(8)(torch.rand(3, 16, 16)).shape == (3, 8, 8)
        assert datasets.MNIST
        assert ops.box_iou(torch.tensor([[0.0, 0, 2, 2]]), torch.tensor([[0.0, 0, 1, 2]])).item() == 0.5
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


def import_with(folder: Path, first: str, then: str = "import torchvision") -> subprocess.CompletedProcess:
    return run(f"import sys; sys.path.insert(0, {str(folder)!r}); {first}; {then}; print(sys.modules['torchvision'])")


WAYS = [
    "from hierfeat._torchvision import models",
    "import hierfeat; import torchvision",
    "import hierfeat; import user",
]


@pytest.mark.parametrize("way", WAYS)
def test_the_mismatch_is_mended_in_whoever_imports_it(way, tmp_path):
    fake_torchvision(tmp_path, "operator torchvision::nms does not exist")
    (tmp_path / "user.py").write_text("from torchvision import models\nimport torchvision.transforms.v2\n")
    done = import_with(tmp_path, way)
    assert done.returncode == 0, done.stderr
    assert str(tmp_path) in done.stdout


def test_a_failed_import_before_hierfeat_does_no_harm(tmp_path):
    fake_torchvision(tmp_path, "operator torchvision::nms does not exist")
    first = "exec('try: import torchvision\\nexcept RuntimeError as error: print(error)')"
    done = import_with(tmp_path, first, "import hierfeat, torchvision")
    assert done.returncode == 0, done.stderr
    assert "nms does not exist" in done.stdout


@pytest.mark.parametrize("way", WAYS)
def test_any_other_failure_is_passed_on(way, tmp_path):
    fake_torchvision(tmp_path, "libcudart.so.13: cannot open shared object file")
    (tmp_path / "user.py").write_text("from torchvision import models\n")
    done = import_with(tmp_path, way)
    assert done.returncode != 0
    assert "libcudart" in done.stderr


def test_no_other_import_is_touched_and_none_is_made():
    done = run(
        """
        import sys
        import hierfeat, hierfeat
        assert not {"torch", "torchvision"} & set(sys.modules)
        assert len([finder for finder in sys.meta_path if type(finder).__module__ == "hierfeat._torchvision"]) == 1
        import json.tool, importlib.util
        assert importlib.util.find_spec("no_such_package") is None
        assert json.tool.__spec__.loader.__class__.__name__ == "SourceFileLoader"
        assert "exec_module" not in vars(json.tool.__spec__.loader)
        """
    )
    assert done.returncode == 0, done.stderr


def test_where_there_is_no_torchvision_the_error_is_pythons_own(tmp_path):
    code = "import sys; sys.path = [p for p in sys.path if 'site-packages' not in p]; import torchvision"
    done = run(f"import hierfeat; {code}")
    assert "ModuleNotFoundError: No module named 'torchvision'" in done.stderr


TIMM = """
import torchvision
from torch import nn

def create_model(name, pretrained):
    if name != "tiny":
        raise RuntimeError(f"Unknown model ({name})")
    model = nn.Sequential(nn.Conv2d(3, 2, 3))
    model.input_shape = (3, 8, 8)  # for the door of factories
    model.pretrained_cfg = {"num_classes": 2, "input_size": (3, 8, 8), "mean": (0.4, 0.5, 0.6), "std": (0.2, 0.3, 0.4)}
    return model

def list_models():
    return ["tiny"]

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
