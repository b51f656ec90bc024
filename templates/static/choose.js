// Choosing among hundreds: a search, whole districts and networks at once, and how many there are so far.
"use strict";
(() => {
  const form = document.querySelector("form.choose");
  const counted = form && form.querySelector("[data-count-here]");
  if (!counted) return;
  const all = (selector, within = form) => [...within.querySelectorAll(selector)];
  const everyone = form.querySelector("[data-everyone]");
  const list = form.querySelector("details.part:has(.district)");
  const schools = all(".district .ticks input");

  const members = (master) => master.name === "networks"
    ? all(".district .ticks label").filter((label) => label.dataset.n === master.dataset.n).map((label) => label.firstChild)
    : all(".ticks input", master.closest("fieldset"));
  const masters = all("input[name=networks], input[name=districts]").map((input) => [input, members(input)]);

  const settle = () => {
    for (const [master, those] of masters) {
      const ticked = those.filter((one) => one.checked).length;
      master.checked = ticked === those.length;
      master.indeterminate = ticked > 0 && ticked < those.length;
    }
    const codes = new Set(all("input[name=offices]:checked").map((one) => one.value));
    if (everyone && everyone.checked) schools.forEach((one) => codes.delete(one.value));
    let count = codes.size + (everyone && everyone.checked ? Number(everyone.dataset.everyone) : 0);
    count += form.elements.post.value.split("\n").filter((line) => line.trim()).length;
    const groups = all("input[name=groups]:checked").length;
    if (list) list.classList.toggle("unneeded", Boolean(everyone && everyone.checked));
    counted.textContent = `เลือกแล้ว ${count} แห่ง` + (groups ? ` และ ${groups} กลุ่มผู้รับ` : "");
  };

  // What a district or network stands for is ticked one by one: untick a school, and the rest stays.
  for (const [master, those] of masters) {
    if (master.checked) those.forEach((one) => { one.checked = true; });
    master.addEventListener("change", () => { those.forEach((one) => { one.checked = master.checked; }); settle(); });
  }
  form.addEventListener("change", settle);
  form.addEventListener("input", (event) => { if (event.target.name === "post") settle(); });
  form.addEventListener("submit", () => masters.forEach(([master]) => { master.disabled = true; }));
  addEventListener("pageshow", () => masters.forEach(([master]) => { master.disabled = false; }));

  if (list && schools.length > 12) {
    const box = document.createElement("div");
    box.className = "seek";
    box.innerHTML = "<input type='search' aria-label='ค้นหาโรงเรียน' placeholder='ค้นหาโรงเรียน'><button type='button' class='second'>เลือกที่เห็น</button><button type='button' class='second'>ไม่เลือกที่เห็น</button>";
    list.querySelector("summary").after(box);
    const [search, tick, untick] = box.children;
    const shown = () => schools.filter((one) => !one.parentElement.hidden);
    search.addEventListener("input", () => {
      const sought = search.value.trim().replace(/\s+/g, "");
      for (const one of schools) one.parentElement.hidden = !one.parentElement.textContent.replace(/\s+/g, "").includes(sought);
      all(".district").forEach((district) => { district.hidden = !district.querySelector(".ticks label:not([hidden])"); });
    });
    search.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
    tick.addEventListener("click", () => { shown().forEach((one) => { one.checked = true; }); settle(); });
    untick.addEventListener("click", () => { shown().forEach((one) => { one.checked = false; }); settle(); });
  }
  settle();
})();
