"""Sending: to whom, with what; what arrives is what the sender saw last."""

from __future__ import annotations

from saraban.commands.create_root import create_root
from saraban.commands.import_offices import import_offices
from saraban.office import Office
from tests import world
from tests.desk import At, Desk, Json, at, desks
from tests.server import Client
from tests.world import OTHER_SCHOOL, OURS, OURS_TOO, PLANNING, SCHOOL, STRANGERS

__all__ = ["at"]


def save_group(desk: Desk, *codes: str, name: str = "โรงเรียนขนาดเล็ก") -> str:
    return str(desk.post("/recipient-groups", {"name": name, "offices": codes})["id"])


def close(at: At, code: str) -> None:
    assert at(OURS, "admin").ask("PATCH", f"/offices/{code}", {"is_open": False}).is_success


# -- to whom --------------------------------------------------------------------------------------


def test_everyone_groups_offices_and_post_are_one_union_and_each_receives_once(at: At) -> None:
    clerk = at(OURS_TOO, "clerk")
    group = save_group(clerk, SCHOOL, STRANGERS)
    to = {"everyone": True, "groups": [group, group], "offices": [SCHOOL, PLANNING, PLANNING]}
    post = ["สำนักงานจังหวัดตัวอย่าง", "สำนักงานจังหวัดตัวอย่าง"]
    sent = clerk.send(clerk.register(), to={**to, "offices": [SCHOOL, PLANNING, PLANNING], "post": post})
    expected = {SCHOOL, OTHER_SCHOOL, PLANNING, STRANGERS, "สำนักงานจังหวัดตัวอย่าง"}
    assert sorted(clerk.receivers(sent)) == sorted(expected)
    assert sent["recipients"] == 5
    assert [len(at(code).inbox()) for code in (SCHOOL, OTHER_SCHOOL, STRANGERS)] == [1, 1, 1]


def test_exceptions_are_left_out_of_everything_that_was_chosen(at: At) -> None:
    clerk = at(OURS)
    group = save_group(clerk, SCHOOL)
    to = {"everyone": True, "groups": [group], "offices": [SCHOOL, STRANGERS], "except": [SCHOOL]}
    assert clerk.receivers(clerk.send(clerk.register(), to=to)) == [OTHER_SCHOOL, STRANGERS]


def test_the_sender_is_no_receiver_though_it_stands_in_the_group_it_chose(at: At) -> None:
    clerk = at(OURS_TOO, "clerk")
    group = save_group(clerk, OURS, OURS_TOO, SCHOOL)
    assert clerk.receivers(clerk.send(clerk.register(), to={"groups": [group]})) == [SCHOOL]


def test_ones_own_office_and_house_are_refused(at: At) -> None:
    clerk = at(OURS_TOO, "clerk")
    letter = clerk.register()
    for code in (OURS, OURS_TOO):
        assert clerk.not_sent(letter, {"offices": [SCHOOL, code]}) == (422, "invalid")


def test_unknown_offices_are_refused_by_name_and_nobody_receives_anything(at: At) -> None:
    clerk = at(OURS)
    letter = clerk.register()
    path = f"/letters/{letter['id']}/dispatches"
    to = {"offices": [SCHOOL, "99019999"], "except": ["99018888"], "groups": ["G404"]}
    answer = clerk.ask("POST", path, {"to": to})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_offices")
    assert answer.json()["offices"] == ["99018888", "99019999", "G404"]
    assert at(SCHOOL).inbox() == []
    assert clerk.get("/dispatches")["items"] == []
    assert clerk.refused("GET", "/dispatches/S1") == (404, "not_found")


def test_somebody_elses_group_is_unknown(at: At) -> None:
    group = save_group(at(STRANGERS), SCHOOL)
    clerk = at(OURS)
    assert clerk.not_sent(clerk.register(), {"groups": [group]}) == (422, "unknown_offices")


