"""How far the long proofs go: all the way with `make proofs`, a part of it in every run of the suite."""

import os

FULL = os.environ.get("XUELIANG_PROOFS") == "full"
