# %% [markdown]
# # ReLU: effect of non-negativity? Is it natural? Only additive combinations?
#
# The lecture asks; here each rectifier is measured before and after, the whole is compared with the sum of its parts,
# and the responses are taken apart into parts that only add. The untrained twin is the control.

# %%
import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import hierfeat as hf

OUT = Path("figures/nonnegativity")
OUT.mkdir(parents=True, exist_ok=True)
h = hf.load("lenet5-digits")
images, _ = hf.digits(split="test")
twin = hf.untrained(h, seed=0)

# %% [markdown]
# ## Effect of non-negativity: before and after each rectifier

# %%
rectified, control = hf.nonnegativity(h, images), hf.nonnegativity(twin, images)
picture = rectified.plot()
picture.savefig(OUT / "rectifiers.png", dpi=80)
rectified.table.to_csv(OUT / "rectifiers.csv", index=False, float_format="%.6g")
picture

# %%
rectified.summary

# %% [markdown]
# ## Only additive combinations: the whole and the sum of its parts

# %%
added, control_added = hf.additivity(h, images), hf.additivity(twin, images)
picture = added.plot()
picture.savefig(OUT / "additivity.png", dpi=110)
added.table.assign(untrained=control_added.table["error"]).to_csv(
    OUT / "additivity.csv", index=False, float_format="%.6g"
)
picture

# %%
pairs = hf.opposite_phase(h, layers=("conv", "linear"))
picture = pairs.plot()
picture.savefig(OUT / "opposite_phase.png", dpi=110)
pairs.table.to_csv(OUT / "opposite_phase.csv", index=False, float_format="%.6g")
picture

# %%
regions = hf.linear_regions(h, images)
picture = regions.plot()
picture.savefig(OUT / "linear_regions.png", dpi=110)
regions.table.to_csv(OUT / "linear_regions.csv", index=False, float_format="%.6g")
picture

# %% [markdown]
# ## Parts that only add

# %%
taken = {layer: hf.additive_parts(h, images, layer, rank=4) for layer in ("conv1", "act1", "conv2", "act2")}
parts = pd.concat([found.table for found in taken.values()], ignore_index=True)
parts.to_csv(OUT / "parts.csv", index=False, float_format="%.6g")
for layer in ("act1", "act2"):
    picture = taken[layer].plot()
    picture.savefig(OUT / f"parts_{layer}.png", dpi=80)
picture

# %% [markdown]
# ## The answer in one look

# %%
BLUE, ORANGE, GREEN, GREY = "#0072b2", "#d55e00", "#009e73", "0.55"
figure, axes = plt.subplots(1, 3, figsize=(13, 4.6), layout="constrained")
summary = rectified.summary
places = np.arange(len(summary))
series = (("active_fraction", BLUE, "active"), ("lifetime_sparseness", ORANGE, "lifetime sparseness"),
          ("energy_kept", GREEN, "energy kept"))  # fmt: skip
for number, (column, colour, label) in enumerate(series):
    axes[0].bar(places + 0.27 * (number - 1), summary[column], 0.25, color=colour, label=label)
    stem = {"active_fraction": "active", "lifetime_sparseness": "sparseness", "energy_kept": "energy_kept"}[column]
    axes[0].plot(places + 0.27 * (number - 1), summary[f"{stem}_gaussian"], "k_", markersize=11,
                 label="Gaussian input" if number == 2 else None)  # fmt: skip
axes[0].set_xticks(places, summary["layer"])
axes[0].set_ylim(0, 1.25)
axes[0].legend(frameon=False, ncols=2)
axes[0].set_title("Effect: what each rectifier leaves")

table = added.table
depth = np.arange(len(table))
axes[1].plot(depth, table["error"], color=BLUE, marker="o", label="trained")
axes[1].plot(depth, control_added.table["error"], color=GREY, marker="o", label="untrained twin")
axes[1].set_xticks(depth, table["layer"], rotation=45, ha="right")
axes[1].set_ylabel("error of A(x) + A(y) for A(x + y)")
axes[1].set_ylim(0, None)
axes[1].legend(frameon=False, loc="upper left")
axes[1].set_title("Is the whole the sum of its parts?")

