"""``python -m hierfeat``."""

import sys

from hierfeat.cli import main

if __name__ == "__main__":
    sys.exit(main())
