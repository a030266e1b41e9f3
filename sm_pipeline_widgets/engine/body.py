"""Bodies on their way in: collected or written to disk, hashed as they pass, unwrapped where clients wrap them.

It knows bytes and digests; it must not know who sends them or what they are for.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from typing import TYPE_CHECKING, Protocol

from sm_pipeline_widgets.engine import crc
from sm_pipeline_widgets.engine.exceptions import ServiceException

if TYPE_CHECKING:
    from pathlib import Path

_LONGEST_LINE = 4096


class Digest(Protocol):
    def update(self, data: bytes, /) -> object: ...

    def digest(self) -> bytes: ...


class Crc32:
    """CRC-32 with the manner of hashlib."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


def checksum(algorithm: str) -> Digest | None:
    """A running checksum by S3's name for it; None for those that cannot be computed here."""
    match algorithm.upper():
        case "CRC32":
            return Crc32()
        case "CRC32C":
            return crc.Crc.of_32c()
        case "CRC64NVME":
            return crc.Crc.of_64nvme()
        case "SHA1":
            return hashlib.sha1(usedforsecurity=False)
        case "SHA256":
            return hashlib.sha256()
        case "SHA512":
            return hashlib.sha512()
        case "MD5":
            return hashlib.md5(usedforsecurity=False)
        case _:
            return None


class ChunkedDecoder:
    """The ``aws-chunked`` wrapping around a body: sizes before pieces, trailing headers at the end."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._left = 0
        self._state = "size"
        self.trailers: dict[str, str] = {}

    def feed(self, data: bytes) -> bytes:
        """The bytes of the body that the wrapped bytes complete."""
        self._buffer += data
        out = bytearray()
        while self._state != "end" and self._step(out):
            pass
        return bytes(out)

    @property
    def is_complete(self) -> bool:
        return self._state == "end"

    def _step(self, out: bytearray) -> bool:
        if self._state == "data":
            piece = self._buffer[: self._left]
            out += piece
            del self._buffer[: len(piece)]
            self._left -= len(piece)
            if self._left == 0:
                self._state = "gap"
            return bool(piece) or self._left == 0
        line = self._line()
        if line is None:
            return False
        if self._state == "gap":
            if line:
                raise _broken_chunks()
            self._state = "size"
        elif self._state == "size":
            self._left = _chunk_size(line)
            self._state = "data" if self._left else "trailer"
        elif line:
            name, _, value = line.partition(":")
            self.trailers[name.strip().lower()] = value.strip()
        else:
            self._state = "end"
        return True

    def _line(self) -> str | None:
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) > _LONGEST_LINE:
                raise _broken_chunks()
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line.rstrip(b"\r").decode("latin-1")


class Collected:
    """A body in memory, up to a limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._data = bytearray()

    def feed(self, data: bytes) -> None:
        if len(self._data) + len(data) > self._limit:
            raise ServiceException("RequestEntityTooLarge", f"The body is larger than {self._limit} bytes.", 413)
        self._data += data

    def value(self) -> bytes:
        return bytes(self._data)

    def sha256(self) -> str:
        return hashlib.sha256(self._data).hexdigest()


class Received:
    """A body on disk with its digests; ``algorithm`` names one more checksum to compute."""

    def __init__(self, path: Path, algorithm: str = "", *, is_chunked: bool = False) -> None:
        self.path = path
        self.size = 0
        self.algorithm = algorithm.upper()
        self._is_taken = False
        self._file = path.open("wb")
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()
        self._extra = checksum(algorithm) if algorithm else None
        self.is_too_long_for_extra = False
        self._decoder = ChunkedDecoder() if is_chunked else None

    def feed(self, data: bytes) -> None:
        """Take bytes as they come over the wire."""
        if self._decoder is None:
            self._sha256.update(data)
        else:
            data = self._decoder.feed(data)
        self._file.write(data)
        self._md5.update(data)
        self.size += len(data)
        if isinstance(self._extra, crc.Crc) and self.size > crc.LARGEST:
            self.is_too_long_for_extra = True
        elif self._extra is not None:
            self._extra.update(data)

    def close(self) -> None:
        """End the body; a wrapping that did not end is an error."""
        self._file.close()
        if self._decoder is not None and not self._decoder.is_complete:
            raise ServiceException("IncompleteBody", "The body ended before its last chunk.")

    def take(self) -> Path:
        """The finished file, which from now on is the caller's."""
        self._is_taken = True
        return self.path

    def drop(self) -> None:
        """Forget the body, and its file unless somebody took it."""
        self._file.close()
        if not self._is_taken:
            self.path.unlink(missing_ok=True)

    @property
    def trailers(self) -> dict[str, str]:
        return self._decoder.trailers if self._decoder else {}

    def md5(self) -> bytes:
        return self._md5.digest()

    def sha256(self) -> str:
        return self._sha256.hexdigest()

    def extra(self) -> str | None:
        """The further checksum in base64; None where it cannot be computed here."""
        if self._extra is None or self.is_too_long_for_extra:
            return None
        return base64.b64encode(self._extra.digest()).decode()


def _chunk_size(line: str) -> int:
    text = line.partition(";")[0].strip()
    try:
        size = int(text, 16)
    except ValueError:
        raise _broken_chunks() from None
    if size < 0 or not text[:1].isalnum():
        raise _broken_chunks()
    return size


def _broken_chunks() -> ServiceException:
    return ServiceException("InvalidChunkSizeError", "The aws-chunked body is broken.")
