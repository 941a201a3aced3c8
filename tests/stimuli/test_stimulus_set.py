import numpy as np
import pandas as pd
import pytest
import torch

from hierfeat.errors import HierfeatError
from hierfeat.stimuli.bars import bars
from hierfeat.stimuli.gratings import gratings
from hierfeat.stimuli.noise import white_noise
from hierfeat.stimuli.spots import spots
from hierfeat.stimuli.stimulus_set import StimulusSet, product_table, spread


def test_slices_batches_and_single_images_agree():
    for stimuli in (gratings((3, 9, 14), orientations=5, phases=3), white_noise((1, 9, 14), 15, seed=3)):
        whole = stimuli[:]
        assert whole.shape == (len(stimuli), *stimuli.shape)
        assert whole.dtype == torch.float32
        torch.testing.assert_close(torch.cat(list(stimuli.batches(4))), whole)
        torch.testing.assert_close(stimuli[7], whole[7])
        torch.testing.assert_close(stimuli[-1], whole[-1])
        assert stimuli[3:3].shape == (0, *stimuli.shape)


def test_a_hundred_thousand_stimuli_are_made_only_when_asked_for():
    drawn = []

    def draw(rows, cols, values):
        drawn.append(len(values["x"]))
        return torch.zeros(len(values["x"]), len(rows), cols.shape[1])

    stimuli = StimulusSet((1, 64, 64), product_table(x=np.arange(100_000)), draw)
    assert drawn == []
    next(iter(stimuli.batches(32)))
    assert drawn == [32]


def test_table_has_a_row_per_image_with_the_last_parameter_fastest():
    table = gratings((1, 8, 8), orientations=[0, 90], frequencies=[0.1, 0.2], phases=2).table
    assert table.orientation.tolist() == [0, 0, 0, 0, 90, 90, 90, 90]
    assert table.phase.tolist() == [0, 180] * 4


def test_images_lie_in_the_unit_interval_on_a_grey_ground():
    for stimuli in (gratings((1, 16, 16), diameters=6), bars((1, 16, 16)), spots((1, 16, 16), polarities=(1, -1))):
        images = stimuli[:]
        assert images.min() >= 0
        assert images.max() <= 1
        torch.testing.assert_close(images[:, :, 0, 0].median(), torch.tensor(0.5))


def test_another_ground_takes_light_up_to_white_and_dark_down_to_black():
    images = spots((1, 9, 9), polarities=(1, -1), ground=0.2, diameters=5)[:]
    torch.testing.assert_close(images[:, 0, 4, 4], torch.tensor([1.0, 0.0]))
    torch.testing.assert_close(images[:, 0, 0, 0], torch.tensor([0.2, 0.2]))


def test_spread():
    assert spread(4, 180.0).tolist() == [0, 45, 90, 135]
    assert spread(30.0, 180.0).tolist() == [30]
    assert spread([10, 20], 180.0).tolist() == [10, 20]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: gratings((28, 28)), "channels, height, width"),
        (lambda: gratings((1, 0, 28)), "positive"),
        (lambda: gratings(28), "channels, height, width"),
        (lambda: gratings((1, 8, 8), frequencies=0.6), "frequencies"),
        (lambda: gratings((1, 8, 8), frequencies=[]), "frequencies"),
        (lambda: gratings((1, 8, 8), orientations=[np.nan]), "finite"),
        (lambda: gratings((1, 8, 8), contrasts=1.5), "contrasts"),
        (lambda: gratings((1, 8, 8), position=(1, 2, 3)), "position"),
        (lambda: gratings((1, 8, 8), orientations=0), "int from 1"),
        (lambda: spots((1, 8, 8), positions=[1, 2, 3]), "pairs"),
        (lambda: white_noise((1, 8, 8), 0), "expected n as an int from 1"),
        (lambda: white_noise((1, 8, 8), 4, cell=0), "cell"),
        (lambda: StimulusSet((1, 8, 8), pd.DataFrame({"x": []}), lambda r, c, v: r), "empty"),
        (lambda: next(bars((1, 8, 8)).batches(0)), "batch size"),
    ],
)
def test_bad_input_is_refused(make, message):
    with pytest.raises(HierfeatError, match=message):
        make()


def test_index_beyond_the_end():
    with pytest.raises(IndexError):
        spots((1, 8, 8))[1]
