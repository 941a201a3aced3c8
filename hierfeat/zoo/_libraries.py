"""Networks of torchvision and timm by name."""

import difflib
import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

from hierfeat.errors import HierfeatError, warn
from hierfeat.subjects.hierarchy import Hierarchy

_IMAGENET_CLASSES = 1000
_IMAGENET: dict[str, Any] = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}


def of_torchvision(name: str, own: bool, num_classes: int | None, image_size: int | None) -> Hierarchy:
    """A classifier of torchvision, with `own` its weights."""
    from hierfeat._torchvision import models

    names = models.list_models(module=models)
    if name not in names:
        close = ", ".join(difflib.get_close_matches(name, names, n=3)) or "torchvision.models.list_models() lists them"
        raise HierfeatError(f"torchvision has no classification model {name!r}; the closest: {close}")
    defaults = models.get_model_weights(name).DEFAULT
    names = defaults.meta["categories"]
    if own and num_classes not in (None, len(names)):
        raise HierfeatError(
            f"the weights of torchvision:{name} have {len(names)} classes, not {num_classes}: leave num_classes out, "
            "or pass weights=FILE"
        )
    options: dict[str, Any] = (
        {"init_weights": True} if name in ("googlenet", "inception_v3") and not own else {}
    ) | _given(num_classes=num_classes)
    fixed = _given(image_size=image_size) if name.startswith("vit_") else {}
    try:
        with _named_if_offline(f"torchvision:{name}"):
            model = models.get_model(name, weights=defaults if own else None, **options, **fixed)
    except HierfeatError:
        raise
    except (ValueError, TypeError, AssertionError) as error:
        raise HierfeatError(f"torchvision cannot make {name!r}: {error}") from error
    side = image_size or (299 if name == "inception_v3" else 224)
    classes = names if num_classes in (None, len(names)) else None
    return Hierarchy(model, (3, side, side), classes=classes, name=name, **_IMAGENET)


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def of_timm(name: str, own: bool, num_classes: int | None, image_size: int | None) -> Hierarchy:
    """A network of timm, with `own` its weights."""
    try:
        timm = importlib.import_module("timm")
    except ImportError as error:
        raise HierfeatError(f"timm:{name} needs timm, which is not installed: `pip install timm`") from error
    try:
        with _named_if_offline(f"timm:{name}"):
            model = _of_size(timm, name, image_size, pretrained=own, **_given(num_classes=num_classes))
    except HierfeatError:
        raise
    except (RuntimeError, ValueError, AssertionError) as error:
        close = (
            ", ".join(difflib.get_close_matches(name, timm.list_models(), n=3)) if "Unknown model" in str(error) else ""
        )
        hint = f"; the closest: {close}" if close else ""
        raise HierfeatError(f"timm cannot make {name!r}: {error}{hint}") from error
    config: Any = model.pretrained_cfg
    if own and num_classes not in (None, config["num_classes"]):
        warn(f"the last layer of timm:{name}, of {num_classes} classes, has random weights (seed 0)")
    channels, *size = config["input_size"]
    shape = (channels, *size) if image_size is None else (channels, image_size, image_size)
    return Hierarchy(model, shape, mean=config["mean"], std=config["std"], classes=_timm_classes(model), name=name)


def _of_size(timm: Any, name: str, image_size: int | None, **options: Any) -> nn.Module:
    """A network of timm; of those that are built for one size, for this one."""
    if image_size is not None:
        try:
            sized: nn.Module = timm.create_model(name, img_size=image_size, **options)
        except TypeError as error:  # it takes images of any size
            if "img_size" not in str(error):
                raise
        else:
            return sized
    made: nn.Module = timm.create_model(name, **options)
    return made


def _timm_classes(model: Any) -> list[str] | None:
    """Names of the outputs, where they are those of ImageNet or of a part of it that timm knows."""
    count = getattr(model, "num_classes", None)
    if count == _IMAGENET_CLASSES:
        return _imagenet_classes()
    try:
        from timm.data import ImageNetInfo, infer_imagenet_subset
    except ImportError:  # a timm that knows no names
        return None
    subset = infer_imagenet_subset(model) if count == model.pretrained_cfg.get("num_classes") else None
    names: list[str] | None = ImageNetInfo(subset).label_descriptions() if subset else None
    return names if names is not None and len(names) == count else None


def _imagenet_classes() -> list[str]:
    """Names of ImageNet's thousand classes, in the order that all libraries have."""
    from hierfeat._torchvision import models

    names: list[str] = models.get_model_weights("resnet18").DEFAULT.meta["categories"]
    return names


@contextmanager
def _named_if_offline(ref: str) -> Iterator[None]:
    """Say in a sentence that the library's weights could not be fetched."""
    try:
        yield
    except Exception as error:
        if not _is_of_network(error):
            raise
        raise HierfeatError(
            f"the weights of {ref} are not at hand and could not be fetched ({type(error).__name__}: "
            f"{(str(error).splitlines() or [''])[0]}): connect, or pass weights=FILE"
        ) from error


def _is_of_network(error: BaseException | None) -> bool:
    """Whether a download failed: urllib's and requests' errors are OSErrors; httpx has its own, and libraries wrap."""
    while error is not None:
        if isinstance(error, OSError) or type(error).__module__.split(".")[0] in ("httpx", "httpcore", "requests"):
            return True
        error = error.__cause__ or error.__context__
    return False
