# %% [markdown]
# # One image's journey through LeNet-5
#
# Every map of every convolution and pool for one digit, drawn to scale, in the manner of Fig. 2 of LeCun et al. (1998).

# %%
import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import hierfeat as hf

OUT = Path("figures/activations_of_an_image")
OUT.mkdir(parents=True, exist_ok=True)
IMAGE, GAP, BETWEEN = 7, 3, 16

# %%
h = hf.load("lenet5-digits")
images, labels = hf.digits(split="test")
image = images[IMAGE : IMAGE + 1]
answers = {name: tensor[0].numpy() for name, tensor in hf.record(h, image, layers=("conv", "pool", "linear")).items()}
maps = {name: answer for name, answer in answers.items() if answer.ndim == 3}
vectors = {name: answer for name, answer in answers.items() if answer.ndim == 1}

# %% [markdown]
# ## What each layer answers, and the answer
# Convolutions may be negative (blue) before their rectifier; pools come after it. The colours of a layer go to its
# largest absolute value.


# %%
def mosaic(stack):
    """Maps (C, H, W) side by side in a block that is about square, with gaps that are not numbers."""
    count, height, width = stack.shape
    across = int(np.ceil(np.sqrt(count))) if count > 8 else 1 if count == 1 else 2
    down = -(-count // across)
    block = np.full((down * (height + GAP) - GAP, across * (width + GAP) - GAP), np.nan)
    for number, one in enumerate(stack):
        row, col = divmod(number, across)
        top, left = row * (height + GAP), col * (width + GAP)
        block[top : top + height, left : left + width] = one
    return block


def place(axes, block, left, tall, *, cmap, low, high):
    """Draw a block with its left edge at `left`, in the middle of the height `tall`; return its right edge."""
    height, width = block.shape
    top = (tall - height) / 2
    axes.imshow(block, extent=(left, left + width, top + height, top), cmap=cmap, vmin=low, vmax=high)
    return left + width


blocks = {"input": mosaic(image[0].numpy())} | {name: mosaic(stack) for name, stack in maps.items()}
tall = max(*(block.shape[0] for block in blocks.values()), *map(len, vectors.values())) + 24
figure, axes = plt.subplots(figsize=(13, 5.6), layout="constrained")
left = 0.0
for name, block in blocks.items():
    limit = np.nanmax(np.abs(block))
    signed = np.nanmin(block) < 0
    colours = "gray" if name == "input" else "RdBu_r" if signed else "magma"
    right = place(axes, block, left, tall, cmap=colours, low=-limit if signed else 0, high=limit)
    shape = image[0].shape if name == "input" else maps[name].shape
    middle, edge = (left + right) / 2, (tall - block.shape[0]) / 2
    axes.text(middle, edge - 2.5, f"{name}\n{shape[0]} @ {shape[1]} × {shape[2]}", ha="center", va="bottom")
    if name != "input":
        axes.text(middle, tall - edge + 2.5, f"{'±' if signed else '0 to '}{limit:.1f}", ha="center", va="top")
    axes.annotate(
        "", (right + BETWEEN - 2, tall / 2), (right + 2, tall / 2), arrowprops={"arrowstyle": "->", "color": "0.4"}
    )
    left = right + BETWEEN

# The full layers, and the scores of the ten digits
for name, vector in vectors.items():
    last = name == list(vectors)[-1]
    limit, height = np.abs(vector).max(), 9 if last else 1
    block = np.repeat(np.repeat(vector[:, None], 8, axis=1), height, axis=0)
    extent_top = (tall - len(block)) / 2
    axes.imshow(
        block, extent=(left, left + 8, extent_top + len(block), extent_top), cmap="RdBu_r", vmin=-limit, vmax=limit
    )
    axes.text(left + 4, extent_top - 2.5, f"{name}\n{len(vector)}", ha="center", va="bottom")
    axes.text(left + 4, extent_top + len(block) + 2.5, f"±{limit:.1f}", ha="center", va="top")
    if last:
        for digit, value in enumerate(vector):
            weight = "bold" if value == vector.max() else "normal"
            at = extent_top + 9 * digit + 4.5
            axes.text(left + 10, at, f"{digit}", va="center", fontweight=weight)
    left += 8 + BETWEEN
axes.set_xlim(-2, left)
axes.set_ylim(tall, -2)
axes.set_axis_off()
figure.suptitle(
    f"{h.name}: one image through every layer (maps to scale; red above zero, blue below; pools: black is zero)",
    fontsize=11,
)
figure.savefig(OUT / "journey.png", dpi=110)

# %%
rows = []
for name, answer in answers.items():
    active = float((answer > 0).mean())
    rows.append({"layer": name, "shape": "×".join(map(str, answer.shape)), "min": float(answer.min()),
                 "max": float(answer.max()), "active_fraction": active})  # fmt: skip
table = pd.DataFrame(rows)
table.to_csv(OUT / "layers.csv", index=False, float_format="%.6g")
provenance = h.layers.provenance | {"image": IMAGE, "label": int(labels[IMAGE])}
(OUT / "provenance.json").write_text(json.dumps(provenance, indent=1) + "\n")
scores = list(vectors.values())[-1]
order = np.argsort(-scores)
active = 100 * (maps["pool2"] > 0).mean()
first, second = order[:2]
print(
    f"A {int(labels[IMAGE])}: {image[0].numel()} pixels become {maps['conv1'].size} numbers in conv1 and "
    f"{maps['pool2'].size} in pool2, of which {active:.0f} % are above zero; the answer is {first} (score "
    f"{scores[first]:.1f}; next {second} with {scores[second]:.1f})."
)
