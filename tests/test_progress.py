"""The progress bar: one, in time, on terminals and in notebooks only, and silent where silence is asked for."""

import contextlib
import inspect
import io
import re
import time
from pathlib import Path

import nbclient
import nbformat
import pytest
import torch

import hierfeat as hf
from hierfeat import _progress
from hierfeat._progress import bar, with_bar
from hierfeat.subjects.arguments import checked

PACKAGE = Path(hf.__file__).parent


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(_progress, "DELAY", 0.05)


def terminal():
    """What `with` makes the standard error: not a fixture, since pytest sets it anew before the test runs."""
    return contextlib.redirect_stderr(Terminal())


def names(shown: Terminal) -> set[str]:
    return set(re.findall(r"(\w+): +\d+%", shown.getvalue()))


def slowly(parts, seconds=0.08):
    for part in parts:
        time.sleep(seconds)
        yield part


def test_parts_come_through_and_a_quick_call_shows_nothing():
    with terminal() as shown:
        assert list(with_bar(range(3), "quick")) == [0, 1, 2]
        assert shown.getvalue() == ""


def test_a_slow_call_shows_a_bar_that_is_gone_when_done():
    with terminal() as shown:
        list(slowly(with_bar([1, 2, 3], "slow")))
        assert names(shown) == {"slow"}
        assert shown.getvalue().rsplit("\r", 2)[-2].strip() == ""


def test_the_bar_is_there_in_time_though_the_first_part_takes_longer():
    with terminal() as shown:
        with bar("long", total=1):
            time.sleep(0.2)
            assert names(shown) == {"long"}
        assert shown.getvalue().rsplit("\r", 2)[-2].strip() == ""


def test_there_is_one_bar_at_a_time():
    with terminal() as shown:
        for _ in with_bar(range(2), "outer"):
            list(slowly(with_bar(range(3), "inner")))
            with bar("another", total=1):
                time.sleep(0.1)
        assert names(shown) == {"outer"}
        list(slowly(with_bar(range(3), "next")))
        assert names(shown) == {"outer", "next"}


def test_silence_holds_within_too():
    with terminal() as shown:
        for _ in with_bar(range(1), "outer", progress=False):
            list(slowly(with_bar(range(3), "inner")))
        assert shown.getvalue() == ""


def loop_that_fails():
    for _ in with_bar(range(3), "failed"):
        raise ValueError


def test_a_loop_that_failed_takes_no_later_bar_away():
    """Its traceback keeps it alive, as a notebook's or debugger's does."""
    with terminal() as shown:
        with pytest.raises(ValueError) as kept:  # noqa: PT011
            loop_that_fails()
        list(slowly(with_bar(range(3), "later")))
        assert "later" in names(shown)
        assert kept.traceback


def test_nothing_is_shown_where_there_is_no_terminal():
    with contextlib.redirect_stderr(io.StringIO()) as shown:
        list(slowly(with_bar(range(3), "piped")))
    assert shown.getvalue() == ""


