"""What may be wrong with a cell, as readers say it."""


class CellFault(Exception):  # noqa: N818  # it is what is wrong with a cell, reported and never raised to a person
    """Why a cell feeds no field: a slug, and what is allowed in signs that need no translation."""

    def __init__(self, reason: str, allowed: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.allowed = allowed
