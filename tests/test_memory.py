"""The watch over the crawl's memory: asks first, insists later, and is not fooled by what a parent held."""

from __future__ import annotations

from crawlers.memory import held, watch


def run(*looks: float) -> list[str]:
    """Watch a process that holds so many MiB, look by look."""
    said: list[str] = []
    left = iter(looks)
    watch(lambda: said.append("end"), said.append, limit=100, look=lambda: next(left), period=0).join()
    return said


def test_a_crawl_below_the_limit_hears_nothing_and_one_above_it_is_asked_once() -> None:
    assert run(10, 100, 120, 150, 200, 201) == ["end", "it held 201 MiB of memory"]


def test_a_crawl_that_swells_at_once_is_given_up() -> None:
    assert run(10, 900) == ["it held 900 MiB of memory"]


def test_what_is_held_is_what_this_process_holds_now() -> None:
    before = held()
    ballast = bytearray(b"x" * 64 * 2**20)
    assert held() - before > 50
    del ballast
    assert held() - before < 50
