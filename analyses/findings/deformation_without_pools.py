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
from _report import BLUE, GREY, POOLS, Report, bootstrap, judged, last_map, marks, opened, over_seeds, seeds

import hierfeat as hf

report = Report(
    "deformation_without_pools", "Pooling gives stability to deformation before training, not after; smooth filters do",
    "Ruderman et al. 2018, arXiv:1804.04438",
)  # fmt: skip
POOLED = ("max", "average", "L2", "blurred max")
images = hf.fashion_mnist("test")[0][:300]
with torch.random.fork_rng():
    torch.manual_seed(0)
    deformed = hf.distort(images, hf.Distortion(elastic=1.5))


def stability(h):
    """Of each image, at the last layer before the dense ones."""
    layer = last_map(h)
    own, moved = (hf.record(h, those, layers=layer)[layer].flatten(1) for those in (images, deformed))
    return (1 - (own - moved).norm(dim=1) / (own - own.roll(1, 0)).norm(dim=1)).numpy()


def smoothness(h):
    """The mean product of neighbouring weights of the second convolution, over their mean square."""
    w = hf.filters(h, "conv2").kernels
    beside = (w[..., 1:] * w[..., :-1]).mean() + (w[..., 1:, :] * w[..., :-1, :]).mean()
    return float(beside / 2 / (w**2).mean())


# %%
rows, trained, twins = [], {}, {}
for name, pooling in POOLS.items():
    h = hf.load(name)
    trained[pooling] = stability(h)
    twins = {seed: hf.untrained(h, seed=seed) for seed in seeds()}
    for seed, net in {np.nan: h, **twins}.items():
        rows.append({"pooling": pooling, "state": "trained" if net is h else "untrained", "seed": seed,
                     "stability": stability(net).mean(), "smoothness": smoothness(net)})  # fmt: skip
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
places, random_ones = np.arange(len(POOLS)), [over_seeds(random[pooling]) for pooling in POOLS.values()]
marks(left, places + 0.12, map(bootstrap, trained.values()), color=BLUE, linestyle="", label="trained")
marks(left, places - 0.12, random_ones, color=GREY, linestyle="", label="untrained, five seeds")
left.set_xticks(places, POOLS.values(), rotation=20)
left.set(ylabel="stability to deformation", xlabel="pools", title="The last stage")
for state, colour in (("untrained", GREY), ("trained", BLUE)):
    some = table[table["state"] == state]
    right.plot(some["smoothness"], some["stability"], "o", color=colour, label=state)
beside = {"L2": (-20, -4), "max": (-30, 4), "average": (6, -1), "strided": (5, -13)}
for pooling, row in own.iterrows():
    at, shifted = (row["smoothness"], row["stability"]), beside.get(pooling, (6, 3))
    right.annotate(pooling, at, xytext=shifted, textcoords="offset points")
right.set(xlabel="smoothness of the second kernels (0: none)", ylabel="stability to deformation", xlim=(-0.05, 0.75))
right.set_title("Smooth filters")
left.legend(frameon=False)
right.legend(frameon=False, loc="upper right")
opened(left, right)

# %% [markdown]
# **Limits.** One trained network of each kind; two stages; kernels of 5 × 5 pixels, which are smooth or not within
# little room. Whether smoothness is the cause would take networks whose filters are made smooth. The comparison, with
# strides in place of no pools, was chosen after the first numbers were seen.
#
# **Verdict.** Pools add to stability before training, and after it less than half as much; training makes the second
# kernels smoother, and the networks stabler. Reproduced if all four hold.

# %%
gained = over_seeds(own["stability"] - random.mean()[own.index])
verdict = judged(before.over(0), after.under(before.value / 2), smoother.over(0), gained.over(0))
says = (
    f"Against strides in their place, pools add {before} to stability before training and {after} after it (against no "
    f"subsampling, with maps of 24 × 24 in place of 5 × 5, {finer}). Training makes the second kernels smoother by "
    f"{smoother}, and yet changes stability by {gained}."
)
report.write(figure, table, verdict=verdict, says=says, over="seeds of the untrained; images; networks")
