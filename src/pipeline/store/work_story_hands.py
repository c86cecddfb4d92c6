"""What a person does to stories by hand: split, merge, undo. Each is one transaction, kept whole or not at all.

Rows of decisions are only added: which articles changed their story, which stayed, and what was said of each before.
``story_rules`` reads them for all that comes later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline.errors import DecisionError
from pipeline.model import Decision
from pipeline.store import schema, story_rules
from pipeline.store.rows import chunks, clean
from pipeline.store.work_stories import refresh_stories

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy.engine import Connection

    from pipeline.model import Signature
    from pipeline.store.engine import Store
    from pipeline.store.rows import AnyRow

    Members = dict[int, AnyRow]  # rows of story_articles by article

SAID_OF = ("article", "score", "reason", "opened", "weighing")  # what a row says of an article's place
LISTED = "`tideline stories decisions` lists them"


@dataclass(frozen=True, slots=True)
class _Move:
    """An article's row as it is, the story it goes to (or stays in), why, and the origin that it goes with as a copy."""

    row: AnyRow
    to: int
    reason: str = ""
    follows: int | None = None


def split(store: Store, story: int, articles: Sequence[int], signed: Signature, *, into: int | None = None) -> Decision:
    """Move articles, and the copies of them, out of a story into another, or into a new one.

    Raises DecisionError where the story or an article is not there, or nothing would be left.
    """
    chosen = list(dict.fromkeys(articles))
    with store.writing() as connection:
        story_rules.hold(connection, alone=True)
        members = _members(connection, story)
        _check_chosen(connection, story, chosen, members, into)
        follows = {copy: origin for copy, origin in _copies_of(connection, chosen).items() if copy not in chosen}
        gone = _placed(connection, [*chosen, *follows])
        if members.keys() <= gone.keys():
            way_out = f"`tideline stories merge {into} {story}` does that" if into else "there is nothing to split"
            raise DecisionError(f"that is all of story {story}, copies included: {way_out}")
        target = _new_story(connection, story, chosen[0], signed) if into is None else into
        gone = {article: row for article, row in gone.items() if row.story != target}
        decision = _decide(connection, ("split", story, target), signed)
        stayed = [_Move(row, story) for article, row in members.items() if article not in gone]
        _record(connection, decision, stayed)
        _move(connection, decision, [_split_off(row, target, follows, signed) for row in gone.values()], signed)
    return Decision(decision, "split", story, target, len(gone), len(gone.keys() & follows.keys()))


def merge(store: Store, stories: Sequence[int], signed: Signature) -> Decision:
    """Move all articles of the other stories into the first. Raises DecisionError where a story is not there."""
    kept, *others = stories
    twice = next((story for n, story in enumerate(stories) if story in stories[:n]), None)
    if twice is not None or not others:
        raise DecisionError(f"story {twice or kept} can't be merged with itself; name two stories or more, each once")
    with store.writing() as connection:
        story_rules.hold(connection, alone=True)
        stayed = _members(connection, kept)
        gone = {article: row for story in others for article, row in _members(connection, story).items()}
        decision = _decide(connection, ("merge", kept, kept), signed)
        connection.execute(sa.insert(schema.story_merges), [{"decision": decision, "story": s} for s in others])
        follows = _copies_of(connection, [*stayed, *gone])
        _record(connection, decision, [_Move(row, kept, follows=follows.get(a)) for a, row in stayed.items()])
        moves = [
            _Move(row, kept, _said(f"merged from story {row.story}", signed), follows.get(article))
            for article, row in gone.items()
        ]
        _move(connection, decision, moves, signed)
    return Decision(decision, "merge", kept, kept, len(gone))


def undo(store: Store, decision: int, signed: Signature) -> Decision:
    """Put back what a decision moved, with what was said of it before. Raises DecisionError where that can't be.

    Articles that came to a story later stay in it, but for copies, which go with their origin.
    """
    with store.writing() as connection:
        story_rules.hold(connection, alone=True)
        undone = _undoable(connection, decision)
        number = _decide(connection, ("undo", undone.target, undone.story), signed, undoes=decision)
        before, moves = _way_back(connection, decision)
        _move(connection, number, moves, signed)
        _restore(connection, before)
    return Decision(number, "undo", undone.target, undone.story, len(moves), len(moves) - len(before))


