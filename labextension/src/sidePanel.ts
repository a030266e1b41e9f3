/** The panel beside the graph: a heading and tabs, of which one is shown. It knows nothing of what the tabs hold. */
import { button, el, setReason, setText } from './dom';

export interface Tab {
  name: string;
  label: string;
  content: HTMLElement;
}

export class SidePanel {
  readonly element: HTMLElement;
  readonly heading = el('div', { class: 'smpw-panel-head' });
  private readonly buttons = new Map<string, HTMLButtonElement>();
  private current = '';

  constructor(
    id: string,
    private readonly tabs: readonly Tab[],
    private readonly onChoose: (name: string) => void
  ) {
    const list = el('div', { class: 'smpw-tabs', role: 'tablist' });
    for (const tab of tabs) {
      const made = button(tab.label, () => onChoose(tab.name), {
        class: 'smpw-tab',
        role: 'tab',
        id: `${id}-tab-${tab.name}`,
        'aria-controls': `${id}-pane-${tab.name}`
      });
      this.buttons.set(tab.name, made);
      list.append(made);
      tab.content.classList.add('smpw-pane');
      tab.content.setAttribute('role', 'tabpanel');
      tab.content.id = `${id}-pane-${tab.name}`;
      tab.content.setAttribute('aria-labelledby', made.id);
    }
    list.addEventListener('keydown', event => this.pressed(event));
    this.element = el('section', { class: 'smpw-panel' }, this.heading, list, ...tabs.map(tab => tab.content));
  }

  get shown(): string {
    return this.current;
  }

  show(name: string): void {
    this.current = name;
    // a part that is hidden loses the focus to the page, where keys are the notebook's
    const isFocusHidden = this.tabs.some(tab => tab.name !== name && tab.content.contains(document.activeElement));
    for (const tab of this.tabs) {
      tab.content.hidden = tab.name !== name;
      const made = this.buttons.get(tab.name);
      made?.setAttribute('aria-selected', String(tab.name === name));
      made?.setAttribute('tabindex', tab.name === name ? '0' : '-1');
    }
    if (isFocusHidden) {
      this.buttons.get(name)?.focus({ preventScroll: true });
    }
  }

  /** Leave a tab out, or take it in again. */
  setPresent(name: string, isPresent: boolean): void {
    const made = this.buttons.get(name);
    if (made) {
      made.hidden = !isPresent;
    }
  }

  /** Disable a tab with a reason, or mark it with a dot or count. */
  mark(name: string, reason: string, note = ''): void {
    const made = this.buttons.get(name);
    const tab = this.tabs.find(each => each.name === name);
    if (made && tab) {
      setReason(made, reason);
      setText(made, note ? `${tab.label} ${note}` : tab.label);
    }
  }

  private pressed(event: KeyboardEvent): void {
    const move = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (!move) {
      return;
    }
    const usable = this.tabs.filter(tab => {
      const made = this.buttons.get(tab.name);
      return made && !made.hidden && made.getAttribute('aria-disabled') !== 'true';
    });
    const at = usable.findIndex(tab => tab.name === this.current);
    const next = usable[(at + move + usable.length) % usable.length];
    this.onChoose(next.name);
    this.buttons.get(next.name)?.focus();
    event.preventDefault();
    event.stopPropagation();
  }
}
