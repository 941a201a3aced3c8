"""Wide random networks: boxes, strides and channels of every layer against brute force, from fixed seeds."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import hierfeat as hf

SEEDS, AT_ONCE = 120, 20


def _beside(name):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


wide = _beside("wide_nets")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_fields_of_wide_random_networks(first):
    for seed in range(first, first + AT_ONCE):
        check(seed)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", [1474, 1585, 1754, 1902, 1977])
def test_maps_added_to_their_transposes_and_pixels_that_seldom_win_a_maximum(seed):
    check(seed)


def check(seed):
    """No unit sees more than it is said to; one of status exact sees all of it; strides and channels fit the boxes."""
    net = wide.WideNet(seed)
    h = hf.Hierarchy(net, net.shape)
    fields = hf.receptive_fields(h)
    for row in fields.table.itertuples():
        if row.status == "exact":
            check_strides(fields, row, f"seed {seed}, {row.layer}")
    try:
        check_boxes(fields, wide.seen_boxes(h), seed)
    except AssertionError:
        check_boxes(fields, wide.seen_boxes(h, draws=30), seed)


def check_boxes(fields, seen, seed):
    for row in fields.table.itertuples():
        where = f"seed {seed}, {row.layer}"
        if row.layer not in seen or fields.map_size(row.layer) != seen[row.layer].shape[1:3]:
            continue  # tokens, and layers that another path leaves without a map
        found, boxes = fields.boxes(row.layer), wide.hull(seen[row.layer])
        if row.status == "exact":
            np.testing.assert_array_equal(found, boxes, err_msg=where)
            assert row.channels_differ == wide.differ(seen[row.layer]), where
        else:
            blind = (boxes == 0).all(-1)
            assert ((found[..., :2] <= boxes[..., :2]).all(-1) | blind).all(), where
            assert ((found[..., 2:] >= boxes[..., 2:]).all(-1) | blind).all(), where


def check_strides(fields, row, where):
    """All the way along the map, to within one of its own moves; where boxes do not move there is no stride."""
    boxes = fields.boxes(row.layer, clip=False)
    for axis, stride in enumerate((row.stride_h, row.stride_w)):
        if all(wide.moves_along(boxes, axis, along).any() for along in (0, 1)):
            assert np.isnan(stride), f"{where}: boxes move along rows and columns, as in a map added to its transpose"
            continue
        at, middles = wide.middles(boxes, axis)
        moves = np.diff(middles)
        if len(at) < 2 or not moves.any():
            continue
        if np.isnan(stride):
            assert (moves < 0).any(), f"{where}: boxes move, and there is no stride"
        elif (moves >= 0).all():
            assert abs(middles[-1] - middles[0] - stride * (at[-1] - at[0])) <= moves.max(), where
