"""What the tables are built of: types, named constraints, kinds of columns. Knows no table."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey
from sqlalchemy.engine import Dialect


class UTCDateTime(sa.types.TypeDecorator[datetime]):
    """Aware UTC datetimes on every database; SQLite keeps them as text that sorts by time."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse naive times rather than guess their zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a datetime without a zone: {value}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """SQLite gives them back without their zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)
LIVE = sa.text("superseded_at IS NULL")


def one_of(column: str, values: Iterable[str]) -> sa.CheckConstraint:
    """Return a named constraint: the column holds one of the values."""
    return sa.CheckConstraint(f"{column} IN ({', '.join(repr(v) for v in values)})", name=column)


def reference(name: str, target: str, **options: Any) -> Column[Any]:
    """Return a column that refers to another table's, required unless said otherwise."""
    return Column(name, ForeignKey(target), **{"nullable": False, **options})


def time(name: str, *, nullable: bool = False) -> Column[datetime]:
    """Return a column of times in UTC."""
    return Column(name, UTCDateTime, nullable=nullable)


def required(name: str, kind: Any, **options: Any) -> Column[Any]:
    """Return a column that is never empty."""
    return Column(name, kind, nullable=False, **options)
