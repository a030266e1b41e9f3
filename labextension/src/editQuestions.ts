/** What the parts of a view ask of a text: each question as one call, each answer as its message. */
import type {
  EditChoicesMessage,
  EditCopiedMessage,
  EditFormMessage,
  EditMentionedMessage,
  EditMessage,
  EditOptionsMessage,
  EditPaletteMessage,
  EditRequest,
  PathFact
} from './editProtocol';

/** A request before it has its ticket and the text it speaks of. */
export type Asked<T = EditRequest> = T extends unknown ? Omit<T, 'ticket' | 'text'> : never;

export abstract class EditQuestions {
  private palette: Promise<EditPaletteMessage> | null = null;

  protected abstract ask<T extends EditMessage>(request: Asked): Promise<T>;

  /** The edges that could be drawn from one step to another. */
  connections(source: string, target: string): Promise<EditChoicesMessage> {
    return this.ask<EditChoicesMessage>({ kind: 'edit_connections', source, target });
  }

  mentions(steps: readonly string[], parameters: readonly string[] = []): Promise<EditMentionedMessage> {
    return this.ask<EditMentionedMessage>({ kind: 'edit_mentions', steps: [...steps], parameters: [...parameters] });
  }

  /** The form of these steps, or of the pipeline for none; `below` asks for what is deep in the API's own members. */
  form(steps: readonly string[], below: PathFact | null = null): Promise<EditFormMessage> {
    return this.ask<EditFormMessage>({ kind: 'edit_form', steps: [...steps], below });
  }

  options(steps: readonly string[], path: PathFact, typed: string): Promise<EditOptionsMessage> {
    return this.ask<EditOptionsMessage>({ kind: 'edit_options', steps: [...steps], path, typed });
  }

  /** Steps as a text of their own. */
  copy(steps: readonly string[]): Promise<EditCopiedMessage> {
    return this.ask<EditCopiedMessage>({ kind: 'edit_copy', steps: [...steps] });
  }

  /** What there is to add: asked once. */
  offer(): Promise<EditPaletteMessage> {
    this.palette ??= this.ask<EditPaletteMessage>({ kind: 'edit_palette' });
    this.palette.catch(() => (this.palette = null));
    return this.palette;
  }
}
