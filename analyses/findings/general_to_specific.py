# %% [markdown]
# # Features go from general to specific
#
# **Claim.** The first layers of a network serve another task as well as its own; the last do not: with the first n
# layers of a network for task A kept as they are, and the others trained for task B, accuracy on B falls as n grows
# (Yosinski, Clune, Bengio & Lipson 2014, section 4.1 and figure 2; their AnB).
#
# **Measured.** Task A: the digits 0 to 4; task B: 5 to 9. The first n of four layers with weights are carried over
# from A and frozen, the rest is drawn afresh and learns B. Accuracy on B, less that of a network that learned B whole.
#
# **Control.** The same with the first n layers of a network for B itself (BnB), which tells what is lost because
# layers no longer learn together; and with n layers of random weights, frozen. Seven seeds.

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from _report import BLUE, GREY, ORANGE, Report, opened, over_seeds, seeds
from torch import nn

import hierfeat as hf

report = Report(
    "general_to_specific", "Features go from general to specific: the more layers another task lends, the worse",
    "Yosinski et al. 2014, NIPS, section 4.1",
)  # fmt: skip
BASE = hf.Recipe("small", "digits", epochs=20, batch_size=25, learning_rate=4e-3, split="train+validation")
LAYERS = ("0", "3", "6", "10")


def net(seed):
    """Three convolutions and a dense layer, then the classes."""
    torch.manual_seed(seed)
    layers = [nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 12, 3, padding=1), nn.ReLU(),
              nn.MaxPool2d(2), nn.Conv2d(12, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
              nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)]  # fmt: skip
    return hf.Hierarchy(nn.Sequential(*layers), (1, 16, 16), mean=[0.31], std=[0.32], name="small")


def learned(seed, task, start, freeze=()):
    """A network that has learned task A or B, and how well."""
    classes = (0, 1, 2, 3, 4) if task == "A" else (5, 6, 7, 8, 9)
    training = hf.train(replace(BASE, seed=seed, classes=classes), start=start, freeze=freeze, progress=False)
    return training.hierarchy(start), training.card["test_accuracy"]


# %%
rows = []
for seed in seeds(7):
    (a, _), (b, whole) = learned(seed, "A", net(seed)), learned(seed, "B", net(1000 + seed))
    for source, donor in (("A", a), ("B", b), ("random", net(3000 + seed))):
        for n in range(1, len(LAYERS) + 1):
            start, kept = net(2000 + seed), LAYERS[:n]
            carried = {name: value for name, value in donor.model.state_dict().items() if name.split(".")[0] in kept}
            start.model.load_state_dict(carried, strict=False)
            _, accuracy = learned(100 + seed, "B", start, freeze=kept)
            rows.append({"seed": seed, "kept_from": source, "layers": n, "accuracy": accuracy, "whole": whole})
table = pd.DataFrame(rows)
table["lost"] = 100 * (table["whole"] - table["accuracy"])

# %%
lost = {key: over_seeds(own["lost"]) for key, own in table.groupby(["kept_from", "layers"])}
wide = table.pivot_table(index="seed", columns=["kept_from", "layers"], values="lost")
slope = over_seeds([np.polyfit(range(1, 5), wide.loc[seed, "A"], 1)[0] for seed in wide.index])
specific = over_seeds(wide["A", 4] - wide["B", 4])
first = over_seeds(wide["A", 1] - wide["B", 1])

# %%
figure, axes = plt.subplots(figsize=(6.6, 4.3), layout="constrained")
for source, colour in (("random", GREY), ("B", ORANGE), ("A", BLUE)):
    own = [lost[source, n] for n in range(1, 5)]
    label = {"A": "the other task's", "B": "its own task's", "random": "random"}[source]
    arms, heights = np.hstack([one.arms[::-1] for one in own]), [-one.value for one in own]
    axes.errorbar(range(1, 5), heights, yerr=arms, color=colour, marker="o", capsize=3, label=f"{label} layers kept")
axes.axhline(0, color="black", linewidth=0.8)
axes.set_xticks(range(1, 5))
axes.set(xlabel="layers kept and frozen, of five", ylabel="accuracy on task B (points against learning it whole)")
axes.legend(frameon=False, loc="lower left")
opened(axes)

# %% [markdown]
# **Limits.** Two halves of ten digits are near tasks, written by the same hands; small networks; 180 test images a
# task.

# %%
general, falls, last = not first.above or first.value < 1, slope.above, specific.above
verdict = "reproduced" if general and falls and last else "in part" if falls or last else "contradicted"
says = (
    f"With layers of the other task, {slope} points of accuracy are lost for each layer kept; of one layer kept, "
    f"{first} "
    f"points more than with the task's own, of four, {specific}; of four random layers {lost['random', 4]} points."
)
report.write(figure, table, verdict=verdict, says=says, over="seeds")
