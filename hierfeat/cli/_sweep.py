"""``hierfeat sweep``: many images, once, on one process or on all that ``torchrun`` has started."""

import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from hierfeat.cli._catalogue import public
from hierfeat.cli._inputs import SETS, SPLIT, Inputs, made_for, pictures
from hierfeat.cli._options import FILES, IMAGES, NETWORK, Model
from hierfeat.cli._output import check_places
from hierfeat.errors import HierfeatError

if TYPE_CHECKING:
    from torch.utils.data import Dataset

    from hierfeat.recording.measure import Measure
    from hierfeat.recording.swept import Sweep
    from hierfeat.subjects.hierarchy import Hierarchy

CHECKPOINT = "sweep.safetensors"
_ALL = "all"
_FORMS = (
    "a folder, a data set's name, torchvision:NAME, hf:NAME, wds:SHARDS, or package.module:function or "
    "file.py:function that returns a map-style data set"
)


def _says(text: str, **settings: Any) -> Any:
    return Parameter(help=text, show_default=False, negative=(), **settings)


_Out = Annotated[Path, _says("folder for the tables and the checkpoint", metavar="FOLDER", group=FILES)]
_Resume = Annotated[bool, _says("go on from the checkpoint in the folder, if there is one", group=FILES)]
_Data = Annotated[str | None, _says(f"{_FORMS} (default: what the model was made for)", metavar="SOURCE", group=IMAGES)]
_Split = Annotated[str, _says("part of the data set (default: test)", metavar="PART", group=IMAGES)]
_Limit = Annotated[int | None, _says("how many images at most (default: all)", group=IMAGES)]
_Root = Annotated[
    str | None, _says("folder of the data sets (default: $HIERFEAT_DATA)", metavar="FOLDER", group=IMAGES)
]
_Workers = Annotated[int, _says("processes that decode images, for each that sweeps (default: 0)", group=IMAGES)]
_Named = Annotated[
    list[str], _says("all (default), or some of Moments, ActiveFraction ...", consume_multiple=True, metavar="NAME...")
]
_Layers = Annotated[
    list[str],
    _says("names, patterns or kinds (default: conv pool)", consume_multiple=True, metavar="NAME..."),
]
_Weights = Annotated[
    str | None,
    _says("safetensors file or state_dict; DEFAULT for the library's own", metavar="FILE", group=NETWORK),
]
_Untrained = Annotated[bool, _says("the same architecture, freshly initialised, in its place", group=NETWORK)]
_Device = Annotated[Literal["cpu", "cuda", "mps"], _says("where the network runs (default: cpu)", group=NETWORK)]
_Batch = Annotated[int, _says("images per forward pass (default: 64)")]
_Every = Annotated[int, _says("batches between checkpoints (default: 50)")]
_Progress = Annotated[bool, Parameter(help="show a bar", show_default=False)]


def sweep(
    model: Model,
    /,
    *,
    out: _Out,
    data: _Data = None,
    measures: _Named = [_ALL],  # noqa: B006 (it is read only)
    layers: _Layers = ["conv", "pool"],  # noqa: B006
    resume: _Resume = False,
    split: _Split = "test",
    limit: _Limit = None,
    data_root: _Root = None,
    workers: _Workers = 0,
    batch_size: _Batch = 64,
    checkpoint_every: _Every = 50,
    weights: _Weights = None,
    untrained: _Untrained = False,
    device: _Device = "cpu",
    progress: _Progress = True,
) -> None:
    """Show all images to the network once; under torchrun, on all its processes."""
    check_places(out=out)
    chosen = _measures(measures)
    if (out / CHECKPOINT).exists() and not resume:
        raise HierfeatError(f"{out} holds the checkpoint of a sweep: --resume goes on from it, or name another folder")
    with _processes(device) as (rank, place):
        given = {"weights": weights, "untrained": untrained, "device": place, "data_root": data_root}
        h = Inputs("sweep", pictures(model, 1, given), given).h
        images = _source(h, _Asked(model, data, split, limit, data_root))
        import hierfeat as hf

        found = hf.sweep(
            h,
            images,
            list(chosen.values()),
            layers=layers,
            checkpoint=out / CHECKPOINT,
            checkpoint_every=checkpoint_every,
            batch_size=batch_size,
            workers=workers,
            progress=progress,
        )
        if rank == 0:
            _write(found, list(chosen), out)


