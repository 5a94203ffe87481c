// Fields with their labels.

import { h } from "./dom.js";

let made = 0;

/** A labelled input; `hint` is told below it. Further members are attributes of the input. */
export function field(label, { hint, ...attributes }) {
  const id = `field-${++made}`;
  const input = h("input", { id, type: "text", "aria-describedby": hint && `${id}-hint`, ...attributes });
  return labelled(label, input, { id, hint });
}

/** A labelled choice of `[value, text]` pairs. */
export function choice(label, options, { hint, value, ...attributes }) {
  const id = `field-${++made}`;
  const select = h("select", { id, ...attributes }, options.map(([each, text]) => h("option", { value: each, selected: each === value }, text)));
  return labelled(label, select, { id, hint });
}

/** A box to tick. */
export function tick(label, { checked, ...attributes }) {
  return h("label", { class: "tick" }, h("input", { type: "checkbox", checked, ...attributes }), h("span", {}, label));
}

/** A button. `kind`: "main" for the one thing to do, "quiet", "danger"; none for an ordinary one. */
export function button(label, act, { kind, ...attributes } = {}) {
  return h("button", { type: "button", class: `button ${kind ?? ""}`.trim(), onclick: act, ...attributes }, label);
}

/** Do something that may fail with a button that cannot be pressed meanwhile. `failed` is given what went wrong. */
export async function pressed(element, act, failed) {
  element.disabled = true;
  try {
    return await act();
  } catch (error) {
    failed(error);
    return undefined;
  } finally {
    element.disabled = false;
  }
}

function labelled(label, control, { id, hint }) {
  return h("div", { class: "field" },
    h("label", { for: id }, label),
    control,
    hint && h("p", { class: "hint", id: `${id}-hint` }, hint));
}
