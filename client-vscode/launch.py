"""Starts the server that is bundled with the extension; also readable by a Python that is too old for it."""

import os
import sys


def main():
    version = "%d.%d" % sys.version_info[:2]
    if sys.version_info < (3, 10):
        sys.exit("buildxray needs Python 3.10 or later, and this is Python %s (%s)." % (version, sys.executable))
    here = os.path.dirname(os.path.abspath(__file__))
    native = os.path.join(here, "native")
    own = os.path.join(native, "cp%d%d" % sys.version_info[:2])
    sys.path[:0] = [os.path.join(here, "libs"), own, os.path.join(native, "abi3")]
    try:
        import tree_sitter_bash  # noqa: F401
        from tree_sitter import Language  # noqa: F401
    except ImportError as error:
        sys.exit(
            "buildxray: this package has no tree-sitter for Python %s on this machine (%s).\n"
            "Install it for %s: python -m pip install tree-sitter tree-sitter-bash" % (version, error, sys.executable)
        )
    from buildxray.cli.main import main as run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