def test_a_closed_office_is_refused_when_named_and_left_out_of_everyone_and_of_groups(at: At) -> None:
    clerk = at(OURS)
    group = save_group(clerk, SCHOOL, OTHER_SCHOOL)
    close(at, SCHOOL)
    letter = clerk.register()
    assert clerk.not_sent(letter, {"offices": [SCHOOL, OTHER_SCHOOL]}) == (422, "offices_closed")
    assert clerk.receivers(clerk.send(letter, to={"everyone": True})) == [OTHER_SCHOOL]
    assert clerk.receivers(clerk.send(letter, to={"groups": [group]})) == [OTHER_SCHOOL]


def test_a_letter_to_nobody_is_not_sent(at: At) -> None:
    clerk = at(OURS)
    letter = clerk.register()
    nobody: list[Json] = [{}, {"everyone": True, "except": [SCHOOL, OTHER_SCHOOL]}, {"except": [SCHOOL]}]
    for to in nobody:
        assert clerk.not_sent(letter, to) == (422, "no_receivers")
    # Nothing of it was kept: the letter can still be corrected.
    corrected = clerk.ask("PATCH", f"/letters/{letter['id']}", {"subject": "แก้แล้ว"}, If_Match='"1"')
    assert corrected.is_success


def test_everyone_is_the_open_schools_of_the_area_for_the_area_its_groups_and_its_schools(
    at: At, office: Office
) -> None:
    world.school(office, "99020001", "บ้านเขตอื่น", of=STRANGERS)
    for desk, expected in [
        (at(OURS), [SCHOOL, OTHER_SCHOOL]),
        (at(OURS_TOO, "clerk"), [SCHOOL, OTHER_SCHOOL]),
        (at(SCHOOL, "clerk"), [OTHER_SCHOOL]),
        (at(STRANGERS), ["99020001"]),
    ]:
        assert desk.receivers(desk.send(desk.register(), to={"everyone": True})) == expected


def test_everyone_is_every_school_for_the_root_and_nobody_for_an_outside_agency(
    office: Office, client: Client
) -> None:
    create_root(office)
    import_offices(office, [{"area_code": OURS, "name": "เขต 1"}, {"area_code": STRANGERS, "name": "เขต 2"}])
    agencies = [
        {"code": "A1", "kind": "agency", "name": "สำนักงานจังหวัดตัวอย่าง"},
        {"code": "A2", "kind": "agency", "name": "เทศบาลตัวอย่าง", "parent": OURS},
    ]
    import_offices(office, agencies)
    for code, area in [(SCHOOL, OURS), ("99020001", STRANGERS)]:
        world.school(office, code, of=area)
    at = desks(office, client)
    root = at("root")
    assert root.receivers(root.send(root.register(), to={"everyone": True})) == [SCHOOL, "99020001"]
    for agency in (at("A1"), at("A2")):
        assert agency.not_sent(agency.register(), {"everyone": True}) == (422, "no_receivers")


def test_a_school_is_sent_to_by_another_house_too(at: At) -> None:
    stranger = at(STRANGERS)
    assert stranger.receivers(stranger.send(stranger.register(), SCHOOL)) == [SCHOOL]


# -- with what ------------------------------------------------------------------------------------


def test_a_sixth_attachment_is_refused_and_nothing_is_sent(at: At) -> None:
    clerk = at(OURS)
    letter = clerk.register(*[f"{n}.pdf" for n in range(1, 6)])
    more = clerk.post(f"/letters/{letter['id']}/attachments", {"files": [{"upload": clerk.upload("6.pdf")}]})
    ids = [file["id"] for file in more["attachments"]]
    assert len(ids) == 6
    assert clerk.not_sent(letter, {"offices": [SCHOOL]}) == (422, "too_many_files")
    assert clerk.not_sent(letter, {"offices": [SCHOOL]}, attachments=ids) == (422, "too_many_files")
    assert at(SCHOOL).inbox() == []
    assert at(SCHOOL).acknowledge(clerk_sends(clerk, letter, ids[:5], at(SCHOOL)))["number"] == 1


