// Elements, without markup in strings: what users and agents say is only ever text.

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. Properties: `onclick` and the like are listeners, `class` and all others attributes (true: present, false,
 * null and undefined: absent). Children: elements and texts, lists of these, and nothing (null, false).
 */
export function h(tag, properties = {}, ...children) {
  return filled(document.createElement(tag), properties, children);
}

/** The same for drawings. */
export function svg(tag, properties = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), properties, children);
}

function filled(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else setAttribute(element, name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Set an attribute, or take it away; does nothing when it is as it should be. */
export function setAttribute(element, name, value) {
  if (value === false || value === null || value === undefined) {
    element.removeAttribute(name);
    return;
  }
  const text = value === true ? "" : String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/** Set an element's text where it differs, so that nothing is announced or selected anew in vain. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Replace what an element holds. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
}

/**
 * Bring a parent's children in line with a list, keeping the element of each item as long as the item stays: focus and
 * selection survive. `make(item)` gives an element, `update(element, item)` brings it up to date.
 */
export function keyed(parent, items, { key, make, update }) {
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, place) => {
    const name = String(key(item));
    let element = known.get(name);
    known.delete(name);
    if (!element) {
      element = make(item);
      element.dataset.key = name;
    }
    update?.(element, item);
    if (parent.children[place] !== element) parent.insertBefore(element, parent.children[place] ?? null);
  });
  for (const gone of known.values()) gone.remove();
}
