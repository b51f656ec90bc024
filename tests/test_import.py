"""Offices, schools and people come from files: all of a file or nothing, and a second time nothing twice."""

from __future__ import annotations

import csv
from pathlib import Path
from time import perf_counter

import pytest

from saraban.commands.create_root import create_root, operator
from saraban.commands.import_offices import GROUPS, import_offices, import_people, import_schools
from saraban.commands.keep_offices import OfficeChange, change_office
from saraban.commands.sheet import rows_of
from saraban.errors import Invalid
from saraban.office import Office
from saraban.queries.offices import OfficeFilters, OfficeItem, offices_of_the_tree
from saraban.queries.people import PeopleFilters, PersonItem, people

PUBLIC = Path(__file__).parent.parent.parent / "shared" / "data"

AREAS = [
    {"area_code": "9901", "level": "primary", "name": "สพป.ตัวอย่าง เขต 1", "prefix": "ศธ 04999"},
    {"area_code": "9902", "level": "primary", "name": "สพป.ตัวอย่าง เขต 2"},
]
SCHOOLS = [
    {"school_code": "99010001", "area_code": "9901", "name": "บ้านตัวอย่าง 1", "district": "เมือง"},
    {"school_code": "99010002", "area_code": "9901", "name": "บ้านตัวอย่าง 2", "network": "เครือข่ายที่ 1"},
]
SOMSRI = {"office_code": "9901", "name": "สมศรี ตัวอย่าง", "role": "clerk", "username": "somsri"}


@pytest.fixture
def rooted(office: Office) -> Office:
    create_root(office)
    return office


def tree(office: Office, **asked: object) -> dict[str, OfficeItem]:
    found = offices_of_the_tree(
        office, operator(office), OfficeFilters.model_validate({"limit": 500, **asked})
    )
    return {item.code: item for item in found.items}


def staff(office: Office, code: str) -> list[PersonItem]:
    return people(office, operator(office), PeopleFilters(office=code)).items


def refusal(done: pytest.ExceptionInfo[Invalid]) -> dict[str, str]:
    return dict(done.value.fields)


def test_areas_and_schools_find_their_place_in_the_tree(rooted: Office) -> None:
    assert import_offices(rooted, AREAS) == (2, 0, 0)
    assert import_schools(rooted, SCHOOLS) == (2, 0, 0)
    area, school = tree(rooted)["9901"], tree(rooted)["99010001"]
    assert (area.parent, area.area, area.house, area.prefix) == ("root", "9901", "9901", "ศธ 04999/")
    assert (school.parent, school.area, school.house, school.district) == ("9901", "9901", "99010001", "เมือง")


def test_the_standard_groups_write_in_their_areas_books_and_keep_a_name_given_to_them(rooted: Office) -> None:
    assert import_offices(rooted, AREAS[:1], with_groups=True) == (11, 0, 0)
    groups = tree(rooted, kind="group")
    assert sorted(groups) == [f"9901-{n:02}" for n in range(1, 11)]
    assert {groups[f"9901-{n:02}"].name for n in range(1, 11)} == set(GROUPS)
    assert {(group.house, group.area) for group in groups.values()} == {("9901", "9901")}
    change_office(rooted, operator(rooted), "9901-03", OfficeChange(name="กลุ่มดิจิทัล"))
    assert import_offices(rooted, AREAS[:1], with_groups=True) == (0, 0, 11)
    assert tree(rooted)["9901-03"].name == "กลุ่มดิจิทัล"


def test_a_second_import_changes_what_is_different_and_adds_nobody_twice(rooted: Office) -> None:
    import_offices(rooted, AREAS)
    import_schools(rooted, SCHOOLS)
    moved = [SCHOOLS[0] | {"name": "วัดตัวอย่าง"}, SCHOOLS[1] | {"area_code": "9902"}]
    assert import_schools(rooted, moved) == (0, 2, 0)
    assert import_schools(rooted, moved) == (0, 0, 2)
    assert tree(rooted, q="วัดตัว").keys() == {"99010001"}
    assert tree(rooted)["99010001"].district == "เมือง"
    assert (tree(rooted)["99010002"].area, tree(rooted)["99010002"].network) == ("9902", "เครือข่ายที่ 1")


def test_a_column_that_is_not_there_changes_nothing_and_an_empty_one_empties(rooted: Office) -> None:
    import_offices(rooted, AREAS)
    import_schools(rooted, SCHOOLS[:1])
    bare = {name: SCHOOLS[0][name] for name in ("school_code", "area_code", "name")}
    assert import_schools(rooted, [bare]) == (0, 0, 1)
    assert import_schools(rooted, [bare | {"district": ""}]) == (0, 1, 0)
    assert tree(rooted)["99010001"].district == ""


