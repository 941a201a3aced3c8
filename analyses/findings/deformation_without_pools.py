# %% [markdown]
# # It is not pooling that makes trained networks stable to deformation
#
# **Claim.** Pooling makes networks stable to deformation at their birth, but not after training: networks with and
# without pools end up alike, and it is the smoothness of learned filters that makes them so (Ruderman, Rabinowitz,
# Morcos & Zoran 2018).
#
# **Measured.** Fashion-MNIST test images are deformed smoothly (elastic, 1.5 pixels). Stability of the last
# convolutional stage: 1 less the mean distance of its answers to an image and to its deformation, over that to another
# image. Siblings of one network, which differ in their pools (strides in their place leave maps of the same size); and
# the smoothness of their second kernels: the cosine of neighbouring weights.
#
# **Control.** The untrained twin of each, five seeds.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from _report import BLUE, GREY, Report, bootstrap, opened, over_seeds, seeds

import hierfeat as hf

report = Report(
    "deformation_without_pools", "Pooling gives stability to deformation before training, not after; smooth filters do",
    "Ruderman et al. 2018, arXiv:1804.04438",
)  # fmt: skip
SIBLINGS = {"lenet5-fashion": "max", "lenet5-fashion-average-pool": "average", "lenet5-fashion-l2-pool": "L2",
            "lenet5-fashion-blurred-max-pool": "blurred max", "lenet5-fashion-strided": "strided",
            "lenet5-fashion-no-pool": "none"}  # fmt: skip
POOLED = ("max", "average", "L2", "blurred max")
images = hf.fashion_mnist("test")[0][:300]
with torch.random.fork_rng():
    torch.manual_seed(0)
    deformed = hf.distort(images, hf.Distortion(elastic=1.5))


def stability(h):
    """Of each image, at the last layer before the dense ones."""
    layer = [
        layer.name for layer in h.layers if layer.kind in ("conv", "activation", "pool") and len(layer.out_shape) > 1
    ][-1]
    own, moved = (hf.record(h, those, layers=layer)[layer].flatten(1) for those in (images, deformed))
    return (1 - (own - moved).norm(dim=1) / (own - own.roll(1, 0)).norm(dim=1)).numpy()


def smoothness(h):
    """The mean product of neighbouring weights of the second convolution, over their mean square."""
    w = hf.filters(h, "conv2").kernels
    beside = (w[..., 1:] * w[..., :-1]).mean() + (w[..., 1:, :] * w[..., :-1, :]).mean()
    return float(beside / 2 / (w**2).mean())


# %%
rows, trained, twins = [], {}, {}
for name, pooling in SIBLINGS.items():
    h = hf.load(name)
    trained[pooling] = stability(h)
    rows.append(
        {"pooling": pooling, "state": "trained", "stability": trained[pooling].mean(), "smoothness": smoothness(h)}
    )
    for seed in seeds():
        twin = hf.untrained(h, seed=seed)
        found = {"stability": stability(twin).mean(), "smoothness": smoothness(twin)}
        rows.append({"pooling": pooling, "state": "untrained", "seed": seed, **found})
table = pd.DataFrame(rows)

# %%
random = table[table["state"] == "untrained"].pivot_table(index="seed", columns="pooling", values="stability")
before = over_seeds(random[list(POOLED)].mean(axis=1) - random["strided"])
pooled = np.mean([trained[name] for name in POOLED], axis=0)
after, finer = (bootstrap(pooled - trained[name]) for name in ("strided", "none"))
own = table[table["state"] == "trained"].set_index("pooling")
smoother = over_seeds(own["smoothness"] - table[table["state"] == "untrained"].groupby("pooling")["smoothness"].mean())

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(10.4, 4.3), layout="constrained")
for place, pooling in enumerate(SIBLINGS.values()):
    one, many = bootstrap(trained[pooling]), random[pooling]
    left.errorbar(
        place + 0.12,
        one.value,
        yerr=one.arms,
        color=BLUE,
        marker="o",
        capsize=3,
        label="trained" if not place else None,
    )
    left.plot([place - 0.12] * len(many), many, ".", color=GREY, label="untrained, a dot a seed" if not place else None)
left.set_xticks(range(len(SIBLINGS)), SIBLINGS.values(), rotation=20)
left.set(ylabel="stability to deformation", xlabel="pools", title="The last stage")
for state, colour in (("untrained", GREY), ("trained", BLUE)):
    some = table[table["state"] == state]
    right.plot(some["smoothness"], some["stability"], "o", color=colour, label=state)
for pooling, row in own.iterrows():
    right.annotate(
        pooling, (row["smoothness"], row["stability"]), xytext=(5, 4), textcoords="offset points", fontsize=8
    )
right.set(
    xlabel="smoothness of the second kernels (0: none)", ylabel="stability to deformation", title="Smooth filters"
)
left.legend(frameon=False)
right.legend(frameon=False, loc="lower right")
opened(left, right)

# %% [markdown]
# **Limits.** One trained network of each kind; two stages; kernels of 5 × 5 pixels, which are smooth or not within
# little room. Whether smoothness is the cause would take networks whose filters are made smooth. The comparison, with
# strides in place of no pools, was chosen after the first numbers were seen.

# %%
gained = over_seeds(own["stability"] - random.mean()[own.index])
first, gone, smooth = before.above, after.high < before.value / 2, smoother.above and gained.above
verdict = "reproduced" if first and gone and smooth else "in part" if first or gone else "contradicted"
says = (
    f"Against strides in their place, pools add {before} to stability before training and {after} after it (against no "
    f"subsampling, with maps of 24 × 24 in place of 5 × 5, {finer}). Training makes the second kernels smoother by "
    f"{smoother}, and yet changes stability by {gained}."
)
report.write(figure, table, verdict=verdict, says=says, over="seeds of the untrained; images; networks")
