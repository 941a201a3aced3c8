# %% [markdown]
# # What each unit looks for, and what each layer knows
#
# For the most class-selective channels of each convolution: what its weights amount to on the image, the natural
# patches that drive it most, and an image made to drive it. Then the whole hierarchy in one table, beside the
# untrained twin. With `HIERFEAT_SQUEEZENET` (weights of torchvision's `squeezenet1_0`) and `HIERFEAT_PHOTOS` (a folder
# of photographs, which are cut into tiles) set, the same for a network trained on ImageNet: without classes, its most
# selective channels are those of the largest lifetime sparseness.

# %%
import json
import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch

import hierfeat as hf

OUT = Path("figures/feature_hierarchy")
OUT.mkdir(parents=True, exist_ok=True)
PATCHES, ROWS, IMAGES, SIDE = 6, 4, 500, 128


# %%
def subject():
    """The best network of the zoo whose weights and data are here."""
    if "test_accuracy" in hf.card("convnet-cifar10"):
        try:
            return hf.load("convnet-cifar10"), *hf.cifar10(split="test")
        except hf.HierfeatError:
            print("no CIFAR-10 here: the digits instead")
    return hf.load("lenet5-digits"), *hf.digits(split="test")


h, images, labels = subject()
images, labels = images[:IMAGES], labels[:IMAGES]
convolutions = [layer.name for layer in h.layers.select("conv")]


# %% [markdown]
# ## Kernels, top patches and synthesised optima
# Left: the kernel as it acts on the image (through the layers below, were they linear), signed, the mean of its
# colours. Middle: the patches that drive the channel most, cut by the exact receptive field. Right: an image made for
# the central unit, cut likewise. Channels that hardly answer to any image are left out, however selective.


# %%
def picture(axes, image):
    """Draw (C, H, W) in [0, 1]; what is not a number is no part of the field."""
    shown = np.ma.masked_invalid(np.asarray(image, dtype=float))
    axes.set_facecolor("#ccdbeb")
    axes.imshow(shown.transpose(1, 2, 0) if len(shown) == 3 else shown[0], cmap="gray", vmin=0, vmax=1)


