"""Walks the story: what the phone notes, what is asked, what came of it."""

import base64
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace

from chassis import clock, geo
from doorstep import pairing
from doorstep.client import Answer, Gateway, Happened
from doorstep.demo import pocket
from doorstep.demo.cast import Actor, CannotPlay, Cast, Scene
from doorstep.demo.exhibits import Exhibits, upload
from doorstep.demo.feed import Feed
from doorstep.demo.names import Names
from doorstep.demo.record import Seen, at, seen
from doorstep.demo.stage import Stage
from doorstep.demo.story import Act, Step, Who
from doorstep.demo.story.props import VISIT
from doorstep.demo.story.step import CHECKS
from proto.facts import ShiftStarted
from proto.field_visit import Presence
from proto.places import Position

ACCURACY_M, METRES_A_DEGREE = 12.0, 111_195.0
#: Seconds: for word that is on its way, for events, and for either once something was
#: answered otherwise than expected.
PATIENCE_S, EVENTS_S, NO_MORE_S, PAUSE_S = 45.0, 45.0, 0.5, 0.1
#: Word of a phone's key may still be on its way, or any word after a start.
NOT_YET = {"not-found", "device-not-yours", "device-without-key", "source-stale"}


class Walking:
    """The people and the doors of the story, on a platform that can be started again."""

    def __init__(
        self,
        stage: Stage,
        cast: Cast,
        scenes: Mapping[str, Scene],
        exhibits: Exhibits,
    ) -> None:
        self.stage, self.cast, self.scenes = stage, cast, scenes
        self.actors: dict[tuple[str, str], Actor] = {}
        self.feeds: dict[str, Feed] = {}
        self.names = Names(cast.account_ids)
        self.packs, self.exhibits = pocket.Packs(), exhibits
        self.told: list[Happened] = []
        self.as_expected = True

    def enrol(self) -> None:
        """Give every collector of the story a phone that is known."""
        for scene in self.scenes.values():
            for staff in scene.pair:
                who = scene.agency, staff
                if who not in self.actors:
                    self.actors[who] = self.cast.enrolled(*who)

    def await_known(self) -> None:
        """Return once the doorstep knows of every visit. Raises `CannotPlay`."""
        for name, scene in self.scenes.items():
            gateway, path = self.of(Who.PHONE, scene), f"/v1/visits/{scene.visit_id}"
            if not any(gateway.get(path).ok for _ in patiently(PATIENCE_S)):
                raise CannotPlay(
                    f"the visit {name} was planned, but the doorstep never heard of it"
                )

    def begin_shifts(self) -> None:
        """Let every collector press the button. Raises `CannotPlay`."""
        for scene in self.scenes.values():
            for actor in self.pair(scene):
                if not actor.phone.entries:
                    self._begin_shift(actor, scene)

    def _begin_shift(self, actor: Actor, scene: Scene) -> None:
        actor.phone.note(None, ShiftStarted(), clock.now())
        gateway, path = self.cast.of(actor.account), f"/v1/visits/{scene.visit_id}/journal"
        told = (pocket.tell(actor.phone, gateway, path, {}) for _ in patiently(PATIENCE_S))
        if not any(answer.ok for answer in told):
            raise CannotPlay(f"the shift of {actor.staff_no} could not begin")

    def follow(self) -> None:
        """Follow every visit of the story, as its agency's supervisor."""
        for name, scene in self.scenes.items():
            last_id = self.feeds[name].last_id if name in self.feeds else None
            supervisor = self.of(Who.SUPERVISOR, scene)
            self.feeds[name] = Feed(supervisor, scene.visit_id, last_id)

    def stop(self) -> None:
        for feed in self.feeds.values():
            feed.stop()

    def of(self, who: Who, scene: Scene) -> Gateway:
        """Return the gateway, spoken to by somebody, or by nobody in particular."""
        if who in (Who.PASSER_BY, Who.STRANGER):
            return self.cast.gateway
        if who.is_phone:
            return self.cast.of(self.actor(who, scene).account)
        return self.cast.of(self.cast.account(who, scene.agency))

    def pair(self, scene: Scene) -> list[Actor]:
        return [self.actors[scene.agency, staff] for staff in scene.pair]

    def actor(self, who: Who, scene: Scene) -> Actor:
        """Return who holds the phone that asks; the first one's carries both."""
        return self.pair(scene)[who is Who.PARTNER]

    def scene(self, act: Act, step: Step) -> Scene:
        return self.scenes[step.door or act.door]

    def begin(self, act: Act) -> dict[str, str]:
        """Forget what the act before named, and how it went; return who goes where."""
        self.names.forget()
        self.told.clear()
        self.as_expected = True
        scene = self.scenes[act.door]
        one, other = self.pair(scene)
        books = " ".join(scene.case["books"])
        where = {"case": str(scene.visit["case"]), "books": books}
        return {"one": one.name, "other": other.name, **where}

    def phone(self, act: Act, step: Step) -> str:
        """Return whose phone it is."""
        holder = self.actor(step.who, self.scene(act, step))
        return f"{holder.name} {holder.staff_no}"

    def start_again(self, step: Step) -> None:
        """Start everything again at the step's moment, where it is later than ours."""
        if step.clock and step.clock != self.stage.clock:
            self.stop()
            self.stage.start_again(step.clock)
            self.cast.sign_in_anew(self.stage.url)
            self.follow()

    def walk(self, act: Act, step: Step) -> tuple[Answer, Seen]:
        """Do one step; return the answer and all that was seen of it."""
        scene = self.scene(act, step)
        self.start_again(step)
        self.names.at(scene)
        self._take_phone(step, scene)
        answer, passed_over = self._answer(step, scene)
        self.as_expected &= seen(step, answer, (), self.names).fits(step.expects)
        events = self._events(step, self.feeds[step.door or act.door], passed_over)
        what = seen(step, answer, events, self.names)
        return answer, replace(what, overheard=self._overheard(step.unheard))

    def _take_phone(self, step: Step, scene: Scene) -> None:
        """Give the phones the signal they have now; let the one that asks note facts."""
        for who in (Who.PHONE, Who.PARTNER) if step.signal is not None else ():
            self.actor(who, scene).phone.signal = who in (step.signal or ())
        phone, now = self.actor(step.who, scene).phone, clock.now()
        self.names |= {"phone": str(phone.device_id), "now": now.isoformat()}
        for fact in step.facts:
            phone.note(scene.visit_id, fact, clock.now())

    def _answer(self, step: Step, scene: Scene) -> tuple[Answer, set[str]]:
        """Ask until the answer rests on all it should; return it, and the decisions that
        did not.
        """
        answer, passed_over = Answer(0), set[str]()
        for _ in patiently(PATIENCE_S if self.as_expected else NO_MORE_S):
            if decided := at(answer.body, "decision.decision_id"):
                passed_over.add(str(decided))
            answer = self._kept(step, self._tried(step, scene))
            fits = seen(step, answer, (), self.names).fits(step.expects)
            if fits or not (step.hears or answer.kind in NOT_YET):
                break
        passed_over.discard(str(at(answer.body, "decision.decision_id")))
        return answer, passed_over

    def _tried(self, step: Step, scene: Scene) -> Answer:
        """Ask once: the phone itself, or the gateway; of the latter, who has a signal."""
        gateway, phone = self.of(step.who, scene), self.actor(step.who, scene).phone
        if step.method in CHECKS:
            check = self.exhibits.check if step.method == "VERIFY" else self.exhibits.change
            return check(step.path)
        if step.method == "TAKE":
            return self._taken(step, scene)
        if step.by_pack:
            return self.packs.look_up(step.by_pack, phone, scene.visit_id, clock.now())
        if step.method == "SEND":
            return pocket.send(phone, gateway)
        if step.told_later:
            path, body = self.names.put(step.path), self.names.put(step.body)
            return pocket.tell(phone, gateway, path, body)
        if step.who.is_phone and not phone.signal:
            return Answer(0)
        return self._got(step, scene) if step.method == "GET" else self._asked(step, scene)

    def _taken(self, step: Step, scene: Scene) -> Answer:
        """Let the phone take something, note it, and send both the note and the file."""
        gateway, phone = self.of(step.who, scene), self.actor(step.who, scene).phone
        here = here_at(scene, step.away_m)
        taken = self.exhibits.take(step.path, phone, scene.visit_id, here)
        pocket.tell(phone, gateway, self.names.put(f"{VISIT}/journal"), {})
        return upload(gateway, scene.visit_id, phone, taken)

    def _got(self, step: Step, scene: Scene) -> Answer:
        """Read something: a page as whoever reads it does, a pack as a phone does."""
        gateway = self.of(step.who, scene)
        if step.exhibit:
            return self.exhibits.fetch(gateway, self.names.put(step.path), step.saves)
        answer = gateway.get(self.names.put(step.path))
        if "page" in answer.body:
            return Answer(answer.status, pocket.on_the_page(str(answer.body["page"])))
        if "pack" in answer.body:
            keys, phone = gateway.get("/v1/keys").body["keys"], self.actor(step.who, scene)
            return self.packs.take(answer, keys, phone.phone, scene.visit_id)
        return answer

    def _asked(self, step: Step, scene: Scene) -> Answer:
        """Ask for what is to be done, with all that the phone has not told yet."""
        gateway, phone = self.of(step.who, scene), self.actor(step.who, scene).phone
        path, body = self.names.put(step.path), dict(self.names.put(step.body))
        if step.who.is_phone:
            phone.send(gateway)  # what waits goes before
        if step.present:
            present = self._present(step, scene, gateway)
            body["present"] = [each.model_dump(mode="json") for each in present]
        elif step.who.is_phone and (journal := phone.unconfirmed()):
            body["journal"] = journal.model_dump(mode="json")
        answer = gateway.post(path, body)
        if "journal" in body and (answer.ok or "decision" in answer.body):
            phone.confirm(body["journal"]["entries"][-1]["seq"])
        return answer

    def _kept(self, step: Step, answer: Answer) -> Answer:
        """Keep what later steps ask with; put the PDF aside, and its file in its place."""
        for name, path in step.keeps.items():
            if (value := at(answer.body, path)) is not None:
                self.names[name] = str(value)
        if not (step.saves and isinstance(text := answer.body.get("pdf"), str)):
            return answer
        pdf = base64.b64decode(text)
        file = self.cast.folder / step.saves
        file.touch(mode=0o600)  # a receipt names who paid
        file.write_bytes(pdf)
        named = step.saves if pdf.startswith(b"%PDF-") else "no PDF"
        return replace(answer, body=dict(answer.body) | {"pdf": named})

    def _events(self, step: Step, feed: Feed, passed_over: set[str]) -> list[Happened]:
        """Return the events of a step, without those of what was asked too soon.

        Nothing happens by a question: there is nothing to wait for.
        """
        wanted = len(step.expects.topics) + len(passed_over)
        if not wanted and step.method == "GET":
            return []
        events = feed.await_events(wanted, EVENTS_S if self.as_expected else NO_MORE_S)
        self.as_expected &= len(events) == wanted
        self.told += events
        return [one for one in events if decided_by(one) not in passed_over]

    def _overheard(self, word: str) -> tuple[str, ...]:
        """Return the events of the act that say a word, to whoever follows the visit."""
        if not word:
            return ()
        return tuple(one.topic for one in self.told if word in json.dumps(one.data))

    def _present(self, step: Step, scene: Scene, gateway: Gateway) -> list[Presence]:
        """Let one phone say where it is; or two pair, and both say so."""
        here = here_at(scene, step.away_m)
        first, second = (actor.phone for actor in self.pair(scene))
        if step.present == 1:
            return [first.presence(scene.visit_id, here, clock.now())]
        shown = gateway.get(f"/v1/visits/{scene.visit_id}/pairing").body
        keys = gateway.get("/v1/keys").body
        ticket = pairing.ticket_in(str(shown.get("ticket")), keys)
        return pairing.side_by_side(first, second, ticket, here, clock.now())


def here_at(scene: Scene, away_m: float) -> Position:
    """Return a place so far from a door, in WGS-84, whatever the bank's file speaks."""
    latitude, longitude = geo.wgs84(scene.door)
    return Position(
        latitude=latitude + away_m / METRES_A_DEGREE,
        longitude=longitude,
        accuracy_m=ACCURACY_M,
    )


def decided_by(event: Happened) -> str:
    """Return the decision that an event tells of, if it tells of one."""
    return str(at(event.data, "data.decision_id"))


def patiently(seconds: float) -> Iterator[None]:
    """Yield until patience ends, with a pause between."""
    end = time.monotonic() + seconds
    while True:
        yield
        if time.monotonic() >= end:
            return
        time.sleep(PAUSE_S)
