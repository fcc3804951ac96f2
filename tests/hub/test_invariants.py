"""DESIGN section 4 under random lives: mails, people, partners and crashes in any order, over a real database."""

from __future__ import annotations

import asyncio
import os
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from flows import units
from flows.dispatcher import Dispatcher
from flows.tracking import Untracked
from hub.actors import Actor
from hub.clock import FixedClock
from hub.database import Database
from hub.delivering import Outside, deliver
from hub.desk import ask_partner, hand_over, order_remedy, send_reply, solve
from hub.errors import AlreadyKnown, Conflict
from hub.inbox import Arrival, store_mail
from hub.ledger import list_facts, to_known
from hub.outbox import LEASE, Claim, claim_effects, decide_unknown
from hub.owners import set_presence
from hub.partner_events import record_pushed
from hub.ports import Event, EventKind, LinkStatus, RequestStatus
from hub.post import CUSTOMER, get_token
from hub.tables import (
    METADATA,
    Case,
    Effect,
    EffectKind,
    EffectState,
    Entry,
    Fact,
    Message,
    Person,
    RawMail,
    Role,
    Work,
    WorkKind,
)
from hub.work import claim_work, finish_work
from tests.conftest import NOW, make_database
from tests.hub.pretended import Crash, Mood, PretendedPartner, PretendedRelay
from tests.samples import add_person, make_house

T = TypeVar("T")
PEOPLE = ("Kaisa", "Otto", "Pirjo")
CUSTOMERS = ("matti@example.com", "liisa@example.com", "sven@example.com")
WORDS = (
    "HBR:n marraskuun numero puuttuu Ziniosta.",
    "Hufvudstadsbladet saknas i appen i dag.",
    "My November Harvard Business Review is missing from Zinio on my iPad.",
    "Kiitos!",
    "Haluan puhua ihmisen kanssa.",
    "I want to talk to a person, please.",
    "Luen Readlylla, tilaajanumero 123456.",
)
REPLIES = ("Selvitän asiaa.", "Millä sovelluksella luet lehteä?", "Mikä on asiakasnumerosi?", "It is there now.")
DESK_WORDS = ("Ask the app.", "Mitä sovellusta lukija käyttää?", "What is the reader's phone number?", "It is done.")
SEEN = (
    (LinkStatus.OK, ""),
    (LinkStatus.BROKEN, "no_licence"),
    (LinkStatus.BROKEN, "not_published"),
    (LinkStatus.BROKEN, "expired"),
    (LinkStatus.WAITING, "not_opened"),
    (LinkStatus.UNKNOWN, "not_known"),
)
UNITS: dict[WorkKind, Callable[[Outside, int], Awaitable[object]]] = {
    WorkKind.UNDERSTAND: units.understand,
    WorkKind.TRACE: units.trace,
    WorkKind.READ_REQUEST: units.read_request,
    WorkKind.PARTNER_EVENT: units.take_in_event,
}
# What may have gone is where the harm is: that is tried more often than the rest.
MOODS = (*Mood, Mood.CRASH_AFTER, Mood.CRASH_AFTER, Mood.CUT_AFTER, Mood.REFUSED, Mood.WELL, Mood.WELL, Mood.WELL)
HOUSE = make_house()
TRIES = st.lists(st.sampled_from(MOODS), max_size=4)
SEVERAL = st.integers(0, 9)  # picks one of what is there


