// How true the picture is: live, as of when, or not there at all, and what is done about it.

import * as clock from "./clock.js";
import { fill, h, say } from "./dom.js";
import { t } from "./words.js";

export class Status {
  // `again` is called by who wants to try at once; `told` hears what the mark says, once each
  // time that it comes to say another thing.
  constructor(again, told) {
    this.told = told;
    this.mark = h("p", { class: "live" });
    this.text = h("p");
    this.count = h("p", { class: "age", "aria-live": "off" });
    this.banner = h("section", { class: "banner", hidden: true }, h("div", { role: "status" }, this.text), this.count,
      this.button = h("button", { onclick: again }));
  }

  // Say it anew; called each second, and writes only what differs.
  show(board, stream) {
    const live = board.whole && (stream?.alive() ?? false);
    const asOf = board.as_of && clock.second(board.as_of);
    const kind = live ? "live" : asOf ? "old" : "none";
    say(this.mark, live ? t("ui:live") : asOf ? t("ui:as_of", { at: asOf }) : t(board.problem ? "ui:no_picture" : "ui:loading"));
    this.mark.hidden = board.denied === true;
    if (this.mark.dataset.kind !== kind) this.told(this.mark.textContent);
    this.mark.dataset.kind = kind;
    const wrong = board.problem ? broken(board) : live || !asOf ? "" : lost(board, stream);
    this.banner.hidden = wrong === "";
    if (!wrong) return;
    this.banner.setAttribute("aria-label", t("ui:picture"));
    say(this.text, wrong);
    say(this.count, rest(board, asOf));
    say(this.button, t("ui:again"));
  }
}

function broken(board) {
  const why = board.problem.status === 0 ? t("ui:no_answer") : board.problem.detail || `HTTP ${board.problem.status}`;
  return `${board.as_of ? t("ui:broken") : t("ui:broken_first")} ${why}`;
}

// The stream is away, or a page is awaited: a short moment of either is no news.
function lost(board, stream) {
  if (!stream) return "";
  if (!stream.down_at) return board.whole ? "" : t("ui:behind");
  return Date.now() - stream.down_at < 3_000 ? "" : t("ui:stream_lost");
}

function rest(board, asOf) {
  const age = asOf ? t("ui:shown", { at: asOf, span: clock.ago(board.as_of) }) : "";
  if (!board.again_at) return age;
  const seconds = (board.again_at - clock.now()) / 1000;
  const next = seconds < 1 ? t("ui:trying")
    : t("ui:next_try", { at: clock.second(board.again_at), span: clock.span(seconds) });
  return `${age} ${next}`.trim();
}
