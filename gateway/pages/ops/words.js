// All words of the page, in the language that is chosen for this session.

const KNOWN = ["zh-CN", "en"];
const catalogues = {};
const hearers = new Set();

export let language = preferred(navigator.languages ?? [navigator.language]);

// The first language of the browser that we speak; Chinese when it is neither.
export function preferred(asked) {
  for (const each of asked) {
    const found = KNOWN.find((known) => known.split("-")[0] === each.toLowerCase().split("-")[0]);
    if (found) return found;
  }
  return KNOWN[0];
}

export async function load() {
  await Promise.all(KNOWN.map(async (each) => {
    const response = await fetch(`/ops/${each}.json`);
    if (!response.ok) throw new Error(`${each}.json: ${response.status}`);
    catalogues[each] = await response.json();
  }));
  document.documentElement.lang = language;
}

export function choose(wanted) {
  language = wanted;
  document.documentElement.lang = wanted;
  for (const hearer of hearers) hearer();
}

export const other = () => KNOWN.find((each) => each !== language);

// Call back when another language is chosen.
export const onLanguage = (hearer) => hearers.add(hearer);

// The words for a key such as `ui.day`, its `{values}` put in; the key itself when missing.
export function t(key, values = {}) {
  const text = find(key);
  if (text === undefined) return key.slice(key.lastIndexOf(":") + 1);
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "—");
}

// The words for one value of a field, or the value as it is.
export const value = (field, given) => find(`value:${field}:${given}`) ?? String(given);

export const has = (key) => find(key) !== undefined;

// Keys are parted by a colon: topics have points of their own.
function find(key) {
  let found = catalogues[language];
  for (const part of key.split(":")) found = found?.[part];
  return typeof found === "string" ? found : undefined;
}
