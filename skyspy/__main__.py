"""`python -m skyspy` is the `skyspy` command."""

from __future__ import annotations

from skyspy.cli import main

if __name__ == "__main__":
    main()
