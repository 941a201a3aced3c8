"""The one root of every error that hierfeat raises on purpose."""


class HierfeatError(ValueError):
    """A request that cannot be carried out; the message says what was expected, what came, where, and what to do."""
