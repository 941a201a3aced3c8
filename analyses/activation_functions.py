# %% [markdown]
# # Activation functions
#
# Value, slope, range, zero-centredness and saturation of the nine functions of the lecture, and the same functions
# applied to one feature map of a trained net.

# %%
import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import hierfeat as hf

OUT = Path("figures/activation_functions")
OUT.mkdir(parents=True, exist_ok=True)

# %%
functions = hf.activation_functions()
curves = functions.plot()
curves.savefig(OUT / "activation_functions.png", dpi=100)
functions.table.drop(columns=["mean", "flat_fraction"]).to_csv(
    OUT / "activation_functions.csv", index=False, float_format="%.6g"
)
curves

# %% [markdown]
# ## On one feature map
# The map of LeNet-5's first layer that varies most on one digit, before its rectifier.

# %%
h = hf.load("lenet5-digits")
images, _ = hf.digits(split="test")
maps = hf.record(h, images[:1], layers="conv1")["conv1"][0]
channel = int(maps.flatten(1).std(1).argmax())
applied = hf.activation_functions(maps[channel].numpy())
on_a_map = applied.plot()
on_a_map.savefig(OUT / "feature_map.png", dpi=110)
applied.table[["function", "mean", "flat_fraction"]].to_csv(OUT / "feature_map.csv", index=False, float_format="%.6g")
on_a_map

# %%
where = {"model": h.name, "weights_sha256": h.weights_sha256, "layer": "conv1", "channel": channel, "image": 0}
provenance = {"feature_map": where, "curves": functions.provenance}
(OUT / "provenance.json").write_text(json.dumps(provenance, indent=1) + "\n")
table, on_map = functions.table.set_index("function"), applied.table.set_index("function")
flattest = on_map["flat_fraction"].idxmax()
centred, saturating = table.index[table.zero_centred], table.index[table.saturates_above]
print(
    f"Only {', '.join(centred)} is zero-centred; {' and '.join(saturating)} saturate on both sides, the others below "
    f"or not at all. For a standard normal input the slope is below 0.01 with probability "
    f"{table.normal_flat['relu']:.2f} for ReLU; the sigmoid never passes on more than "
    f"{table.steepest['sigmoid']:.2f} of a gradient. On channel {channel} of {h.name}'s first layer {flattest} is "
    f"flattest, at {on_map.flat_fraction[flattest]:.0%} of the cells; leaky ReLU at "
    f"{on_map.flat_fraction['leaky_relu']:.0%}."
)

# %% [markdown]
# ## Networks trained with each function
# The zoo's siblings of LeNet-5 on Fashion-MNIST, which differ in their activation function alone (the leaky ReLU's
# slope is 0.01 there, the lecture's 0.1 above).

# %%
SIBLINGS = {
    "lenet5-fashion": "ReLU",
    "lenet5-fashion-leaky-relu": "leaky ReLU",
    "lenet5-fashion-elu": "ELU",
    "lenet5-fashion-gelu": "GELU",
    "lenet5-fashion-tanh": "tanh",
    "lenet5-fashion-sigmoid": "sigmoid",
    "lenet5-fashion-maxout": "maxout",
}
shipped = [name for name in SIBLINGS if "test_accuracy" in hf.card(name)]
CHOSEN = ("conv", "activation", "pool", "linear")


def measured(name: str) -> tuple[dict[str, object], pd.Series]:
    """One sibling's numbers, and the gradient at each layer relative to the last."""
    net = hf.load(name)
    rectified = hf.nonnegativity(net, clothes[:1000]).table
    flow = hf.gradient_flow(net, clothes[:256], kinds[:256], layers=CHOSEN).table.set_index("layer")["relative"]
    moved = hf.translation_invariance(net, clothes, layers=("act2", "fc3"), max_shift=2).summary.set_index("layer")
    parts = hf.additive_parts(net, clothes, "act2", rank=4).table.set_index("method")
    numbers = {
        "activation": SIBLINGS[name],
        "model": name,
        "accuracy": hf.card(name)["test_accuracy"],
        "accuracy_mean": hf.card(name)["test_accuracy_mean"],
        "accuracy_std": hf.card(name)["test_accuracy_std"],
        "active_fraction": rectified["active_fraction"].mean(),
        "lifetime_sparseness": rectified["lifetime_sparseness"].mean(),
        "dead": int(rectified["dead"].sum()),
        "negative_energy": rectified["negative_energy"].mean(),
        "gradient_at_conv1": flow.iloc[0],
        "nmf_error": parts.loc["nmf", "error"],
        "svd_error": parts.loc["svd", "error"],
        "invariance_act2": moved.loc["act2", "invariance"],
        "invariance_output": moved.loc["fc3", "invariance"],
    }
    return numbers, flow.rename(SIBLINGS[name])


