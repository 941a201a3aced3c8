"""hierfeat: the feature hierarchy of trained CNNs, examined as Hubel and Wiesel examined the visual cortex.

Every public name is one level deep: ``import hierfeat as hf``, then ``hf.load``, ``hf.record`` and so on.
``__init__.pyi`` lists them, with the files that define them; each is imported when it is first used, so that
``import hierfeat`` costs no torch.
"""

from typing import Any

import lazy_loader

from hierfeat import _torchvision
from hierfeat._version import __version__

# A public function may bear the name of a subpackage (``atlas``): attach_stub keeps the function when Python, on
# importing the subpackage, would put the module in its place.
_load, _, _names = lazy_loader.attach_stub(__name__, __file__)

__all__ = ["__version__", *_names]


def __getattr__(name: str) -> Any:
    if name in _names:
        return _load(name)
    if not name.startswith("_") and (new := _current_name(name)):
        return _load(new)
    import difflib

    close = [] if name.startswith("_") else difflib.get_close_matches(name, __all__, n=3)
    hint = f"; did you mean {' or '.join(close)}?" if close else ""
    raise AttributeError(f"module 'hierfeat' has no attribute {name!r}{hint}", name=name)


def _current_name(old: str) -> str | None:
    """What a name that was public is called now, with a warning; None where it never was."""
    from hierfeat import _deprecation, errors

    change = _deprecation.NAMES.get(old)
    if change is None:
        return None
    errors.warn(change.says(f"hierfeat.{old}"), DeprecationWarning)
    return change.new


def __dir__() -> list[str]:
    return __all__


_torchvision.mend_on_import()
