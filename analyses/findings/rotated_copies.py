# %% [markdown]
# # Families of kernels are rotated copies of one another
#
# **Claim.** Early vision is full of equivariance: the same feature, a curve or an edge, is learned again and again at
# other orientations (Olah, Cammarata, Voss, Schubert & Goh 2020, "Naturally occurring equivariance in neural
# networks", Distill).
#
# **Measured.** Of every kernel of a first layer, the largest cosine with *another* kernel turned by 90, 180 or 270
# degrees (these turns move pixels without resampling). For a second layer, its effective kernels on the image. How
# many kernels have a turned copy nearer than 95 % of the control's kernels have.
#
# **Control.** Kernels with the same amplitude spectrum and random phases: as smooth, as coloured and as oriented, but
# copies of nothing. And the untrained twin.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _report import BLUE, GREY, Report, bootstrap, judged, opened, squeezenet

import hierfeat as hf

report = Report(
    "rotated_copies", "Kernels come in families of rotated copies",
    "Olah et al. 2020, Distill 5(12), Naturally occurring equivariance",
)  # fmt: skip
subjects = [
    (hf.load("convnet-cifar10"), "conv1"),
    (hf.load("convnet-cifar10"), "conv2"),
    (hf.load("neocognitron-mnist"), "s1"),
    *((h, "features.0") for h in squeezenet()),
]


def copies(kernels):
    """Of each kernel the largest cosine with another one, turned."""
    unit = kernels / np.sqrt((kernels**2).sum((1, 2, 3), keepdims=True))
    flat = unit.reshape(len(unit), -1)
    turned = [flat @ np.rot90(unit, turns, axes=(2, 3)).reshape(len(unit), -1).T for turns in (1, 2, 3)]
    best = np.max(turned, axis=0)
    np.fill_diagonal(best, -1)  # turned into itself, a kernel is no family
    return best.max(1)


def scrambled(kernels, seed):
    """The same amplitudes, the phases of white noise, one noise for all channels of a kernel."""
    noise = np.random.default_rng(seed).standard_normal((len(kernels), 1, *kernels.shape[2:]))
    phase = np.exp(1j * np.angle(np.fft.fft2(noise)))
    return np.fft.ifft2(np.fft.fft2(kernels) * phase).real


# %%
rows, found = [], {}
for h, layer in subjects:
    name = f"{h.name} {layer}"
    kernels, twin = (hf.filters(one, layer).effective for one in (h, hf.untrained(h, seed=0)))
    values = {"trained": copies(kernels), "untrained": copies(twin)}
    values["scrambled"] = np.concatenate([copies(scrambled(kernels, seed)) for seed in range(20)])
    bar = np.quantile(values["scrambled"], 0.95)
    found[name] = {state: bootstrap(values[state] > bar) for state in ("trained", "untrained")}
    found[name]["count"] = int((values["trained"] > bar).sum())
    about = {"layer": name, "chance": bar}
    rows += [about | {"state": state, "cosine": value} for state, those in values.items() for value in those]
table = pd.DataFrame(rows)

# %%
figure, panels = plt.subplots(1, len(subjects), figsize=(12.8, 4), layout="constrained")
edges = np.linspace(0, 1, 21)
for axes, (name, own) in zip(panels, table.groupby("layer", sort=False), strict=True):
    for state, colour, fill in (("trained", BLUE, True), ("untrained", GREY, False), ("scrambled", "black", False)):
        values = own.loc[own["state"] == state, "cosine"]
        heights = np.histogram(values.clip(0, 1), edges)[0] / len(values)
        axes.stairs(heights, edges, fill=fill, color=colour, alpha=0.4 if fill else 1, label=state)
    share = found[name]["trained"]
    axes.set(xlabel="cosine with the nearest turned kernel", title=f"{name}\n{100 * share.value:.0f} % beyond chance")
panels[2].legend(frameon=False, loc="upper left")
panels[0].set_ylabel("share of kernels")
opened(*panels)

# %% [markdown]
# **Limits.** Only quarter turns; a family of curves at finer steps is not seen. The synapses of a Neocognitron's cells
# are all positive, so that its kernels are alike, turned or not, before they learn too: there the measure tells little.
# Scrambled kernels of 3 × 3 pixels have only four free phases, so that chance is high there.
#
# **Verdict.** A clause for each layer: more kernels have a turned copy than 5 %, which scrambled ones have by
# construction, and than the interval of the untrained twin reaches. Reproduced if all hold.

# %%
verdict = judged(*(one["trained"].over(max(0.05, one["untrained"].high)) for one in found.values()))
says = "; ".join(
    f"{name}: {one['count']} kernels, {one['trained']} of all, have a turned copy (5 % by chance; untrained "
    f"{one['untrained']})"
    for name, one in found.items()
)
report.write(figure, table[table["state"] != "scrambled"], verdict=verdict, says=says + ".", over="kernels")
