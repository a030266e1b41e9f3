/** Keys within an execution view: its own, and which of the notebook's rest meanwhile. */

/** What a key does, by its name; `false` leaves the key to others. */
export type KeyActions = Readonly<Record<string, (event: KeyboardEvent) => void | false>>;

export class ViewKeys {
  constructor(
    private readonly root: HTMLElement,
    private readonly actions: KeyActions,
    private readonly owns: (event: KeyboardEvent) => boolean
  ) {
    root.addEventListener('keydown', this.pressed);
    window.addEventListener('keydown', this.shortcuts, true);
  }

  dispose(): void {
    this.root.removeEventListener('keydown', this.pressed);
    window.removeEventListener('keydown', this.shortcuts, true);
  }

  private readonly pressed = (event: KeyboardEvent): void => {
    const isTyped = event.target instanceof Element && event.target.matches('input, select, textarea, [contenteditable]');
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && (!isTyped || event.key === 'Escape');
    const act = isPlain && Object.prototype.hasOwnProperty.call(this.actions, event.key) ? this.actions[event.key] : undefined;
    if (act && act(event) !== false) {
      event.preventDefault();
      event.stopPropagation();
    }
  };

  /** Within the view, the notebook's single-key commands rest (Enter, arrows, d d); its Ctrl and Shift+Enter ones go on. */
  private readonly shortcuts = (event: KeyboardEvent): void => {
    if (event.target instanceof Element && this.root.contains(event.target)) {
      const isNotebooks = event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === 'Enter');
      // Lumino looks for it on the focused element alone, as its selectors match there first
      event.target.toggleAttribute('data-lm-suppress-shortcuts', !isNotebooks || this.owns(event));
    }
  };
}
