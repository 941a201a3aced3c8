# %% [markdown]
# # A convolutional network on CIFAR-10
#
# Colour, backgrounds, things in all poses: 32x32 pixels of real photographs.

# %%
from dataclasses import replace

import numpy as np
from _gallery import Gallery
from matplotlib import pyplot as plt

import hierfeat as hf

gallery = Gallery("cnn_cifar")

# %% [markdown]
# ## The data

# %%
h = hf.load("convnet-cifar10")
images, labels = hf.cifar10("test")
figure, grid = plt.subplots(4, 10, figsize=(10, 4.5), layout="constrained")
for column, name in enumerate(h.classes):
    grid[0, column].set_title(name)
    for row, image in enumerate(images[labels == column][:4]):
        grid[row, column].imshow(image.permute(1, 2, 0).numpy())
        grid[row, column].axis("off")
gallery.save("data", figure, dpi=90, colours=96)

# %% [markdown]
# ## The network

# %%
print(h.layers)

# %% [markdown]
# ## Training
# Six epochs on 5,000 images show the curve in about a minute; the whole recipe takes about an hour on one core.

# %%
recipe = replace(hf.find_recipe("convnet-cifar10"), epochs=6, limit=5_000, batch_size=50)
quick = hf.train(recipe, progress=False)
gallery.save("training", quick.plot(), quick, table=quick.table)

# %% [markdown]
# ## Evaluation

# %%
result = hf.evaluate(h, images, labels)
gallery.save("confusion", result.plot(), result, table=result.table)

# %%
gallery.save("mistakes", result.plot_mistakes(images, k=16), colours=96)

# %% [markdown]
# ## What the first layer learned
# 32 filters of 3x3 pixels and 3 colours, each scaled to its own range (grey is zero): brightness edges and colour
# contrasts part ways, as in the cells of the retina and of V1.

# %%
trained, fresh = (net.model.conv1.weight.detach() for net in (h, hf.untrained(h)))
figure, grid = plt.subplots(5, 16, figsize=(10, 3.6), layout="constrained")
for axes in grid.flat:
    axes.set(xticks=[], yticks=[])
for axes, kernel in zip([*grid[:2].flat, *grid[3:].flat], [*trained, *fresh], strict=True):
    axes.imshow((0.5 + 0.5 * kernel / kernel.abs().max()).permute(1, 2, 0).numpy())
for axes in grid[2]:
    axes.axis("off")
figure.suptitle(f"{h.name}, conv1: trained (above), untrained (below)")
gallery.save("first_layer", figure)

# %%
colour = trained - trained.mean(1, keepdim=True)
share = (colour.square().sum((1, 2, 3)) / trained.square().sum((1, 2, 3))).numpy()

# %%
gallery.close()
confusion = result.confusion - np.diag(np.diag(result.confusion))
animals = [index for index, name in enumerate(h.classes) if name in {"bird", "cat", "deer", "dog", "frog", "horse"}]
kind = np.isin(np.arange(10), animals)
across = confusion[kind][:, ~kind].sum() + confusion[~kind][:, kind].sum()
pair = (confusion + confusion.T).argmax()
first, second = np.unravel_index(pair, confusion.shape)
print(
    f"{h.layers.table.parameters.sum():,} parameters call {100 * result.accuracy:.2f} % of the 10,000 test images by "
    f"their name; six epochs on 5,000 images reach {100 * quick.card['test_accuracy']:.1f} %. {h.classes[first]} and "
    f"{h.classes[second]} are confused most ({(confusion + confusion.T).max()} times). Only {across} of the "
    f"{confusion.sum()} mistakes take an animal for a machine or the reverse. In the first layer {(share > 0.5).sum()} "
    f"of {len(share)} filters carry more than half of their energy in colour contrast, "
    f"{(share < 0.1).sum()} less than a tenth."
)
