/**
 * Reading a cell that begins with a magic: its first line, and below it a body in another language.
 *
 * The body is parsed by that language's own parser, mounted into this tree; it never sees the first line, which is
 * neither YAML nor Python.
 */
import { defineLanguageFacet, Language, languageDataProp } from '@codemirror/language';
import { NodeSet, NodeType, Parser, parseMixed, Tree, type Input, type PartialParse } from '@lezer/common';
import { styleTags, tags } from '@lezer/highlight';

/** How the first line is told from the rest; IPython drops empty lines and indentation before a magic. */
export const MAGIC = /^\s*(%%[A-Za-z_]\w*)/;

/** A magic line is short; whatever follows this many characters is not looked at for its end. */
const LONGEST_LINE = 4_000;
const WORD = /\S+/g;

const data = defineLanguageFacet({ commentTokens: { line: '#' } });
const CELL = NodeType.define({ id: 0, name: 'MagicCell', top: true, props: [[languageDataProp, data]] });
const BODY = NodeType.define({ id: 1, name: 'MagicBody' });
const LINE = NodeType.define({ id: 2, name: 'MagicLine' });
const NAME = NodeType.define({ id: 3, name: 'MagicName' });
const ARGUMENT = NodeType.define({ id: 4, name: 'MagicArgument' });
const OPTION = NodeType.define({ id: 5, name: 'MagicOption' });

const styles = styleTags({
  MagicName: tags.meta,
  MagicArgument: tags.definition(tags.name),
  MagicOption: tags.attributeName
});
const nodes = new NodeSet([CELL, BODY, LINE, NAME, ARGUMENT, OPTION]).extend(styles);
const [cellType, bodyType, lineType, nameType, argumentType, optionType] = nodes.types;

/** A language whose cells begin with a magic line and go on in `body`'s. */
export function magicLanguage(name: string, body: Language): Language {
  return new Language(data, new MagicParser(body.parser), [], name);
}

class MagicParser extends Parser {
  private readonly mixed;

  constructor(body: Parser) {
    super();
    this.mixed = parseMixed(node => (node.type === bodyType ? { parser: body } : null));
  }

  override createParse(input: Input, fragments: Parameters<Parser['createParse']>[1], ranges: Parameters<Parser['createParse']>[2]): PartialParse {
    return this.mixed(new OuterParse(input, ranges[ranges.length - 1].to), input, fragments, ranges);
  }
}

/** Splits the text into the magic line and the body, in one go. */
class OuterParse implements PartialParse {
  parsedPos = 0;
  stoppedAt: number | null = null;

  constructor(
    private readonly input: Input,
    private readonly to: number
  ) {}

  stopAt(position: number): void {
    this.stoppedAt = position;
  }

  advance(): Tree {
    const end = Math.min(this.to, this.stoppedAt ?? this.to);
    const head = this.input.read(0, Math.min(end, LONGEST_LINE));
    const start = head.length - head.trimStart().length;
    const newline = head.indexOf('\n', start);
    const body = newline < 0 ? end : newline + 1;
    const children = [lineTree(head.slice(start, newline < 0 ? head.length : newline))];
    const positions = [start];
    if (body < end) {
      children.push(new Tree(bodyType, [], [], end - body));
      positions.push(body);
    }
    this.parsedPos = end;
    return new Tree(cellType, children, positions, end);
  }
}

function lineTree(line: string): Tree {
  const words = [...line.matchAll(WORD)];
  const named = words.flatMap((word, at) => {
    const type = at === 0 ? nameType : word[0].startsWith('-') ? optionType : at === 1 ? argumentType : null;
    return type ? [{ tree: new Tree(type, [], [], word[0].length), position: word.index }] : [];
  });
  return new Tree(lineType, named.map(each => each.tree), named.map(each => each.position), line.length);
}
