/** A card's name as a field, where the card stands. */
import type { PipelineCanvasView } from './canvas';
import { nameInput } from './nameInput';

/** Open it over a card; `done` is told the new name once, unless it was left or is the old one. */
export function renameBox(canvas: PipelineCanvasView, id: string, name: string, done: (name: string) => void): void {
  const { input, begin } = nameInput({
    className: 'smpw-rename',
    name,
    closed: (field, hadFocus) => {
      canvas.moved.disconnect(place);
      field.remove();
      if (hadFocus) {
        canvas.el.focus({ preventScroll: true });
      }
    },
    done
  });
  function place(): void {
    const box = canvas.boxOf(id);
    if (box) {
      input.style.left = `${box.x1}px`;
      input.style.top = `${(box.y1 + box.y2) / 2}px`;
      input.style.width = `${Math.max(160, box.x2 - box.x1)}px`;
    }
  }
  canvas.moved.connect(place);
  canvas.el.append(input);
  place();
  begin();
}
