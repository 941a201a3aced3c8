"""Where the scripts of the gallery write: a figure, the table behind it, and where both come from."""

import io
import json
from pathlib import Path

import matplotlib.pyplot as plt
from PIL import Image


class Gallery:
    """The folder of a script's figures, ``figures/NAME``.

    Parameters
    ----------
    name
        The script's.
    colours
        So many in the palette of a picture, where photographs would make a large file; None for all, since a palette
        falsifies colour kernels.
    dpi
        Of pictures.
    """

    def __init__(self, name, *, colours=None, dpi=100):
        self.folder = Path("figures") / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.provenance = {}
        self.options = {"colours": colours, "dpi": dpi}

    def save(self, name, figure, result=None, *, table=None, **options):
        """Write a figure as PNG, and `table` as CSV; note where `result` comes from.

        The figure is returned closed, so that a notebook shows it once, as what the cell ends with.
        """
        options = self.options | options
        written = io.BytesIO()
        figure.savefig(written, format="png", dpi=options["dpi"])
        picture = Image.open(written).convert("RGB")
        if options["colours"] is not None:
            picture = picture.quantize(options["colours"], kmeans=2, dither=Image.Dither.NONE)
        picture.save(self.folder / f"{name}.png", optimize=True)
        if table is not None:
            table.to_csv(self.folder / f"{name}.csv", index=False, float_format="%.6g")
        if result is not None:
            self.provenance[name] = result.provenance
        plt.close(figure)
        return figure

    def close(self):
        """Write where the results come from."""
        text = json.dumps(self.provenance, indent=1, default=str)
        (self.folder / "provenance.json").write_text(text + "\n")
