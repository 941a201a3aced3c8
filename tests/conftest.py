"""What all tests share: one thread, a headless matplotlib, and a few small networks."""

import os
from collections import Counter
from pathlib import Path

import matplotlib as mpl
import pytest
import torch
from hypothesis import settings
from torch import nn
from torch.nn import functional as F

mpl.use("Agg")
torch.set_num_threads(1)
settings.register_profile("hierfeat", deadline=None, derandomize="CI" in os.environ)  # time limits are pytest-timeout's
settings.load_profile("hierfeat")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-figures", action="store_true", help="store what figures draw now in tests/plots")
    parser.addoption("--rewrite-tables", action="store_true", help="store the tables that tests make for docs/tables")
    parser.addoption("--site", type=Path, help="examine the documentation as it was built here; else it is built anew")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    # Bytes may hold the clock (gzip and zip write it): two workers would collect two names for one test.
    return argname if isinstance(val, bytes) else None


SLOW = (
    "test_as_subject.py::test_filters_are_the_excitatory_connections[neocognitron-digits-layers0]",
    "test_as_subject.py::test_effective_fields_are_finite_and_inside_the_exact_ones[neocognitron-digits]",
    "test_as_subject.py::test_translation_invariance_and_pooling",
    "test_as_subject.py::test_cell_pairs_follow",
    "test_as_subject.py::test_attribution_stays_in_the_receptive_field[occlusion]",
    "test_as_subject.py::test_attribution_stays_in_the_receptive_field[integrated_gradients]",
    "test_as_subject.py::test_the_rectifier_within",
    "test_hubel_browser.py::test_the_sweep_and_the_gratings_are_those_of_python[convnet]",
    "test_hubel_browser.py::test_the_sweep_and_the_gratings_are_those_of_python[SqueezeNet]",
    "test_hubel_browser.py::test_the_sweep_and_the_gratings_are_those_of_python[Neocognitron]",
    "test_language.py::test_no_english_is_left[written]",
    "test_language.py::test_no_english_is_left[address]",
    "test_drawn_digits.py::test_drawn_digits_are_read[lenet5-digits-True-0.97]",
    "test_drawn_digits.py::test_a_drawn_digit_looks_like",
    "test_batch_size.py::test_every_table_is_the_same_for_every_batch_size[end_stopping]",
    "test_batch_size.py::test_every_table_is_the_same_for_every_batch_size[pooling_invariance]",
    "test_batch_size.py::test_every_table_is_the_same_for_every_batch_size[size_tuning]",
    "test_batch_size.py::test_every_table_is_the_same_for_every_batch_size[transformation_invariance]",
    "test_tutorials.py::test_a_tutorial_runs_as_a_notebook_and_shows_each_figure_once",  # the docs' build runs them
    "test_docs.py::test_the_examples_of_a_page_run_from_top_to_bottom[tutorials",
    "test_docs.py::test_the_examples_of_a_page_run_from_top_to_bottom[es/lecture.md]",
    "test_live_browser.py::test_hostile_names_are_text[True-False]",
    "test_live_browser.py::test_hostile_names_are_text[False-True]",
    "test_devices.py::test_a_sweep_waits_for_no_batch",
    "test_hypercomplex.py::test_a_line_detector_with_inhibitory_ends_is_end_stopped_along_its_line[13",
    "test_hypercomplex.py::test_a_line_detector_with_inhibitory_ends_is_end_stopped_along_its_line[15",
    "test_hypercomplex.py::test_a_line_detector_with_inhibitory_ends_is_end_stopped_along_its_line[9-3-21",
    "test_devices.py::test_some_results_are_the_same_on_another_device[1]",
    "test_train.py::test_a_quick_look_at_a_neocognitron",
    "test_train.py::test_training_a_neocognitron_by_name_gives_the_accuracy_of_the_shipped_weights[neocognitron-digits]",
    "test_engine.py::test_torchvision[shufflenet_v2_x0_5@64]",
    "test_engine.py::test_torchvision[mobilenet_v3_small@64]",
    "test_hypercomplex.py::test_a_line_detector_with_inhibitory_ends_is_end_stopped_along_its_line[9-3-31-0.0]",
    "test_killed.py::test_a_sweep_goes_on_after_a_kill[2]",
    "test_export_browser.py::test_the_view_as_a_picture[dark]",
    "test_torchvision_door.py::test_it_is_open_for_timm_and_for_factories_too[{file}:factory-None]",
    "test_as_subject.py::test_attribution_stays_in_the_receptive_field[guided_backprop]",
    "test_hypercomplex.py::test_a_line_detector_with_inhibitory_ends_is_end_stopped_along_its_line[17-3-31",
    "test_torchvision_door.py::test_models_datasets_and_transforms_work[import hierfeat]",
    "test_lesson.py::test_all_steps_are_there_and_say_what_is_true[es",  # test_language.py reads them in Spanish
)
"""Single cases that take five seconds or more where others of their test, or the docs' build, ask nearly the same."""

SAMPLED = {
    "test_arithmetic.py::test_every_number_agrees_with_torch": 2,
    "test_every_plot.py::test_a_figure_of_nothing_but_nan": 3,
    "test_every_plot.py::test_a_figure_of_one_and_of_many_channels": 3,
    "test_every_plot.py::test_a_figure_of_one_and_of_many_layers": 3,
    "test_layer_table.py::test_every_torchvision_classifier": 4,
    "test_distributed.py::test_a_data_set_is_dealt_out_without_repetition_or_loss": 3,
    "test_own_data.py::test_every_analysis_takes_every_kind_of_images": 3,
    "test_own_data.py::test_every_analysis_takes_every_kind_of_labelled_data": 4,
    "test_torchvision_door.py::test_any_other_failure_is_passed_on": 3,
    "test_limits.py::test_images_of_any_number_of_channels": 2,
    "test_mutations.py::test_the_first_layer_that_is_named": 2,
    "test_zoo.py::test_shipped_weights_have_the_accuracy_of_their_card": 2,
    "test_untouched.py::test_an_interrupt_at_any_instant_leaves_everything_as_it_was": 2,
    "test_where_plots_go.py::test_a_network_and_its_twin_stand_side_by_side": 6,
}
"""Tests of many cases, of which one in so many is quick: all take some 200 seconds, and `make test-all` runs them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    sampled: Counter[str | None] = Counter()
    for item in items:
        test = next((name for name in SAMPLED if name in item.nodeid and not item.get_closest_marker("slow")), None)
        sampled[test] += 1
        left_out = test is not None and sampled[test] % SAMPLED[test] != 1
        if left_out or any(case in item.nodeid for case in SLOW):
            item.add_marker(pytest.mark.slow)


class Everything(nn.Module):
    """One network with each thing that trips peers: in-place, functional, reused and repeated layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, padding=1)
        self.bn = nn.BatchNorm2d(4)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.head = nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu(self.conv1(x))
        y = self.relu(self.bn(self.conv2(x)))
        x = self.conv2(x)  # the same module again
        x += y
        x = F.relu_(x)
        x = F.max_pool2d(x, 2)
        x = torch.cat([x, F.avg_pool2d(x, 3, 1, 1)], 1)
        x[:, 0] = 0  # writes into the concatenation
        return self.head(x.mean((2, 3)))


@pytest.fixture
def everything() -> Everything:
    torch.manual_seed(0)
    return Everything()


@pytest.fixture
def images() -> torch.Tensor:
    return torch.rand(5, 1, 8, 8, generator=torch.Generator().manual_seed(0))
