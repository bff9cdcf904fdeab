"""Single bits: the headers of H.264 and H.265 are written in fields of any width."""


class Bits:
    """Reads fields from the front of some bytes; past their end it reads noughts."""

    def __init__(self, payload: bytes) -> None:
        self._text = "".join(f"{byte:08b}" for byte in payload)
        self.place = 0

    def take(self, width: int) -> int:
        """Return the next `width` bits as a number."""
        taken = self._text[self.place : self.place + width].ljust(width, "0")
        self.place += width
        return int(taken or "0", 2)

    def golomb(self) -> int:
        """Return the next number in Exp-Golomb code, ue(v) in the standards."""
        zeros = 0
        while self.place < len(self._text) and not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        """Return the next number in signed Exp-Golomb code, se(v)."""
        number = self.golomb()
        return (number + 1) // 2 if number % 2 else -number // 2

    def rest(self) -> str:
        """Return the bits after this place, without the stop bit and what fills the last byte."""
        return self._text[self.place :].rstrip("0")[:-1]

    def before(self) -> str:
        """Return the bits up to this place."""
        return self._text[: self.place]


def golomb(number: int) -> str:
    """Return a number in Exp-Golomb code."""
    digits = f"{number + 1:b}"
    return "0" * (len(digits) - 1) + digits


def closed(bits: str) -> bytes:
    """Return bits as bytes, with the stop bit at their end."""
    bits += "1"
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")
