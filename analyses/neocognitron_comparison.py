# %% [markdown]
# # The Neocognitron beside LeNet-5 and a modern convnet
#
# The same digits, the same distortions, the same gratings: what forty years of gradients bought, and what they did
# not. Each network is shown with its untrained twin.
#
# `python analyses/neocognitron_comparison.py --labels` also measures accuracy by the number of labelled examples
# anew, on MNIST too (some minutes); otherwise the stored `labels.csv` is drawn.

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
SHORT = {"neocognitron-digits": "Neocognitron", "lenet5-digits": "LeNet-5", "convnet-digits": "convnet"}

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
    hf.Hierarchy(convnet, (1, 32, 32), mean=[0], std=[1], name="convnet-digits"),
]
twins = [hf.untrained(h, seed=0) for h in networks]

# %% [markdown]
# ## Tolerance

# %%
subset = torch.arange(0, 360, 4)
curves = [hf.distortion_tolerance(h, test_images[subset], test_labels[subset], draws=1) for h in (*networks, *twins)]
tolerance = pd.concat([curve.table for curve in curves], ignore_index=True)
tolerance.to_csv(OUT / "tolerance.csv", index=False)
picture = curves[0].plot(*curves[1:])
picture.savefig(OUT / "tolerance.png", dpi=110)
picture

# %% [markdown]
# ## From simple to complex
# F1/F0 and orientation selectivity of each conv or S-layer, and of the pool or C-layer that reads it, beside the law of
# pooling: a rectified sinusoid, seen by the pool's window at the unit's best grating, and pooled as the layer pools. (A
# flat window over half a cycle brings F1/F0 from π/2 to 1, a maximum to 0.389; a C-cell's window is a Gaussian, and its
# square root brings F1/F0 down further.) Responses that a threshold has sharpened start above π/2 and
# stay above the law.

# %%
PAIRS = {
    "neocognitron-digits": [("s1", "c1"), ("s2", "c2")],
    "lenet5-digits": [("act1", "pool1"), ("act2", "pool2")],
    "convnet-digits": [("2", "3"), ("6", "7")],
}
PHASES = np.arange(64) * 2 * np.pi / 64


def kind_of(h):
    return h.name.replace(" (untrained)", "")


def f1_f0(response):
    """2|first harmonic| / mean, over one cycle of phases on the last axis."""
    wave = np.fft.rfft(response, axis=-1)
    return 2 * np.abs(wave[..., 1]) / np.abs(wave[..., 0])


def law(h, pool, units, step):
    """F1/F0 of each unit if what its pool reads were rectified sinusoids, `step` pixels apart."""
    cells = h.model.get_submodule(pool)
    size = int(np.ravel(cells.kernel_size)[0])
    place = (np.arange(size) - (size - 1) / 2) * step
    angle, turn = (units[name].to_numpy()[:, None, None] for name in ("shown_orientation", "shown_frequency"))
    angle = np.deg2rad(angle)
    along = 2 * np.pi * turn * (place[:, None] * np.cos(angle) + place * np.sin(angle))
    waves = np.cos(along.reshape(len(units), -1, 1) + PHASES).clip(0)
    if not hasattr(cells, "window"):
        return f1_f0(waves.max(1))
    return f1_f0(np.sqrt(np.einsum("w,nwp->np", cells.window.numpy().ravel(), waves)))


by_unit = []
for h in (*networks, *twins):
    strides = hf.receptive_fields(h).table.set_index("layer").stride_h
    pairs = PAIRS[kind_of(h)]
    names = [layer for pair in pairs for layer in pair]
    tuned = hf.orientation_tuning(h, layers=names, orientations=8, frequencies=5).table
    for stage, (below, pool) in enumerate(pairs, start=1):
        for role, layer in (("before pooling", below), ("after pooling", pool)):
            units = tuned[tuned.responsive & (tuned.layer == layer)][["layer", "channel", "f1_f0", "gosi"]]
            shown = tuned.loc[units.index]
            predicted = law(h, pool, shown, float(strides[below])) if layer == pool else np.nan
            by_unit.append(units.assign(model=h.name, stage=stage, role=role, predicted_f1_f0=predicted))
