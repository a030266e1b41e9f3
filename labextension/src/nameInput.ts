/** A name as a field in the place where it is read: Enter and leaving it take it, Escape does not. */
import { el } from './dom';

export interface NameInput {
  readonly className: string;
  readonly name: string;
  /** How long the name may be. */
  readonly most?: number;
  /** The field goes; `hadFocus` tells whether the focus has to go somewhere else. */
  closed(input: HTMLInputElement, hadFocus: boolean): void;
  /** Told the new name once, unless it was left or is the old one. */
  done(name: string): void;
}

/** The longest name of a step the service takes. */
const MOST = 64;

/** Make the field; whoever asked for it puts it into the page and calls `begin`. */
export function nameInput({ className, name, most = MOST, closed, done }: NameInput): { input: HTMLInputElement; begin(): void } {
  const input = el('input', { class: `smpw-input ${className}`, type: 'text', 'aria-label': `New name of ${name}`, spellcheck: 'false', maxlength: String(most) });
  input.value = name;
  let isOpen = true;
  const close = (isTaken: boolean): void => {
    if (isOpen) {
      isOpen = false;
      closed(input, document.activeElement === input);
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
  // a press in the field is none on what lies below it
  for (const kind of ['mousedown', 'touchstart', 'pointerdown', 'click']) {
    input.addEventListener(kind, event => event.stopPropagation());
  }
  const begin = (): void => {
    input.focus({ preventScroll: true });
    input.select();
  };
  return { input, begin };
}
