"""What the reader of a page must know before the rest: silent channels, fields beyond the image, pixels nobody sees."""

from typing import Any


def cautions(rows: list[dict[str, Any]], image: tuple[int, ...]) -> dict[str, Any]:
    """Gather them from the payload's layers, for images of (height, width)."""
    return {"dead": _dead(rows), "larger": _larger(rows, image), "unseen": _unseen(rows)}


def _dead(rows: list[dict[str, Any]]) -> list[list[int]]:
    """Where a layer is rectified, what counts is what leaves the rectifier: a kernel's own output may be negative."""
    known = [row for row in rows if row["channels"]]
    rectified = [row for row in known if row["kind"] == "activation"] or known
    return [[row["index"], row["channels"]["dead"]] for row in rectified if row["channels"]["dead"]]


def _larger(rows: list[dict[str, Any]], image: tuple[int, ...]) -> list[int]:
    """Layers of maps, not of single units, whose fields reach beyond the image on either side."""
    maps = [row for row in rows if row["field"] and len(row["out_shape"]) == 3 and max(row["out_shape"][1:]) > 1]
    return [row["index"] for row in maps if row["kind"] in ("conv", "pool") and _beyond(row["field"]["size"], image)]


def _beyond(size: list[int], image: tuple[int, ...]) -> bool:
    return size[0] > image[0] or size[1] > image[1]


def _unseen(rows: list[dict[str, Any]]) -> dict[str, float]:
    """The layers that see less than those before them."""
    found, before = {}, 0.0
    for row in rows:
        share = row["field"]["unseen"] if row["field"] else 0.0
        if share > before:
            found[str(row["index"])] = share
            before = share
    return found
