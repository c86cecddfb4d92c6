"""Made-up passages about conferences, with the edition that each belongs to (None: to none)."""

from __future__ import annotations

from datetime import date

from pipeline.conferences import Candidate
from pipeline.model import Edition, Speaker


def _edition(
    key: str, start: str, end: str, city: str = "", country: str = "", people: tuple[Speaker, ...] = ()
) -> Edition:
    conference, _, year = key.rpartition("-")
    return Edition(conference, f"{conference} {year}", date.fromisoformat(start), date.fromisoformat(end), key, city, country, speakers=people)  # fmt: skip


ANA, TOM, LI = (
    Speaker("Ana Ruiz", "Box", "CTO"),
    Speaker("Tom Halvorsen", "Orrin Labs"),
    Speaker("Li Mingyu", "Halden AI"),
)
CANDIDATES = [
    Candidate(_edition("boxworks-2025", "2025-09-11", "2025-09-12", "San Francisco"), ("BoxWorks", "Boxworks 2025"), "Box"),
    Candidate(_edition("boxworks-2026", "2026-09-15", "2026-09-17", "San Francisco", people=(ANA, TOM)), ("BoxWorks", "Boxworks 2026"), "Box"),
    Candidate(_edition("ignite-2025", "2025-11-18", "2025-11-21", "San Francisco"), ("Microsoft Ignite", "Ignite"), "Microsoft"),
    Candidate(_edition("ignite-2026", "2026-11-17", "2026-11-20", "San Francisco", people=(LI,)), ("Microsoft Ignite", "Ignite"), "Microsoft"),
    Candidate(_edition("build-2026", "2026-05-18", "2026-05-20", "Seattle"), ("Microsoft Build", "Build"), "Microsoft"),
    Candidate(_edition("connect-2026", "2026-09-23", "2026-09-24", "Menlo Park"), ("Meta Connect", "Connect"), "Meta"),
    Candidate(_edition("reinvent-2026", "2026-11-30", "2026-12-04", "Las Vegas"), ("AWS re:Invent", "re:Invent", "AWS reInvent"), "Amazon Web Services"),
    Candidate(_edition("mwc-2026", "2026-03-02", "2026-03-05", "Barcelona", people=(Speaker("Lucía Ferrer", "Telvia"),)), ("MWC Barcelona", "Mobile World Congress", "MWC"), "GSMA"),
    Candidate(_edition("mwc-2027", "2027-03-01", "2027-03-04", "Barcelona"), ("MWC Barcelona", "Mobile World Congress", "MWC"), "GSMA"),
    Candidate(_edition("south-summit-2026", "2026-06-03", "2026-06-05", "Madrid"), ("South Summit",), "South Summit"),
    Candidate(_edition("dmexco-2026", "2026-09-16", "2026-09-17", "Köln"), ("DMEXCO",), "Koelnmesse"),
    Candidate(_edition("vivatech-2026", "2026-06-17", "2026-06-20", "Paris"), ("VivaTech", "Viva Technology"), "Publicis"),
    Candidate(_edition("front-2026", "2026-09-10", "2026-09-11", "Zurich"), ("Front",), followed=False),
    Candidate(_edition("front-2019", "2019-08-29", "2019-08-30", "Zurich"), ("Front",), followed=False),
    Candidate(_edition("lead-dev-2026", "2026-09-14", "2026-09-15", "London"), ("Lead Dev",), followed=False),
    Candidate(_edition("rubyconf-kenya-2019", "2019-05-09", "2019-05-11", "Nairobi"), ("RubyConf Kenya",), followed=False),
    Candidate(_edition("write-the-docs-2026", "2026-09-13", "2026-09-15", "Berlin"), ("Write the Docs",), followed=False),
]  # fmt: skip

