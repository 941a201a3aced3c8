# %% [markdown]
# # Activation functions
#
# Value, slope, range, zero-centredness and saturation of the nine functions of the lecture, and the same functions
# applied to one feature map of a trained net.

# %%
import json
from pathlib import Path

import hierfeat as hf

OUT = Path("figures/activation_functions")
OUT.mkdir(parents=True, exist_ok=True)

# %%
functions = hf.activation_functions()
functions.plot().savefig(OUT / "activation_functions.png", dpi=100)
functions.table.drop(columns=["mean", "flat_fraction"]).to_csv(
    OUT / "activation_functions.csv", index=False, float_format="%.6g"
)

# %% [markdown]
# ## On one feature map
# The map of LeNet-5's first layer that varies most on one digit, before its rectifier.

# %%
h = hf.load("lenet5-digits")
images, _ = hf.digits(split="test")
maps = hf.record(h, images[:1], layers="conv1")["conv1"][0]
channel = int(maps.flatten(1).std(1).argmax())
applied = hf.activation_functions(maps[channel].numpy())
applied.plot().savefig(OUT / "feature_map.png", dpi=110)
applied.table[["function", "mean", "flat_fraction"]].to_csv(OUT / "feature_map.csv", index=False, float_format="%.6g")

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
