"""Tables of manners: what must outlive a restart about a host's queue, and what a site says about crawling and mining.

A host (a name) is one queue; robots.txt and text-and-data-mining rules belong to an origin (scheme, name and port).
"""

import sqlalchemy as sa
from sqlalchemy import Column, Float, Index, Integer, Table, Text

from pipeline.store.columns import metadata, required, time

hosts = Table(
    "hosts",
    metadata,
    Column("host", Text, primary_key=True),
    required("delay", Float),
    time("next_at"),
    time("wait_until", nullable=True),
    Index(None, "wait_until"),
)
origins = Table(
    "origins",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("robots_status", Integer),
    Column("robots_body", sa.LargeBinary),
    time("robots_fetched_at", nullable=True),
    time("robots_expires_at"),
    time("failing_since", nullable=True),
    Column("tdm", sa.JSON),
    time("tdm_expires_at", nullable=True),
)