def _measures(words: Sequence[str]) -> "dict[str, Measure]":
    """The measures asked for, by the names of their tables."""
    import difflib

    import hierfeat as hf
    from hierfeat.recording.measure import Measure

    found = {name: getattr(hf, name) for name in public()}
    kinds = {n: kind for n, kind in found.items() if isinstance(kind, type) and issubclass(kind, Measure)}
    del kinds["Measure"]
    for word in words:
        if word not in (_ALL, *kinds):
            close = difflib.get_close_matches(word, kinds, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise HierfeatError(f"expected measures among {_ALL}, {', '.join(kinds)}, got {word!r}{hint}")
    names = list(kinds) if _ALL in words else list(dict.fromkeys(words))
    return {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(): kinds[name]() for name in names}


@contextmanager
def _processes(device: str) -> Iterator[tuple[int, str]]:
    """This process's rank and device; together with the others, where ``torchrun`` has started several."""
    import torch
    import torch.distributed as dist

    if "WORLD_SIZE" not in os.environ or "RANK" not in os.environ or dist.is_initialized():
        yield 0, device
        return
    if device == "cuda":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))
        device = f"cuda:{torch.cuda.current_device()}"
    dist.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    try:
        yield dist.get_rank(), device
    finally:
        dist.destroy_process_group()


@dataclass(frozen=True)
class _Asked:
    model: str
    data: str | None
    split: str
    limit: int | None
    root: str | None


def _source(h: "Hierarchy", asked: _Asked) -> "Dataset[Any]":
    """A map-style data set of images that fit the network; a folder's are read one by one."""
    from torch.utils.data import Subset, TensorDataset

    where = asked.data or made_for(asked.model)
    if where in SETS:
        given = {"data": where, "split": asked.split if where in SPLIT else None, "limit": asked.limit or 10**9}
        inputs = Inputs("sweep", pictures(asked.model, 1, given | {"data_root": asked.root}), {})
        inputs.__dict__["h"] = h
        images, labels = inputs.images.cpu(), inputs.labels(needed=False)
        return TensorDataset(images) if labels is None else TensorDataset(images, labels)
    dataset = _opened(h, where, asked)
    count = len(dataset)  # type: ignore[arg-type]
    return dataset if asked.limit is None or asked.limit >= count else Subset(dataset, range(asked.limit))


def _opened(h: "Hierarchy", where: str, asked: _Asked) -> "Dataset[Any]":
    import hierfeat as hf
    from hierfeat.zoo._factories import made_by

    source, colon, name = where.rpartition(":")
    made: Any = where
    if colon and source.partition(":")[0] not in ("hf", "wds", "torchvision") and not Path(where).exists():
        made = made_by(source, name, f"data as {_FORMS}")
    channels, height, width = h.input_shape
    if channels not in (1, 3) and made is not where:
        return made  # type: ignore[no-any-return]
    options: dict[str, Any] = {"size": (height, width), "grey": channels == 1, "split": asked.split}
    return hf.image_dataset(made, root=asked.root, **options)


def _write(found: "Sweep", names: list[str], out: Path) -> None:
    """The tables, what was left out, and where they come from."""
    import pandas as pd

    from hierfeat._files import write_together

    skipped = pd.DataFrame(found.skipped, columns=["image", "path", "reason"])
    tables = dict(zip(names, found, strict=True)) | ({"skipped": skipped} if found.skipped else {})
    writers: dict[str, Any] = {
        f"{name}.csv": lambda partial, table=table: table.to_csv(partial, index=False) for name, table in tables.items()
    }
    text = json.dumps(found.provenance, indent=1, ensure_ascii=False)
    writers["provenance.json"] = lambda partial: partial.write_text(text + "\n", encoding="utf-8")
    write_together(out, writers)
    about = found.provenance
    print(f"{about['images']:,} images seen, {about['skipped']:,} skipped, by {about['processes']} process(es)")
    for name in writers:
        print(out / name)
