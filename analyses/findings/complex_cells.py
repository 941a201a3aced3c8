# %% [markdown]
# # Complex cells are made of simple ones, by pooling
#
# **Claim.** A complex cell's field can be understood as the pooled output of simple cells of one orientation whose
# fields lie side by side (Hubel & Wiesel 1962, figure 19 and its text). Put as a prediction: across a max pool the
# modulation F1/F0 of a unit falls from above 1 to below 1, its preferred orientation stays, and how far the modulation
# falls follows from the range of phases that the pool covers: with h half of that range, [sin h + (π/2) cos h]/(1 +
# h).
#
# **Measured.** Gratings drift past every rectified unit and past the pool that reads it, in three trained networks; and
# past the S-cells of a Neocognitron and the C-cells that pool them, which Fukushima made after Hubel and Wiesel.
#
# **Control.** The untrained twin: if pooling alone does it, training is not needed. And the law's error beside that of
# a guess that knows nothing of the pool's window, the median over the units.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _report import BLUE, GREY, ORANGE, VERMILION, Report, bootstrap, judged, opened

import hierfeat as hf

report = Report(
    "complex_cells", "Complex cells arise from simple cells by pooling", "Hubel & Wiesel 1962, J Physiol 160, 106-154"
)
NETWORKS = ("lenet5-digits", "lenet5-fashion", "convnet-cifar10")

# %%
parts = []
for name in NETWORKS:
    h = hf.load(name)
    for state, subject in (("trained", h), ("untrained", hf.untrained(h, seed=0))):
        parts.append(hf.cell_pairs(subject).table.assign(network=name, state=state))
neocognitron = hf.load("neocognitron-mnist")
parts.append(hf.cell_pairs(neocognitron).table.assign(network=neocognitron.name, state="Neocognitron"))
pairs = pd.concat(parts, ignore_index=True)
simple = pairs[(pairs["cell_type_before"] == "simple") & pairs["f1_f0_after"].notna()].copy()
turn = (simple["preferred_orientation_after"] - simple["preferred_orientation_before"]).abs()
simple["turned"] = np.minimum(turn, 180 - turn)
simple["became_complex"] = simple["f1_f0_after"] < 1
simple["off_law"] = (simple["f1_f0_after"] - simple["predicted_f1_f0"]).abs()
simple["off_median"] = (
    simple["f1_f0_after"] - simple.groupby(["network", "state"])["f1_f0_after"].transform("median")
).abs()

# %%
found = {
    state: {
        "complex": bootstrap(rows["became_complex"]),
        "turned": bootstrap(rows["turned"], np.median),
    }
    for state, rows in simple.groupby("state")
}
trained, twin, neo = (found[state] for state in ("trained", "untrained", "Neocognitron"))
for state in ("trained", "untrained"):  # a C-cell is no max pool, for which the law is
    rows = simple[simple["state"] == state]
    found[state]["gained"] = bootstrap(rows["off_median"] - rows["off_law"])

# %%
figure, panels = plt.subplots(1, 3, figsize=(12.8, 4.2), layout="constrained")
for axes, state, colour in zip(panels, ("trained", "untrained", "Neocognitron"), (BLUE, GREY, ORANGE), strict=True):
    rows, law = simple[simple["state"] == state], state != "Neocognitron"
    x, end = ("predicted_f1_f0", 1.6) if law else ("f1_f0_before", 2)
    axes.plot([0, end], [0, end], color="black", linewidth=0.8, label="the law" if law else "no change")
    axes.axhline(1, color=VERMILION, linestyle="--", linewidth=1, label="simple above, complex below")
    axes.plot(rows[x], rows["f1_f0_after"], ".", color=colour, label=f"{len(rows)} units")
    axes.set(xlabel="F1/F0 predicted from the pool's window" if law else "F1/F0 of the S-cell", ylim=(0, 2.8))
    axes.set_ylabel("F1/F0 measured after the pool" if law else "F1/F0 of the C-cell")
    axes.set_title(f"{state}: {100 * found[state]['complex'].value:.0f} % become complex")
    axes.legend(frameon=False, loc="upper left")
opened(*panels)
figure.suptitle("Simple units, behind the pools that read them")

# %% [markdown]
# **Limits.** Units respond without noise; a pool of 2 × 2 is small beside the fields that a complex cell sums; and
# where units have thresholds the law is a bound rather than a fit.
#
# **Verdict.** In the trained networks, more than half of simple units become complex behind the pool; their preferred
# orientation turns by less than 10 degrees in the median; and the law is nearer than the median unit. Reproduced if
# all three hold. The untrained twin and the Neocognitron are told beside it.

# %%
verdict = judged(trained["complex"].over(0.5), trained["turned"].under(10), trained["gained"].over(0))
says = (
    f"Of simple units, {trained['complex']} become complex behind the pool (untrained {twin['complex']}); their "
    f"preferred orientation turns by {trained['turned']:.1f}° in the median. The law's prediction of F1/F0 is nearer "
    f"than the median unit by {trained['gained']} (untrained {twin['gained']}). In the Neocognitron "
    f"{neo['complex']} of simple S-cells become complex, and turn by {neo['turned']:.1f}°."
)
report.write(figure, simple, verdict=verdict, says=says, over="units")
