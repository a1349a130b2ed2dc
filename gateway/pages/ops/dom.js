// Makes elements. Text is only ever text: nothing here reads markup.

// Return an element. `on*` are handlers, true an empty attribute, null and false no attribute.
export function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false)
      made.setAttribute(name, String(value));
  }
  made.append(...kept(children));
  return made;
}

// Put these children into an element, instead of what it held.
export function fill(element, ...children) {
  element.replaceChildren(...kept(children));
  return element;
}

function kept(children) {
  return children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false);
}

// Put these elements in this order, moving only those that are elsewhere: one that is moved
// loses the focus, and a sound stops.
export function place(parent, elements) {
  const wanted = new Set(elements);
  for (const each of [...parent.childNodes]) if (!wanted.has(each)) each.remove();
  elements.forEach((each, at) => {
    if (parent.childNodes[at] !== each) parent.insertBefore(each, parent.childNodes[at] ?? null);
  });
}

// Write a text where it differs, so that a screen reader hears only what is new.
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
