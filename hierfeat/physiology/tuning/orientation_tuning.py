"""Orientation and frequency tuning, simple and complex cells: every channel of every layer in one pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from hierfeat._result import Result, drawn
from hierfeat._values import whole
from hierfeat.errors import HierfeatError
from hierfeat.physiology._responses import (
    Place,
    Read,
    blank_responses,
    by_centre,
    checked_place,
    checked_units,
    unit_responses,
)
from hierfeat.physiology.tuning._grid import Grid, counted_grid, own_grid
from hierfeat.physiology.tuning._table import TYPES, Arrays, Shown, describe_tuning, split_by_layer
from hierfeat.stimuli.gratings import draw_gratings, gratings
from hierfeat.stimuli.stimulus_set import StimulusSet, Values
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import UNITS, Layers
from hierfeat.subjects.provenance import provenance

MEDIANS = ("osi", "gosi", "half_width", "preferred_frequency", "f1_f0")
"""Columns whose medians sum up a layer."""
PHASES = whole(5, 360)
"""A check: with 3 or 4 phases F1/F0 of a half-rectified wave reads 1.6 to 2.0, where π/2 is right."""
DRAWN = np.arange(0.0, 181.0, 2.0)
"""Orientations at which the fitted curve is kept."""


@dataclass(frozen=True, eq=False)
class OrientationTuning(Result):
    """Tuning of every channel; see :func:`orientation_tuning` for the columns of ``.table``.

    Attributes
    ----------
    responses : dict of str to numpy.ndarray
        By layer, (channels, orientations, frequencies, phases), as recorded: not rectified.
    blank : dict of str to numpy.ndarray
        By layer, (channels,): the response to the grey ground.
    curves, fitted : dict of str to numpy.ndarray
        By layer, the tuning curve at the preferred frequency, (channels, orientations), and its von Mises fit at
        ``fitted_orientations``.
    orientations, frequencies, phases, fitted_orientations : numpy.ndarray
        Degrees, cycles/pixel, degrees, degrees.
    """

    responses: dict[str, np.ndarray]
    blank: dict[str, np.ndarray]
    curves: dict[str, np.ndarray]
    fitted: dict[str, np.ndarray]
    orientations: np.ndarray
    frequencies: np.ndarray
    phases: np.ndarray
    fitted_orientations: np.ndarray

    @property
    def summary(self) -> pd.DataFrame:
        """A row per layer: how many units of each type, and medians over those that respond.

        ``suppressed`` counts those of the unresponsive units whose rate gratings only lower.
        """
        types = pd.crosstab(self.table.layer, self.table.cell_type).reindex(columns=list(TYPES), fill_value=0)
        lowered = (self.table.response_type == "suppressed").groupby(self.table.layer).sum()
        types = types.join(lowered.rename("suppressed"))
        medians = self.table[self.table.responsive].groupby("layer")[list(MEDIANS)].median()
        layers = pd.DataFrame({"layer": list(self.responses)})
        return layers.join(types, on="layer").join(medians, on="layer")

    def p_against(self, control: "OrientationTuning") -> "pd.Series[float]":
        """How often a unit of `control` is as selective as each unit here, ``(1 + as selective) / (1 + units)``.

        Parameters
        ----------
        control
            The same measurement on the untrained twin, say.

        Returns
        -------
        pandas.Series
            A p for each row of ``.table``, by global OSI among the responsive units of the same layer; NaN for units
            that do not respond, and where none does in `control`.

        Raises
        ------
        HierfeatError
            If a layer is not in `control`.

        Notes
        -----
        Cell types say how selective a unit is; a small field of random weights can be so as well. This asks whether
        the unit is more selective than such fields are: units of two untrained networks are exchangeable, so that a
        share α of them is below α. A layer of n units cannot go below 1/(n + 1).

        Examples
        --------
        >>> import hierfeat as hf
        >>> h = hf.load("lenet5-digits")
        >>> tuning, control = (hf.orientation_tuning(x, layers="conv2") for x in (h, hf.untrained(h, seed=0)))
        >>> len(tuning.p_against(control))
        16
        """
        if not isinstance(control, OrientationTuning):
            raise HierfeatError(f"expected control as another orientation tuning, got {type(control).__name__}")
        p = pd.Series(np.nan, index=self.table.index, name="p_against")
        for layer, rows in self.table[self.table.responsive].groupby("layer"):
            if layer not in control.responses:
                raise HierfeatError(f"expected {layer!r} in the control, which has {', '.join(control.responses)}")
            others = control.table[(control.table.layer == layer) & control.table.responsive].gosi.to_numpy()
            if len(others):
                p[rows.index] = (1 + (others >= rows.gosi.to_numpy()[:, None] - 1e-9).sum(1)) / (1 + len(others))
        return p

    plot = drawn("tuning.plot_orientation_tuning")

    plot_summary = drawn("tuning.plot_tuning_summary")


@checked(phases=PHASES, channels=checked_units, at=checked_place)
def orientation_tuning(
    h: Hierarchy,
    *,
    layers: Layers = UNITS,
    orientations: int | Values = 16,
    frequencies: int | Values = 8,
    phases: int = 8,
    contrast: float = 1.0,
    diameter: float | None = None,
    read: Read = "centre",
    at: Place | None = None,
    channels: Sequence[int] | None = None,
    stimuli: StimulusSet | None = None,
    permutations: int = 0,
    seed: int = 0,
    batch_size: int | None = None,
    progress: bool = True,
) -> OrientationTuning:
    """Show drifting gratings to all units at once and measure each unit's preference, selectivity and type.

    Parameters
    ----------
    h
        The subject.
    layers
        Names, glob patterns or kinds.
    orientations
        Degrees in [0, 180), rising, or a number of equal steps; one below 16 is multiplied until it is not (8 to 16, 12
        to 24), since coarser steps miss narrow curves. Beside another number than 16 the 16 that decide the types are
        shown. Degrees of your own are shown as they are, and decide; uneven ones bring a warning, since gOSI
        weighs all alike.
    frequencies
        Cycles/pixel, rising; an int spreads that many evenly in octaves from one and a half cycles in the image's
        shorter side to 0.5, the finest that pixels can show.
    phases
        Phases of the drift, equally spaced over one cycle; at least 5. Beside 5, 6 or 7 those between them are shown,
        so that 10, 12 or 14 decide the types.
    contrast
        Of the gratings, 0 to 1.
    diameter
        Of a circular window in pixels, centred on each unit's receptive field; None fills the image.
    read
        ``centre``: one unit of each map; ``mean``: the mean over the map.
    at
        (row, col) of that unit; None is the one in the middle, (h//2, w//2).
    channels
        Which units stand in the table; None means all. The arrays hold all, by channel.
    stimuli
        Gratings of your own in place of those that `orientations`, `frequencies`, `phases`, `contrast` and `diameter`
        describe: a set whose table has the columns ``orientation``, ``frequency`` and ``phase``, every combination
        once, and the phases evenly over 360 degrees.
    permutations, seed
        Of a test of each curve against shuffled orientations, column ``p_value``; none by default. It is for models
        whose responses are noisy, and has no say in the types.
    batch_size
        Images in one forward pass; by default as many as suit their size. It changes no number.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    OrientationTuning
        ``.table`` has a row per layer and channel, with the columns ``layer, kind, channel, responsive, response_type,
        preferred_orientation, osi, gosi, half_width, ringach_bandwidth, preferred_frequency, bandwidth,
        shown_orientation, shown_frequency, at_edge, preferred_phase, f1_f0, peak, p_value, fit_r2, cell_type``.
        Angles and widths are in degrees, frequencies in cycles/pixel, bandwidth in octaves. The shown orientation and
        frequency are those of the best grating on the grid, at which F1/F0 and the phase (at the stimulus's centre)
        were read; ``at_edge`` where that frequency is the lowest or highest shown, so that the unit may prefer one
        beyond. Indices of units that do not respond are NaN.

    Raises
    ------
    HierfeatError
        On fewer than 5 phases or 3 orientations, orientations or frequencies not rising, frequencies beyond Nyquist,
        unknown layers, outputs that are NaN or infinite, or stimuli of your own that are not a full grid.

    Notes
    -----
    Responses are rectified where a layer went negative (its phases first interpolated, which is exact for a linear
    unit). F0 is the mean over phases less the response to grey, F1 the first harmonic; a unit's tuning R is its F1 or
    its F0, whichever peaks higher. OSI is the classical one, gOSI = 1 − circular variance, half-width that of a von
    Mises fit above its base (NaN below half a step of orientation, which samples cannot resolve), whose peak is the
    preferred orientation where r² is above 0.8 (elsewhere a parabola's through the three largest samples, as for the
    frequency), ``ringach_bandwidth`` that of Ringach et al., bandwidth the full width of a log-Gaussian at half height.
    ``f1_f0`` is cut off at 2, which only a unit that responds to grey can exceed.

    *Departures from the sources.*  Ringach et al. compute circular variance from the mean rate, without subtracting the
    spontaneous one; here it is that of R, F1 or F0 less grey (medians of six SqueezeNet layers differ by up to 0.03).
    F1/F0 has grey subtracted as in Skottun et al.; AllenSDK and Brain-Score do not subtract it.

    ``response_type`` is *excited*, *suppressed* (no grating raises the rate above that to grey at any phase, some lower
    it) or *none*.  A change counts from 1 % of the layer's largest response, and above the rounding noise of the unit's
    own outputs (4e-6 of the largest in single precision). ``cell_type`` is *unresponsive* where the unit is not
    excited; *untuned* where gOSI < 0.1; else *simple* if F1/F0 > 1 and *complex* otherwise. Responses without noise
    ask how selective a unit is, not whether it is: no test decides, since its power grows with the number of
    orientations shown. Whether a unit is more selective than random weights make it is another question:
    ``tuning.p_against(twin)``. The types are decided by the responses to 16 orientations, 0, 11.25, 22.5, ...,
    however many are shown, at 8 phases or more, so that they do not depend on these numbers; all other columns are
    read off those asked for, and may place a unit near a border, or one with several narrow peaks, on its other side.
    A unit that none of the 16 drives is typed by those that do; with coarser steps of your own, units that respond
    within a few degrees only go unseen.

    Full-field gratings need no centring: moving one only shifts its phase, and F0, F1 and all tuning run over the
    whole cycle. So one pass serves every layer. With a `diameter`, layers whose units look at different places (even
    sizes) are shown their own stimuli, a pass per place.

    Memory: one batch of stimuli, and the answer of one unit of each channel to every stimulus.

    References
    ----------
    Hubel DH, Wiesel TN (1962). Receptive fields, binocular interaction and functional architecture in the cat's visual
    cortex. J Physiol 160:106-154. Skottun BC et al. (1991). Classifying simple and complex cells on the basis of
    response modulation. Vision Res 31:1079-1086. Ringach DL, Shapley RM, Hawken MJ (2002). J Neurosci 22:5639-5651.

    Examples
    --------
    >>> import hierfeat as hf
    >>> tuning = hf.orientation_tuning(hf.load("lenet5-digits"), layers="conv1")
    >>> tuning.table.cell_type.isin(["simple", "complex", "untuned", "unresponsive"]).all().item()
    True
    """
    grid = counted_grid(h, orientations, frequencies, phases) if stimuli is None else own_grid(h, stimuli)
    looked: dict[str, Any] = {"read": read, "at": at}
    test = {"permutations": permutations, "seed": seed}
    if stimuli is None:
        shown: dict[str, Any] = {"phases": phases, "contrasts": contrast, "diameter": diameter}
        responses, blanks = _shown(h, layers, grid, contrast, diameter, **looked, batch_size=batch_size)
    else:
        shown = {"stimuli": repr(stimuli)}
        responses, blanks = _shown_own(h, layers, grid, stimuli, **looked, batch_size=batch_size)
    responses, typed = grid.asked(responses), grid.typed(responses)
    found = describe_tuning(
        responses, blanks, [item.kind for item in h.layers.select([*responses])], eps=torch.finfo(h.dtype).eps, **test,
        typed=typed, shown=Shown(grid.orientations, grid.frequencies), typing=Shown(grid.typing, grid.frequencies),
    )  # fmt: skip
    table = found.table if channels is None else found.table[found.table.channel.isin(channels)].reset_index(drop=True)
    return OrientationTuning(
        table=table,
        provenance=provenance(h, layers=list(responses), **grid.named(), **shown, **looked, channels=channels, **test),
        responses=responses,
        blank=blanks,
        curves=dict(zip(responses, split_by_layer(found.curves, responses), strict=True)),
        fitted=dict(zip(responses, split_by_layer(found.fits.at(DRAWN), responses), strict=True)),
        orientations=grid.orientations,
        frequencies=grid.frequencies,
        phases=grid.phases,
        fitted_orientations=DRAWN,
    )


def _shown(
    h: Hierarchy, layers: Layers, grid: Grid, contrast: float, diameter: float | None,
    *, read: Read, at: Place | None, batch_size: int | None,
) -> tuple[Arrays, Arrays]:  # fmt: skip
    """Responses (channels, orientations, frequencies, phases) to gratings and (channels,) to grey, of each layer."""
    found: Arrays = {}
    axes: dict[str, Any] = {"orientations": grid.every, "frequencies": grid.frequencies, "phases": grid.fine}
    for place, members in ({None: layers} if diameter is None else by_centre(h, layers, at)).items():
        table = gratings(h.input_shape, **axes, contrasts=contrast, diameters=diameter, position=place).table
        grey = np.where(table.columns == "contrast", 0.0, table.to_numpy()[:1])  # the ground alone, in the same pass
        both = pd.DataFrame(np.concatenate([table.to_numpy(), grey]), columns=table.columns)
        stimuli = StimulusSet(h.input_shape, both, draw_gratings)
        found |= unit_responses(h, stimuli, layers=members, read=read, at=at, batch_size=batch_size)
    names = [layer.name for layer in h.layers.select(layers)]
    return {name: grid.cube(found[name][:-1]) for name in names}, {name: found[name][-1] for name in names}


def _shown_own(h: Hierarchy, layers: Layers, grid: Grid, stimuli: StimulusSet, **options: Any) -> tuple[Arrays, Arrays]:
    """The same for stimuli of one's own, and for their ground."""
    found = unit_responses(h, stimuli, layers=layers, **options)
    blanks = blank_responses(h, layers=layers, read=options["read"], at=options["at"], ground=stimuli.ground)
    return {name: grid.cube(rows) for name, rows in found.items()}, blanks
