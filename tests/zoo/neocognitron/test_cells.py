"""S-, V- and C-cells against the paper's closed forms and against sums written out by hand."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hierfeat.errors import HierfeatError
from hierfeat.stimuli.geometry import gaussian
from hierfeat.zoo.neocognitron.cells import geometric
from hierfeat.zoo.neocognitron.modern import Contrast, SquareRootC, SubtractiveS
from hierfeat.zoo.neocognitron.neocognitron_1980 import ShuntingC, ShuntingS

rates = arrays(np.float32, (2, 5, 5), elements=st.floats(0, 1, width=32))


def window(planes=2):
    c = geometric(5, 0.9)
    return c / (c.sum() * planes)


def similarity(c, p, q):
    """The c-weighted cosine, in numpy and double precision."""
    c, p, q = (np.asarray(a, dtype=float) for a in (c, p, q))
    return (c * p * q).sum() / math.sqrt((c * p * p).sum() * (c * q * q).sum())


@settings(max_examples=40, deadline=None)
@given(p=rates, q=rates, r=st.sampled_from([1.5, 4.0]))
def test_strong_training_gives_the_closed_form(p, q, r):
    """u_S → φ[(1 + r)s - r] once a cell has been reinforced strongly on p (1980, section 4)."""
    p[0, 2, 2], q[0, 2, 2] = 1, 1  # neither is silent
    cells = ShuntingS(2, 1, window(), selectivity=r, initial=0.0)
    strength = 1e6
    v = math.sqrt(float((window().numpy() * p.astype(float) ** 2).sum()))
    cells.a.copy_(strength * window() * torch.from_numpy(p)[None])
    cells.b.fill_(strength / 2 * v)
    expected = max(0.0, (1 + r) * similarity(window(), p, q) - r)
    assert cells(torch.from_numpy(q)[None]).item() == pytest.approx(expected, abs=2e-3)


def test_v_cell_is_the_weighted_root_mean_square():
    planes = torch.rand(1, 2, 6, 7, generator=torch.Generator().manual_seed(0))
    cells = ShuntingS(2, 3, window(), selectivity=4.0, initial=0.0)
    u, c = planes[0].double().numpy(), window().double().numpy()
    expected = [[math.sqrt((c * u[:, i : i + 5, j : j + 5] ** 2).sum()) for j in range(3)] for i in range(2)]
    np.testing.assert_allclose(cells.v_cells(planes)[0, 0].numpy(), expected, rtol=1e-5)


def test_s_cell_written_out():
    generator = torch.Generator().manual_seed(1)
    planes, cells = torch.rand(1, 2, 5, 5, generator=generator), ShuntingS(2, 3, window(), selectivity=1.5, initial=0.0)
    cells.a.copy_(torch.rand(cells.a.shape, generator=generator))
    cells.b.copy_(torch.rand(3, generator=generator))
    u, a, b, c = (t.double().numpy() for t in (planes[0], cells.a, cells.b, window()))
    v = math.sqrt((c * u * u).sum())
    expected = [1.5 * max(0, (1 + (a[k] * u).sum()) / (1 + 1.2 * b[k] * v) - 1) for k in range(3)]
    np.testing.assert_allclose(cells(planes).flatten().numpy(), expected, rtol=1e-5)


def test_c_cell_written_out_with_lateral_inhibition():
    u = torch.rand(1, 4, 3, 3, generator=torch.Generator().manual_seed(2)) * torch.tensor([3.0, 1, 0, 0]).view(
        1, 4, 1, 1
    )
    d = geometric(3, 0.7)
    spread = (u[0].double().numpy() * d.double().numpy()).sum((1, 2))
    net = np.maximum((1 + spread) / (1 + spread.mean()) - 1, 0)
    found = ShuntingC(4, d, saturation=0.5)(u).flatten().numpy()
    np.testing.assert_allclose(found, net / (0.5 + net), rtol=1e-5)
    assert (found[2:] == 0).all(), "a plane below the mean of all planes must be silent"


def test_c_cells_saturate_below_one_and_reach_half_at_alpha():
    cells = ShuntingC(2, torch.ones(1, 1), saturation=0.5)
    drive = torch.tensor([0.0, 0.5, 5.0, 1e6])
    u = torch.zeros(4, 2, 1, 1)
    u[:, 0, 0, 0] = drive
    found = cells(u)[:, 0, 0, 0]
    net = (1 + drive) / (1 + drive / 2) - 1
    torch.testing.assert_close(found, net / (0.5 + net))
    assert bool((found.diff() > 0).all())
    assert found.max() < 1
    half = ShuntingC(10**4, torch.ones(1, 1), saturation=0.5)  # so many planes that inhibition vanishes
    u = torch.zeros(1, 10**4, 1, 1)
    u[0, 0] = 0.5
    assert half(u)[0, 0].item() == pytest.approx(0.5, abs=1e-4)


@settings(max_examples=40, deadline=None)
@given(p=rates, q=rates, theta=st.floats(0, 0.9))
def test_subtractive_cell_answers_v_times_similarity_above_threshold(p, q, theta):
    p[0, 2, 2], q[0, 2, 2] = 1, 1
    cells = SubtractiveS(2, 1, gaussian(5, 1.5), threshold=theta)
    c = gaussian(5, 1.5).double().numpy()
    norm = math.sqrt((c * p.astype(float) ** 2).sum())
    cells.a.copy_(gaussian(5, 1.5) * torch.from_numpy(p)[None] / norm)
    v = math.sqrt((c * q.astype(float) ** 2).sum())
    expected = v * max(0.0, similarity(c, p, q) - theta) / (1 - theta)
    assert cells(torch.from_numpy(q)[None]).item() == pytest.approx(expected, abs=1e-5)


def test_square_root_c_cell():
    u = torch.rand(1, 2, 5, 5, generator=torch.Generator().manual_seed(3))
    d = gaussian(5, 1.0)
    expected = (u.double() * d.double()).sum((2, 3)).sqrt().flatten()
    torch.testing.assert_close(SquareRootC(2, d)(u).flatten().double(), expected, rtol=1e-5, atol=0)


def test_contrast_cells_ignore_even_light_and_split_edges_by_sign():
    image = torch.zeros(1, 1, 24, 24)
    image[..., 12:] = 1
    on, off = Contrast(1.0, 2.0)(image)[0]
    assert on[12, 12] > 0.05
    assert off[12, 11] > 0.05
    assert float(on[12, 11]) == float(off[12, 12]) == 0
    assert float(on[12, 6].abs() + off[12, 6]) < 1e-6, "an even region drives neither"


def test_windows():
    assert gaussian(7, 2.0).sum().item() == pytest.approx(1)
    assert geometric(3, 0.5)[1, 1] == 1
    assert geometric(3, 0.5)[1, 2] == 0.5


def test_a_threshold_is_a_similarity():
    with pytest.raises(HierfeatError, match=r"threshold .* \[0, 1\)"):
        SubtractiveS(2, 1, gaussian(5, 1.0), threshold=1.0)
