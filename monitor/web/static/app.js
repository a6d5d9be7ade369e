"use strict";
// What makes the pages quicker; each of them works without it, too.
document.documentElement.classList.add("js");

for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());

for (const box of document.querySelectorAll("[data-all]")) {
  box.addEventListener("change", () => {
    for (const each of document.querySelectorAll(`input[name="${box.dataset.all}"]`)) each.checked = box.checked;
  });
}

// The slider goes through the days of the year; the day that is shown follows when it is let go.
for (const slider of document.querySelectorAll("[data-slider]")) {
  const day = slider.form.elements[slider.dataset.slider];
  const first = Date.parse(slider.dataset.first), span = Math.max(1, Math.round((Date.parse(slider.dataset.last) - first) / 864e5));
  slider.max = span;
  slider.value = Math.round((Date.parse(day.value) - first) / 864e5);
  slider.addEventListener("input", () => { day.value = new Date(first + slider.value * 864e5).toISOString().slice(0, 10); });
  slider.addEventListener("change", () => slider.form.requestSubmit());
}

const editor = document.querySelector("[data-editor]");
if (editor) {
  const gutter = document.querySelector(".gutter"), list = document.getElementById("marks"), plan = document.getElementById("plan");
  const [fine, lineWord, nothing, same, looking, silent] = editor.dataset.words.split("|");
  const csrf = document.querySelector('meta[name="csrf"]').content;
  let marks = [], timer = 0, asked = 0, edited = false;

  const number = () => {
    const bad = new Set(marks.filter((m) => m.file === editor.dataset.path).map((m) => m.line));
    gutter.replaceChildren(...editor.value.split("\n").map((_, n) => {
      const line = document.createElement(bad.has(n + 1) ? "b" : "span");
      line.textContent = n + 1;
      const row = document.createElement("div");
      row.append(line);
      return row;
    }));
    gutter.scrollTop = editor.scrollTop;
  };
  const go = (line) => {
    const at = editor.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    editor.focus();
    editor.setSelectionRange(at, at);
    editor.scrollTop = Math.max(0, (line - 6) * 20);
  };
  const ask = async (where) => {
    const answer = await fetch(where, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF": csrf },
      body: JSON.stringify({ path: editor.dataset.path, text: editor.value }),
    });
    return answer.ok ? answer.json() : null;
  };
  const item = (text, line) => {
    const row = document.createElement("li");
    if (line) {
      const link = document.createElement("a");
      link.href = "#";
      link.textContent = `${lineWord} ${line}`;
      link.addEventListener("click", (event) => { event.preventDefault(); go(line); });
      row.append(link, " ");
    }
    row.append(text);
    return row;
  };
  const show = (problems) => {
    marks = problems;
    list.replaceChildren(...problems.map((m) => item(m.file === editor.dataset.path ? m.text : `${m.place}  ${m.text}`, m.file === editor.dataset.path ? m.line : 0)));
    if (!problems.length) { list.append(item(fine)); list.lastChild.className = "fine"; }
    number();
  };
  const check = async () => {
    const turn = ++asked;
    const found = await ask("/rules/check").catch(() => null);
    if (turn !== asked) return;
    if (found) show(found.problems); else list.replaceChildren(item(silent));
  };

  // Words of the files: those of this one and of its schema, by what has been typed of one.
  let words = [], popup = null, chosen = 0;
  fetch(`/rules/words?path=${encodeURIComponent(editor.dataset.path)}`).then((r) => (r.ok ? r.json() : { words: [] })).then((r) => { words = r.words; });
  const begun = () => (/[\p{L}\p{N}_.-]+$/u.exec(editor.value.slice(0, editor.selectionStart)) || [""])[0];
  const close = () => { if (popup) popup.remove(); popup = null; };
  const take = (word) => {
    const from = editor.selectionStart - begun().length;
    editor.setRangeText(word, from, editor.selectionStart, "end");
    close();
    editor.dispatchEvent(new Event("input"));
  };
  const complete = () => {
    close();
    const start = begun();
    const fits = start.length > 1 ? words.filter((w) => w.startsWith(start) && w !== start).slice(0, 8) : [];
    if (!fits.length) return;
    chosen = 0;
    popup = document.createElement("ul");
    popup.className = "words";
    popup.setAttribute("role", "listbox");
    const lines = editor.value.slice(0, editor.selectionStart).split("\n");
    fits.forEach((word, n) => {
      const row = document.createElement("li");
      row.textContent = word;
      row.setAttribute("role", "option");
      row.setAttribute("aria-selected", String(n === 0));
      row.addEventListener("mousedown", (event) => { event.preventDefault(); take(word); });
      popup.append(row);
    });
    document.body.append(popup);
    const box = editor.getBoundingClientRect();
    popup.style.left = `${window.scrollX + box.left + Math.min(box.width - 200, 8 + lines.at(-1).length * 7.8)}px`;
    popup.style.top = `${window.scrollY + box.top + 10 + lines.length * 20 - editor.scrollTop}px`;
  };
  editor.addEventListener("keydown", (event) => {
    if (!popup) return;
    const rows = [...popup.children];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : rows.length - 1)) % rows.length;
      rows.forEach((row, n) => row.setAttribute("aria-selected", String(n === chosen)));
    } else if (event.key === "Enter" || event.key === "Tab") {
      event.preventDefault();
      take(rows[chosen].textContent);
    } else if (event.key === "Escape") close();
  });
  editor.addEventListener("blur", close);

  editor.addEventListener("input", () => { edited = true; number(); complete(); clearTimeout(timer); timer = setTimeout(check, 400); });
  editor.addEventListener("scroll", () => { gutter.scrollTop = editor.scrollTop; });
  editor.form.addEventListener("submit", () => { edited = false; });
  window.addEventListener("beforeunload", (event) => { if (edited) event.preventDefault(); });
  for (const link of list.querySelectorAll("[data-line]")) link.addEventListener("click", (event) => { event.preventDefault(); if (+link.dataset.line) go(+link.dataset.line); });
  document.querySelector("[data-plan]").addEventListener("click", async () => {
    plan.textContent = looking;
    const found = await ask("/rules/plan").catch(() => null);
    plan.replaceChildren();
    if (!found) { plan.textContent = silent; return; }
    if (found.problems.length) { show(found.problems); return; }
    const rows = document.createElement("ul");
    for (const text of found.declared) rows.append(item(text));
    if (!found.declared.length) rows.append(item(nothing));
    for (const text of found.alerts) rows.append(item(text));
    if (found.more) rows.append(item(`… +${found.more}`));
    if (found.declared.length && !found.alerts.length) rows.append(item(same));
    plan.append(rows);
  });
  number();
  if (!list.children.length) check();
}