def clerk_sends(clerk: Desk, letter: dict[str, object], files: list[str], to: Desk) -> str:
    clerk.send(letter, to.actor.office_code, attachments=files)
    return to.newest()


def test_attachments_that_are_not_named_all_go_and_named_ones_alone(at: At) -> None:
    clerk, school = at(OURS), at(SCHOOL)
    letter = clerk.register("ก.pdf", "ข.pdf", "ค.pdf")
    everything, one, none = None, [letter["attachments"][1]["id"]], list[str]()
    for named, expected in [(everything, ["ก.pdf", "ข.pdf", "ค.pdf"]), (one, ["ข.pdf"]), (none, [])]:
        clerk.send(letter, SCHOOL, **({} if named is None else {"attachments": named}))
        assert [file["filename"] for file in school.look(school.newest())["attachments"]] == expected


def test_another_letters_file_is_refused(at: At) -> None:
    clerk = at(OURS)
    letter, other = clerk.register("ก.pdf"), clerk.register("ข.pdf")
    foreign = [other["attachments"][0]["id"]]
    assert clerk.not_sent(letter, {"offices": [SCHOOL]}, attachments=foreign) == (422, "invalid")


def test_a_file_added_after_sending_travels_with_the_next_send_only(at: At) -> None:
    clerk, school, other = at(OURS), at(SCHOOL), at(OTHER_SCHOOL)
    letter = clerk.register("ก.pdf")
    clerk.send(letter, SCHOOL, OTHER_SCHOOL)
    first = school.newest()
    more = clerk.post(f"/letters/{letter['id']}/attachments", {"files": [{"upload": clerk.upload("ข.pdf")}]})
    added = more["attachments"][1]["id"]
    assert [file["filename"] for file in school.look(first)["attachments"]] == ["ก.pdf"]
    assert school.refused("GET", f"/attachments/{added}") == (404, "not_found")
    clerk.send(letter, SCHOOL, attachments=[added])
    assert [file["filename"] for file in school.look(school.newest())["attachments"]] == ["ข.pdf"]
    assert school.ask("GET", f"/attachments/{added}").is_success
    assert other.refused("GET", f"/attachments/{added}") == (404, "not_found")


def test_a_sent_file_is_never_removed_and_the_content_never_changed(at: At) -> None:
    clerk = at(OURS)
    letter = clerk.register("ก.pdf")
    clerk.send(letter, SCHOOL)
    path = f"/letters/{letter['id']}"
    assert clerk.refused("PATCH", path, {"subject": "อื่น"}, If_Match='"1"') == (409, "letter_already_sent")
    file = letter["attachments"][0]["id"]
    assert clerk.refused("DELETE", f"/attachments/{file}") == (409, "letter_already_sent")
    assert at(SCHOOL).ask("GET", f"/attachments/{file}").is_success


def test_a_further_send_with_further_files_is_a_new_delivery_and_receipt_under_the_number_it_has(
    at: At,
) -> None:
    clerk, school = at(OURS), at(SCHOOL)
    letter = clerk.register("ก.pdf")
    clerk.send(letter, SCHOOL)
    first = school.acknowledge()
    more = clerk.post(f"/letters/{letter['id']}/attachments", {"files": [{"upload": clerk.upload("ข.pdf")}]})
    clerk.send(letter, SCHOOL, attachments=[more["attachments"][1]["id"]])
    second = school.acknowledge()
    assert second["id"] != first["id"]
    assert (second["entry"], second["number"], second["year"]) == (first["entry"], 1, 2569)
    assert [file["filename"] for file in second["receipt"]["receipt"]["files"]] == ["ข.pdf"]
    assert school.get(f"/deliveries/{first['id']}/receipt") == first["receipt"]
    clerk.send(clerk.register(), SCHOOL)
    assert school.acknowledge()["number"] == 2


