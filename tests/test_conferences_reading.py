"""Conferences read from bytes: structured data, calendars, agendas of every make, names of people, days and times."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time

import agendas
import pytest

from crawlers.look import Look, Sight
from crawlers.spiders import WAYS
from pipeline.conferences import days, merged, pair_sessions, people, person_key, read_calendar, slug
from pipeline.model import Edition, Session, Source, Speaker

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HTML, ICS = "text/html; charset=utf-8", "text/calendar"


def look(body: str, kind: str = HTML, name: str = "Boxworks", address: str = "https://box.example/agenda") -> Look:
    source = Source("box", name, "conference", address, "en", "US", "conference", conference=name.lower())
    return WAYS["conference"](Sight(source, address, body.encode(), NOW, kind))


def facts(session: Session) -> tuple[object, ...]:
    who = {(p.name, p.role, p.affiliation) for p in session.speakers}
    return session.title, session.start, session.end, session.room, session.abstract, frozenset(who)


# ------------------------------------------------------------------ every make of page gives the same truth
FORMS = {
    "json-ld": (agendas.json_ld, HTML),
    "json-ld by day": (lambda t: agendas.json_ld(t, by_day=True), HTML),
    "calendar": (agendas.ics, ICS),
    **{name: (form, HTML) for name, form in agendas.HTML_FORMS.items()},
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("zone", "city", "country"),
    [
        ("America/Los_Angeles", "San Francisco", "United States"),
        ("Europe/Madrid", "Madrid", "Spain"),
        ("Asia/Kolkata", "Bengaluru", "India"),
    ],
)
def test_each_form_of_an_agenda_comes_out_complete(form: str, zone: str, city: str, country: str) -> None:
    write, kind = FORMS[form]
    truth = agendas.truth(2026, zone=zone, city=city, country=country, seed=5)
    [edition] = look(write(truth), kind).editions
    assert (edition.start, edition.end, edition.city, edition.country) == (truth.start, truth.end, city, country)
    assert {facts(s) for s in edition.sessions} == {facts(s) for s in truth.sessions}
    assert {(p.name, p.role, p.affiliation) for p in edition.speakers} == {
        (p.name, p.role, p.affiliation) for p in truth.speakers
    }


def test_the_forms_of_one_agenda_join_into_one_edition() -> None:
    truth = agendas.truth(2026)
    every = [edition for write, kind in FORMS.values() for edition in look(write(truth), kind).editions]
    [edition] = merged(every)
    assert (len(edition.sessions), len(edition.speakers)) == (40, 60)


# ------------------------------------------------------------------ structured data
def event(**fields: object) -> str:
    return f"<script type='application/ld+json'>{json.dumps({'@type': 'Event', **fields})}</script>"


def test_sessions_that_name_their_super_event_belong_to_it() -> None:
    above = {"@type": "Event", "@id": "#whole", "name": "Boxworks 2026"}
    body = event(**{"@id": "#whole"}, name="Boxworks 2026", startDate="2026-09-15", endDate="2026-09-17") + "".join(
        event(
            name=f"Talk {n}",
            startDate=f"2026-09-1{5 + n}T09:00:00Z",
            superEvent=above,
            speaker={"name": "Ana Ruiz (Box)"},
        )
        for n in range(3)
    )
    [edition] = look(f"<html>{body}</html>").editions
    assert [s.title for s in edition.sessions] == ["Talk 0", "Talk 1", "Talk 2"]
    assert edition.speakers == (Speaker("Ana Ruiz", "Box"),)


def test_online_schedules_and_cancelled_events_are_understood() -> None:
    hours = {
        "@type": "Schedule",
        "startDate": "2026-09-15",
        "startTime": "09:30",
        "endTime": "10:15",
        "scheduleTimezone": "Europe/Madrid",
    }
    below = [
        {"@type": "Event", "name": "By schedule", "eventSchedule": hours},
        {
            "@type": "Event",
            "name": "Off",
            "startDate": "2026-09-15T11:00",
            "eventStatus": "https://schema.org/EventCancelled",
        },
        {"@type": "Event", "name": "By length", "startDate": "2026-09-15T11:00+02:00", "duration": "PT1H30M"},
    ]
    online = {"@type": "VirtualLocation", "url": "https://box.example/live"}
    [edition] = look(event(name="Boxworks", startDate="2026-09-15", subEvent=below, location=online)).editions
    first, second = edition.sessions
    assert edition.online
    assert (first.start, first.end) == (
        datetime(2026, 9, 15, 7, 30, tzinfo=UTC),
        datetime(2026, 9, 15, 8, 15, tzinfo=UTC),
    )
    assert second.end == datetime(2026, 9, 15, 10, 30, tzinfo=UTC)


def test_microdata_is_read_like_json_ld() -> None:
    talk = """<div itemprop=subEvent itemscope itemtype="https://schema.org/Event"><h3 itemprop=name>Beans</h3>
      <time itemprop=startDate datetime="2026-09-15T09:00-07:00">9</time><span itemprop=performer itemscope
      itemtype="https://schema.org/Person"><b itemprop=name>Ana Ruiz</b> <i itemprop=jobTitle>CTO</i></span></div>"""
    body = f"""<main itemscope itemtype="https://schema.org/BusinessEvent"><h1 itemprop=name>Boxworks 2026</h1>
      <meta itemprop=startDate content=2026-09-15><meta itemprop=endDate content=2026-09-17>{talk}</main>"""
    [edition] = look(body).editions
    assert (edition.name, edition.start, edition.end) == ("Boxworks 2026", date(2026, 9, 15), date(2026, 9, 17))
    assert [s.title for s in edition.sessions] == ["Beans"]
    assert edition.speakers[0].role == "CTO"


def test_two_editions_on_one_page_stay_apart_and_other_events_stay_out() -> None:
    body = "".join(
        event(name=name, startDate=f"{year}-09-15", endDate=f"{year}-09-17")
        for name, year in (("Boxworks 2026", 2026), ("Boxworks 2027", 2027), ("Charity Run", 2026))
    )
    assert [e.name for e in look(body).editions] == ["Boxworks 2026", "Boxworks 2027"]


# ------------------------------------------------------------------ calendars
def calendar(*entries: str) -> bytes:
    events = "".join(f"BEGIN:VEVENT\r\n{entry}\r\nEND:VEVENT\r\n" for entry in entries)
    return f"BEGIN:VCALENDAR\r\nX-WR-TIMEZONE:Europe/Madrid\r\n{events}END:VCALENDAR\r\n".encode()


def test_a_calendar_in_pieces_gives_what_can_be_read_and_says_what_cannot() -> None:
    good = "UID:1\r\nSUMMARY:Beans\\, and more\r\nDTSTART:20260915T090000\r\nDTEND:20260915T094500"
    body = calendar(
        good, "SUMMARY:Bad day\r\nDTSTART:yesterday", "DTSTART:20260915T090000", "SUMMARY:x\r\nthis is no property"
    )
    reading = read_calendar(body.replace(b"END:VEVENT\r\nBEGIN", b"BEGIN", 1), conference="box")
    titles = {s.title: s for e in reading.editions for s in e.sessions}
    assert titles["Beans, and more"].start == datetime(2026, 9, 15, 7, tzinfo=UTC)
    assert set(titles) == {"Beans, and more", "Bad day", "x"}
    assert any("DTSTART" in fault for fault in reading.faults)
    assert any("no title" in fault for fault in reading.faults)


def test_speakers_stand_in_attendees_organisers_and_descriptions() -> None:
    told = [
        'SUMMARY:A\r\nDTSTART:20260915T090000\r\nATTENDEE;CN="Ana Ruiz (Box)":mailto:a@b.example',
        "SUMMARY:B\r\nDTSTART:20260915T100000\r\nORGANIZER;CN=Tom Hale:mailto:t@b.example",
        "SUMMARY:C\r\nDTSTART:20260915T110000\r\nDESCRIPTION:On beans.\\nPonentes:\\n- Lucía Vega\\, CTO en Faro\\n- Li Na (Halden)\\n\\nMore.",
        "SUMMARY:D\r\nDTSTART:20260915T120000\r\nX-SPEAKER:Zoë Okafor\\, Orrin",
    ]
    [edition] = read_calendar(calendar(*told), conference="box").editions
    who = {s.title: [(p.name, p.affiliation) for p in s.speakers] for s in edition.sessions}
    assert who == {"A": [("Ana Ruiz", "Box")], "B": [("Tom Hale", None)], "C": [("Lucía Vega", "Faro"), ("Li Na", "Halden")], "D": [("Zoë Okafor", "Orrin")]}  # fmt: skip
    assert {s.title: s.abstract for s in edition.sessions}["C"] == "On beans.\n\nMore."


def test_a_calendar_of_two_years_is_two_editions() -> None:
    body = calendar("SUMMARY:A\r\nDTSTART:20250915T090000", "SUMMARY:B\r\nDTSTART:20260915T090000")
    assert [(e.start, len(e.sessions)) for e in read_calendar(body, conference="box").editions] == [
        (date(2025, 9, 15), 1),
        (date(2026, 9, 15), 1),
    ]


# ------------------------------------------------------------------ agendas in words
def agenda(body: str) -> dict[str, Session]:
    [edition] = look(
        f"<main><h1>Boxworks 2026</h1><p>15 al 17 de septiembre de 2026 | Madrid, Spain</p>{body}</main>"
    ).editions
    return {s.title: s for s in edition.sessions}


def test_tabs_open_panels_of_days() -> None:
    tabs = '<ul><li><a href="#d1">Tuesday, Sept 15</a></li><li><a href="#d2">Wednesday, Sept 16</a></li></ul>'
    panel = "<div id={}><div><p>9:00</p><h3>{}</h3></div><div><p>10:00</p><h3>{}</h3></div></div>"
    found = agenda(tabs + panel.format("d1", "Beans", "Cups") + panel.format("d2", "Tides", "Ships"))
    assert {title: s.start.astimezone(UTC) for title, s in found.items() if s.start} == {
        "Beans": datetime(2026, 9, 15, 7, tzinfo=UTC),
        "Cups": datetime(2026, 9, 15, 8, tzinfo=UTC),
        "Tides": datetime(2026, 9, 16, 7, tzinfo=UTC),
        "Ships": datetime(2026, 9, 16, 8, tzinfo=UTC),
    }


def test_several_cards_share_a_time_and_lines_hold_time_title_and_people() -> None:
    shared = "<section><h2>Día 2</h2><div><h4>9:00 – 9:45</h4><article><h5>Beans</h5><p>Sala Norte</p></article><article><h5>Cups</h5></article></div>"
    plain = "<ul><li>11:00 Apertura: Ana Ruiz, CTO en Box</li><li>11:30 – 12:00 | Sala Sur | <b>Coffee break</b></li></ul></section>"
    found = agenda(shared + plain)
    assert set(found) == {"Beans", "Cups", "Apertura", "Coffee break"}
    assert {s.start.date() for s in found.values() if s.start} == {date(2026, 9, 16)}
    assert found["Beans"].start == found["Cups"].start
    assert found["Beans"].room == "Sala Norte"
    assert found["Apertura"].speakers == (Speaker("Ana Ruiz", "Box", "CTO"),)
    assert found["Coffee break"].room == "Sala Sur"


def test_cells_that_span_rows_and_columns_keep_their_time_and_room() -> None:
    body = """<h2>Miércoles 16</h2><p>16 de septiembre</p><table><tr><th>Hora</th><th>Sala A</th><th>Sala B</th></tr>
      <tr><td rowspan=2>9:00</td><td>Beans</td><td>Cups</td></tr><tr><td>Tides</td><td>Ships</td></tr>
      <tr><td>10:00</td><td colspan=2>Plenary</td></tr></table>"""
    found = agenda(body)
    assert {title: (s.start.hour, s.room) for title, s in found.items() if s.start} == {
        "Beans": (9, "Sala A"), "Cups": (9, "Sala B"), "Tides": (9, "Sala A"), "Ships": (9, "Sala B"), "Plenary": (10, None),
    }  # fmt: skip


def test_a_page_of_speakers_gives_people_with_affiliation() -> None:
    cards = "".join(f"<li><h3>{n}</h3><p>{r}</p><p>{w}</p></li>" for n, r, w in (("Ana Ruiz", "CTO", "Box"), ("Tom Hale", "Editor", "El Faro"), ("Li Na", "Professor", "Universität Ulm")))  # fmt: skip
    [edition] = look(f"<main><h1>Boxworks</h1><p>September 15-17, 2026</p><ul>{cards}</ul></main>").editions
    assert edition.sessions == ()
    assert edition.speakers == (Speaker("Ana Ruiz", "Box", "CTO"), Speaker("Tom Hale", "El Faro", "Editor"), Speaker("Li Na", "Universität Ulm", "Professor"))  # fmt: skip


def test_an_article_with_times_in_it_is_no_agenda() -> None:
    body = "<article><h1>Trains</h1><p>The train at 9:00 was late on May 5, 2026, and so was that at 10:00, said Ana Ruiz.</p></article>"
    assert look(body).editions == ()


def test_what_belongs_to_the_agenda_is_asked_for_once() -> None:
    found = look('<main><h2>September 15-17, 2026</h2><a href="/all.ics">x</a><a href="webcal://box.example/b.ics">y</a><a href="/speakers">z</a>'
                 '<a href="https://elsewhere.example/c.ics">w</a><a href="/sessions/one-two-three">s</a></main>')  # fmt: skip
    assert set(found.more) == {"https://box.example/all.ics", "https://box.example/b.ics", "https://box.example/speakers", "https://box.example/sessions/one-two-three"}  # fmt: skip


# ------------------------------------------------------------------ words
@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("September 15-17, 2026", "2026-09-15", "2026-09-17"),
        ("15 al 17 de septiembre de 2026", "2026-09-15", "2026-09-17"),
        ("Del 30 de septiembre al 2 de octubre de 2026", "2026-09-30", "2026-10-02"),
        ("Sept 30 – Oct 2, 2026", "2026-09-30", "2026-10-02"),
        ("15.–17. September 2026", "2026-09-15", "2026-09-17"),
        ("du 15 au 17 septembre 2026", "2026-09-15", "2026-09-17"),
        ("Dec 30, 2026 – Jan 2, 2027", "2026-12-30", "2027-01-02"),
        ("Tuesday, September 16, 2026", "2026-09-16", "2026-09-16"),
    ],
)
def test_days_are_read_in_several_languages(text: str, first: str, last: str) -> None:
    assert days.span_in(text) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize("text", ["03/04/2026", "Room 5 2026", "in May", "31 February 2026", "price 300 may 2026"])
def test_what_is_no_day_is_not_read_as_one(text: str) -> None:
    assert days.span_in(text) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("9:00 AM – 9:45 AM", (time(9), time(9, 45))), ("9:00 - 10:30 am", (time(9), time(10, 30))), ("11:00–1:00 PM", (time(11), time(13))),
        ("14h30", (time(14, 30), None)), ("9.30-10.15 h", (time(9, 30), time(10, 15))), ("10:00 Uhr", (time(10), None)), ("Room 12", None),
        ("2026", None), ("9 am", (time(9), None)),
    ],
)  # fmt: skip
def test_hours_are_read(text: str, found: object) -> None:
    assert days.hours_in(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ana Ruiz, CTO at Box", [("Ana Ruiz", "CTO", "Box")]),
        ("Ana Ruiz | CTO | Box", [("Ana Ruiz", "CTO", "Box")]),
        ("Speakers: Ana Ruiz (Box), Tom Hale (Orrin) and Li Na (Halden)", [("Ana Ruiz", None, "Box"), ("Tom Hale", None, "Orrin"), ("Li Na", None, "Halden")]),
        ("Ponente: José María de la Cruz, directora de IA en Banco Sur", [("José María de la Cruz", "directora de IA", "Banco Sur")]),
        ("Ana Ruiz, VP of Engineering, Acme, Inc.", [("Ana Ruiz", "VP of Engineering", "Acme, Inc.")]),
        ("Ana Ruiz and Tom Hale", [("Ana Ruiz", None, None), ("Tom Hale", None, None)]),
        ("Coffee Break", []), ("The Future of Search", []), ("Opening Keynote", []), ("Building Agents at Scale", []),
    ],
)  # fmt: skip
def test_people_are_read_with_role_and_affiliation(text: str, found: list[tuple[str, ...]]) -> None:
    assert [(p.name, p.role, p.affiliation) for p in people.speakers(text)] == found


def test_names_are_compared_without_titles_accents_and_initials() -> None:
    assert person_key("Dr. José M. Núñez") == person_key("Nunez, Jose")
    assert slug("Web Summit Río '26") == "web-summit-rio-26"


def test_sessions_are_paired_by_what_stays_the_same() -> None:
    nine, ten = datetime(2026, 9, 15, 9, tzinfo=UTC), datetime(2026, 9, 15, 10, tzinfo=UTC)
    known = [
        Session("Coffee", nine),
        Session("Coffee", ten),
        Session("Beans", nine, room="A"),
        Session("Old title", ten, room="A"),
    ]
    fresh = [
        Session("Beans", ten, room="B"),
        Session("New title", ten, room="A"),
        Session("Coffee", ten),
        Session("Coffee", nine),
    ]
    assert sorted(pair_sessions(known, fresh)) == [(0, 3), (1, 2), (2, 0), (3, 1)]


def test_editions_of_neighbouring_years_are_never_joined() -> None:
    one = Edition("box", "Box 2026", date(2026, 12, 28), date(2026, 12, 30))
    assert len(merged([one, Edition("box", "Box 2027", date(2027, 1, 10)), Edition("box", "Box")])) == 2
