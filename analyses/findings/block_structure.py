# %% [markdown]
# # Over-wide networks hold a block of layers that are all alike
#
# **Claim.** Where a network is wide for the number of its training images, many successive layers represent images
# alike, a block in the matrix of CKA; what they share is one dominant principal component, and without it the block is
# gone (Nguyen, Raghu & Kornblith 2021, sections 3 and 4; first seen by Kornblith et al. 2019, section 6.1, in depth).
#
# **Measured.** Networks of eight residual blocks, 4, 12 or 32 channels wide, learn 300 digits. *Block*: the mean CKA
# (unbiased, so that width does not raise it by itself) of the outputs of blocks at least three apart. *Share*: the
# first principal component's of the variance, mean over blocks; and how far the block falls when each layer's is
# removed (usual estimate of CKA, which takes Gram matrices, before and after).
#
# **Control.** Narrow networks of the same depth and training, and all of them before training. Five seeds.

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from _report import BLUE, GREY, Report, judged, marks, opened, over_seeds, seeds
from torch import nn

import hierfeat as hf

report = Report(
    "block_structure", "Over-wide networks hold a block of layers that are alike by one dominant component",
    "Nguyen, Raghu & Kornblith 2021, ICLR, arXiv:2010.15327, sections 3 and 4",
)  # fmt: skip
RECIPE = hf.Recipe("residual", "digits", epochs=12, batch_size=25, learning_rate=3e-3, limit=300)
WIDTHS, BLOCKS, EDGES, NAMES = (4, 12, 32), 8, (0.5, 8.5, 0.5, 8.5), ["block", "share", "falls"]
APART = np.subtract.outer(range(BLOCKS), range(BLOCKS)) >= 3


class Residual(nn.Module):
    """Two convolutions, and what came in."""

    def __init__(self, wide):
        super().__init__()
        one, two = (nn.Conv2d(wide, wide, 3, padding=1, bias=False) for _ in range(2))
        self.path = nn.Sequential(one, nn.BatchNorm2d(wide), nn.ReLU(), two, nn.BatchNorm2d(wide))
        self.out = nn.ReLU()

    def forward(self, x):
        return self.out(x + self.path(x))


def net(seed, wide):
    """A convolution of stride 2, the blocks, and the classes."""
    torch.manual_seed(seed)
    blocks = [Residual(wide) for _ in range(BLOCKS)]
    stem, head = nn.Conv2d(1, wide, 5, 2, 2), [nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(4 * wide, 10)]
    model = nn.Sequential(stem, *blocks, *head)
    return hf.Hierarchy(model, (1, 16, 16), mean=[0.31], std=[0.32], name="residual")


def described(h):
    """The CKA of its blocks, the share of their first component, and what CKA falls by without it."""
    acts = hf.record(h, images, layers="*.out").values()
    features = [x.flatten(1).double().numpy() for x in acts]
    parts = [np.linalg.svd(x - x.mean(0), full_matrices=False)[:2] for x in features]
    usual = []
    for first in (0, 1):
        grams = [(u[:, first:] * s[first:] ** 2) @ u[:, first:].T for u, s in parts]
        flat = np.array([gram.ravel() / np.linalg.norm(gram) for gram in grams])
        usual.append((flat @ flat.T)[APART].mean())
    cka = hf.similarity(h, images, layers="*.out", group=180, progress=False).cka
    share = np.mean([s[0] ** 2 / (s**2).sum() for _, s in parts])
    return cka, {"block": cka[APART].mean(), "share": share, "falls": usual[0] - usual[1]}


# %%
images, _ = hf.digits(size=16)
rows, matrices = [], {width: [] for width in WIDTHS}
for seed in seeds():
    for width in WIDTHS:
        start = net(seed, width)
        training = hf.train(replace(RECIPE, seed=seed), start=start, progress=False)
        cka, found = described(training.hierarchy(start))
        matrices[width].append(cka)
        for state, one in (("trained", found), ("untrained", described(start)[1])):
            rows.append({"seed": seed, "width": width, "state": state, **one})
        rows[-2]["accuracy"] = training.card["test_accuracy"]
table = pd.DataFrame(rows)

# %%
wide = table.pivot_table(index="seed", columns=["state", "width"], values=NAMES)
more = {(name, state): over_seeds(wide[name, state, WIDTHS[-1]] - wide[name, state, WIDTHS[0]])
        for name in NAMES for state in ("trained", "untrained")}  # fmt: skip
grown = wide["block"]["trained"] - wide["block"]["untrained"]
learned = over_seeds(grown[WIDTHS[-1]] - grown[WIDTHS[0]])

# %%
figure, panels = plt.subplots(1, 4, figsize=(12.8, 3.9), layout="constrained")
for axes, (width, those) in zip(panels, matrices.items(), strict=False):
    drawn = axes.imshow(np.mean(those, axis=0), vmin=0, vmax=1, cmap="viridis", origin="lower", extent=EDGES)
    axes.set(title=f"{width} channels", xlabel="block", ylabel="block")
figure.colorbar(drawn, ax=list(panels[:3]), label="CKA (unbiased)", shrink=0.8)
for state, colour in (("trained", BLUE), ("untrained", GREY)):
    marks(panels[3], range(3), [over_seeds(wide["block", state, width]) for width in WIDTHS], color=colour, label=state)
panels[3].set(xlabel="channels", ylabel="CKA of blocks three and more apart", ylim=(0, 1.05))
panels[3].set_xticks(range(3), WIDTHS)
panels[3].legend(frameon=False)
opened(panels[3])

# %% [markdown]
# **Limits.** Eight blocks and 32 channels are small beside theirs (depth 38 to 110, widths up to ten times as many);
# digits; no stages of falling resolution. Untrained, all blocks of a residual network are alike (0.98 and more), and
# wide ones may just stay nearer to that. The rule of the verdict was fixed before numbers were seen.
#
# **Verdict.** From 4 channels to 32, the CKA of blocks far apart rises, so does the share of the first component and
# what CKA falls by without it, and CKA rises more than in untrained networks. Reproduced if all four hold.

# %%
block, share, falls = (more[name, "trained"] for name in NAMES)
verdict = judged(block.over(0), share.over(0), falls.over(0), learned.over(0))
says = (
    f"With {WIDTHS[-1]} channels in place of {WIDTHS[0]}, CKA of blocks far apart is higher by {block} "
    f"(untrained {more['block', 'untrained']}, so that training adds {learned}), the first component's share by "
    f"{share}, and what CKA falls by without that component by {falls}."
)
report.write(figure, table, verdict=verdict, says=says, over="seeds")
