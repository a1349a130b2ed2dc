// What a clause says: its number alone helps nobody at a wall.

import { h } from "./dom.js";
import { language, t } from "./words.js";

let sentences = {};

export async function load() {
  const response = await fetch("/ops/clauses.json");
  if (response.ok) sentences = await response.json();
}

// A clause by its number and in words: in English where the books have it, else verbatim.
export function clause(id) {
  const texts = sentences[id];
  const spoken = texts?.[language] ? language : "zh-CN";
  const words = texts
    ? h("span", { lang: spoken === language ? null : spoken }, texts[spoken])
    : h("span", { class: "quiet" }, t("ui:clause_of_the_bank"));
  return h("li", { class: "clause" }, h("b", {}, id), " ", words);
}
