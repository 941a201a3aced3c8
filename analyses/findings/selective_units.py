# %% [markdown]
# # Class-selective units matter no more than others
#
# **Claim.** A unit's class selectivity says little about how much the network needs it: removing selective units harms
# no more than removing others (Morcos, Barrett, Rabinowitz & Botvinick 2018, section 3.4 and figure 6).
#
# **Measured.** Each channel of a layer is removed (set to zero) by itself, and the loss on 600 test images is
# compared with the intact network's. The rank correlation of this damage with the channel's selectivity, for each
# layer; of the second S-cells of a Neocognitron too. Then all channels are removed one after the other, the most
# selective first, beside five random orders.
#
# **Control.** The random orders; and the correlation of the damage with the norm of the channel's weights, which shows
# that damage can be foretold at all.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _report import BLUE, GREY, Report, bootstrap, judged, opened, over_seeds, seeds
from scipy.stats import spearmanr

import hierfeat as hf

report = Report(
    "selective_units", "Class-selective units matter no more than others when removed",
    "Morcos et al. 2018, ICLR, section 3.4",
)  # fmt: skip
SUBJECTS = (
    ("lenet5-fashion", "act2", "conv2"), ("convnet-fashion", "relu1", "conv1"), ("convnet-fashion", "relu3", "conv3"),
    ("convnet-fashion", "relu5", "conv5"), ("neocognitron-mnist", "s2", "s2"),
)  # fmt: skip


def rank(rows):
    return spearmanr(rows[:, 0], rows[:, 1]).statistic


# %%
singles, curves, rows = [], [], []
for name, layer, conv in SUBJECTS:
    h, options = hf.load(name), {"progress": False, "batch_size": 300}
    images, labels = (part[:600] for part in (hf.mnist if "mnist" in name else hf.fashion_mnist)("test"))
    alone = hf.lesion(h, layer, None, images, labels, **options).table
    selective = hf.class_selectivity(h, images, labels, layers=layer, permutations=1, progress=False).table
    norms = np.abs(hf.filters(h, conv).kernels).sum((1, 2, 3))
    alone = alone.assign(network=name, selectivity=selective["selectivity"].fillna(0), norm=norms)
    singles.append(alone)
    by_selectivity, by_norm = (bootstrap(alone[[column, "loss_change"]], rank) for column in ("selectivity", "norm"))
    # drops of accuracy, averaged over how many are removed: large where the important ones go first
    few = range(0, len(alone)) if len(alone) <= 32 else np.sort(np.random.default_rng(0).permutation(len(alone))[:32])
    given, options = (h, layer, few, images[:300], labels[:300]), options | {"how": "cumulatively"}
    first = hf.lesion(*given, order="selectivity", **options)
    others = [hf.lesion(*given, order="random", seed=seed, **options) for seed in seeds()]
    chance = over_seeds([first.table["accuracy"].mean() - other.table["accuracy"].mean() for other in others])
    curves.append((f"{name} {layer}", first, others))
    rows.append({"network": name, "layer": layer, "selectivity": by_selectivity, "norm": by_norm, "order": chance})

# %%
figure, panels = plt.subplots(2, len(SUBJECTS), figsize=(13, 6.4), layout="constrained")
for top, low, single, (title, first, others), row in zip(*panels, singles, curves, rows, strict=True):
    top.plot(single["selectivity"], 1000 * single["loss_change"], ".", color=BLUE)
    top.axhline(0, color="black", linewidth=0.8)
    top.set(xlabel="class selectivity", title=f"{title}\nρ = {row['selectivity']:.1f}")
    for other in others:
        label = "random order" if other is others[0] else None
        low.plot(other.table["removed"], 100 * other.table["accuracy"], color=GREY, linewidth=1, label=label)
    low.plot(first.table["removed"], 100 * first.table["accuracy"], color=BLUE, label="most selective first")
    low.set(xlabel="channels removed", xticks=range(0, len(first.table) + 1, 8))
panels[0, 0].set_ylabel("loss added by removing one (millinats)")
panels[1, 0].set_ylabel("accuracy (%)")
panels[1, 0].legend(frameon=False)
for axes in panels[0]:
    axes.title.set_fontsize(10)
opened(*panels.flat)

# %% [markdown]
# **Limits.** Small networks; a channel's selectivity is that of its mean response over the map. Of wide layers, 32
# channels drawn at random are removed in turn, the others stay.

# %%
verdict = judged(*(not row["selectivity"].above for row in rows))
says = "; ".join(
    f"{row['network']} {row['layer']}: damage by selectivity ρ = {row['selectivity']}, by norm {row['norm']}, accuracy "
    f"with the most selective removed first {100 * row['order'].value:+.0f} points against random order"
    for row in rows
)
report.write(figure, pd.concat(singles), verdict=verdict, says=says + ".", over="channels; seeds of the order")
