// Photos, sound and film of a visit. Each is asked for with the token, and shown from memory.

import * as clock from "./clock.js";
import { fill, h, place, say } from "./dom.js";
import * as marks from "./marks.js";
import { account, blob } from "./session.js";
import { t, value } from "./words.js";

//: Who sees and hears also what is restricted.
const BANK = ["bank_officer", "compliance"];

export class Media {
  constructor(zone) {
    this.zone = zone;
    this.addresses = new Set();
    this.shown = new Map();
    this.title = h("h3", {}, t("ui:media"));
    this.list = h("div", { class: "gallery" });
    this.nothing = h("p", { class: "quiet" }, t("ui:no_media"));
    this.large = h("img", { alt: "" });
    this.wrong = h("p", { class: "wrong", role: "status" });
    this.dialog = h("dialog", { class: "photo", "aria-label": t("value:media:photo") }, this.large, this.wrong,
      h("form", { method: "dialog" }, h("button", {}, t("ui:close"))));
    this.dialog.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.dialog.close();
    });
    this.mark = h("p", { class: "restricted" });
    this.element = h("section", { class: "files" }, this.title, this.mark, this.list, this.dialog);
  }

  // Show these files; one that says the same stays as it is, and plays on. `restricted`: what
  // was taken there is for the bank alone, and nobody else is told whether there is any.
  show(files, restricted, inside = []) {
    const numbers = { photo: 0, audio: 0, video: 0 };
    this.inside = new Set(inside.map((film) => film.media_id));
    const figures = files.map((file) => {
      numbers[file.kind] += 1;
      return this.figure(file, `${value("media", file.kind)} ${numbers[file.kind]}`);
    });
    const bank = BANK.includes(account.role);
    say(this.mark, restricted ? t(bank ? "ui:restricted_bank" : "ui:restricted") : "");
    place(this.list, figures.length ? figures : restricted && !bank ? [] : [this.nothing]);
  }

  name(media_id) {
    return this.shown.get(media_id)?.name;
  }

  figure(file, name) {
    const inside = this.inside.has(file.media_id);
    const text = JSON.stringify([file, inside]);
    const before = this.shown.get(file.media_id);
    if (before?.text === text) return before.figure;
    const about = h("figcaption", {}, h("b", {}, name), " ", said(file, this.zone),
      inside && marks.badge("faulty", t("ui:filmed_inside")));
    const figure = h("figure", { id: `media-${file.media_id}`, tabindex: "-1", class: file.kind },
      file.kind === "photo" ? this.photo(file, name) : this.sound(file, name), about);
    this.shown.set(file.media_id, { text, figure, name });
    return figure;
  }

  photo(file, name) {
    if (!file.found?.thumbnail) return null;
    const picture = h("img", { alt: name, width: "160", height: "120" });
    const button = h("button", { class: "thumbnail", "aria-label": t("ui:enlarge", { name }) }, picture);
    button.addEventListener("click", () => this.enlarge(file, name));
    this.load(`/v1/media/${file.media_id}/thumbnail`, picture, (wrong) => fill(button, wrong));
    return button;
  }

  // Show what lies at a path; say what is wrong where it cannot be had.
  async load(path, element, failed, wanted = () => true) {
    try {
      const made = await this.address(path);
      if (wanted()) element.src = made;
    } catch (error) {
      if (wanted()) failed(h("span", { class: "wrong" }, error.detail || t("ui:no_answer")));
    }
  }

  async enlarge(file, name) {
    this.large.alt = name;
    this.large.removeAttribute("src");
    fill(this.wrong);
    this.dialog.showModal();
    this.wanted = file.media_id; // an earlier one may come later
    const path = `/v1/media/${file.media_id}`;
    await this.load(path, this.large, (wrong) => fill(this.wrong, wrong), () => this.wanted === file.media_id);
  }

  // A sound or film is large: it is asked for when somebody wants to hear it.
  sound(file, name) {
    if (file.found?.fault === "unreadable" || file.found?.fault === "missing") return null;
    const room = h("div", { class: "player" });
    const film = file.kind === "video";
    const button = h("button", {}, t(film ? "ui:watch" : "ui:listen", { name }));
    button.addEventListener("click", async () => {
      button.disabled = true;
      say(button, t("ui:loading"));
      const player = h(film ? "video" : "audio", { controls: true, playsinline: film, "aria-label": name });
      await this.load(`/v1/media/${file.media_id}`, player, (wrong) => fill(room, wrong));
      if (!player.src) return;
      fill(room, player);
      player.focus();
    });
    return fill(room, button);
  }

  async address(path) {
    const made = await blob(path);
    if (this.ended) URL.revokeObjectURL(made);
    this.addresses.add(made);
    return made;
  }

  end() {
    this.ended = true;
    for (const each of this.addresses) URL.revokeObjectURL(each);
  }
}

// When it was made, how large it is, and what the worker found in it.
function said(file, zone) {
  const found = file.found;
  const facts = [clock.second(file.captured_at, zone), marks.size(file.size)];
  if (found?.width) facts.push(`${found.width} × ${found.height}`);
  if (found?.seconds) facts.push(clock.span(found.seconds));
  if (found?.silent) facts.push(t("ui:silent", { n: Math.round(found.silent * 100) }));
  if (found?.clipped) facts.push(t("ui:clipped", { n: Math.round(found.clipped * 100) }));
  if (found?.has_position) facts.push(t("ui:has_position"));
  const state = !found ? marks.badge("waits", t("ui:not_looked_at"))
    : found.fault && marks.badge("faulty", value("fault", found.fault));
  const revoked = file.counts === false && marks.badge("faulty", t("ui:revoked_phone"));
  return [facts.join(" · "), " ", state, revoked];
}