def test_what_is_noted_at_a_further_acknowledgement_is_not_lost(at: At, office: Office) -> None:
    clerk, school = at(OURS), at(SCHOOL)
    letter = clerk.register()
    for note in ("ส่งถึงผู้อำนวยการ", "ได้รับเอกสารเพิ่มเติม", ""):
        clerk.send(letter, SCHOOL)
        school.acknowledge(note=note)
    [line] = school.get("/incoming")["items"]
    assert line["note"] == "ส่งถึงผู้อำนวยการ\nได้รับเอกสารเพิ่มเติม"


# -- what the sender saw last arrives ------------------------------------------------------------


def test_what_the_sender_says_when_sending_is_what_arrives(at: At) -> None:
    clerk, school = at(OURS_TOO, "clerk"), at(SCHOOL)
    letter = clerk.register(summary="ตามทะเบียน", urgency="urgent", circular=True, references=["ศธ 04999/1"])
    clerk.send(
        letter, SCHOOL, summary="ประชุมวันศุกร์", urgency="most_urgent", deadline="2026-07-02T17:00:00+07:00"
    )
    [item] = school.inbox()
    seen = school.look(item["id"])
    for shown in (item, seen):
        told = {
            name: shown[name] for name in ("letter_no", "subject", "dated", "urgency", "secrecy", "summary")
        }
        assert told == {
            "letter_no": "ศธ 04999/ว 1",
            "subject": letter["subject"],
            "dated": "2026-07-01",
            "urgency": "most_urgent",
            "secrecy": "open",
            "summary": "ประชุมวันศุกร์",
        }
        assert shown["deadline"] == "2026-07-02T10:00:00Z"
        assert shown["sender"] == {"code": OURS_TOO, "name": "กลุ่มอำนวยการ"}
    assert (seen["from_text"], seen["references"]) == ("สพป.ตัวอย่าง เขต 1", ["ศธ 04999/1"])


def test_what_is_not_said_when_sending_is_the_letters_own(at: At) -> None:
    clerk = at(OURS)
    clerk.send(clerk.register(summary="ตามทะเบียน", urgency="very_urgent"), SCHOOL)
    [item] = at(SCHOOL).inbox()
    assert (item["summary"], item["urgency"], item["deadline"]) == ("ตามทะเบียน", "very_urgent", None)


def test_corrections_before_sending_arrive_and_a_stale_page_is_not_sent(at: At) -> None:
    clerk, school = at(OURS), at(SCHOOL)
    letter = clerk.register()
    path = f"/letters/{letter['id']}"
    change = {"subject": "เลื่อนการประชุม", "urgency": "urgent", "dated": "2026-07-02"}
    assert clerk.ask("PATCH", path, change, If_Match='"1"').is_success
    body = {"to": {"offices": [SCHOOL]}}
    assert clerk.refused("POST", f"{path}/dispatches", body, If_Match='"1"') == (412, "stale_version")
    assert school.inbox() == []
    clerk.post(f"{path}/dispatches", body, If_Match='"2"')
    [item] = school.inbox()
    assert {name: item[name] for name in change} == change


def test_a_deadline_that_has_passed_is_refused(at: At) -> None:
    clerk = at(OURS)
    letter = clerk.register()
    refused = clerk.not_sent(letter, {"offices": [SCHOOL]}, deadline="2026-07-01T09:57:26+07:00")
    assert refused == (422, "invalid")


def test_somebody_elses_letter_is_not_found_and_a_received_one_is_not_sent_as_it_is(at: At) -> None:
    clerk, school, stranger = at(OURS), at(SCHOOL), at(STRANGERS)
    letter = clerk.register()
    assert stranger.not_sent(letter, {"offices": [SCHOOL]}) == (404, "not_found")
    clerk.send(letter, SCHOOL)
    school.acknowledge()
    assert school.not_sent(letter, {"offices": [OTHER_SCHOOL]}) == (404, "not_found")


