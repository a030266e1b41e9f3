/**
 * What `%%pipeline` and `%%step` cells look like: the body as YAML with its references marked, or as Python.
 *
 * A notebook has one language for all its code cells. This extension sits in every code cell's editor and puts its own
 * language before the notebook's while the first line says so; in all other cells it does nothing.
 */
import { pythonLanguage } from '@codemirror/lang-python';
import { yamlLanguage } from '@codemirror/lang-yaml';
import { foldGutter, indentUnit, LanguageSupport, syntaxTree } from '@codemirror/language';
import { Compartment, EditorState, Prec, type Extension, type Text } from '@codemirror/state';
import { Decoration, MatchDecorator, ViewPlugin, type DecorationSet, type EditorView, type ViewUpdate } from '@codemirror/view';
import { MAGIC, magicLanguage } from './magicParser';
import { yamlIndent } from './yamlIndent';

/** A reference as the cell language writes it; `$$` is a literal dollar. */
const PATH = String.raw`(?:\.[A-Za-z0-9_]+(?:-+[A-Za-z0-9_]+)*|\[(?:\d+|'[^'\n]*'|"[^"\n]*")\])*`;
const REFERENCE = new RegExp(String.raw`\$\$|\$\{[A-Za-z_]\w*${PATH}\}|\$[A-Za-z_]\w*${PATH}`, 'g');

const mark = Decoration.mark({ class: 'smpw-cell-reference' });

const matcher = new MatchDecorator({
  regexp: REFERENCE,
  decorate: (add, from, to, match, view) => {
    if (match[0] !== '$$' && !isOutside(view.state, from)) {
      add(from, to, mark);
    }
  }
});

/** Whether a dollar here belongs to a comment or to the magic's own line. */
function isOutside(state: EditorState, position: number): boolean {
  const name = syntaxTree(state).resolveInner(position, 1).name;
  return name === 'Comment' || name.startsWith('Magic');
}

const references = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;

    constructor(view: EditorView) {
      this.decorations = matcher.createDeco(view);
    }

    update(update: ViewUpdate): void {
      // a comment may begin or end far from what was typed: the tree says so some time later
      const isReread = syntaxTree(update.startState) !== syntaxTree(update.state);
      this.decorations = isReread ? matcher.createDeco(update.view) : matcher.updateDeco(update, this.decorations);
    }
  },
  { decorations: plugin => plugin.decorations }
);

/** A language goes before the notebook's own; the gutter stays behind line numbers, as everywhere. */
const kinds: Readonly<Record<string, Extension>> = {
  '%%pipeline': [
    Prec.highest(new LanguageSupport(magicLanguage('sagemaker-pipeline', yamlLanguage), [indentUnit.of('  '), yamlIndent])),
    references,
    Prec.lowest(foldGutter())
  ],
  '%%step': Prec.highest(new LanguageSupport(magicLanguage('sagemaker-step', pythonLanguage)))
};

/** Which of our magics a text begins with; '' if with none. */
function kindOf(text: Text): string {
  const found = MAGIC.exec(text.sliceString(0, 400))?.[1] ?? '';
  return found in kinds ? found : '';
}

/** The extension for one code cell, which has this text now. */
export function cellLanguage(source: string): Extension {
  const slot = new Compartment();
  const begun = MAGIC.exec(source)?.[1] ?? '';
  const follow = EditorState.transactionExtender.of(transaction => {
    if (!transaction.docChanged) {
      return null;
    }
    const [before, after] = [kindOf(transaction.startState.doc), kindOf(transaction.newDoc)];
    return before === after ? null : { effects: slot.reconfigure(extension(after)) };
  });
  return [slot.of(extension(begun)), follow];
}

function extension(kind: string): Extension {
  return kinds[kind] ?? [];
}
