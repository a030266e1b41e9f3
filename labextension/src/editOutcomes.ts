/** What editing tells: what became of an edit, which two texts met, what a person is to know. */
import type { EditWrittenMessage } from './editProtocol';

/** What became of edits: written; not possible, and why; or the cell had been changed meanwhile. */
export type Outcome =
  | { kind: 'written'; answer: EditWrittenMessage }
  | { kind: 'refused'; message: string; fix: string }
  | { kind: 'conflict'; conflict: Conflict };

/** A text that could not be written, because another one stands in the cell now. */
export interface Conflict {
  /** What the cell held when the edit was asked for, what it holds now, and what the edit made. */
  before: string;
  cell: string;
  canvas: string;
  select: readonly string[];
}

/** An edge by the names of the steps it joins. */
export interface Edge {
  source: string;
  target: string;
}

/** Something to tell a person: beside the buttons, and to a screen reader. */
export interface Said {
  words: string;
  isError: boolean;
}
