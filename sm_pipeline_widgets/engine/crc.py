"""The checksums of S3 that the standard library has not: CRC-32C and CRC-64/NVME, with the manner of hashlib.

Clients built on the AWS SDK for C++ (pyarrow, for one) send them instead of signing the body. In Python that is some
10 MB a second, so they are computed of small bodies only: see :data:`LARGEST`.

>>> crc = Crc.of_64nvme()
>>> crc.update(b"123456789")
>>> crc.digest().hex()
'ae8b14860a799888'
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


LARGEST = 1 << 20
"""The longest body whose checksum is worth the time it takes; of a longer one it is what the client says."""


@dataclass(slots=True)
class Crc:
    """A reflected CRC whose register begins and ends inverted."""

    polynomial: int
    bits: int
    _register: int = -1

    @classmethod
    def of_32c(cls) -> Crc:
        return cls(0x82F63B78, 32)

    @classmethod
    def of_64nvme(cls) -> Crc:
        return cls(0x9A6C9329AC4BC9B5, 64)

    def update(self, data: bytes, /) -> None:
        register, table = self._begun(), _table(self.polynomial)
        for byte in data:
            register = table[(register ^ byte) & 0xFF] ^ (register >> 8)
        self._register = register

    def digest(self) -> bytes:
        return (self._begun() ^ self._all_ones).to_bytes(self.bits // 8, "big")

    @property
    def _all_ones(self) -> int:
        return (1 << self.bits) - 1

    def _begun(self) -> int:
        return self._all_ones if self._register < 0 else self._register


@cache
def _table(polynomial: int) -> Sequence[int]:
    """What a byte does to a register."""
    found = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ polynomial if value & 1 else value >> 1
        found.append(value)
    return found