def test_a_notebook_shows_it_and_gets_no_advice():
    code = (
        "import time, hierfeat._progress as p; p.DELAY = 0.05\nfor _ in p.with_bar(range(3), 'cells'): time.sleep(0.1)"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    text = "".join(output.get("text", "") or str(output.get("data", "")) for output in notebook.cells[0].outputs)
    assert "cells" in text
    assert "Warning" not in text


IMAGES, LABELS = (data[:60] for data in hf.digits(split="test"))
CALLS = {  # what passes the network many times
    "record": lambda h: hf.record(h, IMAGES, batch_size=10),
    "sweep": lambda h: hf.sweep(h, IMAGES, [hf.Moments()], batch_size=10),
    "evaluate": lambda h: hf.evaluate(h, IMAGES, LABELS, batch_size=10),
    "effective_field": lambda h: hf.effective_field(h, IMAGES[:4], "conv2", batch_size=4),
    "map_field": lambda h: hf.map_field(h, "conv1", 0, n=64, batch_size=16),
    "bar_sweep": lambda h: hf.bar_sweep(h, "conv1", 0, orientations=4, steps=5, batch_size=5),
    "orientation_tuning": lambda h: hf.orientation_tuning(h, orientations=4, frequencies=3, batch_size=16),
    "size_tuning": lambda h: hf.size_tuning(h, layers="conv1", diameters=4, batch_size=16),
    "contrast_response": lambda h: hf.contrast_response(h, layers="conv1", contrasts=4, batch_size=16),
    "end_stopping": lambda h: hf.end_stopping(h, layers="conv1", lengths=4, batch_size=16),
    "cell_pairs": lambda h: hf.cell_pairs(h, orientations=4, frequencies=3, phases=8, batch_size=16),
    "attribute": lambda h: hf.attribute(h, IMAGES[:4], "conv2", 1, batch_size=2),
    "synthesize": lambda h: hf.synthesize(h, "conv1", [0, 1], steps=4),
    "top_patches": lambda h: hf.top_patches(h, IMAGES, k=2, batch_size=10),
    "pooling_invariance": lambda h: hf.pooling_invariance(h, IMAGES, max_images=40, max_shift=1, batch_size=10),
    "invariance_score": lambda h: hf.invariance_score(h, IMAGES, firing=0.1),
    "shift_consistency": lambda h: hf.shift_consistency(h, IMAGES, max_shift=1),
    "distortion_tolerance": lambda h: hf.distortion_tolerance(h, IMAGES[:8], LABELS[:8], draws=1),
    "sensitivity_map": lambda h: hf.sensitivity_map(h, IMAGES, max_shift=1),
    "translation_invariance": lambda h: hf.translation_invariance(h, IMAGES, max_shift=1),
    "transformation_invariance": lambda h: hf.transformation_invariance(h, IMAGES[:8]),
    "nonnegativity": lambda h: hf.nonnegativity(h, IMAGES, batch_size=10),
    "additivity": lambda h: hf.additivity(h, IMAGES, batch_size=10),
    "gradient_flow": lambda h: hf.gradient_flow(h, IMAGES, LABELS, batch_size=10),
    "linear_regions": lambda h: hf.linear_regions(h, IMAGES, ways=4, steps=8),
    "additive_parts": lambda h: hf.additive_parts(h, IMAGES, "act2", rank=2, max_images=4),
    "class_selectivity": lambda h: hf.class_selectivity(h, IMAGES, LABELS, permutations=5),
    "layer_probes": lambda h: hf.layer_probes(h, (IMAGES, LABELS), (IMAGES, LABELS), max_iter=20),
    "participation_ratio": lambda h: hf.participation_ratio(h, IMAGES, group=10),
    "similarity": lambda h: hf.similarity(h, IMAGES, group=10),
    "population": lambda h: hf.population(h, layers="conv1", draws=5, batch_size=64),
    "lesion": lambda h: hf.lesion(h, "conv1", [0, 1], IMAGES, LABELS, batch_size=10),
    "profile": lambda h: hf.profile(h, IMAGES, LABELS, layers="pool", max_shift=1),
    "filters": lambda h: hf.filters(h, "conv2"),
    "direction_tuning": lambda _: hf.direction_tuning(film(), frames=4, directions=4, phases=8, batch_size=16),
    "neocognitron_responses": None,  # one pass
    "atlas": None,  # stages, tested with the atlas
}
ONE_PASS = {"filters"}  # at a time as many channels as fit


def film() -> hf.Hierarchy:
    return hf.Hierarchy(
        torch.nn.Sequential(torch.nn.Conv2d(4, 3, 5)), (4, 16, 16), mean=[0] * 4, std=[1] * 4, name="film"
    )


def test_all_calls_with_progress_are_here():
    functions = {name: getattr(hf, name) for name in hf.__all__ if name[0].islower()}
    with_progress = {n for n, f in functions.items() if callable(f) and "progress" in inspect.signature(f).parameters}
    assert with_progress - {"train"} == set(CALLS)


def test_every_public_function_shows_that_it_is_at_work():
    """All are calls, which show their name from two seconds on, but those that look something up or add up sizes."""
    at_once = {"card", "find_recipe", "list_models", "output_size", "padding_and_stride", "padding_for"}
    functions = {name: getattr(hf, name) for name in hf.__all__ if name[0].islower()}
    assert {n for n, f in functions.items() if inspect.isfunction(f) and not hasattr(f, "__wrapped__")} == at_once


@pytest.mark.parametrize("name", [name for name, call in CALLS.items() if call is not None])
@pytest.mark.filterwarnings("ignore")
def test_every_call_that_passes_a_network_many_times_advances_a_bar(name, monkeypatch):
    """From the start to the end of what it said there was, under the name of what is done and to what."""
    shown: list[tuple[str, int | None, list[int]]] = []

    class Spy(_progress.Bar):
        def __init__(self, what, total):
            shown.append((what, total, []))

        def update(self, parts=1):
            shown[-1][2].append(parts)

        def say(self, **notes):
            pass

    @contextlib.contextmanager
    def displayed(what, total, initial, unit, delay, **how):
        yield Spy(what, total)

    monkeypatch.setattr(_progress, "_displayed", displayed)
    h = hf.load("lenet5-digits")
    shown.clear()
    CALLS[name](h)
    counted = [(total, sum(moves)) for _, total, moves in shown if total is not None]
    assert counted
    assert all(total == moved for total, moved in counted), counted
    assert name in ONE_PASS or max(total for total, _ in counted) > 1
    about = "film" if name == "direction_tuning" else "lenet5-digits"
    assert {what.split(",")[0] for what, _, _ in shown} == {f"{name} of {about}"}


def test_silence_is_for_everything_within(monkeypatch):
    with terminal() as shown:
        hf.profile(hf.load("lenet5-digits"), IMAGES, LABELS, layers="pool", max_shift=1, progress=False)
    assert shown.getvalue() == ""


def test_a_call_that_counts_nothing_says_what_it_is():
    @checked(seconds=None)
    def waiting(*, seconds: float, progress: bool = True) -> None:
        time.sleep(seconds)

    with terminal() as shown:
        waiting(seconds=0.3)
        assert "waiting [" in shown.getvalue()
        assert shown.getvalue().rsplit("\r", 2)[-2].strip() == ""
    with terminal() as shown:
        waiting(seconds=0.3, progress=False)
        assert shown.getvalue() == ""


def test_every_bar_goes_through_here():
    others = [path for path in PACKAGE.rglob("*.py") if path.name != "_progress.py" and "tqdm" in path.read_text()]
    assert others == []
