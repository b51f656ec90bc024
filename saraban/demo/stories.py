"""What has happened in the made-up office: each letter by the commands that a clerk's click would run."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import select

from saraban.commands.acknowledge import Acknowledging, acknowledge
from saraban.commands.assign import accept, assign, finish, hand_back
from saraban.commands.correct_entry import correct_entry
from saraban.commands.enter_letter import Registered
from saraban.commands.keep_groups import GroupSaid, add_group
from saraban.commands.keep_registers import RegisterChange, set_register
from saraban.commands.keep_upload import keep_upload
from saraban.commands.look import mark_seen
from saraban.commands.recall_dispatch import recall_dispatch
from saraban.commands.record_post import PostChange, record_post
from saraban.commands.register_incoming import register_incoming
from saraban.commands.register_outgoing import register_outgoing
from saraban.commands.remind_missing import remind_missing
from saraban.commands.return_delivery import return_delivery
from saraban.commands.send_letter import NewDispatch, Sent, send_letter
from saraban.commands.void_entry import void_entry
from saraban.demo.cast import AREA, group_code, school_code, seats
from saraban.demo.days import Days
from saraban.demo.paper import pdf
from saraban.demo.plots import CIRCULARS, FROM_OUTSIDE, Plot
from saraban.errors import DeliveryRecalled
from saraban.letters import AssignTo, EntryChange, FileGiven, NewIncoming, NewOutgoing
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.who_is_asking import WHO, actor_of
from saraban.thai.dates import bangkok_day, buddhist_year
from storage.files import Spool
from storage.tables import delivery, office as offices, person

SMALL, EXTENDED = range(1, 37, 3), range(2, 37, 4)


class Stories:
    def __init__(self, office: Office) -> None:
        self.days = Days(office, seed=2569)
        self.office = self.days.office
        self.year = buddhist_year(self.days.end)
        self.seats = seats()
        self.actors: dict[str, Actor] = {}
        self.groups: dict[str, int] = {}

    def tell(self) -> None:
        days = self.days
        days.at(days.moment(44, 8, 31), self.set_up)
        for plot in CIRCULARS:
            days.at(days.moment(plot.days_ago, plot.hour, 5 + plot.group * 5), partial(self.circular, plot))
        for days_ago, hour, number, sender, subject in FROM_OUTSIDE:
            arrive = partial(self.from_outside, number, sender, subject.format(year=self.year))
            days.at(days.moment(days_ago, hour, 12), arrive)
        for days_ago, hour, act in (
            (30, 9, self.policy_from_above),
            (21, 10, self.recalled_and_replaced),
            (17, 13, self.void_number),
            (12, 9, self.secret_letter),
            (9, 11, self.secret_paper),
            (8, 14, self.by_post),
            (6, 10, self.survey_with_replies),
            (3, 15, self.not_yet_sent),
        ):
            days.at(days.moment(days_ago, hour, 47), act)
        days.run()

    # -- who does it, and with what -------------------------------------------------------------

    def actor(self, username: str) -> Actor:
        if username not in self.actors:
            code = self.seats[username].office_code
            who = WHO.where(person.c.username == username, offices.c.code == code)
            self.actors[username] = actor_of(self.office.db.read(lambda db: db.execute(who).one()))
        return self.actors[username]

    def file(self, actor: Actor, title: str, *paragraphs: str) -> FileGiven:
        content = pdf(self.office.press, title, *paragraphs)
        with Spool(self.office.settings.spool, self.office.settings.max_file_bytes) as spool:
            spool.write(content)
            kept = keep_upload(self.office, actor, spool, f"{title}.pdf")
        return FileGiven(upload=kept.id, description=title)

    def register(self, actor: Actor, subject: str, **said: Any) -> Registered:
        usual = {"dated": bangkok_day(self.days.now), "to_text": "ผู้อำนวยการโรงเรียนในสังกัด"}
        return register_outgoing(self.office, actor, NewOutgoing(subject=subject, **(usual | said)))

    def send(self, actor: Actor, letter: Registered, to: dict[str, Any], **said: Any) -> Sent:
        new = NewDispatch.model_validate({"to": to, **said})
        return send_letter(self.office, actor, letter.id, new)

    def deliveries(self, sent: Sent, *states: str) -> dict[str, int]:
        """Of a sending: the delivery at each office, in their order; all, or those in one of the states."""
        query = (
            select(offices.c.code, delivery.c.id)
            .join(offices, offices.c.id == delivery.c.office_id)
            .where(delivery.c.dispatch_id == sent.id)
            .order_by(delivery.c.position)
        )
        if states:
            query = query.where(delivery.c.state.in_(states))
        return dict(self.office.db.read(lambda db: db.execute(query).all()))

    def clerk_of(self, code: str) -> Actor:
        return self.actor(f"school{int(code.removeprefix(AREA))}")

    # -- what schools do with what comes ----------------------------------------------------------

    def received(self, sent: Sent, diligence: float) -> None:
        """Most acknowledge within hours, some days later, some only look, a few return it."""
        chance = self.days.chance
        for code, number in self.deliveries(sent).items():
            clerk = self.clerk_of(code)
            if chance.random() > diligence:
                if chance.random() < 0.4:
                    self.days.after(chance.expovariate(1 / 20), partial(self.look, clerk, number))
                continue
            hours = chance.expovariate(1 / 5) if chance.random() < 0.85 else chance.uniform(24, 96)
            act = self.give_back if chance.random() < 0.012 else self.acknowledge
            self.days.after(hours, partial(act, clerk, number))

    def look(self, clerk: Actor, number: int) -> None:
        mark_seen(self.office, clerk, number)

    def acknowledge(self, clerk: Actor, number: int) -> None:
        mark_seen(self.office, clerk, number)
        code = int(clerk.office_code.removeprefix(AREA))
        to_head = code <= 6 and self.days.chance.random() < 0.3
        handed = (
            AssignTo(person=self.actor(f"principal{code}").person_id, instruction="เพื่อโปรดทราบ")
            if to_head
            else None
        )
        with suppress(DeliveryRecalled):  # who comes too late is told so
            acknowledge(self.office, clerk, number, Acknowledging(assign_to=handed))

    def give_back(self, clerk: Actor, number: int) -> None:
        """At once, or after it has been acknowledged: then its line in the school's book is voided."""
        if self.days.chance.random() < 0.5:
            self.acknowledge(clerk, number)
            self.days.after(1.5, partial(self.give_back_now, clerk, number))
        else:
            self.give_back_now(clerk, number)

    def give_back_now(self, clerk: Actor, number: int) -> None:
        with suppress(DeliveryRecalled):
            return_delivery(self.office, clerk, number, "ไม่พบสิ่งที่ส่งมาด้วยตามที่ระบุในหนังสือ")

    # -- the stories ------------------------------------------------------------------------------

    def set_up(self) -> None:
        """A year that began on paper: the books go on from its last numbers."""
        admin, clerk = self.actor("admin"), self.actor("clerk8")
        set_register(self.office, admin, "outgoing", self.year, RegisterChange(first_number=2601))
        set_register(self.office, admin, "incoming", self.year, RegisterChange(first_number=13401))
        for name, numbers in {"โรงเรียนขนาดเล็ก": SMALL, "โรงเรียนขยายโอกาส": EXTENDED}.items():
            said = GroupSaid(name=name, offices=[school_code(number) for number in numbers])
            self.groups[name] = add_group(self.office, clerk, said).id

    def circular(self, plot: Plot) -> None:
        clerk, subject = self.actor(f"clerk{plot.group}"), plot.subject.format(year=self.year)
        files = (
            [self.file(clerk, plot.paper.format(year=self.year), subject, *plot.says)] if plot.paper else []
        )
        letter = self.register(
            clerk, subject, circular=True, urgency=plot.urgency, files=files, summary=" ".join(plot.says)
        )
        self.days.after(0.2, partial(self.send_out, clerk, letter, plot))

    def send_out(self, clerk: Actor, letter: Registered, plot: Plot) -> None:
        to: dict[str, Any] = {"everyone": True}
        if plot.to in self.groups:
            to = {"groups": [self.groups[plot.to]]}
        elif plot.to.isdigit():
            to = {"offices": [school_code(number) for number in range(1, int(plot.to) + 1)]}
        deadline = self.days.now + timedelta(days=plot.due_days) if plot.due_days else None
        sent = self.send(clerk, letter, to, deadline=deadline)
        self.received(sent, plot.diligence)
        if plot.reminded:
            self.days.after(72, partial(self.remind, clerk, sent))

    def remind(self, clerk: Actor, sent: Sent) -> None:
        """A reminder helps with most."""
        remind_missing(self.office, clerk, sent.id)
        for code, number in self.deliveries(sent, "waiting").items():
            if self.days.chance.random() < 0.7:
                self.days.after(
                    self.days.chance.uniform(1, 30), partial(self.acknowledge, self.clerk_of(code), number)
                )

    def from_outside(self, letter_no: str, sender: str, subject: str) -> None:
        """Paper at the central registry: a number, and a group to act; what that does, chance decides."""
        registrar, chance = self.actor("registrar"), self.days.chance
        letter = register_incoming(
            self.office,
            registrar,
            NewIncoming(
                subject=subject,
                letter_no=letter_no,
                from_text=sender,
                to_text="ผู้อำนวยการ " + registrar.house_name,
                dated=bangkok_day(self.days.now - timedelta(days=2)),
                channel="post" if chance.random() < 0.5 else "email",
            ),
        )
        group = chance.randrange(1, 11)
        self.days.after(0.5, partial(self.hand_to_group, letter.entry, group, chance.choice("oadb")))

    def hand_to_group(self, entry: int, group: int, fate: str) -> None:
        """Open, accepted, done, or handed back."""
        to = AssignTo(office=group_code(group), instruction="เพื่อโปรดพิจารณาดำเนินการ")
        given = assign(self.office, self.actor("registrar"), entry, to)
        head = self.actor(f"head{group}")
        if fate in "ad":
            self.days.after(3, lambda: accept(self.office, head, given.id))
        if fate == "d":
            self.days.after(30, lambda: finish(self.office, head, given.id, "ดำเนินการเรียบร้อยแล้ว"))
        if fate == "b":
            self.days.after(4, lambda: hand_back(self.office, head, given.id, "ไม่อยู่ในหน้าที่ของกลุ่ม"))

    def policy_from_above(self) -> None:
        """สพฐ. → the area → every school: one paper, never copied, with a number in each book."""
        obec = self.actor("obec")
        subject = f"แนวทางการดำเนินงานตามนโยบายการศึกษาขั้นพื้นฐาน ปีงบประมาณ {self.year}"
        paper = self.file(obec, "แนวทางการดำเนินงานตามนโยบาย", subject, "ให้สถานศึกษาทุกแห่งถือปฏิบัติโดยทั่วกัน")
        letter = self.register(obec, subject, to_text="ผู้อำนวยการสำนักงานเขตพื้นที่การศึกษา", files=[paper])
        (number,) = self.deliveries(self.send(obec, letter, {"offices": [AREA]}, urgency="urgent")).values()
        self.days.after(2, partial(self.sent_on, number, letter))

    def sent_on(self, number: int, letter: Registered) -> None:
        registrar, clerk = self.actor("registrar"), self.actor("clerk2")
        mark_seen(self.office, registrar, number)
        to = AssignTo(office=group_code(2), instruction="แจ้งโรงเรียนในสังกัด")
        acknowledge(self.office, registrar, number, Acknowledging(assign_to=to))
        ours = self.register(clerk, letter.subject, circular=True, urgency="urgent", based_on=letter.id)
        self.received(self.send(clerk, ours, {"everyone": True}), 0.97)

    def recalled_and_replaced(self) -> None:
        clerk = self.actor("clerk5")
        subject = "ขอเชิญประชุมคณะกรรมการกลั่นกรองการย้ายข้าราชการครู"
        wrong = self.register(clerk, subject, urgency="very_urgent")
        sent = self.send(clerk, wrong, {"everyone": True})
        self.received(sent, 0.8)

        def correct() -> None:
            recall_dispatch(self.office, clerk, sent.id, "วันประชุมคลาดเคลื่อน ได้ส่งฉบับแก้ไขแล้ว")
            right = self.register(clerk, f"{subject} (แก้ไขวันประชุม)", urgency="very_urgent", replaces=wrong.id)
            self.received(self.send(clerk, right, {"everyone": True}), 0.95)

        self.days.after(2.5, correct)

    def void_number(self) -> None:
        clerk = self.actor("clerk4")
        letter = self.register(clerk, "การโอนเงินงบประมาณ (ออกเลขซ้ำซ้อน)", to_text="ผู้อำนวยการกองคลังตัวอย่าง")
        void_entry(self.office, clerk, letter.entry, "ออกเลขซ้ำ ใช้เลขก่อนหน้าแทน")

    def secret_letter(self) -> None:
        """Only to schools where somebody is cleared; the others never learn of it."""
        clerk = self.actor("clerk9")
        letter = self.register(
            clerk, "การแต่งตั้งคณะกรรมการสืบข้อเท็จจริง", secrecy="confidential", urgency="urgent"
        )
        self.received(self.send(clerk, letter, {"offices": [school_code(3), school_code(7)]}), 0.9)

    def secret_paper(self) -> None:
        registrar, named = self.actor("secret"), self.actor("director").person_id
        usual = {"dated": bangkok_day(self.days.now), "from_text": "จังหวัดตัวอย่าง", "channel": "paper"}
        secret = NewIncoming.model_validate(
            {"subject": "ขอให้ตรวจสอบข้อร้องเรียน", "letter_no": "ตย 0017.3/84", "secrecy": "secret"} | usual
        )
        entered = register_incoming(self.office, registrar, secret)
        to = AssignTo(person=named, instruction="เพื่อโปรดพิจารณา")
        assign(self.office, registrar, entered.entry, to)
        top = {"subject": "แผนปฏิบัติการ", "letter_no": "ตย 0017.3/85", "secrecy": "top_secret"} | usual
        register_incoming(self.office, registrar, NewIncoming.model_validate(top))

    def by_post(self) -> None:
        clerk, registrar = self.actor("clerk1"), self.actor("registrar")
        letter = self.register(clerk, "ขอความอนุเคราะห์วิทยากร", to_text="อธิการบดีมหาวิทยาลัยตัวอย่าง")
        sent = self.send(clerk, letter, {"post": ["อธิการบดีมหาวิทยาลัยตัวอย่าง"]})
        query = select(delivery.c.id).where(delivery.c.dispatch_id == sent.id)
        number = self.office.db.read(lambda db: db.execute(query).scalar_one())
        self.days.after(4, self.posting(registrar, number, tracking_no="EX999999999TH"))
        self.days.after(60, self.posting(registrar, number, received_at=self.days.now + timedelta(hours=50)))

    def posting(self, registrar: Actor, number: int, **said: Any) -> Callable[[], object]:
        return lambda: record_post(self.office, registrar, number, PostChange(**said))

    def survey_with_replies(self) -> None:
        """What needs an answer: tracking shows who has replied, not only who has received."""
        clerk = self.actor("clerk7")
        form = self.file(clerk, "แบบสำรวจความพร้อม", "ให้ตอบกลับภายในวันที่กำหนด", "รายการที่ 1 จำนวนห้องเรียน")
        letter = self.register(clerk, "ขอให้ส่งแบบสำรวจความพร้อมของสถานศึกษา", urgency="urgent", files=[form])
        sent = self.send(
            clerk,
            letter,
            {"groups": [self.groups["โรงเรียนขนาดเล็ก"]]},
            deadline=self.days.now + timedelta(days=5),
        )
        self.received(sent, 0.9)
        for number in list(SMALL)[:5]:
            self.days.after(30 + number, partial(self.reply, self.actor(f"school{number}"), letter))

    def reply(self, school: Actor, asked: Registered) -> None:
        subject = f"ส่ง{asked.subject.removeprefix('ขอให้ส่ง')}"
        answer = self.register(
            school, subject, to_text="ผู้อำนวยการ " + self.actor("clerk7").house_name, reply_to=asked.id
        )
        (number,) = self.deliveries(self.send(school, answer, {"offices": [AREA]})).values()
        to = AssignTo(office=group_code(7))
        registrar = self.actor("registrar")
        self.days.after(5, lambda: acknowledge(self.office, registrar, number, Acknowledging(assign_to=to)))

    def not_yet_sent(self) -> None:
        """A number in the book, corrected once, and not sent to anybody."""
        clerk = self.actor("clerk6")
        letter = self.register(clerk, f"การอบรมเชิงปฏิบัติการพัฒนาครู ปี {self.year}", circular=True)
        change = EntryChange(note="รอผู้อำนวยการลงนาม")
        self.days.after(1, lambda: correct_entry(self.office, clerk, letter.entry, change, 1))
