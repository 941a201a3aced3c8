"""Images of one's own as a set: indexed, saved, loaded, drawn, and shown to analyses."""

import numpy as np
import pandas as pd
import pytest
import torch

import hierfeat as hf
from hierfeat.errors import HierfeatError


@pytest.fixture
def own():
    torch.manual_seed(0)
    images = torch.rand(6, 3, 9, 11)
    return images, hf.StimulusSet.of(images, pd.DataFrame({"orientation": np.arange(6) * 30.0, "set": 1}), ground=0.25)


def test_a_set_of_given_images_gives_them_back(own):
    images, stimuli = own
    assert torch.equal(stimuli[:], images)
    assert torch.equal(stimuli[2], images[2])
    assert torch.equal(stimuli[-1], images[-1])
    assert torch.equal(stimuli[[4, 1]], images[[4, 1]])
    assert torch.equal(stimuli[np.arange(6) % 2 == 0], images[::2])
    assert torch.equal(torch.cat(list(stimuli.batches(4))), images)
    assert torch.equal(stimuli.as_tensor(), images)
    with pytest.raises(IndexError):
        stimuli[6]


@pytest.mark.parametrize("drawn", [True, False])
def test_saved_and_loaded_it_is_the_same(own, drawn, tmp_path):
    made = hf.bars((1, 12, 12), orientations=4, offsets=[-2, 0, 2], ground=0.2) if drawn else own[1]
    again = hf.StimulusSet.load(made.save(tmp_path / "stimuli"))
    assert torch.equal(again[:], made[:])
    assert again.ground == made.ground
    pd.testing.assert_frame_equal(again.table, made.table)


def test_what_is_no_saved_set_is_refused(tmp_path):
    with pytest.raises(HierfeatError, match=r"no table\.csv"):
        hf.StimulusSet.load(tmp_path)


def test_it_goes_where_images_go(own):
    images, stimuli = own
    h = hf.Hierarchy(torch.nn.Conv2d(3, 4, 3), (3, 9, 11))
    assert torch.equal(hf.record(h, stimuli)["conv2d"], hf.record(h, images)["conv2d"])
    assert torch.equal(h(stimuli), h(images))


def test_a_set_too_large_to_be_drawn_at_once_says_so():
    many = hf.gratings((3, 512, 512), orientations=180, frequencies=np.linspace(0.01, 0.5, 100), phases=8)
    with pytest.raises(HierfeatError, match="would take .* GB"):
        many.as_tensor()
    assert many[5].shape == (3, 512, 512)


@pytest.mark.parametrize("count", [1, 5, 24])
def test_its_plot_shows_so_many(own, count):
    figure = own[1].plot(count=count)
    shown = [axes for axes in figure.axes if axes.images]
    assert len(shown) == min(count, 6)
    assert "orientation 0" in shown[0].get_title()
    with pytest.raises(HierfeatError, match="count"):
        own[1].plot(count=0)


def test_the_constructor_and_brackets_say_where_own_images_and_columns_are():
    images, table = torch.rand(2, 1, 4, 4), pd.DataFrame({"orientation": [0, 90]})
    with pytest.raises(HierfeatError, match=r"StimulusSet\.of\(images, table\)"):
        hf.StimulusSet(images, table)
    with pytest.raises(HierfeatError, match=r"a column is stimuli\.table\['orientation'\]"):
        hf.StimulusSet.of(images, table)["orientation"]
