# %% [markdown]
# # Class-selective units matter no more than others
#
# **Claim.** A unit's class selectivity says little about how much the network needs it: removing selective units harms
# no more than removing others (Morcos, Barrett, Rabinowitz & Botvinick 2018, section 3.4 and figure 6).
#
# **Measured.** Each channel of a layer is removed (set to zero) by itself, and the loss on 1,000 test images is
# compared with the intact network's. The rank correlation of this damage with the channel's selectivity, for each
# layer. Then all channels are removed one after the other, the most selective first, beside five random orders.
#
# **Control.** The random orders; and the correlation of the damage with the norm of the channel's weights, which shows
# that damage can be foretold at all.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _report import BLUE, GREY, Report, bootstrap, opened, over_seeds, seeds
from scipy.stats import spearmanr

import hierfeat as hf

report = Report(
    "selective_units", "Class-selective units matter no more than others when removed",
    "Morcos et al. 2018, ICLR, section 3.4",
)  # fmt: skip
SUBJECTS = (
    ("lenet5-fashion", "act2"),
    ("convnet-fashion", "relu1"),
    ("convnet-fashion", "relu3"),
    ("convnet-fashion", "relu5"),
)
images, labels = (part[:1000] for part in hf.fashion_mnist("test"))


def rank(rows):
    return spearmanr(rows[:, 0], rows[:, 1]).statistic


# %%
singles, curves, rows = [], [], []
for name, layer in SUBJECTS:
    h, options = hf.load(name), {"progress": False, "batch_size": 500}
    alone = hf.lesion(h, layer, None, images, labels, **options).table
    selective = hf.class_selectivity(h, images, labels, layers=layer, permutations=1, progress=False).table[
        "selectivity"
    ]
    weights = h.model.get_submodule(layer.replace("relu", "conv").replace("act", "conv")).weight.detach()
    norms = weights.abs().sum((1, 2, 3)).numpy()
    alone = alone.assign(network=name, selectivity=selective.fillna(0), norm=norms)
    singles.append(alone)
    by_selectivity, by_norm = (bootstrap(alone[[column, "loss_change"]], rank) for column in ("selectivity", "norm"))
    # drops of accuracy, averaged over how many are removed: large where the important ones go first
    few = range(0, len(alone)) if len(alone) <= 32 else np.sort(np.random.default_rng(0).permutation(len(alone))[:32])
    first = hf.lesion(h, layer, few, images[:500], labels[:500], how="cumulatively", order="selectivity", **options)
    others = [
        hf.lesion(h, layer, few, images[:500], labels[:500], how="cumulatively", order="random", seed=seed, **options)
        for seed in seeds()
    ]
    chance = over_seeds([first.table["accuracy"].mean() - other.table["accuracy"].mean() for other in others])
    curves.append((f"{name} {layer}", first, others))
    rows.append({"network": name, "layer": layer, "selectivity": by_selectivity, "norm": by_norm, "order": chance})

# %%
figure, panels = plt.subplots(2, len(SUBJECTS), figsize=(3.4 * len(SUBJECTS), 6.6), layout="constrained")
for top, low, single, (title, first, others), row in zip(*panels, singles, curves, rows, strict=True):
    top.plot(single["selectivity"], 1000 * single["loss_change"], ".", color=BLUE)
    top.axhline(0, color="black", linewidth=0.8)
    top.set(xlabel="class selectivity", title=f"{title}\nρ = {row['selectivity']}")
    for other in others:
        label = "random order" if other is others[0] else None
        low.plot(other.table["removed"], 100 * other.table["accuracy"], color=GREY, linewidth=1, label=label)
    low.plot(first.table["removed"], 100 * first.table["accuracy"], color=BLUE, label="most selective first")
    low.set(xlabel="channels removed", xticks=range(0, len(first.table) + 1, 8))
panels[0, 0].set_ylabel("loss added by removing one (millinats)")
panels[1, 0].set_ylabel("accuracy (%)")
panels[1, 0].legend(frameon=False, fontsize=8)
for axes in panels.flat:
    axes.title.set_fontsize(9)
opened(*panels.flat)

# %% [markdown]
# **Limits.** Small networks; a channel's selectivity is that of its mean response over the map. Of wide layers, 32
# channels drawn at random are removed in turn, the others stay.

# %%
matter = [row["selectivity"].above and row["order"].below for row in rows]
hardly = [not row["selectivity"].above for row in rows]
verdict = "reproduced" if all(hardly) else "contradicted" if all(matter) else "in part"
says = "; ".join(
    f"{row['network']} {row['layer']}: damage by selectivity ρ = {row['selectivity']}, by norm {row['norm']}, accuracy "
    f"with the most selective removed first {100 * row['order'].value:+.0f} points against random order"
    for row in rows
)
report.write(figure, pd.concat(singles), verdict=verdict, says=says + ".", over="channels; seeds of the order")
