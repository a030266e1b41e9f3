/** Notices that the browser shows itself, beside the page: only of what happens while nobody looks at the page. */

const isKnown = (): boolean => 'Notification' in window;

/** Whether a person can still be asked for leave; who has said no is not asked again. */
export function mayAsk(): boolean {
  return isKnown() && window.Notification.permission === 'default';
}

/** Ask for leave; browsers want a press of a button for that. */
export function ask(): void {
  void window.Notification.requestPermission();
}

/** Tell, where it is allowed and the page is out of sight; a click on the notice brings the page to the front. */
export function tellOutside(words: string, onClick: () => void): void {
  if (document.hidden && isKnown() && window.Notification.permission === 'granted') {
    new window.Notification(words).onclick = () => {
      window.focus();
      onClick();
    };
  }
}
