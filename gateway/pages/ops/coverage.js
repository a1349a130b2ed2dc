// How much of a talk is recorded: a bar for each phone, what is on neither, and why.

import * as clock from "./clock.js";
import { fill, h, say } from "./dom.js";
import * as marks from "./marks.js";
import { t, value } from "./words.js";

export class Coverage {
  constructor() {
    this.said = h("p", {});
    this.bars = h("dl", { class: "bars" });
    this.gaps = h("ul", { class: "gaps" });
    this.element = h("section", { class: "coverage", hidden: true }, h("h3", {}, t("ui:recording")), this.said, this.bars, this.gaps);
  }

  // Show what is recorded by the clock at the door; what says the same stays as it is.
  show(found, zone) {
    const text = JSON.stringify([found, zone]);
    if (this.text === text) return;
    this.text = text;
    this.element.hidden = !found || (found.restricted && !found.begins_at);
    if (this.element.hidden) return;
    if (!found.begins_at) {
      say(this.said, t("ui:recording_nobody"));
      fill(this.bars);
      fill(this.gaps);
      return;
    }
    fill(this.said, sentence(found), " ", badges(found));
    fill(this.bars, phones(found).map((phone, at) => bar(found, zone, t("ui:phone", { n: at + 1 }), of(phone, found))),
      bar(found, zone, t("ui:on_neither"), found.gaps.map((gap) => ({ ...gap, kind: gap.reason ? "declared" : "open" }))));
    fill(this.gaps, found.gaps.map((gap) => h("li", { class: gap.reason ? "" : "wrong" }, told(gap, zone))));
  }
}

// `9 min of 10 min recorded (92%), 2 min of it on film`.
function sentence(found) {
  const values = { recorded: clock.span(found.recorded_s), talk: clock.span(found.talk_s), n: Math.floor((found.share ?? 0) * 100) };
  const film = found.filmed_s ? t("ui:filmed", { span: clock.span(found.filmed_s) }) : "";
  return t("ui:recorded", values) + film;
}

function badges(found) {
  if (!found.ended_at) return marks.badge("waits", t("ui:recording_goes_on"));
  if (!found.judged_at) return marks.badge("waits", t("ui:recording_waits"));
  if (!found.not_proven.length) return marks.badge("well", t("ui:recording_proven", { n: found.percent }));
  return found.not_proven.map((why) => marks.badge("faulty", t(`value:not_proven:${why}`, { n: found.percent })));
}

// The pair's phones, and any other that recorded something.
const phones = (found) => [...new Set([...found.phones, ...found.segments.map((each) => each.device_id)])];

const of = (phone, found) => found.segments.filter((each) => each.device_id === phone);

// One line of the talk, with parts of it: a picture for the eye, a sentence for the ear.
function bar(found, zone, name, parts) {
  const begins = new Date(found.begins_at).getTime();
  const whole = Math.max(new Date(found.ends_at).getTime() - begins, 1);
  const words = parts.length ? parts.map((part) => hours(part, zone)).join(t("ui:comma")) : t("ui:none");
  const track = h("div", { class: "track", role: "img", "aria-label": `${name}: ${words}` }, parts.map((part) => {
    const piece = h("i", { class: part.kind });
    const from = new Date(part.begins_at).getTime();
    piece.style.left = `${((from - begins) / whole) * 100}%`;
    piece.style.width = `${((new Date(part.ends_at).getTime() - from) / whole) * 100}%`;
    return piece;
  }));
  return h("div", {}, h("dt", {}, name), h("dd", {}, track));
}

const hours = (part, zone) => `${clock.second(part.begins_at, zone)}–${clock.second(part.ends_at, zone)}`;

function told(gap, zone) {
  const why = gap.reason ? value("stopped", gap.reason) : t("ui:gap_unsaid");
  return `${hours(gap, zone)} (${clock.span(gap.seconds)})${t("ui:colon")}${why}`;
}
