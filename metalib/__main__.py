"""`python -m metalib` is `metalib`: torchrun starts modules."""

import sys

from metalib.cli import main

sys.exit(main())
