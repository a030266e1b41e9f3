"""What an S3 URI names."""

from __future__ import annotations

SCHEME = "s3://"


def bucket_and_key(uri: str) -> tuple[str, str]:
    """The bucket and the key (or prefix) of ``s3://BUCKET/KEY``; a key may hold ``?`` and ``#``: it is no URL.

    >>> bucket_and_key("s3://team/data/a?b.csv")
    ('team', 'data/a?b.csv')
    >>> bucket_and_key("s3://team")
    ('team', '')
    """
    bucket, _, key = uri.removeprefix(SCHEME).partition("/")
    return bucket, key