# day of publication, text (the first sentence is the title), the edition or None
SAMPLES: list[tuple[str, str, str | None]] = [
    # a name with its year
    ("2026-03-01", "What we learnt. Box said at Boxworks 2025 that models are becoming a commodity.", "boxworks-2025"),
    (
        "2026-09-20",
        "A year on. The promises of Boxworks 2025 have mostly been kept, and nobody noticed.",
        "boxworks-2025",
    ),
    ("2026-02-11", "Save the date. BoxWorks 2026 opens its call for papers this week.", "boxworks-2026"),
    ("2026-10-02", "Box's plan. At Boxworks in 2026 the company showed an agent that files expenses.", "boxworks-2026"),
    ("2026-06-01", "Una feria más. En BoxWorks 2025 se habló de granos de café y de modelos.", "boxworks-2025"),
    ("2026-11-01", "La edición de 2026. El discurso más citado de Boxworks 2026 duró once minutos.", "boxworks-2026"),
    ("2026-03-20", "Was bleibt. Auf dem MWC 2026 drehte sich alles um kleine Modelle.", "mwc-2026"),
    ("2027-01-20", "Vorschau. Zum MWC 2027 in Barcelona kommen wieder hunderttausend Leute.", "mwc-2027"),
    ("2026-12-01", "Looking back. Ignite 2025 was where the price list first changed.", "ignite-2025"),
    ("2026-04-01", "Rückblick. Die 2025 Ignite brachte wenig Neues.", "ignite-2025"),
    ("2026-07-01", "Bilan. VivaTech 2026 a réuni cent mille visiteurs à Paris.", "vivatech-2026"),
    (
        "2026-07-01",
        "From the archive. At RubyConf Kenya 2019 the same argument was made about databases.",
        "rubyconf-kenya-2019",
    ),
    ("2026-07-01", "An old slide. Front 2019 closed with a warning about forms.", "front-2019"),
    ("2026-04-10", "Después de la feria. En el Mobile World Congress de 2026 Telvia enseñó su red.", "mwc-2026"),
    (
        "2026-04-10",
        "MWC26: los móviles ya no son la noticia. La feria cerró con más consultores que nunca.",
        "mwc-2026",
    ),
    ("2026-10-10", "Boxworks '26 in ten slides. The best were about coffee.", "boxworks-2026"),
    # a name without a year, in the days around
    (
        "2026-09-16",
        "Box doubles down on agents. At BoxWorks on Tuesday the company said prices will fall again.",
        "boxworks-2026",
    ),
    (
        "2026-09-01",
        "What to expect. Two weeks before Boxworks, three startups have already leaked their news.",
        "boxworks-2026",
    ),
    ("2026-10-20", "The morning after. Since Boxworks the question has been who pays for the tokens.", "boxworks-2026"),
    ("2025-09-13", "Coffee beans. Models are like coffee beans, a founder told BoxWorks.", "boxworks-2025"),
    (
        "2026-03-03",
        "Telvia enseña su red. La operadora presentó en el Mobile World Congress un modelo propio.",
        "mwc-2026",
    ),
    ("2026-03-04", "Les opérateurs à Barcelone. Au Mobile World Congress, tout le monde parle d'agents.", "mwc-2026"),
    (
        "2026-06-04",
        "Los fondos vuelven. South Summit arrancó con menos pantallas y más inversores.",
        "south-summit-2026",
    ),
    ("2026-09-16", "Werbung und KI. Auf der DMEXCO war von Preisen die Rede.", "dmexco-2026"),
    ("2026-06-18", "Un ministre au salon. À VivaTech, le ministre a promis des puces.", "vivatech-2026"),
    (
        "2026-12-01",
        "Amazon cuts prices. At AWS re:Invent the company halved the price of its small model.",
        "reinvent-2026",
    ),
    (
        "2026-12-02",
        "Chips for everyone. The new part was shown at re:Invent on Tuesday to a full hall.",
        "reinvent-2026",
    ),
    ("2026-11-18", "Copilots everywhere. Microsoft Ignite opened with a two-hour demo.", "ignite-2026"),
    ("2026-05-19", "Windows gets a model. Microsoft Build started in Seattle with a surprise.", "build-2026"),
    ("2026-09-23", "New glasses. Meta Connect began with hardware, and ended with prices.", "connect-2026"),
    # last year, next year
    ("2026-09-10", "Promises. At last year's Boxworks the company promised to cut prices.", "boxworks-2025"),
    ("2026-03-10", "Hasta pronto. La feria volverá en 2027: el MWC 2027 será del 1 al 4 de marzo.", "mwc-2027"),
    # ordinary words with a sign
    ("2026-11-19", "More agents. Microsoft used its Ignite conference to announce four products.", "ignite-2026"),
    ("2026-11-19", "Preise sinken. Microsoft hat auf der Ignite neue Preise genannt.", "ignite-2026"),
    ("2026-05-19", "Developers first. The company used the keynote at Build to apologise.", "build-2026"),
    ("2026-09-24", "Glasses again. In his keynote at Connect he wore them for an hour.", "connect-2026"),
    ("2026-09-11", "Forms are hard. Speakers at the Front conference in Zurich agreed on little.", "front-2026"),
    ("2026-09-15", "Managers talk. On stage at Lead Dev, three managers described their budgets.", "lead-dev-2026"),
    ("2026-09-14", "Docs matter. At the Write the Docs conference in Berlin the mood was calm.", "write-the-docs-2026"),
    ("2026-11-19", "Microsoft's Ignite brings agents to spreadsheets. Nobody asked for it.", "ignite-2026"),
    # a speaker on stage, no name
    (
        "2026-09-16",
        "No moat. On stage in San Francisco, Ana Ruiz said that Box buys models like coffee beans.",
        "boxworks-2026",
    ),
    (
        "2026-09-17",
        "Prices fall. In a panel on Wednesday Tom Halvorsen of Orrin Labs predicted another halving.",
        "boxworks-2026",
    ),
    ("2026-11-18", "Small models. Li Mingyu told an audience of engineers that size no longer matters.", "ignite-2026"),
    (
        "2026-03-03",
        "Redes baratas. En una mesa redonda, Lucía Ferrer defendió que las redes sean públicas.",
        "mwc-2026",
    ),
    # ordinary words, meaning just themselves
    ("2026-11-19", "Sparks fly. Ignite the debate, she said, and the rest will follow.", None),
    ("2026-11-19", "Lawmakers fear the plan will ignite a trade war. Talks go on.", None),
    ("2026-05-19", "Build or buy. Build your own model only when you must, the analyst said.", None),
    ("2026-09-23", "A cable for everything. Connect the black wire first.", None),
    ("2026-09-23", "Dating apps. Users of Facebook Connect were logged out for an hour.", None),
    ("2026-09-10", "The Front. On the Western Front nothing new was reported.", None),
    ("2026-09-10", "Front and back. Front offices are being emptied by software.", None),
    ("2026-09-14", "Hiring. The startup seeks a Lead Dev with ten years of experience.", None),
    ("2026-11-19", "Reinvent yourself. The advice to reinvent one's career is as old as careers.", None),
    ("2026-09-14", "How to begin. Write the docs before the code, he advised.", None),
    ("2026-05-18", "Baue selbst. Build-Systeme sind ein Thema für sich.", None),
    ("2026-11-19", "La chispa. El discurso puede encender (ignite, en inglés) el debate.", None),
    # the name, but no edition of that time
    ("2026-03-01", "History lesson. Boxworks in 2019 still had a printed programme.", None),
    ("2026-03-01", "Company notes. Box, which runs Boxworks every autumn, lost a fifth of its value.", None),
    ("2024-07-01", "Old news. The first Boxworks of the decade was held online.", None),
    ("2026-06-20", "In archives. DMEXCO 2014 was about banners.", None),
    # a speaker, but no stage, or not the days
    ("2026-09-16", "Quarterly results. Ana Ruiz bought shares of a bakery, filings show.", None),
    ("2026-05-02", "Elsewhere. In a panel in Berlin, Tom Halvorsen spoke about tides.", None),
    ("2026-12-24", "Year's end. On stage Li Mingyu played the violin for charity.", None),
    ("2026-09-16", "Namesakes. Ana Ruizález gave a keynote to a garden club.", None),
    # nothing at all
    ("2026-09-16", "Rain in the city. Trams were late, and the summit of the hill lay in fog.", None),
    ("2026-06-04", "Cumbre del clima. En el sur, la cumbre acabó sin acuerdo.", None),
    ("2026-09-16", "Mittwochs. In der Stadt begann eine Konferenz über Brücken.", None),
    ("2026-06-18", "Vive la technologie. Le salon du livre ferme ses portes.", None),
    # written after the rules, without looking at them: at first 15 of 17 were found, and nothing else
    (
        "2026-09-18",
        "Agents at work. Box used its annual BoxWorks conference to show agents that read contracts.",
        "boxworks-2026",
    ),
    (
        "2026-11-20",
        "Microsoft puts agents in Excel. The announcement came on the second day of Ignite, in San Francisco.",
        "ignite-2026",
    ),
    (
        "2026-11-19",
        "Las novedades de Microsoft Ignite: agentes para todos. La compañía presentó cuatro productos.",
        "ignite-2026",
    ),
    ("2026-05-20", "Build 2026: everything Microsoft announced. From Windows to Azure.", "build-2026"),
    (
        "2026-05-20",
        "Lo que dejó Build, la conferencia de Microsoft para desarrolladores. Menos Windows y más modelos.",
        "build-2026",
    ),
    ("2026-12-03", "re:Invent: AWS stellt neue Chips vor. Der Preis bleibt offen.", "reinvent-2026"),
    ("2026-12-20", "Prices in the cloud. Since re:Invent three weeks ago, rivals have followed.", "reinvent-2026"),
    ("2026-03-05", "El MWC cierra con récord. Barcelona despidió ayer a los congresistas.", "mwc-2026"),
    ("2026-03-04", "Honor montre un téléphone pliable au MWC. Le prix reste inconnu.", "mwc-2026"),
    ("2026-02-20", "Qué esperar de MWC Barcelona. Los operadores preparan sus anuncios.", "mwc-2026"),
    ("2026-06-20", "VivaTech ferme ses portes. Les start-up repartent avec des promesses.", "vivatech-2026"),
    ("2026-06-02", "South Summit 2026: la cita de las startups arranca mañana en Madrid.", "south-summit-2026"),
    (
        "2026-09-25",
        "Meta's glasses cost 400 dollars. Zuckerberg announced them at Connect, the company's annual event.",
        "connect-2026",
    ),
    ("2026-09-17", "DMEXCO: Werbebranche hofft auf KI. In Köln treffen sich 40.000 Fachleute.", "dmexco-2026"),
    (
        "2026-09-16",
        "Box's CTO is blunt. “Nobody can tell models apart,” Ana Ruiz told attendees in San Francisco.",
        "boxworks-2026",
    ),
    (
        "2026-09-15",
        "A field report. Speaking at Write the Docs, two authors explained how they test examples.",
        "write-the-docs-2026",
    ),
    ("2026-10-15", "In September, at BoxWorks, Box had said the opposite. Now it raises prices.", "boxworks-2026"),
    ("2026-01-15", "Boxworks returns in September. The date is fixed, the programme is not.", None),
    ("2026-11-18", "The fire next door. Sparks from the grill can ignite dry leaves within seconds.", None),
    ("2026-09-24", "How to connect two monitors. Connect them one after the other.", None),
    (
        "2026-05-19",
        "The case for building. Build things people want, says the venture capitalist at every conference.",
        None,
    ),
    ("2026-09-11", "Cold front. A front from the north reaches Zurich on Friday, the weather service says.", None),
    ("2026-09-11", "Front raises 50 million. The email start-up Front will hire in Paris.", None),
    ("2026-12-01", "Reinvent retail. A summit in Lyon asked how shops can reinvent themselves.", None),
    ("2026-09-16", "A new lead dev. The studio named its lead dev for the London office.", None),
    ("2026-06-04", "Summit of the south. Leaders met at a southern summit in Nairobi.", None),
    ("2026-09-16", "Tom Halvorsen, 61, baker. He gave a keynote at the bread fair in Uppsala.", None),
]
