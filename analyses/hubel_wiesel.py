# %% [markdown]
# # Hubel and Wiesel on a CNN
#
# Gratings for every unit of every layer, a slit of light swept across the field of one, kernels beside their Gabor
# fits, and the question of 1962: does pooling turn simple cells into complex ones?
#
# Give the ImageNet SqueezeNet's weights (torchvision's `squeezenet1_0`) as the first argument or in
# `HIERFEAT_SQUEEZENET` to have it examined too.

# %%
import io
import json
import os
import sys
from pathlib import Path

import pandas as pd
from PIL import Image

import hierfeat as hf

OUT = Path("figures/hubel_wiesel")
OUT.mkdir(parents=True, exist_ok=True)
provenance = {}


def save(name, figure, result, *, colours=128):
    """Write a picture in a palette, to keep it small, and note where it comes from."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    Image.open(buffer).convert("RGB").quantize(colours, dither=Image.Dither.NONE).save(
        OUT / f"{name}.png", optimize=True
    )
    provenance[name] = result.provenance


# %% [markdown]
# ## The subjects
# Each beside its untrained twin, the control.

# %%
subjects = {"lenet5-digits": hf.load("lenet5-digits")}
convnets = [name for name in hf.list_models() if "cifar" in name]
if convnets:
    subjects[convnets[0]] = hf.load(convnets[0])
weights = sys.argv[1] if len(sys.argv) > 1 and Path(sys.argv[1]).is_file() else os.environ.get("HIERFEAT_SQUEEZENET")
if weights:
    subjects["squeezenet"] = hf.load("torchvision:squeezenet1_0", weights=weights)
layers = dict.fromkeys(subjects, ("conv", "activation", "pool"))
layers["squeezenet"] = (
    "features.0",
    "features.1",
    "features.2",
    "features.3.*",
    "features.5",
    "features.8",
    "features.12.*",
)

# %% [markdown]
# ## Tuning: orientation, frequency, F1/F0
# Sine gratings fill the image; one pass serves all layers.

# %%
tunings, tables = {}, []
for name, h in subjects.items():
    counts = {"orientations": 12, "frequencies": 6} if name == "squeezenet" else {}
    tunings[name] = hf.orientation_tuning(h, layers=layers[name], **counts)
    twin = hf.orientation_tuning(hf.untrained(h, seed=0), layers=layers[name], **counts)
    tables += [tunings[name].table.assign(model=name), twin.table.assign(model=f"{name}, untrained")]
    save(f"{name}_tuning_summary", tunings[name].plot_summary(), tunings[name])
    first = tunings[name].table.layer[0]
    save(f"{name}_polar", tunings[name].plot(first), tunings[name])
table = pd.concat(tables, ignore_index=True)
shares = table.pivot_table(
    index=["model", "layer"], columns="cell_type", values="channel", aggfunc="count", fill_value=0
)
summary = (
    table[table.responsive].groupby(["model", "layer"], sort=False)[["osi", "gosi", "half_width", "f1_f0"]].median()
)
table.to_csv(OUT / "tuning.csv", index=False, float_format="%.5g")
summary.join(shares).to_csv(OUT / "summary.csv", float_format="%.5g")
print(summary.join(shares).round(2).to_string())

# %% [markdown]
# ## The plate: a slit sweeps across a unit's field
# The best-tuned unit of LeNet-5's first layer, and of its first pool.

# %%
lenet = subjects["lenet5-digits"]
rows = tunings["lenet5-digits"].table
for layer in ("conv1", "pool1"):
    unit = rows[(rows.layer == layer) & rows.responsive].sort_values("osi").channel.iloc[-1]
    sweep = hf.bar_sweep(lenet, layer, int(unit))
    save(f"plate_{layer}", sweep.plot(), sweep)
    sweep.table.to_csv(OUT / f"plate_{layer}.csv", index=False, float_format="%.5g")
    if layer == "conv1":
        hf.bar_sweep(lenet, layer, int(unit), orientations=4, steps=25).animate(OUT / "plate_conv1.gif")

# %% [markdown]
# ## Fields mapped by hand, and effective fields

# %%
unit = int(rows[rows.layer == "conv1"].sort_values("osi").channel.iloc[-1])
for probe in ("spot", "bar", "noise"):
    field = hf.map_field(lenet, "conv1", unit, probe=probe)
    save(f"field_{probe}", field.plot(), field)
images, _ = hf.digits(split="test")
effective = hf.effective_field(lenet, "conv2", images[:64])
save("effective_field_conv2", effective.plot(), effective)
effective.table.to_csv(OUT / "effective_field_conv2.csv", index=False, float_format="%.5g")

# %% [markdown]
# ## First-layer kernels and their Gabor fits

# %%
for name, h in subjects.items():
    kernels = hf.filters(h, [layer.name for layer in h.layers if layer.kind == "conv"][:1])
    save(f"{name}_filters", kernels.plot(), kernels)
    save(f"{name}_gabors", kernels.plot_fits(), kernels)
    save(f"{name}_opposites", kernels.plot_pairs(), kernels)
    kernels.table.to_csv(OUT / f"{name}_filters.csv", index=False, float_format="%.5g")
deep = hf.filters(lenet, "conv2")
save("lenet5-digits_conv2", deep.plot(), deep)

# %% [markdown]
# ## S-cells and C-cells
# Each pool beside the layer it reads.

# %%
answers = []
for name in [name for name in subjects if name != "squeezenet"]:
    pairs = hf.cell_pairs(subjects[name])
    save(f"{name}_pairs", pairs.plot(), pairs)
    pairs.table.to_csv(OUT / f"{name}_pairs.csv", index=False, float_format="%.5g")
    answers.append(pairs.table.assign(model=name))

# %%
(OUT / "provenance.json").write_text(json.dumps(provenance, indent=1) + "\n")
pairs = pd.concat(answers)
simple = pairs[pairs.cell_type_before == "simple"]
turned = simple.cell_type_after == "complex"
print(
    f"\nOf {len(simple)} simple units that a pool reads, {turned.sum()} answer as complex cells behind it "
    f"({100 * turned.mean():.0f} %). The median F1/F0 goes from {simple.f1_f0_before.median():.2f} to "
    f"{simple.f1_f0_after.median():.2f}, position tolerance from {simple.tolerance_before.median():.1f} to "
    f"{simple.tolerance_after.median():.1f} pixels, global OSI from {simple.gosi_before.median():.2f} to "
    f"{simple.gosi_after.median():.2f}. The pools reach over a median {simple.phase_window.median():.0f}° "
    f"of the cycle; by the pooling law F1/F0 would be {simple.predicted_f1_f0.median():.2f}."
)
