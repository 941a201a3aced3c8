"""What ``hierfeat.testing`` offers."""

from .comparison import Comparison as Comparison
from .comparison import compare as compare
from .fingerprint import Fingerprint as Fingerprint
from .fingerprint import fingerprint as fingerprint
from .fingerprint import probe_images as probe_images
from .guard import assert_same_hierarchy as assert_same_hierarchy