def test_a_head_and_an_officer_do_not_send(at: At) -> None:
    letter = at(OURS).register()
    for role in ("head", "officer"):
        assert at(OURS, role).not_sent(letter, {"offices": [SCHOOL]}) == (403, "role_not_allowed")


def test_top_secret_is_never_sent_and_a_voided_letter_neither(at: At) -> None:
    keeper = at(OURS, "secret_registrar", "top_secret")
    letter = keeper.register(secrecy="top_secret")
    assert keeper.not_sent(letter, {"offices": [SCHOOL]}) == (409, "top_secret_not_sent")
    voided = keeper.register()
    keeper.post(f"/entries/{voided['entry']}/void", {"reason": "ออกซ้ำ"})
    assert keeper.not_sent(voided, {"offices": [SCHOOL]}) == (409, "entry_void")


def test_a_secret_letter_goes_only_where_somebody_is_cleared(at: At) -> None:
    keeper = at(OURS, "secret_registrar", "secret")
    cleared = at(SCHOOL, "clerk", "secret")
    letter = keeper.register(secrecy="secret")
    answer = keeper.ask("POST", f"/letters/{letter['id']}/dispatches", {"to": {"everyone": True}})
    assert (answer.status_code, answer.json()["code"]) == (422, "offices_not_cleared")
    assert answer.json()["offices"] == [f"{OTHER_SCHOOL} บ้านตัวอย่าง 2"]
    keeper.send(letter, SCHOOL)
    [item] = cleared.inbox()
    assert item["secrecy"] == "secret"
    assert at(SCHOOL, "officer").inbox() == []


# -- sending on ----------------------------------------------------------------------------------


def test_a_letter_sent_on_shares_the_files_it_is_based_on_without_an_upload(at: At) -> None:
    clerk, school, other = at(STRANGERS), at(OURS), at(SCHOOL)
    clerk.send(clerk.register("ก.pdf", "ข.pdf"), OURS)
    came = school.look(school.newest())
    school.acknowledge(came["id"])
    on = school.register(based_on=came["letter"])
    assert [(f["filename"], f["sha256"]) for f in on["attachments"]] == [
        (f["filename"], f["sha256"]) for f in came["attachments"]
    ]
    school.send(on, SCHOOL)
    arrived = other.look(other.newest())
    assert arrived["letter_no"] == "ศธ 04999/1"
    assert [f["filename"] for f in arrived["attachments"]] == ["ก.pdf", "ข.pdf"]
    file = arrived["attachments"][0]
    assert (
        other.ask("GET", f"/attachments/{file['id']}").content
        == clerk.ask("GET", f"/attachments/{came['attachments'][0]['id']}").content
    )


def test_some_of_the_files_can_be_sent_on_and_only_those_that_came(at: At) -> None:
    clerk, ours = at(STRANGERS), at(OURS)
    letter = clerk.register("ก.pdf", "ข.pdf")
    kept_back, sent = (file["id"] for file in letter["attachments"])
    clerk.send(letter, OURS, attachments=[sent])
    assert [f["filename"] for f in ours.register(based_on=letter["id"])["attachments"]] == ["ข.pdf"]
    assert ours.register(based_on=letter["id"], attachments=[])["attachments"] == []
    said = {"subject": "ส่งต่อ", "dated": "2026-07-01", "to_text": "โรงเรียน", "based_on": letter["id"]}
    assert ours.refused("POST", "/outgoing", {**said, "attachments": [kept_back]}) == (422, "invalid")


