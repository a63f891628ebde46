"""Where the command line was: `python -m metalib.cli` still works, and says what to write instead."""

import sys

from metalib.app.cli import main

if __name__ == "__main__":
    print("`python -m metalib.cli` is `python -m metalib` now: this form goes away one day", file=sys.stderr)
    sys.exit(main())