class Lives(RuleBasedStateMachine):
    runner: ClassVar[asyncio.Runner]
    database: ClassVar[Database]

    @initialize()
    def begin(self) -> None:
        self.clock = FixedClock(NOW)
        self.partners = {n: PretendedPartner(n, self.clock) for n in ("app_store", "delivery", "publisher_desk")}
        self.relay = PretendedRelay()
        self.outside = Outside(self.database, self.clock, HOUSE, self.partners, self.relay)
        self.dispatcher = Dispatcher(self.outside, Untracked())
        self.accepted: list[bytes] = []
        self.told: list[tuple[int, str]] = []
        self.again: Counter[str] = Counter()
        self.run(self._begin())

    async def _begin(self) -> None:
        tables = ", ".join(f'"{table.name}"' for table in METADATA.sorted_tables)
        async with self.database.transaction() as session:
            await session.execute(sa.text(f"truncate {tables} restart identity cascade"))
            self.people = [await add_person(session, name, self.now) for name in PEOPLE]
        self.partners["delivery"].seen["delivered"] = SEEN[1]
        await self._write(CUSTOMERS[0], WORDS[0])

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        self.clock.advance(timedelta(seconds=1))
        return self.runner.run(work)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    # What comes in

    @rule(sender=st.sampled_from(CUSTOMERS), words=st.sampled_from(WORDS), is_automatic=st.booleans())
    def write(self, sender: str, words: str, is_automatic: bool) -> None:
        self.run(self._write(sender, words, is_automatic=is_automatic))

    @rule(sender=st.sampled_from(CUSTOMERS), words=st.sampled_from(WORDS))
    def write_under_a_used_message_id(self, sender: str, words: str) -> None:
        self.run(self._write(sender, words, message_id="<used@example.com>"))

    @rule(pick=SEVERAL, words=st.sampled_from(WORDS), sender=st.sampled_from((*CUSTOMERS, "else@example.org")))
    def answer(self, pick: int, words: str, sender: str) -> None:
        """To a case of the hub, by whom it is or by someone else."""
        self.run(self._answer(pick, words, sender))

    @rule(pick=SEVERAL)
    def deliver_a_mail_again(self, pick: int) -> None:
        if self.accepted:
            raw = self.accepted[pick % len(self.accepted)]
            self.run(self._accept(b"Received: by another way\n" + raw, CUSTOMERS[0], "support@luotsi.example"))

    @rule(pick=SEVERAL)
    def bounce(self, pick: int) -> None:
        if self.relay.sent:
            mail = self.relay.sent[pick % len(self.relay.sent)]
            words = "Undeliverable: the mailbox is full."
            headers = {"In-Reply-To": mail.message_id, "Auto-Submitted": "auto-replied", "Return-Path": "<>"}
            self.run(self._write("mailer-daemon@example.com", words, envelope="", **headers))

    async def _answer(self, pick: int, words: str, sender: str) -> None:
        case = await self._pick(Case, pick)
        if case is not None:
            async with self.database.transaction() as session:
                token = await get_token(session, case.id, CUSTOMER, sender)
            await self._write(sender, words, to=f"support+{token}@luotsi.example")

    async def _write(self, sender: str, words: str, *, is_automatic: bool = False, **given: str) -> None:
        to, envelope = given.pop("to", "support@luotsi.example"), given.pop("envelope", sender)
        message_id = given.pop("message_id", f"<{len(self.accepted)}@example.com>")
        headers = {"From": sender, "To": to, "Subject": "Lehti", "Message-ID": message_id, **given}
        headers |= {"Auto-Submitted": "auto-replied"} if is_automatic else {}
        lines = [f"{name}: {value}" for name, value in headers.items()]
        raw = "\n".join([*lines, "Content-Type: text/plain; charset=utf-8", "", words, ""])
        await self._accept(raw.encode(), envelope, to)

    async def _accept(self, raw: bytes, sender: str, to: str) -> None:
        arrival = Arrival(channel="smtp", sender=sender, recipients=[to], content=raw, received_at=self.now)
        async with self.database.transaction() as session:
            await store_mail(session, arrival)
        self.accepted.append(raw)

    # What the machine does

    @rule(mood=st.sampled_from([Mood.WELL, Mood.AWAY, Mood.CUT_AFTER]))
    def do_what_is_due(self, mood: Mood) -> None:
        self._set_moods(mood)
        self.run(self.dispatcher.drain())

    @rule(moods=TRIES)
    def deliver_and_perhaps_crash(self, moods: list[Mood]) -> None:
        """Each try later than the lease of the one before."""
        self.deliver_in(moods)

    def deliver_in(self, moods: list[Mood]) -> None:
        for mood in moods:
            self._set_moods(mood)
            self.run(self._deliver())
            self.clock.advance(LEASE)

    @rule(dies=st.booleans())
    def understand_and_trace(self, dies: bool) -> None:
        """What is planned by it waits. A worker that dies never tells that it was done, so it is done once more."""
        self._set_moods(Mood.WELL)
        self.run(self._work(dies))

    @rule(amount=st.sampled_from([timedelta(seconds=30), timedelta(minutes=3), timedelta(hours=5), timedelta(days=31)]))
    def pass_time(self, amount: timedelta) -> None:
        self.clock.advance(amount)

    @rule(partner=st.sampled_from(["app_store", "delivery"]), seen=st.sampled_from(SEEN), last=st.booleans())
    def change_what_a_partner_sees(self, partner: str, seen: tuple[LinkStatus, str], last: bool) -> None:
        link = "entitled" if partner == "app_store" else "delivered" if last else "published"
        self.partners[partner].seen[link] = seen

    @rule(pick=SEVERAL, words=st.sampled_from(DESK_WORDS), status=st.sampled_from(RequestStatus))
    def answer_at_the_desk(self, pick: int, words: str, status: RequestStatus) -> None:
        desk = self.partners["publisher_desk"]
        if desk.tickets:
            ticket = list(desk.tickets.values())[pick % len(desk.tickets)]
            desk.say(ticket.ref, words, status)
            self.run(self._push(ticket.ref))

    def _set_moods(self, mood: Mood) -> None:
        for one in (*self.partners.values(), self.relay):
            one.mood = mood

    async def _deliver(self) -> None:
        async with self.database.transaction() as session:
            claims = await claim_effects(session, self.now)
        for claim in claims:
            with suppress(Crash):
                await deliver(self.outside, claim)
                await self._check_read_back(claim)

    async def _check_read_back(self, claim: Claim) -> None:
        async with self.database.transaction() as session:
            effect = await session.get_one(Effect, claim.effect_id)
        given_away_and_back = claim.interrupted and effect.state is EffectState.PLANNED
        if given_away_and_back and effect.kind is EffectKind.REMEDY:
            assert effect.key in self.partners[effect.party].read_back
        assert not (given_away_and_back and effect.kind is EffectKind.MAIL)

    async def _work(self, dies: bool) -> None:
        async with self.database.transaction() as session:
            works = await claim_work(session, self.now)
        for work in works:
            with suppress(Conflict):  # nobody is present to own a case
                await UNITS[work.kind](self.outside, work.payload["subject"])
                if not dies:
                    async with self.database.transaction() as session:
                        await finish_work(session, work, self.now)

    async def _push(self, ref: str) -> None:
        told = f"{ref}:{self.now.isoformat()}"
        event = Event(partner="publisher_desk", dedupe_id=told, kind=EventKind.REQUEST, at=self.now, ref=ref)
        async with self.database.transaction() as session:
            await record_pushed(session, [event, event], b"", now=self.now)

    # What people do

    @rule(who=SEVERAL, present=st.booleans())
    def come_or_go(self, who: int, present: bool) -> None:
        person = self.people[who % len(self.people)]
        self.run(self._attempt(lambda s: set_presence(s, person.id, present, now=self.now)))

    @rule(pick=SEVERAL, who=SEVERAL, text=st.sampled_from(REPLIES), asks=st.sampled_from(["", "app"]), moods=TRIES)
    def reply(self, pick: int, who: int, text: str, asks: str, moods: list[Mood]) -> None:
        """By one who clicks twice."""
        for _ in range(2):
            self.run(self._reply(pick, self._get_actor(who), text, [asks] if asks else []))
        self.deliver_in(moods)

    @rule(pick=SEVERAL, who=SEVERAL, kind=st.sampled_from(["redeliver", "extend"]), moods=TRIES)
    def order(self, pick: int, who: int, kind: str, moods: list[Mood]) -> None:
        actor = self._get_actor(who)
        self.run(self._on_case(pick, lambda s, case: order_remedy(s, self.house, case, actor, kind, now=self.now)))
        self.deliver_in(moods)

    @rule(pick=SEVERAL, who=SEVERAL, text=st.sampled_from(REPLIES))
    def ask(self, pick: int, who: int, text: str) -> None:
        actor = self._get_actor(who)
        desk = "publisher_desk"
        self.run(self._on_case(pick, lambda s, case: ask_partner(s, self.house, case, actor, desk, text, now=self.now)))

    @rule(pick=SEVERAL, who=SEVERAL, to=SEVERAL)
    def give_to_another(self, pick: int, who: int, to: int) -> None:
        actor, other = self._get_actor(who), self._get_actor(to).person_id
        self.run(self._on_case(pick, lambda s, case: hand_over(s, case, actor, other, now=self.now)))

    @rule(pick=SEVERAL, who=SEVERAL)
    def close(self, pick: int, who: int) -> None:
        actor = self._get_actor(who)
        self.run(self._on_case(pick, lambda s, case: solve(s, self.house, case, actor, now=self.now)))

    @rule(pick=SEVERAL, who=SEVERAL, again=st.booleans())
    def decide(self, pick: int, who: int, again: bool) -> None:
        self.run(self._decide(pick, self._get_actor(who), again))

    @property
    def house(self) -> Any:
        return self.outside.house

    def _get_actor(self, who: int) -> Actor:
        person = self.people[who % len(self.people)]
        return Actor(person_id=person.id, name=person.name, role=Role.AGENT)

    async def _reply(self, pick: int, actor: Actor, text: str, asks: list[str]) -> None:
        """The guard is asked before and after: what was known then must not have been asked for."""
        case = await self._pick(Case, pick)
        if case is None:
            return
        async with self.database.transaction() as session:
            known = to_known(await list_facts(session, case.id))
        wanted = {
            *asks,
            *({"app"} if "sovelluksella" in text else ()),
            *({"customer_number"} if "numero" in text else ()),
        }
        refused: dict[str, list[str]] = {}
        sent = False
        async with self.database.transaction() as session:
            try:
                await send_reply(session, self.house, case.id, actor, text, asks, now=self.now)
                sent = True
            except AlreadyKnown as error:
                refused = error.known
            except Conflict:
                pass
        assert set(refused) <= set(known)
        assert not (sent and wanted & set(known))

    async def _decide(self, pick: int, actor: Actor, again: bool) -> None:
        async with self.database.transaction() as session:
            unknown = sa.select(Effect).where(col(Effect.state) == EffectState.UNKNOWN).order_by(col(Effect.id))
            effects = list(await session.scalars(unknown))
            if effects:
                effect = effects[pick % len(effects)]
                await decide_unknown(session, effect.id, actor, again, now=self.now)
                self.again[effect.key] += again

    async def _on_case(self, pick: int, act: Any) -> None:
        case = await self._pick(Case, pick)
        if case is not None:
            await self._attempt(lambda session: act(session, case.id))

    async def _attempt(self, act: Any) -> None:
        with suppress(Conflict):
            async with self.database.transaction() as session:
                await act(session)

    async def _pick(self, table: type[Any], pick: int) -> Any:
        async with self.database.transaction() as session:
            rows = list(await session.scalars(sa.select(table).order_by(table.id)))
        return rows[pick % len(rows)] if rows else None

    # What must always hold

    @invariant()
    def design_section_4_holds(self) -> None:
        if hasattr(self, "people"):
            self.runner.run(self._check())

    async def _check(self) -> None:
        async with self.database.transaction() as session:
            await self._check_owners(session)
            await self._check_nothing_is_lost(session)
            await self._check_automatic_mail(session)
            await self._check_timeline(session)
            await self._check_held(session)
        self._check_acts()

    async def _check_owners(self, session: AsyncSession) -> None:
        left = (
            sa.select(col(Case.id))
            .join(Person, col(Person.id) == col(Case.owner_id))
            .where(col(Case.solved_at).is_(None), ~col(Person.present))
        )
        assert not list(await session.scalars(left))

    async def _check_nothing_is_lost(self, session: AsyncSession) -> None:
        raws = list(await session.scalars(sa.select(RawMail).order_by(col(RawMail.id))))
        assert [raw.content for raw in raws] == self.accepted
        messages = Counter(
            await session.scalars(sa.select(col(Message.raw_id)).where(col(Message.raw_id).is_not(None)))
        )
        waiting = set(await session.scalars(sa.select(col(Work.key)).where(col(Work.done_at).is_(None))))
        for raw in raws:
            kept = messages[raw.id] == 1 or raw.trouble.startswith("delivered before")
            assert kept if raw.handled_at else f"understand:{raw.id}" in waiting
        contents = {raw.content.removeprefix(b"Received: by another way\n") for raw in raws if raw.handled_at}
        assert sum(messages.values()) == len({_strip(content) for content in contents})

    async def _check_automatic_mail(self, session: AsyncSession) -> None:
        rows = await session.execute(
            sa.select(Effect, Case).join(Case, col(Case.id) == col(Effect.case_id)).where(col(Effect.automatic))
        )
        automatic = [(effect, case) for effect, case in rows.all()]
        to_customer = Counter(effect.case_id for effect, _ in automatic if effect.kind is EffectKind.MAIL)
        assert max(to_customer.values(), default=0) <= 1
        acts = [(max(e.created_at, e.first_sent_at or e.created_at), case.stopped_at) for e, case in automatic]
        assert not [at for at, stopped_at in acts if stopped_at and at > stopped_at]
        said = Counter((mail.recipient, re.sub(r"http\S+", "", mail.text)) for mail in self._list_sent_once())
        assert max(said.values(), default=0) <= 1

    def _list_sent_once(self) -> list[Any]:
        return list({mail.message_id: mail for mail in self.relay.sent}.values())

    async def _check_timeline(self, session: AsyncSession) -> None:
        rows = await session.execute(sa.select(col(Entry.id), col(Entry.text)).order_by(col(Entry.id)))
        now_told = [(entry_id, text) for entry_id, text in rows.all()]
        assert now_told[: len(self.told)] == self.told
        self.told = now_told

    async def _check_held(self, session: AsyncSession) -> None:
        from_held = sa.select(col(Fact.id)).join(Message, col(Message.id) == col(Fact.message_id))
        assert not list(await session.scalars(from_held.where(col(Message.held))))

    def _check_acts(self) -> None:
        """An act is done once; once more for every time that a person said so."""
        for one in (*self.partners.values(), self.relay):
            twice = [key for key, times in one.acts.items() if times > 1 + self.again[key]]
            assert not twice, (one.name, twice)


def _strip(content: bytes) -> bytes:
    while content.startswith(b"Received: by another way\n"):
        content = content.removeprefix(b"Received: by another way\n")
    return content


@pytest.fixture(scope="module")
def lives(server: str, worker_id: str) -> Iterator[type[Lives]]:
    """The machine over a committed database of its own, emptied for every life."""
    with asyncio.Runner() as runner:
        url = runner.run(make_database(server, f"lives_{worker_id}_{os.getpid()}"))
        Lives.runner, Lives.database = runner, Database(url)
        yield Lives
        runner.run(Lives.database.close())


def test_what_must_always_hold_holds_in_every_life(lives: type[Lives]) -> None:
    chosen = settings(max_examples=12, stateful_step_count=40, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(lives, settings=chosen)