by_unit = pd.concat(by_unit, ignore_index=True)
keys = ["model", "stage", "role", "layer"]
by_unit.dropna().to_csv(OUT / "pooling_law.csv", index=False)
tuning = by_unit.groupby(keys, sort=False)[["f1_f0", "predicted_f1_f0", "gosi"]].median()
tuning = tuning.join(by_unit.groupby(keys, sort=False).size().rename("units")).reset_index()
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
        for layers in [[layer for pair in PAIRS[kind_of(h)] for layer in pair]]
        for name, u in hf.record(h, test_images[:60], layers=layers).items()
    ]
)
sparse.to_csv(OUT / "sparseness.csv", index=False)

# %% [markdown]
# ## Labelled examples
# The Neocognitron's S-layers organise themselves on all training images, which needs no label; only its top sees the
# labelled few: an interpolating vector with at most 50 references a class, on MNIST 200. (With all 60,000 labels and a
# linear top, `neocognitron-mnist` reads more.) The others learn from the labelled few alone. scikit-learn's digits have
# no 10,000 examples: that column is MNIST's, measured on the first 2,000 test images. Each number is one draw:
# the first n labels.

# %%


def accuracy(net, images, labels):
    with torch.no_grad():
        return float((torch.cat([net(part) for part in images.split(250)]).argmax(1) == labels).float().mean())


def by_labels(data, cells, own, images, labels, sizes, steps):
    """Rows of accuracy: `cells` is the Neocognitron and `own` its images; both are (training, test)."""
    found = []
    for n in sizes:
        top = cells.model.with_top(own[0][:n], labels[0][:n])
        found.append((data, n, "Neocognitron", accuracy(top, own[1], labels[1])))
        for name, make in (("LeNet-5", lenet5), ("convnet", modern_convnet)):
            net = fitted(make, images[0][:n], labels[0][:n], steps=steps)
            found.append((data, n, name, accuracy(net, images[1], labels[1])))
    return found


if "--labels" in sys.argv or not (OUT / "labels.csv").exists():
    both, names = (images, test_images), (labels, test_labels)
    measured = by_labels("digits", networks[0], both, both, names, (10, 100, 1000), 120)
    if "--labels" in sys.argv:
        (big, names), (small, small_names) = (hf.mnist(part, size=32) for part in ("train", "test"))
        own = [hf.mnist(part)[0][:n] for part, n in (("train", 10000), ("test", 2000))]
        both, names = (big[:10000], small[:2000]), (names[:10000], small_names[:2000])
        cells = hf.load("neocognitron-mnist")
        measured += by_labels("mnist", cells, own, both, names, (10, 100, 1000, 10000), 400)
    pd.DataFrame(measured, columns=["data", "labels", "model", "accuracy"]).to_csv(OUT / "labels.csv", index=False)
few = pd.read_csv(OUT / "labels.csv")

# %% [markdown]
# ## One figure

# %%
STAGES = ["S1\nconv1", "C1\npool1", "S2\nconv2", "C2\npool2"]
figure, axes = plt.subplots(2, 4, figsize=(12.6, 6.2))
for axis, distortion in zip(axes[0], ("shift", "rotation", "noise"), strict=False):
    for h in networks:
        part = tolerance[(tolerance.model == h.name) & (tolerance.distortion == distortion)]
        axis.plot(part.amount, 100 * part.accuracy, marker="o", ms=4, color=COLOURS[h.name], label=SHORT[h.name])
    axis.set(title=f"read after {distortion}", xlabel=part.unit.iloc[0], ylabel="right (%)", ylim=(0, 103))
by_short = {SHORT[name]: colour for name, colour in COLOURS.items()}
for (data, model), part in few.groupby(["data", "model"]):
    style = {"ls": "-" if data == "digits" else "--", "mfc": None if data == "digits" else "white"}
    axes[0, 3].semilogx(part["labels"], 100 * part.accuracy, marker="o", ms=4, color=by_short[model], **style)
