"""The Thai word of each state, kind, channel and field: one for the API, pages, paper and the glossary."""

OFFICE_KINDS = {
    "root": "ต้นสังกัด",
    "area": "เขตพื้นที่",
    "group": "กลุ่ม",
    "school": "สถานศึกษา",
    "agency": "หน่วยงานภายนอก",
}
_SAYS_ITSELF = ("โรงเรียน", "วิทยาลัย", "ศูนย์การ", "มหาวิทยาลัย", "สถาบัน")


def in_full(kind: str, name: str) -> str:
    """As an office is named on paper: lists leave out the word that is before the name of every school."""
    return f"โรงเรียน{name}" if kind == "school" and not name.startswith(_SAYS_ITSELF) else name


BOOKS = {
    "incoming": "ทะเบียนหนังสือรับ",
    "outgoing": "ทะเบียนหนังสือส่ง",
    "outgoing_circular": "ทะเบียนหนังสือเวียน",
}
CHANNELS = {
    "paper": "เอกสาร",
    "post": "ไปรษณีย์",
    "email": "อีเมล",
    "fax": "โทรสาร",
    "other": "อื่น ๆ",
}
CAME_BY = {**CHANNELS, "system": "ระบบสารบรรณ"}  # nobody types it: a delivery was acknowledged
DELIVERY_STATES = {
    "waiting": "ยังไม่ลงทะเบียน",
    "acknowledged": "ลงทะเบียนเรียบร้อยแล้ว",
    "returned": "ส่งคืน",
    "recalled": "ผู้ส่งเรียกคืน",
}
LINE_STATES = {
    "registered": "ลงทะเบียนแล้ว",
    "assigned": "มอบหมายแล้ว",
    "done": "ดำเนินการแล้ว",
    "sent": "ส่งแล้ว",
    "void": "ยกเลิกเลข",
}
PRINTOUT_STATES = {
    "waiting": "รอพิมพ์",
    "running": "กำลังพิมพ์",
    "done": "พิมพ์เสร็จแล้ว",
    "failed": "พิมพ์ไม่สำเร็จ",
    "cancelled": "ยกเลิกการพิมพ์",
}
TASK_STATES = {
    "open": "รอรับงาน",
    "accepted": "รับงานแล้ว",
    "done": "ดำเนินการแล้ว",
    "handed_back": "ส่งคืนงาน",
}
FORMS = {
    "external": "หนังสือภายนอก",
    "memo": "บันทึกข้อความ",
    "sealed": "หนังสือประทับตรา",
}
STAMP_PLACES = {
    "auto": "อัตโนมัติ (ที่ว่างใกล้มุมบนขวา)",
    "top_left": "มุมบนซ้าย",
    "top": "กลางด้านบน",
    "top_right": "มุมบนขวา",
    "left": "กลางด้านซ้าย",
    "right": "กลางด้านขวา",
    "bottom_left": "มุมล่างซ้าย",
    "bottom": "กลางด้านล่าง",
    "bottom_right": "มุมล่างขวา",
}
# Of a letter, its paper and its line in a book, as corrections and events name them.
FIELDS = {
    "letter_no": "ที่",
    "subject": "เรื่อง",
    "dated": "ลงวันที่",
    "from_text": "จาก",
    "to_text": "ถึง",
    "urgency": "ชั้นความเร็ว",
    "secrecy": "ชั้นความลับ",
    "references": "อ้างถึง",
    "enclosures": "สิ่งที่ส่งมาด้วย",
    "summary": "เนื้อหาโดยสรุป",
    "paper": "เนื้อหนังสือ",
    "form": "แบบหนังสือ",
    "salutation": "คำขึ้นต้น",
    "body": "ข้อความ",
    "closing": "คำลงท้าย",
    "signer": "ผู้ลงนาม",
    "position": "ตำแหน่ง",
    "initials": "ชื่อย่อกำกับตรา",
    "owner": "ส่วนราชการเจ้าของเรื่อง",
    "contact": "โทรศัพท์",
    "agency": "ชื่อส่วนราชการ",
    "address": "ที่ตั้ง",
    "note": "หมายเหตุ",
    "action": "การปฏิบัติ",
    "action_office": "กลุ่มปฏิบัติ",
    "action_person": "บุคคลปฏิบัติ",
    "received_at": "รับเมื่อ",
}