nmf = parts[parts["method"] == "nmf"].set_index("layer")
svd = parts[parts["method"] == "svd"].set_index("layer")
places = np.arange(len(nmf))
axes[2].bar(places - 0.2, nmf["error"], 0.38, color=ORANGE, label="NMF, parts only add")
axes[2].bar(places + 0.2, svd.loc[nmf.index, "error"], 0.38, color=BLUE, label="SVD, parts add and subtract")
axes[2].set_xticks(places, nmf.index)
axes[2].set_ylabel("error of four parts")
axes[2].set_ylim(0, 1.25)
axes[2].legend(frameon=False)
axes[2].set_title("Four additive parts, before and after rectifiers")
for panel in axes:
    panel.spines[["top", "right"]].set_visible(False)
figure.suptitle(f"{h.name}: what non-negativity does\n")
figure.savefig(OUT / "answer.png", dpi=105)

# %%
provenance = {
    "rectifiers": rectified.provenance,
    "additivity": added.provenance,
    "untrained": control_added.provenance,
    "opposite_phase": pairs.provenance,
    "linear_regions": regions.provenance,
    "parts": {layer: found.provenance for layer, found in taken.items()},
}
(OUT / "provenance.json").write_text(json.dumps(provenance, indent=1) + "\n")

# %%
errors, untrained_errors = table.set_index("layer")["error"], control_added.table.set_index("layer")["error"]
weighted = table[table["index"].notna()].set_index("layer")
opposite = pairs.table.groupby("layer", sort=False)[["cosine", "random"]].mean()
sparse = parts.set_index(["layer", "method"])["part_sparsity"]
share = (nmf["error"] / svd["error"]).loc[["act1", "act2"]]
subtracts = weighted["negative_mass"].min() > 0 and errors.iloc[1:].max() > 0.05
verdict = "No: rates cannot be negative, weights can." if subtracts else "Yes, as far as these numbers go."
print(
    f"Effect: the rectifiers of {h.name} leave {summary.active_fraction.min():.0%} to "
    f"{summary.active_fraction.max():.0%} of responses on and {summary.energy_kept.min():.0%} to "
    f"{summary.energy_kept.max():.0%} of the energy; {int(summary.dead.sum())} of {len(rectified.table)} channels "
    f"never answer. Lifetime sparseness is {summary.lifetime_sparseness.min():.2f} to "
    f"{summary.lifetime_sparseness.max():.2f}, where a Gaussian of the same mean and variance would give "
    f"{summary.sparseness_gaussian.min():.2f} to {summary.sparseness_gaussian.max():.2f} (untrained: "
    f"{control.summary.lifetime_sparseness.min():.2f} to {control.summary.lifetime_sparseness.max():.2f}). "
    f"Only additive combinations? {verdict} "
    f"{weighted.negative_mass.min():.0%} to {weighted.negative_mass.max():.0%} of the weights' mass subtracts. The "
    f"whole differs from the sum of its parts by {errors.iloc[0]:.1g} before the first rectifier, and after it by "
    f"{errors['act1']:.2f} at act1, {errors['act2']:.2f} at act2, {errors.iloc[-1]:.2f} at the output (untrained: "
    f"{untrained_errors.iloc[-1]:.2f}). "
    f"Parts that only add nevertheless describe non-negative responses: against parts that may subtract, NMF's error "
    f"is {share.min():.2f} to {share.max():.2f} times the SVD's at act1 and act2, and its parts are sparser "
    f"({sparse['act2', 'nmf']:.2f} against {sparse['act2', 'svd']:.2f} at act2); before the rectifier they are "
    f"{nmf.error['conv2']:.2f} against {svd.error['conv2']:.2f} at conv2. "
    f"Opposite-phase pairs: the mean smallest cosine is {opposite.cosine.iloc[0]:.2f} in {opposite.index[0]} (random "
    f"kernels {opposite.random.iloc[0]:.2f}) and {opposite.cosine.iloc[1]:.2f} in {opposite.index[1]} (random "
    f"{opposite.random.iloc[1]:.2f})."
)
