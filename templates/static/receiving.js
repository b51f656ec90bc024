// Everything works without this: it counts what is ticked, ticks all, and moves on with Enter.
"use strict";
const several = document.querySelector("form.several");
if (several) {
  const boxes = [...several.querySelectorAll("input[name=delivery]")];
  const button = several.querySelector(".below button");
  const head = several.querySelector("thead th");
  if (button && boxes.length) {
    const said = button.textContent;
    const all = document.createElement("input");
    all.type = "checkbox";
    all.setAttribute("aria-label", "เลือกทุกฉบับที่ลงทะเบียนพร้อมกันได้");
    const label = document.createElement("label");
    label.className = "pick";
    label.append(all);
    head.append(label);
    const count = () => {
      const ticked = boxes.filter((box) => box.checked).length;
      button.textContent = ticked ? `${said} (${ticked} ฉบับ)` : said;
      button.disabled = !ticked;
      all.checked = ticked === boxes.length;
      all.indeterminate = ticked > 0 && !all.checked;
    };
    all.addEventListener("change", () => { boxes.forEach((box) => { box.checked = all.checked; }); count(); });
    several.addEventListener("change", count);
    addEventListener("pageshow", count);
    count();
  }
}
