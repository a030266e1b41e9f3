/** The endpoints that serve versions of a model: state, traffic, a sample to ask them with, and what can be done to them. */
import { button, el, setReason } from './dom';
import type { EndpointFact, VariantFact } from './registryProtocol';
import type { ActionSpec, AskKernel } from './registryPlan';

export interface EndpointEvents {
  begin(spec: ActionSpec): void;
}

/** What a person has typed to ask an endpoint with; it stays when the endpoint is drawn anew. */
interface Sample {
  data: string;
  variant: string;
  said: string;
  told: string;
  isError: boolean;
}

export class EndpointList {
  readonly element = el('section', { class: 'smpw-registry-endpoints', 'aria-label': 'Endpoints' });
  private readonly samples = new Map<string, Sample>();
  private shown = '';

  constructor(
    private readonly ask: AskKernel,
    private readonly events: EndpointEvents
  ) {}

  show(endpoints: readonly EndpointFact[], note: string, group: string): void {
    const key = JSON.stringify([endpoints, note]);
    if (key === this.shown) {
      return;
    }
    this.shown = key;
    const active = document.activeElement;
    const focused = active instanceof HTMLElement && this.element.contains(active) ? active.dataset.key : undefined;
    const head = el('h4', {}, 'Endpoints');
    const empty = note ? el('p', { class: 'smpw-muted' }, note) : null;
    this.element.replaceChildren(head, ...(empty ? [empty] : []), ...endpoints.map(one => this.card(one, group)));
    if (focused) {
      this.element.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    }
  }

  private card(endpoint: EndpointFact, group: string): HTMLElement {
    const why = endpoint.is_moving ? `it is ${endpoint.status}` : endpoint.status === 'InService' ? '' : `it is ${endpoint.status}; deploy again, or delete it`;
    const shift = this.action('Shift traffic…', endpoint, why || (endpoint.variants.length < 2 ? 'only one version is served; deploy another one beside it' : ''), {
      action: 'traffic',
      what: endpoint.name,
      title: `Shift the traffic of ${endpoint.name}`,
      fields: endpoint.variants.map(one => ({ name: one.name, label: `${one.name} (${one.serves})`, value: String(Math.round(one.share)), isShare: true }))
    });
    const back = this.action('Roll back…', endpoint, why, { action: 'endpoint_rollback', what: endpoint.name, title: `Roll ${endpoint.name} back`, fields: [] });
    const remove = this.action('Delete…', endpoint, endpoint.status === 'Deleting' ? 'it is being deleted' : '', {
      action: 'undeploy',
      what: endpoint.name,
      title: `Delete ${endpoint.name}`,
      fields: []
    });
    return el(
      'article',
      { class: 'smpw-registry-endpoint', 'aria-label': `Endpoint ${endpoint.name}` },
      el(
        'header',
        {},
        el('strong', {}, el('bdi', {}, endpoint.name)),
        el('span', { class: `smpw-registry-state${endpoint.is_moving ? ' smpw-registry-moving' : ''}`, role: 'status' }, endpoint.status),
        el('span', { class: 'smpw-space' }),
        el('div', { class: 'smpw-registry-tools' }, shift, back, remove)
      ),
      endpoint.reason ? el('pre', { class: 'smpw-registry-error' }, endpoint.reason) : null,
      el('ul', { class: 'smpw-registry-variants' }, ...endpoint.variants.map(variantRow)),
      endpoint.answers ? this.asking(endpoint, group) : null
    );
  }

  private action(label: string, endpoint: EndpointFact, reason: string, spec: ActionSpec): HTMLButtonElement {
    const made = button(label, () => this.events.begin(spec), { 'data-key': `${label} ${endpoint.name}`, 'aria-label': `${label} ${endpoint.name}` });
    setReason(made, reason, spec.title);
    return made;
  }

  private asking(endpoint: EndpointFact, group: string): HTMLElement {
    const kept = this.samples.get(endpoint.name) ?? { data: '', variant: '', said: '', told: '', isError: false };
    this.samples.set(endpoint.name, kept);
    const data = el('textarea', { rows: '2', 'aria-label': `Sample for ${endpoint.name}`, placeholder: '1,2,3 or JSON', spellcheck: 'false', 'data-key': `sample ${endpoint.name}` });
    data.value = kept.data;
    data.addEventListener('input', () => (kept.data = data.value));
    const variant = el('select', { 'aria-label': `Whom to ask at ${endpoint.name}`, 'data-key': `variant ${endpoint.name}` }, el('option', { value: '' }, 'by traffic'), ...endpoint.variants.map(one => el('option', { value: one.name }, one.name)));
    variant.value = endpoint.variants.some(one => one.name === kept.variant) ? kept.variant : '';
    variant.addEventListener('change', () => (kept.variant = variant.value));
    const said = el('pre', { class: 'smpw-registry-answer', tabindex: '0', role: 'status', 'aria-label': `Answer of ${endpoint.name}` });
    const write = () => {
      said.hidden = !kept.said;
      said.classList.toggle('smpw-registry-error', kept.isError);
      said.replaceChildren(el('bdi', {}, kept.said), kept.told ? el('span', { class: 'smpw-muted' }, `\n${kept.told}`) : '');
    };
    write();
    const go = button(
      'Ask',
      () => {
        Object.assign(kept, { said: 'asking…', told: '', isError: false });
        write();
        this.ask({ kind: 'registry_invoke', endpoint: endpoint.name, variant: variant.value, data: data.value, content_type: '' }, message => {
          if (message.kind === 'registry_answer') {
            Object.assign(kept, { said: message.error ? `✕ ${message.error}` : message.text, told: message.told, isError: message.error !== '' });
            write();
          }
        });
      },
      { title: `Send the sample to ${endpoint.name} (${group})`, 'data-key': `ask ${endpoint.name}` }
    );
    return el('div', { class: 'smpw-registry-ask' }, data, variant, go, said);
  }
}

function variantRow(variant: VariantFact): HTMLElement {
  const share = `${Number(variant.share.toFixed(1))} %`;
  const bar = el('span', { class: 'smpw-registry-bar', 'aria-hidden': 'true' }, el('span', {}));
  (bar.firstElementChild as HTMLElement).style.width = `${variant.share}%`;
  return el('li', {}, el('span', {}, el('bdi', {}, variant.name)), el('span', {}, el('bdi', {}, variant.serves)), bar, el('span', { class: 'smpw-tabular' }, share), el('span', { class: 'smpw-muted' }, variant.machines));
}
