/** The clipboard, as far as the browser lets a page have it; what this page copied is known in any case. */
import { writeClipboard } from './dom';

let last = '';

/** Copy a text; false where only this page knows it. */
export async function copyText(text: string): Promise<boolean> {
  last = text;
  try {
    await writeClipboard(text);
    return true;
  } catch (error) {
    console.warn('The browser did not take the copied steps:', error);
    return false;
  }
}

/** What was copied last: the clipboard's text, or this page's where the clipboard cannot be read. */
export async function pastedText(): Promise<string> {
  try {
    return (await navigator.clipboard.readText()) || last;
  } catch {
    return last; // no permission, or no secure context
  }
}
