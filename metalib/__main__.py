"""`python -m metalib` is `metalib`: torchrun starts modules."""

import sys

from metalib.app.cli import main

if __name__ == "__main__":
    sys.exit(main())