# ------------------------------------------------------------------ what may be done
def _members(connection: Connection, story: int) -> Members:
    """Return the rows of a story's articles. Raises DecisionError where there are none, and says why."""
    p = schema.story_articles
    rows = connection.execute(sa.select(p).where(p.c.story == story).order_by(p.c.article)).all()
    if rows:
        return {row.article: row for row in rows}
    into = story_rules.merged(connection, [story]).get(story)
    if into:
        raise DecisionError(f"story {story} was merged into story {into}; {LISTED}")
    raise DecisionError(f"story {story} is not in the database; `tideline stories` lists them")


def _check_chosen(
    connection: Connection, story: int, chosen: Sequence[int], members: Members, into: int | None
) -> None:
    if into == story:
        raise DecisionError(f"--into {into}: the articles are in story {story} already")
    if into is not None:
        _members(connection, into)
    for article in chosen:
        if article not in members:
            known = _placed(connection, [article]).get(article)
            where = f"in story {known.story}" if known else "in no story"
            raise DecisionError(f"article {article} is not in story {story} but {where}")


def _undoable(connection: Connection, decision: int) -> AnyRow:
    """Return a decision's row. Raises DecisionError where it is none, undone, or another builds on it."""
    d = schema.story_decisions
    row = connection.execute(sa.select(d).where(d.c.id == decision)).one_or_none()
    if row is None:
        raise DecisionError(f"decision {decision} is not in the database; {LISTED}")
    if row.kind == "undo":
        raise DecisionError(f"decision {decision} undoes decision {row.undoes}; to have that again, make it again")
    undone = connection.scalar(sa.select(d.c.id).where(d.c.undoes == decision))
    if undone:
        raise DecisionError(f"decision {decision} was undone already, by decision {undone}")
    later = _later(connection, row)
    if later:
        raise DecisionError(f"decision {later} is about the same stories and came later: undo it first")
    return row


def _later(connection: Connection, decision: AnyRow) -> int | None:
    """Return the newest live decision after this one that is about one of its stories."""
    d, m, g = schema.story_decisions, schema.story_moves, schema.story_merges
    moved = sa.select(m.c.from_story).where(m.c.decision == decision.id, m.c.from_story != m.c.to_story).distinct()
    stories = sorted({decision.story, decision.target, *connection.scalars(moved)})
    about: set[int] = set()
    for some in chunks(stories):
        for column, of in (
            (d.c.story, d.c.id),
            (d.c.target, d.c.id),
            (g.c.story, g.c.decision),
            (m.c.from_story, m.c.decision),
            (m.c.to_story, m.c.decision),
        ):
            about |= set(connection.scalars(sa.select(of).where(column.in_(some), of > decision.id).distinct()))
    newest = [
        connection.scalar(
            sa.select(sa.func.max(d.c.id)).where(d.c.id.in_(some), d.c.kind != "undo", story_rules.live())
        )
        for some in chunks(sorted(about))
    ]
    return max((found for found in newest if found), default=None)


# ------------------------------------------------------------------ what moves
def _placed(connection: Connection, articles: Sequence[int]) -> Members:
    p = schema.story_articles
    return {
        row.article: row
        for some in chunks(articles)
        for row in connection.execute(sa.select(p).where(p.c.article.in_(some)))
    }


def _copies_of(connection: Connection, articles: Iterable[int]) -> dict[int, int]:
    """Return the copies of articles, and copies of those, with the origin of each.

    Not the articles themselves where they repeat none of the others, nor copies that a person put somewhere.
    """
    c = schema.copies
    given = set(articles)
    found: dict[int, int] = {}
    origins: Collection[int] = given
    while origins:
        rows = {
            row.article: row.origin
            for some in chunks(sorted(origins))
            for row in connection.execute(sa.select(c.c.article, c.c.origin).where(c.c.origin.in_(some)))
        }
        fresh = rows.keys() - found.keys()
        put = story_rules.pinned(connection, fresh - given)
        found |= {article: rows[article] for article in fresh if article not in put}
        origins = fresh - put.keys() - given
    return found