def test_one_bad_line_and_nothing_of_the_file_is_taken(rooted: Office) -> None:
    import_offices(rooted, AREAS)
    bad = [
        *SCHOOLS,
        SCHOOLS[0] | {"school_code": "99/1"},
        SCHOOLS[1] | {"school_code": "99090001", "area_code": "9909"},
    ]
    with pytest.raises(Invalid) as done:
        import_schools(rooted, [*bad, SCHOOLS[0]])
    told = refusal(done)
    assert list(told) == ["line 4", "line 5", "line 6"]
    assert told["line 4"].startswith("บรรทัด 4: school_code รหัสหน่วยงานใช้ได้เฉพาะ")
    assert told["line 5"] == "บรรทัด 5: ไม่พบหน่วยงานต้นสังกัด 9909: นำเข้าหน่วยงานนั้นก่อน"
    assert told["line 6"] == "บรรทัด 6: รหัส 99010001 ซ้ำกับบรรทัด 2"
    assert tree(rooted, kind="school") == {}


def test_a_missing_column_is_named(rooted: Office) -> None:
    with pytest.raises(Invalid) as done:
        import_offices(rooted, [{"area_code": "9901"}])
    assert refusal(done) == {"line 2": "บรรทัด 2: ไม่มีคอลัมน์ name"}


def test_offices_of_any_kind_come_in_any_order(rooted: Office) -> None:
    rows = [
        {"code": "9901-01-01", "kind": "group", "parent": "9901-01", "name": "งานสารบรรณ"},
        {"code": "9901-01", "kind": "group", "parent": "9901", "name": "กลุ่มอำนวยการ"},
        {"code": "จังหวัด99", "kind": "agency", "parent": "", "name": "ศาลากลางจังหวัดตัวอย่าง"},
        {"code": "9901", "kind": "area", "parent": "root", "name": "สพป.ตัวอย่าง เขต 1"},
    ]
    assert import_offices(rooted, rows) == (4, 0, 0)
    assert tree(rooted)["9901-01-01"].house == "9901"
    assert tree(rooted)["จังหวัด99"].house == "จังหวัด99"


@pytest.mark.parametrize(
    ("code", "kind", "parent", "why"),
    [
        ("99010001", "school", "9901-01", "หน่วยงานชนิด school อยู่ใต้หน่วยงานชนิด group"),
        ("9901-01", "group", "9901-02", "หน่วยงาน 9901-01 อยู่ใต้ตัวเอง"),
        ("9901", "school", "9902", "รหัส 9901 เป็นของหน่วยงานชนิด area อยู่แล้ว"),
        ("9903", "ministry", "root", "kind ต้องเป็นค่าใดค่าหนึ่งใน 'area', 'group', 'school', 'agency'"),
    ],
)
def test_an_office_that_cannot_stand_there_is_refused(
    rooted: Office, code: str, kind: str, parent: str, why: str
) -> None:
    import_offices(rooted, AREAS, with_groups=True)
    below = {"code": "9901-02", "kind": "group", "parent": "9901-01", "name": "กลุ่มนโยบายและแผน"}
    with pytest.raises(Invalid) as done:
        import_offices(rooted, [below, {"code": code, "kind": kind, "parent": parent, "name": "ตัวอย่าง"}])
    assert why in " ".join(refusal(done).values())
    assert tree(rooted)["9901-02"].parent == "9901"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp874"])
def test_a_file_as_excel_saves_it_is_read(rooted: Office, encoding: str) -> None:
    text = "Area_Code, level,name\r\n\r\n๙๙๐๑,primary,สพป.ตัวอย่าง เขต 1 \r\n,,\r\n"
    text += "9902,primary,สพป.ตัวอย่าง เขต 2\r\n"
    assert import_offices(rooted, rows_of(text.encode(encoding))) == (2, 0, 0)
    assert tree(rooted, kind="area").keys() == {"9901", "9902"}


def test_a_mark_before_the_first_column_is_no_part_of_its_name(rooted: Office) -> None:
    assert import_offices(rooted, [{"\ufeffarea_code": "9901", "name": "สพป.ตัวอย่าง เขต 1"}]) == (1, 0, 0)


