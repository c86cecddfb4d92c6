"""The store: the only room that speaks SQL. ``work`` is for the stages, ``answers`` for people.

``open_store`` makes or opens a database and brings it to the newest schema. Rows stay in here; nouns come out.
"""

from pipeline.store import answers, work
from pipeline.store.engine import Store
from pipeline.store.migrate import migrate, open_store
from pipeline.store.questions import ask

__all__ = ["Store", "answers", "ask", "migrate", "open_store", "work"]
