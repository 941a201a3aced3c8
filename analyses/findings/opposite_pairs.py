# %% [markdown]
# # Rectifiers make early layers learn kernels in opposite pairs
#
# **Claim.** In the lower layers of networks with rectifiers, kernels come in pairs of opposite phase; the higher the
# layer, the fewer (Shang, Sohn, Almeida & Lee 2016, section 2 and figure 2). A rectifier throws away half of what a
# kernel says, and it takes a second kernel to say it.
#
# **Measured.** For each kernel the smallest cosine with another of its layer (−1: its exact negative), and how far it
# lies below what Gaussian kernels of the same size and number give: the *excess*. Mean over the kernels of each layer.
#
# **Control.** The Gaussian kernels; the untrained twin; and two networks with tanh, which have nothing to say twice: of
# the same architecture, and LeNet-5 of 1998.

# %%
import matplotlib.pyplot as plt
import pandas as pd
from _report import BLUE, GREY, ORANGE, VERMILION, Interval, Report, bootstrap, judged, opened, squeezenet

import hierfeat as hf

report = Report(
    "opposite_pairs",
    "Early layers hold kernels in opposite pairs, later ones fewer",
    "Shang et al. 2016, ICML, section 2",
)
subjects = [hf.load("convnet-cifar10"), hf.load("lenet5-fashion"), *squeezenet()]


# %%
def excess(h, layers="conv"):
    """How much more opposite kernels are than chance, by layer, with intervals over kernels."""
    table = hf.opposite_phase(h, layers=layers).table
    table = table[table["status"] == "ok"].assign(excess=lambda t: t["random"] - t["cosine"])
    wide = [name for name, rows in table.groupby("layer", sort=False) if len(rows) > 4]
    found = [(name, bootstrap(table.loc[table["layer"] == name, "excess"])) for name in wide]
    return pd.DataFrame([{"layer": name, **interval._asdict()} for name, interval in found])


wide = {"squeezenet": ["features.0", "features.*.expand3x3"]}
tables = []
for h in subjects:
    layers = wide.get(h.name, "conv")
    tables += [excess(h, layers).assign(network=h.name, state="trained")]
    tables += [excess(hf.untrained(h, seed=0), layers).assign(network=h.name, state="untrained")]
tables += [excess(hf.load("lenet5-fashion-tanh")).assign(network="lenet5-fashion", state="tanh")]
tables += [excess(hf.load("lenet5-mnist"), ["C1", "C3"]).assign(network="lenet5-fashion", state="tanh, 1998")]
table = pd.concat(tables, ignore_index=True)

# %%
figure, panels = plt.subplots(1, len(subjects), figsize=(4.3 * len(subjects), 4.2), layout="constrained", sharey=True)
colours = {"trained": BLUE, "untrained": GREY, "tanh": ORANGE, "tanh, 1998": VERMILION}
for axes, h in zip(panels, subjects, strict=True):
    for state, rows in table[table["network"] == h.name].groupby("state", sort=False):
        places = range(len(rows))
        axes.fill_between(places, rows["low"], rows["high"], color=colours[state], alpha=0.2, linewidth=0)
        axes.plot(places, rows["value"], "o-", color=colours[state], markersize=4, label=state)
    axes.axhline(0, color="black", linewidth=0.8)
    own = table.loc[(table["network"] == h.name) & (table["state"] == "trained"), "layer"]
    axes.set_xticks(range(len(own)), own.str.removeprefix("features."), rotation=45, ha="right")
    axes.set_title(h.name)
    axes.legend(frameon=False)
panels[0].set_ylabel("excess of opposite kernels over chance (cosine)")
opened(*panels)

# %% [markdown]
# **Limits.** LeNet-5's first layer has six kernels; the synapses of a Neocognitron's cells are all positive, so that it
# can hold no pairs; one seed of each network; kernels of 1 × 1 are left out, in which phase has no meaning.
#
# **Verdict.** For each of the networks with rectifiers: the excess in its first layer is above 0, and above what the
# interval of its last layer reaches. Reproduced if all of it holds.

# %%
trained = table[table["state"] == "trained"].groupby("network", sort=False)
NUMBERS = ["value", "low", "high"]
ends = {name: [Interval(*own[NUMBERS].iloc[place]) for place in (0, -1)] for name, own in trained}
verdict = judged(*(first.over(bound) for first, last in ends.values() for bound in (0, last.high)))
says = "; ".join(
    f"{name}: excess {first} in the first layer, {last} in the last" for name, (first, last) in ends.items()
)
tanh, old = (Interval(*table.loc[table["state"] == state, NUMBERS].iloc[0]) for state in ("tanh", "tanh, 1998"))
says += f"; with tanh {tanh} in LeNet-5's first, in that of 1998 {old}."
report.write(figure, table, verdict=verdict, says=says, over="kernels")
