"""Where the edges are built: the store, the models and the catalogues that commands pass to the flow."""

from __future__ import annotations

import functools
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipeline import catalogue
from pipeline.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline.config import Config
    from pipeline.flow import Edges
    from pipeline.store import Store

# Stages and models are imported inside: `tideline --help` must come at once.


@contextmanager
def opened(config: Config) -> Iterator[Store]:
    """Open the configured database for the time of a command; it is made or brought up to date where needed."""
    from pipeline.store import open_store

    store = open_store(config.database_url)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def opened_with_catalogue(config: Config) -> Iterator[Store]:
    """Like ``opened``, with the catalogues' newest state in the database, for what asks it whose a page or edition is."""
    from pipeline.store import work

    with opened(config) as store:
        work.sync_catalogue(
            store,
            sources=catalogue.sources(config),
            themes=catalogue.themes(config),
            entities=catalogue.entities(config),
            conferences=catalogue.conferences(config),
            now=datetime.now(UTC),
        )
        yield store


@contextmanager
def edges(config: Config, progress: Callable[[str, int, int], None]) -> Iterator[Edges]:
    """Build what the stages touch the world with. Catalogues come first: a wrong file is said before all else."""
    from pipeline import flow, nlp, outputs

    sources, themes = catalogue.sources(config), catalogue.themes(config)
    entities, conferences = catalogue.entities(config), catalogue.conferences(config)
    for name in config.digest_outputs:
        if name not in outputs.OUTPUTS:
            known = ", ".join(outputs.OUTPUTS)
            raise SettingError(f"{config.file or 'settings'}: [digest] outputs: {name!r} is none of {known}")
    with opened(config) as store:
        yield flow.Edges(
            config=config,
            store=store,
            models=functools.cache(lambda: nlp.open_models(config)),
            sources=sources,
            themes=themes,
            entities=entities,
            conferences=conferences,
            now=lambda: datetime.now(UTC),
            progress=progress,
        )
