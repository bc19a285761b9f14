"""`python -m buildxray`."""

from __future__ import annotations

import sys

from buildxray.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
