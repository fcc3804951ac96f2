"""A hub with something to look at: the story's second episode and a few other cases, by plain inserts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hub.chain import State, Sure, Verdict
from hub.passwords import hash_password
from hub.ports import LinkStatus, RequestStatus
from hub.tables import (
    ActorKind,
    Case,
    Customer,
    CustomerAddress,
    Decision,
    Direction,
    Effect,
    EffectKind,
    EffectState,
    Entry,
    Fact,
    FactSource,
    Failure,
    Message,
    ObservationRow,
    PartnerState,
    Person,
    Problem,
    Promise,
    PromiseOutcome,
    RawMail,
    Request,
    Role,
    Stop,
    Trace,
    Work,
    WorkKind,
)

PASSWORD = "a lantern over dark water"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
TITLES = {
    "hbr": "Harvard Business Review",
    "kauppalehti": "Kauppalehti",
    "wired": "WIRED",
    "economist": "The Economist",
    "zinio": "Zinio",
}
MAIL = """Hei,

Harvard Business Review'n marraskuun numero ei ole ilmestynyt Zinioon, vaikka lehden omien sivujen mukaan se on \
jo julkaistu. Luen iPadilla. Tunnukseni on matti.lukija@example.com, niin kuin kohta kaksi vuotta.

Täsmälleen sama vika oli syyskuussa. Silloin meni kuusi sähköpostia. Osoite on tarkistettu. Olen myös kirjautunut \
ulos ja takaisin sisään.

Lukeeko näitä kukaan?

Matti Lukija"""
QUOTED = """

> Hei Matti,
>
> ole hyvä ja tarkista sähköpostiosoite ja julkaisualusta.
> Megan, sovelluksen tuki"""
ISSUE = "Harvard Business Review 2026-11"
HELLO = f"""Hei Matti,

tämä on automaattinen viesti, ja ainoa, jonka tästä asiasta saat. Tapauksesi omistaa Aino Virtanen, ihminen, joka \
luotsaa sen perille.

Mitä löysimme:
  - Lehti {ISSUE} on julkaistu ja oikeutesi on kunnossa, mutta jakelu ei ole koskaan luonut lehteä sinulle.

Mitä tapahtuu seuraavaksi:
  - Aino Virtanen selvittää asiaa itse."""
ASKED = f"""On behalf of a reader we handle the whole delivery chain for: {ISSUE}

Please find out why the licence was never made, and stop it from happening again."""
ANSWERED = """Hello, thanks for the report. The export job for all-access subscribers skipped renewals made after \
the 28th. We are running it again tonight.

