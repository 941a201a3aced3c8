# %% [markdown]
# # Class-selective units matter no more than others
#
# **Claim.** A unit's class selectivity says little about how much the network needs it: removing selective units harms
# no more than removing others (Morcos, Barrett, Rabinowitz & Botvinick 2018, section 3.4 and figure 6).
#
# **Measured.** Each channel of a layer is removed (set to zero) by itself, and the loss on 1,000 test images (of the
# digits 300) is compared with the intact network's. The rank correlation of this damage with the channel's selectivity,
# for each layer; also of LeNet-5 of 1998 and of a Neocognitron's second S-cells, which read digits. Then channels are
# removed one after the other, the most selective first, beside five random orders.
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
    ("convnet-fashion", "relu5", "conv5"), ("lenet5-mnist", "squash3", "C3"), ("neocognitron-mnist", "s2", "s2"),
)  # fmt: skip


def rank(rows):
    return spearmanr(rows[:, 0], rows[:, 1]).statistic


def drawn(count, most):
    """All channels of a layer, or as many as are removed of a wide one, drawn at random."""
    return np.sort(np.random.default_rng(0).permutation(count)[:most])


# %%
singles, cumulative, curves, rows = [], [], [], []
for name, layer, conv in SUBJECTS:
    h, options = hf.load(name), {"progress": False, "batch_size": 500}
    data, shown = (hf.mnist, 300) if "mnist" in name else (hf.fashion_mnist, 1000)
    images, labels = (part[:shown] for part in data("test", size=h.input_shape[-1]))
    count = h.layers[layer].out_shape[0]
    alone = hf.lesion(h, layer, drawn(count, 128 if shown == 1000 else 64), images, labels, **options).table
    selective = hf.class_selectivity(h, images, labels, layers=layer, permutations=1, progress=False).table
    norms = np.abs(hf.filters(h, conv).kernels).sum((1, 2, 3))
    alone = alone.assign(network=name, selectivity=selective["selectivity"].fillna(0).to_numpy()[alone["channel"]])
    singles.append(alone.assign(norm=norms[alone["channel"]], order="alone"))
    by_selectivity, by_norm = (bootstrap(singles[-1][[x, "loss_change"]], rank) for x in ("selectivity", "norm"))
    # drops of accuracy, averaged over how many are removed: large where the important ones go first
    given = h, layer, drawn(count, 32), images[: shown // 2], labels[: shown // 2]
    options |= {"how": "cumulatively"}
    first = hf.lesion(*given, order="selectivity", **options)
    others = [hf.lesion(*given, order="random", seed=seed, **options) for seed in seeds()]
    order = over_seeds([100 * (first.table["accuracy"] - other.table["accuracy"]).mean() for other in others])
    curves.append((f"{name}\n{layer}", first, others))
    turns = {"selectivity": first, **{f"random {seed}": other for seed, other in enumerate(others)}}
    kept = [turn.table[["layer", "channel", "removed", "accuracy"]].assign(order=how) for how, turn in turns.items()]
    cumulative.append(pd.concat(kept).assign(network=name))
    rows.append({"name": f"{name} {layer}", "selectivity": by_selectivity, "norm": by_norm, "order": order})

# %%
figure, panels = plt.subplots(2, len(SUBJECTS), figsize=(13, 6.4), layout="constrained")
for top, low, single, (title, first, others), row in zip(*panels, singles, curves, rows, strict=True):
    top.plot(single["selectivity"], 1000 * single["loss_change"], ".", color=BLUE)
    top.axhline(0, color="black", linewidth=0.8)
    top.set_xlabel("class selectivity")
    top.set_title(f"{title}\nρ = {row['selectivity']}", fontsize=10)
    for other in others:
        label = "random order" if other is others[0] else None
        low.plot(other.table["removed"], 100 * other.table["accuracy"], color=GREY, linewidth=1, label=label)
    low.plot(first.table["removed"], 100 * first.table["accuracy"], color=BLUE, label="most selective\nfirst")
    low.set(xlabel="channels removed", ylim=(0, 102))
panels[0, 0].set_ylabel("loss added by removing\none (millinats)")
panels[1, 0].set_ylabel("accuracy (%)")
panels[1, 3].legend(frameon=False, loc="lower left")
opened(*panels.flat)

# %% [markdown]
# **Limits.** Small networks; a channel's selectivity is that of its mean response over the map, rectified. Of wide
# layers, channels drawn at random are removed: 32 in turn, and of the Neocognitron's 256 cells 64 by themselves. An
# interval that holds 0 may hide a weak correlation, above all where channels are few. The rule is that of the first
# four layers, to which LeNet-5 of 1998 and the Neocognitron were added before their numbers were seen.
#
# **Verdict.** A clause for each layer: the correlation of damage with selectivity is not above 0 (its interval reaches
# 0 or lies below). Reproduced if all hold, contradicted if none does.

# %%
verdict = judged(*(not row["selectivity"].above for row in rows))
says = "; ".join(
    f"{row['name']}: damage by selectivity ρ = {row['selectivity']}, by norm {row['norm']}, accuracy with the most "
    f"selective removed first {row['order']:.1f} points from that in random order"
    for row in rows
)
numbers = pd.concat([*singles, *cumulative])
report.write(figure, numbers, verdict=verdict, says=says + ".", over="channels; seeds of the order")
