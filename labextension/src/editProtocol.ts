/**
 * What kernel and page say to each other about editing a pipeline's text.
 *
 * The twin of `sm_pipeline_widgets/widgets/edit_messages.py`. Every request has a ticket, which its answer repeats, and
 * carries the text it speaks of: the kernel keeps none. Names that come from outside travel as values, never as keys;
 * the exception is JSON that is to stand in the text, which is a value as a whole.
 */

export type PathFact = (string | number)[];

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A value for the text: JSON (strings are the cell's language), what a person typed into a field, or neither: taken away. */
export type ValueFact = { value: Json } | { text: string };

/** What becomes of what refers to something that is deleted. */
export type Leftover = 'remove' | 'keep';

/** An edit; the fields are those of `sm_pipeline_widgets/definition/edits.py`. */
export type EditFact =
  | { edit: 'AddStep'; name: string; type: string; fields?: { [key: string]: Json }; after?: string | null; branch?: [string, string] | null }
  | { edit: 'DeleteStep'; name: string; leftover?: Leftover }
  | { edit: 'RenameStep'; name: string; new: string }
  | { edit: 'DuplicateStep'; name: string; new?: string | null }
  | { edit: 'Connect'; source: string; output: string; target: string; input: PathFact }
  | { edit: 'Disconnect'; source: string; target: string }
  | ({ edit: 'SetField'; step: string; path: PathFact } & ValueFact)
  | { edit: 'RemoveField'; step: string; path: PathFact }
  | { edit: 'RenameField'; step: string; path: PathFact; new: string }
  | { edit: 'MoveToBranch'; step: string; condition?: string | null; branch?: string | null }
  | { edit: 'AddParameter'; name: string; default?: Json; text?: string; type?: string | null; enum?: string[]; description?: string }
  | { edit: 'RenameParameter'; name: string; new: string }
  | ({ edit: 'SetParameter'; name: string; key: string } & Partial<{ value: Json; text: string }>)
  | { edit: 'DeleteParameter'; name: string; leftover?: Leftover }
  | ({ edit: 'SetSetting'; path: PathFact } & Partial<{ value: Json; text: string }>);

/** What a view says of editing: whether it can be, why not, and the text for a page that finds no cell with it. */
export interface EditorFact {
  can_edit: boolean;
  reason: string;
  text: string;
  name: string;
}

/** A place that refers to a step or parameter; `step` is null where it stands in none. */
export interface MentionFact {
  step: string | null;
  path: PathFact;
  line: number;
  column: number;
  text: string;
  removed: boolean;
}

/** One edge that could be drawn. `asks` is what a person has yet to say; it goes behind the edit's `output`, with a dot. */
export interface ChoiceFact {
  edit: EditFact;
  words: string;
  replaces: string;
  asks: string;
}

export type FieldKind = 'text' | 'number' | 'integer' | 'boolean' | 'choice' | 'list' | 'map' | 'code' | 'steps' | 'any';

/**
 * A key of a step or setting of the pipeline, as a form shows it. `value` is what is written, without quotes for a plain
 * text, null where nothing is; `default` what counts then, `default_from` where that comes from. `problems` are
 * severity, message and fix. `can_add` is what the key of a new entry is called, '' where none can be added; `is_lazy`
 * says that members below are there for the asking.
 */
export interface FieldFact {
  path: PathFact;
  label: string;
  kind: FieldKind;
  value: string | null;
  default: string;
  default_from: string;
  is_required: boolean;
  allowed: string[];
  says: string;
  source: string;
  problems: [string, string, string][];
  is_mixed: boolean;
  unit: string;
  fields: FieldFact[];
  can_add: string;
  is_lazy: boolean;
  is_secret: boolean;
}

/** Fields under a heading. */
export interface SectionFact {
  title: string;
  says: string;
  fields: FieldFact[];
}

export type OptionGroup = 'value' | 'parameter' | 'output' | 'execution';

/** What can stand in a field: the text to write, how it is shown, its group and what it is. */
export interface OptionFact {
  text: string;
  label: string;
  group: OptionGroup;
  says: string;
}

/** A type of step that can be added; `name` is what to call it at first, `fields` what a new one begins with. */
export interface TypeFact {
  type: string;
  family: string;
  title: string;
  says: string;
  common: boolean;
  name: string;
  fields: { [key: string]: Json };
}

/** A text to start from. */
export interface TemplateFact {
  name: string;
  title: string;
  says: string;
}

// kernel → page

/** A `%%step` cell that a new text needs, as the whole source of a notebook's cell. */
export interface CodeCellFact {
  name: string;
  source: string;
}

/**
 * The text after an edit. `changes` are code points of it; `before` is the text the request carried. `cells` is code
 * that the steps of a template name and that is not in the notebook yet.
 */
export interface EditWrittenMessage {
  kind: 'edit_written';
  ticket: number;
  before: string;
  text: string;
  changes: [number, number][];
  select: string[];
  notes: string[];
  mentions: MentionFact[];
  cells: CodeCellFact[];
}

/** What was asked for cannot be done: why, and what to do. */
export interface EditRefusedMessage {
  kind: 'edit_refused';
  ticket: number;
  message: string;
  fix: string;
}

/** The text was drawn; where it cannot be read the last picture stays, and this says what is wrong where. */
export interface EditDrawnMessage {
  kind: 'edit_drawn';
  /** What was drawn, and what the page that asked for it had before: other windows hear of it too. */
  text: string;
  follows: string;
  ticket: number;
  is_readable: boolean;
  message: string;
  line: number | null;
  column: number | null;
}

/** The edges that could be drawn, likeliest first; without any, why not and what to do. */
export interface EditChoicesMessage {
  kind: 'edit_choices';
  ticket: number;
  choices: ChoiceFact[];
  reason: string;
  fix: string;
}

/** What refers to the steps and parameters asked for. */
export interface EditMentionedMessage {
  kind: 'edit_mentioned';
  ticket: number;
  mentions: MentionFact[];
}

/** The form of steps, or of the pipeline; `error` says why there is none. */
export interface EditFormMessage {
  kind: 'edit_form';
  ticket: number;
  steps: string[];
  title: string;
  sections: SectionFact[];
  error: string;
}

/** What can stand in a field. */
export interface EditOptionsMessage {
  kind: 'edit_options';
  ticket: number;
  options: OptionFact[];
}

/** What can be added, and the texts to start from. */
export interface EditPaletteMessage {
  kind: 'edit_palette';
  ticket: number;
  types: TypeFact[];
  templates: TemplateFact[];
}

/** Steps as a small text of their own. */
export interface EditCopiedMessage {
  kind: 'edit_copied';
  ticket: number;
  text: string;
}

export type EditMessage =
  | EditWrittenMessage
  | EditRefusedMessage
  | EditDrawnMessage
  | EditChoicesMessage
  | EditMentionedMessage
  | EditFormMessage
  | EditOptionsMessage
  | EditPaletteMessage
  | EditCopiedMessage;

// page → kernel

/** The cell's text has changed: draw it. */
export interface EditTextRequest {
  kind: 'edit_text';
  /** What the page had drawn before this. */
  follows: string;
  ticket: number;
  text: string;
}

/** Apply edits to this text, one after the other. */
export interface EditApplyRequest {
  kind: 'edit_apply';
  ticket: number;
  text: string;
  edits: EditFact[];
}

/** Which edges could be drawn from one step to another? */
export interface EditConnectionsRequest {
  kind: 'edit_connections';
  ticket: number;
  text: string;
  source: string;
  target: string;
}

/** What refers to these? */
export interface EditMentionsRequest {
  kind: 'edit_mentions';
  ticket: number;
  text: string;
  steps: string[];
  parameters: string[];
}

/** The form of these steps, of the pipeline without any; `below` asks for the fields under a path alone. */
export interface EditFormRequest {
  kind: 'edit_form';
  ticket: number;
  text: string;
  steps: string[];
  below?: PathFact | null;
}

/** What can stand in a field of these steps (of the pipeline without any) that begins with what was typed? */
export interface EditOptionsRequest {
  kind: 'edit_options';
  ticket: number;
  text: string;
  steps: string[];
  path: PathFact;
  typed: string;
}

/** What can be added? */
export interface EditPaletteRequest {
  kind: 'edit_palette';
  ticket: number;
}

/** Begin with a template; the text must hold nothing yet. */
export interface EditTemplateRequest {
  kind: 'edit_template';
  ticket: number;
  text: string;
  name: string;
}

/** These steps as a text of their own. */
export interface EditCopyRequest {
  kind: 'edit_copy';
  ticket: number;
  text: string;
  steps: string[];
}

/** Add the steps of another text, into a branch if said (a Condition or ForEach, and `then`, `else`, `body`). */
export interface EditPasteRequest {
  kind: 'edit_paste';
  ticket: number;
  text: string;
  pasted: string;
  branch: [string, string] | null;
  beside: string | null;
}

export type EditRequest =
  | EditTextRequest
  | EditApplyRequest
  | EditConnectionsRequest
  | EditMentionsRequest
  | EditFormRequest
  | EditOptionsRequest
  | EditPaletteRequest
  | EditTemplateRequest
  | EditCopyRequest
  | EditPasteRequest;
