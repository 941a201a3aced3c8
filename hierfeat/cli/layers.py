"""Commands that look at layers: layers, fields, record, atlas."""

import argparse
from pathlib import Path
from typing import Any

from hierfeat.cli.options import (
    add_csv_option,
    add_image_options,
    add_layers_option,
    command,
    load,
    show,
    whole,
)
from hierfeat.cli.options import images as load_images


def add(commands: Any) -> None:
    """Add the commands of this file."""
    _add_layers(commands)
    _add_fields(commands)
    _add_record(commands)
    _add_atlas(commands)


def _add_layers(commands: Any) -> None:
    parser = command(commands, "layers", _layers, "list every layer call: sizes, formula, parameters, MACs", model=True)
    add_csv_option(parser)


def _add_fields(commands: Any) -> None:
    parser = command(commands, "fields", _fields, "list the exact receptive field of every layer", model=True)
    parser.add_argument("--unit", nargs=3, metavar=("LAYER", "ROW", "COL"), help="the box of pixels that one unit sees")
    add_csv_option(parser)


def _add_record(commands: Any) -> None:
    parser = command(commands, "record", _record, "save the activations of chosen layers as safetensors", model=True)
    add_image_options(parser, count=64)
    add_layers_option(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="safetensors file to write")


def _add_atlas(commands: Any) -> None:
    parser = command(commands, "atlas", _atlas, "write the atlas: one HTML file to open in a browser", model=True)
    add_image_options(parser, count=360)
    parser.add_argument("--out", type=Path, metavar="FILE", help="HTML file (default: figures/atlas/MODEL.html)")


def _layers(options: argparse.Namespace) -> None:
    h = load(options)
    table = h.layers.table
    show(table, options.csv)
    if options.csv is None:
        parameters = sum(parameter.numel() for parameter in h.model.parameters())
        print(
            f"\n{len(table)} layers, {parameters:,} parameters, {table['macs'].sum():,} multiply-accumulates per image"
        )


def _fields(options: argparse.Namespace) -> None:
    import hierfeat as hf

    fields = hf.receptive_fields(load(options))
    if options.unit is None:
        show(fields.table, options.csv)
        if options.csv is None:
            print("\nsizes, strides and starts in pixels; global: the field is the whole image")
        return
    layer, row, col = options.unit[0], whole("ROW", options.unit[1]), whole("COL", options.unit[2])
    seen, virtual = (fields.box(layer, row, col, clip=clip) for clip in (True, False))
    print("top, left, bottom, right (pixels, half-open)")
    print("sees   ", *seen)
    print("virtual", *virtual)


def _record(options: argparse.Namespace) -> None:
    from safetensors.torch import save_file

    import hierfeat as hf
    from hierfeat._files import write_with

    h = load(options)
    images, _ = load_images(h, options)
    recorded = hf.record(h, images, layers=options.layers)
    activations = {name: x.contiguous().clone() for name, x in recorded.items()}
    write_with(options.out, lambda partial: save_file(activations, partial))
    for name, activation in activations.items():
        print(f"{name}  {tuple(activation.shape)}")
    print(options.out)


def _atlas(options: argparse.Namespace) -> None:
    import hierfeat as hf

    h = load(options)
    images, labels = load_images(h, options)
    name = options.model.replace(":", "-").replace("/", "-")
    print(hf.atlas(h, images, labels, out=options.out or Path("figures") / "atlas" / f"{name}.html"))
