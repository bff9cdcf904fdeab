"""The command line, `xueliang`: `program` runs it, `tree` lists its commands, one module a noun implements them."""

from broker.cli.program import main

__all__ = ["main"]
