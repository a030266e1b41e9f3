"""The object store: any legal key, in byte order, never a path."""

from __future__ import annotations

import threading
from functools import partial
from hashlib import new

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.objects import ObjectStore, ObjectTraits, Written

md5 = partial(new, "md5", usedforsecurity=False)

ODD_KEYS = [
    "..",
    "../../etc/passwd",
    "/",
    "//",
    "/absolute",
    "a//b",
    "a/./b",
    "folder/",
    "x" * 1024,
    "é" * 512,
    "nul\0byte",
    "new\nline",
    "cr\r",
    "%2e%2e",
    "snow☃ man",
    "\U0001f600",
    "C:\\x",
    "CON",
    "a?b&c=d#e",
    "+ +",
]


@pytest.fixture
def store(tmp_path):
    store = ObjectStore(tmp_path / "objects")
    yield store
    store.close()


def read(store, bucket, key):
    with store.open(bucket, key) as file:
        return file.read()


def keys(page):
    return [info.key for info in page.objects]


@pytest.mark.parametrize("key", ODD_KEYS, ids=lambda key: repr(key[:20]))
def test_odd_keys_are_kept_inside_the_store(store, tmp_path, key):
    store.put_bytes("b", key, key.encode())
    with store.open("b", key) as file:
        assert file.read() == key.encode()
    assert keys(store.list("b")) == [key]
    path = store.path("b", key)
    assert path is not None
    assert path.resolve().is_relative_to((tmp_path / "objects").resolve())
    assert [entry.name for entry in tmp_path.iterdir()] == ["objects"]
    assert store.delete("b", key)
    assert store.head("b", key) is None
    assert not path.exists()


@pytest.mark.parametrize("key", ["", "x" * 1025, "é" * 513])
def test_illegal_keys(store, key):
    with pytest.raises(ServiceException):
        store.put_bytes("b", key, b"")
    assert not list((store.root / "blobs").glob("*/*"))


def test_info_says_what_was_put(store):
    traits = ObjectTraits("text/csv", {"owner": "me"}, {"CacheControl": "no-store"}, {"CRC32": "AAAA"}, "FULL_OBJECT")
    info = store.put_bytes("b", "k", b"data", traits)
    assert info == store.head("b", "k")
    assert (info.size, info.etag) == (4, md5(b"data").hexdigest())
    assert (info.content_type, info.metadata) == ("text/csv", {"owner": "me"})


def test_files_are_copied_in(store, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(b"abc" * 1_000_000)
    info = store.put_file("b", "k", source)
    source.write_bytes(b"changed")
    with store.open("b", "k") as file:
        assert md5(file.read()).hexdigest() == info.etag


def test_a_reader_keeps_what_it_opened(store):
    store.put_bytes("b", "k", b"old")
    with store.open("b", "k") as file:
        store.put_bytes("b", "k", b"new")
        assert file.read() == b"old"
    with store.open("b", "k") as file:
        assert file.read() == b"new"
    assert len(list((store.root / "blobs").glob("*/*"))) == 1


def test_it_is_all_there_after_a_restart(store):
    store.put_bytes("b", "k", b"data")
    store.close()
    again = ObjectStore(store.root)
    assert read(again, "b", "k") == b"data"
    again.close()


def test_sweep_removes_only_what_nothing_names(store):
    store.put_bytes("b", "k", b"data")
    upload = store.create_upload("b", "parts")
    path = store.blank()
    path.write_bytes(b"part")
    store.put_part(upload.id, 1, Written(path, 4, md5(b"part").digest()))
    store.blank().write_bytes(b"lost")
    assert store.sweep() == 1
    assert path.exists()
    assert read(store, "b", "k") == b"data"


def test_missing_things(store):
    for ask in (lambda: store.open("no", "k"), lambda: store.list("no"), lambda: store.delete("no", "k")):
        with pytest.raises(ServiceException, match="NoSuchBucket"):
            ask()
    assert list(store.iter("no")) == []
    assert store.head("no", "k") is None
    store.create_bucket("b")
    with pytest.raises(ServiceException, match="NoSuchKey"):
        store.open("b", "k")
    assert not store.delete("b", "k")


def test_only_empty_buckets_go(store):
    store.put_bytes("b", "k", b"")
    with pytest.raises(ServiceException, match="BucketNotEmpty"):
        store.delete_bucket("b")
    store.delete("b", "k")
    store.create_upload("b", "begun")
    store.delete_bucket("b")
    assert store.buckets() == []


def test_folders_are_rolled_up_and_paged(store):
    for key in ("a", "b/1", "b/2", "c/", "c/1", "d"):
        store.put_bytes("b", key, b"")
    page = store.list("b", delimiter="/")
    assert (keys(page), page.prefixes, page.truncated) == (["a", "d"], ("b/", "c/"), False)
    assert (keys(store.list("b", "c/", "/")), store.list("b", "c/", "/").prefixes) == (["c/", "c/1"], ())
    first = store.list("b", delimiter="/", max_keys=2)
    assert (keys(first), first.prefixes, first.truncated, first.last) == (["a"], ("b/",), True, "b/")
    second = store.list("b", delimiter="/", start_after=first.last, max_keys=2)
    assert (keys(second), second.prefixes, second.truncated) == (["d"], ("c/",), False)
    assert keys(store.list("b", max_keys=0)) == []


KEYS = st.sets(st.text(st.sampled_from("ab/é☃\U0001f600"), min_size=1, max_size=6), max_size=25)


@settings(deadline=None, max_examples=60)
@given(KEYS, st.text("ab/", max_size=3), st.sampled_from(["", "/", "b", "b/"]), st.integers(1, 7))
def test_pages_together_are_the_whole_list(tmp_path_factory, names, prefix, delimiter, size):
    store = ObjectStore(tmp_path_factory.mktemp("objects"))
    store.create_bucket("b")
    for name in names:
        store.put_bytes("b", name, b"")
    expected_keys, expected_prefixes = [], []
    for name in sorted((name for name in names if name.startswith(prefix)), key=str.encode):
        end = name.find(delimiter, len(prefix)) if delimiter else -1
        rolled = name[: end + len(delimiter)] if end >= 0 else None
        if rolled is None:
            expected_keys.append(name)
        elif rolled not in expected_prefixes:
            expected_prefixes.append(rolled)
    found_keys, found_prefixes, after = [], [], ""
    while True:
        page = store.list("b", prefix, delimiter, after, size)
        found_keys += keys(page)
        found_prefixes += page.prefixes
        if not page.truncated:
            break
        assert len(page.objects) + len(page.prefixes) == size
        after = page.last
    store.close()
    assert found_keys == expected_keys
    assert found_prefixes == expected_prefixes


def test_iter_goes_past_a_page(store):
    for index in range(1005):
        store.put_bytes("b", f"k{index:04}", b"")
    assert [info.key for info in store.iter("b", "k")] == [f"k{index:04}" for index in range(1005)]


def test_many_threads_on_one_key(store):
    store.put_bytes("b", "k", b"0" * 1000)
    failures = []

    def work(digit: bytes) -> None:
        try:
            for _ in range(30):
                store.put_bytes("b", "k", digit * 1000)
                with store.open("b", "k") as file:
                    data = file.read()
                assert (len(data), len(set(data))) == (1000, 1)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(str(number).encode(),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(list((store.root / "blobs").glob("*/*"))) == 1
