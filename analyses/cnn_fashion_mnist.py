# %% [markdown]
# # A convolutional network on Fashion-MNIST
#
# The same exercise as for the dense network. Now a unit sees a 3x3 or 5x5 window, and all units of a map share its
# weights: small filters, growing maps, shrinking dense layers.

# %%
from dataclasses import replace

import numpy as np
from _gallery import Gallery
from matplotlib import pyplot as plt

import hierfeat as hf

gallery = Gallery("cnn_fashion_mnist", dpi=110)

# %% [markdown]
# ## The networks
# LeNet-5 for a quick training here; the network by the lecture's guidelines, with its shipped weights, for the rest.

# %%
h = hf.load("convnet-fashion" if "sha256" in hf.card("convnet-fashion") else "lenet5-fashion")
print(h.layers)

# %% [markdown]
# ## Training
# Four epochs of LeNet-5 on 15,000 images show the curve.

# %%
quick = hf.train(replace(hf.find_recipe("lenet5-fashion"), epochs=4, limit=15_000), progress=False)
gallery.save("training", quick.plot(), quick, table=quick.table)

# %% [markdown]
# ## Evaluation

# %%
images, labels = hf.fashion_mnist("test")
result = hf.evaluate(h, images, labels)
gallery.save("confusion", result.plot(), result, table=result.table)

# %%
gallery.save("mistakes", result.plot_mistakes(images, k=16))

# %% [markdown]
# ## What the first layer learned
# Its 32 filters of 3x3 pixels, trained and before training: red excites, blue inhibits.

# %%
trained, fresh = (net.model.conv1.weight.detach()[:, 0] for net in (h, hf.untrained(h)))
figure, grid = plt.subplots(5, 16, figsize=(10, 3.6), layout="constrained")
for axes in grid.flat:
    axes.set(xticks=[], yticks=[])
for axes, kernel in zip([*grid[:2].flat, *grid[3:].flat], [*trained, *fresh], strict=True):
    limit = float(kernel.abs().max())
    axes.imshow(kernel.numpy(), cmap="RdBu_r", vmin=-limit, vmax=limit)
for axes in grid[2]:
    axes.axis("off")
figure.suptitle(f"{h.name}, conv1: trained (above), untrained (below)")
gallery.save("first_layer", figure)

# %% [markdown]
# ## What the first layers make of an image

# %%
acts = hf.record(h, images[:1], layers=["relu1", "pool1", "relu3"])
figure, grid = plt.subplots(3, 9, figsize=(10, 4.1), layout="constrained")
for row, (name, maps) in zip(grid, acts.items(), strict=True):
    row[0].imshow(images[0, 0].numpy(), cmap="gray", vmin=0, vmax=1)
    row[0].set_ylabel(name)
    busiest = maps[0].flatten(1).mean(1).argsort(descending=True)[:8]
    for axes, channel in zip(row[1:], busiest.tolist(), strict=True):
        axes.imshow(maps[0, channel].numpy(), cmap="viridis", vmin=0)
        axes.set_title(f"map {channel}")
    for axes in row:
        axes.set(xticks=[], yticks=[])
figure.suptitle(f"{h.name}: the eight most active maps of three layers, each from zero to its largest value")
gallery.save("feature_maps", figure)

# %%
gallery.close()
dense = hf.evaluate(hf.load("mlp-fashion"), images, labels)
confusion = result.confusion - np.diag(np.diag(result.confusion))
worst = np.unravel_index(confusion.argmax(), confusion.shape)
gain = result.table.recall - dense.table.recall
print(
    f"The convolutional network calls {100 * result.accuracy:.2f} % of the test images by their name, the dense one "
    f"{100 * dense.accuracy:.2f} %; LeNet-5 after a short run {100 * quick.card['test_accuracy']:.2f} %. "
    f"{result.table.label[gain.idxmax()]} gains most ({100 * gain.max():+.1f} points of recall). Both take "
    f"{h.classes[worst[0]]} for {h.classes[worst[1]]} ({confusion.max()} and {dense.confusion[worst]} times of 1,000): "
    "that is in the images, not in the network."
)