def test_the_line_of_a_file_is_named_though_lines_before_it_are_blank(rooted: Office) -> None:
    text = 'area_code,name\n\n9901,"สพป.ตัวอย่าง\nเขต 1"\n9901,เขต 1,สพป.\n9901,\n'
    with pytest.raises(Invalid) as done:
        import_offices(rooted, rows_of(text.encode()))
    told = refusal(done)
    assert told["line 5"].startswith("บรรทัด 5: มีช่องเกินหัวตาราง")
    assert told["line 6"] == "บรรทัด 6: name ต้องกรอก: เว้นว่างไม่ได้"


def test_a_school_without_a_name_is_called_by_its_code_until_it_has_one(rooted: Office) -> None:
    import_offices(rooted, AREAS)
    nameless = SCHOOLS[0] | {"name": ""}
    import_schools(rooted, [nameless])
    assert tree(rooted)["99010001"].name == "99010001"
    import_schools(rooted, SCHOOLS[:1])
    assert import_schools(rooted, [nameless]) == (0, 0, 1)
    assert tree(rooted)["99010001"].name == "บ้านตัวอย่าง 1"


def test_people_are_added_once_and_changed_afterwards(rooted: Office) -> None:
    import_offices(rooted, AREAS, with_groups=True)
    rows = [
        SOMSRI | {"clearance": "secret"},
        {"office_code": "9901-01", "name": "สมชาย ตัวอย่าง", "role": "head", "clearance": "", "username": ""},
        SOMSRI | {"role": "secret_registrar", "clearance": "secret"},
    ]
    assert import_people(rooted, rows) == (3, 0, 0)
    assert import_people(rooted, rows) == (0, 0, 3)
    somsri, again = staff(rooted, "9901")
    assert somsri.id == again.id
    assert (somsri.role, again.role, somsri.clearance) == ("clerk", "secret_registrar", "secret")
    rows[0] = rows[0] | {"clearance": "open"}
    rows[1] = rows[1] | {"username": "somchai"}
    assert import_people(rooted, rows) == (0, 2, 1)
    assert staff(rooted, "9901")[0].clearance == "open"
    assert [person.username for person in staff(rooted, "9901-01")] == ["somchai"]
    married = [row | {"name": "สมศรี แต่งงานแล้ว"} if row["name"] == SOMSRI["name"] else row for row in rows]
    assert import_people(rooted, married) == (0, 2, 1)
    assert {person.name for person in staff(rooted, "9901")} == {"สมศรี แต่งงานแล้ว"}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"office_code": "9909"}, "ไม่พบหน่วยงาน 9909: นำเข้าหน่วยงานนั้นก่อน"),
        ({"role": "boss"}, "role ต้องเป็นค่าใดค่าหนึ่งใน 'admin', 'registrar'"),
        ({"role": "clerk"}, "สมศรี ตัวอย่าง ซ้ำกับบรรทัด 2"),
        ({"name": "สมปอง ตัวอย่าง"}, "ชื่อผู้ใช้เดียวกับบรรทัด 2 แต่ชื่อไม่ตรงกัน"),
        ({"username": "operator"}, "ชื่อผู้ใช้ operator ใช้ไม่ได้"),
        ({"clearance": "ลับ"}, "clearance ต้องเป็นค่าใดค่าหนึ่งใน 'open'"),
    ],
)
def test_a_bad_line_of_people_brings_nobody(rooted: Office, change: dict[str, str], why: str) -> None:
    import_offices(rooted, AREAS)
    with pytest.raises(Invalid) as done:
        import_people(rooted, [SOMSRI, SOMSRI | {"role": "head"} | change])
    assert refusal(done)["line 3"].startswith(f"บรรทัด 3: {why}")
    assert staff(rooted, "9901") == []


def test_the_whole_country_comes_in_a_few_seconds_and_again_in_fewer(rooted: Office) -> None:
    if not PUBLIC.is_dir():
        pytest.skip("the public list of schools is not beside this checkout (../shared/data)")
    begun = perf_counter()
    assert import_offices(rooted, _public("areas.csv")) == (226, 0, 0)
    assert import_schools(rooted, _public("schools.csv")) == (30_808, 0, 0)
    first = perf_counter() - begun
    assert import_schools(rooted, _public("schools.csv")) == (0, 0, 30_808)
    second = perf_counter() - begun - first
    assert len(tree(rooted, parent="3401")) == 252
    assert first < 30 and second < 15, (first, second)  # 2 + 1 s on SQLite, 5 + 1 on PostgreSQL (measured)


def _public(name: str) -> csv.DictReader[str]:
    return rows_of((PUBLIC / name).read_bytes())
