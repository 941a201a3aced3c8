"""What commands share: their options, how they load what these name, and how they show tables."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hierfeat.errors import HierfeatError

if TYPE_CHECKING:
    from torch import Tensor

    from hierfeat.subjects.hierarchy import Hierarchy

_MODEL = "a zoo name (see `hierfeat models`), torchvision:NAME, timm:NAME, package.module:factory or file.py:factory"
_IMAGES = "digits, glyphs, mnist, fashion_mnist, cifar10, photographs or a folder; default: what the model was made for"


def command(commands: Any, name: str, run: Any, text: str, *, model: bool = False) -> argparse.ArgumentParser:
    """Add a command that `run` does; with `model` it takes a model and its weights."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    parser.add_argument("--traceback", action="store_true", help="on an error, show where it happened")
    if model:
        parser.add_argument("model", metavar="MODEL", help=_MODEL)
        parser.add_argument(
            "--weights", metavar="FILE", help="safetensors file or state_dict; DEFAULT for torchvision's own"
        )
    return parser


def add_image_options(command: argparse.ArgumentParser, *, count: int) -> None:
    """Let images be chosen, `count` of them by default."""
    command.add_argument("--images", metavar="WHICH", help=_IMAGES)
    command.add_argument("--count", type=int, default=count, help=f"how many images at most (default: {count})")
    command.add_argument("--data-root", metavar="DIR", help="folder of the data sets (default: $HIERFEAT_DATA)")


def add_csv_option(command: argparse.ArgumentParser) -> None:
    """Let the table go to a file instead of the screen."""
    command.add_argument("--csv", type=Path, metavar="FILE", help="write the table there instead of printing it")


def add_layers_option(command: argparse.ArgumentParser) -> None:
    """Let layers be chosen; convolutions and pools by default."""
    command.add_argument(
        "--layers", nargs="+", default=["conv", "pool"], help="names, patterns or kinds (default: conv pool)"
    )


def load(options: argparse.Namespace) -> "Hierarchy":
    """The model that was asked for."""
    import hierfeat as hf

    h: Hierarchy = hf.load(options.model, weights=options.weights)
    return h


def images(h: "Hierarchy", options: argparse.Namespace) -> "tuple[Tensor, Tensor | None]":
    """The images that were asked for, or those that the model was made for, and their labels if they have any."""
    import hierfeat as hf

    which, size = options.images or _made_for(options.model), h.input_shape[1]
    if options.count < 1:
        raise HierfeatError(f"expected --count of at least 1, got {options.count}")
    if which == "photographs":
        from hierfeat.stimuli.pictures import photographs

        return photographs(min(options.count, 8), size=size, channels=h.input_shape[0]), None
    if which == "glyphs":
        found, labels = hf.glyphs()
    elif which == "digits":
        found, labels = hf.digits(size=size)
    elif which in ("mnist", "fashion_mnist"):
        found, labels = getattr(hf, which)(root=options.data_root, size=size)
    elif which == "cifar10":
        found, labels = hf.cifar10(root=options.data_root)
    else:
        found, labels = hf.image_folder(which, size=size, limit=options.count)
    return found[: options.count], labels[: options.count]


def _made_for(model: str) -> str:
    """The data of a zoo model's recipe."""
    from hierfeat.zoo.loading import card, list_models
    from hierfeat.zoo.training.recipes import RECIPES

    if model in RECIPES:
        return RECIPES[model].data
    return str(card(model).get("recipe", {}).get("data", "photographs")) if model in list_models() else "photographs"


def whole(name: str, text: str) -> int:
    """A whole number, or an error that names the argument."""
    try:
        return int(text)
    except ValueError:
        raise HierfeatError(f"expected a whole number for {name}, got {text!r}") from None


def show(table: Any, csv: Path | None) -> None:
    """Print a table, or write it as CSV."""
    from hierfeat._files import write_with
    from hierfeat._result import without_none

    if csv is None:
        print(without_none(table).to_string(index=False, na_rep=""))
    else:
        write_with(csv, lambda partial: table.to_csv(partial, index=False))
        print(csv)
