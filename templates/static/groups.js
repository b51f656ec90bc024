// Everything works without this: it finds a name among many, ticks whole districts and networks, and counts.
"use strict";
const choosing = document.querySelector("form.choosing");
if (choosing) {
  const boxes = [...choosing.querySelectorAll("input[name=offices]")];
  const wholes = [...choosing.querySelectorAll("input[name=districts]")];
  const networks = [...choosing.querySelectorAll("input[name=networks]")];
  const of = (whole) => whole.name === "networks"
    ? boxes.filter((box) => box.dataset.n === whole.dataset.n)
    : [...whole.closest("fieldset").querySelectorAll("input[name=offices]")];
  const button = choosing.querySelector(".below button");
  const said = button.textContent;
  const settle = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    button.textContent = ticked ? `${said} (${ticked} แห่ง)` : said;
    [...wholes, ...networks].forEach((whole) => {
      const some = of(whole), on = some.filter((box) => box.checked).length;
      whole.checked = some.length > 0 && on === some.length;
      whole.indeterminate = on > 0 && on < some.length;
    });
  };
  const first = choosing.querySelector("fieldset.district");
  if (first) {
    const search = document.createElement("div");
    search.className = "field";
    search.innerHTML = '<label for="find">ค้นหาชื่อสถานศึกษา</label><input id="find" type="search" autocomplete="off">';
    first.before(search);
    search.querySelector("input").addEventListener("input", (event) => {
      const wanted = event.target.value.trim();
      boxes.forEach((box) => { box.parentElement.hidden = wanted !== "" && !box.parentElement.textContent.includes(wanted); });
      choosing.querySelectorAll("fieldset.district").forEach((one) => { one.hidden = !one.querySelector(".names label:not([hidden])"); });
    });
    search.querySelector("input").addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  }
  [...wholes, ...networks].forEach((whole) => {
    whole.addEventListener("change", () => { of(whole).forEach((box) => { box.checked = whole.checked; }); });
  });
  // What is ticked says it all: a whole that was ticked and then thinned out must not bring the rest back.
  choosing.addEventListener("submit", () => { [...wholes, ...networks].forEach((whole) => { whole.disabled = true; }); });
  addEventListener("pageshow", () => { [...wholes, ...networks].forEach((whole) => { whole.disabled = false; }); settle(); });
  choosing.addEventListener("change", settle);
  [...wholes, ...networks].filter((whole) => whole.checked).forEach((whole) => of(whole).forEach((box) => { box.checked = true; }));
  settle();
}
