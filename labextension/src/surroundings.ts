/** What happens around a graph: its size, the notebook's theme, a wheel that is the notebook's. Each returns what ends it. */

export function whenResized(element: Element, call: () => void): () => void {
  const sizes = new ResizeObserver(call);
  sizes.observe(element);
  return () => sizes.disconnect();
}

export function whenThemed(call: () => void): () => void {
  const themes = new MutationObserver(call);
  themes.observe(document.body, { attributeFilter: ['data-jp-theme-name', 'data-jp-theme-light', 'data-smpw-theme'] });
  return () => themes.disconnect();
}

/** A wheel over the graph scrolls the notebook, unless the graph was taken into use. */
export function leaveWheel(element: HTMLElement): () => void {
  const leave = (event: WheelEvent): void => {
    if (!event.ctrlKey && !event.metaKey && !element.contains(document.activeElement)) {
      event.stopPropagation();
    }
  };
  element.addEventListener('wheel', leave, { capture: true });
  return () => element.removeEventListener('wheel', leave, { capture: true });
}
