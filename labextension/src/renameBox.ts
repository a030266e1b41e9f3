/** A card's name as a field, where the card stands. */
import type { PipelineCanvasView } from './canvas';
import { el } from './dom';

/** Open it over a card; `done` is told the new name once, unless it was left or is the old one. */
export function renameBox(canvas: PipelineCanvasView, id: string, name: string, done: (name: string) => void): void {
  const input = el('input', { class: 'smpw-input smpw-rename', type: 'text', 'aria-label': `New name of ${name}`, spellcheck: 'false', maxlength: '64' });
  input.value = name;
  const place = (): void => {
    const box = canvas.boxOf(id);
    if (box) {
      input.style.left = `${box.x1}px`;
      input.style.top = `${(box.y1 + box.y2) / 2}px`;
      input.style.width = `${Math.max(160, box.x2 - box.x1)}px`;
    }
  };
  let isOpen = true;
  const close = (isTaken: boolean): void => {
    if (isOpen) {
      isOpen = false;
      canvas.moved.disconnect(place);
      const hadFocus = document.activeElement === input;
      input.remove();
      if (hadFocus) {
        canvas.el.focus({ preventScroll: true });
      }
      const wanted = input.value.trim();
      if (isTaken && wanted && wanted !== name) {
        done(wanted);
      }
    }
  };
  input.addEventListener('keydown', event => {
    if (event.key === 'Enter' || event.key === 'Escape') {
      close(event.key === 'Enter');
      event.preventDefault();
    }
    event.stopPropagation();
  });
  input.addEventListener('blur', () => close(true));
  for (const kind of ['mousedown', 'touchstart', 'pointerdown']) {
    input.addEventListener(kind, event => event.stopPropagation());
  }
  canvas.moved.connect(place);
  canvas.el.append(input);
  place();
  input.focus({ preventScroll: true });
  input.select();
}
