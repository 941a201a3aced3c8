# %% [markdown]
# # A dense network on Fashion-MNIST
#
# Load, look, build, train, evaluate: and then look at what the first layer has learned. A dense layer gives every
# unit its own weight for every pixel; nothing tells it which pixels are neighbours.

# %%
from dataclasses import replace

import numpy as np
from _gallery import Gallery
from matplotlib import pyplot as plt

import hierfeat as hf

gallery = Gallery("fnn_fashion_mnist")

# %% [markdown]
# ## The data
# Six of each class, from the validation split. Grey, 28x28, values in [0, 1].

# %%
h = hf.load("mlp-fashion")
images, labels = hf.fashion_mnist("validation")
figure, grid = plt.subplots(6, 10, figsize=(12, 7.6), layout="constrained")
for column, name in enumerate(h.classes):
    grid[0, column].set_title(name)
    for row, image in enumerate(images[labels == column][:6]):
        grid[row, column].imshow(image[0].numpy(), cmap="gray", vmin=0, vmax=1)
        grid[row, column].axis("off")
gallery.save("data", figure)

# %% [markdown]
# ## The network

# %%
print(h.layers)

# %% [markdown]
# ## Training
# Three epochs show the curve; the shipped weights come from the whole recipe.

# %%
quick = hf.train(replace(hf.find_recipe("mlp-fashion"), epochs=3), progress=False)
gallery.save("training", quick.plot(), quick, table=quick.table)

# %% [markdown]
# ## Evaluation

# %%
test_images, test_labels = hf.fashion_mnist("test")
result = hf.evaluate(h, test_images, test_labels)
gallery.save("confusion", result.plot(), result, table=result.table)

# %%
gallery.save("mistakes", result.plot_mistakes(test_images, k=16))

# %% [markdown]
# ## What the first layer learned
# The weights of a unit are an image of 28x28: red pixels excite it, blue ones inhibit it. The 32 units with the
# largest weights, beside 8 units before training. Many look like whole garments, none like a small local filter.

# %%
trained = h.model.fc1.weight.detach().reshape(-1, 28, 28)
fresh = hf.untrained(h).model.fc1.weight.detach().reshape(-1, 28, 28)
strongest = trained.flatten(1).norm(dim=1).argsort(descending=True)[:32]
figure, grid = plt.subplots(5, 8, figsize=(9, 6.5), layout="constrained")
for axes, weights in zip(grid.flat, [*trained[strongest], *fresh[:8]], strict=True):
    limit = float(weights.abs().max())
    axes.imshow(weights.numpy(), cmap="RdBu_r", vmin=-limit, vmax=limit)
    axes.set(xticks=[], yticks=[])
grid[0, 0].set_ylabel("trained")
grid[4, 0].set_ylabel("untrained")
figure.suptitle(f"{h.name}, fc1: weights of 32 units, and of 8 untrained ones")
gallery.save("first_layer", figure)

# %%
gallery.close()
confusion = result.confusion - np.diag(np.diag(result.confusion))
worst = np.unravel_index(confusion.argmax(), confusion.shape)
best, hardest = result.table.sort_values("recall").iloc[[-1, 0]].itertuples()
print(
    f"{h.layers.table.parameters.sum():,} weights call {100 * result.accuracy:.2f} % of the 10,000 test images by "
    f"their name; three epochs alone reach {100 * quick.card['test_accuracy']:.2f} %. {best.label} is the easiest "
    f"({100 * best.recall:.1f} % found), {hardest.label} the hardest ({100 * hardest.recall:.1f} %); most often it "
    f"takes {h.classes[worst[0]]} for {h.classes[worst[1]]} ({confusion.max()} times of 1,000)."
)
