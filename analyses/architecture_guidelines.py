# %% [markdown]
# # What a well-shaped CNN looks like
#
# Sizes through a network, the lecture's rules, and what follows from receptive fields: for hierfeat's own nets and
# for fifteen of torchvision's. Only shapes count here, so that no weights are fetched.

# %%
import json
import warnings
from pathlib import Path

import hierfeat as hf

OUT = Path("figures/architecture_guidelines")
OUT.mkdir(parents=True, exist_ok=True)


def architecture(name: str) -> hf.Hierarchy:
    """Load a network of which only the shapes count: that its weights are random needs no warning here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torchvision's, on its own initialisation
        warnings.filterwarnings("ignore", ".* random weights|.* has no shipped weights")
        return hf.load(name)


# %% [markdown]
# ## Dimensions
# The staircase of LeNet-5, of two deep nets (one box per size of map), and of parts of two that branch.

# %%
lenet = hf.load("lenet5-digits")
squeezenet = architecture("torchvision:squeezenet1_1")
resnet = architecture("torchvision:resnet18")
fire = [
    "features.0",
    "features.2",
    "features.[34].squeeze",
    "features.[34].expand?x?",
    "features.[34].cat",
    "features.5",
]
blocks = [
    "conv1",
    "maxpool",
    "layer1.*.conv?",
    "layer1.*.add",
    "layer2.0.conv?",
    "layer2.0.add",
    "layer2.0.downsample.0",
]
staircases = {
    "dimensions_lenet5": hf.dimensions(lenet),
    "dimensions_vgg16": hf.dimensions(architecture("torchvision:vgg16")),
    "dimensions_squeezenet": hf.dimensions(squeezenet, layers=fire),
    "dimensions_resnet18": hf.dimensions(resnet),
    "dimensions_resnet18_blocks": hf.dimensions(resnet, layers=blocks),
}
drawings = {name: sizes.plot() for name, sizes in staircases.items()}
for name, sizes in staircases.items():
    drawings[name].savefig(OUT / f"{name}.png", dpi=90)
    sizes.table.to_csv(OUT / f"{name}.csv", index=False)
drawings["dimensions_lenet5"]

# %% [markdown]
# ## The rules on many nets

# %%
own = ["lenet5-digits", "mlp-fashion", "convnet-cifar10", "resnet20-cifar10"]
torchvisions = [
    "alexnet",
    "vgg11",
    "vgg16",
    "squeezenet1_0",
    "googlenet",
    "inception_v3",
    "resnet18",
    "resnet50",
    "resnext50_32x4d",
    "densenet121",
    "mobilenet_v2",
    "shufflenet_v2_x1_0",
    "mnasnet1_0",
    "efficientnet_b0",
    "convnext_tiny",
]
nets = [architecture(name) for name in own + [f"torchvision:{name}" for name in torchvisions]]
found = hf.guidelines(*nets)
grid = found.plot()
grid.savefig(OUT / "guidelines.png", dpi=110)
found.table.to_csv(OUT / "guidelines.csv", index=False)
for name in ("lenet5-digits", "torchvision:resnet50"):
    hf.guidelines(architecture(name)).plot().savefig(OUT / f"guidelines_{name.split(':')[-1]}.png", dpi=90)
(OUT / "provenance.json").write_text(json.dumps(found.provenance, indent=1) + "\n")
grid

# %%
verdicts = found.table.pivot_table(index="rule", columns="verdict", values="model", aggfunc="count", fill_value=0)
broken = verdicts["broken"].sort_values(ascending=False)
late = found.table[found.table["rule"].eq("no unproductive layer") & found.table["verdict"].eq("broken")]
print(
    f"Of {len(nets)} nets, {broken.iloc[0]} break '{broken.index[0]}' and {broken.iloc[1]} break '{broken.index[1]}'; "
    f"'{broken.index[-1]}' is broken by {broken.iloc[-1]}. In {len(late)} nets some convolutions read maps whose units "
    f"already see more than the image: {'; '.join(f'{row.model} {row.evidence}' for row in late.itertuples())}."
)
