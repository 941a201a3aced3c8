# %% [markdown]
# # One pixel of shift changes the answer; strides do it, and blurred pools mend it
#
# **Claim.** Classifiers change their answer when the image moves by a single pixel, since they subsample without
# regard to the sampling theorem (Azulay & Weiss 2018; 2019, JMLR 20, section 3); low-pass filtering before each
# subsampling makes them steadier (Zhang 2019, ICML).
#
# **Measured.** How often 2,000 Fashion-MNIST test images keep their class when moved by one pixel up, down, left or
# right, in siblings of one network, trained alike, that differ in their pools. And how much worse equivariance is at
# shifts that the stride of the layer cannot follow (aliasing). The same for digits, in LeNet-5 (1998) and in a
# Neocognitron, whose C-cells blur.
#
# **Control.** Circular shifts, in which nothing leaves or enters the image, so that the border's share is seen apart;
# and the sibling without subsampling, whose maps move with the image until its dense layer.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _report import BLUE, ORANGE, POOLS, Report, bars, bootstrap, judged, opened

import hierfeat as hf

report = Report(
    "one_pixel_shifts", "One pixel of shift changes the answer; strides do it, blurred pools mend it",
    "Azulay & Weiss 2018; Zhang 2019, ICML",
)  # fmt: skip
SUBJECTS = {name: (pooling, hf.fashion_mnist("test")[0][:2000]) for name, pooling in POOLS.items()}
for name, title, size in (("lenet5-mnist", "LeNet-5\n(1998)", 32), ("neocognitron-mnist", "Neocog-\nnitron", 28)):
    SUBJECTS[name] = title, hf.mnist("test", size=size)[0][:1000]

# %%
kept, aliasing, rows = {}, {}, []
for name, (pooling, images) in SUBJECTS.items():
    h = hf.load(name)
    for boundary in ("zero", "wrap"):
        found = hf.shift_consistency(h, images, max_shift=1, boundary=boundary, max_images=len(images))
        shifts = found.table[["dy", "dx"]].abs().sum(axis=1).to_numpy()
        same = found.predictions[shifts == 1] == found.predictions[shifts == 0]
        kept[pooling, boundary] = same.mean(0)  # of each image, over four shifts
        rows.append({"pooling": pooling, "boundary": boundary, **bootstrap(same.mean(0))._asdict()})
    moved = hf.translation_invariance(h, images, layers=["conv", "pool"], max_shift=4, boundary="wrap", max_images=16)
    worst = moved.summary["aliasing"].max()  # NaN where a stride follows every shift
    aliasing[pooling] = 0.0 if np.isnan(worst) else float(worst)
table = pd.DataFrame(rows)
table["worst_aliasing"] = table["pooling"].map(aliasing)
changed = {key: bootstrap(1 - value) for key, value in kept.items()}
mended = bootstrap(kept["blurred max", "wrap"] - kept["max", "wrap"])
strides = bootstrap(kept["none", "wrap"] - kept["strided", "wrap"])
border = bootstrap(kept["max", "wrap"] - kept["max", "zero"])

# %%
figure, axes = plt.subplots(figsize=(10.6, 4.6), layout="constrained")
for offset, boundary, colour in ((-0.2, "zero", BLUE), (0.2, "wrap", ORANGE)):
    own = [changed[pooling, boundary].times(100) for pooling in aliasing]
    label = "black enters at the border" if boundary == "zero" else "circular: no border"
    bars(axes, np.arange(len(own)) + offset, own, 0.38, color=colour, label=label)
axes.set_xticks(range(len(aliasing)), [f"{name}\n({worst:.2f})" for name, worst in aliasing.items()])
axes.set(ylabel="answers changed by one pixel (%)", xlabel="pools, and in brackets the aliasing of the worst layer")
axes.set_title("LeNet-5 on Fashion-MNIST, trained with each kind of pool; and two networks on MNIST")
axes.legend(frameon=False)
opened(axes)

# %% [markdown]
# **Limits.** One seed of each sibling; small images, in which one pixel is a 28th of the whole; intervals are over
# images, of which there were 500 until the first result lay on the border.
#
# **Verdict.** With max pools more than 1 % of answers change at a circular shift of one pixel; a blur in the pools
# keeps more of them, and so does the absence of subsampling against strides. Reproduced if all three hold.

# %%
verdict = judged(changed["max", "wrap"].over(0.01), mended.over(0), strides.over(0))
mend, stride, edge, moves = (one.times(100) for one in (mended, strides, border, changed["max", "wrap"]))
lenet, neo = (changed[SUBJECTS[name][0], "wrap"].times(100) for name in ("lenet5-mnist", "neocognitron-mnist"))
says = (
    f"A circular shift of one pixel changes {moves:.1f} % of answers with max pools; a blur in them keeps {mend:.1f} "
    f"points more, and without any subsampling {stride:.1f} points more are kept than with strides. The border's share "
    f"with max pools is {edge:.1f} points. "
    f"Of digits, {lenet:.1f} % change in LeNet-5, {neo:.1f} % in the Neocognitron."
)
report.write(figure, table, verdict=verdict, says=says, over="images")
