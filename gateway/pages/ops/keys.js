// What the keyboard does, and a page that tells it. Single letters can be switched off
// (WCAG 2.2, 2.1.4).

import { fill, h } from "./dom.js";
import { t } from "./words.js";

const TOLD = [["j / ↓", "next"], ["k / ↑", "previous"], ["Enter", "open"], ["Esc", "back"], ["h", "help"], ["?", "keys"]];

export class Keys {
  // `acts` are what each key does: next, previous, back, help.
  constructor(acts) {
    this.acts = { ...acts, keys: () => this.tell() };
    this.letters = true;
    this.dialog = h("dialog", { class: "keys" });
    document.addEventListener("keydown", (event) => this.press(event));
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea, audio, summary")) return;
    if (document.querySelector("dialog[open]")) return; // it closes itself by Esc
    const name = this.named(event);
    if (!name || this.acts[name]?.() === false) return;
    event.preventDefault();
  }

  named({ key, target }) {
    if (key === "Escape") return "back";
    const onRow = target === document.body || target.closest("table.board") || target.matches("main, h2");
    if (onRow && key === "ArrowDown") return "next";
    if (onRow && key === "ArrowUp") return "previous";
    return this.letters ? { j: "next", k: "previous", h: "help", "?": "keys" }[key] : undefined;
  }

  tell() {
    const letters = h("input", { type: "checkbox", onchange: () => { this.letters = letters.checked; } });
    letters.checked = this.letters;
    fill(this.dialog, h("h2", { id: "keys-title" }, t("ui:keys")),
      h("dl", {}, TOLD.map(([name, act]) => h("div", {}, h("dt", {}, h("kbd", {}, name)), h("dd", {}, t(`key:${act}`))))),
      h("p", {}, h("label", {}, letters, " ", t("ui:letters"))),
      h("button", { onclick: () => this.dialog.close() }, t("ui:close")));
    this.dialog.setAttribute("aria-labelledby", "keys-title");
    this.dialog.showModal();
  }
}
