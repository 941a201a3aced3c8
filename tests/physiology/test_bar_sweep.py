import numpy as np
import pytest

from hierfeat.errors import HierfeatError
from hierfeat.physiology.bar_sweep import BarSweep, bar_sweep


def test_a_gabor_unit_answers_the_slit_of_its_orientation_at_its_middle(make):
    h = make.simple([make.gabor(15, angle, 0.12, sigma=3.0) for angle in (0, 45, 90, 135)], (41, 41))
    for channel, angle in enumerate((0, 45, 90, 135)):
        found = bar_sweep(h, "1", channel, orientations=4, width=3)
        peaks = found.responses.max(1)
        assert found.orientations[peaks.argmax()] == angle
        assert abs(found.offsets[found.responses[peaks.argmax()].argmax()]) < 1


def test_the_slit_moves_downwards_and_to_the_right(make):
    frames = bar_sweep(make.simple([make.gabor(9, 0, 0.2)], (31, 31)), "0", 0, orientations=[0, 90]).frames
    rows = (frames[0] > 200).any(2).argmax(1)[10:31]
    cols = (frames[1] > 200).any(1).argmax(1)[10:31]
    assert (np.diff(rows) >= 0).all()
    assert rows[-1] > rows[0]
    assert (np.diff(cols) >= 0).all()
    assert cols[-1] > cols[0]


def test_shapes_and_files(make, tmp_path):
    h = make.simple([make.gabor(9, 0, 0.2)], (20, 20), channels=3)
    found = bar_sweep(h, "0", 0, orientations=[0, 30, 60], steps=11, polarity=-1, ground=0.7)
    assert found.responses.shape == (3, 11)
    assert found.table.shape == (33, 4)
    assert (found.table.rate >= 0).all()
    assert BarSweep.load(found.save(tmp_path / "sweep")).responses.shape == (3, 11)


@pytest.mark.parametrize("options", [{"channel": 3}, {"layer": "nope"}, {"steps": 1}])
def test_bad_input(make, options):
    with pytest.raises(HierfeatError):
        bar_sweep(make.simple([make.gabor(5, 0, 0.2)], (9, 9)), **{"layer": "0", "channel": 0, **options})
