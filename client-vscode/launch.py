"""Starts the server that is bundled with the extension; also readable by a Python that is too old for it."""

import os
import sys

NATIVE = ("tree_sitter", "tree_sitter_bash", "tree_sitter_hcl")


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    native = os.path.join(here, "native")
    own = os.path.join(native, "cp%d%d" % sys.version_info[:2])
    sys.path[:0] = [os.path.join(here, "libs"), own, os.path.join(native, "abi3")]
    # An old Python must not even read what comes below.
    if sys.argv[1:] == ["--probe"]:
        print(" ".join(["buildxray", "%d.%d" % sys.version_info[:2], missing()]).strip())
        return
    from buildxray.lsp.main import start_stdio

    start_stdio()


def missing():
    """The compiled libraries that this Python cannot load, as pip calls them."""
    found = []
    for name in NATIVE:
        try:
            __import__(name)
        except ImportError:
            found.append(name.replace("_", "-"))
    return " ".join(found)


if __name__ == "__main__":
    main()
