# %% [markdown]
# # The Neocognitron beside LeNet-5 and a modern convnet
#
# The same digits, the same distortions, the same gratings: what forty years of gradients bought, and what they did
# not. Each network is shown with its untrained twin.
#
# `python analyses/neocognitron_comparison.py --labels` also measures accuracy by the number of labelled examples
# anew (some minutes); otherwise the stored `labels.csv` is drawn.

# %%
import json
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from torch import nn

import hierfeat as hf

OUT = Path("figures/neocognitron_comparison")
OUT.mkdir(parents=True, exist_ok=True)
torch.set_num_threads(1)
COLOURS = {"neocognitron-digits": "#0072B2", "lenet5-digits": "#D55E00", "convnet-digits": "#009E73"}

# %% [markdown]
# ## The networks
# LeNet-5 and the Neocognitron come trained. The convnet (3x3, batch norm, ReLU, max pool) is trained here, on the same
# 1,437 digits and without distortions, as the Neocognitron was; LeNet-5's recipe shifts digits by up to 2 pixels.


# %%
def modern_convnet():
    layers, planes = [], 1
    for width in (16, 32, 32):
        layers += [nn.Conv2d(planes, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2)]
        planes = width
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(planes * 16, 10))


def lenet5():
    def module(below, planes):
        return [nn.Conv2d(below, planes, 5), nn.ReLU(), nn.MaxPool2d(2)]

    dense = [nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)]
    return nn.Sequential(*module(1, 6), *module(6, 16), *dense)


