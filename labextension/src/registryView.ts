/**
 * The versions of a model: a table, the evidence of one or two of them, what is decided about them, and who serves them.
 *
 * It wires parts together. What the kernel answers is shown to whoever asked; what it changes comes as traits.
 */
import { DOMWidgetView } from '@jupyter-widgets/base';
import { cellsAround, putBelow, type Whereabouts } from './cellBridge';
import { button, el, setReason, setText } from './dom';
import { EndpointList } from './endpointList';
import { RegistryModel } from './registryModel';
import { comparisonPage, versionPage } from './registryPage';
import { RegistryPlan, type ActionSpec, type AskKernel, type Field } from './registryPlan';
import type { EndpointFact, RegistryMessage, RegistryRequest, VersionFact, VersionPageFact } from './registryProtocol';
import { RegistryTable, statusWord } from './registryTable';
import { PAGE } from './sight';

const NO_KERNEL = 'no kernel stands behind this view any more; run the cell again';
const NOTE: Field = { name: 'note', label: 'Note', hint: 'why, for whoever asks later; kept with who and when', isLong: true, isRequired: true };

export class RegistryView extends DOMWidgetView {
  declare model: RegistryModel;
  private readonly head = el('header', { class: 'smpw-registry-head' });
  private readonly said = el('p', { class: 'smpw-registry-said', role: 'status', hidden: '' });
  private readonly chosen = el('section', { class: 'smpw-registry-chosen', 'aria-label': 'Chosen', hidden: '' });
  private readonly note = el('p', { class: 'smpw-muted', hidden: '' });
  private table!: RegistryTable;
  private plan!: RegistryPlan;
  private endpoints!: EndpointList;
  private compareButton!: HTMLButtonElement;
  private opened = '';
  private asked = '';
  private count = 0;

  override render(): void {
    super.render();
    this.el.classList.add('smpw-registry');
    // letters that are typed here are no shortcuts of the notebook
    this.el.setAttribute('data-lm-suppress-shortcuts', 'true');
    this.el.addEventListener('keydown', (event: KeyboardEvent) => event.stopPropagation());
    this.table = new RegistryTable({ open: name => this.open(name), ticked: () => this.ticked(), openRun: arn => this.openRun(arn) });
    this.plan = new RegistryPlan(this.ask, (words, isError) => this.say(words, isError));
    this.endpoints = new EndpointList(this.ask, { begin: spec => this.begin(spec) });
    this.compareButton = button('Compare two', () => this.compare(this.table.chosen));
    this.head.append(
      el('strong', {}, el('bdi', {}, String(this.model.get('title')))),
      el('span', { class: 'smpw-muted' }, el('bdi', {}, String(this.model.get('subtitle')))),
      el('span', { class: 'smpw-space' }),
      el('div', { class: 'smpw-registry-tools' }, this.compareButton, button('Refresh', () => this.refresh(), { title: 'Read versions and endpoints anew' }))
    );
    this.el.append(this.head, this.said, this.table.element, this.note, this.plan.element, this.chosen, this.endpoints.element);
    this.listenTo(this.model, 'change:versions change:columns change:note', () => this.showVersions());
    this.listenTo(this.model, 'change:endpoints change:endpoint_note', () => this.showEndpoints());
    this.showVersions();
    this.showEndpoints();
    this.ticked();
  }

  override remove(): void {
    this.model.forget(this.prefix);
    super.remove();
  }

  private get prefix(): string {
    return `${PAGE}:${this.cid}:`;
  }

  private get versions(): readonly VersionFact[] {
    return this.model.get('versions') as VersionFact[];
  }

  private readonly ask: AskKernel = (question, answered, ticket = `${this.prefix}${++this.count}`) => {
    // a plan's answers go on to whoever began it
    const isGoingOn = question.kind === 'registry_start';
    const whoever = isGoingOn ? (this.goingOn.get(ticket) ?? answered) : answered;
    this.goingOn.set(ticket, whoever);
    if (!this.model.ask({ ...question, ticket } as RegistryRequest, whoever)) {
      this.say(NO_KERNEL, true);
    }
    return ticket;
  };
  private readonly goingOn = new Map<string, (message: RegistryMessage) => void>();

  private showVersions(): void {
    this.table.show(this.model.get('columns') as string[], this.versions);
    const note = String(this.model.get('note'));
    const words = this.versions.length ? note : 'No version yet: a RegisterModel step (`group:`) makes them.';
    this.note.hidden = !words;
    setText(this.note, words);
    this.ticked();
    if (this.opened) {
      this.open(this.opened); // what was decided meanwhile belongs on its page
    }
  }

  private showEndpoints(): void {
    this.endpoints.show(this.model.get('endpoints') as EndpointFact[], String(this.model.get('endpoint_note')), String(this.model.get('title')));
  }

  private ticked(): void {
    const count = this.table.chosen.length;
    setReason(this.compareButton, count === 2 ? '' : 'tick two versions in the table', 'Show the two ticked versions side by side');
  }

  private refresh(): void {
    this.say('reading…', false);
    this.ask({ kind: 'registry_refresh' }, message => {
      if (message.kind === 'registry_done') {
        this.say(message.error || message.words, message.error !== '');
      }
    });
  }

  private open(name: string): void {
    const isSame = this.opened === name;
    this.opened = name;
    this.table.mark(name);
    if (!isSame) {
      this.plan.close();
      this.fill(name, el('p', { class: 'smpw-muted', role: 'status' }, 'reading…'));
    }
    this.asked = this.ask({ kind: 'registry_page_request', name }, message => {
      if (message.kind === 'registry_page' && message.ticket === this.asked && this.opened === name) {
        const events = { openRun: (arn: string) => this.openRun(arn), insert: (page: VersionPageFact) => this.insert(page) };
        this.fill(name, message.page ? versionPage(message.page, events) : el('p', { class: 'smpw-registry-error', role: 'alert' }, `✕ ${message.error}`));
      }
    });
  }

