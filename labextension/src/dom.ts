/** Building elements. Text goes in as text nodes only: nothing here, or above it, ever parses markup. */
import { visible } from './plainText';

type Child = Node | string | null;

export interface Attributes {
  class?: string;
  title?: string;
  [attribute: string]: string | undefined;
}

/** An element with attributes and children; strings become text with control characters made visible. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) {
      element.setAttribute(name, name === 'title' || name === 'aria-label' ? visible(value) : value);
    }
  }
  for (const child of children) {
    if (child !== null) {
      element.append(typeof child === 'string' ? visible(child) : child);
    }
  }
  return element;
}

/** Replace an element's text, touching the page only when it differs. */
export function setText(element: Element, text: string): void {
  const shown = visible(text);
  if (element.textContent !== shown) {
    element.textContent = shown;
  }
}

export function setTitle(element: HTMLElement, text: string): void {
  const shown = visible(text);
  if (element.title !== shown) {
    element.title = shown;
  }
}

export function button(label: string, onClick: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const made = el('button', { type: 'button', ...attributes, class: `smpw-button ${attributes.class ?? ''}`.trim() }, label);
  made.addEventListener('click', () => {
    // `aria-disabled` keeps the button focusable, so that its reason can be read by everyone
    if (made.getAttribute('aria-disabled') !== 'true') {
      onClick();
    }
  });
  return made;
}

/** A link that leaves the notebook: it opens beside it, and tells the other page nothing of this one. */
export function outsideLink(label: string, href: string, title: string): HTMLAnchorElement {
  return el('a', { class: 'smpw-outside', href, title, target: '_blank', rel: 'noopener noreferrer' }, `${label} ↗`);
}

/** Enable a button, or disable it with the reason as its tooltip. */
export function setReason(target: HTMLButtonElement, reason: string, title = ''): void {
  if (reason) {
    target.setAttribute('aria-disabled', 'true');
  } else {
    target.removeAttribute('aria-disabled');
  }
  setTitle(target, reason || title);
}

/** The label of a copy button without words. It is drawn: many fonts lack the character. */
const COPY_SIGN = '⧉';
const COPY_PATH = 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3';

function copySign(): SVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', 'smpw-copy-sign');
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', COPY_PATH);
  svg.append(path);
  return svg;
}

/** A button that copies what `text` gives and says so for a moment. */
export function copyButton(label: string, text: () => string | Promise<string>, title: string): HTMLButtonElement {
  const made = button(label, () => void copy(), { class: 'smpw-copy', title });
  const face = () => made.replaceChildren(label === COPY_SIGN ? copySign() : label);
  face();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const say = (word: string) => {
    clearTimeout(timer);
    made.textContent = word;
    timer = setTimeout(face, 1600);
  };
  const copy = async () => {
    try {
      await writeClipboard(await text());
      say('✓ copied');
    } catch (error) {
      console.error(error);
      say('✕ not copied');
    }
  };
  return made;
}

/** The clipboard API needs a secure context; a notebook served over plain HTTP has only the old command. */
export async function writeClipboard(text: string): Promise<void> {
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = el('textarea', { class: 'smpw-offscreen', 'aria-hidden': 'true' });
  area.value = text;
  const focused = document.activeElement;
  document.body.append(area);
  try {
    area.select();
    if (!document.execCommand('copy')) {
      throw new Error('the browser refused the copy command');
    }
  } finally {
    area.remove();
    if (focused instanceof HTMLElement) {
      focused.focus();
    }
  }
}
