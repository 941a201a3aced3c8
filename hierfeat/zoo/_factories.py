"""Networks from the user's own functions, in a package or in a file with its neighbours."""

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from hierfeat.errors import HierfeatError
from hierfeat.subjects.hierarchy import Hierarchy

_loaded: set[str] = set()  # modules that came with files: the next file may have other ones of these names


def from_factory(source: str, name: str, forms: str) -> Hierarchy:
    """Call the function `name` of a module or a file.

    Parameters
    ----------
    source
        A module's dotted name, or a file that ends in .py; its folder is on the path meanwhile, as under ``python``.
    name
        Of a function without arguments, which returns a Hierarchy, or a module with an attribute ``input_shape``.
    forms
        What a network may be named by, for messages.

    Raises
    ------
    HierfeatError
        If there is no such function, or if it, or the import, fails.
    """
    made = made_by(source, name, forms)
    if isinstance(made, Hierarchy):
        return made
    if not isinstance(made, nn.Module) or not isinstance(getattr(made, "input_shape", None), tuple | list):
        raise HierfeatError(f"{source}:{name} returned a {type(made).__name__}; expected {forms}")
    options: dict[str, Any] = {key: getattr(made, key, None) for key in ("mean", "std", "classes")}
    return Hierarchy(made, tuple(made.input_shape), name=name, **options)  # type: ignore[arg-type]


def made_by(source: str, name: str, forms: str) -> Any:
    """What the function `name` of a module or a file returns; see :func:`from_factory`."""
    with _beside(source):
        factory = getattr(_module(source, forms), name, None)
        if not callable(factory):
            raise HierfeatError(f"expected a function {name!r} in {source}; it has none")
        try:
            return factory()
        except HierfeatError:
            raise
        except Exception as error:  # it is the user's code
            raise HierfeatError(f"{source}:{name} failed: {type(error).__name__}: {error}") from error


@contextmanager
def _beside(source: str) -> Iterator[None]:
    """The folder of a file is where its imports are looked for first, and forgotten by the next file."""
    if not source.endswith(".py"):
        yield
        return
    folder = Path(source).resolve().parent
    for name in _loaded:
        sys.modules.pop(name, None)
    _loaded.clear()
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        if str(folder) in sys.path:
            sys.path.remove(str(folder))
        files = {name: getattr(sys.modules[name], "__file__", None) for name in set(sys.modules) - before}
        _loaded.update(name for name, file in files.items() if file and Path(file).is_relative_to(folder))


def _module(source: str, forms: str) -> ModuleType:
    """Import a module by its dotted name, or a file that ends in .py."""
    try:
        if not source.endswith(".py"):
            return importlib.import_module(source)
        path = Path(source)
        if not path.is_file():
            raise HierfeatError(f"there is no file {path}; expected {forms}")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        if spec is None or spec.loader is None:
            raise HierfeatError(f"cannot import {path}")
        module = importlib.util.module_from_spec(spec)
        sys.modules.setdefault(path.stem, module)  # so that what the file defines can be pickled and copied
        spec.loader.exec_module(module)
        return module
    except HierfeatError:
        raise
    except ImportError as error:
        raise HierfeatError(f"cannot import {source!r}: {error}; expected {forms}") from error
    except Exception as error:  # it is the user's code
        raise HierfeatError(f"cannot import {source!r}: {type(error).__name__}: {error}") from error
