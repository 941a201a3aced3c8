"""The spectrum of a convolution."""

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from hierfeat.anatomy.lessons.singular_values import SingularValues


def plot_singular_values(result: "SingularValues") -> Figure:
    """Draw the singular values by rank, and the largest one at every spatial frequency."""
    figure = plt.figure(figsize=(10, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(np.arange(1, len(result.values) + 1), result.values, color="#0072B2", linewidth=2)
    left.axhline(1, color="#888888", linewidth=1, linestyle="--")
    left.set(xlabel="rank", ylabel="singular value (gain)", xlim=(1, max(2, len(result.values))))
    left.set_ylim(0, 1.05 * max(1.0, float(result.values[0])))
    rows, columns = result.gain.shape
    extent = (*_edges(columns), *_edges(rows))
    shown = right.imshow(result.gain, cmap="viridis", vmin=0, origin="lower", extent=extent)
    right.set(xlabel="horizontal frequency (cycles/output cell)", ylabel="vertical frequency (cycles/output cell)")
    figure.colorbar(shown, ax=right, label="largest gain")
    row = result.table.iloc[0]
    size = f"{row['outputs']} × {row['inputs']} matrix"
    figure.suptitle(f"{size}, spectral norm {row['spectral_norm']:.3g} ({str(row['status']).lower()})")
    plt.close(figure)
    return figure


def _edges(size: int) -> tuple[float, float]:
    """Give the outer edges of the first and the last frequency of `size`, zero in the centre."""
    return (-(size // 2) - 0.5) / size, ((size - 1) // 2 + 0.5) / size