def _way_back(connection: Connection, decision: int) -> tuple[Members, list[_Move]]:
    """Return what was said of the articles that a decision moved, and how they go back.

    Copies that came to a moved article since go back with it.
    """
    m, p = schema.story_moves, schema.story_articles
    query = sa.select(m, p.c.story).join_from(m, p, p.c.article == m.c.article).where(m.c.decision == decision)
    rows = connection.execute(query).all()
    before = {row.article: row for row in rows if row.from_story != row.to_story == row.story}
    back = {article: row.from_story for article, row in before.items()}
    follows = _copies_of(connection, list(back))
    there = _placed(connection, [*back, *follows])
    for article in follows.keys() - {row.article for row in rows}:
        origin = follows[article]
        if origin in back and there[article].story == there[origin].story:
            back[article] = back[origin]
    said = "a copy goes to the story of its origin"
    return before, [_Move(there[article], story, said, follows.get(article)) for article, story in back.items()]


def _split_off(row: AnyRow, target: int, follows: Mapping[int, int], signed: Signature) -> _Move:
    origin = follows.get(row.article)
    if origin is not None:
        return _Move(row, target, f"a copy goes with its origin, article {origin}", origin)
    return _Move(row, target, _said(f"split off story {row.story}", signed))


def _said(what: str, signed: Signature) -> str:
    return f"{what} by {signed.by}" + (f": {signed.note}" if signed.note else "")


# ------------------------------------------------------------------ what is written
def _new_story(connection: Connection, story: int, first: int, signed: Signature) -> int:
    """Make the row of a story that begins with an article; what it counts is written when articles are in it."""
    st = schema.stories
    row = connection.execute(sa.select(st).where(st.c.id == story)).one()._asdict()
    number = (connection.scalar(sa.select(sa.func.max(st.c.id))) or 0) + 1
    connection.execute(sa.insert(st), [{**row, "id": number, "first_article": first, "seen_at": signed.when}])
    return number


def _decide(connection: Connection, what: tuple[str, int, int], signed: Signature, *, undoes: int | None = None) -> int:
    """Write a decision, ``what`` being its kind, story and target; return its number."""
    d = schema.story_decisions
    row = dict(zip(("kind", "story", "target"), what, strict=True)) | {"undoes": undoes}
    said = {"made_by": clean(signed.by), "note": clean(signed.note), "made_at": signed.when}
    return int(connection.execute(sa.insert(d).values(**row, **said).returning(d.c.id)).scalar_one())


def _record(connection: Connection, decision: int, moves: Iterable[_Move]) -> None:
    """Keep which articles a decision was about, and what was said of each before."""
    rows = [
        {"decision": decision, "from_story": move.row.story, "to_story": move.to, "follows": move.follows}
        | {name: getattr(move.row, name) for name in SAID_OF}
        for move in moves
    ]
    if rows:
        connection.execute(sa.insert(schema.story_moves), rows)


def _move(connection: Connection, decision: int, moves: Sequence[_Move], signed: Signature) -> None:
    """Put articles into other stories, and count those and the ones that they left anew."""
    _record(connection, decision, moves)
    rows = [
        {"article": move.row.article, "story": move.to, "reason": clean(move.reason), "score": 1.0, "opened": False}
        | {"weighing": None, "computed_at": signed.when}
        for move in moves
    ]
    _update(connection, rows)
    refresh_stories(connection, {story for move in moves for story in (move.row.story, move.to)})


def _restore(connection: Connection, before: Members) -> None:
    """Say of articles again what was said before a decision."""
    _update(connection, [{name: getattr(row, name) for name in SAID_OF} for row in before.values()])


def _update(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write columns of articles, each found by its key ``article``."""
    p = schema.story_articles
    if rows:
        fresh = {name: sa.bindparam(f"new_{name}", type_=p.c[name].type) for name in rows[0] if name != "article"}
        statement = sa.update(p).where(p.c.article == sa.bindparam("new_article")).values(fresh)
        connection.execute(statement, [{f"new_{name}": value for name, value in row.items()} for row in rows])
