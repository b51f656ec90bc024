"""An area of 252 schools with the people whose days are followed, and what they do again and again."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page, expect

from routers.ui.pages import COOKIE
from saraban.commands.change_password import give_password
from saraban.commands.create_root import create_root, operator
from saraban.commands.import_offices import import_offices, import_schools
from saraban.commands.import_people import import_people
from saraban.commands.keep_upload import keep_upload
from saraban.ids import show
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.who_is_asking import WHO, actor_of
from storage.files import Spool
from storage.tables import office as offices, person
from tests.chromium.conftest import DESK, PHONE
from tests.screen import logged_in

AREA, GROUP, SCHOOL = "9901", "9901-02", "99010001"
SCHOOLS = 252
PASSWORD = "ตัวอย่างรหัสผ่านยาว"
SUBJECT = "ขอเชิญประชุมผู้บริหารสถานศึกษา ครั้งที่ 3/2569"
DISTRICTS = ("เมืองตัวอย่าง", "สมมุติพิสัย", "จำลองคีรี", "สาธิตบุรี")

# Both engines, with scripts and without, wide and narrow: every pair of these meets in one of the four days.
EVERY_PAIR = [
    ("embedded", True, DESK),
    ("embedded", False, PHONE),
    ("cluster", True, PHONE),
    ("cluster", False, DESK),
]


class Seat(NamedTuple):
    office_code: str
    name: str
    role: str
    username: str


CLERK = Seat(GROUP, "สมศรี ตัวอย่างดี", "clerk", "somsri")
SCHOOL_CLERK = Seat(SCHOOL, "มาลี จำลองใจ", "clerk", "malee")
PRINCIPAL = Seat(SCHOOL, "วิชัย สมมุติวงศ์", "head", "wichai")


def school_name(number: int) -> str:
    return f"บ้านตัวอย่าง {number}"


def settle_in(office: Office, *with_password: Seat) -> None:
    """The area, its groups and schools, and its people; a password costs a tenth of a second each."""
    create_root(office)
    area = {"area_code": AREA, "name": "สพป.ตัวอย่าง เขต 1", "prefix": "ศธ 04999/"}
    import_offices(office, [area], with_groups=True)
    import_schools(
        office,
        [
            {
                "school_code": f"{AREA}{number:04}",
                "area_code": AREA,
                "name": school_name(number),
                "district": DISTRICTS[number % 4],
                "network": f"เครือข่ายสถานศึกษาที่ {number % 15 + 1}",
                "prefix": f"ศธ 04999.{number:03}/",
            }
            for number in range(1, SCHOOLS + 1)
        ],
    )
    import_people(office, [seat._asdict() for seat in (CLERK, SCHOOL_CLERK, PRINCIPAL)])
    for seat in with_password:
        give_password(office, operator(office), actor(office, seat).person_id, PASSWORD)


def actor(office: Office, seat: Seat) -> Actor:
    who = WHO.where(person.c.username == seat.username, offices.c.code == seat.office_code)
    return actor_of(office.db.read(lambda db: db.execute(who).one()))


def log_in(page: Page, seat: Seat) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("เข้าสู่ระบบสารบรรณ")
    page.get_by_label("ชื่อผู้ใช้").fill(seat.username)
    page.get_by_label("รหัสผ่าน").fill(PASSWORD)
    page.get_by_role("button", name="เข้าสู่ระบบ").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("หน้าแรก")


def seated(page: Page, office: Office, who: Actor, base_url: str) -> Page:
    """Logged in already, without the tenth of a second that a password costs on purpose."""
    page.context.add_cookies([{"name": COOKIE, "value": logged_in(office, who), "url": base_url}])
    return page


def choose(page: Page, place: str) -> None:
    """A place in the menu, which is folded away on a phone, and without scripts."""
    menu = page.get_by_role("navigation", name="เมนูหลัก")
    link = menu.get_by_role("link", name=place, exact=True)
    if not link.is_visible():
        menu.locator("summary").click()
    link.click()


def keep(office: Office, who: Actor, paper: Path) -> str:
    """A file that has been uploaded, for a letter registered by command."""
    with Spool(office.settings.spool, office.settings.max_file_bytes) as spool:
        spool.write(paper.read_bytes())
        return show("U", keep_upload(office, who, spool, paper.name).id)
