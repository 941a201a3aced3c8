"""A guard for a network in a regression test: its fingerprint, stored once and compared from then on.

``from hierfeat.testing import assert_same_hierarchy`` needs no plugin; with pytest, ``--hierfeat-update`` writes the
stored fingerprints anew. Each name is imported when it is first used: pytest imports this package in every session.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
