// Small helpers around the document. Text goes in as text, never as markup.

/** The element of the page with this id. Throws when the page has none of that kind. */
export function byId<E extends Element>(id: string, kind: abstract new () => E): E {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${kind.name} called ${id}`);
}

/** Makes an element with its attributes and what is in it. */
export function make<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string>> = {},
  ...content: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  element.append(...content);
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

/** A picture from the page's sprite. */
export function icon(name: string): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#${name}`);
  svg.append(use);
  return svg;
}

/** Sets text only where it differs, so that nothing is laid out or read out anew. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element: Element, name: string, value: string | null): void {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Keeps one element for each item of a list: made once, moved when the order changes, so that focus and selection stay. */
export class KeyedList<T, E extends Element> {
  readonly #list: Element;
  readonly #make: (item: T) => { readonly element: E; update(item: T): void };
  readonly #entries = new Map<string, { readonly element: E; update(item: T): void }>();

  constructor(list: Element, makeOne: (item: T) => { readonly element: E; update(item: T): void }) {
    this.#list = list;
    this.#make = makeOne;
  }

  show(items: readonly T[], keyOf: (item: T) => string): void {
    const wanted = new Map(items.map(item => [keyOf(item), item]));
    for (const [key, { element }] of this.#entries)
      if (!wanted.has(key)) {
        element.remove();
        this.#entries.delete(key);
      }
    let at = 0;
    for (const [key, item] of wanted) {
      const entry = this.#entries.get(key) ?? this.#make(item);
      this.#entries.set(key, entry);
      entry.update(item);
      if (this.#list.children[at] !== entry.element)
        this.#list.insertBefore(entry.element, this.#list.children[at] ?? null);
      at++;
    }
  }
}
