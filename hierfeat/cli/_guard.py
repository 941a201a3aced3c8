"""Commands that guard a network: fingerprint and diff."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from hierfeat.cli._inputs import SETS, TWIN, Inputs, pictures
from hierfeat.cli._options import FILES, IMAGES, Model
from hierfeat.cli._output import check_places, csv_place, draw, write_csv
from hierfeat.errors import HierfeatError

if TYPE_CHECKING:
    from hierfeat.testing import Fingerprint

_EITHER = "a network, as in the other commands, or a fingerprint's JSON file"
_Images = Annotated[str | None, Parameter(help="a folder of images", metavar="FOLDER", group=IMAGES)]
_Data = Annotated[
    Literal[SETS] | None,  # type: ignore[valid-type]
    Parameter(help="a data set (default: noise that is the same everywhere)", group=IMAGES),
]
_Limit = Annotated[int | None, Parameter(help="how many images of it (default: 64)", metavar="N", group=IMAGES)]
_Root = Annotated[str | None, Parameter(help="folder of the data sets", metavar="FOLDER", group=IMAGES)]
_Csv = Annotated[
    list[str] | None,
    Parameter(help="write a row per layer as CSV", consume_multiple=(0, 1), negative=(), metavar="[FILE]", group=FILES),
]
_Plot = Annotated[Path | None, Parameter(help="draw the figure there", metavar="FILE", group=FILES)]


def fingerprint(
    model: Model,
    /,
    *,
    out: Annotated[Path, Parameter(help="the JSON file to write", metavar="FILE", group=FILES)],
    weights: Annotated[str | None, Parameter(help="safetensors file or state_dict", metavar="FILE")] = None,
    tuning: Annotated[bool, Parameter(help="how units are tuned, too")] = False,
    images: _Images = None,
    data: _Data = None,
    limit: _Limit = None,
    data_root: _Root = None,
) -> None:
    """Write down in one file what each layer of a network outputs."""
    check_places(csv=out)
    taken = _taken(model, weights, tuning, {"images": images, "data": data, "limit": limit, "data_root": data_root})
    print(taken.write(out), f"({len(taken.table) - 2} layers, {out.stat().st_size / 1000:.0f} kB)")


def diff(
    before: Annotated[str, Parameter(help=_EITHER)],
    after: Annotated[str, Parameter(help=f"{_EITHER}; or `untrained`")],
    /,
    *,
    rtol: Annotated[float, Parameter(help="largest difference that counts as none", show_default=True)] = 1e-4,
    weights: Annotated[
        str | None, Parameter(help="weights of the second network: safetensors file or state_dict", metavar="FILE")
    ] = None,
    images: _Images = None,
    data: _Data = None,
    limit: _Limit = None,
    data_root: _Root = None,
    csv: _Csv = None,
    plot: _Plot = None,
) -> int:
    """Compare two networks or fingerprints: the first layer that differs, in what and by how much; exit code 1 then."""
    from hierfeat.testing import Fingerprint, compare

    place = csv_place(csv)
    check_places(csv=place, plot=plot)
    shown = {"images": images, "data": data, "limit": limit, "data_root": data_root}
    stored = {ref: Fingerprint.read(ref) for ref in (before, after) if _is_file(ref)}
    tuning = bool(stored) and all(one.provenance["parameters"]["tuning"] for one in stored.values())
    one, other = (
        stored[ref] if ref in stored else _taken(ref, loaded, tuning, shown, twin_of=before)
        for ref, loaded in ((before, None), (after, weights))
    )
    found = compare(one, other, rtol=rtol)
    if place is None:
        print(found)
    else:
        write_csv(found.table, place)
    if plot is not None:
        draw(found, plot)
    return 0 if found.same else 1


def _is_file(ref: str) -> bool:
    if not ref.endswith(".json"):
        return False
    if not Path(ref).is_file():
        raise HierfeatError(f"there is no fingerprint {ref}; `hierfeat fingerprint NETWORK --out {ref}` writes one")
    return True


def _taken(ref: str, weights: str | None, tuning: bool, shown: dict[str, Any], *, twin_of: str = "") -> "Fingerprint":
    """The fingerprint of a network, of the images that were asked for."""
    from hierfeat.testing import fingerprint as take

    given = {name: value for name, value in (shown | {"weights": weights}).items() if value is not None}
    if ref == TWIN:
        ref, given = twin_of, given | {TWIN: True}
    inputs = Inputs("fingerprint", pictures(ref, 64, given), given)
    return take(inputs.h, inputs.images if inputs.chosen else None, tuning=tuning)
