"""Commands about the zoo and its data: train, models, data."""

import argparse
from pathlib import Path
from typing import Any

from hierfeat.cli.options import command, show


def add(commands: Any) -> None:
    """Add the commands of this file."""
    _add_train(commands)
    _add_models(commands)
    _add_data(commands)


def _add_train(commands: Any) -> None:
    parser = command(commands, "train", _train, "train a zoo model by its recipe; goes on where it was stopped")
    parser.add_argument("name", metavar="NAME", help="a zoo name")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder to write to (default: runs/NAME)")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda", "mps"], help="default: cpu")
    parser.add_argument("--data-root", metavar="DIR", help="folder of the data sets (default: $HIERFEAT_DATA)")


def _add_models(commands: Any) -> None:
    parser = command(commands, "models", _models, "list the zoo, or print the card of one model")
    parser.add_argument("name", metavar="NAME", nargs="?", help="a zoo name")


def _add_data(commands: Any) -> None:
    data = command(commands, "data", None, "data sets")
    actions = data.add_subparsers(metavar="ACTION", required=True)
    fetch = command(actions, "fetch", _fetch, "download a data set (torchvision's own download, checked by md5)")
    fetch.add_argument("name", choices=["mnist", "fashion_mnist", "cifar10"])
    fetch.add_argument("--data-root", metavar="DIR", help="where to (default: $HIERFEAT_DATA)")


def _train(options: argparse.Namespace) -> None:
    import hierfeat as hf

    out = options.out or Path("runs") / options.name
    training = hf.train(options.name, out=out, device=options.device, root=options.data_root)
    print(
        f"{options.name}: test accuracy {training.card['test_accuracy']:.2%}; weights, card and learning curve in {out}"
    )


def _models(options: argparse.Namespace) -> None:
    import json

    from hierfeat.zoo.loading import card, model_table

    if options.name is None:
        show(model_table().round({"accuracy": 4, "accuracy_std": 4, "cpu_minutes": 1}), None)
    else:
        print(json.dumps(card(options.name), indent=1, ensure_ascii=False))


def _fetch(options: argparse.Namespace) -> None:
    from hierfeat.stimuli.datasets import fetch

    print(fetch(options.name, options.data_root))
