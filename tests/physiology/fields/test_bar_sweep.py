import numpy as np
import pytest
from matplotlib.animation import FFMpegWriter
from PIL import Image

from hierfeat.errors import HierfeatError
from hierfeat.physiology.fields.bar_sweep import BarSweep, bar_sweep


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


def test_the_film_has_a_frame_per_position(make, tmp_path, monkeypatch):
    found = bar_sweep(make.simple([make.gabor(9, 0, 0.2)], (20, 20)), "0", 0, orientations=2, steps=3)
    with Image.open(found.animate(tmp_path / "sweep.gif")) as film:
        assert film.n_frames == 6
    monkeypatch.setattr(FFMpegWriter, "isAvailable", lambda: False)
    for name, says in (("sweep.mp4", "ffmpeg"), ("sweep.avi", "gif or .mp4")):
        with pytest.raises(HierfeatError, match=says):
            found.animate(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["sweep.gif"]


@pytest.mark.parametrize("options", [{"channel": 3}, {"channel": 0.5}, {"layer": "nope"}, {"steps": 1}])
def test_bad_input(make, options):
    with pytest.raises(HierfeatError):
        bar_sweep(make.simple([make.gabor(5, 0, 0.2)], (9, 9)), **{"layer": "0", "channel": 0, **options})
