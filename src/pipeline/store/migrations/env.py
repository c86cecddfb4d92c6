"""What Alembic runs: inside ``pipeline.store.migrate`` on its connection, or from the command ``alembic``.

The transaction is the caller's; one opened here covers the whole move, so that SQLite keeps all of it or nothing.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy.engine import Connection

from pipeline.store import schema
from pipeline.store.engine import make_engine


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=schema.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
    )
    context.run_migrations()


def _from_command_line() -> None:
    arguments = context.get_x_argument(as_dictionary=True)
    url = arguments.get("database") or context.config.get_main_option("sqlalchemy.url") or "sqlite:///tideline.db"
    engine = make_engine(url, foreign_keys=False)
    with engine.connect() as connection, connection.execution_options(begin="BEGIN IMMEDIATE").begin():
        _run(connection)
    engine.dispose()


_connection = context.config.attributes.get("connection")
if _connection is None:
    _from_command_line()
else:
    _run(_connection)
