# %% [markdown]
# # First layers split into oriented grey filters and unoriented coloured ones
#
# **Claim.** The first convolution of a network that sees colours learns "frequency- and orientation-selective kernels,
# as well as various colored blobs" (Krizhevsky, Sutskever & Hinton 2012, section 6.1 and figure 3), as if the two went
# separate ways. There it was two graphics cards; here there is one path.
#
# **Measured.** For each kernel, *colour*: the share of its energy that is left when the mean of its three channels is
# taken away; and *orientation*: |Σ P exp(2iφ)|/Σ P over its power spectrum P, φ the direction of the frequency (0:
# round, 1: one orientation only). A split is a negative rank correlation of the two.
#
# **Control.** Untrained twins, five seeds: is a split there before training?

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _report import BLUE, GREY, Report, bootstrap, judged, opened, over_seeds, seeds, squeezenet
from scipy.stats import spearmanr

import hierfeat as hf

report = Report(
    "first_layer_split", "First layers learn oriented grey filters and unoriented coloured ones",
    "Krizhevsky, Sutskever & Hinton 2012, NIPS, section 6.1",
)  # fmt: skip


def described(h, layer):
    """Colour and orientation of each kernel."""
    kernels = hf.filters(h, layer).kernels
    grey = kernels.mean(1, keepdims=True)
    colour = ((kernels - grey) ** 2).sum((1, 2, 3)) / (kernels**2).sum((1, 2, 3))
    power = (np.abs(np.fft.fft2(kernels, s=(32, 32))) ** 2).sum(1)
    down, right = np.meshgrid(np.fft.fftfreq(32), np.fft.fftfreq(32), indexing="ij")
    twice = np.exp(2j * np.arctan2(down, right)) * ((down != 0) | (right != 0))
    orientation = np.abs((power * twice).sum((1, 2))) / power.sum((1, 2))
    return pd.DataFrame({"network": h.name, "colour": colour, "orientation": orientation})


def correlation(rows):
    return spearmanr(rows[:, 0], rows[:, 1]).statistic


# %%
subjects = [(hf.load("convnet-cifar10"), "conv1"), *((h, "features.0") for h in squeezenet())]
tables, found, chance = [], {}, {}
for h, layer in subjects:
    own = described(h, layer)
    found[h.name] = bootstrap(own[["colour", "orientation"]], correlation)
    twins = [described(hf.untrained(h, seed=seed), layer).assign(seed=seed) for seed in seeds()]
    chance[h.name] = over_seeds([correlation(twin[["colour", "orientation"]].to_numpy()) for twin in twins])
    tables += [own.assign(state="trained"), *(twin.assign(network=h.name, state="untrained") for twin in twins)]
table = pd.concat(tables)

# %%
figure, panels = plt.subplots(1, len(subjects), figsize=(5.2 * len(subjects), 4.3), layout="constrained", squeeze=False)
for axes, (name, rows) in zip(panels[0], table.groupby("network", sort=False), strict=True):
    for state, colour, size in (("untrained", GREY, 3), ("trained", BLUE, 7)):
        some = rows[rows["state"] == state]
        axes.plot(some["colour"], some["orientation"], ".", color=colour, markersize=size, label=state)
    axes.set(xlabel="colour (share of energy)", ylabel="orientation (0: round)", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axes.set_title(f"{name}: ρ = {found[name]}")
    axes.legend(frameon=False, loc="upper right")
opened(*panels[0])
figure.suptitle("Kernels of the first convolution")

# %% [markdown]
# **Limits.** Two networks at most; kernels of 3 × 3 pixels have little room for orientation; SqueezeNet's weights are
# read where they are at hand.
#
# **Verdict.** A clause for each network: the correlation of colour and orientation is below 0, and below that of
# untrained ones. Reproduced if it holds in all, contradicted if it holds in none and the interval of one excludes it.

# %%
verdict = judged(*(found[name].under(min(0, chance[name].value)) for name in found))
says = "; ".join(
    f"{name}: rank correlation of colour and orientation {found[name]}, untrained {chance[name]}" for name in found
)
report.write(figure, table, verdict=verdict, says=says + ".", over="kernels; seeds of the untrained")
