"use strict";
// Filter, only problems, the previous and the next problem. Everything can be read without it.
(() => {
  const one = (selector) => document.querySelector(selector);
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const tools = one(".tools");
  if (!tools) return;
  const text = one("#filter"), problems = one("#problems"), says = one(".tools output");
  const rows = all(".r");
  let words = null, at = -1, timer;
  tools.hidden = false;

  const narrow = () => {
    words ||= rows.map((row) => row.textContent.toLowerCase());
    const wanted = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, index) => {
      const keep = (!problems.checked || row.dataset.bad !== undefined) && wanted.every((word) => words[index].includes(word));
      row.classList.toggle("hide", !keep);
      if (keep) shown += 1;
    });
    const narrowed = shown < rows.length;
    all(".day").forEach((day) => day.classList.toggle("hide", !day.querySelector(".r:not(.hide)")));
    document.body.classList.toggle("narrowed", narrowed);
    says.textContent = narrowed ? `${shown} of ${rows.length} rows, ${rows.length - shown} hidden` : "";
    at = -1;
  };
  const jump = (step) => {
    const found = all(".r[data-first]:not(.hide)");
    if (!found.length) {
      says.textContent = "no problem here";
      return;
    }
    at = at < 0 && step < 0 ? found.length - 1 : (at + step + found.length) % found.length;
    location.replace("#" + found[at].id);
    found[at].querySelector("summary").focus({ preventScroll: true });
    found[at].scrollIntoView({ block: "center" });
    says.textContent = `problem ${at + 1} of ${found.length}`;
  };
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(narrow, 80);
  });
  problems.addEventListener("change", narrow);
  one("#next").addEventListener("click", () => jump(1));
  one("#previous").addEventListener("click", () => jump(-1));
  document.addEventListener("keydown", (key) => {
    if (key.ctrlKey || key.metaKey || key.altKey) return;
    if (key.target === text) {
      if (key.key === "Escape") {
        text.value = "";
        narrow();
        text.blur();
      }
      return;
    }
    if (key.key === "n") jump(1);
    else if (key.key === "p") jump(-1);
    else if (key.key === "/") {
      key.preventDefault();
      text.focus();
    }
  });
})();