Best regards,
Karen, Harvard Business Publishing"""
NO_LICENCE = Verdict(
    state=State.BROKEN,
    link="delivered",
    partner="delivery",
    reason="no_licence",
    sure=Sure.CERTAIN,
    item="hbr/2026-11",
)
LINKS = ("published", "entitled", "delivered")
PARTNERS = {"published": "delivery", "entitled": "app_store", "delivered": "delivery"}


class Samples:
    """Rows told as a story; `ago` is in minutes before now."""

    def __init__(self, session: AsyncSession, now: datetime) -> None:
        self.session, self.now = session, now
        self.people: dict[str, Person] = {}

    def at(self, ago: float) -> datetime:
        return self.now - timedelta(minutes=ago)

    async def add(self, row: Any) -> Any:
        self.session.add(row)
        await self.session.flush()
        return row

    async def person(self, name: str, role: Role = Role.AGENT, **more: Any) -> Person:
        email = f"{name.split()[0].lower()}@luotsi.example"
        given = {"present": True, "languages": ["fi", "sv", "en"], "skills": ["magazine"], "created_at": self.at(9999)}
        self.people[name] = await self.add(Person(email=email, name=name, role=role, **given | more))
        return self.people[name]

    async def case(self, subject: str, customer: str, owner: Person, ago: float, **more: Any) -> Case:
        who = await self.add(Customer(name=customer, language=more.get("language", "fi"), created_at=self.at(ago)))
        address = customer.lower().replace(" ", ".").replace("ä", "a").replace("ö", "o") + "@example.com"
        await self.add(CustomerAddress(customer_id=who.id, address=address))
        return await self.case_of(who.id, subject, owner, ago, **more)

    async def case_of(self, customer_id: int, subject: str, owner: Person, ago: float, **more: Any) -> Case:
        given = {"playbook": "magazine", "language": "fi", "opened_at": self.at(ago)}
        case: Case = await self.add(Case(customer_id=customer_id, owner_id=owner.id, subject=subject, **given | more))
        await self.entry(case, ago, "opened", subject, ActorKind.CUSTOMER, "")
        await self.entry(case, ago, "owner", f"{owner.name}: knows fi and magazine, 3 open cases")
        return case

    async def entry(
        self,
        case: Case,
        ago: float,
        kind: str,
        text: str = "",
        who: ActorKind = ActorKind.AUTOMATION,
        actor: str = "Luotsi",
        **data: Any,
    ) -> None:
        row = Entry(case_id=case.id, at=self.at(ago), actor_kind=who, actor=actor, kind=kind, text=text, data=data)
        await self.add(row)

    async def message(self, case: Case, ago: float, who: ActorKind, text: str, **more: Any) -> Message:
        inbound = who in (ActorKind.CUSTOMER, ActorKind.PARTNER)
        given = {
            "direction": Direction.INBOUND if inbound else Direction.OUTBOUND,
            "party": "customer",
            "subject": case.subject,
            "text": text,
            "reply": text,
            "at": self.at(ago),
        }
        row: Message = await self.add(Message(case_id=case.id, author_kind=who, **given | more))
        return row

    async def fact(self, case: Case, message: Message, key: str, value: str, quote: str) -> None:
        start = f"{message.subject}\n\n{message.text}".index(quote)
        told = {"start": start, "end": start + len(quote), "quote": quote, "message_id": message.id}
        await self.add(Fact(case_id=case.id, key=key, value=value, source=FactSource.MESSAGE, at=message.at, **told))

    async def trace(self, case: Case, ago: float, verdict: Verdict, *statuses: LinkStatus) -> None:
        row = await self.add(
            Trace(case_id=case.id, at=self.at(ago), item=verdict.item, verdict=verdict.model_dump(mode="json"))
        )
        for place, (link, status) in enumerate(zip(LINKS, statuses, strict=True)):
            is_named = link == verdict.link
            observed = {
                "reason": verdict.reason if is_named else "",
                "since": self.at(ago + 2400 - 500 * place) if status is LinkStatus.OK else None,
                "evidence": {"status": status.value, "link": link, "checked": ["feed", "licence"]},
            }
            at = {"trace_id": row.id, "case_id": case.id, "at": self.at(ago)}
            await self.add(ObservationRow(partner=PARTNERS[link], link=link, status=status, **at, **observed))

    async def failure(self, case: Case, ago: float, verdict: Verdict) -> None:
        told = {"partner": verdict.partner, "link": verdict.link, "reason": verdict.reason, "item": verdict.item}
        await self.add(Failure(case_id=case.id, customer_id=case.customer_id, at=self.at(ago), **told))

    async def promise(self, case: Case, ago: float, due_in: float, kind: str = "news", **more: Any) -> None:
        texts = {"news": "Kerron sinulle, miten asia etenee.", "arrival": f"Lehti {ISSUE} on luettavissasi."}
        due_at = self.now + timedelta(minutes=due_in)
        made = {"keeper_id": case.owner_id, "made_at": self.at(ago), "due_at": due_at}
        await self.add(Promise(case_id=case.id, kind=kind, text=texts[kind], **made, **more))

    async def effect(self, case: Case, ago: float, kind: EffectKind, state: EffectState, **more: Any) -> None:
        settled = self.at(ago) if state is EffectState.DONE else None
        given = {"key": f"{case.number}-{kind}-{ago}", "created_at": self.at(ago), "due_at": self.at(ago)}
        await self.add(Effect(case_id=case.id, kind=kind, state=state, settled_at=settled, **given | more))


async def fill(session: AsyncSession, now: datetime) -> Mapping[str, Case]:
    """Everything; the cases by a short name."""
    s = Samples(session, now)
    aino = await s.person("Aino Virtanen", password_hash=hash_password(PASSWORD), totp_secret=TOTP_SECRET)
    leo = await s.person("Leo Lindqvist")
    await s.person("Olli Salo", Role.OPS)
    september = await _september(s, aino)
    matti = await _matti(s, aino, september)
    others = await _others(s, aino, leo)
    await _problems(s, leo, matti, september, others)
    await _machine(s, leo, others["stuck"])
    return {"matti": matti, "september": september, **others}


async def _september(s: Samples, aino: Person) -> Case:
    ago = 60 * 24 * 62
    case = await s.case("HBR puuttuu", "Matti Lukija", aino, ago, solved_at=s.at(ago - 900))
    said = await s.message(case, ago, ActorKind.CUSTOMER, "Syyskuun HBR ei näy Ziniossa.", author="Matti Lukija")
    await s.fact(case, said, "publication", "hbr", "HBR")
    seen = NO_LICENCE.model_copy(update={"item": "hbr/2026-09"})
    await s.trace(case, ago - 1, seen, LinkStatus.OK, LinkStatus.OK, LinkStatus.BROKEN)
    await s.failure(case, ago - 1, seen)
    whole = Verdict(state=State.WHOLE, item="hbr/2026-09")
    await s.trace(case, ago - 800, whole, LinkStatus.OK, LinkStatus.OK, LinkStatus.OK)
    await s.effect(case, ago - 2, EffectKind.REMEDY, EffectState.DONE, payload={"kind": "redeliver"}, party="delivery")
    await s.entry(case, ago - 900, "solved", "", ActorKind.PERSON, "Aino Virtanen")
    return case


async def _matti(s: Samples, aino: Person, september: Case) -> Case:
    case = await s.case_of(september.customer_id, "Marraskuun HBR puuttuu taas", aino, 190, previous_id=september.id)
    said = await s.message(
        case,
        190,
        ActorKind.CUSTOMER,
        MAIL + QUOTED,
        reply=MAIL,
        author="Matti Lukija",
        author_address="matti.lukija@example.com",
        attachments=[{"name": "zinio.png"}],
    )
    for key, value, quote in (
        ("publication", "hbr", "Harvard Business Review"),
        ("issue", "2026-11", "marraskuun numero"),
        ("app", "zinio", "Zinioon"),
        ("device", "ipad", "iPadilla"),
        ("account_email", "matti.lukija@example.com", "matti.lukija@example.com"),
        ("symptom", "missing_issue", "ei ole ilmestynyt"),
        ("happened_before", "2026-09", "sama vika oli syyskuussa"),
        ("steps_tried", "checked_email", "Osoite on tarkistettu"),
        ("steps_tried", "logged_out_and_in", "kirjautunut ulos ja takaisin sisään"),
    ):
        await s.fact(case, said, key, value, quote)
    bought = {"source": FactSource.PARTNER, "source_name": "app_store", "at": s.at(189)}
    await s.add(Fact(case_id=case.id, key="bought_from", value="publisher", **bought))
    await s.trace(case, 189, NO_LICENCE, LinkStatus.OK, LinkStatus.OK, LinkStatus.BROKEN)
    await s.failure(case, 189, NO_LICENCE)
    await s.trace(case, 4, NO_LICENCE, LinkStatus.OK, LinkStatus.OK, LinkStatus.BROKEN)
    sentence = f"Lehti {ISSUE} on julkaistu, mutta jakelu ei ole koskaan luonut lehteä sinulle."
    await s.entry(case, 189, "verdict", sentence)
    await s.entry(case, 189, "recurred", f"the same link failed for the same customer in case {september.number}")
    await s.entry(case, 189, "call", "recurred")
    await s.entry(case, 188.9, "promised", "Kerron sinulle, miten asia etenee.")
    told = await s.message(
        case, 188.8, ActorKind.AUTOMATION, HELLO, author="Luotsi", kind="automatic", subject=f"Re: {case.subject}"
    )
    mail = {"message_id": told.id, "automatic": True, "party": "customer", "recipient": "matti.lukija@example.com"}
    await s.effect(case, 188.8, EffectKind.MAIL, EffectState.DONE, text_digest="m1", **mail)
    await _matti_publisher(s, case)
    await s.promise(case, 188.9, 50)
    await s.promise(case, 60 * 24 * 62, -60 * 24 * 61, "arrival", outcome=PromiseOutcome.KEPT, settled_at=s.at(80000))
    for rule, outcome, reason in (
        ("first_message", "sent", "the first trace is done and nobody has written yet"),
        ("request", "publisher_desk", "delivered:no_licence"),
    ):
        await s.add(Decision(case_id=case.id, rule=rule, outcome=outcome, reason=reason, at=s.at(188)))
    return case


async def _matti_publisher(s: Samples, case: Case) -> None:
    subject = f"{ISSUE}: the issue is missing"
    asked = {"party": "publisher_desk", "subject": subject}
    ours = await s.message(case, 188, ActorKind.AUTOMATION, ASKED, author="Luotsi", kind="automatic", **asked)
    request = await s.add(
        Request(
            case_id=case.id,
            partner="publisher_desk",
            purpose="delivered:no_licence",
            key=f"luotsi-{case.number}",
            ref="35436",
            subject=subject,
            status=RequestStatus.OPEN,
            opened_at=s.at(188),
            updated_at=s.at(42),
        )
    )
    opening = {"message_id": ours.id, "request_id": request.id, "automatic": True, "party": "publisher_desk"}
    await s.effect(case, 188, EffectKind.OPEN_REQUEST, EffectState.DONE, **opening)
    await s.message(case, 42, ActorKind.PARTNER, ANSWERED, author="Karen", **asked)


async def _others(s: Samples, aino: Person, leo: Person) -> dict[str, Case]:
    broken = await s.case("Wired ei aukea", "Sanna Koskela", aino, 60 * 30)
    await s.message(broken, 60 * 30, ActorKind.CUSTOMER, "Wired ei aukea puhelimella.", author="Sanna Koskela")
    expired = Verdict(state=State.BROKEN, link="entitled", partner="app_store", reason="expired", item="wired/2026-11")
    await s.trace(broken, 60 * 29, expired, LinkStatus.OK, LinkStatus.BROKEN, LinkStatus.WAITING)
    await s.promise(broken, 60 * 29, -130, outcome=PromiseOutcome.BROKEN, settled_at=s.at(130))
    arrived = await s.case("Kauppalehti saknas", "Gösta Sandström", aino, 60 * 20, language="sv")
    await s.message(arrived, 60 * 20, ActorKind.CUSTOMER, "Tidningen kom inte idag.", author="Gösta Sandström")
    whole = Verdict(state=State.WHOLE, item="kauppalehti/2026-11-11")
    await s.trace(arrived, 12, whole, LinkStatus.OK, LinkStatus.OK, LinkStatus.OK)
    await s.entry(arrived, 12, "call", "arrived")
    await s.message(arrived, 60 * 19, ActorKind.AUTOMATION, "Hej Gösta", author="Luotsi", kind="automatic")
    wants = await s.case(
        "Ihminen, kiitos",
        "Pirkko Nieminen",
        aino,
        25,
        stopped_at=s.at(24),
        stopped_why="the customer asked for a person",
    )
    await s.message(wants, 25, ActorKind.CUSTOMER, "Haluan puhua ihmiselle.", author="Pirkko Nieminen")
    quiet = await s.case("Economist, week 45", "Emma Harju", aino, 60 * 5, language="en")
    await s.message(quiet, 60 * 5, ActorKind.CUSTOMER, "It is not in my app.", author="Emma Harju")
    await s.message(quiet, 60 * 4.9, ActorKind.AUTOMATION, "Hello Emma", author="Luotsi", kind="automatic")
    unseen = Verdict(
        state=State.UNKNOWN,
        link="entitled",
        partner="app_store",
        reason="down",
        sure=Sure.UNCLEAR,
        unknown=("entitled",),
    )
    await s.trace(quiet, 30, unseen, LinkStatus.OK, LinkStatus.UNKNOWN, LinkStatus.WAITING)
    await s.promise(quiet, 60 * 4.9, 60 * 19)
    stuck = await s.case("Lehti auki mutta sivut tyhjiä", "Jarmo Ahola", leo, 60 * 7)
    return {"broken": broken, "arrived": arrived, "wants": wants, "quiet": quiet, "stuck": stuck}


async def _problems(s: Samples, leo: Person, matti: Case, september: Case, others: Mapping[str, Case]) -> None:
    cause = {"partner": "delivery", "link": "delivered", "reason": "no_licence"}
    problem = await s.add(
        Problem(
            owner_id=leo.id, opened_at=s.at(189), opened_why="the same link failed for the same customer twice", **cause
        )
    )
    for case in (matti, september):
        case.problem_id = problem.id
    for week, count in ((2, 1), (4, 3), (7, 2)):
        for number in range(count):
            name = f"Reader {week} {number}"
            case = await s.case(f"Lehti puuttuu {week}{number}", name, leo, week * 10080, solved_at=s.at(week * 9000))
            case.problem_id = problem.id
            await s.add(
                Failure(case_id=case.id, customer_id=case.customer_id, item="hbr/2026-10", at=case.opened_at, **cause)
            )
    paid = {"partner": "app_store", "link": "entitled", "reason": "payment_problem"}
    fixed = {"cause": "Card renewals failed on the night of the 3rd", "fixed_at": s.at(2000)}
    await s.add(Problem(owner_id=leo.id, opened_at=s.at(9000), opened_why="4 cases in 2 days", **paid, **fixed))
    await s.session.flush()


async def _machine(s: Samples, leo: Person, case: Case) -> None:
    await s.add(
        PartnerState(partner="app_store", ok_at=s.at(31), polled_at=s.at(1), down_since=s.at(31), trouble="503")
    )
    await s.add(PartnerState(partner="delivery", ok_at=s.at(1), polled_at=s.at(1)))
    await s.add(PartnerState(partner="publisher_desk", ok_at=s.at(2), polled_at=s.at(2)))
    unknown = {"payload": {"kind": "redeliver"}, "party": "delivery", "attempts": 3, "trouble": "cut after sending"}
    await s.effect(case, 90, EffectKind.REMEDY, EffectState.UNKNOWN, **unknown)
    await s.add(Work(kind=WorkKind.TRACE, key="9", case_id=case.id, created_at=s.at(9), due_at=s.at(6)))
    await s.add(
        Work(kind=WorkKind.POLL, key="app_store", created_at=s.at(9), due_at=s.at(-2), trouble="503", attempts=4)
    )
    await s.add(
        RawMail(
            channel="smtp",
            sender="noreply@odd.example",
            recipients=["support@luotsi.example"],
            received_at=s.at(50),
            content=b"x",
            trouble="no sender could be read",
        )
    )
    await s.add(Stop(rule="answer_partner", stopped_at=s.at(300), stopped_by=leo.id, why="it misread a question"))
