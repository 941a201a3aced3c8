"""Labels beyond the classes of a network, and masked ones, mean the same in every analysis that compares them."""

import numpy as np
import pytest
import torch

import hierfeat as hf
from hierfeat.errors import HierfeatError
from tests.subjects.kinds import CLASSES, subject

ASK = {
    "evaluate": lambda h, x, y: hf.evaluate(h, x, y).accuracy,
    "lesion": lambda h, x, y: hf.lesion(h, "conv2", None, x, y).table["accuracy"].tolist(),
    "gradient_flow": lambda h, x, y: hf.gradient_flow(h, x, y).table.iloc[:, -2].tolist(),
    "shift_consistency": lambda h, x, y: hf.shift_consistency(h, x, y, max_shift=1).table["accuracy"].tolist(),
    "distortion_tolerance": lambda h, x, y: (
        hf.distortion_tolerance(h, x, y, distortions=("shift",)).table["accuracy"].tolist()
    ),
}
IMAGES = torch.rand(12, 1, 16, 16, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(12) % CLASSES


@pytest.mark.parametrize("name", ASK)
@pytest.mark.parametrize("label", [CLASSES, 10**12])
def test_a_label_beyond_the_classes_is_refused(name, label):
    """Whatever the network said of such an image would count as wrong."""
    labels = LABELS.clone()
    labels[4] = label
    with pytest.raises(HierfeatError, match=f"expected labels from 0 to {CLASSES - 1}; got 0 to {label}"):
        ASK[name](subject("batch norm"), IMAGES, labels)


@pytest.mark.parametrize("name", ASK)
@pytest.mark.parametrize("dtype", [np.int32, np.uint8])
def test_a_masked_label_is_not_known(name, dtype):
    masked = np.ma.masked_array(LABELS.numpy().astype(dtype), mask=np.arange(12) == 4)
    known = np.arange(12) != 4
    expected = ASK[name](subject("batch norm"), IMAGES[known], LABELS[known])
    assert ASK[name](subject("batch norm"), IMAGES, masked) == expected
