"""``python -m hierfeat.cli``."""

import sys

from hierfeat.cli import main

sys.exit(main())