  private compare(names: readonly string[]): void {
    const [before, after] = names;
    this.opened = '';
    this.table.mark('');
    this.plan.close();
    this.show(el('p', { class: 'smpw-muted', role: 'status' }, 'reading…'));
    this.asked = this.ask({ kind: 'registry_compare_request', before, after }, message => {
      if (message.kind === 'registry_compared' && message.ticket === this.asked) {
        const title = el('h3', {}, `${message.before} and ${message.after}`);
        const actions = message.error ? null : this.actionsOf(message.after);
        this.show(...(message.error ? [el('p', { class: 'smpw-registry-error', role: 'alert' }, `✕ ${message.error}`)] : [title, comparisonPage(message), ...(actions ? [actions] : [])]));
      }
    });
  }

  /** The page of a version under its name, status and buttons; the buttons stay where they are. */
  private fill(name: string, content: HTMLElement): void {
    const fact = this.versions.find(each => each.name === name);
    const active = document.activeElement;
    const key = active instanceof HTMLElement && this.chosen.contains(active) ? active.dataset.key : undefined;
    this.show(el('h3', {}, el('bdi', {}, name), ' ', fact ? statusWord(fact.status, fact.package) : ''), this.actionsOf(name), content);
    if (key) {
      this.chosen.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
    }
  }

  private show(...content: HTMLElement[]): void {
    this.chosen.hidden = false;
    this.chosen.replaceChildren(...content);
  }

  private actionsOf(name: string): HTMLElement {
    const fact = this.versions.find(each => each.name === name);
    const group = String(this.model.get('title'));
    const approved = this.versions.find(each => each.status === 'approved' && each.name !== name);
    const isNewest = this.versions.find(each => each.status === 'approved')?.name === name;
    const parts = [
      this.action('Approve…', fact?.status === 'approved' ? 'it is approved already' : '', { action: 'approve', what: name, title: `Approve ${name}`, fields: [NOTE] }),
      this.action('Reject…', fact?.status === 'rejected' ? 'it is rejected already' : '', { action: 'reject', what: name, title: `Reject ${name}`, fields: [NOTE] }),
      this.action('Roll back to it…', isNewest ? 'it is the newest approved version' : '', { action: 'rollback', what: name, title: `Roll back to ${name}`, fields: [NOTE] }),
      this.action('Deploy…', fact?.status === 'approved' ? '' : 'only approved versions are served', {
        action: 'deploy',
        what: name,
        title: `Deploy ${name}`,
        fields: [
          { name: 'endpoint', label: 'Endpoint', value: group },
          { name: 'traffic', label: 'Share of the requests in percent', hint: 'beside what the endpoint serves already; empty: all of them' },
          { name: 'instance', label: 'Instance type', hint: "empty: the version's own" },
          { name: 'count', label: 'Instances', value: '1' }
        ]
      })
    ];
    const beside = button('Beside the approved one', () => this.compare(['approved', name]), { 'data-key': 'beside' });
    setReason(beside, approved ? '' : 'no other version is approved', 'Show this version and the approved one side by side');
    return el('div', { class: 'smpw-registry-tools smpw-registry-actions', role: 'group', 'aria-label': `What to do with ${name}` }, ...parts, beside);
  }

  private action(label: string, reason: string, spec: ActionSpec): HTMLButtonElement {
    const made = button(label, () => this.begin(spec), { 'data-key': spec.action });
    setReason(made, reason, spec.title);
    return made;
  }

  private begin(spec: ActionSpec): void {
    this.plan.begin(spec);
    this.plan.element.scrollIntoView({ block: 'nearest' });
  }

  private openRun(arn: string): void {
    if (!putBelow(this.whereabouts, `%pipeline watch ${arn}`)) {
      this.say(`%pipeline watch ${arn}`, false);
    }
  }

  /** Put the version as a step into a `%%pipeline` cell: the only one, or the one that is chosen. */
  private insert(page: VersionPageFact): void {
    const cells = cellsAround(this.whereabouts);
    if (!cells.length) {
      this.say('This notebook has no %%pipeline cell; the step can be copied into another one.', true);
    } else if (cells.length === 1) {
      this.put(page, cells[0].name);
    } else {
      const choose = el('div', { class: 'smpw-registry-tools' }, el('span', {}, 'Into which cell?'), ...cells.map(each => button(each.name, () => this.put(page, each.name))));
      this.said.hidden = false;
      this.said.replaceChildren(choose);
      choose.querySelector('button')?.focus();
    }
  }

  private put(page: VersionPageFact, cell: string): void {
    const place = cellsAround(this.whereabouts).find(each => each.name === cell)?.text;
    const before = place?.text ?? '';
    this.ask({ kind: 'registry_insert', name: page.name, text: before }, message => {
      if (message.kind !== 'registry_inserted') {
        return;
      }
      const isWritten = !message.error && place?.write(before, message.text) === true;
      place?.reveal();
      this.say(message.error || (isWritten ? message.words : 'The cell was changed meanwhile; nothing was written.'), !isWritten);
      place?.dispose();
    });
  }

  private get whereabouts(): Whereabouts {
    return { elements: () => [this.el], context: (this.model.widget_manager as { context?: unknown }).context };
  }

  private say(words: string, isError: boolean): void {
    this.said.hidden = !words;
    this.said.classList.toggle('smpw-registry-error', isError);
    setText(this.said, words && isError ? `✕ ${words}` : words);
  }
}
