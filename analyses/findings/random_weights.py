# %% [markdown]
# # The best architecture with random weights foretells the best trained one
#
# **Claim.** Convolution and pooling with random weights are already frequency selective and translation invariant, so
# that architectures can be ranked without training them: performance with random weights correlates with that after
# (Saxe, Koh, Chen, Bhand, Suresh & Ng 2011, sections 2 and 4, figure 4).
#
# **Measured.** Six architectures (one network with six kinds of pools) on Fashion-MNIST: accuracy of a linear
# classifier on the last map with random weights, five seeds, against test accuracy after training (from the models'
# cards). And, of the units with random weights behind the pool, how narrowly they are tuned to frequency, and how
# invariant they are.
#
# **Control.** The first convolution with random weights, before any pool.

# %%
import matplotlib.pyplot as plt
import pandas as pd
from _report import BLUE, POOLS, Report, judged, last_map, opened, over_seeds, seeds
from scipy.stats import spearmanr

import hierfeat as hf

report = Report(
    "random_weights",
    "The best architecture with random weights predicts the best trained one",
    "Saxe et al. 2011, ICML",
)
train = [part[:700] for part in hf.fashion_mnist("validation")]
test = [part[:500] for part in hf.fashion_mnist("test")]

# %%
rows, behind = [], []
for name, pooling in POOLS.items():
    h, learned = hf.load(name), 100 * hf.card(name)["test_accuracy_mean"]
    for seed in seeds():
        twin = hf.untrained(h, seed=seed)
        probe = hf.layer_probes(twin, train, test, layers=last_map(h), max_iter=100, progress=False).table
        rows.append({"pooling": pooling, "seed": seed, "random": 100 * probe["accuracy"].iloc[0], "trained": learned})
    if pooling == "L2":  # Saxe et al. pool squares
        for seed in seeds():
            twin = hf.untrained(h, seed=seed)
            both = ["conv1", "pool1"]
            tuned = hf.orientation_tuning(twin, layers=both, orientations=8, frequencies=8, phases=8).table
            moved = hf.translation_invariance(twin, test[0], layers=both, max_shift=2, max_images=24).summary
            narrow = tuned.groupby("layer")["bandwidth"].median()
            steady = moved.set_index("layer")["invariance"]
            behind.append({"seed": seed, "bandwidth": narrow["pool1"], "gained": steady["pool1"] - steady["conv1"],
                           "tuned": (tuned[tuned["layer"] == "pool1"]["bandwidth"] < 2.5).mean()})  # fmt: skip
table, behind = pd.DataFrame(rows), pd.DataFrame(behind)

# %%
means = table.groupby("pooling", sort=False)[["random", "trained"]].mean()
by_seed = [spearmanr(own.set_index("pooling").loc[means.index, "random"], means["trained"]).statistic
           for _, own in table.groupby("seed")]  # fmt: skip
correlation, invariant = over_seeds(by_seed), over_seeds(behind["gained"])
correlation = correlation._replace(high=min(correlation.high, 1.0))
octaves = over_seeds(behind["bandwidth"])
best = {state: means[state].idxmax() for state in ("random", "trained")}

# %%
figure, axes = plt.subplots(figsize=(6.4, 4.6), layout="constrained")
for pooling, own in table.groupby("pooling", sort=False):
    one = over_seeds(own["random"])
    axes.errorbar(one.value, own["trained"].iloc[0], xerr=one.arms, color=BLUE, marker="o", capsize=3)
    below = {"L2": -14, "average": -14, "max": -14}.get(pooling, 6)
    axes.annotate(pooling, (one.value, own["trained"].iloc[0]), xytext=(4, below), textcoords="offset points")
axes.set(xlabel="linear classifier on random weights (%)", ylabel="trained network (%)")
axes.set_title(f"Six kinds of pools; rank correlation {correlation}")
opened(axes)

# %% [markdown]
# **Limits.** Six architectures, and close ones: trained, they lie within few points of each other; "none" has more
# features for its classifier. Saxe et al. compare dozens.

# %%
verdict = judged(correlation.over(0), invariant.over(0))
says = (
    f"Rank correlation of accuracy with random weights and after training: {correlation}; the best with random "
    f"weights is "
    f"{best['random']}, trained {best['trained']}. Behind a random L2 pool units are {octaves:.1f} octaves wide, and "
    f"{invariant} more invariant to shifts than before it."
)
report.write(figure, table, verdict=verdict, says=says, over="seeds")
