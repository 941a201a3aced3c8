# %% [markdown]
# # Occluding the object drops the score, and higher layers depend on larger wholes
#
# **Claim.** When the object is hidden behind a grey square, the score of its class drops, so that the network does
# look at the object and not its surroundings; and higher layers hold larger, more whole structures (Zeiler & Fergus
# 2014, section 4.2, figures 2 and 7).
#
# **Measured.** A black patch of 7 × 7 pixels slides over 150 Fashion-MNIST test images, in steps of 3. How well the
# drop in the probability of the class goes with the share of the garment that the patch hides (rank correlation over
# places, per image); the same for digits, in LeNet-5 (1998) and a Neocognitron. Then the garments are cut into squares
# that are shuffled, of 14, 7 and 4 pixels: how far does each layer's mean response to them stay what it was (cosine of
# the channels' means, 0 for another image's, 1 for its own)?
#
# **Control.** The untrained twin.

# %%
from itertools import product

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from _report import BLUE, GREY, Report, bootstrap, judged, marks, opened
from scipy.stats import spearmanr

import hierfeat as hf

report = Report(
    "occlusion", "Hiding the object drops its score; higher layers depend on larger wholes",
    "Zeiler & Fergus 2014, ECCV, section 4.2",
)  # fmt: skip
h = hf.load("convnet-fashion")
nets = {"trained": h, "untrained": hf.untrained(h, seed=0)}
images, labels = (part[:150] for part in hf.fashion_mnist("test"))
SUBJECTS = {state: (net, images, labels) for state, net in nets.items()}
for name, size in (("lenet5-mnist", 32), ("neocognitron-mnist", 28)):
    SUBJECTS[name] = (hf.load(name), *(part[:60] for part in hf.mnist("test", size=size)))
LAYERS = ("relu1", "relu2", "relu3", "relu4", "relu5")


def hiding(net, images, said):
    """Of each image: how the drop of its class's probability goes with the share of the object that is hidden."""
    whole, drops, covered = net(images).softmax(1), [], []
    for row, column in product(range(0, images.shape[2] - 6, 3), repeat=2):
        copy = images.clone()
        copy[:, :, row : row + 7, column : column + 7] = 0
        drops.append((whole - net(copy).softmax(1))[range(len(images)), said].numpy())
        covered.append(((images - copy) > 0.1).flatten(1).sum(1).numpy())
    pairs = zip(np.transpose(drops), np.transpose(covered), strict=True)
    return [spearmanr(a, b).statistic for a, b in pairs if a.std() > 1e-9]


def shuffled(size, seed=0):
    """The images cut into squares that change places."""
    count = 28 // size
    squares = images.unfold(2, size, size).unfold(3, size, size).flatten(2, 3)
    order = torch.randperm(count**2, generator=torch.Generator().manual_seed(seed))
    rows = squares[:, :, order].unflatten(2, (count, count)).transpose(3, 4)
    return rows.reshape(len(images), 1, 28, 28)


# %%
correlations, kept, rows = {}, {}, []
for state, (net, shown, classes) in SUBJECTS.items():
    found = hiding(net, shown, net(shown).argmax(1) if state == "untrained" else classes)
    correlations[state] = bootstrap(found)
    rows += [{"state": state, "measure": "correlation", "value": value} for value in found]
for state, net in nets.items():
    whole = {name: x.mean((2, 3)) for name, x in hf.record(net, images, layers=list(LAYERS)).items()}
    for size in (14, 7, 4):
        parts = {name: x.mean((2, 3)) for name, x in hf.record(net, shuffled(size), layers=list(LAYERS)).items()}
        for name in LAYERS:
            centre = whole[name].mean(0)
            a, b = whole[name] - centre, parts[name] - centre
            cosines = torch.nn.functional.cosine_similarity(a, b, dim=1).numpy()
            kept[state, size, name] = bootstrap(cosines)
            rows.append({"state": state, "measure": f"kept at {size}", "layer": name, "value": cosines.mean()})
table = pd.DataFrame(rows)

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(10.4, 4.2), layout="constrained")
for state, colour in (("untrained", GREY), ("trained", BLUE)):
    values = table.loc[(table["state"] == state) & (table["measure"] == "correlation"), "value"]
    left.hist(values, np.linspace(-1, 1, 21), color=colour, alpha=0.5, label=f"{state}: mean {correlations[state]}")
left.set(xlabel="correlation of the drop with what is hidden", ylabel="images", title="A sliding patch")
for state, colour in (("untrained", GREY), ("trained", BLUE)):
    for size, dash in ((14, "-"), (7, "--"), (4, ":")):
        own, label = [kept[state, size, name] for name in LAYERS], f"{state}, {size} pixels"
        marks(right, LAYERS, own, color=colour, linestyle=dash, markersize=4, label=label)
right.set(ylabel="mean response kept (cosine)", title="Cut into squares that are shuffled", ylim=(-0.4, 1.05))
left.legend(frameon=False)
right.legend(frameon=False, ncols=2, loc="lower left")
opened(left, right)

# %% [markdown]
# **Limits.** Garments fill the image, so that there is little ground to look at; shuffling makes new edges between
# squares, which disturb early layers too; one network. The condition on the untrained network was added, and makes the
# rule stricter, after the first numbers were seen.
#
# **Verdict.** The drop goes with what is hidden, more than the interval of the untrained twin reaches; cut into
# squares of each of three sizes, less of the fifth layer's response is kept than of the first's; and at 7 pixels less
# than of the untrained fifth's. Reproduced if all of it holds.

# %%
looks = correlations["trained"].over(max(0, correlations["untrained"].high))
falls = [kept["trained", size, "relu5"].under(kept["trained", size, "relu1"].low) for size in (14, 7, 4)]
verdict = judged(looks, *falls, kept["trained", 7, "relu5"].under(kept["untrained", 7, "relu5"].low))
first, last, twin_first, twin_last = (kept[state, 7, name] for state in nets for name in ("relu1", "relu5"))
said = {state: f"{one}" for state, one in correlations.items()}
says = (
    f"The drop of the class's probability goes with the share of the garment that is hidden at ρ = {said['trained']} "
    f"(untrained {said['untrained']}), of a digit in LeNet-5 {said['lenet5-mnist']}, in the Neocognitron "
    f"{said['neocognitron-mnist']}. Cut into shuffled squares of 7 pixels, {first} of the first layer's mean response "
    f"is kept, {last} of the fifth's (untrained {twin_first}, {twin_last})."
)
report.write(figure, table, verdict=verdict, says=says, over="images")
