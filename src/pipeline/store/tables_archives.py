"""The table of WARC files: how far each has been taken in. No reading or writing."""

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from pipeline.store.columns import metadata, reference, required, time

archives = Table(
    "archives",
    metadata,
    Column("id", Integer, primary_key=True),
    required("address", Text, unique=True),
    reference("source", "sources.key", nullable=True),
    Column("etag", Text),
    Column("size", BigInteger),
    required("offset", BigInteger),
    required("records", BigInteger),
    required("pages", BigInteger),
    required("selection", Text),
    time("finished_at", nullable=True),
    Column("error", Text),
    time("seen_at"),
)
