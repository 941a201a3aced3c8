# %% [markdown]
# # Hubel and Wiesel on a CNN
#
# Gratings for every unit of every layer, a slit of light swept across the field of one, kernels beside their Gabor
# fits, and the question of 1962: does pooling turn simple cells into complex ones? And if it does, is it learned?
#
# The ImageNet SqueezeNet (torchvision's `squeezenet1_0`) is examined too where its weights are: in torchvision's own
# cache, in the file that the first argument names, or in the one that `HIERFEAT_SQUEEZENET` names.

# %%
import os
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from _gallery import Gallery

import hierfeat as hf

gallery = Gallery("hubel_wiesel", colours=128, dpi=110)

# %% [markdown]
# ## The subjects
# Each beside its untrained twin, the control.

# %%
subjects = {"lenet5-digits": hf.load("lenet5-digits")}
convnets = [name for name in hf.list_models() if "cifar" in name]
if convnets:
    subjects[convnets[0]] = hf.load(convnets[0])
cached = next(Path(torch.hub.get_dir(), "checkpoints").glob("squeezenet1_0-*.pth"), None)
named = sys.argv[1] if len(sys.argv) > 1 and Path(sys.argv[1]).is_file() else os.environ.get("HIERFEAT_SQUEEZENET")
if named or cached:
    subjects["squeezenet"] = hf.load("torchvision:squeezenet1_0", weights=named or cached)
twins = {name: hf.untrained(h, seed=0) for name, h in subjects.items()}
layers = dict.fromkeys(subjects, ("conv", "activation", "pool"))
layers["squeezenet"] = (
    "features.0",
    "features.1",
    "features.2",
    "features.3.cat",
    "features.6",
    "features.11",
    "features.12.cat",
)
# 224 pixels take their time: fewer gratings there
counts = {"squeezenet": {"orientations": 16, "frequencies": 6, "phases": 8}}

# %% [markdown]
# ## Tuning: orientation, frequency, F1/F0
# Sine gratings fill the image; one pass serves all layers. Small fields prefer an orientation whatever their weights;
# `beyond_twin` is the share of units more selective than 95 % of the untrained twin's in their layer.

# %%
tunings, tables, summaries = {}, [], []
for name, h in subjects.items():
    options = {"layers": layers[name], **counts.get(name, {})}
    tunings[name] = hf.orientation_tuning(h, **options)
    twin = hf.orientation_tuning(twins[name], **options)
    for label, found in ((name, tunings[name]), (f"{name}, untrained", twin)):
        tables.append(found.table.assign(model=label))
        rare = (found.p_against(twin) < 0.05)[found.table.responsive].groupby(found.table.layer).mean()
        summaries.append(found.summary.assign(model=label).join(rare.rename("beyond_twin"), on="layer"))
    picture = gallery.save(f"{name}_tuning_summary", tunings[name].plot_summary(), tunings[name])
    gallery.save(f"{name}_untrained_tuning_summary", twin.plot_summary(), twin)
    first = tunings[name].table.layer[0]
    gallery.save(f"{name}_polar", tunings[name].plot(first), tunings[name])
table = pd.concat(tables, ignore_index=True)
kept = [
    "model",
    "layer",
    "channel",
    "response_type",
    "cell_type",
    "preferred_orientation",
    "preferred_frequency",
    "at_edge",
    "osi",
    "gosi",
    "f1_f0",
]
table[kept].to_csv(gallery.folder / "tuning.csv", index=False, float_format="%.4g")
summary = pd.concat(summaries).set_index(["model", "layer"])
summary.to_csv(gallery.folder / "summary.csv", float_format="%.5g")
print(summary.round(2).to_string())
picture

# %% [markdown]
# ## The plate: a slit sweeps across a unit's field
# The best-tuned unit of LeNet-5's first layer, and of its first pool.

# %%
lenet = subjects["lenet5-digits"]
rows = tunings["lenet5-digits"].table
for layer in ("conv1", "pool1"):
    unit = rows[(rows.layer == layer) & rows.responsive].sort_values("osi").channel.iloc[-1]
    sweep = hf.bar_sweep(lenet, layer, int(unit))
    picture = gallery.save(f"plate_{layer}", sweep.plot(), sweep)
    sweep.table.to_csv(gallery.folder / f"plate_{layer}.csv", index=False, float_format="%.5g")
    if layer == "conv1":
        hf.bar_sweep(lenet, layer, int(unit), orientations=4, steps=25).animate(gallery.folder / "plate_conv1.gif")
picture

# %% [markdown]
# ## Fields mapped by hand, and effective fields

# %%
unit = int(rows[rows.layer == "conv1"].sort_values("osi").channel.iloc[-1])
for probe in ("spot", "bar", "noise"):
    field = hf.map_field(lenet, "conv1", unit, probe=probe)
    picture = gallery.save(f"field_{probe}", field.plot(), field, colours=None)
picture

# %%
images, _ = hf.digits(split="test")
effective = hf.effective_field(lenet, images[:64], "conv2")
picture = gallery.save("effective_field_conv2", effective.plot(), effective, colours=None)
effective.table.to_csv(gallery.folder / "effective_field_conv2.csv", index=False, float_format="%.5g")
picture

# %% [markdown]
# ## First-layer kernels and their Gabor fits

# %%
for name, h in subjects.items():
    kernels = hf.filters(h, next(layer.name for layer in h.layers if layer.kind == "conv"))
    gallery.save(f"{name}_filters", kernels.plot(), kernels, colours=None)  # a palette would falsify colour kernels
    gallery.save(f"{name}_gabors", kernels.plot_fits(), kernels)
    gallery.save(f"{name}_opposites", kernels.plot_pairs(), kernels, colours=None)
    kernels.table.to_csv(gallery.folder / f"{name}_filters.csv", index=False, float_format="%.5g")
