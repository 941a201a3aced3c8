"""Commands other than analyses: models, layers, train, data fetch, completion."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from hierfeat.cli._inputs import Inputs, pictures
from hierfeat.cli._options import Model, Name
from hierfeat.cli._output import check_places, csv_place, show, write_csv

_Device = Annotated[Literal["cpu", "cuda", "mps"], Parameter(help="where it is trained", show_default=True)]
_On = Annotated[Literal["cpu", "cuda", "mps"], Parameter(help="where the network runs", show_default=True)]
_Root = Annotated[
    str | None,
    Parameter(help="folder of the data sets (default: $HIERFEAT_DATA)", metavar="FOLDER", show_default=False),
]


def layers(
    model: Model,
    /,
    *,
    weights: Annotated[str | None, Parameter(help="safetensors file or state_dict", metavar="FILE")] = None,
    device: _On = "cpu",
    csv: Annotated[
        list[str] | None,
        Parameter(help="write the table as CSV", consume_multiple=(0, 1), negative=(), metavar="[FILE]"),
    ] = None,
) -> None:
    """List every layer call: sizes, formula, parameters, MACs."""
    place = csv_place(csv)
    check_places(csv=place)
    given = {"device": device} | ({"weights": weights} if weights else {})
    h = Inputs("layers", pictures(model, 1, given), given).h
    table = h.layers.table
    if place is not None:
        write_csv(table, place)
        return
    sums = h.layers.totals
    note = (
        f"{sums['layers']} layers, {sums['parameters']:,} parameters ({sums['trainable']:,} trainable), "
        f"{sums['macs']:,} multiply-accumulates and {sums['memory'] / 2**20:.1f} MiB of activations per image"
    )
    show(table, note=note, most=None)


def models(name: Name | None = None, /) -> None:
    """List the zoo, or print the card of one model."""
    from hierfeat.zoo.loading import card, model_table

    if name is None:
        show(model_table().round({"accuracy": 4, "accuracy_std": 4, "cpu_minutes": 1}), most=None)
    else:
        print(json.dumps(card(name), indent=1, ensure_ascii=False))


def train(
    name: Name,
    /,
    *,
    start: Annotated[
        str | None, Parameter(help="network to begin with, as a model's name", metavar="MODEL", show_default=False)
    ] = None,
    freeze: Annotated[
        list[str] | None,
        Parameter(help="layers that are not trained", consume_multiple=True, negative=(), metavar="NAME..."),
    ] = None,
    out: Annotated[Path | None, Parameter(help="folder to write to (default: runs/NAME)", metavar="FOLDER")] = None,
    device: _Device = "cpu",
    data_root: _Root = None,
    progress: Annotated[bool, Parameter(help="show a bar", show_default=False)] = True,
) -> None:
    """Train a zoo model by its recipe; goes on where it was stopped."""
    import hierfeat as hf

    folder = out or Path("runs") / name
    begun: dict[str, Any] = {"start": None if start is None else hf.load(start), "freeze": freeze or ()}
    training = hf.train(name, **begun, out=folder, device=device, root=data_root, progress=progress)
    accuracy = training.card["test_accuracy"]
    print(f"{name}: test accuracy {accuracy:.2%}; weights, card and learning curve in {folder}")


def fetch(
    name: Annotated[Literal["mnist", "fashion_mnist", "cifar10", "imagenette"], Parameter(help="which")],
    /,
    *,
    data_root: _Root = None,
) -> None:
    """Download a data set (torchvision's own download, checked by md5)."""
    from hierfeat.stimuli.fetching import fetch as download

    print(download(name, data_root))


def completion(shell: Annotated[Literal["bash", "zsh", "fish"], Parameter(help="the shell")], /) -> None:
    """Print a script that lets a shell complete commands, options and choices."""
    from hierfeat.cli._app import whole_app

    print(whole_app().generate_completion(prog_name="hierfeat", shell=shell))
