/** What is asked before steps go that others refer to. */
import { code } from './choiceList';
import { button, el } from './dom';
import type { Leftover, MentionFact } from './editProtocol';

const SHOWN = 6;

export function deleteCard(steps: readonly string[], mentions: readonly MentionFact[], answer: (leftover: Leftover | null) => void): HTMLElement[] {
  const what = steps.length === 1 ? `\`${steps[0]}\`` : `${steps.length} steps`;
  const places = mentions.length === 1 ? 'One place refers' : `${mentions.length} places refer`;
  const rows = mentions.slice(0, SHOWN).map(mention => el('li', {}, ...code(words(mention))));
  if (mentions.length > SHOWN) {
    rows.push(el('li', { class: 'smpw-muted' }, `and ${mentions.length - SHOWN} more`));
  }
  return [
    el('h4', { class: 'smpw-popover-title' }, ...code(`Delete ${what}?`)),
    el('p', {}, `${places} to ${steps.length === 1 ? 'it' : 'them'}:`),
    el('ul', { class: 'smpw-mentions' }, ...rows),
    el(
      'div',
      { class: 'smpw-popover-buttons' },
      button('Delete with references', () => answer('remove'), { class: 'smpw-go', title: 'What refers to it goes as well' }),
      button('Keep references', () => answer('keep'), { title: 'What refers to it stays, and is shown as problems until you solve them' }),
      button('Cancel', () => answer(null))
    )
  ];
}

function words(mention: MentionFact): string {
  const where = [mention.step === null ? 'the pipeline' : `\`${mention.step}\``, mention.path.join('.')].filter(Boolean).join(' · ');
  return `${where}: \`${mention.text}\` (line ${mention.line})`;
}
