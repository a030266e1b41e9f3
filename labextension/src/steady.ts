/** What is looked at stays where it is on the screen, while something above it grows or shrinks. */

/** The editor of a cell takes some frames to grow; a notebook's own scrolling takes some more. */
const FRAMES = 10;
const OWN_WAYS = ['wheel', 'pointerdown', 'keydown', 'touchstart'];

/** Do something that changes the page above one of these elements: the one in sight, or in use, does not move. */
export function steadily<T>(elements: readonly Element[], change: () => T): T {
  const element = elements.find(each => each.contains(document.activeElement)) ?? elements.find(isInWindow);
  const scroller = element && scrollerOf(element);
  if (!element || !scroller) {
    return change();
  }
  const top = element.getBoundingClientRect().top;
  const result = change();
  let left = FRAMES;
  const stop = (): void => {
    left = 0;
    OWN_WAYS.forEach(name => window.removeEventListener(name, stop, true));
  };
  const follow = (): void => {
    if (left > 0 && element.isConnected) {
      const moved = element.getBoundingClientRect().top - top;
      if (Math.abs(moved) >= 1) {
        scroller.scrollTop += moved;
      }
    }
    if (--left > 0) {
      requestAnimationFrame(follow);
    } else {
      stop();
    }
  };
  // whoever scrolls or types meanwhile is not pulled back
  OWN_WAYS.forEach(name => window.addEventListener(name, stop, true));
  follow();
  return result;
}

function isInWindow(element: Element): boolean {
  const { top, bottom, height } = element.getBoundingClientRect();
  return height > 0 && bottom > 0 && top < window.innerHeight;
}

function scrollerOf(element: Element): Element | null {
  for (let at = element.parentElement; at; at = at.parentElement) {
    if (at.scrollHeight > at.clientHeight && /auto|scroll/.test(getComputedStyle(at).overflowY)) {
      return at;
    }
  }
  return document.querySelector('.jp-WindowedPanel-outer')?.contains(element) ? element.closest('.jp-WindowedPanel-outer') : null;
}
