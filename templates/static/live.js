// A page that stays open shows what has come meanwhile: a few numbers are asked for, and only when they differ the page.
"use strict";
(() => {
  const watched = document.querySelector("[data-ask]");
  if (!watched) return;
  const EVERY = 15000;
  let until = Date.now() + 2 * 3600 * 1000;
  const same = (text) => JSON.stringify(JSON.parse(text)) === JSON.stringify(JSON.parse(watched.dataset.now));
  const busy = () => document.querySelector("[data-part] :focus, [data-part] details[open] form");

  const look = async () => {
    const answer = await fetch(watched.dataset.ask, { headers: { Accept: "application/json" } });
    if (answer.redirected) until = 0;  // the session has ended
    if (!answer.ok || answer.redirected) return;
    const text = await answer.text();
    if (same(text) || busy()) return;
    const page = await fetch(location.href);
    if (!page.ok || page.redirected) return;
    const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
    for (const part of document.querySelectorAll("[data-part]")) {
      const other = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
      if (other) part.innerHTML = other.innerHTML;
    }
    watched.dataset.now = text;
  };

  const again = () => setTimeout(async () => {
    if (Date.now() > until) return;
    if (!document.hidden) await look().catch(() => {});
    again();
  }, EVERY);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look().catch(() => {}); });
  again();
})();
