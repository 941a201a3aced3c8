"""A network up to one of its layers, as a module."""

from torch import Tensor, nn

from hierfeat.errors import HierfeatError
from hierfeat.subjects.call import Call, Stop
from hierfeat.subjects.subject import Subject
from hierfeat.subjects.watching import Watching


class Submodel(nn.Module):
    """What :meth:`hierfeat.Hierarchy.submodel` returns."""

    def __init__(self, h: Subject, layer: str) -> None:
        super().__init__()
        self.model, self.layer, self._h = h.model, layer, h

    def extra_repr(self) -> str:
        """The layer that it ends with."""
        return f"ends with {self.layer!r}"

    def forward(self, images: Tensor) -> Tensor:
        """The layer's output for images in [0, 1]."""
        found: list[Tensor] = []

        def after(call: Call, output: Tensor) -> None:
            if call.name == self.layer:
                found.append(output)
                raise Stop

        with Watching(self._h.model, after=after):
            self._h.forward(images)
        if not found:
            raise HierfeatError(f"{self._h.name} did not call {self.layer!r} in this forward pass")
        return found[0]