def fitted(make, images, labels, *, steps, seed=0):
    """Train with AdamW for so many steps of 50 images."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = make()
        optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 6e-3, total_steps=steps)
        for _ in range(steps):
            batch = torch.randint(len(images), (min(50, len(images)),))
            loss = nn.functional.cross_entropy(net(images[batch]), labels[batch], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return net.eval()


images, labels = hf.digits("train+validation")
test_images, test_labels = hf.digits("test")
convnet = fitted(modern_convnet, images, labels, steps=150)
networks = [
    hf.load("neocognitron-digits"),
    hf.load("lenet5-digits"),
    hf.Hierarchy(convnet, (1, 32, 32), name="convnet-digits"),
]
twins = [hf.untrained(h, seed=0) for h in networks]

# %% [markdown]
# ## Tolerance

# %%
subset = torch.arange(0, 360, 4)
curves = [hf.distortion_tolerance(h, test_images[subset], test_labels[subset], draws=1) for h in (*networks, *twins)]
tolerance = pd.concat([curve.table for curve in curves], ignore_index=True)
tolerance.to_csv(OUT / "tolerance.csv", index=False)
curves[0].plot(*curves[1:]).savefig(OUT / "tolerance.png", dpi=110)

# %% [markdown]
# ## From simple to complex
# F1/F0 and orientation selectivity of each conv or S-layer, and of the pool or C-layer that reads it. A pool that
# averages a rectified response over half a cycle of phase brings F1/F0 from π/2 to 1, averaging over Δ to
# (π/2)·sin(Δ/2)/(Δ/2), and a maximum over half a cycle to 0.389.

# %%
PAIRS = {
    "neocognitron-digits": [("s1", "c1"), ("s2", "c2")],
    "lenet5-digits": [("act1", "pool1"), ("act2", "pool2")],
    "convnet-digits": [("2", "3"), ("6", "7")],
}
rows = []
for h in (*networks, *twins):
    kind = h.name.replace(" (untrained)", "")
    for stage, pair in enumerate(PAIRS[kind], start=1):
        table = hf.orientation_tuning(h, layers=list(pair), permutations=1, orientations=8, frequencies=5).table
        answering = table[table.responsive]
        for role, layer in zip(("before pooling", "after pooling"), pair, strict=True):
            units = answering[answering.layer == layer]
            rows.append(
                {
                    "model": h.name,
                    "stage": stage,
                    "role": role,
                    "layer": layer,
                    "units": len(units),
                    "f1_f0": units.f1_f0.median(),
                    "gosi": units.gosi.median(),
                }
            )
tuning = pd.DataFrame(rows)
tuning.to_csv(OUT / "tuning.csv", index=False)

# %% [markdown]
# ## Sparsity
# Population sparseness (Vinje and Gallant): 0 if all units of a layer answer an image alike, 1 if one alone does.


# %%
def population_sparseness(u):
    r = u.flatten(1).clamp(min=0).double()
    n, power = r.shape[1], (r**2).mean(1)
    return float(((1 - r.mean(1) ** 2 / power.clamp(min=1e-30)) / (1 - 1 / n))[power > 0].mean())


sparse = pd.DataFrame(
    [
        {"model": h.name, "layer": name, "population_sparseness": population_sparseness(u)}
        for h in (*networks, *twins)
        for layers in [[layer for pair in PAIRS[h.name.replace(" (untrained)", "")] for layer in pair]]
        for name, u in hf.record(h, test_images[:60], layers=layers).items()
    ]
)
sparse.to_csv(OUT / "sparseness.csv", index=False)

# %% [markdown]
# ## Labelled examples
# The Neocognitron's S-layers organise themselves on all training images, which needs no label; only its top sees the
# labelled few. The others learn from the labelled few alone. scikit-learn's digits have no 10,000 examples: that
# column is MNIST's.

# %%


def accuracy(net, images, labels):
    with torch.no_grad():
        return float((torch.cat([net(part) for part in images.split(250)]).argmax(1) == labels).float().mean())


def by_labels(data, images, labels, test_images, test_labels, sizes, steps):
    h, found = networks[0] if data == "digits" else hf.load("neocognitron-mnist"), []
    for n in sizes:
        own, names = images[:n], labels[:n]
        found.append((data, n, "neocognitron-digits", accuracy(h.model.with_top(own, names), test_images, test_labels)))
        for name, make in (("lenet5-digits", lenet5), ("convnet-digits", modern_convnet)):
            found.append((data, n, name, accuracy(fitted(make, own, names, steps=steps), test_images, test_labels)))
    return found


if "--labels" in sys.argv or not (OUT / "labels.csv").exists():
    measured = by_labels("digits", images, labels, test_images, test_labels, (10, 100, 1000), 120)
    if "--labels" in sys.argv:
        big, names = hf.mnist("train", size=32)
        small, small_names = hf.mnist("test", size=32)
        measured += by_labels("mnist", big, names, small[:2000], small_names[:2000], (10, 100, 1000, 10000), 600)
    pd.DataFrame(measured, columns=["data", "labels", "model", "accuracy"]).to_csv(OUT / "labels.csv", index=False)
few = pd.read_csv(OUT / "labels.csv")

# %% [markdown]
# ## One figure

# %%
figure, axes = plt.subplots(2, 3, figsize=(11.5, 6.6))
for axis, distortion in zip(axes.flat, ("shift", "rotation", "noise"), strict=False):
    for h in networks:
        part = tolerance[(tolerance.model == h.name) & (tolerance.distortion == distortion)]
        axis.plot(part.amount, 100 * part.accuracy, marker="o", ms=4, color=COLOURS[h.name], label=h.name)
    axis.set(xlabel=f"{distortion} ({part.unit.iloc[0]})", ylabel="read right (%)", ylim=(0, 103))
for axis, column, label in ((axes[1, 0], "f1_f0", "median F1/F0"), (axes[1, 1], "gosi", "median global OSI")):
    for h in (*networks, *twins):
        base, untrained = h.name.replace(" (untrained)", ""), "untrained" in h.name
        part = tuning[tuning.model == h.name]
        axis.plot(range(4), part[column], marker="o", ms=4, color=COLOURS[base], ls=":" if untrained else "-")
    axis.set_xticks(range(4), ["S1\nconv1", "C1\npool1", "S2\nconv2", "C2\npool2"])
    axis.set_ylabel(label)
axes[1, 0].axhline(np.pi / 2, color="0.5", lw=0.8)
axes[1, 0].text(3.1, np.pi / 2, "π/2", fontsize=8, va="bottom", ha="right", color="0.4")
axes[1, 0].axhline(1, color="0.5", lw=0.8, ls="--")
for model, part in few[few["data"] == "digits"].groupby("model"):
    axes[1, 2].semilogx(part["labels"], 100 * part.accuracy, marker="o", ms=4, color=COLOURS[model])
axes[1, 2].set(xlabel="labelled examples", ylabel="read right (%)", ylim=(0, 103))
for axis in axes.flat:
    axis.grid(alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
handles = axes[0, 0].get_legend_handles_labels()
figure.legend(*handles, loc="upper center", ncols=3, frameon=False, title="solid: trained; dotted: untrained twin")
figure.tight_layout(rect=(0, 0, 1, 0.91))
figure.savefig(OUT / "comparison.png", dpi=110)
(OUT / "provenance.json").write_text(json.dumps([curve.provenance for curve in curves], indent=1) + "\n")
plt.close("all")

# %%
at = tolerance.set_index(["model", "distortion", "amount"]).accuracy
mean = tolerance[tolerance.model.isin(COLOURS)].pivot_table("accuracy", "distortion", "model")
won = [name for name in mean.index if mean.loc[name].idxmax() == "neocognitron-digits"]
lost = [name for name in mean.index if name not in won]
ten = few[(few["data"] == "digits") & (few["labels"] == 10)].set_index("model").accuracy
plain = ", ".join(f"{h.name} {at[h.name, 'shift', 0]:.1%}" for h in networks)
print(
    f"Undistorted: {plain}. Averaged over the amounts "
    f"shown, the Neocognitron is ahead of both trained networks on {', '.join(won) or 'nothing'} and behind at least "
    f"one on {', '.join(lost) or 'nothing'}: "
    + "; ".join(f"{name} {', '.join(f'{m} {v:.0%}' for m, v in mean.loc[name].items())}" for name in mean.index)
    + f". With ten labelled digits: {', '.join(f'{m} {v:.0%}' for m, v in ten.items())}."
)
