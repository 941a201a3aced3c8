# %% [markdown]
# # A critical period
#
# **Claim.** Depriving the eye early in life does lasting harm, and the same later does not (Wiesel & Hubel 1963); so
# it is with blurred images in the first epochs of a network's training: the longer, the worse, and worse than a deficit
# as long that comes later (Achille, Rovere & Soatto 2019, figures 1 to 3).
#
# **Measured.** Small networks learn 800 images of Fashion-MNIST for 12 epochs. For the first n of these the images
# are blurred as there: shrunk to a quarter of their sides, and enlarged again. Final accuracy on the 10,000 clear test
# images, less that of the network of the same seed that was never deprived, against n.
#
# **Control.** A deficit of 6 epochs that comes later. Five seeds, each its own first weights, its own order.

# %%
from dataclasses import replace
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch.nn.functional as F
from _report import BLUE, ORANGE, Report, judged, marks, opened, over_seeds, seeds, small_net

import hierfeat as hf

report = Report(
    "critical_period", "Early blur does lasting harm, later blur of the same length does not",
    "Wiesel & Hubel 1963, J Neurophysiol 26, 1003-1017; Achille, Rovere & Soatto 2019, ICLR",
)  # fmt: skip
EPOCHS, FIRST = 12, (3, 6, 9)
WINDOWS = ((1, 0), *((1, n) for n in FIRST), (4, 9))
RECIPE = hf.Recipe(
    "small", "fashion_mnist", epochs=EPOCHS, batch_size=25, learning_rate=3e-3, limit=800, split="train+validation"
)


def deprived(images, epoch, *, first, last):
    """Blurred from one epoch to another."""
    small = F.avg_pool2d(images, 4)
    return F.interpolate(small, images.shape[2:], mode="bilinear") if first <= epoch <= last else images


# %%
rows = []
for seed in seeds():
    start = small_net(seed)
    for first, last in WINDOWS:
        rearing = partial(deprived, first=first, last=last)
        training = hf.train(replace(RECIPE, seed=seed, rearing=rearing), start=start, progress=False)
        rows.append({"seed": seed, "first": first, "last": last, "accuracy": 100 * training.card["test_accuracy"]})
table = pd.DataFrame(rows)

# %%
wide = table.pivot_table(index="seed", columns=["first", "last"], values="accuracy")
lost = {window: over_seeds(wide[1, 0] - wide[window]) for window in WINDOWS[1:]}
longer = over_seeds([np.polyfit(FIRST, wide[1, 0][s] - [wide[1, n][s] for n in FIRST], 1)[0] for s in wide.index])
early_less_late = over_seeds(wide[4, 9] - wide[1, 6])

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 4.2), layout="constrained", sharey=True)
marks(left, FIRST, [lost[1, n] for n in FIRST], color=BLUE)
marks(right, (1, 4), [lost[start, start + 5] for start in (1, 4)], color=ORANGE)
left.set(ylabel="accuracy lost for good (points)", xlabel="epochs of blur from the first on", title="How long")
right.set(xlabel="first of 6 epochs of blur", title="When", xticks=(1, 4))
left.set_xticks(FIRST)
for axes in (left, right):
    axes.axhline(0, color="black", linewidth=0.8)
opened(left, right)
figure.suptitle(f"Blurred for some of {EPOCHS} epochs of Fashion-MNIST")

# %% [markdown]
# **Limits.** Twelve epochs of 800 images, where Achille et al. train for hundreds on 50,000; the learning rate falls
# on a cosine, so that the later deficit is followed by fewer and slower epochs, which works against the claim. The
# rule of the verdict (of an earlier run on digits, with the clause on length added) was fixed before the numbers.
#
# **Verdict.** Blur in the first 6 epochs does lasting harm, more than in 6 later ones, and each epoch more of it
# costs accuracy. Reproduced if all three hold.

# %%
verdict = judged(lost[1, 6].over(0), early_less_late.over(0), longer.over(0))
said = ", ".join(f"{first}-{last} {lost[first, last]}" for first, last in lost)
says = (
    f"Points lost for good by blur in epochs {said}. Each epoch more of early blur costs {longer}; early blur costs "
    f"{early_less_late} points more than that of epochs 4-9."
)
report.write(figure, table, verdict=verdict, says=says, over="seeds")
