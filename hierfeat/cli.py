"""The command line: ``hierfeat layers|fields|record|atlas|train|models|data``, built from the public functions.

Nothing heavy is imported before a command runs, so that ``--help`` answers at once.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hierfeat._version import __version__
from hierfeat.errors import HierfeatError

if TYPE_CHECKING:
    from torch import Tensor

    from hierfeat.subjects.hierarchy import Hierarchy

_MODEL = "a zoo name (see `hierfeat models`), torchvision:NAME, timm:NAME, package.module:factory or file.py:factory"
_IMAGES = (
    "digits, mnist, fashion_mnist, cifar10, photographs or a folder of images; by default what the model was made for"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code: 0, 2 after an error, 130 after Ctrl-C."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except KeyboardInterrupt:
        print("hierfeat: interrupted; no half-written file is left", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of a pipe, `head` say, has seen enough
        sys.stderr.close()
        return 0
    except Exception as error:
        if options.traceback:
            raise
        print(f"hierfeat: {_one_line(error)}", file=sys.stderr)
        return 2
    return 0


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, HierfeatError):
        return text
    return f"{type(error).__name__}: {text} (--traceback shows where)"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hierfeat",
        description="Analyse the feature hierarchy of a trained CNN, as Hubel and Wiesel analysed the visual cortex.",
        epilog="Start with: hierfeat atlas lenet5-digits",
    )
    parser.add_argument("--version", action="version", version=f"hierfeat {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_layers(commands)
    _add_fields(commands)
    _add_record(commands)
    _add_atlas(commands)
    _add_train(commands)
    _add_models(commands)
    _add_data(commands)
    return parser


def _command(commands: Any, name: str, run: Any, text: str, *, model: bool = False) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    command.set_defaults(run=run)
    command.add_argument("--traceback", action="store_true", help="on an error, show where it happened")
    if model:
        command.add_argument("model", metavar="MODEL", help=_MODEL)
        command.add_argument(
            "--weights", metavar="FILE", help="safetensors file or state_dict; DEFAULT for torchvision's own"
        )
    return command


def _add_layers(commands: Any) -> None:
    command = _command(
        commands, "layers", _layers, "list every layer call: sizes, formula, parameters, MACs", model=True
    )
    command.add_argument("--csv", type=Path, metavar="FILE", help="write the table there instead of printing it")


def _add_fields(commands: Any) -> None:
    command = _command(commands, "fields", _fields, "list the exact receptive field of every layer", model=True)
    command.add_argument(
        "--unit", nargs=3, metavar=("LAYER", "ROW", "COL"), help="the box of pixels that one unit sees"
    )
    command.add_argument("--csv", type=Path, metavar="FILE", help="write the table there instead of printing it")


def _add_record(commands: Any) -> None:
    command = _command(commands, "record", _record, "save the activations of chosen layers as safetensors", model=True)
    _add_image_options(command, count=64)
    command.add_argument(
        "--layers", nargs="+", default=["conv", "pool"], help="names, patterns or kinds (default: conv pool)"
    )
    command.add_argument("--out", type=Path, required=True, metavar="FILE", help="safetensors file to write")


def _add_atlas(commands: Any) -> None:
    command = _command(commands, "atlas", _atlas, "write the atlas: one HTML file to open in a browser", model=True)
    _add_image_options(command, count=360)
    command.add_argument("--out", type=Path, metavar="FILE", help="HTML file (default: figures/atlas/MODEL.html)")


def _add_image_options(command: argparse.ArgumentParser, *, count: int) -> None:
    command.add_argument("--images", metavar="WHICH", help=_IMAGES)
    command.add_argument("--count", type=int, default=count, help=f"how many images at most (default: {count})")
    command.add_argument("--data-root", metavar="DIR", help="folder of the data sets (default: $HIERFEAT_DATA)")


def _add_train(commands: Any) -> None:
    command = _command(commands, "train", _train, "train a zoo model by its recipe; goes on where it was stopped")
    command.add_argument("name", metavar="NAME", help="a zoo name")
    command.add_argument("--out", type=Path, metavar="DIR", help="folder to write to (default: runs/NAME)")
    command.add_argument("--device", default="cpu", choices=["cpu", "cuda", "mps"], help="default: cpu")
    command.add_argument("--data-root", metavar="DIR", help="folder of the data sets (default: $HIERFEAT_DATA)")


def _add_models(commands: Any) -> None:
    command = _command(commands, "models", _models, "list the zoo, or print the card of one model")
    command.add_argument("name", metavar="NAME", nargs="?", help="a zoo name")


def _add_data(commands: Any) -> None:
    data = _command(commands, "data", None, "data sets")
    actions = data.add_subparsers(metavar="ACTION", required=True)
    fetch = _command(actions, "fetch", _fetch, "download a data set (torchvision's own download, checked by md5)")
    fetch.add_argument("name", choices=["mnist", "fashion_mnist", "cifar10"])
    fetch.add_argument("--data-root", metavar="DIR", help="where to (default: $HIERFEAT_DATA)")


def _load(options: argparse.Namespace) -> "Hierarchy":
    import hierfeat as hf

    h: Hierarchy = hf.load(options.model, weights=options.weights)
    return h


def _layers(options: argparse.Namespace) -> None:
    h = _load(options)
    table = h.layers.table
    _show(table, options.csv)
    if options.csv is None:
        parameters = sum(parameter.numel() for parameter in h.model.parameters())
        print(
            f"\n{len(table)} layers, {parameters:,} parameters, {table['macs'].sum():,} multiply-accumulates per image"
        )


def _fields(options: argparse.Namespace) -> None:
    import hierfeat as hf

    fields = hf.receptive_fields(_load(options))
    if options.unit is None:
        _show(fields.table, options.csv)
        return
    layer, row, col = options.unit[0], _whole("ROW", options.unit[1]), _whole("COL", options.unit[2])
    print("top, left, bottom, right (pixels, half-open)")
    print("sees   ", *fields.box(layer, row, col))
    print("virtual", *fields.box(layer, row, col, clip=False))


def _record(options: argparse.Namespace) -> None:
    from safetensors.torch import save_file

    import hierfeat as hf
    from hierfeat._files import write_with

    h = _load(options)
    images, _ = _images(h, options)
    activations = {name: x.contiguous().clone() for name, x in hf.record(h, images, layers=options.layers).items()}
    write_with(options.out, lambda partial: save_file(activations, partial))
    for name, activation in activations.items():
        print(f"{name}  {tuple(activation.shape)}")
    print(options.out)


def _atlas(options: argparse.Namespace) -> None:
    import hierfeat as hf

    h = _load(options)
    images, labels = _images(h, options)
    name = options.model.replace(":", "-").replace("/", "-")
    print(hf.atlas(h, images, labels, out=options.out or Path("figures") / "atlas" / f"{name}.html"))


def _train(options: argparse.Namespace) -> None:
    import hierfeat as hf

    out = options.out or Path("runs") / options.name
    training = hf.train(options.name, out=out, device=options.device, root=options.data_root)
    print(
        f"{options.name}: test accuracy {training.card['test_accuracy']:.2%}; weights, card and learning curve in {out}"
    )


def _models(options: argparse.Namespace) -> None:
    import json

    from hierfeat.subjects.loading import card, model_table

    if options.name is None:
        _show(model_table(), None)
    else:
        print(json.dumps(card(options.name), indent=1, ensure_ascii=False))


def _fetch(options: argparse.Namespace) -> None:
    from hierfeat.stimuli.datasets import fetch

    print(fetch(options.name, options.data_root))


def _images(h: "Hierarchy", options: argparse.Namespace) -> "tuple[Tensor, Tensor | None]":
    """The images that were asked for, or those that the model was made for, and their labels if they have any."""
    import hierfeat as hf

    which, size = options.images or _made_for(options.model), h.input_shape[1]
    if options.count < 1:
        raise HierfeatError(f"expected --count of at least 1, got {options.count}")
    if which == "photographs":
        from hierfeat.stimuli.photographs import photographs

        return photographs(min(options.count, 8), size=size, channels=h.input_shape[0]), None
    if which == "digits":
        images, labels = hf.digits(size=size)
    elif which in ("mnist", "fashion_mnist"):
        images, labels = getattr(hf, which)(root=options.data_root, size=size)
    elif which == "cifar10":
        images, labels = hf.cifar10(root=options.data_root)
    else:
        images, labels = hf.image_folder(which, size=size, limit=options.count)
    return images[: options.count], labels[: options.count]


def _made_for(model: str) -> str:
    from hierfeat.training.recipes import RECIPES

    return RECIPES[model].data if model in RECIPES else "photographs"


def _whole(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise HierfeatError(f"expected a whole number for {name}, got {text!r}") from None


def _show(table: Any, csv: Path | None) -> None:
    """Print a table, or write it as CSV."""
    from hierfeat._files import write_with

    if csv is None:
        print(table.to_string(index=False, na_rep=""))
    else:
        write_with(csv, lambda partial: table.to_csv(partial, index=False))
        print(csv)


if __name__ == "__main__":
    sys.exit(main())
