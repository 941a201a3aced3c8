# %% [markdown]
# # Dense or convolutional?
#
# Why give up the freedom of a dense layer? Four networks learn Fashion-MNIST by one recipe: LeNet-5, a dense network
# with as many parameters, a dense network with as many multiplications; and two of them once more with all pixels
# permuted, once and for all, by the same permutation in training and test.

# %%
import json
from pathlib import Path

import pandas as pd
import torch
from matplotlib import pyplot as plt

import hierfeat as hf

OUT = Path("figures/dense_or_convolutional")
OUT.mkdir(parents=True, exist_ok=True)

NETWORKS = {
    "lenet5-fashion": ("convolutional", "#0072b2", "o"),
    "mlp-fashion-equal-parameters": ("dense, equal parameters", "#d55e00", "s"),
    "mlp-fashion-equal-compute": ("dense, equal compute", "#e69f00", "^"),
    "lenet5-fashion-permuted": ("convolutional, pixels permuted", "#56b4e9", "o"),
    "mlp-fashion-permuted": ("dense, pixels permuted", "#cc79a7", "s"),
}
missing = [name for name in NETWORKS if "sha256" not in hf.card(name)]
subjects = {name: hf.load(name) for name in NETWORKS if name not in missing}
if missing:
    print(f"No weights are shipped for {', '.join(missing)}: left out (`hierfeat train NAME` trains one).")
images, labels = hf.fashion_mnist("test")

# %% [markdown]
# ## Accuracy at equal parameters, at equal compute, and without neighbours

# %%
rows, provenance = [], {}
for name, h in subjects.items():
    found = hf.evaluate(h, images, labels)
    layers = h.layers.table
    rows.append(
        {
            "model": name,
            "what": NETWORKS[name][0],
            "parameters": layers.parameters.sum(),
            "macs": layers.macs.sum(),
            "accuracy": found.accuracy,
        }
    )
    provenance[name] = found.provenance
accuracy = pd.DataFrame(rows)
accuracy.to_csv(OUT / "accuracy.csv", index=False, float_format="%.6g")
print(accuracy.to_string(index=False))

# %% [markdown]
# ## Accuracy against shift
# 2,000 test images, moved by 0 to 8 pixels to the left, right, up and down; black enters. The recipe moved its training
# images by up to 1 pixel, for every network alike.

# %%
SHIFTS = range(9)


def moved(batch, rows_down, columns_right):
    """Shift by whole pixels; zeros enter."""
    height, width = batch.shape[-2:]
    padded = torch.nn.functional.pad(batch, (8, 8, 8, 8))
    return padded[..., 8 - rows_down : 8 - rows_down + height, 8 - columns_right : 8 - columns_right + width]


records = [
    {"model": name, "shift": shift, "accuracy": hf.evaluate(h, moved(images[:2000], *step), labels[:2000]).accuracy}
    for name, h in subjects.items()
    for shift in SHIFTS
    for step in {(shift, 0), (-shift, 0), (0, shift), (0, -shift)}
]
shifted = pd.DataFrame(records).groupby(["model", "shift"], as_index=False)["accuracy"].mean()
shifted.to_csv(OUT / "shift.csv", index=False, float_format="%.6g")

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(13, 4.6), layout="constrained", width_ratios=(1, 1.15))
for place, row in enumerate(accuracy.itertuples()):
    left.barh(place, 100 * row.accuracy, color=NETWORKS[row.model][1])
    left.text(100 * row.accuracy + 0.1, place, f"{100 * row.accuracy:.2f}", va="center")
what = [
    f"{row.what}\n{row.parameters / 1e3:,.0f} k parameters, {row.macs / 1e3:,.0f} k MACs"
    for row in accuracy.itertuples()
]
left.set_yticks(range(len(what)), what)
left.invert_yaxis()
left.set(xlabel="test accuracy (%); the axis starts at 80", xlim=(80, 94))
for name in subjects:
    what, colour, marker = NETWORKS[name]
    curve = shifted[shifted.model == name]
    style = "--" if "permuted" in what else "-"
    right.plot(curve["shift"], 100 * curve["accuracy"], style, color=colour, marker=marker, label=what)
right.axhline(10, color="grey", linestyle=":")
right.text(8, 11, "chance", ha="right", va="bottom", color="grey")
right.set(xlabel="shift (pixels)", ylabel="test accuracy (%)", ylim=(0, 100))
right.legend(loc="lower left", bbox_to_anchor=(0, 0.12))
for axes in (left, right):
    axes.spines[["top", "right"]].set_visible(False)
figure.savefig(OUT / "dense_or_convolutional.png", dpi=110)

# %%
(OUT / "provenance.json").write_text(json.dumps(provenance, indent=1, default=str) + "\n")
value = accuracy.set_index("model")["accuracy"] * 100
at = shifted.set_index(["model", "shift"])["accuracy"] * 100
conv, dense, permuted = "lenet5-fashion", "mlp-fashion-equal-parameters", "mlp-fashion-permuted"
without = ""
if "lenet5-fashion-permuted" in value:
    lost = value[conv] - value["lenet5-fashion-permuted"]
    without = f" and costs the convolutional one {lost:.2f}: what it lives on are neighbours"
print(
    f"With equal parameters the convolutional network is {value[conv] - value[dense]:.2f} points better than the dense "
    f"one ({value[conv]:.2f} against {value[dense]:.2f} %); with equal compute "
    f"{value[conv] - value['mlp-fashion-equal-compute']:.2f} points. "
    f"Permuting the pixels changes the dense network by {value[permuted] - value[dense]:+.2f} points{without}. "
    f"A shift of 4 pixels leaves the convolutional network {at[conv, 4]:.1f} % and the dense one {at[dense, 4]:.1f} %: "
    "sharing weights over places carries what was learned at one place to others, but the dense layers at its end "
    "still know places, so that it bends and does not stay straight."
)