def cut(h, result, fields, layer, row):
    """The central unit's field of a synthesised image."""
    middle = [size // 2 for size in h.layers[layer].out_shape[1:]]
    top, left, bottom, right = fields.box(layer, *middle)
    return result.images[row][:, top:bottom, left:right]


def plate(h, layer, channels, top, made, fields, name):
    """A row per channel: kernel, patches, optimum."""
    kernels = hf.filters(h, layer).effective
    figure, grid = plt.subplots(
        len(channels), PATCHES + 2, figsize=(1.05 * (PATCHES + 2) + 0.8, 1.15 * len(channels) + 0.9),
        layout="constrained", squeeze=False,
    )  # fmt: skip
    for number, (axes, channel) in enumerate(zip(grid, channels, strict=True)):
        kernel = kernels[channel].mean(0)
        axes[0].imshow(kernel, cmap="RdBu_r", vmin=-np.abs(kernel).max(), vmax=np.abs(kernel).max())
        for rank in range(PATCHES):
            picture(axes[rank + 1], top.patches[layer][channel, rank])
        picture(axes[-1], cut(h, made, fields, layer, number))
        own, natural = made.table["activation"][number], made.table["natural"][number]
        axes[-1].set_xlabel(f"× {own / natural:.1f}" if natural > 0 else "", labelpad=2)
        axes[0].set_ylabel(f"channel {channel}", rotation=0, ha="right", va="center")
        for panel in axes:
            panel.set(xticks=[], yticks=[])
    for column, title in ((0, "kernel"), (1, "top patches"), (-1, "made for it")):
        grid[0, column].set_title(title, loc="left" if column == 1 else "center")
    size = "{} × {}".format(*top.patches[layer].shape[3:])
    figure.suptitle(
        f"{h.name}, {layer} ({size} pixels); kernel: red above zero, blue below; pale blue: outside field or image;\n"
        "×: activation of the image made for the channel over that of the best natural image",
        fontsize=10,
    )
    figure.savefig(OUT / f"{name}.png", dpi=100 if top.patches[layer].shape[3] < 64 else 60)  # photographs are large


def plates(h, images, layers, ranked, prefix=""):
    """A plate per layer, of the channels that rank highest; their top patches, and the images made for them."""
    fields, top, made = hf.receptive_fields(h), hf.top_patches(h, images, layers=layers, k=PATCHES, progress=False), {}
    for layer in layers:
        rows = ranked[ranked["layer"] == layer]
        patches = top.table[(top.table["layer"] == layer) & (top.table["status"] == "ok")]
        least = patches[patches["rank"] == 1]["value"].median() / 10
        patches = patches[(patches["rank"] == PATCHES) & (patches["value"] > least)]
        driven = rows[rows["channel"].isin(patches["channel"])]  # by more than a few images, and more than a little
        channels = driven.nlargest(ROWS, "rank")["channel"].tolist()
        made[layer] = hf.synthesize(h, layer, channels, objective="center", images=images[:200], progress=False)
        made[layer].table.to_csv(OUT / f"{prefix}synthesis_{layer}.csv", index=False, float_format="%.6g")
        plate(h, layer, channels, top, made[layer], fields, f"{prefix}plate_{layer}")
    shown = pd.concat([result.table[["layer", "channel"]] for result in made.values()])
    top.table.merge(shown).to_csv(OUT / f"{prefix}top_patches.csv", index=False, float_format="%.6g")
    return top, made


selectivity = hf.class_selectivity(h, images, labels, layers="conv", progress=False).table
ranked = selectivity[selectivity["status"] == "ok"].rename(columns={"selectivity": "rank"})
top, made = plates(h, images, convolutions, ranked)

# %% [markdown]
# ## Which pixels a unit's answer is due to

# %%
deepest = convolutions[-1]
channel = int(made[deepest].table["channel"][0])
best = top.table[(top.table["layer"] == deepest) & (top.table["channel"] == channel)]["image"].tolist()
shown = images[torch.tensor(best[:PATCHES])]
for method in ("gradient", "guided_backprop", "deconvolution", "integrated_gradients"):
    found = hf.attribute(h, shown, deepest, channel, method=method)
    drawn = found.plot()
    drawn.savefig(OUT / f"attribution_{method}.png", dpi=80)
    found.table.to_csv(OUT / f"attribution_{method}.csv", index=False, float_format="%.6g")
drawn

# %% [markdown]
# ## What each layer knows, trained and untrained

# %%
trained = hf.profile(h, images, labels, progress=False)
twin = hf.profile(hf.untrained(h, seed=0), images, labels, progress=False)
drawn = trained.plot()
drawn.savefig(OUT / "profile.png", dpi=90)
trained.table.to_csv(OUT / "profile.csv", index=False, float_format="%.6g")
twin.table.to_csv(OUT / "profile_untrained.csv", index=False, float_format="%.6g")
drawn

# %%
alike = hf.similarity(h, images, hf.untrained(h, seed=0))
drawn = alike.plot()
drawn.savefig(OUT / "similarity.png", dpi=90)
alike.table.to_csv(OUT / "similarity.csv", index=False, float_format="%.6g")
drawn

# %%
trained.table

# %% [markdown]
# ## A network trained on ImageNet, where its weights are here

# %%
weights, photos = os.environ.get("HIERFEAT_SQUEEZENET"), os.environ.get("HIERFEAT_PHOTOS")
of_squeezenet = {}
if weights and photos:
    net = hf.load("torchvision:squeezenet1_0", weights=weights).model
    mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    squeeze = hf.Hierarchy(net, (3, SIDE, SIDE), mean=mean, std=std, name="squeezenet1_0")  # it takes any size
    large = hf.image_folder(photos, size=4 * SIDE)[0]
    tiles = large.unfold(2, SIDE, SIDE).unfold(3, SIDE, SIDE).permute(0, 2, 3, 1, 4, 5).reshape(-1, 3, SIDE, SIDE)
    depths = ["features.0", "features.4.expand3x3", "features.9.expand3x3"]
    [sparse] = hf.sweep(squeeze, tiles, [hf.Sparseness()], layers=depths, progress=False)
    ranked = sparse.rename(columns={"lifetime_sparseness": "rank"})
    of_squeezenet = plates(squeeze, tiles, depths, ranked, prefix="squeezenet_")[1]

# %%
provenance = {"profile": trained.provenance, "top_patches": top.provenance, "similarity": alike.provenance}
provenance |= {f"synthesis_{layer}": result.provenance for layer, result in made.items()}
provenance |= {f"squeezenet_synthesis_{layer}": result.provenance for layer, result in of_squeezenet.items()}
(OUT / "provenance.json").write_text(json.dumps(provenance, indent=1) + "\n")
first, last = trained.table.iloc[0], trained.table.iloc[-1]
control = twin.table.iloc[-1]


def gains(results):
    """How much more strongly than the best natural image the images made for a unit drive it, in words."""
    ratio = {layer: (found.table["activation"] / found.table["natural"]).median() for layer, found in results.items()}
    return ", ".join(f"{value:.1f} times ({layer})" for layer, value in ratio.items())


print(
    f"In {h.name}, fields grow from {first.field:.0f} to {last.field:.0f} pixels between {first.layer} and "
    f"{last.layer}. A linear probe reads the class with {100 * first.probe_accuracy:.0f} % there and "
    f"{100 * last.probe_accuracy:.0f} % here (untrained twin: {100 * control.probe_accuracy:.0f} %), and the median "
    f"class selectivity goes from {first.selectivity:.2f} to {last.selectivity:.2f} (labels permuted: "
    f"{last.selectivity_null:.2f}; untrained: {control.selectivity:.2f}). Images made for a unit drive it "
    f"{gains(made)} as strongly as the best of 200 natural images."
)
if of_squeezenet:
    print(
        f"In SqueezeNet they drive it {gains(of_squeezenet)} as strongly as the best of {len(tiles)} tiles of "
        f"{len(large)} photographs: few, for a network that was trained on a million."
    )
