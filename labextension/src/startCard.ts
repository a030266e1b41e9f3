/** What stands in an empty pipeline: how to begin. */
import { button, el } from './dom';
import type { TemplateFact } from './editProtocol';

export interface StartEvents {
  begin(template: string): void;
  add(): void;
}

export function startCard(name: string, templates: readonly TemplateFact[], events: StartEvents): HTMLElement {
  const rows = templates.map(template => {
    const made = button('', () => events.begin(template.name), { class: 'smpw-template', title: template.says });
    made.append(el('strong', {}, template.title), el('small', { class: 'smpw-muted' }, template.says));
    return el('li', {}, made);
  });
  return el(
    'section',
    { class: 'smpw-start', 'aria-label': 'Begin a pipeline' },
    el('h4', {}, el('bdi', {}, name), ' has no steps yet'),
    el('p', { class: 'smpw-muted' }, 'Begin with a template, or add the first step. What you do here is written into the text, and what you write there is drawn here.'),
    el('ul', { class: 'smpw-templates' }, ...rows),
    el('p', {}, button('Add a step', () => events.add(), { class: 'smpw-go', title: 'Choose a type of step (a)' }))
  );
}
