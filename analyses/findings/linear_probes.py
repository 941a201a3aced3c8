# %% [markdown]
# # Linear probes read the class better from layer to layer, in trained networks
#
# **Claim.** The class is read better, layer after layer, by a linear classifier, monotonically (Alain & Bengio 2016,
# section 4 and figure 5).
#
# **Measured.** Logistic regressions on every convolution and pool (averaged over a grid of 2 × 2) and dense layer: 800
# images to fit, 600 others (of the digits, 360) to test. The steps from layer to layer, and the slope of accuracy on
# relative depth.
#
# **Control.** Untrained twins, five seeds: random features read well too; do they read better from layer to layer?

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _report import BLUE, GREY, Interval, Report, judged, opened, over_seeds, seeds

import hierfeat as hf

report = Report(
    "linear_probes", "Linear probes rise steadily with depth, in trained networks and not in untrained ones",
    "Alain & Bengio 2016, arXiv:1610.01644, section 4",
)  # fmt: skip
DATA = {"lenet5-fashion": hf.fashion_mnist, "lenet5-digits": hf.digits, "lenet5-mnist": hf.mnist,
        "neocognitron-mnist": hf.mnist}  # fmt: skip
LAYERS = ("conv", "pool", "linear")


def probed(h, data):
    splits = ("train" if data is hf.digits else "validation", 800), ("test", 600)
    train, test = ([part[:count] for part in data(which, size=h.input_shape[-1])] for which, count in splits)
    table = hf.layer_probes(h, train, test, layers=LAYERS, max_iter=100, progress=False).table
    return table.assign(place=np.linspace(0, 1, len(table)))


def slope(table):
    """Points of accuracy from the first layer to the last, by a straight line, and their interval over test images."""
    away = table["place"] - table["place"].mean()
    weights = 100 * away / (away**2).sum()
    value, arm = weights @ table["accuracy"], np.linalg.norm(weights * (table["high"] - table["low"]) / 2)
    return Interval(value, value - arm, value + arm)


# %%
tables, slopes, twins, falls = [], {}, {}, {}
for name, data in DATA.items():
    h = hf.load(name)
    own = probed(h, data)
    others = [probed(hf.untrained(h, seed=seed), data) for seed in seeds()]
    slopes[name], twins[name] = slope(own), over_seeds([slope(other).value for other in others])
    falls[name] = int((own["high"].to_numpy()[1:] < own["low"].to_numpy()[:-1]).sum())
    tables += [own.assign(network=name, state="trained")]
    tables += [other.assign(network=name, state="untrained", seed=seed) for seed, other in enumerate(others)]
table = pd.concat(tables)

# %%
figure, panels = plt.subplots(1, len(DATA), figsize=(12.8, 4.4), layout="constrained", sharey=True)
for axes, (name, rows) in zip(panels, table.groupby("network", sort=False), strict=True):
    own = rows[rows["state"] == "trained"]
    for seed, other in rows[rows["state"] == "untrained"].groupby("seed"):
        axes.plot(
            other["layer"], 100 * other["accuracy"], color=GREY, linewidth=1, label="untrained" if seed == 0 else None
        )
    axes.fill_between(own["layer"], 100 * own["low"], 100 * own["high"], color=BLUE, alpha=0.2, linewidth=0)
    axes.plot(own["layer"], 100 * own["accuracy"], "o-", color=BLUE, label="trained")
    axes.tick_params(axis="x", rotation=45)
    axes.set_title(name)
panels[0].legend(frameon=False, loc="lower left")
panels[0].set_ylabel("linear probe's accuracy (%)")
opened(*panels)

# %% [markdown]
# **Limits.** Four trained networks, one seed each; a grid of 2 × 2 hides where in the image early layers respond, and
# the number of features differs from layer to layer. The slope's interval takes layers as if read on different images,
# which makes it wider; until first numbers had been seen, the rule asked the slope alone to exceed that of the twins.
#
# **Verdict.** For each network: accuracy rises with depth by more than the interval of its untrained twins reaches,
# without a step down that the intervals exclude; and it does not rise in the twins (their interval reaches 0).
# Reproduced if all of it holds.

# %%
rises = [slopes[name].over(twins[name].high) and falls[name] == 0 for name in DATA]
verdict = judged(*rises, *(not twins[name].above for name in DATA))
says = "; ".join(
    f"{name}: accuracy rises by {slopes[name]:.1f} points from first layer to last, with {falls[name]} steps down "
    f"beyond the intervals; untrained {twins[name]:.1f}"
    for name in DATA
)
report.write(figure, table, verdict=verdict, says=says + ".", over="seeds of the untrained; test images")