def test_the_secrecy_of_a_letter_sent_on_cannot_be_lowered_at_once_or_later(at: At) -> None:
    stranger, ours = at(STRANGERS, "secret_registrar", "secret"), at(OURS, "secret_registrar", "secret")
    letter = stranger.register("ก.pdf", secrecy="secret")
    stranger.send(letter, OURS)
    said = {"subject": "ส่งต่อ", "dated": "2026-07-01", "to_text": "โรงเรียน", "based_on": letter["id"]}
    assert ours.refused("POST", "/outgoing", {**said, "secrecy": "confidential"}) == (422, "invalid")
    on = ours.post("/outgoing", {**said, "secrecy": "secret"})
    assert ours.refused("PATCH", f"/letters/{on['id']}", {"secrecy": "open"}, If_Match='"1"') == (
        422,
        "invalid",
    )
    assert ours.ask("PATCH", f"/letters/{on['id']}", {"subject": "ส่งต่อด่วน"}, If_Match='"1"').is_success


# -- schools, and groups of one house ------------------------------------------------------------


def test_a_school_sends_up_to_its_area_whose_registrar_acknowledges_with_the_areas_next_number(
    at: At,
) -> None:
    school, registrar = at(SCHOOL, "clerk"), at(OURS)
    letter = school.register()
    assert letter["letter_no"] == "ศธ 04999.001/1"
    school.send(letter, OURS)
    school.send(school.register(), OURS)
    assert [item["letter_no"] for item in registrar.inbox()] == ["ศธ 04999.001/2", "ศธ 04999.001/1"]
    assert [registrar.acknowledge(item["id"])["number"] for item in registrar.inbox()] == [1, 2]
    assert [line["number"] for line in registrar.get("/incoming")["items"]] == [2, 1]


def test_a_school_sends_to_other_schools(at: At) -> None:
    school, other = at(SCHOOL, "clerk"), at(OTHER_SCHOOL, "clerk")
    school.send(school.register(), OTHER_SCHOOL)
    assert other.acknowledge()["number"] == 1


def test_a_letter_to_a_group_of_another_house_goes_through_that_houses_book(at: At) -> None:
    school = at(SCHOOL, "clerk")
    school.send(school.register(), OURS_TOO)
    school.send(school.register(), OURS)
    clerk, registrar = at(OURS_TOO, "clerk"), at(OURS)
    [item] = clerk.inbox(box="office")
    assert item["receiver"]["code"] == OURS_TOO
    assert clerk.acknowledge(item["id"])["number"] == 1
    assert registrar.acknowledge(registrar.inbox(state="waiting")[0]["id"])["number"] == 2
    assert [line["number"] for line in registrar.get("/incoming")["items"]] == [2, 1]


def test_between_groups_of_one_house_a_letter_is_passed_on_without_a_new_number(at: At) -> None:
    clerk, planner = at(OURS_TOO, "clerk"), at(PLANNING, "clerk")
    sent = clerk.send(clerk.register("ก.pdf"), PLANNING)
    got = planner.acknowledge()
    assert (got["number"], got["entry"]) == (None, None)
    assert got["receipt"]["receipt"]["receiver"]["code"] == PLANNING
    assert at(OURS).get("/incoming")["items"] == []
    assert clerk.totals(sent) == {"acknowledged": 1}
    at(SCHOOL).send(at(SCHOOL).register(), OURS)
    assert at(OURS).acknowledge()["number"] == 1


def test_the_group_that_sent_a_letter_cannot_acknowledge_or_return_it_for_the_other_group(at: At) -> None:
    clerk, planner = at(OURS_TOO, "clerk"), at(PLANNING, "clerk")
    sent = clerk.send(clerk.register(), PLANNING)
    [line] = clerk.lines(sent)
    assert clerk.refused("POST", f"/deliveries/{line['id']}/acknowledge") == (404, "not_found")
    assert clerk.refused("POST", f"/deliveries/{line['id']}/return", {"reason": "ผิด"}) == (404, "not_found")
    assert (clerk.look(line["id"])["side"], planner.look(line["id"])["side"]) == ("sender", "receiver")
    assert clerk.inbox() == []
    assert [item["id"] for item in planner.inbox()] == [line["id"]]
