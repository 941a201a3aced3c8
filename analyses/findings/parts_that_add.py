# %% [markdown]
# # Combinations that only add give parts
#
# **Claim.** Where only additions are allowed, what is learned are parts: non-negative matrix factorisation makes
# sparse, local parts of faces where principal components make holistic ones (Lee & Seung 1999, figure 1). Responses
# behind a rectifier are rates, non-negative: is that enough?
#
# **Measured.** The responses of a network's second stage (256 Fashion-MNIST test images, in five samples of 50) are
# taken apart at rank 6, by NMF and by principal components. *Sparsity* of the parts (Hoyer: 0 all channels alike, 1
# one channel alone), and the *price*: how much more of the energy NMF leaves unexplained than an unconstrained
# factorisation (SVD). Rectified responses, against those of a sibling with tanh, which are signed; and, of digits,
# those of a Neocognitron's second S-cells, which are rates by design.
#
# **Control.** The untrained twins: does training make parts that add?

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _report import BLUE, GREY, ORANGE, Report, bars, judged, opened, over_seeds, seeds

import hierfeat as hf

report = Report(
    "parts_that_add",
    "Combinations that only add give parts; rectified responses allow them",
    "Lee & Seung 1999, Nature 401, 788-791",
)
clothes, digits = hf.fashion_mnist("test")[0], hf.mnist("test")[0]
subjects = {
    "ReLU": (hf.load("lenet5-fashion"), clothes, "act2"),
    "tanh": (hf.load("lenet5-fashion-tanh"), clothes, "act2"),
    "Neocognitron": (hf.load("neocognitron-mnist"), digits, "s2"),
}

# %%
rows = []
for name, (h, images, layer) in subjects.items():
    for seed in seeds():
        some = images[50 * seed : 50 * seed + 50]
        for state, subject in (("trained", h), ("untrained", hf.untrained(h, seed=seed))):
            found = hf.additive_parts(subject, some, layer, rank=6, seed=seed).table.set_index("method")
            row = {"activation": name, "state": state, "sample": seed}
            row |= {f"{method}_sparsity": found.loc[method, "part_sparsity"] for method in ("nmf", "pca")}
            rows.append(row | {"price": found.loc["nmf", "error"] - found.loc["svd", "error"]})
table = pd.DataFrame(rows)

# %%
by = {key: own.set_index("sample") for key, own in table.groupby(["activation", "state"])}
relu, tanh, twin = by["ReLU", "trained"], by["tanh", "trained"], by["ReLU", "untrained"]
sparser = over_seeds(relu["nmf_sparsity"] - relu["pca_sparsity"])
dearer = over_seeds(tanh["price"] - relu["price"])
learned = over_seeds(relu["nmf_sparsity"] - twin["nmf_sparsity"])

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(12.8, 4.4), layout="constrained")
keys = [(name, state) for name in subjects for state in ("trained", "untrained")]
names = ["\n".join(key).replace("cognitron", "cog.") for key in keys]
for offset, column, colour in ((-0.2, "nmf_sparsity", BLUE), (0.2, "pca_sparsity", ORANGE)):
    label = {"nmf_sparsity": "parts that only add (NMF)", "pca_sparsity": "principal components"}[column]
    bars(left, np.arange(6) + offset, [over_seeds(by[key][column]) for key in keys], 0.38, color=colour, label=label)
bars(right, range(6), [over_seeds(100 * by[key]["price"]) for key in keys], color=GREY)
left.set_xticks(range(6), names)
right.set_xticks(range(6), names)
left.set(ylabel="sparsity of the parts", title="Rank 6, second stage", ylim=(0, 1))
right.set(ylabel="energy lost to the constraint (% points)", title="The price of adding only")
left.legend(frameon=False, ncols=2, loc="upper left")
opened(left, right)

# %% [markdown]
# **Limits.** Parts here are of channels, not of pixels; synapses may be negative, so that the network itself adds and
# subtracts; one trained network of each kind.
#
# **Verdict.** Behind rectifiers parts that only add are sparser than principal components, and the constraint costs
# signed responses more than rectified ones. Reproduced if both hold. What training changes is told beside it.

# %%
verdict = judged(sparser.over(0), dearer.over(0))
neo = by["Neocognitron", "trained"]
neo_sparser, neo_price = over_seeds(neo["nmf_sparsity"] - neo["pca_sparsity"]), over_seeds(neo["price"])
says = (
    f"Parts that only add are sparser than principal components by {sparser} behind rectifiers. The constraint costs "
    f"signed responses {dearer} more of their energy than rectified ones. Training makes parts sparser by {learned}. "
    f"In the Neocognitron they are sparser than principal components by {neo_sparser}, at a price of {neo_price}."
)
report.write(figure, table, verdict=verdict, says=says, over="samples of images")
