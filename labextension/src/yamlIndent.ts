/**
 * Where a new line begins in YAML: below what the line before opened, else below that line.
 *
 * Lines that stand already are left where they are: moving one would change what the text means.
 */
import { indentService, syntaxTree, type IndentContext } from '@codemirror/language';
import type { Extension } from '@codemirror/state';

const COMMENT = /(^|\s)#.*$/;
/** A key without its value, or with the sign of a block of text or an anchor behind it. */
const OPENS = /(^|[\s"'\]}\w]):(\s+([|>][-+\d]*|[&!]\S+))?$/;
const ITEM = /^\s*((?:-\s+)+)\S/;

export const yamlIndent: Extension = indentService.of((context, position) => {
  if (isInBrackets(context, position)) {
    return undefined; // the language knows brackets better
  }
  const line = context.lineAt(position, -1);
  const column = context.lineIndent(position, -1);
  if (context.simulatedBreak !== position || isInText(context, position)) {
    return column;
  }
  const words = line.text.replace(COMMENT, '').trimEnd();
  const items = ITEM.exec(words)?.[1].length ?? 0;
  return column + (OPENS.test(words) ? items + context.unit : /:\s/.test(words) ? items : 0);
});

function isInBrackets(context: IndentContext, position: number): boolean {
  for (let node = syntaxTree(context.state).resolveInner(position, -1); node.parent; node = node.parent) {
    if (node.name === 'FlowMapping' || node.name === 'FlowSequence') {
      return position < node.to;
    }
  }
  return false;
}

/** Whether this is the text below a `|` or `>`. */
function isInText(context: IndentContext, position: number): boolean {
  return syntaxTree(context.state).resolveInner(position, -1).name === 'BlockLiteralContent';
}
