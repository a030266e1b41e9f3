/**
 * What a person can do to steps: add, connect, rename, duplicate, delete, copy, paste, move. Each is an edit of the text;
 * where something has to be asked, `Asking` asks it.
 */
import type { ChoiceFact, EditFact, EditWrittenMessage, MentionFact, TypeFact } from './editProtocol';
import type { EditSession, Outcome } from './editSession';
import { isClear } from './choiceList';
import { copyText, pastedText } from './clipboard';
import { freeName, type StepNames } from './stepNames';

/** Questions, each beside the card it is about. */
export interface Asking {
  /** Which of these edges? null when none is wanted. */
  edge(source: string, target: string, choices: readonly ChoiceFact[]): Promise<EditFact | null>;
  /** Steps go that others refer to: null keeps them. */
  leftover(steps: readonly string[], mentions: readonly MentionFact[]): Promise<'remove' | 'keep' | null>;
  /** Something cannot be done: say so beside the card it is about. */
  refused(step: string | null, message: string, fix: string): void;
}

export class EditActions {
  constructor(
    private readonly session: EditSession,
    private readonly names: () => StepNames,
    private readonly asking: Asking
  ) {}

  get selection(): readonly string[] {
    return this.session.selection;
  }

  /** A new step: behind `behind` if said, whose output it can take at once. */
  async add(type: TypeFact, behind: string | null, isAsking = true): Promise<void> {
    const name = freeName(type.name || type.type.toLowerCase(), new Set(this.names().all));
    const outcome = await this.apply([{ edit: 'AddStep', name, type: type.type, fields: type.fields, after: behind }]);
    if (outcome.kind === 'written' && behind !== null && isAsking) {
      await this.connect(behind, outcome.answer.select[0] ?? name, true);
    }
  }

  /** Draw an edge: at once where only one could be meant. An `offered` one is not insisted on. */
  async connect(source: string, target: string, isOffered = false): Promise<void> {
    const { choices, reason, fix } = await this.session.connections(source, target);
    if (!choices.length) {
      if (!isOffered) {
        this.asking.refused(target, reason, fix);
      }
      return;
    }
    const edit = isClear(choices) && !isOffered ? choices[0].edit : await this.asking.edge(source, target, choices);
    if (edit) {
      await this.apply([edit], `${source} is connected to ${target}.`);
    }
  }

  disconnect(source: string, target: string): Promise<Outcome> {
    const words = ({ mentions }: EditWrittenMessage): string => {
      const gone = mentions.filter(each => each.removed).map(each => `\`${each.text}\` at \`${[each.step, ...each.path].filter(part => part !== null).join('.')}\``);
      return `${source} and ${target} are not connected any more${gone.length ? `. Taken away: ${[...new Set(gone)].join(', ')}` : ''}.`;
    };
    return this.apply([{ edit: 'Disconnect', source, target }], words);
  }

  async rename(step: string, name: string): Promise<Outcome> {
    return this.apply([{ edit: 'RenameStep', name: step, new: name }], `${step} is called ${name} now.`);
  }

  duplicate(steps = this.selection): Promise<Outcome> | undefined {
    return steps.length ? this.apply(steps.map(name => ({ edit: 'DuplicateStep', name }))) : undefined;
  }

  /** Delete steps; where others refer to them, ask what becomes of that. */
  async remove(steps = this.selection): Promise<void> {
    if (!steps.length) {
      return;
    }
    const gone = new Set(steps);
    const { mentions } = await this.session.mentions(steps);
    const others = mentions.filter(mention => mention.step === null || !gone.has(mention.step));
    const leftover = others.length ? await this.asking.leftover(steps, others) : 'remove';
    if (leftover !== null) {
      const words = steps.length === 1 ? `${steps[0]} is deleted.` : `${steps.length} steps are deleted.`;
      await this.apply(steps.map(name => ({ edit: 'DeleteStep', name, leftover })), words);
    }
  }

  move(step: string, condition: string | null, branch: string | null): Promise<Outcome> {
    return this.apply([{ edit: 'MoveToBranch', step, condition, branch }]);
  }

  async copy(steps = this.selection): Promise<void> {
    if (steps.length) {
      const { text } = await this.session.copy(steps);
      const isOut = await copyText(text);
      const words = `${steps.length === 1 ? `${steps[0]} is` : `${steps.length} steps are`} copied`;
      this.session.say(isOut ? `${words}, as text.` : `${words}; the browser keeps them to this page.`);
    }
  }

  async cut(steps = this.selection): Promise<void> {
    const kept = [...steps];
    await this.copy(kept);
    await this.remove(kept);
  }

  /** Put in what was copied: this text, or what the clipboard holds. */
  async paste(text: string | null = null): Promise<void> {
    const pasted = text ?? (await pastedText());
    if (pasted.trim()) {
      await this.session.paste(pasted, this.selection.at(-1) ?? null);
    } else {
      this.session.say('There is nothing to paste.');
    }
  }

  private async apply(edits: readonly EditFact[], words: string | ((answer: EditWrittenMessage) => string) = ''): Promise<Outcome> {
    const outcome = await this.session.apply(edits, { says: false });
    if (outcome.kind === 'refused') {
      this.asking.refused(this.selection.at(-1) ?? null, outcome.message, outcome.fix);
    } else if (outcome.kind === 'written' && words && !outcome.answer.notes.length) {
      this.session.say(typeof words === 'string' ? words : words(outcome.answer));
    }
    return outcome;
  }
}