axes[0, 3].set(title="learned from few labels", xlabel="labelled examples", ylabel="right (%)", ylim=(0, 103))
axes[0, 3].text(0.97, 0.06, "solid: 8x8 digits\ndashed: MNIST", transform=axes[0, 3].transAxes, ha="right")
panels = (
    (axes[1, 0], tuning, "f1_f0", "phase sensitivity", "median F1/F0"),
    (axes[1, 2], tuning, "gosi", "orientation selectivity", "median global OSI"),
    (axes[1, 3], sparse, "population_sparseness", "sparseness", "population sparseness"),
)
for axis, table, column, title, label in panels:
    for h in (*networks, *twins):
        line = ":" if "untrained" in h.name else "-"
        axis.plot(table[table.model == h.name][column].to_numpy(), marker="o", ms=4, color=COLOURS[kind_of(h)], ls=line)
    axis.set_xticks(range(4), STAGES)
    axis.set(title=title, ylabel=label, ylim=(0, None))
for value in (np.pi / 2, 1):
    axes[1, 0].axhline(value, color="0.6", lw=0.8, zorder=0)
for h in networks:
    units = by_unit[(by_unit.model == h.name) & (by_unit.role == "after pooling")]
    for stage, marker in ((1, "o"), (2, "x")):
        at = units[units.stage == stage]
        axes[1, 1].scatter(at.predicted_f1_f0, at.f1_f0, s=14, marker=marker, color=COLOURS[h.name], alpha=0.6, lw=0.9)
axes[1, 1].plot([0, 2], [0, 2], color="0.6", lw=0.8, zorder=0)
axes[1, 1].text(0.04, 0.9, "o  first pool\nx  second pool", transform=axes[1, 1].transAxes, va="center")
axes[1, 1].set(title="the law of pooling", xlabel="F1/F0 by the law", ylabel="F1/F0 measured", ylim=(0, 2.05))
for axis in axes.flat:
    axis.grid(alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
handles = axes[0, 0].get_legend_handles_labels()
figure.legend(*handles, loc="upper center", ncols=3, frameon=False, title="below: dotted lines are untrained twins")
figure.tight_layout(rect=(0, 0, 1, 0.91))
figure.savefig(OUT / "comparison.png", dpi=80)
(OUT / "provenance.json").write_text(json.dumps([curve.provenance for curve in curves], indent=1) + "\n")

# %%
at = tolerance.set_index(["model", "distortion", "amount"]).accuracy
mean = tolerance[tolerance.model.isin(COLOURS)].pivot_table("accuracy", "distortion", "model")[list(COLOURS)]
won = [name for name in mean.index if mean.loc[name].idxmax() == "neocognitron-digits"]
beaten = [name for name in mean.index if mean.loc[name].idxmin() == "neocognitron-digits"]


def listed(values, form):
    return ", ".join(f"{SHORT.get(model, model)} {value:{form}}" for model, value in values.items())


print(
    f"Undistorted: {listed({h.name: at[h.name, 'shift', 0] for h in networks}, '.1%')}. "
    "Averaged over the amounts shown, "
    f"the Neocognitron is ahead of both on {', '.join(won) or 'nothing'} and behind both on "
    f"{', '.join(beaten) or 'nothing'}: " + "; ".join(f"{name} {listed(mean.loc[name], '.0%')}" for name in mean.index)
)
for data, part in few.groupby("data"):
    rows = part.pivot_table("accuracy", "labels", "model")[list(by_short)]
    ahead = [str(n) for n in rows.index if rows.loc[n].idxmax() == "Neocognitron"]
    print(
        f"Labels, {data}: "
        + "; ".join(f"{n} {listed(rows.loc[n], '.1%')}" for n in rows.index)
        + f". The Neocognitron leads at {' and '.join(ahead) or 'no number of'} labels."
    )
for (model, stage), part in tuning.groupby(["model", "stage"], sort=False):
    before, after = part.set_index("role").loc[["before pooling", "after pooling"]].itertuples()
    print(
        f"{model}, stage {stage}: F1/F0 {before.f1_f0:.2f} to {after.f1_f0:.2f} (law {after.predicted_f1_f0:.2f}), "
        f"global OSI {before.gosi:.2f} to {after.gosi:.2f}, {after.units} pooling units answer gratings"
    )
print(sparse.pivot_table("population_sparseness", "model", "layer").round(2).to_string(na_rep=""))