deep = hf.filters(lenet, "conv2")
gallery.save("lenet5-digits_conv2", deep.plot(), deep)

# %% [markdown]
# ## S-cells and C-cells
# Each pool beside the layer it reads, in the trained network and in its untrained twin.

# %%
answers = []
for name, h in subjects.items():
    for state, subject in (("trained", h), ("untrained", twins[name])):
        pairs = hf.cell_pairs(subject, **counts.get(name, {}))
        gallery.save(f"{name}_pairs" if state == "trained" else f"{name}_untrained_pairs", pairs.plot(), pairs)
        gallery.provenance.setdefault("simple_to_complex", []).append(pairs.provenance)
        answers.append(pairs.table.assign(model=name, state=state))
    answers[-2].to_csv(gallery.folder / f"{name}_pairs.csv", index=False, float_format="%.4g")
simple = pd.concat(answers, ignore_index=True).query("cell_type_before == 'simple'")
simple = simple.assign(steady=simple.f1_f0_after < 1, complex=simple.cell_type_after == "complex")

# %% [markdown]
# ## The answer
# Of the simple units that a pool reads, how many answer steadily behind it, with an F1/F0 below 1? They are complex
# cells if they are still tuned. The law knows nothing of weights: it gives a pool's F1/F0 from the range of phases that
# the pool sees.

# %%
columns = ["f1_f0_before", "f1_f0_after", "predicted_f1_f0", "tolerance_before", "tolerance_after"]
columns += ["gosi_before", "gosi_after", "phase_window"]


def summed_up(by):
    """Counts, and medians of the numbers before and after the pool, of the simple units."""
    groups = simple.groupby(by, sort=False)
    counted = groups.agg(simple=("steady", "size"), steady=("steady", "sum"), complex=("complex", "sum"))
    return counted.join(groups[columns].median())


answer = summed_up(["model", "state"])
answer.to_csv(gallery.folder / "simple_to_complex.csv", float_format="%.4g")
print("\nSimple units that a pool reads, and what they are behind it (medians):")
print(answer.round(2).to_string())

# %%
COLOURS = {"trained": "#0072b2", "untrained": "#e69f00"}
fig, (left, right) = plt.subplots(1, 2, figsize=(13, 4.6), layout="constrained")
places = np.arange(len(subjects))
for shift, (state, colour) in zip((-0.2, 0.2), COLOURS.items(), strict=True):
    rows, at = answer.xs(state, level="state"), places + shift
    pale = left.bar(at, 100 * rows.steady / rows.simple, 0.36, color=colour, alpha=0.4, label=f"{state}: F1/F0 below 1")
    left.bar(at, 100 * rows.complex / rows.simple, 0.36, color=colour, label=f"{state}: complex cells")
    left.bar_label(pale, [f"{n}/{of}" for n, of in zip(rows.steady, rows.simple, strict=True)])
    right.plot([at - 0.08, at + 0.08], [rows.f1_f0_before, rows.f1_f0_after], "o-", color=colour, ms=5)
    right.plot([], [], "o-", color=colour, ms=5, label=f"{state}, before and behind")
    right.plot(at + 0.08, rows.predicted_f1_f0, "_", color="black", ms=16, label="by the law" if shift > 0 else None)
left.set_ylim(0, 145)
left.set_yticks(range(0, 101, 20))
left.set_ylabel("simple units, behind the pool (%)")
right.axhline(1, color="0.5", lw=1, ls="--")
right.set_ylim(-0.05, 2.9)
right.set_yticks([0, 0.5, 1, 1.5, 2])
right.set_ylabel("F1/F0, median of the simple units")
for ax in (left, right):
    ax.set_xticks(places, subjects)
    ax.legend(frameon=False, loc="upper left", ncols=2)
gallery.save("simple_to_complex", fig)
gallery.close()

# %%
totals = summed_up("state")
for state, row in totals.iterrows():
    print(
        f"\n{state.capitalize()}: of {row.simple:.0f} simple units that a pool reads, {row.steady:.0f} answer steadily "
        f"behind it, with F1/F0 below 1 ({row.steady / row.simple:.0%}); {row.complex:.0f} of them are tuned, complex "
        f"cells. The median F1/F0 goes from {row.f1_f0_before:.2f} to {row.f1_f0_after:.2f}; by the pooling law, over "
        f"a median {row.phase_window:.0f}° of the cycle, it would be {row.predicted_f1_f0:.2f}. Position tolerance "
        f"goes from {row.tolerance_before:.1f} to {row.tolerance_after:.1f} pixels, global OSI from "
        f"{row.gosi_before:.2f} to {row.gosi_after:.2f}."
    )
steady = totals.steady / totals.simple
if steady.trained < 0.5:
    verdict = "Most simple units stay simple: here the pools reach over too small a part of the cycle."
elif steady.untrained > 0.75 * steady.trained:
    verdict = (
        "Pooling turns simple units into complex ones, and the untrained twins show the same fall. So it is the pool "
        "that does it, by the law of how many phases it reaches over, and not learning. What training changes is what "
        "the units prefer: how selective they are, and by the frequency they like, how much of a cycle a pool sees."
    )
else:
    verdict = (
        "The untrained twins do not show the same fall: what training made the units prefer decides over how many "
        "phases the pools reach, and with that whether they become complex."
    )
print(f"\n{verdict}")