# %%
if len(shipped) > 1:
    clothes, kinds = hf.fashion_mnist(split="test")
    rows, flows = zip(*(measured(name) for name in shipped), strict=True)
    siblings = pd.DataFrame(rows)
    siblings.to_csv(OUT / "siblings.csv", index=False, float_format="%.6g")
    figure, axes = plt.subplots(2, 3, figsize=(13, 7), layout="constrained")
    # Okabe and Ito's, told apart by every eye
    colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "0.6"][: len(siblings)]
    panels = {
        "accuracy_mean": "test accuracy (mean, standard deviation; 3 seeds)",
        "lifetime_sparseness": "lifetime sparseness",
        "dead": "units that never answer",
        "invariance_act2": "invariance at act2, shifts of 1-2 pixels",
        "nmf_error": "error of 4 parts at act2: NMF (bar), SVD (line)",
    }
    spread = siblings["accuracy_std"]
    for panel, (column, title) in zip(axes.flat, panels.items(), strict=False):
        places = range(len(siblings))
        panel.bar(places, siblings[column], color=colours, yerr=spread if column == "accuracy_mean" else None)
        if column == "nmf_error":
            panel.plot(places, siblings["svd_error"], "k_", markersize=22)
        if column == "accuracy_mean":
            lowest = float(np.floor(100 * siblings[column].min() - 1) / 100)
            panel.set_ylim(lowest, siblings[column].max() + 0.01)
            panel.set_ylabel(f"the axis starts at {lowest:g}")
        panel.set_xticks(places, siblings["activation"], rotation=35, ha="right")
        panel.set_title(title, fontsize=11)
    for flow, colour in zip(flows, colours, strict=True):
        axes[1, 2].semilogy(range(len(flow)), flow, color=colour, marker=".")
    axes[1, 2].set_xticks(range(len(flows[0])), flows[0].index, rotation=45, ha="right")
    axes[1, 2].set_title("gradient, relative to the last layer’s", fontsize=11)
    for panel in axes.flat:
        panel.spines[["top", "right"]].set_visible(False)
    figure.suptitle("LeNet-5 on Fashion-MNIST, trained with each activation function")
    figure.savefig(OUT / "siblings.png", dpi=90)
    provenance["siblings"] = {name: hf.load(name).weights_sha256 for name in shipped}
    (OUT / "provenance.json").write_text(json.dumps(provenance, indent=1) + "\n")
    by = siblings.set_index("activation")
    signed = by["negative_energy"] > 0.01
    print(
        f"Trained: {by.accuracy_mean.idxmax()} is most accurate ({by.accuracy_mean.max():.1%}, mean of 3 seeds), "
        f"{by.accuracy_mean.idxmin()} least ({by.accuracy_mean.min():.1%}); seeds have a standard deviation of up to "
        f"{by.accuracy_std.max():.1%}. Of the first seed's weights, lifetime sparseness is highest with "
        f"{by.lifetime_sparseness.idxmax()} ({by.lifetime_sparseness.max():.2f}) and lowest with "
        f"{by.lifetime_sparseness.idxmin()} ({by.lifetime_sparseness.min():.2f}); {by.dead.idxmax()} has most "
        f"units that never answer ({by.dead.max()}). Of the last layer's gradient {by.gradient_at_conv1.min():.2g} "
        f"({by.gradient_at_conv1.idxmin()}) to {by.gradient_at_conv1.max():.2g} ({by.gradient_at_conv1.idxmax()}) "
        f"arrives at conv1. Four parts that only add describe act2 with an error of "
        f"{by.nmf_error[~signed].mean():.2f} on average where (almost) nothing negative comes out, and of "
        f"{by.nmf_error[signed].mean():.2f} for {', '.join(by.index[signed])}; the SVD's are "
        f"{by.svd_error[~signed].mean():.2f} and {by.svd_error[signed].mean():.2f}."
    )
