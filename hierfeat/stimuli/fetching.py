"""Downloads of data sets, through torchvision."""

from pathlib import Path

from hierfeat.errors import HierfeatError
from hierfeat.stimuli.datasets import LOADERS, TORCHVISION, data_root
from hierfeat.stimuli.imagenette import fetch_imagenette


def fetch(name: str, root: str | Path | None = None) -> Path:
    """Download a data set through torchvision, into the place where its loader looks; return that folder.

    Raises
    ------
    HierfeatError
        If the name is unknown or the download fails.
    """
    from hierfeat._torchvision import datasets

    known = [*LOADERS, "imagenette"]
    if name not in known:
        raise HierfeatError(f"expected a data set among {', '.join(known)}; got {name!r}")
    folder = data_root(root)
    if name == "digits":
        return folder  # scikit-learn brings them along
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if name == "imagenette":
            fetch_imagenette(folder)
            return folder
        for train in (True, False):
            getattr(datasets, TORCHVISION[name])(folder, train=train, download=True)
    except (OSError, RuntimeError) as error:
        raise HierfeatError(f"could not download {name} into {folder}: {error}") from error
    return folder
