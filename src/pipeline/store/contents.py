"""Full texts that feeds gave, kept packed while their links are pending and forgotten with them. Used inside other saves.

``content_of`` alone asks on its own: for the one link whose page can't be had.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from pipeline.store.packing import pack, unpack
from pipeline.store.rows import chunks, clean, insertion
from pipeline.store.schema import contents

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.engine import Connection

    from pipeline.store.engine import Store


def keep(connection: Connection, found: Mapping[int, str]) -> None:
    """Keep contents by the ids of their links; a link that has one already keeps it."""
    rows = [{"link": link, "body": pack(clean(text).encode())} for link, text in found.items()]
    for some in chunks(rows):
        connection.execute(insertion(connection, contents).on_conflict_do_nothing(index_elements=["link"]), list(some))


def forget(connection: Connection, links: Sequence[int]) -> None:
    """Drop the contents of links that are fetched or given up."""
    for some in chunks(links):
        connection.execute(sa.delete(contents).where(contents.c.link.in_(some)))


def content_of(store: Store, link: int) -> str | None:
    """Return the full text that a feed gave for a pending link, as HTML."""
    with store.reading() as connection:
        body = connection.scalar(sa.select(contents.c.body).where(contents.c.link == link))
    return unpack(body).decode() if body else None
