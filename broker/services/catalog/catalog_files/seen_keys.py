"""The codes and keys of the rows that went in; as numbers, where they are some, for a list has a million of them."""


class SeenKeys:
    """Remembers which row of a list had a code or a key first."""

    def __init__(self) -> None:
        self._codes: dict[int, int | str] = {}
        self._keys: dict[str, int | str] = {}

    def take(self, code: str | None, key: str | None, where: str) -> bool:
        """Remember a row by its code and its key; False, and nothing is remembered, where an earlier row has one."""
        number = None if code is None else int(code)  # twenty figures, the first no zero
        if number in self._codes or key in self._keys:
            return False
        place = int(where) if where.isdecimal() else where  # the line of a table, or a JSON pointer
        if number is not None:
            self._codes[number] = place
        if key is not None:
            self._keys[key] = place
        return True

    def first(self, field: str, value: str) -> str | None:
        """Return the row that had this value of `gb_code` or `external_key` first, None where none had."""
        found = self._codes.get(int(value)) if field == "gb_code" else self._keys.get(value)
        return None if found is None else str(found)
