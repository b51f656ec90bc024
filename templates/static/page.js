// Everything works without this; it only makes waiting visible and a double click harmless.
"use strict";
document.querySelectorAll(".menu details").forEach((menu) => {
  const wide = matchMedia("(min-width: 1200px)");
  const settle = () => { menu.open = wide.matches; };
  wide.addEventListener("change", settle);
  settle();
});
document.querySelectorAll("form[method=post]").forEach((form) => {
  form.addEventListener("submit", (event) => {
    if (event.submitter && event.submitter.formTarget) return; // it opens elsewhere, this page stays
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    form.setAttribute("aria-busy", "true");
  });
});
addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; form.removeAttribute("aria-busy"); });
});
