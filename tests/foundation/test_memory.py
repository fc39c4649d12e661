import gc
from itertools import count

import pytest

from foundation import memory
from foundation.memory import collection_paused, settle_memory


def test_collection_is_paused_and_comes_back() -> None:
    assert gc.isenabled()
    with collection_paused():
        assert not gc.isenabled()
        with collection_paused():
            assert not gc.isenabled()
        assert not gc.isenabled(), "an inner pause does not end an outer one"
    assert gc.isenabled()


def test_collection_comes_back_after_an_error() -> None:
    with pytest.raises(ValueError, match="x"), collection_paused():
        raise ValueError("x")
    assert gc.isenabled()


def test_who_had_turned_it_off_finds_it_off() -> None:
    gc.disable()
    try:
        with collection_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_a_server_loaded_is_frozen_after_few_answers_and_not_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "_answers", count(1))
    try:
        gc.unfreeze()
        frozen = []
        for _ in range(10):
            keep = [[] for _ in range(1_000)]
            settle_memory()
            frozen.append(gc.get_freeze_count())
            assert keep
        assert frozen[0] > 10_000
        assert frozen[0] >= frozen[6] > 0.9 * frozen[0]
        assert frozen[7] > frozen[6]
        assert frozen[9] <= frozen[7]
    finally:
        gc.unfreeze()
